"""Needs, for programs: those of an organisation, those of a network."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from solidaria.actions import needs as actions
from solidaria.actions import visible
from solidaria.actions.acting import refused
from solidaria.api import shapes, shown
from solidaria.api.answers import doer, found, paged, reader, reads, writes
from solidaria.api.named import Names
from solidaria.core.problem import say
from solidaria.core.workbook.tables import Cell, Table, Tables
from solidaria.records.models import Need, Organisation

router = Router(tags=["needs"])

#: Columns of an uploaded sheet of needs, in the order of the pages.
COLUMNS = ("words", "product", "quantity", "unit", "period", "tier", "pays", "people", "note")


def _rows(**where: Any) -> QuerySet[Need]:
    return (
        Need.objects.filter(**where)
        .select_related("product", "network", "organisation")
        .prefetch_related("gathers")
        .order_by("tier", "words", "pk")
    )


def _counting(**where: Any) -> QuerySet[Need]:
    return _rows(**where, withdrawn__isnull=True, gathered__isnull=True)


def _network(one: Organisation, code: str | None) -> Organisation:
    """The network a need is for: the named one, else the only one."""
    networks = visible.networks_of(one)
    chosen = [row for row in networks if code is None or row.code == code]
    if len(chosen) != 1:
        raise refused(
            "network",
            say("This is not one network the organisation belongs to."),
            say("Its networks are: {networks}.", networks=", ".join(row.code for row in networks) or "–"),
        )
    return chosen[0]


@router.get("/organisations/{code}/needs", **reads(shapes.Page[shapes.NeedInside]))
def needs(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """The needs of an organisation that count, the most essential first."""
    who = reader(request)
    one, _ = found(visible.organisation_seen(who, code))
    rows = _counting(organisation=one)
    return paged(rows, paging.page, paging.size, lambda row: shown.need_inside(row, who))


@router.get("/organisations/{code}/needs/{int:number}", **reads(shapes.NeedInside))
def need(request: HttpRequest, code: str, number: int) -> shapes.NeedInside:
    """One need, also one that was withdrawn or gathered."""
    who = reader(request)
    one, _ = found(visible.organisation_seen(who, code))
    return shown.need_inside(found(_rows(organisation=one, pk=number).first()), who)


@router.post("/organisations/{code}/needs", **writes("declare_need", shapes.NeedInside, made=True))
def declare_need(request: HttpRequest, code: str, given: shapes.DeclareNeed) -> Status[shapes.NeedInside]:
    """Say what is needed: in words, with a quantity, and by the id of the product if it is known."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    network = _network(one, given.network)
    values = _values(network, given.model_dump(exclude={"network"}))
    made = actions.declare_need(who, one, network=network, **values)
    return Status(201, shown.need_inside(_rows(pk=made.pk).get(), who))


@router.patch("/organisations/{code}/needs/{int:number}", **writes("edit_need", shapes.NeedInside))
def edit_need(request: HttpRequest, code: str, number: int, given: shapes.EditNeed) -> shapes.NeedInside:
    """Change a need; what is not sent stays."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    row = found(_rows(organisation=one, pk=number).first())
    actions.edit_need(who, row, **_values(row.network, given.model_dump(exclude_unset=True)))
    return shown.need_inside(_rows(pk=row.pk).get(), who)


def _values(network: Organisation, given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with the product looked up; a need that only names a product is called like it."""
    if given.get("product") is not None:
        names = Names()
        product = names.product(network, given["product"])
        names.check()
        given["product"] = product
        if "words" in given and not given["words"]:
            given["words"] = product.name
    return given


@router.post("/organisations/{code}/needs/{int:number}/withdraw", **writes("withdraw_need", shapes.NeedInside))
def withdraw_need(request: HttpRequest, code: str, number: int) -> shapes.NeedInside:
    """Withdraw a need: it no longer counts, and stays readable."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    row = found(_rows(organisation=one, pk=number).first())
    actions.withdraw_need(who, row)
    return shown.need_inside(_rows(pk=row.pk).get(), who)


@router.post("/organisations/{code}/needs/gather", **writes("gather_needs", shapes.NeedInside, made=True))
def gather_needs(request: HttpRequest, code: str, given: shapes.Gather) -> Status[shapes.NeedInside]:
    """Make one need of several alike; the small ones are kept in it."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    made = actions.gather_needs(who, one, needs=given.needs, words=given.words, tier=given.tier)
    return Status(201, shown.need_inside(_rows(pk=made.pk).get(), who))


@router.post("/organisations/{code}/needs/rank", **writes("rank_needs", shapes.Ranked))
def rank_needs(request: HttpRequest, code: str, given: shapes.Rank) -> shapes.Ranked:
    """How essential each need is, as the assembly ranked them; needs that are not sent stay where they are."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    wrong = sorted(number for number in given.tiers if not number.isdecimal() or len(number) > 18)
    if wrong:
        raise refused(
            "tiers",
            say("“{id}” is not the number of a need.", id=wrong[0][:40]),
            say("Look in the list of needs."),
        )
    actions.rank_needs(who, one, tiers={int(number): tier for number, tier in given.tiers.items()})
    return shapes.Ranked(needs=_counting(organisation=one).count())


@router.post("/organisations/{code}/needs/upload", **writes("upload_needs", shapes.Ranked))
def upload_needs(request: HttpRequest, code: str, given: shapes.UploadNeeds) -> shapes.Ranked:
    """Many needs at once: all of them, or none and every fault with its row (the first row sent is row 2)."""
    who = doer(request)
    one, _ = found(visible.organisation_seen(who, code))
    network = _network(one, given.network)
    more = sorted({name for row in given.rows for name in row} - set(COLUMNS))
    columns = (*COLUMNS, *more)
    rows: list[tuple[int, tuple[Cell, ...]]] = [
        (number, tuple(row.get(name) for name in columns)) for number, row in enumerate(given.rows, 2)
    ]
    tables = Tables("needs", {"needs": Table(columns, tuple(rows))})
    actions.upload_needs(who, one, network=network, tables=tables)
    return shapes.Ranked(needs=_counting(organisation=one).count())


# --- a network's ---


@router.get("/networks/{code}/needs", **reads(shapes.Page[shapes.Need]))
def network_needs(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> dict[str, Any]:
    """All needs in a network that count: what is needed, by which organisation, how much."""
    one, _ = found(visible.network_seen(reader(request), code))
    return paged(_counting(network=one), paging.page, paging.size, shown.need)


@router.post("/networks/{code}/needs/{int:number}/product", **writes("match_need", shapes.Need))
def match_need(request: HttpRequest, code: str, number: int, given: shapes.Match) -> shapes.Need:
    """Say which product of the network a need in words is."""
    who = doer(request)
    one, _ = found(visible.network_seen(who, code))
    row = found(_rows(network=one, pk=number).first())
    names = Names()
    product = names.product(one, given.product)
    names.check()
    actions.match_need(who, one, need=row, product=product)
    return shown.need(_rows(pk=row.pk).get())
