"""A network's rows gathered to a workbook's tables: what a round plans from, and what people download."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from solidaria.core.workbook.tables import Cell, Table, Tables
from solidaria.records.models import (
    Belonging,
    Equipment,
    EquipmentUse,
    Need,
    Organisation,
    Product,
    Promise,
    Recipe,
    RecipeInput,
    Round,
    Route,
    Rule,
    Site,
    Stock,
)


def organisations_of(network: Organisation) -> list[Organisation]:
    """The organisations that belong to a network now, and the network itself where it pledges or needs something."""
    now = Belonging.objects.filter(network=network, agreed__isnull=False, left__isnull=True)
    found = Organisation.objects.filter(Q(pk__in=now.values("organisation")) | Q(pk=network.pk))
    return sorted(found, key=lambda row: row.code)


def tables_of(network: Organisation, around: Round | None = None) -> Tables:
    """The workbook of a network; `around` gives the periods, and only needs of these periods go in.

    Needs without a product, withdrawn needs and needs gathered into a larger one stay out. The number of queries
    does not depend on the number of rows.
    """
    members = organisations_of(network)
    known = {row.pk for row in members}
    code = {row.pk: row.code for row in members}
    sites = [row for row in Site.objects.filter(network=network) if row.organisation_id in known]
    site_code = {row.pk: code[row.organisation_id] for row in sites}
    products = {row.pk: row for row in Product.objects.filter(network=network)}
    recipes = [
        row for row in Recipe.objects.filter(network=network, removed__isnull=True) if row.site_id in site_code
    ]
    machines = {
        row.pk: row
        for row in Equipment.objects.filter(network=network, removed__isnull=True)
        if row.site_id in site_code
    }
    inputs = RecipeInput.objects.filter(recipe__in=[row.pk for row in recipes]).select_related("recipe")
    uses = EquipmentUse.objects.filter(recipe__in=[row.pk for row in recipes]).select_related("recipe")
    stocks = [row for row in Stock.objects.filter(site__in=list(site_code))]
    promises = [
        row
        for row in Promise.objects.filter(network=network, removed__isnull=True)
        if row.site_id in site_code and row.receiver_id in known
    ]
    routes = [
        row for row in Route.objects.filter(network=network) if row.start_id in known and row.end_id in known
    ]
    needs = needs_of(network, around, known)
    used = {row.product_id for rows in (recipes, inputs, stocks, promises, needs) for row in rows}
    used |= {row.product_id for row in routes if row.product_id}
    listed = [row for row in products.values() if row.removed is None or row.pk in used]
    periods = list(around.periods) if around is not None else []

    def product(row: Any) -> str:
        return products[row.product_id].code

    sheets = {
        "organisations": _table(
            "organisation name kind members place latitude longitude ability pledge note",
            [
                (
                    row.code,
                    row.name,
                    row.kind,
                    row.members,
                    row.place,
                    row.latitude,
                    row.longitude,
                    row.ability,
                    row.pledge,
                    row.note,
                )
                for row in members
                if row.pk != network.pk or row.pledge or row.members or _named(row, sites, needs, promises, routes)
            ],
        ),
        "sites": _table(
            "site members paid_hours overhead state note",
            [(site_code[row.pk], row.workers, row.paid_hours, row.overhead, row.state, row.note) for row in sites],
        ),
        "products": _table(
            "product name unit market_price outside keeps source note",
            [
                (row.code, row.name, row.unit, row.market_price, row.outside, row.keeps, row.source, row.note)
                for row in listed
            ],
        ),
        "recipes": _table(
            "recipe site product output labour_hours note",
            [
                (row.code, site_code[row.site_id], product(row), row.output, row.labour_hours, row.note)
                for row in recipes
            ],
        ),
        "inputs": _table(
            "recipe product quantity note",
            [(row.recipe.code, product(row), row.quantity, row.note) for row in inputs],
        ),
        "equipment": _table(
            "equipment site hours note",
            [(row.code, site_code[row.site_id], row.hours, row.note) for row in machines.values()],
        ),
        "uses": _table(
            "recipe equipment hours note",
            [
                (row.recipe.code, machines[row.equipment_id].code, row.hours, row.note)
                for row in uses
                if row.equipment_id in machines
            ],
        ),
        "stocks": _table(
            "site product quantity note",
            [
                (site_code[row.site_id], product(row), row.quantity, row.note)
                for row in stocks
                if row.product_id in products
            ],
        ),
        "needs": _table(
            "need organisation product quantity period tier pays note",
            [
                (
                    row.code,
                    code[row.organisation_id],
                    product(row),
                    row.quantity,
                    row.period,
                    Decimal(row.tier),
                    row.pays,
                    row.note,
                )
                for row in needs
            ],
        ),
        "promises": _table(
            "site organisation product quantity period note",
            [
                (site_code[row.site_id], code[row.receiver_id], product(row), row.quantity, row.period, row.note)
                for row in promises
            ],
        ),
        "reopenings": _table(
            "site money hours note",
            [
                (site_code[row.pk], row.reopening_money, row.reopening_hours, row.reopening_note)
                for row in sites
                if row.state == "closed" and row.reopening_money is not None
            ],
        ),
        "rules": _table(
            "rule value unit since decision source note",
            [
                (row.rule, row.value, row.unit, row.since, row.decision, row.source, row.note)
                for row in Rule.objects.filter(network=network).order_by("rule", "since")
            ],
        ),
    }
    if periods:
        sheets["periods"] = _table(
            "period starts ends note",
            [(one["period"], _day(one.get("starts")), _day(one.get("ends")), one.get("note")) for one in periods],
        )
    if routes:
        sheets["routes"] = _table(
            "from to product cost note",
            [
                (
                    code[row.start_id],
                    code[row.end_id],
                    product(row) if row.product_id else None,
                    row.cost,
                    row.note,
                )
                for row in routes
            ],
        )
    needed = ("organisations", "sites", "products", "recipes", "needs", "rules")
    return Tables(network.name, {name: table for name, table in sheets.items() if table.rows or name in needed})


def needs_of(network: Organisation, around: Round | None, known: Iterable[int]) -> list[Need]:
    """The needs that a round plans: live, with a product, of its organisations and its periods."""
    rows = Need.objects.filter(
        network=network,
        withdrawn__isnull=True,
        gathered__isnull=True,
        product__isnull=False,
        organisation__in=list(known),
    ).order_by("code")
    if around is None:
        return list(rows)
    periods = {str(one["period"]) for one in around.periods} or {"1"}
    return [row for row in rows if not row.period or row.period in periods]


def left_out(network: Organisation, around: Round | None) -> dict[str, list[Need]]:
    """The live needs that a round does not plan, by reason: "product" (none yet), "period" (another time)."""
    found: dict[str, list[Need]] = defaultdict(list)
    periods = {str(one["period"]) for one in around.periods} or {"1"} if around is not None else None
    rows = Need.objects.filter(network=network, withdrawn__isnull=True, gathered__isnull=True)
    for row in rows.select_related("organisation", "product"):
        if row.product_id is None:
            found["product"].append(row)
        elif periods is not None and row.period and row.period not in periods:
            found["period"].append(row)
    return found


def _named(
    network: Organisation,
    sites: Sequence[Site],
    needs: Sequence[Need],
    promises: Sequence[Promise],
    routes: Sequence[Route],
) -> bool:
    """Whether another sheet speaks of the network's own organisation."""
    return (
        any(row.organisation_id == network.pk for row in sites)
        or any(row.organisation_id == network.pk for row in needs)
        or any(row.receiver_id == network.pk for row in promises)
        or any(network.pk in (row.start_id, row.end_id) for row in routes)
    )


def _table(columns: str, rows: Iterable[tuple[Any, ...]]) -> Table:
    """A table; columns that nobody filled in are left out, save those that must be there."""
    names = tuple(columns.split())
    cells: list[tuple[Cell, ...]] = [tuple(None if cell == "" else cell for cell in row) for row in rows]
    kept = [at for at, name in enumerate(names) if name != "note" or any(row[at] is not None for row in cells)]
    numbered = tuple((at, tuple(row[place] for place in kept)) for at, row in enumerate(cells, 2))
    return Table(tuple(names[at] for at in kept), numbered)


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)) if text else None
