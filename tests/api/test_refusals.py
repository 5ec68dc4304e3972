"""What is refused: every reason at once, for programs and for people, and nothing has happened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from solidaria.records.models import Need, Once
from tests.api.conftest import Place
from tests.api.programs import ACTS, Program


def needs_of(place: Place) -> str:
    """Where needs of the community are declared."""
    return f"/organisations/{place.here.community.code}/needs"


def test_every_fault_is_told_at_once_with_what_would_help(place: Place) -> None:
    given = {"words": "", "quantity": "many", "tier": 12, "pays": "a lot"}
    answer = place.bheki().ask("POST", needs_of(place), given)
    assert answer.status_code == 422
    faults = answer.json()["faults"]
    assert {fault["column"] for fault in faults} == {"words", "quantity", "tier", "pays"}
    assert all(fault["what"] and fault["help"] and fault["template"] for fault in faults)
    number = next(fault for fault in faults if fault["column"] == "quantity")
    assert number["template"] == "“{value}” is not a number." and number["values"] == {"value": "many"}
    assert number["what"] == "“many” is not a number."
    assert not Need.objects.filter(words="").exists()


def test_a_refusal_speaks_the_language_of_the_request(place: Place) -> None:
    program = place.bheki()
    given = {"words": "pan", "quantity": "muchos"}
    told = {}
    for language in ("en", "es", "es-AR,es;q=0.9,en;q=0.5", "xx", "pt, es"):
        program.language = language
        answer = program.ask("POST", needs_of(place), given)
        told[language] = answer.json()["faults"][0]["what"], answer["Content-Language"]
    assert told["es"] == told["es-AR,es;q=0.9,en;q=0.5"] == ("“muchos” no es un número.", "es")
    assert told["en"] == told["xx"] == ("“muchos” is not a number.", "en")
    assert told["pt, es"][1] == "pt"
    program.language = "es"
    missing = program.get("/organisations/no-such-thing/needs")
    assert missing.json()["detail"] == "Aquí no hay nada, o no le corresponde verlo."


def test_without_a_language_the_persons_own_is_spoken(place: Place) -> None:
    program = place.bheki()
    program.language = ""
    place.here.member.language = "es"
    place.here.member.save()
    assert program.get("/plans/987654321")["Content-Language"] == "es"


@pytest.mark.parametrize(
    ("body", "column", "template"),
    [
        ({"words": "bread"}, "quantity", "This is missing."),
        ({"words": "bread", "quantity": 40}, "quantity", "This has to be text."),
        ({"words": "bread", "quantity": 0.1}, "quantity", "This has to be text."),
        ({"words": "bread", "quantity": "40", "colour": "red"}, "colour", "There is no such field."),
        ({"words": "bread", "quantity": "40", "tier": "first"}, "tier", "This has to be a whole number."),
        ({"words": "a\x00b", "quantity": "40"}, "words", "This text holds signs that no text has."),
        ({"words": "bread", "quantity": "4" * 80}, "quantity", "This is too long."),
        ([1], None, "This has to be an object."),
        (None, None, "This is missing."),
    ],
)
def test_a_request_of_the_wrong_form_is_told_by_its_field(
    place: Place, body: Any, column: str | None, template: str
) -> None:
    answer = place.bheki().ask("POST", needs_of(place), body)
    assert answer.status_code == 422, answer.content
    assert [(fault["column"], fault["template"]) for fault in answer.json()["faults"]] == [(column, template)]


def test_a_field_that_lies_deeper_is_named_with_the_way_to_it(place: Place) -> None:
    given = {
        "product": place.here.spare.code,
        "labour_hours": "1",
        "inputs": [{"product": "cloth", "quantity": 1}],
    }
    program = place.ana("workshop", "plan.capacity")
    answer = program.ask("POST", f"/organisations/{place.here.workshop.code}/recipes", given)
    assert [fault["column"] for fault in answer.json()["faults"]] == ["inputs.0.quantity"]


@pytest.mark.parametrize(
    "body", ["{", "[" * 100_000, "not json", '{"words": "\\ud800", "quantity": "1"}', b"\xff\xfe"]
)
def test_what_is_no_json_or_no_text_is_refused_and_not_an_error_of_ours(place: Place, body: str | bytes) -> None:
    answer = place.bheki().ask("POST", needs_of(place), body)
    assert answer.status_code in (400, 422), answer.content
    assert answer["Content-Type"].startswith("application/json")
    assert json.loads(answer.content)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(place: Place) -> None:
    answer = place.bheki().ask("POST", needs_of(place), '{"words": "' + "a" * 3_000_000 + '"}')
    assert answer.status_code == 413
    assert answer.json()["detail"] == "This is too large for one request."


@pytest.mark.parametrize("path", ["/organisations/%00", "/organisations/%00/needs", "/networks/a%00b/needs"])
def test_an_address_with_a_sign_that_no_database_keeps_is_none(place: Place, path: str) -> None:
    assert place.bheki().get(path).status_code == 404


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**40])
def test_a_number_that_no_row_has_is_none(place: Place, number: int) -> None:
    program = place.bheki()
    for path in (f"/plans/{number}", f"/rounds/{number}", f"{needs_of(place)}/{number}", f"/vf/plans/{number}"):
        assert program.get(path).status_code == 404, path


@pytest.mark.parametrize("query", ["page=0", "size=0", "size=1001", "page=x", "page=99999999999999999999"])
def test_a_page_that_cannot_be_is_refused(place: Place, query: str) -> None:
    answer = place.bheki().get(f"{needs_of(place)}?{query}")
    assert answer.status_code == 422
    assert [fault["column"] for fault in answer.json()["faults"]] == [query.split("=")[0]]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "POST"])
def test_a_method_an_address_does_not_know_is_refused_as_json(place: Place, method: str) -> None:
    for path in ("/me", "/", "/openapi.json"):
        answer = place.bheki().ask(method, path, {})
        assert answer.status_code == 405 and answer["Allow"] == "GET", path
        assert answer.json()["detail"]


def test_an_address_that_is_none_answers_as_json_in_every_method(place: Place) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = Program().ask(method, "/no/such/thing", {})
        assert answer.status_code == 404 and answer.json()["detail"]


def test_head_answers_like_get(place: Place) -> None:
    assert Program().ask("HEAD", "/organisations").status_code == 200


# --- the same request twice ---


def test_the_same_request_with_the_same_key_does_nothing_a_second_time(place: Place) -> None:
    program = place.bheki()
    given = {"words": "soap", "quantity": "5"}
    key = {"Idempotency-Key": "f3b9"}
    first = program.ask("POST", needs_of(place), given, **key)
    again = program.ask("POST", needs_of(place), given, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Need.objects.filter(words="soap").count() == 1
    program.ask("POST", needs_of(place), given, **{"Idempotency-Key": "f3ba"})
    assert Need.objects.filter(words="soap").count() == 2
    program.ask("POST", needs_of(place), given)
    assert Need.objects.filter(words="soap").count() == 3


def test_a_key_of_one_address_is_not_that_of_another(place: Place) -> None:
    """Else a key sent elsewhere would show a row to somebody who may no longer see it."""
    program = place.ana("workshop", "plan.capacity")
    key = {"Idempotency-Key": "one"}
    path = f"/organisations/{place.here.workshop.code}"
    made = program.ask("POST", f"{path}/equipment", {"name": "Press", "hours": "10"}, **key)
    stock = program.ask("PUT", f"{path}/stocks", {"product": place.here.spare.code, "quantity": "3"}, **key)
    assert (made.status_code, stock.status_code) == (201, 200)
    assert all(len(once.key) == 64 for once in Once.objects.filter(person=place.here.lead, key__gt=""))


def test_a_refused_request_may_be_sent_again_with_the_same_key(place: Place) -> None:
    program = place.bheki()
    key = {"Idempotency-Key": "again"}
    assert program.ask("POST", needs_of(place), {"words": "soap", "quantity": "x"}, **key).status_code == 422
    assert program.ask("POST", needs_of(place), {"words": "soap", "quantity": "5"}, **key).status_code == 201


def test_a_key_that_is_too_long_is_refused(place: Place) -> None:
    answer = place.bheki().ask(
        "POST", needs_of(place), {"words": "soap", "quantity": "5"}, **{"Idempotency-Key": "k" * 201}
    )
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["column"] == "Idempotency-Key"


def test_a_table_of_needs_is_refused_with_its_rows_or_taken_whole(place: Place) -> None:
    path = f"{needs_of(place)}/upload"
    rows = [
        {"words": "bread", "quantity": "40"},
        {"words": "soap", "quantity": "much"},
        {"quantity": "1", "x": "1"},
    ]
    answer = place.bheki().ask("POST", path, {"rows": rows})
    assert answer.status_code == 422
    assert {(fault["row"], fault["column"]) for fault in answer.json()["faults"]} >= {
        (3, "quantity"),
        (4, "words"),
        (1, "x"),
    }
    assert not Need.objects.filter(words="bread").exists()
    act = ACTS["upload_needs"]
    assert place.bheki().ask("POST", path, act.body(place.here)).status_code == 200
    assert Need.objects.filter(words="bread").count() == 1
