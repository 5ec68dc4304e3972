"""Views of the books, each worked out from the events anew: statements, income, wage proof, distribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from solidaria.core.books import ACTIONS, Event, amount_of, changes, is_money
from solidaria.core.money import half_up, split


@dataclass(frozen=True)
class Line:
    """One line of a statement: the event, what it changed for the agent, and the balance after it."""

    event: Event
    change: int
    balance: int


def statement(events: Iterable[Event], agent: str, resource: str) -> tuple[Line, ...]:
    """All that touched what an agent holds by right of a resource, in the order it was written down.

    The last balance is the agent's balance.
    """
    lines: list[Line] = []
    balance = 0
    for event in events:
        delta = sum(one.accounting for one in changes(event) if (one.agent, one.resource) == (agent, resource))
        if delta:
            balance += delta
            lines.append(Line(event, delta, balance))
    return tuple(lines)


@dataclass(frozen=True)
class Income:
    """What came in and what went out of an organisation between two days, in money and in hours.

    came_in, went_out   (part, resource) → whole number in minor units
    hours               millionths of hours worked, by member
    """

    came_in: Mapping[tuple[str, str], int]
    went_out: Mapping[tuple[str, str], int]
    hours: Mapping[str, int]

    def surplus(self, resource: str) -> int:
        """What is left of a kind of money: what came in less what went out. Advances and openings are no income."""
        left = sum(
            count for (part, what), count in self.came_in.items() if what == resource and part not in NO_INCOME
        )
        gone = sum(
            count for (part, what), count in self.went_out.items() if what == resource and part not in NO_INCOME
        )
        return left - gone


#: Money that changes hands without being earned or spent.
NO_INCOME = ("opening", "advance", "distribution", "reserve")


def income(events: Iterable[Event], agent: str, first: str = "", last: str = "9999-12-31") -> Income:
    """The income statement of an agent over the days from `first` to `last`, both inclusive, as 2026-01-31."""
    came: dict[tuple[str, str], int] = {}
    went: dict[tuple[str, str], int] = {}
    hours: dict[str, int] = {}
    for event in events:
        if not first <= event.day <= last:
            continue
        if event.action == "work" and event.receiver == agent:
            hours[event.provider] = hours.get(event.provider, 0) + event.effort
        elif is_money(event.resource) and ACTIONS[event.action].accounting:
            key = (event.part, event.resource)
            if event.receiver == agent:
                came[key] = came.get(key, 0) + event.amount
            elif event.provider == agent:
                went[key] = went.get(key, 0) + event.amount
    return Income(dict(sorted(came.items())), dict(sorted(went.items())), dict(sorted(hours.items())))


# --- wage proof ---


@dataclass(frozen=True)
class WageProof:
    """Whether the wage part of an order's price reached those who worked on it.

    delivered   millionths of the product's unit that were delivered
    promised    what the price says goes to wages for what was delivered, in minor units
    hours       (member, millionths of hours worked on the order, minor units paid for it), by member
    worked      all the hours; paid: all the pay
    missing     what of the promised wages was not paid, never below zero
    """

    order: str
    delivered: int
    promised: int
    hours: tuple[tuple[str, int, int], ...]
    worked: int
    paid: int
    missing: int


def wage_proof(events: Iterable[Event], order: str, site: str, resource: str, wage_per_unit: Decimal) -> WageProof:
    """The wage line of an order's price beside the pay that was transferred for the hours worked on it.

    wage_per_unit   of one unit of the product, in money (not minor units)
    The promised wages are rounded half up to the minor unit, once.
    """
    delivered = paid = worked = 0
    hours: dict[str, int] = {}
    pay: dict[str, int] = {}
    goods = ""
    for event in events:
        if event.order != order:
            continue
        if event.action == "work" and event.receiver == site:
            hours[event.provider] = hours.get(event.provider, 0) + event.effort
            worked += event.effort
        elif event.part == "goods" and event.provider == site:
            delivered, goods = delivered + event.amount, event.resource
        elif event.part == "wage" and event.provider == site and event.resource == resource:
            pay[event.receiver] = pay.get(event.receiver, 0) + event.amount
            paid += event.amount
    units = amount_of(delivered, goods)
    minor = Decimal(1) / amount_of(1, resource)
    promised = int(half_up(units * wage_per_unit * minor, 0))
    people = tuple((who, hours.get(who, 0), pay.get(who, 0)) for who in sorted({*hours, *pay}))
    return WageProof(order, delivered, promised, people, worked, paid, max(0, promised - paid))


# --- distribution ---

#: What the law puts aside of a co-op's surplus before members share the rest: name → share.
#: argentina: Law 20.337 of 1973, article 42: 5 % legal reserve, 5 % for the assistance of the workers, 5 % for
#: co-operative education.
RESERVES: dict[str, tuple[tuple[str, Decimal], ...]] = {
    "none": (),
    "argentina": (
        ("legal reserve", Decimal("0.05")),
        ("assistance of the workers", Decimal("0.05")),
        ("co-operative education", Decimal("0.05")),
    ),
}


@dataclass(frozen=True)
class Distribution:
    """A surplus shared out: reserves first, then members. All parts add up to the surplus, to the minor unit."""

    surplus: int
    reserves: tuple[tuple[str, int], ...]
    members: tuple[tuple[str, int], ...]


def distribution(
    surplus: int, hours: Mapping[str, int], *, members: Sequence[str] = (), by: str = "hours", law: str = "none"
) -> Distribution:
    """Share a surplus in minor units out by the assembly's rule.

    hours   member → millionths of hours worked; members: those who share equally, where by is "equally"
    law     a name of RESERVES
    A surplus of nothing or less is not shared. Where nobody worked, nothing goes to members and the whole rest stays
    with the organisation, as the reserve "carried forward".
    """
    if surplus <= 0:
        return Distribution(surplus, (), ())
    kept = [(name, int(half_up(surplus * share, 0))) for name, share in RESERVES[law]]
    rest = surplus - sum(count for _, count in kept)
    weights = (
        {one: 1 for one in members}
        if by == "equally"
        else {one: count for one, count in hours.items() if count > 0}
    )
    whole = sum(weights.values())
    if not whole:
        return Distribution(surplus, (*kept, ("carried forward", rest)), ())
    parts = split(Decimal(rest), {one: Decimal(rest) * count / whole for one, count in weights.items()}, 0)
    return Distribution(surplus, tuple(kept), tuple((one, int(parts[one])) for one in sorted(parts)))
