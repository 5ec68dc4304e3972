"""What a motion's form, page and history say is what holds: numbers as typed, methods that fit, who did what and why."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from solidaria.actions import decide, needs, recall
from solidaria.actions.effects import house_rules
from solidaria.actions.who import grant_mandate
from solidaria.core import decide as core
from solidaria.core.plan.part import _met
from solidaria.records.models import Act, Mandate, Membership, Motion, Need, Seat, Variant
from solidaria.report.language import Language
from tests.web.people import World, doer, world
from tests.web.test_ways_to_decide import as_

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    made = world()
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
    )
    return made


def sent(here: World, language: str = "en", **fields: object) -> Any:
    """The answer to a motion that Bheki proposes."""
    given = {"title": "A motion", "text": "We decide something.", "span": "2h", "method": "majority", **fields}
    where = reverse("propose_motion", args=[here.barrio.code])
    answer: Any = as_(here.bheki, language).post(where, given)
    return answer


def opened(here: World, **fields: object) -> Motion:
    given = {"title": "A motion", "text": "We decide something.", **fields}
    motion = decide.propose_motion(doer(here.bheki), here.barrio, **given)
    return decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + timedelta(hours=2))


def carried(here: World, motion: Motion) -> Motion:
    for voter in (here.ana, here.bheki):
        if Membership.objects.filter(organisation=here.barrio, person=voter, left__isnull=True).exists():
            decide.cast_ballot(doer(voter), motion.pk, "for")
    return decide.close_motion(doer(here.ana), motion)


def page_of(here: World, motion: Motion, language: str = "en", who: str = "ana") -> str:
    return as_(getattr(here, who), language).get(reverse("motion", args=[motion.pk])).content.decode()


@pytest.mark.parametrize("ranks", ["-3", "1e400", "0", "", "12"])
def test_a_number_of_ranks_that_is_none_is_refused_as_it_was_typed(here: World, ranks: str) -> None:
    for words in ("Bread", "Paint"):
        needs.declare_need(
            doer(here.bheki), here.barrio, network=here.network, words=words, product=None, quantity="1"
        )
    chosen = list(Need.objects.values_list("pk", flat=True))
    answer = sent(here, effect="rank_needs_by_decision", method="schulze", ranks=ranks, needs=chosen)
    page = answer.content.decode()
    assert answer.status_code == 422 and f"“{ranks}” is not a number of ranks." in page
    assert f'value="{ranks}"' in page and not Motion.objects.filter(organisation=here.barrio).exists()


@pytest.mark.parametrize(
    ("language", "typed", "kept", "shown"),
    [
        ("es", "50000,5", "50000.5", "50.000,50"),
        ("es", "1250,50", "1250.50", "1.250,50"),
        ("en", "1250.5", "1250.5", "1,250.50"),
        ("en", "50000", "50000", "50,000"),
    ],
)
def test_an_amount_that_is_voted_on_is_shown_exactly(
    here: World, language: str, typed: str, kept: str, shown: str
) -> None:
    answer = sent(here, language, effect="adopt_house_rule", **{"e-rule": "pay_limit", "e-value": typed})
    assert answer.status_code == 302
    motion = Motion.objects.get(organisation=here.barrio)
    assert motion.effects[0]["value"] == kept
    assert f" {shown} " in page_of(here, motion, language)


@pytest.mark.parametrize(
    ("language", "typed", "said"),
    [
        ("en", "1.234", "1.234 has more than two decimals."),
        ("es", "1,234", "1,234 tiene más de dos decimales."),
        ("en", "1250,50", "Write it as 50000 or 1250.50."),
        ("es", "mucho", "Escríbalo como 50000 o 1250,50."),
        ("en", "inf", "“inf” is not an amount of money."),
        ("es", "inf", "«inf» no es"),
    ],
)
def test_an_amount_that_is_none_is_refused_with_what_to_write(
    here: World, language: str, typed: str, said: str
) -> None:
    answer = sent(here, language, effect="adopt_house_rule", **{"e-rule": "pay_limit", "e-value": typed})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and "Infinity" not in page
    assert f'value="{typed}"' in page


def test_a_motion_whose_effect_needs_a_yes_offers_no_ranking_and_takes_none(here: World) -> None:
    where = reverse("propose_motion", args=[here.barrio.code]) + "?effect=adopt_house_rule&rule=pay_limit"
    page = as_(here.bheki).get(where).content.decode()
    offered = set(re.findall(r'name="method" value="(\w+)"', page))
    assert offered == {"majority", "qualified", "consent"} and 'name="seats"' not in page
    fields = {"e-rule": "pay_limit", "e-value": "5", "options": "A\nB"}
    for method in ("approval", *core.RANKING):
        answer = sent(here, effect="adopt_house_rule", **{**fields, "method": method})
        assert answer.status_code == 422 and "needs a yes or a no" in answer.content.decode()


def test_who_may_not_close_a_vote_or_withdraw_a_motion_is_not_offered_to(here: World) -> None:
    motion = opened(here)
    close, withdraw = reverse("close_motion", args=[motion.pk]), "withdraw"
    assert close in page_of(here, motion) and close not in page_of(here, motion, who="bheki")
    Mandate.objects.update(ended=datetime.now(UTC))
    for who in ("ana", "bheki"):
        assert close not in page_of(here, motion, who=who), "nobody facilitates: it ends by itself"
    Motion.objects.filter(pk=motion.pk).update(closes=datetime.now(UTC))
    assert close in page_of(here, motion, who="bheki"), "its time is up"
    draft = decide.propose_motion(doer(here.bheki), here.barrio, title="Draft", text="Words.")
    address = reverse("withdraw_motion", args=[draft.pk])
    assert withdraw in address and address in page_of(here, draft, who="bheki")
    assert address not in page_of(here, draft), "Ana may open it now, but not withdraw it"


def test_a_withdrawn_motion_says_who_withdrew_it_when_and_why(here: World) -> None:
    effects = [{"kind": "adopt_house_rule", "rule": "pay_limit", "value": "5"}]
    draft = decide.propose_motion(doer(here.bheki), here.barrio, title="Draft", text="Words.", effects=effects)
    address = reverse("withdraw_motion", args=[draft.pk])
    assert as_(here.bheki).post(address, {"reason": "We wait for <b>spring</b>."}).status_code == 302
    page = page_of(here, draft)
    assert f"{here.bheki.name} withdrew it on" in page and "We wait for &lt;b&gt;spring" in page
    assert "What it would have done" in page and "What it does when it is carried" not in page


@pytest.mark.parametrize(
    ("needs", "whole", "english", "spanish"),
    [
        (1, 0, "Our one need is not met wholly.", "Nuestra única necesidad no queda cubierta del todo."),
        (1, 1, "Our one need is met wholly.", "Nuestra única necesidad queda cubierta del todo."),
        (3, 0, "None of our 3 needs is met wholly.", "Ninguna de nuestras 3 necesidades queda cubierta del todo."),
        (3, 1, "Of our 3 needs 1 is met wholly.", "De nuestras 3 necesidades, 1 queda cubierta del todo."),
        (3, 2, "Of our 3 needs 2 are met wholly.", "De nuestras 3 necesidades, 2 quedan cubiertas del todo."),
        (3, 3, "All our 3 needs are met wholly.", "Nuestras 3 necesidades quedan todas cubiertas del todo."),
    ],
)
def test_needs_are_counted_as_people_say_it(needs: int, whole: int, english: str, spanish: str) -> None:
    assert Language("en").text(_met(needs, whole)) == english
    assert Language("es").text(_met(needs, whole)) == spanish


def test_who_left_the_roll_before_closing_gets_no_mandate_and_the_result_says_so(here: World) -> None:
    effects = [
        {"kind": "grant_mandate", "purpose": "treasurer", "person": here.bheki.pk},
        {"kind": "adopt_house_rule", "rule": "pay_limit", "value": "5"},
    ]
    motion = opened(here, effects=effects)
    Membership.objects.filter(organisation=here.barrio, person=here.bheki).update(left=date(2026, 1, 2))
    motion = carried(here, motion)
    assert motion.state == "carried"
    assert not Mandate.objects.filter(purpose="treasurer", person=here.bheki).exists()
    assert house_rules(here.barrio)["pay_limit"] == "5", "what still can happen happens"
    assert f"{here.bheki.name} ya no está en el padrón" in page_of(here, motion, "es")


def test_a_vote_on_an_instruction_closes_when_the_seat_has_ended_and_says_so(here: World) -> None:
    mandate = Mandate.objects.get(organisation=here.barrio, purpose="facilitator")
    seat = Seat.objects.create(council=here.network, base=here.barrio, mandate=mandate)
    effects = [{"kind": "instruct_delegate", "council": here.network.pk, "instruction": "for"}]
    motion = opened(here, effects=effects)
    Seat.objects.filter(pk=seat.pk).update(ended=datetime.now(UTC))
    decide.cast_ballot(doer(here.bheki), motion.pk, "for")
    assert decide.close_due(datetime.now(UTC) + timedelta(hours=3)) == 1
    motion.refresh_from_db()
    assert motion.state == "carried" and "the instruction came to nothing" in page_of(here, motion)


def test_history_names_roles_in_the_readers_words_and_says_what_the_platform_followed(here: World) -> None:
    mandate = grant_mandate(
        doer(here.ana), here.barrio, person=here.bheki.pk, purpose="coordinator", decision="assembly of January"
    )
    recall.open_recall(doer(here.ana), mandate, why="Nothing was reported.")
    carried(here, opened(here, effects=[{"kind": "adopt_house_rule", "rule": "pay_limit", "value": "5"}]))
    history = as_(here.ana, "es").get(reverse("history", args=[here.barrio.code])).content.decode()
    assert f"{here.bheki.name}: coordina" in history and f"{here.bheki.name}: coordinator" not in history
    assert f"por decisión de {here.barrio.name}" in history and "<td>–" not in history


def test_history_says_whose_choice_brought_a_plan_before_the_assembly(here: World) -> None:
    at, variant = datetime.now(UTC), Variant.objects.create(round=here.round, name="First")
    motion = decide.propose_motion(doer(here.bheki), here.barrio, title="The plan", text="Words.")
    Act.objects.create(
        at=at,
        organisation=here.barrio,
        verb="put_plan_to_assembly",
        kind="Motion",
        subject=motion.pk,
        name=motion.title,
        after={"variant": variant.pk},
    )
    Act.objects.create(
        at=at,
        person=here.carla,
        organisation=here.network,
        verb="choose_variant",
        kind="Round",
        subject=here.round.pk,
    )
    where = reverse("history", args=[here.barrio.code])
    line = as_(here.ana).get(where).content.decode().split("a plan was put to the assembly")[0].split("<tr>")[-1]
    assert f"following the choice of {here.carla.name}" in line and "–" not in line
    after = as_(here.ana).get(where).content.decode().split("a plan was put to the assembly")[1].split("</tr>")[0]
    assert "as a member" not in after
