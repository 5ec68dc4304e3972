"""Views of the books, each worked out from the events anew: statements, balance sheet, stock, income, wage proof,
distribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from solidaria.core.books import ACTIONS, Event, Holding, amount_of, changes, is_money
from solidaria.core.money import half_up, split


@dataclass(frozen=True)
class Line:
    """One line of a statement: the event, what it changed for the agent, and the balance after it."""

    event: Event
    change: int
    balance: int


def statement(events: Iterable[Event], agent: str, resource: str, opening: int = 0) -> tuple[Line, ...]:
    """All that touched what an agent holds by right of a resource, in the order in which the events are given.

    opening   what was held before them
    The last balance is the agent's balance: the opening and all changes add up to it.
    """
    lines: list[Line] = []
    balance = opening
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


# --- what is held, stock, what is owed, balance sheet ---

#: Sums of what an agent got and gave: ("in" or "out", resource, action, part) → whole number. "in": it received.
Moves = Mapping[tuple[str, str, str, str], int]

_GETS = ("+", "-/+", "+to")
_GIVES = ("-", "-/+")


def moves_of(events: Iterable[Event], agent: str) -> dict[tuple[str, str, str, str], int]:
    """The sums of an agent's events; sorted by their keys. Hours are not among them."""
    found: dict[tuple[str, str, str, str], int] = {}
    for event in events:
        for side, who in (("in", event.receiver), ("out", event.provider)):
            if who == agent and event.amount:
                key = (side, event.resource, event.action, event.part)
                found[key] = found.get(key, 0) + event.amount
    return dict(sorted(found.items()))


def _effect(key: tuple[str, str, str, str], count: int, column: str = "accounting") -> int:
    """What these moves did to what the agent holds: by right ("accounting") or in hand ("onhand")."""
    effect = getattr(ACTIONS[key[2]], column)
    if key[0] == "in":
        return count if effect in _GETS else 0
    return -count if effect in _GIVES else 0


def holdings(moves: Moves) -> dict[str, Holding]:
    """Resource → what is held by right and in hand after these moves; sorted. The same as the sum of all changes."""
    found: dict[str, Holding] = {}
    for key, count in sorted(moves.items()):
        right, hand = found.get(key[1], (0, 0))
        found[key[1]] = (right + _effect(key, count), hand + _effect(key, count, "onhand"))
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class StockLine:
    """How the stock of a good came from what was there to what is there; millionths of its unit, by right.

    counted   what was found at a count, less what was missing
    """

    resource: str
    opening: int
    made: int = 0
    received: int = 0
    used: int = 0
    given: int = 0
    counted: int = 0
    hand: int = 0

    @property
    def closing(self) -> int:
        """The opening, and what was made and received, less what was used and given, and the count: it adds up."""
        return self.opening + self.made + self.received - self.used - self.given + self.counted


def stock(before: Moves, during: Moves) -> tuple[StockLine, ...]:
    """The stock of every good over some days: before → during → closing. The closing is what is held after both."""
    columns = {"produce": "made", "consume": "used", "raise": "counted", "lower": "counted"}
    first, second = holdings(before), holdings(during)
    lines = []
    for resource in sorted({one for one in (*first, *second) if one.startswith("good:")}):
        sums: dict[str, int] = {}
        for key, count in during.items():
            effect = _effect(key, count)
            if key[1] == resource and effect:
                name = columns.get(key[2], "received" if key[0] == "in" else "given")
                sums[name] = sums.get(name, 0) + (-effect if name in ("used", "given") else effect)
        hand = first.get(resource, (0, 0))[1] + second.get(resource, (0, 0))[1]
        lines.append(StockLine(resource, first.get(resource, (0, 0))[0], hand=hand, **sums))
    return tuple(lines)


@dataclass(frozen=True)
class Promised:
    """A promise as the balance sheet needs it.

    agreement   names the agreement; call_off: the order it belongs to, empty for an advance or a guaranteed minimum
    part        goods, price, solidarity or advance
    amount      in the smallest unit of the resource; set_off: what of a price the advance has paid
    closed      nobody owes it any more: it was let go of, or broken off
    """

    code: str
    agreement: str
    call_off: str
    part: str
    provider: str
    receiver: str
    resource: str
    amount: int
    set_off: int = 0
    closed: bool = False


@dataclass(frozen=True)
class Debt:
    """What one owes another under an agreement: money for what was delivered, or goods for what was called off."""

    agreement: str
    part: str
    debtor: str
    creditor: str
    resource: str
    amount: int


