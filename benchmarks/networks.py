"""Seeded synthetic networks of any size, shaped like a federation of worker-run sites; every figure is made up.

Sites run two to six recipes in one or two branches; a recipe takes about five products made earlier in the chain,
machine hours and labour. Communities and unions need finished goods in three tiers. Machines, hands and the budget
for outside purchases are sized for a reference plan (all of tier 1, 60 % of tier 2, 25 % of tier 3) and then
varied, so that tier 1 is mostly met, tier 2 partly, and tier 3 stops at several levels.

    python benchmarks/networks.py 10000 network-folder     write one as a workbook of CSV files
"""

from __future__ import annotations

import calendar
import csv
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt

from solidaria.core.network import (
    Equipment,
    Need,
    Network,
    Organisation,
    Period,
    Product,
    Promise,
    Recipe,
    Rules,
    Site,
    Stock,
)

Array = npt.NDArray[np.float64]
LIVING_WAGE, PAID_HOURS, ASSEMBLY_HOURS = 10.0, 160.0, 8.0
INPUT_SHARE, LABOUR_SHARE = 0.55, 0.3  # of a product's worth
REFERENCE = {1: 1.0, 2: 0.6, 3: 0.25}  # coverage by tier that capacity is sized for


@dataclass(frozen=True)
class _Line:
    """A recipe before it has an id: what it makes, where, and what a run (one unit) takes."""

    product: int
    site: int
    inputs: tuple[tuple[int, float], ...]
    hours: float
    machines: tuple[tuple[int, float], ...]


