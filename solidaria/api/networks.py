"""What a network keeps, for programs: products, rules, routes, standing agreements, the whole workbook."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from solidaria.actions import plan as actions
from solidaria.actions import visible
from solidaria.actions import workbook as workbook_actions
from solidaria.api import shapes, shown
from solidaria.api.answers import doer, found, paged, reader, reads, writes
from solidaria.api.capacity import recipes_of
from solidaria.api.named import Names
from solidaria.core.workbook.cells import as_text
from solidaria.core.workbook.tables import Cell, Table, Tables
from solidaria.records.gather import tables_of
from solidaria.records.models import (
    Belonging,
    Need,
    Organisation,
    Product,
    Promise,
    Recipe,
    Round,
    Route,
    Rule,
)

router = Router(tags=["network"])


@router.get("/networks/{code}", **reads(shapes.NetworkInside))
def network(request: HttpRequest, code: str) -> shapes.NetworkInside:
    """A network for those who are in it."""
    one, rights = found(visible.network_seen(reader(request), code))
    currency = Rule.objects.filter(network=one, rule="currency").order_by("since").values_list("value", flat=True)
    opened = Round.objects.filter(network=one, closed__isnull=True).values_list("pk", flat=True).first()
    return shapes.NetworkInside(
        id=one.code,
        name=one.name,
        kind=one.kind,
        currency=currency.last(),
        rights=shown.rights_shown(rights),
        open_round=opened,
        counts={
            "organisations": Belonging.objects.filter(
                network=one, agreed__isnull=False, left__isnull=True
            ).count(),
            "products": Product.objects.filter(network=one, removed__isnull=True).count(),
            "recipes": Recipe.objects.filter(network=one, removed__isnull=True).count(),
            "needs": Need.objects.filter(network=one, withdrawn__isnull=True, gathered__isnull=True).count(),
            "promises": Promise.objects.filter(network=one, removed__isnull=True).count(),
            "routes": Route.objects.filter(network=one).count(),
        },
    )


# --- products ---


@router.get("/networks/{code}/products", **reads(shapes.Page[shapes.Product]))
def products(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The goods and services on the network's list, by id."""
    one, _ = found(visible.network_seen(reader(request), code))
    rows = Product.objects.filter(network=one, removed__isnull=True).order_by("code")
    return paged(rows, paging.page, paging.size, shown.product)


@router.post("/networks/{code}/products", **writes("add_product", shapes.Product, made=True))
def add_product(request: HttpRequest, code: str, given: shapes.ProductGiven) -> Status[shapes.Product]:
    """A good or a service on the network's list; its id is made from its name."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    return Status(201, shown.product(actions.add_product(who, one, **given.model_dump())))


def _product(one: Organisation, number: int) -> Product:
    return found(Product.objects.filter(network=one, pk=number, removed__isnull=True).first())


@router.put("/networks/{code}/products/{int:number}", **writes("edit_product", shapes.Product))
def edit_product(request: HttpRequest, code: str, number: int, given: shapes.ProductGiven) -> shapes.Product:
    """The product as it is now, wholly; its id stays."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    return shown.product(actions.edit_product(who, _product(one, number), **given.model_dump()))


@router.delete("/networks/{code}/products/{int:number}", **writes("remove_product", shapes.Product))
def remove_product(request: HttpRequest, code: str, number: int) -> shapes.Product:
    """Off the list; what is made, needed or promised of it has to go first."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    return shown.product(actions.remove_product(who, _product(one, number)))


# --- recipes, rules, routes, standing agreements ---


@router.get("/networks/{code}/recipes", **reads(shapes.Page[shapes.Recipe]))
def recipes(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """How the sites of the network make things, by id."""
    one, _ = found(visible.network_seen(reader(request), code))
    return paged(recipes_of(network=one), paging.page, paging.size, shown.recipe)


@router.get("/networks/{code}/rules", **reads(shapes.Page[shapes.Rule]))
def rules(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """What the assemblies decided, by rule and day."""
    one, _ = found(visible.network_seen(reader(request), code))
    rows = Rule.objects.filter(network=one).order_by("rule", "since", "pk")
    return paged(rows, paging.page, paging.size, shown.rule)


@router.post("/networks/{code}/rules", **writes("set_rule", shapes.Rule))
def set_rule(request: HttpRequest, code: str, given: shapes.SetRule) -> shapes.Rule:
    """A rule from a day on; one for the same day takes its place."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    return shown.rule(actions.set_rule(who, one, **given.model_dump()))