def debts(promised: Iterable[Promised], done: Mapping[str, int]) -> tuple[Debt, ...]:
    """What is owed in money; sorted.

    done   promise → how much of it was fulfilled
    Price and solidarity are owed for what was delivered, in the share of the order that it is, rounded half up; the
    guaranteed minimum when it falls due at the end. What was paid ahead of deliveries is owed by the one who got it.
    """
    rows = sorted(promised, key=lambda one: one.code)
    goods = {one.call_off: one for one in rows if one.part == "goods" and one.call_off}
    owed: dict[tuple[str, str, str, str, str], int] = {}
    for one in rows:
        if one.part == "goods":
            continue
        paid, earned = done.get(one.code, 0), 0
        if one.part != "advance":
            order = goods.get(one.call_off)
            whole = one.amount + one.set_off
            if order is None:
                earned = whole
            elif order.amount:
                share = Decimal(min(done.get(order.code, 0), order.amount)) / order.amount
                earned = int(half_up(whole * share, 0))
            if one.closed:
                earned = min(earned, paid + one.set_off)
        key = (
            one.agreement,
            "price" if one.part == "advance" else one.part,
            one.provider,
            one.receiver,
            one.resource,
        )
        owed[key] = owed.get(key, 0) + earned - paid
    found = []
    for (agreement, part, payer, giver, resource), count in sorted(owed.items()):
        if count:
            debtor, creditor = (payer, giver) if count > 0 else (giver, payer)
            found.append(Debt(agreement, part, debtor, creditor, resource, abs(count)))
    return tuple(found)


def goods_due(promised: Iterable[Promised], done: Mapping[str, int]) -> tuple[Debt, ...]:
    """Goods that were called off and not delivered yet; sorted by agreement and good."""
    found: dict[tuple[str, str, str, str], int] = {}
    for one in promised:
        left = one.amount - done.get(one.code, 0)
        if one.part == "goods" and not one.closed and left > 0:
            key = (one.agreement, one.provider, one.receiver, one.resource)
            found[key] = found.get(key, 0) + left
    return tuple(
        Debt(agreement, "goods", debtor, creditor, resource, left)
        for (agreement, debtor, creditor, resource), left in sorted(found.items())
    )


@dataclass(frozen=True)
class BalanceSheet:
    """What an organisation has in a currency, what it owes, and what is its own; whole minor units.

    money      what it holds of the currency
    stock      (good, millionths held by right, what they are worth at the plan's price; None where it has none)
    owed_to, owed_by   money for what was delivered, and paid ahead of it
    began      money that was there at the start; surplus: income less spending since then; advances: got less paid;
               shared: what was shared out and put aside, below zero
    """

    resource: str
    money: int
    stock: tuple[tuple[str, int, int | None], ...]
    owed_to: tuple[Debt, ...]
    owed_by: tuple[Debt, ...]
    began: int
    surplus: int
    advances: int
    shared: int

    @property
    def worth(self) -> int:
        """Of the stock that has a price."""
        return sum(worth or 0 for _, _, worth in self.stock)

    @property
    def claims(self) -> int:
        """Owed to it."""
        return sum(one.amount for one in self.owed_to)

    @property
    def owes(self) -> int:
        """Owed by it."""
        return sum(one.amount for one in self.owed_by)

    @property
    def has(self) -> int:
        """Money, stock and what is owed to it."""
        return self.money + self.worth + self.claims

    @property
    def own(self) -> int:
        """What is its own, from where it came: the money's sources, the stock, and claims less debts."""
        return self.began + self.surplus + self.advances + self.shared + self.worth + self.claims - self.owes

    @property
    def difference(self) -> int:
        """What it has, less what it owes and what is its own: nothing, where the books add up."""
        return self.has - self.owes - self.own


def balance_sheet(
    resource: str,
    held: Mapping[str, int],
    moves: Moves,
    owed: Iterable[Debt],
    agent: str,
    prices: Mapping[str, Decimal] | None = None,
) -> BalanceSheet:
    """The balance sheet of an agent in one currency. It adds up: has = owes + own.

    held     resource → what is held by right, worked out apart from `moves`, so that the one checks the other
    moves    all its moves until the day
    prices   good → price of one unit in this currency; a good without one is listed and counts nothing
    The worth of a stock is rounded half up to the minor unit.
    """
    sums = {"opening": 0, "advance": 0, "shared": 0, "surplus": 0}
    for key, count in moves.items():
        if key[1] == resource:
            part = "shared" if key[3] in ("distribution", "reserve") else key[3]
            sums[part if part in sums else "surplus"] += _effect(key, count)
    minor = Decimal(1) / amount_of(1, resource)
    goods = [(one, count) for one, count in sorted(held.items()) if one.startswith("good:") and count]
    priced = prices or {}
    worth = [
        (one, count, int(half_up(amount_of(count, one) * priced[one] * minor, 0)) if one in priced else None)
        for one, count in goods
    ]
    rows = [one for one in owed if one.resource == resource]
    return BalanceSheet(
        resource,
        held.get(resource, 0),
        tuple(worth),
        tuple(one for one in rows if one.creditor == agent),
        tuple(one for one in rows if one.debtor == agent),
        sums["opening"],
        sums["surplus"],
        sums["advance"],
        sums["shared"],
    )


# --- plan against actual ---


@dataclass(frozen=True)
class Compared:
    """One measure of a line of a plan: what was planned and what happened, in the same unit.

    measure   made, hours, delivered, price, paid, or got and owed for those who receive
    resource  money:… for money, "hours" for hours, otherwise the good
    why       reasons that were written down, in the order of the days
    """

    product: str
    period: str
    measure: str
    planned: Decimal
    actual: Decimal
    resource: str
    unit: str = ""
    why: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal:
        """Actual less planned."""
        return self.actual - self.planned


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
