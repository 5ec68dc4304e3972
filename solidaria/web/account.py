"""A person's own page: what is kept about him or her, the language, the keys to get in, the keys of programs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from allauth.core.ratelimit import consume_or_429
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from solidaria.actions import sign_in as actions
from solidaria.actions.acting import refused
from solidaria.actions.permit import PURPOSES, live_mandates
from solidaria.core.problem import Sentence, say
from solidaria.records.models import Mandate, Membership, Person
from solidaria.web.answers import act, button, doer, form, members_only, person
from solidaria.web.kept import TABLES
from solidaria.web.language import CODES, COOKIE

#: For pages that list people: their organisations of today, as `row.there`.
LIVE_MEMBERSHIPS = Prefetch(
    "memberships",
    Membership.objects.filter(left__isnull=True).select_related("organisation").order_by("organisation__name"),
    to_attr="there",
)
#: Columns that are neither shown nor handed out: they open doors.
SECRET = {"password", "digest", "secret", "data"}
#: For how many days a key for a program can be made.
DAYS = (30, 90, 366)


def live_mandates_of_people() -> Prefetch[Any]:
    """For pages that list people: their mandates of today, as `row.holds`."""
    return Prefetch("mandates", live_mandates(datetime.now(UTC)).select_related("organisation"), to_attr="holds")


def keep_language(request: HttpRequest, response: HttpResponse, code: str) -> None:
    """The language of this device."""
    if code in CODES:
        response.set_cookie(
            COOKIE, code, max_age=365 * 24 * 3600, httponly=True, samesite="Lax", secure=request.is_secure()
        )


@require_http_methods(["POST"])
def change_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie, and with the person."""
    code, back = request.POST.get("language", ""), request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    if code in CODES and request.user.is_authenticated:
        actions.change_language(person(request), code)
    keep_language(request, response, code)
    return response


# --- what is kept about me ---


@never_cache
@members_only
def account(request: HttpRequest) -> HttpResponse:
    """What is kept about me, and how I get in."""
    me = person(request)
    at = datetime.now(UTC)
    ways = Authenticator.objects.filter(user=me)
    return render(
        request,
        "account/account.html",
        {
            "memberships": me.memberships.select_related("organisation").order_by("-entered", "pk"),
            "mandates": me.mandates.select_related("organisation"),
            "counts": counts(me),
            "passkeys": ways.filter(type=Authenticator.Type.WEBAUTHN).count(),
            "app": ways.filter(type=Authenticator.Type.TOTP).exists(),
            "alive": me.tokens.filter(revoked__isnull=True, ends__gte=at.date()).count(),
            "asked": actions.open_recoveries(me, at),
            "has_email": settings.HAS_EMAIL,
        },
    )


