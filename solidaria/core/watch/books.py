"""The books of one site as plain values, and what a lever or a shock makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from solidaria.core.problem import Fault
from solidaria.core.watch.figures import EVICTION_ATTEMPTS, FIGURE

ZERO = Decimal(0)


@dataclass(frozen=True)
class Value:
    """A figure with where it comes from.

    value    what it is
    low, high  its range; None when it has none
    basis    books, declared, public, assumption (the site's own), or program (an assumption of this program)
    source   in the site's words
    """

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    basis: str = "books"
    source: str = ""


@dataclass(frozen=True)
class Sale:
    """Orders of a normal month through one channel: units, money per unit, whose money it is."""

    id: str
    channel: str
    payer: str
    quantity: Decimal
    price: Decimal
    source: str = ""


@dataclass(frozen=True)
class Cost:
    """What the site pays for besides pay and debts."""

    id: str
    kind: str
    per_unit: Decimal
    per_month: Decimal
    source: str = ""


@dataclass(frozen=True)
class Owed:
    """An opening item: owed to the site (`to_us`) or by it; `due` counts months from 1."""

    id: str
    to_us: bool
    amount: Decimal
    due: int
    source: str = ""


@dataclass(frozen=True)
class Debt:
    """A debt that is paid off over time; interest is a share per year, the instalment money per month."""

    id: str
    amount: Decimal
    interest: Decimal
    instalment: Decimal
    source: str = ""


@dataclass(frozen=True)
class Eviction:
    """One cell of the table of judgements: from so many people on, an eviction succeeds with this chance."""

    status: str
    people: Decimal
    success: Decimal
    author: str
    since: date | None = None


@dataclass(frozen=True)
class Change:
    """One change of one figure: set, add or times."""

    figure: str
    how: str
    value: Decimal

    def of(self, before: Decimal) -> Decimal:
        """The figure after the change."""
        if self.how == "add":
            return before + self.value
        return before * self.value if self.how == "times" else self.value


@dataclass(frozen=True)
class Lever:
    """What could help: changes, who pays, and what it costs a month beside what is counted."""

    name: str
    changes: tuple[Change, ...]
    payer: str = "nobody"
    cost: Decimal = ZERO


@dataclass(frozen=True)
class Shock:
    """What could hit the site."""

    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Books:
    """The books of one site.

    figures  name -> value, for every number of FIGURES that has one, blanks filled in
    words    name -> word or text: name, currency, unit, legal_status, debt_first, strike_mandate
    """

    figures: Mapping[str, Value]
    words: Mapping[str, str]
    starts: date | None
    sales: tuple[Sale, ...]
    costs: tuple[Cost, ...]
    owed: tuple[Owed, ...] = ()
    debts: tuple[Debt, ...] = ()
    evictions: tuple[Eviction, ...] = ()
    levers: tuple[Lever, ...] = ()
    shocks: tuple[Shock, ...] = ()
    warnings: tuple[Fault, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """What the site is called."""
        return self.words["name"]

    @property
    def currency(self) -> str:
        """The code of its currency."""
        return self.words["currency"]

    def number(self, name: str) -> Decimal:
        """The value of a figure. Raises KeyError when it has none."""
        return self.figures[name].value

    def get(self, name: str) -> Decimal | None:
        """The value of a figure, or None when it has none."""
        return self.figures[name].value if name in self.figures else None

    def changed(self, changes: tuple[Change, ...]) -> Books:
        """The books with these changes, each kept within the limits that the figure has.

        Raises KeyError when a figure is unknown or has no value.
        """
        figures = dict(self.figures)
        for change in changes:
            column = FIGURE[change.figure].column
            value = change.of(figures[change.figure].value)
            if column.least is not None:
                value = max(value, column.least)
            if column.most is not None:
                value = min(value, column.most)
            figures[change.figure] = replace(figures[change.figure], value=value)
        return replace(self, figures=figures)

    @property
    def ordered(self) -> Decimal:
        """Units ordered in a normal month, all channels together."""
        return sum((sale.quantity for sale in self.sales), ZERO)

    @property
    def pay_agreed(self) -> Decimal:
        """What a member is paid in a month, with the change that a lever makes."""
        return self.number("pay") * (1 + self.number("pay_change"))

    @property
    def pay_of_a_month(self) -> Decimal:
        """What all members together are paid in a normal month, contributions included: the unit of money inside."""
        return self.number("members") * self.number("pay") * (1 + self.number("contributions"))


def sold_to(books: Books) -> dict[str, Decimal]:
    """Payer -> its part of what a normal month of sales brings in; the parts add up to one."""
    money: dict[str, Decimal] = {}
    for sale in books.sales:
        money[sale.payer] = money.get(sale.payer, ZERO) + sale.quantity * sale.price
    whole = sum(money.values(), ZERO)
    return {payer: part / whole for payer, part in sorted(money.items())}


def attempts_a_year(words: Mapping[str, str]) -> Value:
    """The attempts to evict in a year where the site says nothing: by its legal status."""
    value, low, high = EVICTION_ATTEMPTS[words["legal_status"]]
    return Value(value, low, high, "program")
