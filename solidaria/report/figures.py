"""What the reports say, worked out once for every face: sums, groups and orders, in no language yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cached_property

from solidaria.core.money import currency_decimals, half_up
from solidaria.core.network import ZERO, Network, Organisation, RuleRow
from solidaria.core.price.account import (
    Carried,
    MoneyOut,
    PayAtStake,
    SiteAccount,
    carried,
    minutes_of_pay,
    money_leaving,
    pay_at_stake,
    price_all_told,
    site_accounts,
)
from solidaria.core.price.hour import PRECISE
from solidaria.core.result import (
    PRICE_LINES,
    Coverage,
    Delivery,
    Production,
    PromiseKept,
    Purchase,
    Result,
    Share,
    Shortfall,
    UnitCost,
)
from solidaria.report.difference import SAME_SHARE
from solidaria.report.names import Names

#: From this share up a need counts as wholly met, the plan's own tolerance.
WHOLE = 1 - SAME_SHARE
#: Where the picture of coverage changes its shade: nothing, less than half, half, three quarters, whole.
SHADES = (SAME_SHARE, 0.5, 0.75, WHOLE)


def shade(share: float) -> int:
    """0 nothing, 1 less than half, 2 less than three quarters, 3 less than the whole, 4 the whole."""
    return sum(share >= edge for edge in SHADES)


@dataclass(frozen=True)
class Group:
    """Some needs taken together: how many, how many wholly met, and the least and the average share.

    shades   how many needs have each shade, 0 to 4
    """

    needs: int
    whole: int
    least: float
    mean: float
    shades: tuple[int, int, int, int, int]


def group(rows: Iterable[Coverage]) -> Group | None:
    """These needs taken together; None when there are none."""
    shares = [row.share for row in rows]
    if not shares:
        return None
    counts = [0] * 5
    for share in shares:
        counts[shade(share)] += 1
    none, little, half, most, whole = counts
    return Group(len(shares), whole, min(shares), sum(shares) / len(shares), (none, little, half, most, whole))


@dataclass(frozen=True)
class CommunityRow:
    """How far the needs of one organisation are met: one group per tier of the plan, None where it has none."""

    organisation: Organisation
    groups: tuple[Group | None, ...]
    everything: Group


#: Less than this is rounding, not goods.
CRUMB = Decimal("0.001")


@dataclass(frozen=True)
class Made:
    """What a site makes of a product over the whole plan, and who receives it from there."""

    product: str
    quantity: Decimal
    hours: Decimal
    receivers: tuple[tuple[str, Decimal], ...]

    @property
    def own_use(self) -> Decimal:
        """What of it goes to nobody outside: into other products of the network, or back into its stock."""
        left = self.quantity - sum((quantity for _, quantity in self.receivers), ZERO)
        return left if left > CRUMB else ZERO


@dataclass(frozen=True)
class SiteWork:
    """What a site does over the whole plan.

    available   hours its members could work, before any reopening work
    idle        hours paid and not worked
    """

    site: str
    members: Decimal
    available: Decimal
    worked: Decimal
    idle: Decimal
    reopened: bool
    makes: tuple[Made, ...]
    receives_from_stock: tuple[tuple[str, str, Decimal], ...]


@dataclass(frozen=True)
class ProductPrice:
    """The network price of a product and what it is made of.

    parts    line → money per unit, averaged over the recipes that ran and what was bought, by quantity
    bought   the part per unit of what was bought ready-made outside
    other    what the parts leave of the price: rounding, or a price from stock
    costs    each recipe that ran, with its quantity, the dearest first
    """

    product: str
    price: Decimal
    market: Decimal | None
    made: Decimal
    bought_quantity: Decimal
    parts: dict[str, Decimal]
    bought: Decimal
    other: Decimal
    costs: tuple[tuple[UnitCost, Decimal], ...]

    @property
    def above(self) -> Decimal | None:
        """The share by which the price is above the market (below: negative); None without a market price."""
        return None if not self.market else (self.price - self.market) / self.market


@dataclass(frozen=True)
class Carrier:
    """An organisation that pledged: what it pays, per member and as minutes of pay at the living wage."""

    organisation: Organisation
    amount: Decimal
    per_member: Decimal
    minutes: Decimal | None

    @property
    def part_of_pledge(self) -> float:
        """Amount ÷ pledge, 0 to 1."""
        return float(self.amount / self.organisation.pledge) if self.organisation.pledge else 0.0


@dataclass(frozen=True)
class Protections:
    """The three lines that protect: money over the whole plan, and the hours they stand for.

    wages, contributions   in the price of what is made
    idle_hours, jobs       hours paid and not worked, and their money
    assembly_hours         paid hours of deciding together, all members and periods
    democracy              the money of the democracy line in the price of what is made
    """

    worked_hours: Decimal
    wages: Decimal
    contributions: Decimal
    idle_hours: Decimal
    jobs: Decimal
    assembly_hours: Decimal
    democracy: Decimal


class Figures:
    """Everything the reports of one result say beyond its own rows."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.network: Network = result.network
        self.plan = result.plan
        self.prices = result.prices

    @cached_property
    def _organisation_names(self) -> Names:
        return Names({one.id: one.name for one in self.network.organisations})

    @cached_property
    def _product_names(self) -> Names:
        return Names({one.id: one.name for one in self.network.products})

    def name(self, organisation: str | None) -> str:
        """What people call an organisation; with its id where two share a name."""
        return self._organisation_names(organisation or "")

    def product_name(self, product: str) -> str:
        """What people call a product; with its id where two share a name."""
        return self._product_names(product)

    def unit(self, product: str) -> str:
        """The unit a product is counted in."""
        found = self.network.product.get(product)
        return found.unit if found else ""

    @cached_property
    def tiers(self) -> list[int]:
        """The tiers there are needs in, the most essential first."""
        return sorted({row.tier for row in self.plan.coverage})

    @cached_property
    def by_tier(self) -> dict[int, Group]:
        """The needs of each tier taken together."""
        found = {tier: group(row for row in self.plan.coverage if row.tier == tier) for tier in self.tiers}
        return {tier: one for tier, one in found.items() if one is not None}

    @cached_property
    def everything(self) -> Group | None:
        """All needs taken together."""
        return group(self.plan.coverage)

    @cached_property
    def communities(self) -> list[CommunityRow]:
        """Every organisation that has needs; those with the least covered essential needs first, ties by id."""
        rows: dict[str, list[Coverage]] = defaultdict(list)
        for row in self.plan.coverage:
            rows[row.organisation].append(row)
        found = []
        for organisation, its in rows.items():
            groups = tuple(group(row for row in its if row.tier == tier) for tier in self.tiers)
            everything = group(its)
            if everything is not None:
                found.append(CommunityRow(self.network.organisation[organisation], groups, everything))
        return sorted(found, key=_least_first)

    @cached_property
    def kinds(self) -> list[tuple[str, int, tuple[Group | None, ...]]]:
        """The same by kind of organisation: kind, how many have needs, one group per tier."""
        rows: dict[str, list[Coverage]] = defaultdict(list)
        for row in self.plan.coverage:
            rows[self.network.organisation[row.organisation].kind].append(row)
        return [
            (
                kind,
                len({row.organisation for row in its}),
                tuple(group(row for row in its if row.tier == tier) for tier in self.tiers),
            )
            for kind, its in sorted(rows.items())
        ]

    @cached_property
    def sites(self) -> list[SiteWork]:
        """What every site does that is not closed, or is reopened; by id."""
        made: dict[tuple[str, str], list[Production]] = defaultdict(list)
        for row in self.plan.production:
            made[row.site, row.product].append(row)
        receivers: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
        for supply in self.plan.supplies:
            if supply.site is not None:
                receivers[supply.site, supply.product][supply.organisation] += supply.quantity
        idle = {row.site: row.idle_hours for row in self.prices.jobs}
        reopened = {row.site for row in self.plan.reopened}
        periods = len(self.network.periods)
        found = []
        for site in self.network.sites:
            if site.state == "closed" and site.id not in reopened:
                continue
            makes = tuple(
                Made(
                    product,
                    sum((row.quantity for row in rows), ZERO),
                    sum((row.hours for row in rows), ZERO),
                    tuple(sorted(receivers[place, product].items())),
                )
                for (place, product), rows in sorted(made.items())
                if place == site.id
            )
            products = {one.product for one in makes}
            from_stock = tuple(
                (product, organisation, quantity)
                for (place, product), got in sorted(receivers.items())
                if place == site.id and product not in products
                for organisation, quantity in sorted(got.items())
            )
            found.append(
                SiteWork(
                    site.id,
                    site.members,
                    self.network.available_hours(site.id) * periods,
                    sum((one.hours for one in makes), ZERO),
                    idle.get(site.id, ZERO),
                    site.id in reopened,
                    makes,
                    from_stock,
                )
            )
        return found

    @cached_property
    def made(self) -> list[tuple[str, Decimal, Decimal, int, int]]:
        """By product: quantity made, hours, number of sites, number of organisations that receive it."""
        rows: dict[str, list[Production]] = defaultdict(list)
        for row in self.plan.production:
            rows[row.product].append(row)
        receivers: dict[str, set[str]] = defaultdict(set)
        for supply in self.plan.supplies:
            receivers[supply.product].add(supply.organisation)
        return [
            (
                product,
                sum((row.quantity for row in its), ZERO),
                sum((row.hours for row in its), ZERO),
                len({row.site for row in its}),
                len(receivers[product]),
            )
            for product, its in sorted(rows.items(), key=lambda item: (self.product_name(item[0]), item[0]))
        ]

    @cached_property
    def price_decimals(self) -> dict[str, int]:
        """product -> how many more decimals than the currency has its price is shown with, in the whole plan.

        The fewest, 0 to 4, with which every delivery's quantity times the price shown, rounded half up, is what buyer
        and solidarity pay for it together: whoever reckons it again with the numbers on the page comes out the same.
        With four it always does: that is the price the amounts were counted with (design 3, "Rounding").
        """
        decimals = currency_decimals(self.network.rules.currency)
        rows: dict[str, list[Delivery]] = defaultdict(list)
        for row in self.prices.deliveries:
            rows[row.product].append(row)

        def same(row: Delivery, more: int) -> bool:
            shown = half_up(row.unit_price, decimals + more)
            return half_up(row.quantity * shown, decimals) == row.buyer_pays + row.solidarity

        return {
            product: next((more for more in range(4) if all(same(row, more) for row in its)), 4)
            for product, its in rows.items()
        }

    @cached_property
    def buyers(self) -> list[tuple[Organisation, list[Delivery], Decimal, Decimal]]:
        """By receiver: its deliveries, what it pays, and the solidarity in them; by name.

        Deliveries too small to cost the smallest coin are left out: they are what a solver leaves behind.
        """
        rows: dict[str, list[Delivery]] = defaultdict(list)
        for row in self.prices.deliveries:
            if row.buyer_pays or row.solidarity or not row.unit_price:
                rows[row.organisation].append(row)
        return [
            (
                self.network.organisation[organisation],
                its,
                sum((row.buyer_pays for row in its), ZERO),
                sum((row.solidarity for row in its), ZERO),
            )
            for organisation, its in sorted(rows.items(), key=lambda item: (self.name(item[0]), item[0]))
        ]

    @cached_property
    def shortfalls(self) -> list[tuple[Coverage, Shortfall]]:
        """Every need that is not wholly met, the most essential and least covered first.

        What is missing within the tolerance of the plan is a need met.
        """
        coverage = {row.need: row for row in self.plan.coverage}
        pairs = [(coverage[row.need], row) for row in self.plan.shortfalls if coverage[row.need].share < WHOLE]
        return sorted(pairs, key=lambda pair: (pair[0].tier, pair[0].share, pair[0].need))

    @cached_property
    def broken(self) -> list[PromiseKept]:
        """Promises that are not wholly kept."""
        return [row for row in self.plan.promises if row.delivered < row.quantity * Decimal(repr(WHOLE))]

    @cached_property
    def product_prices(self) -> list[ProductPrice]:
        """Every product that has a network price, with its parts: the made ones first, then by name."""
        quantities: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for row in self.plan.production:
            quantities[row.recipe] += row.quantity
        bought: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for purchase in self.plan.outside:
            bought[purchase.product] += purchase.quantity
        costs: dict[str, list[tuple[UnitCost, Decimal]]] = defaultdict(list)
        for cost in self.prices.unit_costs:
            if quantities[cost.recipe]:
                costs[cost.product].append((cost, quantities[cost.recipe]))
        with localcontext(PRECISE):
            found = []
            for price in self.prices.network_prices:
                its = costs[price.product]
                made = sum((quantity for _, quantity in its), ZERO)
                whole = made + bought[price.product]
                parts, part_bought = dict.fromkeys(PRICE_LINES, ZERO), ZERO
                if whole:
                    for line in PRICE_LINES:
                        parts[line] = sum((cost.lines[line] * quantity for cost, quantity in its), ZERO) / whole
                    part_bought = (price.market_price or ZERO) * bought[price.product] / whole
                found.append(
                    ProductPrice(
                        price.product,
                        price.price,
                        price.market_price,
                        made,
                        bought[price.product],
                        parts,
                        part_bought,
                        price.price - sum(parts.values(), ZERO) - part_bought,
                        tuple(sorted(its, key=lambda pair: (-pair[0].unit_cost, pair[0].recipe))),
                    )
                )
        return sorted(found, key=lambda one: (not one.made, self.product_name(one.product), one.product))

    @cached_property
    def all_told(self) -> dict[str, dict[str, Decimal]]:
        """What the price of each product is made of in the end, inputs traced back: product → line → money."""
        return price_all_told(self.network, self.plan)

    @cached_property
    def protections(self) -> Protections:
        """The three protections over the whole plan."""
        costs = {row.recipe: row for row in self.prices.unit_costs}
        sums = dict.fromkeys(("wages", "contributions", "democracy"), ZERO)
        for row in self.plan.production:
            if row.recipe in costs:
                for line in sums:
                    sums[line] += row.quantity * costs[row.recipe].lines[line]
        members = sum((self.network.site[row.site].members for row in self.prices.jobs), ZERO)
        return Protections(
            worked_hours=sum((row.hours for row in self.plan.production), ZERO),
            wages=half_up(sums["wages"], 4),
            contributions=half_up(sums["contributions"], 4),
            idle_hours=sum((row.idle_hours for row in self.prices.jobs), ZERO),
            jobs=self.prices.solidarity.jobs,
            assembly_hours=members * self.network.rules.assembly_hours * len(self.network.periods),
            democracy=half_up(sums["democracy"], 4),
        )

    @cached_property
    def carriers(self) -> list[Carrier]:
        """Every organisation that carries solidarity or pledged some, the largest amount first."""
        shares = {row.organisation: row for row in self.prices.solidarity.shared}
        found = []
        for organisation in self.network.organisations:
            share = shares.get(organisation.id)
            if share is None and not organisation.pledge:
                continue
            share = share or Share(organisation.id, ZERO, ZERO)
            minutes = minutes_of_pay(self.network, share) if organisation.members else None
            found.append(Carrier(organisation, share.amount, share.per_member, minutes))
        return sorted(found, key=lambda row: (-row.amount, row.organisation.id))

    @cached_property
    def carried(self) -> Carried:
        """What organisations carry, and what individuals do."""
        return carried(self.network, self.prices)

    @cached_property
    def at_stake(self) -> list[PayAtStake]:
        """The uncovered part as wages and jobs: the largest amount first."""
        rows = [pay_at_stake(self.network, row) for row in self.prices.solidarity.uncovered_by_site if row.amount]
        return sorted(rows, key=lambda row: (-row.amount, row.site or ""))

    @cached_property
    def accounts(self) -> tuple[SiteAccount, ...]:
        """What each site receives, and what it is for."""
        return site_accounts(self.network, self.plan, self.prices)

    @cached_property
    def money_out(self) -> MoneyOut:
        """The money that leaves the network."""
        return money_leaving(self.network, self.plan)

    @cached_property
    def purchases(self) -> list[tuple[str, Decimal, Decimal]]:
        """What is bought outside over the whole plan, by product: quantity and money, the dearest first."""
        rows: dict[str, list[Purchase]] = defaultdict(list)
        for row in self.plan.outside:
            rows[row.product].append(row)
        sums = [
            (product, sum((row.quantity for row in its), ZERO), sum((row.money for row in its), ZERO))
            for product, its in rows.items()
        ]
        return sorted(sums, key=lambda row: (-row[2], row[0]))

    def rule(self, rule: str) -> RuleRow | None:
        """The row of a rule that is in force; None where the workbook does not say."""
        return next((row for row in self.network.rules.rows if row.rule == rule), None)

    @cached_property
    def origins(self) -> list[tuple[str, str, str, str]]:
        """Where the data come from: sheet, what, "source" or "assumption", the note; in the order of sheets."""
        return list(_origins(self.network))


