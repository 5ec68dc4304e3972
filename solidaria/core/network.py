"""A network as plain values: who there is, what they can make, what is needed, by which rules.

Everything is immutable and in one canonical order (by id; periods by time), so that the order of rows in a
workbook can never change a result. Numbers are exact Decimals; only the solver uses floats.
The sheets and columns of the workbook are described in docs/workbook.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

ZERO = Decimal(0)


@dataclass(frozen=True)
class Organisation:
    """A union, community, site, council … of the network.

    ability   relative ability to pay per member; 1 is average; 0 pays nothing extra
    pledge    the most solidarity it will pay over the whole plan, in money
    """

    id: str
    name: str
    kind: str
    members: Decimal = ZERO
    place: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    ability: Decimal = ZERO
    pledge: Decimal = ZERO
    note: str = ""


@dataclass(frozen=True)
class Site:
    """The working side of an organisation.

    members      people who work there
    paid_hours   hours each member is paid per period
    overhead     money per period
    state        producing, idle, occupied or closed
    """

    id: str
    members: Decimal
    paid_hours: Decimal
    overhead: Decimal = ZERO
    state: str = "producing"
    note: str = ""


@dataclass(frozen=True)
class Product:
    """A good or a service.

    market_price   money per unit on the market; None when not known
    outside        may be bought outside the network
    keeps          can be stored from one period to the next
    """

    id: str
    name: str
    unit: str
    market_price: Decimal | None = None
    outside: bool = False
    keeps: bool = True
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Recipe:
    """How a site makes a product; all amounts are per run, and a run may be fractional.

    output         units of the product
    labour_hours   real hours, not standard minutes
    inputs         (product, quantity) pairs, by product
    uses           (equipment, hours) pairs, by equipment
    """

    id: str
    site: str
    product: str
    output: Decimal
    labour_hours: Decimal
    inputs: tuple[tuple[str, Decimal], ...] = ()
    uses: tuple[tuple[str, Decimal], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Equipment:
    """A machine or room of a site, with the hours it can be used per period."""

    id: str
    site: str
    hours: Decimal
    note: str = ""


@dataclass(frozen=True)
class Stock:
    """What a site has on hand at the start."""

    site: str
    product: str
    quantity: Decimal
    note: str = ""


@dataclass(frozen=True)
class Need:
    """What an organisation needs in one period.

    tier   1 is the most essential
    pays   "market", "free", or an amount of money per unit
    """

    id: str
    organisation: str
    product: str
    quantity: Decimal
    period: str
    tier: int = 1
    pays: str | Decimal = "market"
    note: str = ""


@dataclass(frozen=True)
class Promise:
    """A standing agreement: served before any need; the receiver pays as a need with blank `pays`."""

    site: str
    organisation: str
    product: str
    quantity: Decimal
    period: str
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells promises apart: site, organisation, product, period."""
        return (self.site, self.organisation, self.product, self.period)


@dataclass(frozen=True)
class Period:
    """A stretch of time the plan is made for; both dates inclusive, None when not given."""

    id: str
    starts: date | None = None
    ends: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Reopening:
    """What reopening a closed site takes, once, in the first period: money, and hours of its own members."""

    site: str
    money: Decimal
    hours: Decimal = ZERO
    note: str = ""


@dataclass(frozen=True)
class Route:
    """A directed way along which goods move; `cost` is money per unit; product None means every product."""

    start: str
    end: str
    product: str | None
    cost: Decimal
    note: str = ""


