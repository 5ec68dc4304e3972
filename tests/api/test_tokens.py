"""Keys: which open something, what they carry, and how often they may ask."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from solidaria.actions import sign_in
from solidaria.api import tokens as api_tokens
from solidaria.records.models import Mandate, Token
from tests.api.conftest import Place
from tests.api.programs import ROOT, Program, key_of, told
from tests.web.people import doer


def newest() -> Token:
    """The key that was made last."""
    return Token.objects.latest("pk")


def test_a_key_says_whose_it_is_and_what_it_carries(place: Place) -> None:
    told_of = place.ana("community", "needs.gather").get("/me").json()
    assert told_of["name"] == "Amina" and told_of["key"] == "test"
    assert told_of["mandate"]["organisation"] == {
        "id": place.here.community.code,
        "name": place.here.community.name,
    }
    assert "needs.gather" in told_of["mandate"]["rights"]
    assert place.bheki().get("/me").json()["mandate"] is None


def test_only_the_mandate_of_the_key_counts_in_what_is_shown(place: Place) -> None:
    program = place.ana("community", "needs.gather")
    rights = {one["id"]: one["rights"] for one in program.get("/me/organisations").json()["rows"]}
    assert "needs.gather" in rights[place.here.community.code]
    assert rights[place.here.workshop.code] == ["member"]
    inside = program.get(f"/organisations/{place.here.workshop.code}/inside").json()
    assert "plan.capacity" not in inside["rights"]


@pytest.mark.parametrize("key", ["", " ", "SOL-AAAAAAAA-BBBBBBBB-CCCCCCCC-DDDDDDDD", "x" * 4000, "é", "-"])
def test_a_key_that_is_none_opens_nothing(place: Place, key: str) -> None:
    answer = Program(key).get("/me") if key else Client().get(f"{ROOT}/me")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "This needs a key that is still good."}


def test_another_way_to_sign_in_opens_nothing(place: Place) -> None:
    """No cookie and no password: only a key, so that no page elsewhere can use a browser that is signed in."""
    client = Client()
    client.force_login(place.here.lead)
    assert client.get(f"{ROOT}/me").status_code == 401
    assert client.get(f"{ROOT}/me", headers={"Authorization": "Basic YW5hOnh4"}).status_code == 401
    path = f"{ROOT}/organisations/{place.here.community.code}/needs"
    assert client.post(path, {"words": "x", "quantity": "1"}, content_type="application/json").status_code == 401


def test_a_key_works_in_small_letters_and_needs_no_form_of_ours(place: Place) -> None:
    """A program sends no form, so it is not asked for a form's secret."""
    key = key_of(place.here.member)
    client = Client(enforce_csrf_checks=True)
    path = f"{ROOT}/organisations/{place.here.community.code}/needs"
    answer = client.post(
        path,
        {"words": "soap", "quantity": "1"},
        content_type="application/json",
        headers={"Authorization": f"bearer {key.lower()}"},
    )
    assert answer.status_code == 201


def test_a_revoked_key_opens_nothing(place: Place) -> None:
    program = place.bheki()
    sign_in.revoke_token(doer(place.here.member), None, token=newest().pk)
    assert program.get("/me").status_code == 401


def test_a_key_that_has_run_out_opens_nothing(place: Place) -> None:
    program = place.bheki()
    Token.objects.filter(pk=newest().pk).update(ends=date.today() - timedelta(days=2))
    assert program.get("/me").status_code == 401


def test_a_key_whose_mandate_ended_opens_nothing_not_even_what_members_see(place: Place) -> None:
    program = place.ana("community", "needs.gather")
    assert program.get("/me").status_code == 200
    Mandate.objects.filter(pk=newest().mandate_id).update(ended=doer(place.here.lead).at)
    assert program.get("/me").status_code == 401
    assert program.get(f"/organisations/{place.here.community.code}/needs").status_code == 401


def test_a_key_of_a_person_who_is_gone_opens_nothing(place: Place) -> None:
    program = place.bheki()
    place.here.member.is_active = False
    place.here.member.save()
    assert program.get("/me").status_code == 401


def test_the_day_of_its_last_use_is_noted_once_a_day(place: Place, django_assert_num_queries: object) -> None:
    program = place.bheki()
    assert newest().last_used is None
    program.get("/me")
    assert newest().last_used == doer(place.here.member).at.date()
    with django_assert_num_queries(1):  # type: ignore[operator]
        program.get("/me")


def test_too_many_requests_in_a_minute_wait_and_lock_nobody_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_800_000_030.0]
    monkeypatch.setattr(api_tokens.time, "time", lambda: clock[0])
    monkeypatch.setattr(api_tokens.per_minute, "most", 3)
    program, other = place.bheki(), place.ana()
    assert [program.get("/me").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    late = program.get("/me")
    assert late["Retry-After"] == "30" and late.json()["detail"]
    assert other.get("/me").status_code == 200
    assert Program().get("/organisations").status_code == 200
    clock[0] += 30
    assert program.get("/me").status_code == 200


def test_a_member_who_left_sees_no_more_than_anybody(place: Place) -> None:
    program = place.bheki()
    path = f"/organisations/{place.here.community.code}/needs"
    assert program.get(path).status_code == 200
    place.here.member.memberships.update(left=date(2026, 1, 11))
    assert told(program.get(path)) == told(program.get("/organisations/no-such-thing/needs"))
