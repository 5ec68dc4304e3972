"""The table of actions, holdings, corrections and the laws of the books."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.accounts import distribution, income, statement, wage_proof
from solidaria.core.books import (
    ACTIONS,
    NOT_CONSERVED,
    OUTSIDE,
    Books,
    Event,
    amount_of,
    balances,
    changes,
    correction,
    counted,
    event_faults,
    event_from,
    money,
)
from solidaria.core.problem import Refused

ARS = money("ARS")
HILO, UNION, ANA = "organisation:hilo", "organisation:union", "member:1"
UNIFORM = "good:red/uniform"
NAMES = {HILO: "Hilo", UNION: "The union", UNIFORM: "uniform"}


def event(action: str, provider: str, receiver: str, amount: int = 0, **more: object) -> Event:
    given = {
        "id": f"e{amount}{action}{provider}{receiver}",
        "resource": ARS,
        "unit": "",
        "day": "2026-03-09",
        "recorded": "2026-03-09T12:00:00+00:00",
        "by": "hilo",
        **more,
    }
    return Event(action=action, provider=provider, receiver=receiver, amount=amount, **given)  # type: ignore[arg-type]


def goods(action: str, provider: str, receiver: str, amount: int, **more: object) -> Event:
    return event(action, provider, receiver, amount * 10**6, resource=UNIFORM, unit="piece", **more)


def test_there_are_the_19_actions_of_valueflows() -> None:
    assert len(ACTIONS) == 19
    pairs = {(name, one.pairs_with) for name, one in ACTIONS.items() if one.pairs_with}
    assert pairs == {("accept", "modify"), ("modify", "accept"), ("pickup", "dropoff"), ("dropoff", "pickup")}


@pytest.mark.parametrize("action", ACTIONS)
def test_total_accounting_quantity_over_all_agents_changes_only_for_five_actions(action: str) -> None:
    total = sum(change.accounting for change in changes(event(action, HILO, UNION, 7)))
    assert (total != 0) == (action in NOT_CONSERVED)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("transfer", {HILO: (-7, -7), UNION: (7, 7)}),
        ("transferAllRights", {HILO: (-7, 0), UNION: (7, 0)}),
        ("transferCustody", {HILO: (0, -7), UNION: (0, 7)}),
        ("pickup", {HILO: (0, -7)}),
        ("dropoff", {UNION: (0, 7)}),
        ("produce", {UNION: (7, 7)}),
        ("consume", {HILO: (-7, -7)}),
        ("copy", {UNION: (7, 7)}),
        ("work", {}),
        ("use", {}),
        ("cite", {}),
        ("deliverService", {}),
    ],
)
def test_each_action_does_what_its_row_says(action: str, expected: dict[str, tuple[int, int]]) -> None:
    done = {one.agent: (one.accounting, one.onhand) for one in changes(event(action, HILO, UNION, 7))}
    assert done == expected


def test_nobody_gives_what_they_do_not_hold() -> None:
    books = Books()
    with pytest.raises(Refused) as refusal:
        books.post(goods("transfer", HILO, UNION, 10), NAMES)
    assert str(refusal.value.faults[0].what) == "Hilo holds 0 piece of uniform, not 10 piece."
    assert books.events == [] and books.totals() == {}
    books.post(goods("produce", HILO, HILO, 10))
    books.post(goods("transfer", HILO, UNION, 10), NAMES)
    assert books.held(UNION, UNIFORM) == (10**7, 10**7)


def test_what_was_handed_over_for_keeping_is_not_in_hand() -> None:
    books = Books()
    books.post(goods("produce", HILO, HILO, 10))
    books.post(goods("transferCustody", HILO, UNION, 4))
    assert books.held(HILO, UNIFORM) == (10**7, 6 * 10**6)
    with pytest.raises(Refused, match="holds 6 piece"):
        books.post(goods("transfer", HILO, UNION, 7), NAMES)


def test_money_without_cover_is_refused_in_its_own_words() -> None:
    books = Books()
    books.post(event("transfer", OUTSIDE, UNION, 1250))
    with pytest.raises(Refused) as refusal:
        books.post(event("transfer", UNION, HILO, 1251), NAMES)
    assert str(refusal.value.faults[0].what) == "The union holds 12.50 ARS, not 12.51 ARS."


def test_a_mistake_is_taken_back_by_an_event_that_corrects_it_and_never_twice() -> None:
    first = event("transfer", OUTSIDE, HILO, 500)
    by = event("transfer", "", "", 0, id="c1", day="2026-03-10")
    taken = correction(first, by=by)
    assert (taken.amount, taken.corrects, taken.day) == (-500, first.id, "2026-03-10")
    books = Books()
    books.post(first)
    books.post(taken)
    assert books.held(HILO, ARS) == (0, 0)
    with pytest.raises(Refused, match="Nothing of this event is left"):
        correction(first, by=by, earlier=[taken])
    part = correction(first, by=replace(by, amount=200))
    with pytest.raises(Refused, match="More would be taken away"):
        correction(first, by=replace(by, amount=301), earlier=[part])


def test_all_faults_of_an_event_come_at_once() -> None:
    wrong = event("transfer", HILO, HILO, -1, day="soon", part="?", effort=5)
    columns = [fault.column for fault in event_faults(wrong)]
    assert sorted(map(str, columns)) == ["day", "hours", "part", "quantity", "receiver"]


def test_an_event_reads_back_from_its_line_and_no_other_way_of_writing_it_does() -> None:
    one = event("transfer", OUTSIDE, HILO, 500, note="línea ñ")
    assert event_from(one.text) == one
    for text in (one.text.replace(":", ": ", 1), one.text.replace("500", "500.0"), "[]", "{}"):
        with pytest.raises(ValueError, match=r"."):
            event_from(text)


def test_amounts_are_exact_or_refused() -> None:
    assert counted(Decimal("12.50"), ARS) == 1250 and counted(Decimal("12.505"), ARS) is None
    assert counted(Decimal("12"), money("PYG")) == 12 and counted(Decimal("1.5"), money("PYG")) is None
    assert str(amount_of(1250, ARS)) == "12.50" and str(amount_of(10_000_000, UNIFORM)) == "10"
    assert str(amount_of(1_250_000, UNIFORM)) == "1.25"


AGENTS = [f"organisation:{number}" for number in range(5)] + [OUTSIDE]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(AGENTS), st.sampled_from(AGENTS), st.integers(1, 10**6), st.booleans()),
        max_size=60,
    )
)
def test_money_is_conserved_to_the_cent_and_nobody_is_below_zero(moves: list[tuple[str, str, int, bool]]) -> None:
    books = Books()
    for number, (giver, taker, amount, take_back) in enumerate(moves):
        try:
            if take_back and books.events:
                wrong = books.events[amount % len(books.events)]
                earlier = [one for one in books.events if one.corrects == wrong.id]
                made = correction(wrong, by=event("transfer", "", "", 0, id=f"c{number}"), earlier=earlier)
            else:
                made = event("transfer", giver, taker, amount, id=f"e{number}")
            books.post(made)
        except Refused:
            pass
    assert books.totals().get(ARS, 0) == 0
    assert all(min(both) >= 0 for (who, _), both in balances(books.events).items() if who != OUTSIDE)
    for who in AGENTS:
        lines = statement(books.events, who, ARS)
        assert (lines[-1].balance if lines else 0) == books.held(who, ARS)[0]


def test_the_income_statement_counts_money_and_hours() -> None:
    events = [
        event("transfer", UNION, HILO, 9000, part="price"),
        event("transfer", UNION, HILO, 1000, part="solidarity"),
        event("transfer", UNION, HILO, 5000, part="advance"),
        event("transfer", HILO, ANA, 4000, part="wage"),
        event("work", ANA, HILO, resource="hours", unit="hour", effort=8 * 10**6, part="hours"),
        event("transfer", UNION, HILO, 77, part="price", day="2027-01-01"),
    ]
    found = income(events, HILO, "2026-01-01", "2026-12-31")
    assert found.surplus(ARS) == 6000
    assert found.hours == {ANA: 8 * 10**6}


def test_the_wage_proof_says_what_of_the_wage_line_was_paid() -> None:
    events = [
        goods("transfer", HILO, UNION, 100, part="goods", order="o1"),
        event("work", ANA, HILO, resource="hours", unit="hour", effort=40 * 10**6, part="hours", order="o1"),
        event("transfer", HILO, ANA, 30000, part="wage", order="o1"),
        event("transfer", HILO, ANA, 999, part="wage", order="o2"),
    ]
    proof = wage_proof(events, "o1", HILO, ARS, Decimal("4.00"))
    assert (proof.promised, proof.paid, proof.missing, proof.worked) == (40000, 30000, 10000, 40 * 10**6)
    assert proof.hours == ((ANA, 40 * 10**6, 30000),)


def test_a_surplus_in_argentina_leaves_three_times_5_percent_and_the_rest_by_hours() -> None:
    # Law 20.337, article 42; 100,000.00 shared by 1,000 and 3,000 hours.
    found = distribution(10_000_000, {ANA: 1000 * 10**6, "member:2": 3000 * 10**6}, law="argentina")
    assert [count for _, count in found.reserves] == [500_000, 500_000, 500_000]
    assert found.members == ((ANA, 2_125_000), ("member:2", 6_375_000))


@given(
    st.integers(-100, 10**9),
    st.dictionaries(st.sampled_from([f"member:{n}" for n in range(9)]), st.integers(0, 10**10), max_size=9),
    st.sampled_from(["hours", "equally"]),
    st.sampled_from(["none", "argentina"]),
)
def test_all_parts_of_a_distribution_add_up_to_the_surplus(
    surplus: int, hours: dict[str, int], by: str, law: str
) -> None:
    found = distribution(surplus, hours, members=sorted(hours), by=by, law=law)
    parts = sum(count for _, count in (*found.reserves, *found.members))
    assert parts == (surplus if surplus > 0 else 0)
    assert all(count >= 0 for _, count in found.members)


def test_money_is_conserved_to_the_cent_over_a_simulated_year_of_50_organisations() -> None:
    luck, books = random.Random(7), Books()
    who = [f"organisation:{number}" for number in range(50)]
    for number, one in enumerate(who):
        books.post(event("transfer", OUTSIDE, one, luck.randint(0, 10**7), id=f"start{number}", part="opening"))
    refused = 0
    for day in range(365):
        for number in range(40):
            giver, taker = luck.sample([*who, OUTSIDE], 2)
            given = {"id": f"{day}-{number}", "part": luck.choice(["price", "solidarity", "wage", "advance"])}
            try:
                if luck.random() < 0.05:
                    wrong = luck.choice([one for one in books.events[-200:] if not one.corrects])
                    earlier = [one for one in books.events if one.corrects == wrong.id]
                    books.post(correction(wrong, by=event("transfer", "", "", 0, **given), earlier=earlier))
                else:
                    books.post(event("transfer", giver, taker, luck.randint(1, 10**6), **given))
            except Refused:
                refused += 1
            assert books.totals()[ARS] == 0
    assert 0 < refused < len(books.events)
    assert all(min(books.held(one, ARS)) >= 0 for one in who)
    assert balances(books.events) == {key: books.held(*key) for key in balances(books.events)}