@dataclass(frozen=True)
class RuleRow:
    """One row of the rules sheet that is in force: what was decided, since when, by whom."""

    rule: str
    value: str
    unit: str = ""
    since: date | None = None
    decision: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Rules:
    """What the assemblies decided.

    living_wage      money per paid hour
    contributions    social contributions, as a share of wages
    assembly_hours   paid hours per member per period spent deciding together
    reserve          share of wages, contributions, democracy and overhead set aside
    community        the same, for the community
    protect_jobs     whether idle hours are paid in full
    outside_budget   money per period for what is bought outside; None means no limit
    objectives       the order of the aims after needs
    slack            share of each aim that may be given up for the later ones
    rows             the rows in force, for explanations; by rule
    """

    currency: str
    living_wage: Decimal
    contributions: Decimal = ZERO
    assembly_hours: Decimal = ZERO
    reserve: Decimal = ZERO
    community: Decimal = ZERO
    protect_jobs: bool = True
    outside_budget: Decimal | None = None
    objectives: tuple[str, ...] = ("jobs", "outside", "labour")
    slack: Decimal = ZERO
    rows: tuple[RuleRow, ...] = ()


@dataclass(frozen=True)
class Network:
    """A whole network, checked: every id exists, every number is in its range.

    routes      None when goods move freely; otherwise goods move along these only
    """

    name: str
    organisations: tuple[Organisation, ...]
    products: tuple[Product, ...]
    rules: Rules
    sites: tuple[Site, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    stocks: tuple[Stock, ...] = ()
    needs: tuple[Need, ...] = ()
    promises: tuple[Promise, ...] = ()
    periods: tuple[Period, ...] = (Period("1"),)
    reopenings: tuple[Reopening, ...] = ()
    routes: tuple[Route, ...] | None = None
    warnings: tuple[object, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Put every table in its canonical order."""
        order = object.__setattr__
        for table in ("organisations", "products", "sites", "recipes", "equipment", "needs"):
            order(self, table, tuple(sorted(getattr(self, table), key=lambda row: row.id)))
        order(self, "recipes", tuple(_ordered(recipe) for recipe in self.recipes))
        order(self, "stocks", tuple(sorted(self.stocks, key=lambda row: (row.site, row.product))))
        order(self, "promises", tuple(sorted(self.promises, key=lambda row: row.key)))
        order(self, "reopenings", tuple(sorted(self.reopenings, key=lambda row: row.site)))
        order(self, "periods", tuple(sorted(self.periods, key=lambda row: (row.starts or date.min, row.id))))
        if self.routes is not None:
            key = lambda row: (row.start, row.end, row.product or "")  # noqa: E731
            order(self, "routes", tuple(sorted(self.routes, key=key)))

    @cached_property
    def organisation(self) -> dict[str, Organisation]:
        """Organisations by id."""
        return {row.id: row for row in self.organisations}

    @cached_property
    def site(self) -> dict[str, Site]:
        """Sites by id."""
        return {row.id: row for row in self.sites}

    @cached_property
    def product(self) -> dict[str, Product]:
        """Products by id."""
        return {row.id: row for row in self.products}

    @cached_property
    def recipe(self) -> dict[str, Recipe]:
        """Recipes by id."""
        return {row.id: row for row in self.recipes}

    @cached_property
    def machine(self) -> dict[str, Equipment]:
        """Equipment by id."""
        return {row.id: row for row in self.equipment}

    @cached_property
    def need(self) -> dict[str, Need]:
        """Needs by id."""
        return {row.id: row for row in self.needs}

    @cached_property
    def reopening(self) -> dict[str, Reopening]:
        """What reopening takes, by closed site."""
        return {row.site: row for row in self.reopenings}

    def hours_per_member(self, site: str) -> Decimal:
        """Hours a member of the site can work in a period: paid hours less assembly hours."""
        return self.site[site].paid_hours - self.rules.assembly_hours

    def available_hours(self, site: str) -> Decimal:
        """Hours the whole site can work in a period, before any reopening work."""
        return self.site[site].members * self.hours_per_member(site)


def _ordered(recipe: Recipe) -> Recipe:
    """The recipe with inputs and uses in the order of their ids."""
    inputs, uses = tuple(sorted(recipe.inputs)), tuple(sorted(recipe.uses))
    if (inputs, uses) == (recipe.inputs, recipe.uses):
        return recipe
    return Recipe(
        recipe.id, recipe.site, recipe.product, recipe.output, recipe.labour_hours, inputs, uses, recipe.note
    )
