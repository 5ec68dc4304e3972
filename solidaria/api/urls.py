"""The API's addresses, all under /api/v1/: JSON only, no cookies, and one answer for all that is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt

from solidaria.api import agree, books, capacity, needs, networks, plans, shapes, valueflows, who
from solidaria.api.answers import NOTHING_HERE, Api, answer_errors, detail, language_of
from solidaria.core.problem import say

View = Callable[..., HttpResponse]

api = Api(
    title="Solidaria",
    version="1",
    description=(
        "The actions of Solidaria for programs. A key (made on the page of your account) carries what you may do as a "
        "member, and the rights of one mandate at most. Amounts are text with a decimal point. Everything that is "
        "refused comes with every reason. See docs/api.md."
    ),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api-1",
)
for part in (who, needs, capacity, networks, plans, agree, books, valueflows):
    api.add_router("", part.router)
answer_errors(api)


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI description, as JSON holds it."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=reverse("api-1:api-root").lstrip("/")))
    return found


def openapi(request: HttpRequest) -> HttpResponse:
    """What there is to ask, for programs that write programs."""
    return JsonResponse(description())


def start(request: HttpRequest) -> HttpResponse:
    """Where to go on from here."""
    here = shapes.Start(
        title="Solidaria",
        openapi=reverse("api-1:openapi-json"),
        context=reverse("api-1:vf_context"),
        me=reverse("api-1:me"),
    )
    return JsonResponse(here.model_dump())


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The answer for every address that is none."""
    return detail(request, NOTHING_HERE, 404)


def shows(view: View) -> View:
    """A view that only shows something."""

    @wraps(view)
    def run(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if request.method != "GET":
            return HttpResponse(status=405, headers={"Allow": "GET"})
        return view(request, *arguments, **named)

    return run


def answering(view: View) -> View:
    """What every address has in common: HEAD, JSON also where the method is wrong, the language, nothing kept."""

    @csrf_exempt
    @wraps(view)
    def run(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if request.method == "HEAD":
            # The server leaves the body out.
            request.method = "GET"
        try:
            response = view(request, *arguments, **named)
        except RequestDataTooBig:
            response = detail(request, say("This is too large for one request."), 413)
        if response.status_code == 405:
            allowed = response["Allow"]
            response = detail(request, say("This address is not asked like this."), 405)
            response["Allow"] = allowed
        response.headers["Content-Language"] = language_of(request).code
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return run


def _patterns() -> list[URLPattern]:
    """Every address of the API, each wrapped in `answering`; the last one is for all that is left."""
    patterns, _, _ = api.urls
    found = [one for one in patterns if isinstance(one, URLPattern) and one.name != "api-root"]
    found += [
        path("", shows(start), name="api-root"),
        path("openapi.json", shows(openapi), name="openapi-json"),
        path("<path:rest>", nothing_here, name="nothing-here"),
    ]
    for one in found:
        one.callback = answering(one.callback)
    return found


urlpatterns = _patterns()
app_name = "api-1"
