"""Pages travel compressed where nobody can learn a secret from their length."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

#: A page shorter than this travels as it is.
LEAST = 1_000


class CompressMiddleware(GZipMiddleware):
    """Compresses pages that were asked for without any text in the address, and nothing else.

    Who can choose a part of a compressed page, and see how long it is, can guess the rest of it letter by letter
    (BREACH). So a page that shows what the address or a form said is never compressed: an attacker would have to
    write his guesses into the records themselves. Django's own compression also adds a length drawn by chance, and
    masks the key of forms anew for each page.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response, compressed or not."""
        page = response.headers.get("Content-Type", "").startswith("text/html")
        plain = all(value.isdecimal() for values in request.GET.lists() for value in values[1])
        if request.method != "GET" or response.status_code != 200 or not page or not plain:
            return response
        if not response.streaming and len(response.content) < LEAST:  # type: ignore[attr-defined]
            return response
        return super().process_response(request, response)
