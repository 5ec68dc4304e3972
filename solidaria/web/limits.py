"""What is done before anybody looks at it: requests that are too large are refused, and typed text is cleaned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from solidaria.core.signs import cleaned
from solidaria.records.photos import MOST_BYTES as MOST_PHOTO
from solidaria.records.statements import MOST_BYTES as MOST_STATEMENT
from solidaria.web.needs import MOST_BYTES
from solidaria.web.plan import MOST_WORKBOOK

#: Bytes of a whole request; a form without a file is far smaller.
MOST_FORM = 2_500_000
#: What the parts around a file take in a request.
AROUND = 100_000
#: Page -> bytes of a request, where a file comes with it. Uploads of the API are workbooks.
UPLOADS = {
    "upload_needs": MOST_BYTES + AROUND,
    "workbook": MOST_WORKBOOK + AROUND,
    "bring_statement": MOST_STATEMENT + AROUND,
    "hours_sheet": MOST_STATEMENT + AROUND,
    "hand_over": MOST_PHOTO + AROUND,
}
API = "/api/"
#: In the name of every field that holds one.
PASSWORD = "password"
#: The largest number a row can have.
LARGEST = 2**63 - 1


class LimitsMiddleware:
    """Refuses a request by its announced length before its body is read; takes signs that nobody sees out of a form.

    So whatever form it is, a sign that came along by copying never costs what was typed. Passwords stay as typed.
    Stands before the middleware that reads forms.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: Any, named: dict[str, Any]
    ) -> HttpResponse | None:
        """The page that says so, or None to go on."""
        name = request.resolver_match.url_name if request.resolver_match else None
        most = UPLOADS.get(name or "", UPLOADS["workbook"] if request.path.startswith(API) else MOST_FORM)
        if length(request) > most:
            told = {"large": True, "most": most // 1_000_000, "back": request.path if name in UPLOADS else ""}
            return render(request, "bad_request.html", told, status=413)
        if any("\x00" in str(value) or (isinstance(value, int) and value > LARGEST) for value in named.values()):
            raise Http404
        if any(_unkept(values) for _, values in request.GET.lists()):
            return render(request, "bad_request.html", {"large": False}, status=400)
        if request.method == "POST" and any(_unclean(key, values) for key, values in request.POST.lists()):
            clean = QueryDict(mutable=True, encoding=request.POST.encoding)
            for key, values in request.POST.lists():
                clean.setlist(cleaned(key), values if PASSWORD in key else [cleaned(value) for value in values])
            clean._mutable = False
            request.POST = clean  # type: ignore[assignment]
        return None


def length(request: HttpRequest) -> int:
    """The bytes the request says it has."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _unclean(key: str, values: list[str]) -> bool:
    return cleaned(key) != key or (PASSWORD not in key and any(cleaned(value) != value for value in values))


def _unkept(values: Iterable[Any]) -> bool:
    return any("\x00" in value for value in values if isinstance(value, str))
