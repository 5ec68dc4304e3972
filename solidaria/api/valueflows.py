"""Valueflows 1.0.0 as JSON-LD, for programs of other networks: organisations, recipes, needs, plans, books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from ninja import Query, Router

from solidaria.actions import visible
from solidaria.actions.permit import may_read
from solidaria.api import linked, linked_books, shapes
from solidaria.api.agree import sides_of
from solidaria.api.answers import detail, found, language_of, reader, reads
from solidaria.api.capacity import recipes_of
from solidaria.core.problem import say
from solidaria.core.valueflows import context
from solidaria.records.models import LogEntry, Need, Round
from solidaria.records.results import result_of

router = Router(tags=["valueflows"])

KIND = "application/ld+json"
Document = dict[str, Any]


def _document(content: Mapping[str, Any]) -> HttpResponse:
    return JsonResponse(content, content_type=KIND)


def _addresses(request: HttpRequest) -> linked.Addresses:
    at = request.build_absolute_uri(reverse("api-1:vf_context"))
    return linked.Addresses(at.removesuffix("context.jsonld"))


@router.get("/vf/context.jsonld", **reads(Document, public=True), url_name="vf_context")
def vf_context(request: HttpRequest) -> HttpResponse:
    """What the names in the other documents mean."""
    return _document(context())


@router.get("/vf/organisations/{code}", **reads(Document, public=True))
def vf_organisation(request: HttpRequest, code: str) -> HttpResponse:
    """An organisation, as far as its assembly shows it to everybody."""
    one = found(visible.by_code(code))
    face = visible.public_face(one, datetime.now(UTC))
    return _document(linked.organisation(_addresses(request), one, face))


@router.get("/vf/organisations/{code}/agreements", **reads(Document))
def vf_agreements(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> HttpResponse:
    """The agreements an organisation is a side of, with their promises as commitments; a page of them."""
    one, _ = found(visible.organisation_seen(reader(request), code))
    start = (paging.page - 1) * paging.size
    rows = list(sides_of(one)[start : start + paging.size])
    return _document(linked_books.agreements(_addresses(request), one, rows))


@router.get("/vf/organisations/{code}/books", **reads(Document))
def vf_books(request: HttpRequest, code: str, paging: Query[shapes.Paging]) -> HttpResponse:
    """What an organisation holds as resources, and a page of the events of its log, in their order."""
    one, _ = found(visible.organisation_seen(reader(request), code))
    start = (paging.page - 1) * paging.size
    entries = (
        LogEntry.objects.filter(organisation=one, event__isnull=False).select_related("event").order_by("place")
    )
    events = [row.event.value for row in entries[start : start + paging.size] if row.event is not None]
    return _document(linked_books.books(_addresses(request), one, events))


@router.get("/vf/networks/{code}/recipes", **reads(Document))
def vf_recipes(request: HttpRequest, code: str) -> HttpResponse:
    """The recipes of a network: all, or those of one's own organisations."""
    who = reader(request)
    one, rights = found(visible.network_seen(who, code))
    rows = recipes_of(network=one)
    if not may_read("whole_workbook", rights):
        rows = rows.filter(site__organisation__code__in=visible.own_in(who))
    return _document(linked.recipes(_addresses(request), one, rows))


@router.get("/vf/networks/{code}/needs", **reads(Document))
def vf_needs(request: HttpRequest, code: str) -> HttpResponse:
    """The needs of a network that count, each an intent in a proposal."""
    one, _ = found(visible.network_seen(reader(request), code))
    rows = Need.objects.filter(network=one, withdrawn__isnull=True, gathered__isnull=True)
    current = Round.objects.filter(network=one, closed__isnull=True).first()
    ordered = rows.select_related("product", "organisation").order_by("code")
    return _document(linked.needs(_addresses(request), one, ordered, current))


@router.get("/vf/plans/{int:number}", **reads(Document, codes=(409,)))
def vf_plan(request: HttpRequest, number: int) -> HttpResponse:
    """A plan that is done."""
    row, one, _ = found(visible.variant_seen(reader(request), number))
    result = result_of(row.pk)
    if result is None:
        return detail(request, say("This plan is not ready."), 409)
    language = language_of(request, result.network.rules.currency)
    return _document(linked.plan(_addresses(request), one, row, result, language))
