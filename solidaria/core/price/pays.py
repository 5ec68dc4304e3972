"""Who pays: what buyers pay, what solidarity is needed for, and how pledges carry it by ability."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from solidaria.core.money import EXACT, half_up, split
from solidaria.core.network import ZERO, Network, Organisation
from solidaria.core.price.cost import split_by_site
from solidaria.core.price.hour import hours_of, rounded
from solidaria.core.result import Amount, Delivery, JobsLine, NetworkPrice, Plan, Share, Solidarity, Supply


def deliveries(
    network: Network, plan: Plan, prices: Iterable[NetworkPrice], decimals: int
) -> tuple[Delivery, ...]:
    """What each supply costs, what its receiver pays and what solidarity adds, each total rounded once."""
    unit_prices = {row.product: row.price for row in prices}
    turn = {period.id: index for index, period in enumerate(network.periods)}

    def order(row: Supply) -> tuple[bool, str, bool, str, str, str, int, Decimal]:
        from_outside, promise = row.site is None, row.need is None
        who = (from_outside, row.site or "", promise, row.need or "")
        return (*who, row.organisation, row.product, turn[row.period], row.quantity)

    rows = []
    for supply in sorted(plan.supplies, key=order):
        unit_price = unit_prices[supply.product]
        value = half_up(unit_price * supply.quantity, decimals)
        pays = half_up(
            half_up(buyer_unit_price(network, supply, unit_price), decimals + 4) * supply.quantity, decimals
        )
        rows.append(
            Delivery(
                supply.site,
                supply.need,
                supply.organisation,
                supply.product,
                supply.period,
                supply.quantity,
                unit_price,
                pays,
                value - pays,
            )
        )
    return tuple(rows)


def buyer_unit_price(network: Network, supply: Supply | Delivery, network_price: Decimal) -> Decimal:
    """What the receiver pays per unit: at most the network price, and the market price unless it said so."""
    pays = "market" if supply.need is None else network.need[supply.need].pays
    if isinstance(pays, Decimal):
        return min(network_price, pays)
    if pays == "free":
        return ZERO
    market = network.product[supply.product].market_price
    return network_price if market is None else min(network_price, market)


def jobs_lines(network: Network, plan: Plan, decimals: int) -> tuple[JobsLine, ...]:
    """Idle hours of every site that is not closed, or is reopened, and what they cost.

    Idle hours are never negative: a plan that is over by its own rounding counts as no idle hour.
    """
    worked: dict[str, Decimal] = {}
    for row in plan.production:
        worked[row.site] = worked.get(row.site, ZERO) + row.hours
    reopened = {row.site: row.hours for row in plan.reopened}
    hours = hours_of(network)
    lines = []
    for site in network.sites:
        if site.state == "closed" and site.id not in reopened:
            continue
        available = network.available_hours(site.id) * len(network.periods)
        idle = max(ZERO, available - worked.get(site.id, ZERO) - reopened.get(site.id, ZERO))
        hour = hours[site.id]
        if available:
            amount = idle * (hour.cost if network.rules.protect_jobs else hour.overhead)
        else:
            amount = site.overhead * len(network.periods)
        lines.append(JobsLine(site.id, half_up(idle, 6), rounded(amount, decimals)))
    return tuple(lines)


def reopening_costs(network: Network, plan: Plan, decimals: int) -> dict[str, Decimal]:
    """What each reopened site costs once: its money, and its reopening hours at the full cost of an hour."""
    hours = hours_of(network)
    return {
        row.site: rounded(row.money + row.hours * hours[row.site].cost, decimals)
        for row in sorted(plan.reopened, key=lambda row: row.site)
    }


def share_out(needed: Decimal, organisations: Iterable[Organisation], decimals: int) -> dict[str, Decimal]:
    """Divide what is needed among those who pledged: amount = min(pledge, level × members × ability).

    needed          rounded to the minor unit, not negative
    organisations   those without pledge, members or ability pay nothing and are left out

    Water filling: one level for all, such that the amounts add up to what is needed; when the pledges together
    fall short, everyone pays the whole pledge. A pledge counts in whole minor units, rounded down.
    No one pays above the pledge. Left-over minor units go to the largest remainders, ties by id.
    """
    unit = Decimal(1).scaleb(-decimals)
    pledge, weight = {}, {}
    for organisation in organisations:
        whole = organisation.pledge.quantize(unit, rounding=ROUND_FLOOR, context=EXACT)
        if whole > 0 and organisation.members > 0 and organisation.ability > 0:
            pledge[organisation.id] = Fraction(whole)
            weight[organisation.id] = Fraction(organisation.members) * Fraction(organisation.ability)
    left, weights = Fraction(needed), sum(weight.values(), Fraction(0))
    exact = {}
    for id in sorted(pledge, key=lambda id: (pledge[id] / weight[id], id)):
        exact[id] = min(pledge[id], left * weight[id] / weights)
        left -= exact[id]
        weights -= weight[id]
    total = min(needed, sum((as_decimal(amount) for amount in pledge.values()), ZERO))
    return split(total, {id: as_decimal(exact[id]) for id in sorted(exact)}, decimals)


def as_decimal(amount: Fraction) -> Decimal:
    """The fraction with the digits of the context; exact where it ends."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def solidarity(
    network: Network, plan: Plan, delivered: Iterable[Delivery], jobs: Iterable[JobsLine], decimals: int
) -> Solidarity:
    """What solidarity is needed for, who carries it, and which sites lack what nobody carries.

    Shares and uncovered part add up to what is needed; the rows of the uncovered part add up to it.
    """
    by_site = {line.site: line.amount for line in jobs}
    jobs_amount = sum(by_site.values(), ZERO)
    reopening = reopening_costs(network, plan, decimals)
    for site, amount in reopening.items():
        by_site[site] = by_site.get(site, ZERO) + amount
    transport = sum((half_up(row.money, decimals) for row in plan.shipments), ZERO)
    goods, outside = ZERO, transport
    for row in delivered:
        goods += row.solidarity
        if row.site is None:
            outside += row.solidarity
        else:
            by_site[row.site] = by_site.get(row.site, ZERO) + row.solidarity
    needed = goods + jobs_amount + transport + sum(reopening.values(), ZERO)
    amounts = share_out(needed, network.organisations, decimals)
    covered = sum(amounts.values(), ZERO)
    shared = tuple(
        Share(id, amount, rounded(amount / network.organisation[id].members, decimals))
        for id, amount in amounts.items()
    )
    return Solidarity(
        needed=in_cents(needed, decimals),
        goods=in_cents(goods, decimals),
        jobs=in_cents(jobs_amount, decimals),
        transport=in_cents(transport, decimals),
        reopening=in_cents(sum(reopening.values(), ZERO), decimals),
        covered=in_cents(covered, decimals),
        uncovered=in_cents(needed - covered, decimals),
        shared=shared,
        uncovered_by_site=uncovered_by_site(needed - covered, by_site, outside, decimals),
    )


def in_cents(amount: Decimal, decimals: int) -> Decimal:
    """An amount that is whole minor units already, written with the currency's decimals."""
    return half_up(amount, decimals)


def uncovered_by_site(
    uncovered: Decimal, by_site: Mapping[str, Decimal], outside: Decimal, decimals: int
) -> tuple[Amount, ...]:
    """Divide the uncovered part in proportion to what each site needs solidarity for; empty when none is.

    by_site   jobs line, reopening and part of the goods gap of each site
    outside   the goods gap of goods bought outside, and transport; the row with site None, last

    The rows add up to the uncovered part.
    """
    if not uncovered:
        return ()
    needed = sum(by_site.values(), outside)
    sites = {site: uncovered * amount / needed for site, amount in sorted(by_site.items()) if amount}
    return split_by_site(uncovered, sites, uncovered * outside / needed if outside else None, decimals)
