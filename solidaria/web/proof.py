"""Proof: the signed checkpoints of an organisation's books, what proves one entry, and that the log only grew."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from solidaria.actions.proof import checkpoint_of, checkpoint_over, growth_of, proof_of_entry, public_key
from solidaria.records.models import LogCheckpoint, LogEntry, Organisation
from solidaria.web.answers import members_only, organisation_for

PER_PAGE = 50


def proof_values(one: Organisation, place: int) -> dict[str, Any]:
    """What the page of an entry says about its proof; without the proof itself, which takes reading the whole log."""
    row = checkpoint_over(one, place)
    allies = [each.ally.name for each in row.countersignatures.select_related("ally")] if row is not None else []
    return {"proved_by": row, "proved_with": allies}


@members_only
def checkpoints(request: HttpRequest, code: str) -> HttpResponse:
    """Every signed checkpoint, who countersigned it, and the proof that the log only grew since."""
    one, rights = organisation_for(request, code)
    rows = LogCheckpoint.objects.filter(organisation=one).prefetch_related("countersignatures__ally")
    values = {
        "one": one,
        "rights": rights,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "last": rows.first(),
        "entries": LogEntry.objects.filter(organisation=one).count(),
        "public": public_key(one),
    }
    return render(request, "books/checkpoints.html", values)


def _file(text: str | None, name: str, kind: str = "application/json") -> HttpResponse:
    if text is None:
        raise Http404
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@members_only
def entry_file(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What proves one entry, by its place in the log, as a small file."""
    one, _ = organisation_for(request, code)
    proof = proof_of_entry(one, number)
    return _file(proof.text if proof is not None else None, f"{one.code}.entry-{number}.json")


@members_only
def growth_file(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What proves that the log only grew since the checkpoint of so many entries."""
    one, _ = organisation_for(request, code)
    proof = growth_of(one, number)
    return _file(proof.text if proof is not None else None, f"{one.code}.growth-{number}.json")


@members_only
def checkpoint_file(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The signed checkpoint of so many entries, to keep away from the server."""
    one, _ = organisation_for(request, code)
    row = checkpoint_of(one, number)
    return _file(row.note if row is not None else None, f"{one.code}.checkpoint-{number}.txt", "text/plain")
