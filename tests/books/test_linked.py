"""Books and agreements as Valueflows 1.0.0: valid against shapes generated from the ontology, and closed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions import agree, books
from solidaria.core.valueflows import faults_of
from solidaria.records.models import Agreement, Membership, Organisation, Person
from tests.books.test_actions import ARS, TODAY, second, sewing, signed
from tests.valueflows.shapes import HERE, faults, things
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def lived(here: World) -> Agreement:
    """An agreement with an advance, one order delivered in part, paid in part, one hour worked, one mistake taken back."""
    eli = second(here, here.barrio)
    row = signed(here, advance="100", schedule=[(TODAY.isoformat(), "0", "20")])
    ana = doer(here.ana)
    order = row.call_offs.get()
    member = Membership.objects.get(organisation=here.workshop, person=here.ana)
    books.record_hours(ana, here.workshop, member=member, hours="8", day=TODAY, order=order.code)
    handover = agree.hand_over(ana, here.workshop, call_off=order, quantity="12", day=TODAY, made=True)
    agree.confirm_handover(ana, here.barrio, handover=handover, quantity="12")
    opening = books.record_event(
        ana, here.barrio, action="transfer", resource=ARS, quantity="900", day=TODAY, part="opening"
    )
    books.correct_event(ana, here.barrio, event=opening, quantity="100", why="Counted twice.")
    for part in ("advance", "price"):
        promise = row.promise_lines.get(part=part)
        payment = books.draft_payment(ana, here.barrio, promise=promise, amount="50", day=TODAY)
        books.release_payment(doer(eli), here.barrio, payment=payment)
    return row


def document(who: Person, name: str, *arguments: Any, **query: str) -> Any:
    client = Client()
    client.force_login(who)
    answer = client.get(reverse(name, args=arguments), query)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/ld+json"
    return json.loads(answer.content)


def counted(found: Any) -> dict[str, int]:
    kinds = [thing["@type"] for thing in things(found)]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def test_the_books_are_one_closed_document_of_valueflows_with_promises_claims_and_resources(here: World) -> None:
    lived(here)
    for organisation in (here.workshop, here.barrio):
        found = document(here.ana, "books_file", organisation.code, "books.jsonld")
        assert faults(found) == [] and faults_of(found["@graph"]) == []
        kinds = counted(found)
        assert (kinds["AgreementBundle"], kinds["Agreement"], kinds["Commitment"]) == (1, 2, 4)
        assert kinds["Claim"] == 2 and kinds["EconomicResource"] >= 1
        left = next(thing for thing in things(found) if thing["@type"] == "Intent")
        assert left["availableQuantity"]["hasNumericalValue"] == "80"


def test_price_and_solidarity_are_commitments_of_their_own_that_come_back_for_the_goods(here: World) -> None:
    row = lived(here)
    found = document(here.ana, "agreement_jsonld", here.barrio.code, row.pk)
    assert faults(found) == []
    order = next(thing for thing in things(found) if thing["@type"] == "Agreement" and thing["stipulates"])
    by_id = {thing["@id"]: thing for thing in things(found) if "@id" in thing}
    parts = {by_id[id]["solidaria:part"] for id in order["stipulatesReciprocal"]}
    assert parts == {"price", "solidarity"}
    events = [thing for thing in things(found) if thing["@type"] == "EconomicEvent"]
    assert {thing["solidaria:part"] for thing in events} == {"goods", "price", "advance"}
    assert not any(thing["@type"] == "Person" for thing in things(found))
    delivered = next(thing for thing in events if thing["solidaria:part"] == "goods")
    assert by_id[delivered["realizationOf"]] == order


def test_a_statement_of_one_account_is_closed_too_and_carries_its_corrections(here: World) -> None:
    lived(here)
    found = document(here.ana, "books_view_file", here.barrio.code, "account.jsonld", of=ARS)
    assert faults(found) == []
    assert sum("corrects" in thing for thing in things(found)) == 1


def test_pyshacl_takes_the_document(here: World, tmp_path: Path) -> None:
    program = os.environ.get("SOLIDARIA_PYSHACL")
    if program is None:
        pytest.skip("pyshacl is not installed here; name its program in SOLIDARIA_PYSHACL")
    row = lived(here)
    documents = [
        document(here.ana, "books_file", Organisation.objects.get(pk=here.workshop.pk).code, "books.jsonld"),
        document(here.ana, "agreement_jsonld", here.barrio.code, row.pk),
    ]
    broken = json.loads(json.dumps(documents[0]))
    next(thing for thing in things(broken) if thing["@type"] == "Commitment")["provider"] = (
        "urn:solidaria:unit:one"
    )
    for found, good in ((documents[0], True), (documents[1], True), (broken, False)):
        path = tmp_path / "books.jsonld"
        path.write_text(json.dumps(found))
        shapes = str(HERE / "shapes.ttl")
        ended = subprocess.run(
            [program, "-s", shapes, "-df", "json-ld", str(path)],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (ended.returncode == 0) == good, ended.stdout[-2000:] + ended.stderr[-2000:]