@never_cache
@members_only
def data(request: HttpRequest) -> HttpResponse:
    """Everything kept about me, as a file."""
    text = json.dumps(everything(person(request)), ensure_ascii=False, indent=1, sort_keys=True, default=str)
    response = HttpResponse(text + "\n", content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="solidaria-my-data.json"'
    return response


def everything(me: Person) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that points at the person, without the secrets that open doors.

    It follows the database's own relations, so that a table that is added later is in it from its first day. Where
    a row names somebody else besides, only its number is handed out: the rest is about that person.
    """
    found: dict[str, list[dict[str, Any]]] = {"Person": [_row(me)]}
    for model, fields in tables_about_people():
        rows = {row.pk: row for field in fields for row in _rows(model, field, me)}
        found[model.__name__] = [_about(rows[key], fields, me) for key in sorted(rows)]
    return found


def tables_about_people() -> list[tuple[type[Model], list[str]]]:
    """Every table of the database that points at a person, and the fields by which it does."""
    found = []
    for model in apps.get_models():
        relations = [field for field in model._meta.concrete_fields if field.is_relation]
        fields = [field.name for field in relations if field.related_model is Person]
        if fields:
            found.append((model, fields))
    return found


def counts(me: Person) -> list[tuple[Sentence, int]]:
    """How many rows each table keeps about the person, in words."""
    found = {
        model.__name__: sum(_rows(model, field, me).count() for field in fields)
        for model, fields in tables_about_people()
    }
    return [(TABLES[name].what, found[name]) for name in TABLES if found.get(name)]


def _rows(model: type[Model], field: str, me: Person) -> QuerySet[Any]:
    return model._base_manager.filter(**{field: me.pk}).order_by("pk")


def _about(row: Model, fields: list[str], me: Person) -> dict[str, Any]:
    others = [field for field in fields if getattr(row, f"{field}_id") not in (None, me.pk)]
    return {"id": row.pk} if others else _row(row)


def _row(row: Model) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if field.name not in SECRET]
    return {field.attname: getattr(row, field.attname) for field in fields}


@button
def stop_recovery(request: HttpRequest) -> HttpResponse:
    """It was not me who cannot get in."""
    actions.stop_recoveries(person(request), datetime.now(UTC))
    messages.success(request, request.language.text(say("Stopped. The code opens nothing any more.")))  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("account"))


@never_cache
@sensitive_post_parameters("password")
@form
def close(request: HttpRequest) -> HttpResponse:
    """Close the account: off every roll, and what is kept about me shrinks to what the organisations' history needs."""
    me = person(request)

    def page(told: Any = None) -> HttpResponse:
        there = me.memberships.filter(left__isnull=True).select_related("organisation")
        return render(request, "account/close.html", {"there": there, **(told or {})})

    if request.method != "POST":
        return page()
    waits: HttpResponse | None = consume_or_429(request, action="reauthenticate")
    if waits is not None:
        return waits
    password = request.POST.get("password", "")[:500]
    answer = act(
        request,
        lambda: actions.close_account(me, password, datetime.now(UTC)),
        lambda _: reverse("home"),
        None,
        page,
    )
    if answer.status_code == 302:
        logout(request)
        messages.success(request, request.language.text(say("Your account is closed. Go well.")))  # type: ignore[attr-defined]
    return answer


# --- keys for programs ---


@never_cache
@form
def tokens(request: HttpRequest) -> HttpResponse:
    """Keys for programs that act for me: make one, see which there are."""
    me, today = person(request), date.today()
    held = list(live_mandates(datetime.now(UTC)).filter(person=me).select_related("organisation"))
    shown: list[str] = []

    def page(told: Any = None) -> HttpResponse:
        values = {
            "tokens": me.tokens.select_related("mandate__organisation").order_by("-pk")[:60],
            "today": today,
            "mandates_list": [("", say("none: only what every member may do")), *map(_mandate, held)],
            "days_list": [(days, say("{count} days", count=days)) for days in DAYS],
            "shown": shown,
            "made": False,
        }
        return render(request, "account/tokens.html", {**values, **(told or {})})

    if request.method != "POST":
        return page()
    post = request.POST
    chosen = next((one for one in held if str(one.pk) == post.get("mandate")), None)

    def make() -> Any:
        if post.get("mandate") and chosen is None:
            raise refused("mandate", say("This mandate is not yours, or has ended."), say("Choose another one."))
        return actions.make_token(
            doer(request),
            None if chosen is None else chosen.organisation,
            name=post.get("name", ""),
            days=int(post["days"]) if post.get("days", "") in map(str, DAYS) else None,
            shown=shown,
            mandate=chosen,
        )

    answer = act(request, make, lambda _: reverse("tokens"), None, page)
    # The key's text is kept nowhere: it is shown on the answer to the form itself, or never.
    return page({"made": True}) if answer.status_code == 302 else answer


def _mandate(row: Mandate) -> tuple[int, Sentence]:
    return row.pk, say("{purpose} of {organisation}", purpose=_purpose(row), organisation=row.organisation.name)


def _purpose(row: Mandate) -> Sentence | str:
    return PURPOSES[row.purpose][0] if row.purpose in PURPOSES else row.purpose


@button
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    """A key of mine opens nothing any more."""
    row = person(request).tokens.filter(pk=number).select_related("mandate__organisation").first()
    about = row.mandate.organisation if row is not None and row.mandate is not None else None
    actions.revoke_token(doer(request), about, token=number)
    messages.success(request, request.language.text(say("Revoked. The key opens nothing any more.")))  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("tokens"))
