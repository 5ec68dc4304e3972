"""The sums that the database keeps by month say what all events say, over any days, however they were written."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from solidaria.actions.accounts import moves
from solidaria.actions.ledger import _whole_months, balances_of, held, income_of
from solidaria.core.accounts import income, moves_of
from solidaria.core.books import ACTIONS, OUTSIDE, Event, agent, balances
from solidaria.records.models import LedgerEvent, MonthSum
from solidaria.records.summed import add_up, keep_sums
from tests.books.append_only import unguarded
from tests.web.people import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(db: None) -> list[Event]:
    """Four hundred events of all kinds over fifteen months, some of them corrections."""
    luck, found = random.Random(3), []
    who = [agent("taller-hilo"), agent("barrio-norte"), "member:1", OUTSIDE]
    for number in range(400):
        action = luck.choice([name for name in sorted(ACTIONS) if name != "use"])
        giver, taker = luck.sample(who, 2)
        if ACTIONS[action].accounting in ("+", "-"):
            taker = giver
        work = ACTIONS[action].counts == "effort"
        much = luck.choice([1, -1]) * luck.randint(1, 10**6)
        found.append(
            Event(
                id=f"{number:032x}",
                action=action,
                provider=giver,
                receiver=taker,
                resource="hours" if work else luck.choice(["money:ARS", "good:net/cloth"]),
                unit="",
                amount=0 if work else much,
                effort=much if work else 0,
                day=(date(2026, 1, 1) + timedelta(days=luck.randrange(450))).isoformat(),
                recorded="2026-01-01T00:00:00+00:00",
                by="taller-hilo",
                part=luck.choice(["price", "wage", "other"]),
                corrects="x" if much < 0 else "",
            )
        )
    for one in found[:200]:
        LedgerEvent.of(one).save(force_insert=True)
    LedgerEvent.objects.bulk_create([LedgerEvent.of(one) for one in found[200:]])
    return found


def test_the_sums_are_those_of_the_events_over_any_days(events: list[Event]) -> None:
    luck = random.Random(4)
    spans = [
        ("", "9999-12-31"),
        ("2026-01-01", "2026-12-31"),
        ("2026-02-01", "2026-02-28"),
        ("2026-03-02", "2026-03-30"),
    ]
    spans += [("2026-12-15", "2027-01-15"), ("2026-05-31", "2026-06-01"), ("2026-05-01", "2026-05-01")]
    for _ in range(40):
        days = sorted(date(2026, 1, 1) + timedelta(days=luck.randrange(450)) for _ in range(2))
        spans.append((days[0].isoformat(), days[1].isoformat()))
    for who in (agent("taller-hilo"), "member:1", OUTSIDE, "nobody"):
        for first, last in spans:
            within = [one for one in events if first <= one.day <= last]
            assert moves(who, first, last) == moves_of(within, who), (who, first, last)


def test_what_is_held_is_the_sum_of_all_events(events: list[Event]) -> None:
    every = balances(events)
    for (who, resource), both in every.items():
        assert held(who, resource) == both
    own = agent("taller-hilo")
    rows = {resource: (right, hand) for resource, right, hand in balances_of(own)}
    assert all(rows[resource] == both for (who, resource), both in every.items() if who == own)


def test_the_income_statement_is_that_of_the_events(events: list[Event], db: None) -> None:
    here: World = world()
    own = agent(here.workshop.code)
    money = [one for one in events if one.action in ("transfer", "work")]
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_ledgerevent")
        cursor.execute("DELETE FROM records_monthsum")
    LedgerEvent.objects.bulk_create([LedgerEvent.of(one) for one in money])
    for first, last in (("2026-01-01", "2026-12-31"), ("2026-02-03", "2026-09-17")):
        assert income_of(here.workshop, first, last) == income(money, own, first, last)


def test_whole_months_are_those_that_lie_within_the_days() -> None:
    assert _whole_months("2026-01-01", "2026-12-31") == ("2026-01", "2026-12")
    assert _whole_months("2026-01-02", "2026-12-30") == ("2026-02", "2026-11")
    assert _whole_months("2026-12-02", "2027-01-30") == ("2027-01", "2026-12")
    assert _whole_months("", "2028-02-29") == ("", "2028-02")
    assert _whole_months("2028-02-01", "2028-02-28") == ("2028-02", "2028-01")


def test_sums_are_made_anew_from_the_events_and_come_out_the_same(events: list[Event]) -> None:
    columns = ("agent", "month", "side", "resource", "action", "part", "amount", "effort")
    before = sorted(MonthSum.objects.values_list(*columns))
    with connection.schema_editor(atomic=False) if connection.vendor == "postgresql" else _editor() as editor:
        add_up(editor)
        keep_sums(editor)
    assert sorted(MonthSum.objects.values_list(*columns)) == before and before
    assert not MonthSum.objects.filter(agent=OUTSIDE).exists()


class _editor:
    """SQLite's own way to change tables wants no open transaction; all that is asked of it here is to run statements."""

    connection = connection

    def __enter__(self) -> _editor:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, statement: str, params: None = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_event_that_is_refused_is_not_counted(events: list[Event]) -> None:
    before = sorted(MonthSum.objects.values_list("pk", "amount"))
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEvent.of(events[0]).save(force_insert=True)
    assert sorted(MonthSum.objects.values_list("pk", "amount")) == before
