"""What the main job answers: the plan, its proof, why needs stay unmet, the prices, who pays.

Quantities are Decimals rounded to 6 decimals; money is a Decimal with the currency's decimals (unit prices and
unit costs: four more). Every list is in the order of its ids (periods in time). `to_json` in report/json.py
writes exactly this.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from solidaria.core.network import Network
from solidaria.core.problem import Sentence


@dataclass(frozen=True)
class Limit:
    """One limit of the plan, raised by a round amount.

    kind    equipment, labour, input, outside budget, no recipe, closed site, promised elsewhere, no route
    where   the id of the equipment, site, product, or "from → to" of a route; None for the outside budget
    period  None when it is not about one period
    extra   how much the limit is raised; None when there is nothing to raise
    unit    hours, the product's unit, the currency, or "site"
    """

    kind: str
    where: str | None
    period: str | None
    extra: Decimal | None
    unit: str


@dataclass(frozen=True)
class Reason:
    """A limit that holds a need back, and what raising it does, found by making the whole plan again.

    would_meet   how much more of this need is met; None when nothing was raised
    sentence     the same in words
    other        the second limit, when only both together help
    """

    limit: Limit
    would_meet: Decimal | None
    sentence: Sentence
    other: Limit | None = None


@dataclass(frozen=True)
class Coverage:
    """How much of a need is met. `share` is delivered ÷ needed."""

    need: str
    organisation: str
    product: str
    period: str
    tier: int
    needed: Decimal
    delivered: Decimal
    share: float


@dataclass(frozen=True)
class Production:
    """Runs of a recipe in a period, what they make and the hours they take."""

    recipe: str
    site: str
    product: str
    period: str
    runs: Decimal
    quantity: Decimal
    hours: Decimal


@dataclass(frozen=True)
class Purchase:
    """What is bought outside the network in a period."""

    product: str
    period: str
    quantity: Decimal
    money: Decimal


@dataclass(frozen=True)
class StockLevel:
    """What is left at the end of a period; site None where goods are one pool."""

    site: str | None
    product: str
    period: str
    quantity: Decimal


@dataclass(frozen=True)
class PromiseKept:
    """How much of a promise is kept; `because` says why when it is not wholly kept."""

    site: str
    organisation: str
    product: str
    period: str
    quantity: Decimal
    delivered: Decimal
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Reopened:
    """A closed site that the plan reopens."""

    site: str
    money: Decimal
    hours: Decimal


@dataclass(frozen=True)
class Shipment:
    """Goods moved along one route in a period."""

    start: str
    end: str
    product: str
    period: str
    quantity: Decimal
    money: Decimal


@dataclass(frozen=True)
class Shortfall:
    """What is missing of a need, and why."""

    need: str
    missing: Decimal
    because: tuple[Reason, ...]


@dataclass(frozen=True)
class Supply:
    """Who supplies whom: site None when bought outside; need None when it keeps a promise."""

    site: str | None
    need: str | None
    organisation: str
    product: str
    period: str
    quantity: Decimal


@dataclass(frozen=True)
class SlackOffer:
    """What half a percent of slack in all earlier tiers would give the least covered need of a later tier."""

    tier: int
    least_now: float
    least_at_half_percent: float


@dataclass(frozen=True)
class Level:
    """A group of needs that stops at the same share, with the proof that none can have more.

    share        the coverage reached
    needs        ids of needs (promises as "site → organisation: product, period")
    bound        what the multipliers prove: no plan covers the least of these needs better than this,
                 without taking from one that has less
    weights      need → weight; the weights add up to one
    multipliers  limit → value of one unit of it, keys as in core/plan/certificate.py
    """

    share: float
    needs: tuple[str, ...]
    bound: float
    weights: tuple[tuple[str, float], ...] = ()
    multipliers: tuple[tuple[tuple[str, ...], float], ...] = ()


#: Shares nearer than this are one share. Source: the plan's tolerance of coverage.
SAME_SHARE = 1e-6


@dataclass(frozen=True)
class Tier:
    """The levels of one tier, the least covered first; promises are tier 0."""

    tier: int
    levels: tuple[Level, ...]

    @property
    def groups(self) -> tuple[Level, ...]:
        """The levels with those of one share (to 1e-6) made one, without their proofs: as people read them.

        Needs can stop at the same share for different reasons; each reason is a level with a proof of its own. The
        bound of a group is the largest of its levels.
        """
        groups: list[Level] = []
        for level in self.levels:
            if groups and level.share - groups[-1].share <= SAME_SHARE:
                last = groups.pop()
                needs = tuple(sorted((*last.needs, *level.needs)))
                groups.append(Level(last.share, needs, max(last.bound, level.bound)))
            else:
                groups.append(Level(level.share, level.needs, level.bound))
        return tuple(groups)


@dataclass(frozen=True)
class Certificate:
    """The largest relative violation of any limit, and for each tier the levels with their bounds."""

    max_violation: float
    tiers: tuple[Tier, ...]


@dataclass(frozen=True)
class Plan:
    """Who makes what, for whom, and why not more."""

    network: Network
    status: str
    coverage: tuple[Coverage, ...]
    production: tuple[Production, ...]
    outside: tuple[Purchase, ...]
    stocks: tuple[StockLevel, ...]
    promises: tuple[PromiseKept, ...]
    reopened: tuple[Reopened, ...]
    shipments: tuple[Shipment, ...]
    shortfalls: tuple[Shortfall, ...]
    supplies: tuple[Supply, ...]
    slack: tuple[SlackOffer, ...]
    certificate: Certificate


PRICE_LINES = (
    "outside_inputs",
    "network_inputs",
    "wages",
    "contributions",
    "democracy",
    "overhead",
    "reserve",
    "community",
)


@dataclass(frozen=True)
class UnitCost:
    """What one unit of a recipe's product costs, line by line (PRICE_LINES); the lines add up to `unit_cost`."""

    recipe: str
    site: str
    product: str
    unit_cost: Decimal
    lines: dict[str, Decimal]


