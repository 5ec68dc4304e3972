"""From a form to an action and back: one way for all pages to act, to refuse, and to say what happened."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from solidaria.actions.permit import Doer, NotAllowed
from solidaria.actions.visible import network_seen, organisation_seen
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.workbook.cells import DIGITS_ONLY
from solidaria.records.models import Organisation, Person
from solidaria.web.language import language

View = Callable[..., HttpResponse]
Seen = TypeVar("Seen")


def shown(view: View) -> View:
    """A page that only shows something."""
    return require_http_methods(["GET", "HEAD"])(view)


def form(view: View) -> View:
    """A page with a form: for people who are signed in."""
    return require_http_methods(["GET", "HEAD", "POST"])(login_required(view))


def button(view: View) -> View:
    """Something done by one button: for people who are signed in."""
    return require_http_methods(["POST"])(login_required(view))


def members_only(view: View) -> View:
    """A page for people who are signed in; the view itself decides whose."""
    return require_http_methods(["GET", "HEAD"])(login_required(view))


def person(request: HttpRequest) -> Person:
    """Who is signed in."""
    assert isinstance(request.user, Person)
    return request.user


def doer(request: HttpRequest) -> Doer:
    """Who acts, with the form's own key."""
    key = request.POST.get("once", "")[:64]
    return Doer(person(request), key=key)


def seen(what: Seen | None) -> Seen:
    """What the person may see; the page for what does not exist where there is nothing of that kind for him or her."""
    if what is None:
        raise Http404
    return what


def organisation_for(request: HttpRequest, code: str) -> tuple[Organisation, set[str]]:
    """An organisation the person has any right in, and these rights; otherwise as if it did not exist."""
    return seen(organisation_seen(Doer(person(request)), code))


def network_for(request: HttpRequest, code: str) -> tuple[Organisation, set[str]]:
    """A network the person may look into, and his or her rights in the network itself: "inside" for those who belong.

    Inside are members of the network and members of organisations that belong to it; for others it does not exist.
    """
    return seen(network_seen(Doer(person(request)), code))


def act(
    request: HttpRequest,
    do: Callable[[], Any],
    done: Callable[[Any], str],
    said: Sentence | None,
    again: Callable[[Mapping[str, Any]], HttpResponse],
) -> HttpResponse:
    """Do it; then go to `done(what came of it)` and say so; or show the form again with every fault by its field.

    again   shows the page, given the names `given` (what was typed), `fault` (by column) and `faults` (the rest)
    """
    try:
        answer = do()
    except Refused as refusal:
        response = again(told(refusal, request.POST))
        response.content = with_labels(response.content)
        response.status_code = 422
        return response
    if said is not None:
        messages.success(request, request.language.text(said))  # type: ignore[attr-defined]
    return HttpResponseRedirect(done(answer))


_NAMELESS = re.compile(rb"<!--f-([\w-]+)-->")


def with_labels(page: bytes) -> bytes:
    """A page whose list of faults calls each field as its label does, so that nobody has to guess which one is meant.

    The list stands above the fields, and only the page itself knows their labels: the list leaves a mark for each.
    What people typed is escaped, so no mark is theirs. A fault whose field the page does not show stays without.
    """

    def label(mark: re.Match[bytes]) -> bytes:
        field = re.escape(mark[1])
        found = re.search(rb'<label for="f-%s">([^<]*)|id="f-%s">\s*<legend>([^<]*)' % (field, field), page)
        words = (found[1] or found[2] or b"").strip() if found else b""
        return b"<b>%s:</b> " % words.rstrip(b":?") if words else b""

    return _NAMELESS.sub(label, page)


def within(request: HttpRequest, address: str) -> str:
    """The address, when it leads to a page of this server; blank when it would lead people elsewhere."""
    inside = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if inside else ""


def told(refusal: Refused, given: Mapping[str, Any]) -> dict[str, Any]:
    """A refusal as templates show it: the first fault of each column beside its field, all of them on top."""
    faults = [_as_typed_here(fault) for fault in refusal.faults]
    by_column: dict[str, Fault] = {}
    for fault in faults:
        if fault.column:
            by_column.setdefault(fault.column, fault)
    return {"given": given, "fault": by_column, "faults": faults}


def _as_typed_here(fault: Fault) -> Fault:
    """On a form numbers are typed as the page's language writes them, in the cell of a sheet with a point."""
    if fault.row is not None or fault.help != DIGITS_ONLY:
        return fault
    help = say("Write digits only, such as 12 or {number}; no units, no signs of money.", number=Decimal("1.5"))
    return replace(fault, help=help)


def acting(again: str) -> Callable[[View], View]:
    """For buttons: a refusal becomes a message, and the person is back at the page `again` names in the form or here."""

    def wrap(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            try:
                return view(request, *arguments, **named)
            except Refused as refusal:
                for fault in refusal.faults[:3]:
                    text = request.language.text  # type: ignore[attr-defined]
                    messages.error(request, f"{text(fault.what)} {text(fault.help)}")
                return HttpResponseRedirect(again)

        return run

    return wrap


class RefusalMiddleware:
    """Turns what a person may not do into pages: hidden things look as if they did not exist.

    No cache on the way keeps a page, and the browser asks before it shows one again; who signs out on a phone that
    others use takes along what the browser kept.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.user.is_authenticated
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if known and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for an action that was not allowed or was refused and had no form to go back to."""
        if isinstance(exception, NotAllowed):
            if exception.hidden:
                return not_found(request)
            return render(request, "not_allowed.html", {"sentence": exception.sentence}, status=403)
        if isinstance(exception, Refused):
            return render(request, "refused.html", told(exception, {}), status=422)
        return None


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same page for what does not exist and for what is not this person's to see."""
    _prepare(request)
    return render(request, "not_found.html", status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request no browser of ours sends."""
    _prepare(request)
    large = isinstance(exception, SuspiciousOperation)
    return render(request, "bad_request.html", {"large": large}, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our own fault."""
    _prepare(request)
    return render(request, "server_error.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from one of our pages, or from one that is too old."""
    _prepare(request)
    return render(request, "too_old.html", status=403)


def _prepare(request: HttpRequest) -> None:
    if not hasattr(request, "language"):
        request.language = language("en")  # type: ignore[attr-defined]
