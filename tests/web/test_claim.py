"""From the list of those not here yet to an assembly of its own, by the pages alone."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions.permit import rights_of
from solidaria.records.models import Belonging, JoiningCode, Organisation
from tests.web.people import FOUNDED, MINUTES, World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def signed_in(somebody: object) -> Client:
    client = Client()
    client.force_login(somebody)  # type: ignore[arg-type]
    return client


def entered(here: World) -> Organisation:
    school = Organisation.objects.create(
        code="escuela-12", name="Escuela 12", kind="community", entered_by=here.network
    )
    Belonging.objects.create(
        network=here.network, organisation=school, asked_by_network=True, agreed=doer(here.ana).at
    )
    return school


def printed(client: Client, here: World, key: str = "once-1") -> str:
    """The page that prints the code."""
    answer = client.post(reverse("founding_code", args=[here.network.code, "escuela-12"]), {"once": key})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_coordinator_prints_the_code_and_the_schools_own_assembly_takes_it_over(here: World) -> None:
    school = entered(here)
    ana, carla = signed_in(here.ana), signed_in(here.carla)
    assert "Escuela 12" in ana.get(reverse("entered", args=[here.network.code])).content.decode()
    found = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", printed(ana, here))
    assert found is not None
    form = {"code": found.group().lower(), "held_on": FOUNDED.isoformat(), "present": "14", "minutes": MINUTES}
    answer = carla.post(reverse("claim"), {**form, "purposes": ["coordinator", "secretary"], "once": "c1"})
    assert answer.status_code == 302 and answer["Location"] == reverse("inside", args=["escuela-12"])
    assert {"member", "needs.gather", "who.roll"} <= rights_of(here.carla, school)
    assert carla.get(answer["Location"]).status_code == 200
    assert "Escuela 12" not in ana.get(reverse("entered", args=[here.network.code])).content.decode()
    again = carla.post(reverse("claim"), {**form, "once": "c2"})
    assert again.status_code == 422 and "does not open anything" in again.content.decode()


def test_a_code_is_shown_once_and_a_form_sent_twice_makes_no_second_one(here: World) -> None:
    entered(here)
    ana = signed_in(here.ana)
    printed(ana, here)
    assert "shown already" in printed(ana, here)
    assert JoiningCode.objects.filter(organisation__code="escuela-12").count() == 1


def test_what_is_missing_stands_beside_its_field_and_what_was_typed_stays(here: World) -> None:
    answer = signed_in(here.carla).post(
        reverse("claim"), {"code": "ABCD", "minutes": "We met, all of us, in the yard."}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "We met, all of us, in the yard." in text
    assert 'id="e-code"' in text and 'id="e-held_on"' in text and 'id="e-present"' in text
    assert 'id="e-minutes"' not in text


def test_the_list_and_the_code_are_not_there_for_people_without_the_mandate(here: World) -> None:
    entered(here)
    for somebody in (here.bheki, here.carla):
        client = signed_in(somebody)
        assert client.get(reverse("entered", args=[here.network.code])).status_code == 404
        page = reverse("founding_code", args=[here.network.code, "escuela-12"])
        assert client.post(page, {"once": "x"}).status_code in (403, 404)
    assert not JoiningCode.objects.exists()