def _least_first(row: CommunityRow) -> tuple[tuple[float, ...], str]:
    return tuple(2.0 if one is None else one.least for one in row.groups), row.organisation.id


def _origins(network: Network) -> Iterable[tuple[str, str, str, str]]:
    sheets: list[tuple[str, list[tuple[str, str]]]] = [
        ("organisations", [(row.id, row.note) for row in network.organisations]),
        ("sites", [(row.id, row.note) for row in network.sites]),
        ("products", [(row.id, text) for row in network.products for text in (row.source, row.note)]),
        ("recipes", [(row.id, row.note) for row in network.recipes]),
        ("equipment", [(row.id, row.note) for row in network.equipment]),
        ("stocks", [(f"{row.site}, {row.product}", row.note) for row in network.stocks]),
        ("needs", [(row.id, row.note) for row in network.needs]),
        ("promises", [(", ".join(row.key), row.note) for row in network.promises]),
        ("periods", [(row.id, row.note) for row in network.periods]),
        ("reopenings", [(row.site, row.note) for row in network.reopenings]),
        ("routes", [(f"{row.start} → {row.end}", row.note) for row in network.routes or ()]),
        ("rules", [(row.rule, text) for row in network.rules.rows for text in (row.source, row.note)]),
    ]
    for sheet, rows in sheets:
        for what, text in rows:
            kind = text.split(":", 1)[0].strip().lower()
            if text and (kind in ("source", "assumption") or sheet in ("products", "rules")):
                yield sheet, what, "assumption" if kind == "assumption" else "source", text