@dataclass(frozen=True)
class NetworkPrice:
    """The one price every buyer in the network sees; market_price None when not known."""

    product: str
    price: Decimal
    market_price: Decimal | None


@dataclass(frozen=True)
class Amount:
    """Money of a site; site None is the row for goods bought outside (and transport)."""

    site: str | None
    amount: Decimal


@dataclass(frozen=True)
class JobsLine:
    """Hours a site's members are paid and do not work, and what that costs."""

    site: str
    idle_hours: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Delivery:
    """A supply with its price. `buyer_pays` and `solidarity` are totals, not per unit."""

    site: str | None
    need: str | None
    organisation: str
    product: str
    period: str
    quantity: Decimal
    unit_price: Decimal
    buyer_pays: Decimal
    solidarity: Decimal


@dataclass(frozen=True)
class Share:
    """What an organisation pays towards solidarity, in all and per member."""

    organisation: str
    amount: Decimal
    per_member: Decimal


@dataclass(frozen=True)
class Solidarity:
    """What solidarity is needed for, who carries it, and what nobody carries yet."""

    needed: Decimal
    goods: Decimal
    jobs: Decimal
    transport: Decimal
    reopening: Decimal
    covered: Decimal
    uncovered: Decimal
    shared: tuple[Share, ...]
    uncovered_by_site: tuple[Amount, ...]


@dataclass(frozen=True)
class Prices:
    """Prices line by line, and who pays.

    warnings   products whose price could not be worked out from their costs, and what stands instead
    """

    unit_costs: tuple[UnitCost, ...]
    network_prices: tuple[NetworkPrice, ...]
    equalisation: tuple[Amount, ...]
    jobs: tuple[JobsLine, ...]
    deliveries: tuple[Delivery, ...]
    solidarity: Solidarity
    warnings: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Result:
    """The whole answer of the main job."""

    network: Network
    plan: Plan
    prices: Prices
