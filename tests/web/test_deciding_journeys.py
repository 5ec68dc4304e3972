"""Deciding in a real browser, on a phone and at a desk, in English and Spanish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from solidaria.actions.effects import house_rules
from solidaria.actions.who import grant_mandate
from solidaria.records.models import Motion
from tests.web.people import World, doer, world
from tests.web.test_journeys import SIZES, no_complaints, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["visitor"]


@pytest.fixture
def here() -> World:
    made = world()
    for purpose in ("facilitator", "teller"):
        grant_mandate(
            doer(made.ana), made.barrio, person=made.ana.pk, purpose=purpose, decision="assembly of January"
        )
    return made


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("language", ["en", "es"])
def test_bheki_proposes_a_rule_and_the_assembly_adopts_it(
    here: World, visitor: Callable[..., Any], size: str, language: str
) -> None:
    bheki, ana = visitor(here.bheki, size, language), visitor(here.ana, size, language)

    bheki.goto(reverse("my_motions"))
    no_complaints(bheki)
    bheki.click(f"a[href='{reverse('motions', args=[here.barrio.code])}']")
    no_complaints(bheki)
    bheki.goto(reverse("propose_motion", args=[here.barrio.code]) + "?effect=adopt_house_rule")
    no_complaints(bheki)
    bheki.click("a[href$='rule=quorum']")
    no_complaints(bheki)
    bheki.fill("[name=title]", "A third of us must vote")
    bheki.fill("[name=text]", "So that two do not decide for all.")
    bheki.fill("[name=e-value]", "a third")
    bheki.click("form:has([name=title]) button.main")
    bheki.wait_for_selector("[role=alert]")
    assert bheki.input_value("[name=title]") == "A third of us must vote"
    bheki.complaints.clear()
    bheki.fill("[name=e-value]", "1/3")
    bheki.click("form:has([name=title]) button.main")
    bheki.wait_for_url("**/motions/*/")
    motion = Motion.objects.get()
    page = reverse("motion", args=[motion.pk])
    no_complaints(bheki)

    ana.goto(page)
    no_complaints(ana)
    ana.select_option("[name=span]", "2h")
    ana.click("form[action$='/open'] button.main")
    ana.wait_for_selector(f"a[href='{reverse('vote', args=[motion.pk])}']")
    for member in (ana, bheki):
        member.goto(reverse("vote", args=[motion.pk]))
        no_complaints(member)
        member.click("button[value=for]")
        member.wait_for_selector(".said, .notice.good")
    ana.goto(page)
    no_complaints(ana)
    ana.click("details.sure summary")
    ana.click("form[action$='/close'] button")
    ana.wait_for_selector("table caption")
    no_complaints(ana)
    assert house_rules(here.barrio) == {"quorum": "1/3"}
    bheki.goto(reverse("motions", args=[here.barrio.code]))
    no_complaints(bheki)
