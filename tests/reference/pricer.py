"""Prices and shares worked out the slow way, in fractions, straight from the rules; shares no code with core.

Used to check `solidaria.core.price`. One dense linear system in fractions for all unit costs and prices at once;
rounding as the rules say it. Circles that only use each other up have no answer here (`NoPrice`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from solidaria.core.network import Network
from solidaria.core.result import Plan

DECIMALS = {"PYG": 0, "TND": 3}


class NoPrice(Exception):
    """The system has no solution with positive prices."""


@dataclass
class Reference:
    """Amounts in fractions, rounded as the rules say; None stands for goods bought outside."""

    unit_costs: dict[str, Fraction]
    lines: dict[str, dict[str, Fraction]]
    prices: dict[str, Fraction]
    equalisation: dict[str | None, Fraction]
    jobs: dict[str, tuple[Fraction, Fraction]]
    deliveries: list[tuple[Fraction, Fraction, Fraction]]
    parts: dict[str, Fraction]
    shared: dict[str, Fraction]
    uncovered: Fraction
    uncovered_by_site: dict[str | None, Fraction]


def half_up(amount: Fraction, decimals: int) -> Fraction:
    """Round half up (amounts are not negative)."""
    return Fraction(math.floor(amount * 10**decimals + Fraction(1, 2)), 10**decimals)


def largest_remainder(total: Fraction, parts: dict, decimals: int) -> dict:
    """Round parts down and give the rest of the total out, largest remainder first, ties by id."""
    unit = Fraction(1, 10**decimals)
    down = {key: math.floor(part / unit) * unit for key, part in parts.items()}
    rest = (total - sum(down.values())) / unit
    assert rest.denominator == 1
    for key in sorted(parts, key=lambda key: (-(parts[key] - down[key]), key or ""))[: int(rest)]:
        down[key] += unit
    return down


def gauss(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Solve a dense system in fractions."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k in range(size):
        pivot = next((i for i in range(k, size) if rows[i][k]), None)
        if pivot is None:
            raise NoPrice
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(size):
            if i != k and rows[i][k]:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [rows[k][size] / rows[k][k] for k in range(size)]


def reference(network: Network, plan: Plan) -> Reference:
    """Everything `price` answers, from the rules."""
    rules, F = network.rules, Fraction
    decimals = DECIMALS.get(rules.currency, 2)
    count = len(network.periods)
    wage, contributions = F(rules.living_wage), F(rules.contributions)
    market = {row.id: None if row.market_price is None else F(row.market_price) for row in network.products}

    def per_hour(site_id):
        site = network.site[site_id]
        hours = F(site.paid_hours) - F(rules.assembly_hours)
        available = F(site.members) * hours
        return {
            "wages": wage,
            "contributions": wage * contributions,
            "democracy": wage * (1 + contributions) * F(rules.assembly_hours) / hours,
            "overhead": F(site.overhead) / available if available else F(0),
        }

    made, bought = defaultdict(Fraction), defaultdict(Fraction)
    for row in plan.production:
        made[row.recipe] += F(row.quantity)
    for row in plan.outside:
        bought[row.product] += F(row.quantity)
    runs = [row for row in network.recipes if made[row.id] > 0]
    products = sorted({row.product for row in runs})

    own = {}
    for row in network.recipes:
        lines = {name: F(row.labour_hours) / F(row.output) * each for name, each in per_hour(row.site).items()}
        base = sum(lines.values())
        own[row.id] = lines | {"reserve": base * F(rules.reserve), "community": base * F(rules.community)}
        own[row.id]["outside_inputs"] = sum(
            (F(q) / F(row.output) * (market[p] or 0) for p, q in row.inputs if p not in products), F(0)
        )

    place = {product: index for index, product in enumerate(products)}
    matrix = [[F(0)] * len(products) for _ in products]
    right = [F(0)] * len(products)
    for product, i in place.items():
        matrix[i][i] += bought[product]
        right[i] += bought[product] * (market[product] or 0)
    for row in runs:
        i = place[row.product]
        matrix[i][i] += made[row.id]
        right[i] += made[row.id] * sum(own[row.id].values())
        for used, quantity in row.inputs:
            if used in place:
                matrix[i][place[used]] -= made[row.id] * F(quantity) / F(row.output)
    solution = gauss(matrix, right)
    if any(value < 0 for value in solution):
        raise NoPrice
    price = dict(zip(products, solution, strict=True))

    def price_of(product):
        return price[product] if product in price else market[product] or F(0)

    lines, unit_costs, exact_cost = {}, {}, {}
    for row in network.recipes:
        if made[row.id] <= 0 and any(p not in price and market[p] is None for p, _ in row.inputs):
            continue
        inside = sum((F(q) / F(row.output) * price[p] for p, q in row.inputs if p in price), F(0))
        exact = own[row.id] | {"network_inputs": inside}
        exact_cost[row.id] = sum(exact.values())
        unit_costs[row.id] = half_up(exact_cost[row.id], decimals + 4)
        lines[row.id] = largest_remainder(unit_costs[row.id], exact, decimals + 4)

    gaps: dict[str | None, Fraction] = {row.site: F(0) for row in runs}
    for row in runs:
        gaps[row.site] += made[row.id] * (exact_cost[row.id] - price[row.product])
    if any(bought.values()):
        gaps[None] = sum((q * ((market[p] or 0) - price_of(p)) for p, q in bought.items()), F(0))
    assert sum(gaps.values()) == 0

    worked = defaultdict(Fraction)
    for row in plan.production:
        worked[row.site] += F(row.hours)
    reopened = {row.site: row for row in plan.reopened}
    jobs, needs_of = {}, defaultdict(Fraction)
    reopening = F(0)
    for site in network.sites:
        if site.state == "closed" and site.id not in reopened:
            continue
        hour = per_hour(site.id)
        available = F(site.members) * (F(site.paid_hours) - F(rules.assembly_hours)) * count
        again = reopened.get(site.id)
        idle = max(F(0), available - worked[site.id] - (F(again.hours) if again else 0))
        cost = sum(hour.values()) if rules.protect_jobs else hour["overhead"]
        amount = half_up(idle * cost if available else F(site.overhead) * count, decimals)
        jobs[site.id] = (idle, amount)
        needs_of[site.id] += amount
        if again:
            once = half_up(F(again.money) + F(again.hours) * sum(hour.values()), decimals)
            reopening += once
            needs_of[site.id] += once

    transport = sum((half_up(F(row.money), decimals) for row in plan.shipments), F(0))
    needs_of[None] += transport
    deliveries, goods = [], F(0)
    for row in plan.supplies:
        unit = half_up(price_of(row.product), decimals + 4)
        pays = "market" if row.need is None else network.need[row.need].pays
        said = {"free": F(0), "market": market[row.product]}.get(pays) if isinstance(pays, str) else F(pays)
        buyer = half_up(unit if said is None else min(unit, said), decimals + 4)
        value, paid = (half_up(each * F(row.quantity), decimals) for each in (unit, buyer))
        deliveries.append((unit, paid, value - paid))
        goods += value - paid
        needs_of[row.site] += value - paid
    needed = goods + sum(amount for _, amount in jobs.values()) + transport + reopening

    unit = F(1, 10**decimals)
    able = {
        row.id: (math.floor(F(row.pledge) / unit) * unit, F(row.members) * F(row.ability))
        for row in network.organisations
        if row.members > 0 and row.ability > 0 and F(row.pledge) >= unit
    }
    most = sum((pledge for pledge, _ in able.values()), F(0))
    exact_shares = {id: pledge for id, (pledge, _) in able.items()}
    if most > needed:
        # The level lies between two of the points at which somebody reaches the pledge: try every piece.
        levels = sorted({F(0)} | {pledge / weight for pledge, weight in able.values()})
        for low in reversed(levels):
            full = sum((p for p, w in able.values() if p / w <= low), F(0))
            rising = sum((w for p, w in able.values() if p / w > low), F(0))
            if full + rising * low <= needed and rising:
                level = (needed - full) / rising
                break
        exact_shares = {id: min(pledge, level * weight) for id, (pledge, weight) in able.items()}
    covered = min(needed, most)
    lacking = {site: (needed - covered) * part / needed for site, part in needs_of.items() if part}
    return Reference(
        unit_costs=unit_costs,
        lines=lines,
        prices={product: half_up(price_of(product), decimals + 4) for product in market},
        equalisation=largest_remainder(F(0), gaps, decimals),
        jobs=jobs,
        deliveries=sorted(deliveries),
        parts={
            "needed": needed,
            "goods": goods,
            "jobs": sum((amount for _, amount in jobs.values()), F(0)),
            "transport": transport,
            "reopening": reopening,
        },
        shared=largest_remainder(covered, exact_shares, decimals),
        uncovered=needed - covered,
        uncovered_by_site=largest_remainder(needed - covered, lacking, decimals) if needed > covered else {},
    )


def as_decimal(amount: Fraction) -> Decimal:
    """A fraction that ends, as a Decimal."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)
