"""What every page knows: who looks at it, in which language, and the person's organisations."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token

from solidaria.actions.visible import organisations_of_person
from solidaria.records.models import Organisation, Person
from solidaria.report.language import BEGUN


def page(request: HttpRequest) -> dict[str, Any]:
    """Names that stand in every template."""
    person = getattr(request, "user", None)
    known = person is not None and person.is_authenticated
    return {
        "request": request,
        "language": getattr(request, "language", None),
        "languages": settings.LANGUAGES,
        "begun": BEGUN,
        "me": person if known else None,
        "my_organisations": lambda: my_organisations(request) if known else [],
        "csrf": lambda: get_token(request),
        "demo": settings.DEMO,
    }


def my_organisations(request: HttpRequest) -> list[Organisation]:
    """The organisations the person belongs to, by name; asked of the database once for each page."""
    found: list[Organisation] | None = getattr(request, "_my_organisations", None)
    if found is None:
        assert isinstance(request.user, Person)
        found = list(organisations_of_person(request.user))
        request._my_organisations = found  # type: ignore[attr-defined]
    return found
