"""A person's own page: the language, the keys to get in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from solidaria.web.answers import members_only
from solidaria.web.language import CODES, COOKIE


@require_http_methods(["POST"])
def change_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie, and with the person."""
    code, back = request.POST.get("language", ""), request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    if code in CODES:
        response.set_cookie(
            COOKIE, code, max_age=365 * 24 * 3600, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return response


@members_only
def account(request: HttpRequest) -> HttpResponse:
    """What is kept about me, and how I get in."""
    return render(request, "account/account.html")
