"""The views of the books as pages: how much they ask and weigh, and what single people see of them."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from solidaria.core.books import OUTSIDE, agent, good, money
from solidaria.records.models import CallOff, LedgerEvent, LogEntry, PromiseLine
from solidaria.web.accounts import MAKERS
from tests.web.everything import Everything, everything

pytestmark = pytest.mark.django_db

#: No page asks more, and none weighs more, compressed, on a visit after the first: as the platform's issue asks.
MOST_QUESTIONS, MOST_BYTES = 25, 30_000
NUMBERS = count(1)


def grow(all: Everything, many: int) -> None:
    """So many more orders of the agreement, each with promises and events of goods, money and hours."""
    own, at = agent(all.workshop.code), datetime.now(UTC)
    today, resource = at.date(), good(all.network.code, all.product.code)
    place = LogEntry.objects.filter(organisation=all.workshop).count()
    for _ in range(many):
        number = next(NUMBERS)
        code = f"{all.workshop.code}/1/{1000 + number}"
        order = CallOff.objects.create(
            agreement=all.agreement, number=1000 + number, code=code, product=all.product.code, name="Uniform",
            unit="piece", amount=2_000_000, due=today, at=at,
        )  # fmt: skip
        sides = {
            "goods": (all.workshop, all.community, resource),
            "price": (all.community, all.workshop, money("ARS")),
        }
        for part, (provider, receiver, what) in sides.items():
            PromiseLine.objects.create(
                agreement=all.agreement, call_off=order, code=f"{code}/{part}", part=part, provider=provider,
                receiver=receiver, resource=what, amount=2_000_000, due=today,
            )  # fmt: skip
        member = f"member:{all.workshop.memberships.first().pk}"
        for at_, (action, provider_, receiver_, what, amount, effort, part) in enumerate(
            (
                ("produce", own, own, resource, 2_000_000, 0, "made"),
                ("transfer", own, agent(all.community.code), resource, 1_000_000, 0, "goods"),
                ("transfer", OUTSIDE, own, money("ARS"), 5_000, 0, "price"),
                ("work", member, own, "hours", 0, 3_000_000, "hours"),
            )
        ):
            event = LedgerEvent.objects.create(
                uid=f"grown-{number}-{at_}", action=action, provider=provider_, receiver=receiver_, resource=what,
                amount=amount, effort=effort, day=today.isoformat(), recorded=at.isoformat(), by=all.workshop.code,
                part=part, order=code, promise=f"{code}/goods" if part == "goods" else "",
            )  # fmt: skip
            LogEntry.objects.create(organisation=all.workshop, place=place, event=event)
            place += 1


def pages(all: Everything) -> dict[str, str]:
    code = all.workshop.code
    found = {name: reverse("books_view", args=[code, name]) for name in MAKERS}
    found |= {name: reverse(name, args=[code]) for name in ("books", "open_books")}
    found["event"] = reverse("event", args=[code, all.event.pk])
    return found | {"wage_proof": reverse("wage_proof", args=[code, all.order.pk])}


def asked(client: Client, path: str) -> list[str]:
    assert client.get(path).status_code == 200, path
    with CaptureQueriesContext(connection) as found:
        client.get(path)
    return [one["sql"] for one in found]


def test_the_number_of_questions_does_not_depend_on_the_number_of_entries_and_no_page_is_heavy() -> None:
    all = everything("ana", "bheki", "Norte")
    client = Client()
    client.force_login(all.lead)
    grow(all, 2)
    few = {name: asked(client, path) for name, path in pages(all).items()}
    grow(all, 60)
    many = {name: asked(client, path) for name, path in pages(all).items()}
    grew = {name: (len(few[name]), len(many[name])) for name in few if len(few[name]) < len(many[name])}
    assert grew == {}
    assert {name: len(found) for name, found in many.items() if len(found) > MOST_QUESTIONS} == {}
    weights = {name: len(gzip.compress(client.get(path).content)) for name, path in pages(all).items()}
    assert {name: weight for name, weight in weights.items() if weight > MOST_BYTES} == {}


def test_a_day_that_is_none_is_refused_beside_the_form_and_this_year_is_shown() -> None:
    all = everything("ana", "bheki", "Norte")
    client = Client()
    client.force_login(all.lead)
    path = reverse("books_view", args=[all.workshop.code, "income"])
    shown = client.get(path, {"from": "yesterday", "to": "2026-01-01"}).content.decode()
    assert "This is not a day." in shown
    assert (
        "The end lies before the start."
        in client.get(path, {"from": "2026-02-01", "to": "2026-01-01"}).content.decode()
    )
    assert client.get(reverse("books_view", args=[all.workshop.code, "nothing"])).status_code == 404


def test_nobody_reads_a_members_name_in_the_open_books_or_as_the_other_side_of_an_order() -> None:
    all = everything("ana", "bheki", "Norte")
    grow(all, 1)
    name = all.workshop.memberships.first().person.name
    for kind in ("csv", "pdf", "xlsx"):
        answer = Client().get(reverse("open_books_file", args=[all.workshop.code, f"open-books.{kind}"]))
        assert answer.status_code == 200
    shown = Client().get(reverse("open_books", args=[all.workshop.code])).content.decode().split("<main")[1]
    assert name not in shown
    other = Client()
    other.force_login(all.member)
    order = CallOff.objects.order_by("-pk").first()
    assert order is not None
    proof = (
        other.get(reverse("wage_proof", args=[all.community.code, order.pk])).content.decode().split("<main")[1]
    )
    assert name not in proof
    assert other.get(reverse("books_view", args=[all.workshop.code, "sharing"])).status_code == 404
