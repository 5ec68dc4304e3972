"""Small random networks that are valid, short of everything and full of ties; and networks as workbooks.

`random_network(chance)` draws one from a `random.Random`; `seeded_network(seed)` and the Hypothesis strategy
`networks()` both go through it, so that what one finds the other can repeat.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies

from solidaria.core.network import (
    Equipment,
    Need,
    Network,
    Organisation,
    Period,
    Product,
    Promise,
    Recipe,
    Reopening,
    Route,
    Rules,
    Site,
    Stock,
)

#: Sheets of a workbook: each a list of rows, each row column -> text.
Tables = dict[str, list[dict[str, str]]]

_MONTHS = [
    Period("jan", date(2026, 1, 1), date(2026, 1, 31)),
    Period("feb", date(2026, 2, 1), date(2026, 2, 28)),
    Period("mar", date(2026, 3, 1), date(2026, 3, 31)),
]


def _pick(chance: random.Random, *values: str) -> Decimal:
    return Decimal(chance.choice(values))


def random_network(
    chance: random.Random,
    *,
    routes: bool | None = None,
    slack: bool | None = None,
    periods: int | None = None,
) -> Network:
    """Draw a small valid network; None leaves a feature to chance.

    Numbers are short and repeat often, so that several needs tie; machines, hands and money are scarce, so
    that tiers stop at several levels.
    """
    months = _MONTHS[: periods or chance.choice([1, 1, 2, 3])]
    if len(months) == 1 and chance.random() < 0.5:
        months = [Period("1")]
    sites = _sites(chance)
    unions = [f"u{number}" for number in range(chance.choice([1, 2, 2, 3]))]
    organisations = [
        Organisation(
            id=name,
            name=name.upper(),
            kind="site"
            if name in {site.id for site in sites}
            else chance.choice(["union", "community", "clinic"]),
            members=_pick(chance, "0", "10", "25", "120"),
            ability=_pick(chance, "0", "0.5", "1", "1", "2"),
            pledge=_pick(chance, "0", "0", "50", "333.33", "2000", "100000"),
        )
        for name in [site.id for site in sites] + unions
    ]
    equipment = [
        Equipment(
            f"m{site.id[1:]}{letter}",
            site.id,
            _pick(chance, "4", "10", "10", "25", *(["0"] if chance.random() < 0.2 else [])),
        )
        for site in sites
        for letter in "ab"[: chance.choice([0, 1, 1, 2])]
    ]
    products, recipes = _products_and_recipes(chance, sites, equipment)
    stocks = [
        Stock(site.id, product.id, _pick(chance, "1", "2.5", "6", "20"))
        for site in sites
        for product in products
        if product.keeps and chance.random() < 0.15
    ]
    drawn = Network(
        name="random",
        organisations=tuple(organisations),
        products=tuple(products),
        rules=_rules(chance, slack, months[0]),
        sites=tuple(sites),
        recipes=tuple(recipes),
        equipment=tuple(equipment),
        stocks=tuple(stocks),
        needs=_needs(chance, organisations, products, months),
        promises=_promises(chance, sites, organisations, products, months),
        periods=tuple(months),
        reopenings=tuple(
            Reopening(site.id, _pick(chance, "0", "10", "40"), _pick(chance, "0", "2", "20"))
            for site in sites
            if site.state == "closed" and chance.random() < 0.8
        ),
    )
    with_routes = chance.random() < 0.35 if routes is None else routes
    return replace(drawn, routes=_routes(chance, organisations, products)) if with_routes else drawn


def _sites(chance: random.Random) -> list[Site]:
    return [
        Site(
            id=f"s{number}",
            members=_pick(chance, *"1112223", *("0" if chance.random() < 0.2 else "")),
            paid_hours=_pick(chance, "10", "20", "20", "40"),
            overhead=_pick(chance, "0", "30", "100"),
            state=chance.choice(["producing"] * 6 + ["idle", "occupied", "closed", "closed"]),
        )
        for number in range(chance.choice([1, 2, 3, 4]))
    ]


def _products_and_recipes(
    chance: random.Random, sites: list[Site], equipment: list[Equipment]
) -> tuple[list[Product], list[Recipe]]:
    """Raw materials first, then products made of earlier ones; now and then a cycle, which always takes hours."""
    count, raw = chance.choice([2, 3, 4, 5]), chance.choice([0, 1, 1, 2])
    products, recipes = [], []
    for number in range(count):
        made = number >= raw
        market = chance.random() < (0.5 if made else 0.9)
        price = _pick(chance, "1", "2", "2", "5", "12.5") if market else None
        products.append(
            Product(
                id=f"p{number}",
                name=f"Product {number}",
                unit=chance.choice(["kg", "piece", "visit"]),
                market_price=price,
                outside=market and (not made or chance.random() < 0.3),
                keeps=chance.random() < 0.7,
            )
        )
        for each in range(chance.choice([1, 1, 2]) if made else 0):
            site = chance.choice(sites).id
            backwards = count > number + 1 and chance.random() < 0.08
            earlier = [f"p{other}" for other in range(number) if chance.random() < 0.5]
            later = [f"p{chance.randrange(number, count)}"] if backwards else []
            machines = [row for row in equipment if row.site == site and chance.random() < 0.6]
            recipes.append(
                Recipe(
                    id=f"r{number}{'xyz'[each]}",
                    site=site,
                    product=f"p{number}",
                    output=_pick(chance, "1", "1", "2", "4"),
                    labour_hours=_pick(chance, "0.5", "1", "2", "3", *([] if backwards else ["0"])),
                    inputs=tuple((used, _pick(chance, "0.25", "0.5", "1", "2")) for used in [*earlier, *later]),
                    uses=tuple((row.id, _pick(chance, "0.5", "1", "2")) for row in machines),
                )
            )
    return products, recipes


def _needs(
    chance: random.Random, organisations: list[Organisation], products: list[Product], months: list[Period]
) -> tuple[Need, ...]:
    return tuple(
        Need(
            id=f"n{number}",
            organisation=chance.choice(organisations).id,
            product=chance.choice(products[-3:]).id,
            quantity=_pick(chance, "3", "10", "10", "20", "20", "50"),
            period=chance.choice(months).id,
            tier=chance.choice([1, 1, 1, 2, 2, 3]),
            pays=chance.choice(["market", "market", "free", Decimal("1.5"), Decimal(40)]),
        )
        for number in range(chance.choice([1, 3, 5, 6, 7, 8]))
    )


def _promises(
    chance: random.Random,
    sites: list[Site],
    organisations: list[Organisation],
    products: list[Product],
    months: list[Period],
) -> tuple[Promise, ...]:
    drawn = [
        Promise(
            chance.choice(sites).id,
            chance.choice(organisations).id,
            chance.choice(products).id,
            _pick(chance, "2", "5", "5", "30"),
            chance.choice(months).id,
        )
        for _ in range(chance.choice([0, 0, 1, 2, 3]))
    ]
    return tuple({promise.key: promise for promise in drawn}.values())


def _routes(
    chance: random.Random, organisations: list[Organisation], products: list[Product]
) -> tuple[Route, ...]:
    ends = [organisation.id for organisation in organisations]
    drawn = [
        Route(start, end, product, _pick(chance, "0", "0.5", "1", "1", "3"))
        for start in ends
        for end in ends
        for product in [None, *(product.id for product in products)]
        if start != end and chance.random() < (0.6 if product is None else 0.1)
    ]
    return tuple(drawn)


def _rules(chance: random.Random, slack: bool | None, first: Period) -> Rules:
    objectives = ["jobs", "outside", "labour"]
    if chance.random() < 0.4:
        chance.shuffle(objectives)
    some = chance.random() < 0.15 if slack is None else slack
    budget = chance.choice([None, None, None, "0", "15", "40", "200"])
    return Rules(
        currency=chance.choice(["ARS", "EUR", "PYG", "TND"]),
        living_wage=_pick(chance, "5", "7.25", "12"),
        contributions=_pick(chance, "0", "0.2", "0.335"),
        assembly_hours=_pick(chance, "0", "2", "4"),
        reserve=_pick(chance, "0", "0.05"),
        community=_pick(chance, "0", "0.02"),
        protect_jobs=chance.random() < 0.8,
        outside_budget=None if budget is None else Decimal(budget),
        objectives=tuple(objectives),
        slack=_pick(chance, "0.005", "0.02", "0.1") if some else Decimal(0),
    )


def seeded_network(seed: int, **features: bool | int | None) -> Network:
    """The same network for the same seed, whatever else is drawn."""
    return random_network(random.Random(f"solidaria {seed}"), **features)  # type: ignore[arg-type]


def networks(**features: bool | int | None) -> strategies.SearchStrategy[Network]:
    """Hypothesis strategy: small valid networks that shrink."""
    return strategies.randoms(use_true_random=False).map(
        lambda chance: random_network(chance, **features)  # type: ignore[arg-type]
    )


# --- networks as workbooks ------------------------------------------------------------------------


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def tables(network: Network) -> Tables:
    """The network as a workbook: sheet -> rows of text. `routes` is there only when the network has routes.

    Defaults are written out, not left blank.
    """
    rules = network.rules
    sheets: dict[str, list[dict[str, object]]] = {
        "organisations": [
            {
                "organisation": row.id,
                "name": row.name,
                "kind": row.kind,
                "members": row.members,
                "place": row.place,
                "latitude": row.latitude,
                "longitude": row.longitude,
                "ability": row.ability,
                "pledge": row.pledge,
            }
            for row in network.organisations
        ],
        "sites": [
            {
                "site": row.id,
                "members": row.members,
                "paid_hours": row.paid_hours,
                "overhead": row.overhead,
                "state": row.state,
            }
            for row in network.sites
        ],
        "products": [
            {
                "product": row.id,
                "name": row.name,
                "unit": row.unit,
                "market_price": row.market_price,
                "outside": row.outside,
                "keeps": row.keeps,
                "source": row.source,
            }
            for row in network.products
        ],
        "recipes": [
            {
                "recipe": row.id,
                "site": row.site,
                "product": row.product,
                "output": row.output,
                "labour_hours": row.labour_hours,
            }
            for row in network.recipes
        ],
        "inputs": [
            {"recipe": row.id, "product": product, "quantity": quantity}
            for row in network.recipes
            for product, quantity in row.inputs
        ],
        "equipment": [{"equipment": row.id, "site": row.site, "hours": row.hours} for row in network.equipment],
        "uses": [
            {"recipe": row.id, "equipment": machine, "hours": hours}
            for row in network.recipes
            for machine, hours in row.uses
        ],
        "stocks": [{"site": row.site, "product": row.product, "quantity": row.quantity} for row in network.stocks],
        "needs": [
            {
                "need": row.id,
                "organisation": row.organisation,
                "product": row.product,
                "quantity": row.quantity,
                "period": row.period,
                "tier": row.tier,
                "pays": row.pays,
            }
            for row in network.needs
        ],
        "promises": [
            {
                "site": row.site,
                "organisation": row.organisation,
                "product": row.product,
                "quantity": row.quantity,
                "period": row.period,
            }
            for row in network.promises
        ],
        "periods": [{"period": row.id, "starts": row.starts, "ends": row.ends} for row in network.periods],
        "reopenings": [{"site": row.site, "money": row.money, "hours": row.hours} for row in network.reopenings],
        "rules": [
            {"rule": rule, "value": value}
            for rule, value in {
                "currency": rules.currency,
                "living_wage": rules.living_wage,
                "contributions": rules.contributions,
                "assembly_hours": rules.assembly_hours,
                "reserve": rules.reserve,
                "community": rules.community,
                "protect_jobs": rules.protect_jobs,
                "outside_budget": rules.outside_budget,
                "objectives": " ".join(rules.objectives),
                "slack": rules.slack,
            }.items()
            if value is not None
        ],
    }
    if network.routes is not None:
        sheets["routes"] = [
            {"from": row.start, "to": row.end, "product": row.product, "cost": row.cost} for row in network.routes
        ]
    return {
        sheet: [{column: _text(value) for column, value in row.items()} for row in rows]
        for sheet, rows in sheets.items()
        if rows or sheet == "routes"
    }


_ROUTE_COLUMNS = ["from", "to", "product", "cost"]


def shuffled(sheets: Tables, chance: random.Random) -> Tables:
    """The same workbook with sheets, rows and columns in another order."""
    mixed: Tables = {}
    for sheet in chance.sample(sorted(sheets), len(sheets)):
        rows = chance.sample(sheets[sheet], len(sheets[sheet]))
        columns = list(rows[0]) if rows else []
        chance.shuffle(columns)
        mixed[sheet] = [{column: row[column] for column in columns} for row in rows]
    return mixed


def shuffled_network(network: Network, chance: random.Random) -> Network:
    """The same network given with every table in another order."""
    names = ["organisations", "products", "sites", "recipes", "equipment", "stocks", "needs", "promises"]
    names += ["reopenings"] + (["routes"] if network.routes is not None else [])
    mixed: Mapping[str, object] = {
        name: tuple(chance.sample(getattr(network, name), len(getattr(network, name)))) for name in names
    }
    recipes = tuple(
        replace(
            row,
            inputs=tuple(chance.sample(row.inputs, len(row.inputs))),
            uses=tuple(chance.sample(row.uses, len(row.uses))),
        )
        for row in mixed["recipes"]  # type: ignore[attr-defined]
    )
    periods = tuple(chance.sample(network.periods, len(network.periods)))
    return replace(network, **{**mixed, "recipes": recipes, "periods": periods})  # type: ignore[arg-type]


def write_workbook(sheets: Tables, folder: Path) -> Path:
    """Write the sheets as a folder of CSV files and give back the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for sheet, rows in sheets.items():
        columns = list(rows[0]) if rows else _ROUTE_COLUMNS
        with (folder / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    return folder
