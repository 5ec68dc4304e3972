"""Pages of organisations: what one has asked for oneself, what is chosen on a phone, in which language it is spoken."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions import who
from solidaria.records.models import Belonging
from tests.web.people import FOUNDED, MINUTES, World, doer, founded, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def signed_in(somebody: object, language: str = "en") -> Client:
    client = Client()
    client.force_login(somebody)  # type: ignore[arg-type]
    client.cookies["language"] = language
    return client


def ties(client: Client, code: str) -> str:
    return client.get(reverse("ties", args=[code])).content.decode()


def test_ones_own_request_to_a_network_is_withdrawn_and_the_one_of_others_is_answered(here: World) -> None:
    asked = who.ask_to_belong(doer(here.carla), here.elsewhere, network=here.network)
    mine = ties(signed_in(here.carla), here.elsewhere.code)
    assert "Withdraw request" in mine and ">No<" not in mine and ">Agree<" not in mine
    theirs = ties(signed_in(here.ana), here.network.code)
    assert ">No<" in theirs and ">Agree<" in theirs and "Withdraw request" not in theirs
    where = reverse("belonging", args=[here.elsewhere.code, asked.pk, "end"])
    assert signed_in(here.carla).post(where, {"once": "w1"}).status_code == 302
    assert Belonging.objects.get(pk=asked.pk).left is not None


def test_ones_own_invitation_and_proposal_are_withdrawn(here: World) -> None:
    who.invite_to_belong(doer(here.ana), here.network, organisation=here.elsewhere)
    assert "Withdraw invitation" in ties(signed_in(here.ana), here.network.code)
    who.ask_for_alliance(
        doer(here.ana), here.barrio, ally=here.elsewhere, kind="learns", gives="time", receives="time"
    )
    assert "Withdraw proposal" in ties(signed_in(here.ana), here.barrio.code)
    assert "Withdraw" not in ties(signed_in(here.carla), here.elsewhere.code)


def options(page: str, name: str) -> list[str]:
    """The values of a select."""
    found = re.search(rf'<select id="f-other" name="{name}".*?</select>', page, re.S)
    assert found is not None
    return re.findall(r'<option value="([^"]*)"', found.group())


def test_a_network_that_was_asked_is_not_in_the_list_to_ask_until_the_request_is_withdrawn(here: World) -> None:
    page = ties(signed_in(here.carla), here.elsewhere.code)
    assert here.network.code in options(page, "other")
    asked = who.ask_to_belong(doer(here.carla), here.elsewhere, network=here.network)
    page = ties(signed_in(here.carla), here.elsewhere.code)
    assert here.network.code not in options(page, "other")
    inviting = ties(signed_in(here.ana), here.network.code)
    assert here.elsewhere.code not in options(inviting, "other") and here.barrio.code not in options(
        inviting, "other"
    )
    who.leave_network(doer(here.carla), here.elsewhere, belonging=asked)
    assert here.network.code in options(ties(signed_in(here.carla), here.elsewhere.code), "other")


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_no_choice_of_a_mandate_is_longer_than_a_phone_is_wide(here: World, language: str) -> None:
    page = signed_in(here.ana, language).get(reverse("mandates", args=[here.barrio.code])).content.decode()
    choices = re.findall(r"<option[^>]*>([^<]*)</option>", page)
    assert len(choices) >= 6
    assert max(map(len, choices)) <= 40
    assert page.count("<dt>") == 6, "what each task allows stands below"


def test_a_founding_form_with_fewer_than_one_person_says_so_beside_the_field(here: World) -> None:
    form = {"name": "Escuela 12", "kind": "community", "held_on": FOUNDED.isoformat(), "minutes": MINUTES}
    answer = signed_in(here.carla).post(reverse("found"), {**form, "present": "-4", "once": "f1"})
    assert answer.status_code == 422
    assert "At least one person was present; “-4” is fewer." in answer.content.decode()
    answer = signed_in(here.carla, "es").post(reverse("found"), {**form, "present": "1.250", "once": "f2"})
    assert answer.status_code == 302, "a Spanish thousand"
    assert founded(here.carla, "Escuela 13", "community").founding.present == 12


def test_words_in_another_language_than_the_page_are_marked_for_readers_that_speak(here: World) -> None:
    who.describe_organisation(doer(here.ana), here.barrio, about="Somos del barrio.", language="es")
    where = reverse("organisation", args=[here.barrio.code])
    assert '<p lang="es">Somos del barrio.</p>' in signed_in(here.carla).get(where).content.decode()
    assert "<p>Somos del barrio.</p>" in signed_in(here.carla, "es").get(where).content.decode()