def make_network(size: int, seed: int = 1) -> Network:
    """A network whose plan has about `size` variables: runs, deliveries, purchases and stocks, by period.

    size   at least 200
    seed   equal size and seed give the same network
    """
    if size < 200:
        raise ValueError("a network of fewer than 200 variables has no chain of production to speak of")
    chance = np.random.default_rng([seed, size])
    periods = 4 if size < 3000 else 8
    products = max(12, round(0.8 * size / (2.37 * periods)))
    primary = max(3, round(0.12 * products))
    sectors = max(2, products // 40)
    worth = np.exp(chance.normal(1.5, 0.8, products))
    sector = chance.integers(0, sectors, products)

    # Raw materials, materials, parts, finished goods: chains are four stages long, as in a federation's own books.
    stage = np.where(np.arange(products) < primary, 0, 1 + 3 * np.arange(products) // products)
    lines, machine_site = _lines(chance, worth, sector, stage)
    sites = max(line.site for line in lines) + 1
    communities = max(6, round(0.6 * size**0.5))
    needs = _needs(chance, worth, np.flatnonzero(stage == 3), periods, communities, round(0.2 * size))
    demand = np.zeros(products)
    for _, product, quantity, _, tier in needs:
        demand[product] += REFERENCE[tier] * quantity
    made, machine_hours, site_hours = _reference_plan(lines, demand, len(machine_site), sites)

    prices = worth * chance.uniform(0.85, 1.25, products)
    dear = (chance.random(products) < 0.2) & (stage < 3)  # materials that can also be bought, at a price
    outside = (np.arange(products) < primary) | dear
    prices[dear & (np.arange(products) >= primary)] *= 1.6
    keeps = (np.arange(products) < primary) | (chance.random(products) < 0.85)
    budget = float((made * prices)[:primary].sum()) / periods * 1.45
    # Most machines and sites have room to spare; a few are bottlenecks; money for what is bought limits the rest.
    narrow = chance.random(len(machine_site)) < 0.03
    machine_factor = np.where(narrow, chance.uniform(0.5, 1.1, narrow.size), chance.uniform(1.7, 3, narrow.size))
    hand_factor = chance.uniform(1.6, 2.2, sites)
    members = np.maximum(1, np.round(site_hours / periods / (PAID_HOURS - ASSEMBLY_HOURS) * hand_factor))

    digits = len(str(max(products, len(lines), len(needs))))
    name = lambda word, number: f"{word}-{number:0{digits}d}"  # noqa: E731
    spans = [date(2027 + month // 12, month % 12 + 1, 1) for month in range(periods)]
    period_ids = [f"{span:%Y-%m}" for span in spans]
    stocked = [product for product in range(products) if keeps[product] and chance.random() < 0.3]
    makers: dict[int, list[int]] = {}
    for line in lines:
        makers.setdefault(line.product, []).append(line.site)

    def holder(product: int) -> int:
        """A site that has the product in store: one that makes it, or any for what is bought."""
        return makers[product][0] if product in makers else product % sites

    return Network(
        name=f"synthetic-{size}",
        organisations=tuple(
            [
                Organisation(name("site", number), f"Site {number}", "site", _number(members[number]))
                for number in range(sites)
            ]
            + [
                Organisation(
                    name("community", number),
                    f"{'Union' if number % 3 == 0 else 'Community'} {number}",
                    "union" if number % 3 == 0 else "community",
                    Decimal(int(chance.integers(200, 20_000))),
                    ability=_number(chance.uniform(0.5, 1.5)),
                    pledge=_number(chance.uniform(1e3, 1e5)) if number % 3 == 0 else Decimal(0),
                )
                for number in range(communities)
            ]
        ),
        products=tuple(
            Product(
                name("product", number),
                f"Product {number}",
                "kg" if number < primary else "piece",
                _number(prices[number]),
                bool(outside[number]),
                bool(keeps[number]),
            )
            for number in range(products)
        ),
        rules=Rules(
            currency="EUR",
            living_wage=Decimal("10"),
            contributions=Decimal("0.2"),
            assembly_hours=_number(ASSEMBLY_HOURS),
            reserve=Decimal("0.05"),
            community=Decimal("0.02"),
            outside_budget=_number(budget),
        ),
        sites=tuple(
            Site(
                name("site", number),
                _number(members[number]),
                _number(PAID_HOURS),
                _number(members[number] * chance.uniform(100, 400)),
            )
            for number in range(sites)
        ),
        recipes=tuple(
            Recipe(
                name("recipe", number),
                name("site", line.site),
                name("product", line.product),
                Decimal(1),
                _number(line.hours),
                tuple((name("product", product), _number(quantity)) for product, quantity in line.inputs),
                tuple((name("machine", machine), _number(hours)) for machine, hours in line.machines),
            )
            for number, line in enumerate(lines)
        ),
        equipment=tuple(
            Equipment(
                name("machine", number),
                name("site", site),
                _number(max(1.0, machine_hours[number] / periods * machine_factor[number])),
            )
            for number, site in enumerate(machine_site)
        ),
        stocks=tuple(
            Stock(name("site", holder(product)), name("product", product), _number(0.3 * made[product] / periods))
            for product in stocked
            if made[product] > 0
        ),
        needs=tuple(
            Need(
                name("need", number),
                name("community", organisation),
                name("product", product),
                _number(quantity),
                period_ids[period],
                tier,
            )
            for number, (organisation, product, quantity, period, tier) in enumerate(needs)
        ),
        promises=tuple(
            Promise(
                name("site", makers[product][0]),
                name("community", organisation),
                name("product", product),
                _number(quantity / 2),
                period_ids[-1 - number % 2],
            )
            for number, (organisation, product, quantity, _, _) in enumerate(_promised(needs, size, makers))
        ),
        periods=tuple(
            Period(text, span, span.replace(day=calendar.monthrange(span.year, span.month)[1]))
            for text, span in zip(period_ids, spans, strict=True)
        ),
    )


def _lines(
    chance: np.random.Generator, worth: Array, sector: npt.NDArray[np.int64], stage: npt.NDArray[np.int64]
) -> tuple[list[_Line], list[int]]:
    """Who makes what and how, and the site of each machine; products only take products of earlier stages."""
    products = len(worth)
    jobs: list[tuple[int, int]] = []  # sector and product of each recipe to place, so that a site has its branch
    for product in range(int((stage == 0).sum()), products):
        jobs += [(int(sector[product]), product)] * int(chance.choice([1, 1, 1, 2, 2, 3]))
    order = chance.permutation(len(jobs))
    jobs = sorted((jobs[position] for position in order), key=lambda job: job[0])
    lines: list[_Line] = []
    machine_site: list[int] = []
    site = -1
    while len(lines) < len(jobs):
        site += 1
        machines = list(range(len(machine_site), len(machine_site) + int(chance.integers(1, 4))))
        machine_site += [site] * len(machines)
        for _, product in jobs[len(lines) : len(lines) + int(chance.integers(2, 7))]:
            chosen = _inputs(chance, product, sector, stage)
            shares = chance.dirichlet(np.full(len(chosen), 4.0)) * INPUT_SHARE * chance.uniform(0.9, 1.1)
            used = chance.choice(machines, size=min(len(machines), int(chance.integers(1, 3))), replace=False)
            lines.append(
                _Line(
                    product,
                    site,
                    tuple(
                        (item, float(share * worth[product] / worth[item]))
                        for item, share in zip(chosen, shares, strict=True)
                    ),
                    float(LABOUR_SHARE * worth[product] / LIVING_WAGE * chance.uniform(0.8, 1.25)),
                    tuple((int(machine), float(worth[product] * chance.uniform(0.01, 0.04))) for machine in used),
                )
            )
    return lines, machine_site


def _inputs(
    chance: np.random.Generator, product: int, sector: npt.NDArray[np.int64], stage: npt.NDArray[np.int64]
) -> list[int]:
    """About five products of earlier stages: something raw, most from the stage before in the own branch."""
    earlier = np.flatnonzero(stage < stage[product])
    near = np.flatnonzero((stage == stage[product] - 1) & (sector == sector[product]))
    raw = np.flatnonzero(stage == 0)
    wanted = min(len(earlier), int(chance.integers(3, 8)))
    chosen = {int(chance.choice(raw))}
    for _ in range(4 * wanted):
        if len(chosen) == wanted:
            break
        pool = near if len(near) and chance.random() < 0.6 else raw if chance.random() < 0.6 else earlier
        chosen.add(int(chance.choice(pool)))
    return sorted(chosen)


def _needs(
    chance: np.random.Generator,
    worth: Array,
    finished: npt.NDArray[np.int64],
    periods: int,
    communities: int,
    count: int,
) -> list[tuple[int, int, float, int, int]]:
    """Organisation, product, quantity, period and tier of each need; a product has one usual tier."""
    usual = {int(product): int(chance.choice([1, 2, 2, 3, 3])) for product in finished}
    needs: dict[tuple[int, int, int], tuple[int, int, float, int, int]] = {}
    for _ in range(count):
        product = int(chance.choice(finished))
        tier = usual[product] if chance.random() < 0.85 else int(chance.integers(1, 4))
        organisation, period = int(chance.integers(0, communities)), int(chance.integers(0, periods))
        quantity = float(np.exp(chance.normal(10.5, 0.8)) / worth[product])
        needs[organisation, product, period] = (organisation, product, quantity, period, tier)
    return [needs[key] for key in sorted(needs)]


def _promised(
    needs: list[tuple[int, int, float, int, int]], size: int, makers: dict[int, list[int]]
) -> list[tuple[int, int, float, int, int]]:
    """A few needs that standing agreements double, one for each pair of organisation and product."""
    step = max(1, len(needs) // max(2, size // 1000))
    return list({(need[0], need[1]): need for need in needs[::step] if need[1] in makers}.values())


def _reference_plan(lines: list[_Line], demand: Array, machines: int, sites: int) -> tuple[Array, Array, Array]:
    """Totals of products, machine hours and site hours when all recipes of a product make equal parts."""
    total = demand.copy()
    by_product: dict[int, list[_Line]] = {}
    for line in lines:
        by_product.setdefault(line.product, []).append(line)
    machine_hours, site_hours = np.zeros(machines), np.zeros(sites)
    for product in sorted(by_product, reverse=True):
        part = total[product] / len(by_product[product])
        for line in by_product[product]:
            for item, quantity in line.inputs:
                total[item] += part * quantity
            for machine, hours in line.machines:
                machine_hours[machine] += part * hours
            site_hours[line.site] += part * line.hours
    return total, machine_hours, site_hours


def _number(value: float) -> Decimal:
    """The value to four significant digits, as a person would have typed it."""
    return Decimal(f"{Decimal(f'{float(value):.4g}'):f}")


def write_workbook(network: Network, folder: Path) -> None:
    """Write the network as a folder of CSV files, one per sheet; the folder must not exist yet."""
    folder.mkdir(parents=True)
    yes = lambda truth: "yes" if truth else "no"  # noqa: E731
    sheets: dict[str, list[list[object]]] = {
        "organisations": [["organisation", "name", "kind", "members", "ability", "pledge"]]
        + [[row.id, row.name, row.kind, row.members, row.ability, row.pledge] for row in network.organisations],
        "sites": [["site", "members", "paid_hours", "overhead"]]
        + [[row.id, row.members, row.paid_hours, row.overhead] for row in network.sites],
        "products": [["product", "name", "unit", "market_price", "outside", "keeps"]]
        + [
            [row.id, row.name, row.unit, row.market_price, yes(row.outside), yes(row.keeps)]
            for row in network.products
        ],
        "recipes": [["recipe", "site", "product", "output", "labour_hours"]]
        + [[row.id, row.site, row.product, row.output, row.labour_hours] for row in network.recipes],
        "inputs": [["recipe", "product", "quantity"]]
        + [[row.id, product, quantity] for row in network.recipes for product, quantity in row.inputs],
        "equipment": [["equipment", "site", "hours"]]
        + [[row.id, row.site, row.hours] for row in network.equipment],
        "uses": [["recipe", "equipment", "hours"]]
        + [[row.id, machine, hours] for row in network.recipes for machine, hours in row.uses],
        "stocks": [["site", "product", "quantity"]]
        + [[row.site, row.product, row.quantity] for row in network.stocks],
        "needs": [["need", "organisation", "product", "quantity", "period", "tier"]]
        + [[row.id, row.organisation, row.product, row.quantity, row.period, row.tier] for row in network.needs],
        "promises": [["site", "organisation", "product", "quantity", "period"]]
        + [[row.site, row.organisation, row.product, row.quantity, row.period] for row in network.promises],
        "periods": [["period", "starts", "ends"]] + [[row.id, row.starts, row.ends] for row in network.periods],
        "rules": [
            ["rule", "value"],
            ["currency", network.rules.currency],
            ["living_wage", network.rules.living_wage],
            ["contributions", network.rules.contributions],
            ["assembly_hours", network.rules.assembly_hours],
            ["reserve", network.rules.reserve],
            ["community", network.rules.community],
            ["outside_budget", network.rules.outside_budget],
        ],
    }
    for sheet, rows in sheets.items():
        with (folder / f"{sheet}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


if __name__ == "__main__":
    write_workbook(make_network(int(sys.argv[1])), Path(sys.argv[2]))
