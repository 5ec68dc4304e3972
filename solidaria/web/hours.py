"""Hours sheets on pages: brought in, looked through, taken."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import bank
from solidaria.actions import hours as actions
from solidaria.core.books import HOURS, amount_of
from solidaria.core.problem import say
from solidaria.records.models import HoursSheet, Membership, Upload
from solidaria.records.statements import MOST_BYTES
from solidaria.web.answers import act, doer, form, organisation_for
from solidaria.web.bank import SHOWN, content_of, upload_of
from solidaria.web.typed import whole


@form
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Bring in an hours sheet, to look at it first; and those that were taken."""
    one, rights = organisation_for(request, code)

    def page(told: Any = None) -> HttpResponse:
        values = {
            "one": one,
            "rights": rights,
            "sheets": list(HoursSheet.objects.filter(organisation=one)[:20]),
            "waiting": list(
                Upload.objects.filter(organisation=one, kind="hours").exclude(content=b"").defer("content")
            ),
            "most": MOST_BYTES // 1_000_000,
        }
        return render(request, "bank/hours.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    file = request.FILES.get("file")
    return act(
        request,
        lambda: bank.bring_file(
            doer(request), one, kind="hours", name=(file.name or "") if file else "", content=content_of(file)
        ),
        lambda row: reverse("take_hours", args=[one.code, row.pk]),
        None,
        page,
    )


@form
def take(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What would be read of a sheet, with all faults; nothing is in the books before it is confirmed."""
    one, rights = organisation_for(request, code)
    upload = upload_of(one, number, "hours")
    if not upload.content and request.method != "POST":
        return HttpResponseRedirect(reverse("hours_sheet", args=[one.code]))

    def page(told: Any = None) -> HttpResponse:
        seen, faults = actions.faults_of(upload) if upload.content else (None, ())
        rows = list(zip(seen.sheet.rows, seen.states, strict=True)) if seen is not None else []
        names = dict(Membership.objects.filter(organisation=one).values_list("pk", "person__name"))
        values = {
            "one": one,
            "rights": rights,
            "upload": upload,
            "seen": seen,
            "file_faults": faults,
            "rows": [
                (row, names.get(row.member, ""), amount_of(row.effort, HOURS), state)
                for row, state in rows[:SHOWN]
            ],
            "more": max(0, len(rows) - SHOWN),
            "hours": amount_of(sum(row.effort for row, _ in rows), HOURS),
            "known": bank.STATES,
        }
        return render(request, "bank/hours_look.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    also = [row for text in request.POST.getlist("also") if (row := whole(text)) is not None]
    return act(
        request,
        lambda: actions.take_hours(doer(request), one, upload=upload, also=also),
        lambda _: reverse("books", args=[one.code]),
        say("Written into the books."),
        page,
    )
