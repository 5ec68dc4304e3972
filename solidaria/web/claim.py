"""Who: organisations that a network entered get their own assemblies: the network prints a code, the assembly comes in."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from solidaria.actions import claim as actions
from solidaria.actions.permit import PURPOSES, may
from solidaria.core.problem import say
from solidaria.records.models import Organisation
from solidaria.web.answers import act, button, doer, form, members_only, network_for
from solidaria.web.typed import amount


@members_only
def entered(request: HttpRequest, code: str) -> HttpResponse:
    """The organisations a network entered and nobody runs yet, each with a way to get its founding code."""
    one, rights = network_for(request, code)
    if not may("print_founding_code", rights):
        raise Http404
    rows = list(actions.entered_and_unrun(one)[:1000])
    return render(request, "who/entered.html", {"one": one, "rights": rights, "rows": rows})


@button
def founding_code(request: HttpRequest, code: str, other: str) -> HttpResponse:
    """Print the code for one founding assembly; shown once."""
    one, rights = network_for(request, code)
    organisation = Organisation.objects.filter(code=other, entered_by=one).first()
    if organisation is None:
        raise Http404
    codes: list[str] = []
    actions.print_founding_code(doer(request), one, organisation=organisation, codes=codes)
    values = {"one": one, "rights": rights, "organisation": organisation, "codes": codes}
    return render(request, "who/founding_code.html", values)


@form
def claim(request: HttpRequest) -> HttpResponse:
    """Bring the founding assembly of an organisation that a network entered: its code and its minutes."""

    tasks = [(purpose, words) for purpose, (words, _) in PURPOSES.items()]

    def page(told: Any = None) -> HttpResponse:
        return render(request, "who/claim.html", {"purposes_list": tasks, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    return act(
        request,
        lambda: actions.take_over_entered(
            doer(request),
            None,
            code=post.get("code", "")[:60],
            held_on=_day(post.get("held_on")),
            present=amount(request, post.get("present", "")[:60]),
            minutes=post.get("minutes", "")[:20000],
            purposes=post.getlist("purposes"),
        ),
        lambda one: reverse("inside", args=[one.code]),
        say("The organisation is in the hands of its own assembly now."),
        page,
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
