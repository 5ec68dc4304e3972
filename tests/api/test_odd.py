"""Whatever a program sends, it is answered: done, or refused with a reason, and never with an error of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from solidaria.api.tokens import per_minute
from solidaria.api.urls import description
from tests.api.conftest import Place
from tests.api.programs import ACTS, READS, ROOT, Program, told
from tests.api.test_actions import NOT_THERE, nobodys, prepared

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """More requests than a program may make in a minute."""
    monkeypatch.setattr(per_minute, "most", 10**9)


#: What a slip, another program or an attacker puts where something else belongs.
ODD: tuple[Any, ...] = (
    "",
    " ",
    "-1",
    "0",
    "1e999999999",
    "NaN",
    "-Infinity",
    "1,5",
    "1_000",
    "٣",
    "½",
    "0x10",
    "9" * 60,
    "0." + "0" * 50 + "1",
    "x" * 5000,
    "=HYPERLINK(1)",
    "<script>alert(1)</script>",
    "{name} {0} %s",
    "\u202e\u0000",
    "9999-12-31",
    "0001-01-01",
    None,
    True,
    -1,
    2**63,
    10**400,
    1.5,
    [],
    {},
    [[]],
    {"a": {"b": None}},
)


def changed(value: Any) -> Iterator[Any]:
    """The value with one odd thing somewhere in it, for each place and each odd thing; and with a place left out."""
    yield from ODD
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {other: there for other, there in value.items() if other != name}
            yield from ({**value, name: odd} for odd in changed(inner))
        yield {**value, "": "", "one more": 1}
    elif isinstance(value, list) and value:
        yield from ([odd, *value[1:]] for odd in changed(value[0]))
        yield value * 2


@pytest.mark.slow
def test_odd_requests_are_refused_with_a_reason_or_done_and_never_err(place: Place) -> None:
    wrong: list[Any] = []
    tried = 0
    for verb, act in sorted(ACTS.items()):
        body = act.body(place.here)
        if body is None:
            continue
        with place.undone():
            prepared(place, verb)
            program = place.ana(act.of, act.right) if act.right else place.bheki()
            path = act.path(place.here)
            for odd in changed(body):
                with place.undone():
                    answer = program.ask(act.method, path, json.dumps(odd))
                    tried += 1
                    if answer.status_code not in (200, 201, 403, 404, 422):
                        wrong.append((verb, str(odd)[:200], answer.status_code, answer.content[:200]))
                    if answer.status_code == 422 and not all(
                        fault["what"] and fault["help"] for fault in answer.json()["faults"]
                    ):
                        wrong.append((verb, str(odd)[:200], "no reason"))
    assert not wrong, wrong[:20]
    assert tried > 2000


@pytest.mark.slow
def test_every_address_answers_every_method_and_only_those_it_says_it_does(place: Place) -> None:
    listed = {
        path.removeprefix(ROOT)
        .replace("{code}", "[^/]+")
        .replace("{number}", r"\d+")
        .replace("{refusal}", r"\d+"): set(methods)
        for path, methods in description()["paths"].items()
    }
    paths = {address(place.here) for _, address in READS.values()} | {
        act.path(place.here) for act in ACTS.values()
    }
    people = {"nobody": Program(), "carla": place.outsider(), "bheki": place.bheki(), "ana": place.ana()}
    for path in sorted(paths):
        known = {
            method.upper()
            for pattern, methods in listed.items()
            if re.fullmatch(pattern, path)
            for method in methods
        }
        assert known, path
        for who, program in people.items():
            for method in METHODS:
                with place.undone():
                    answer = program.ask(method, path, None if method in ("GET", "HEAD") else {})
                    here = (path, who, method, answer.status_code)
                    assert answer.status_code < 500, here
                    asked = "GET" if method == "HEAD" else method
                    assert (answer.status_code == 405) == (asked not in known), here


@pytest.mark.slow
def test_what_is_foreign_answers_as_what_is_missing_in_every_method(place: Place) -> None:
    """Dora's things, asked for by Ana, who holds every mandate in her own organisations."""
    program = place.ana("network", "plan.network")
    for path in sorted(
        {address(place.there) for whose, address in READS.values() if whose not in ("public", "me")}
        | {act.path(place.there) for act in ACTS.values()}
    ):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            for body in (None, {}):
                foreign, missing = program.ask(method, path, body), program.ask(method, nobodys(path), body)
                if method == "GET" and re.fullmatch(r"/organisations/[^/]+", path):
                    continue
                assert told(foreign) == told(missing), (method, path)
    for verb, act in sorted(ACTS.items()):
        answer = program.ask(act.method, act.path(place.there), act.body(place.there))
        assert told(answer) == NOT_THERE, verb