@router.get("/networks/{code}/routes", **reads(shapes.Page[shapes.Route]))
def routes(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The ways along which goods move; none: they move freely."""
    one, _ = found(visible.network_seen(reader(request), code))
    rows = Route.objects.filter(network=one).select_related("start", "end", "product")
    return paged(
        rows.order_by("start__code", "end__code", "product__code", "pk"), paging.page, paging.size, shown.route
    )


@router.post("/networks/{code}/routes", **writes("set_route", shapes.Route))
def set_route(request: HttpRequest, code: str, given: shapes.SetRoute) -> shapes.Route:
    """A way and what a unit costs on it; one for the same places and product takes its place."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    names = Names()
    start, end = names.organisation(given.start, "start"), names.organisation(given.end, "end")
    product = names.product(one, given.product) if given.product is not None else None
    names.check()
    return shown.route(actions.set_route(who, one, start=start, end=end, product=product, cost=given.cost))


@router.delete("/networks/{code}/routes/{int:number}", **writes("remove_route", shapes.Count))
def remove_route(request: HttpRequest, code: str, number: int) -> shapes.Count:
    """The way is not used any more; the answer says how many are left."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    row = found(Route.objects.filter(network=one, pk=number).first())
    actions.remove_route(who, one, route=row)
    return shapes.Count(count=Route.objects.filter(network=one).count())


@router.get("/networks/{code}/promises", **reads(shapes.Page[shapes.Promise]))
def promises(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The standing agreements that every plan serves before any need."""
    one, _ = found(visible.network_seen(reader(request), code))
    rows = (
        Promise.objects.filter(network=one, removed__isnull=True)
        .select_related("site__organisation", "receiver", "product")
        .order_by("pk")
    )
    return paged(rows, paging.page, paging.size, shown.promise)


@router.post("/networks/{code}/promises", **writes("keep_promise", shapes.Promise, made=True))
def keep_promise(request: HttpRequest, code: str, given: shapes.KeepPromise) -> Status[shapes.Promise]:
    """Write a standing agreement down."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    names = Names()
    place = names.site(one, given.site)
    receiver = names.row(
        Organisation.objects.filter(
            networks__network=one, networks__agreed__isnull=False, networks__left__isnull=True
        ),
        given.organisation,
        "organisation",
    )
    product = names.product(one, given.product)
    names.check()
    made = actions.keep_promise(
        who,
        one,
        site=place,
        receiver=receiver,
        product=product,
        quantity=given.quantity,
        period=given.period,
    )
    return Status(201, shown.promise(made))


@router.delete("/networks/{code}/promises/{int:number}", **writes("remove_promise", shapes.Promise))
def remove_promise(request: HttpRequest, code: str, number: int) -> shapes.Promise:
    """The agreement has ended."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    row = found(Promise.objects.filter(network=one, pk=number, removed__isnull=True).first())
    return shown.promise(actions.remove_promise(who, row))


# --- the whole workbook ---


@router.get("/networks/{code}/workbook", **reads(shapes.Workbook))
def workbook(request: HttpRequest, code: str) -> dict[str, Any]:
    """The network's records now, sheet by sheet as docs/workbook.md describes them; with the open round's periods.

    Who belongs to the network through an organisation gets that organisation's part, and the names of the others.
    """
    who = reader(request)
    one, rights = found(visible.network_seen(who, code))
    tables = tables_of(one, Round.objects.filter(network=one, closed__isnull=True).first())
    return tables_shown(visible.workbook_seen(who, one, rights, tables))


@router.put("/networks/{code}/workbook", **writes("upload_workbook", shapes.Count))
def upload_workbook(request: HttpRequest, code: str, given: shapes.Workbook) -> shapes.Count:
    """Everything the workbook says becomes the network's records; what it does not name is no longer there.

    All of it or nothing, with every fault. The answer says how many sheets were read.
    """
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    workbook_actions.upload_workbook(who, one, tables=tables_given(given, one.name))
    return shapes.Count(count=len(given.sheets))


def tables_shown(tables: Tables) -> dict[str, Any]:
    """A workbook as JSON: cells as text, null where blank."""
    return {
        "name": tables.name,
        "sheets": {
            name: {
                "columns": list(table.columns),
                "rows": [[cell_shown(cell) for cell in cells] for _, cells in table.rows],
            }
            for name, table in tables.sheets.items()
        },
    }


def cell_shown(cell: Cell) -> str | None:
    """A cell as text that reads back to the same value; null where blank."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else as_text(cell)


def tables_given(given: shapes.Workbook, name: str) -> Tables:
    """The workbook that was sent; the first row of a sheet is row 2, as in a spreadsheet."""
    sheets = {
        sheet: Table(
            tuple(table.columns),
            tuple(
                (number, tuple(None if cell == "" else cell for cell in row))
                for number, row in enumerate(table.rows, 2)
                if any(row)
            ),
        )
        for sheet, table in given.sheets.items()
    }
    return Tables(given.name or name, sheets)
