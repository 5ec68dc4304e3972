"""The language of a page: the person's own, or the browser's; and the currency of what it shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from solidaria.report.language import Language

CODES = tuple(code for code, _ in settings.LANGUAGES)
COOKIE = "language"


@lru_cache(maxsize=64)
def language(code: str, currency: str = "") -> Language:
    """One Language for each code and currency; they never change."""
    return Language(code, currency)


class LanguageMiddleware:
    """Chooses the language: what the person chose (kept in a cookie and with the person), else what the browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = request.COOKIES.get(COOKIE, "")
        if code not in CODES:
            code = translation.get_language_from_request(request)
        code = code if code in CODES else CODES[0]
        translation.activate(code)
        request.language = language(code)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", code)
        response.headers["Vary"] = ", ".join(
            sorted({*filter(None, response.headers.get("Vary", "").split(", ")), "Accept-Language", "Cookie"})
        )
        translation.deactivate()
        return response
