"""From a request to an action and back: who acts, in which language, and how a refusal is told to a program."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.operation import Operation

from solidaria.actions.permit import Doer, NotAllowed
from solidaria.api.shapes import Detail, Fault, Refusal
from solidaria.api.tokens import bearer, per_minute
from solidaria.core.problem import Fault as CoreFault
from solidaria.core.problem import Refused, Sentence, say
from solidaria.records.models import Token
from solidaria.report.language import Language

T = TypeVar("T")
LONGEST_KEY = 200

NOTHING_HERE = say("There is nothing here, or it is not yours to see.")


# --- who, in which language ---


def doer(request: HttpRequest) -> Doer:
    """Who acts: the person of the key, under the mandate the key carries; with the request's own key, if it has one.

    An Idempotency-Key counts for one person, method and address: the same request again does nothing again.
    """
    token = token_of(request)
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        what = say("The Idempotency-Key is longer than {most} letters.", most=LONGEST_KEY)
        raise Refused([CoreFault("", None, "Idempotency-Key", what, say("Use a shorter one, such as a UUID."))])
    if key:
        key = hashlib.sha256(f"{request.method} {request.path}\n{key}".encode()).hexdigest()
    return Doer(token.person, key=key, token=token)


def reader(request: HttpRequest) -> Doer:
    """Who looks: as `doer`, for requests that change nothing."""
    token = token_of(request)
    return Doer(token.person, token=token)


def token_of(request: HttpRequest) -> Token:
    """The key the request came with; there is one wherever `bearer` was asked."""
    token = request.auth  # type: ignore[attr-defined]
    assert isinstance(token, Token)
    return token


def found(value: T | None) -> T:
    """The value; or the answer for what is not there, which is also that for what is not this person's to see."""
    if value is None:
        raise Http404
    return value


@lru_cache(maxsize=64)
def _language(code: str, currency: str) -> Language:
    return Language(code, currency)


def language_of(request: HttpRequest, currency: str = "", codes: tuple[str, ...] | None = None) -> Language:
    """The language Accept-Language asks for, else the person's own, else English; one of `codes`, if given."""
    known = codes or tuple(code for code, _ in settings.LANGUAGES)
    asked = [code for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())]
    token = getattr(request, "auth", None)
    if not asked and isinstance(token, Token):
        asked = [token.person.language]
    wanted = [code.split("-")[0] for code in asked]
    return _language(next((code for code in wanted if code in known), known[0]), currency)


# --- what every operation says about itself ---


def reads(shape: Any, *, public: bool = False, codes: tuple[int, ...] = (), **more: Any) -> dict[str, Any]:
    """Options of an operation that shows something: to everybody, or to whoever comes with a key."""
    others = frozenset({404, *codes} if public else {401, 403, 404, 429, *codes})
    response: dict[Any, Any] = {200: shape, others: Detail, 422: Refusal}
    keys = {"auth": None} if public else {"auth": bearer, "throttle": per_minute}
    return {"response": response, **keys, **more}


def writes(verb: str, shape: Any, *, made: bool = False, **more: Any) -> dict[str, Any]:
    """Options of an operation that does the action `verb`; `made`: it makes something new."""
    extra = {
        "x-action": verb,
        "parameters": [
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "schema": {"type": "string", "maxLength": LONGEST_KEY},
                "description": "The same request with the same key does nothing a second time.",
            }
        ],
    }
    response: dict[Any, Any] = {
        201 if made else 200: shape,
        frozenset({400, 401, 403, 404, 413, 429}): Detail,
        422: Refusal,
    }
    keys = {"auth": bearer, "throttle": per_minute, "openapi_extra": extra}
    return {"response": response, "operation_id": verb, **keys, **more}


class Api(NinjaAPI):
    """The API, with short names for its operations."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the function that answers."""
        return str(operation.view_func.__name__)


# --- pages of a long list ---


def paged(rows: QuerySet[Any], page: int, size: int, shown: Callable[[Any], Any]) -> dict[str, Any]:
    """One page of a list: how many there are in all, and the rows from (page - 1) × size on."""
    start = (page - 1) * size
    return {
        "count": rows.count(),
        "page": page,
        "size": size,
        "rows": [shown(row) for row in rows[start : start + size]],
    }


# --- refusals ---


def fault_shown(fault: CoreFault, language: Language) -> Fault:
    """A fault for programs: the sentences in the language of the request, and what they were made from."""
    return Fault(
        sheet=fault.sheet or None,
        row=fault.row,
        column=fault.column,
        what=language.text(fault.what),
        help=language.text(fault.help),
        template=fault.what.template,
        values={name: plain(value) for name, value in fault.what.values.items()},
    )


def plain(value: object) -> Any:
    """A value of a sentence in terms of JSON; numbers as text, so that none loses a digit."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Sentence):
        return {"template": value.template, "values": {name: plain(one) for name, one in value.values.items()}}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (int, float, Fraction)):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def refusal_of(request: HttpRequest, refusal: Any) -> HttpResponse:
    """422 with every fault of a Refused."""
    language = language_of(request)
    faults = [fault_shown(fault, language).model_dump() for fault in refusal.faults]
    return JsonResponse({"faults": faults}, status=422)


def detail(request: HttpRequest, sentence: Sentence, status: int) -> HttpResponse:
    """One sentence under the name `detail`, in the language of the request."""
    return JsonResponse({"detail": language_of(request).text(sentence)}, status=status)


def not_allowed(request: HttpRequest, error: Any) -> HttpResponse:
    """For NotAllowed: 403 with the right it takes; where even that would say too much, as if nothing were there."""
    return detail(request, NOTHING_HERE, 404) if error.hidden else detail(request, error.sentence, 403)


#: What is wrong with the form of a request, by the name the checker gives it.
_FORM: dict[str, tuple[Sentence, Sentence]] = {
    "missing": (say("This is missing."), say("It has to be there.")),
    "extra_forbidden": (
        say("There is no such field."),
        say("Look at openapi.json: it lists the fields there are."),
    ),
    "string_type": (
        say("This has to be text."),
        say('Put it between quotation marks; amounts, too: "12.5".'),
    ),
    "int_type": (say("This has to be a whole number."), say("Write it without quotation marks.")),
    "int_parsing": (say("This has to be a whole number."), say("Write it without quotation marks.")),
    "list_type": (say("This has to be a list."), say("Put it between square brackets.")),
    "dict_type": (say("This has to be an object."), say("Put it between braces.")),
    "model_type": (say("This has to be an object."), say("Put it between braces.")),
    "model_attributes_type": (say("This has to be an object."), say("Put it between braces.")),
    "string_too_long": (say("This is too long."), say("Say it shorter, or send less at once.")),
    "too_long": (say("This is too long."), say("Say it shorter, or send less at once.")),
    "int_from_float": (say("This has to be a whole number."), say("Write it without quotation marks.")),
    "date_from_datetime_parsing": (say("This is not a day."), say("Write it as 2026-01-31.")),
    "date_parsing": (say("This is not a day."), say("Write it as 2026-01-31.")),
    "string_unicode": (say("This text holds signs that no text has."), say("Send it as UTF-8.")),
    "value_error": (say("This text holds signs that no text has."), say("Send it as UTF-8.")),
}


def form_faults(error: ValidationError) -> list[CoreFault]:
    """What is wrong with the form of a request, as faults: the column is the way to the field, with dots."""
    faults = []
    for one in error.errors:
        place = [str(step) for step in one.get("loc", ())]
        # The first step says where the request had it, the second is our own name for the whole body.
        column = ".".join(place[2:] if place[:1] == ["body"] else place[1:]) or None
        what, help = _FORM.get(
            str(one.get("type")),
            (
                say("This does not fit: {reason}.", reason=str(one.get("msg", ""))),
                say("Look at openapi.json: it says what goes there."),
            ),
        )
        faults.append(CoreFault("", None, column, what, help))
    return faults


def answer_errors(api: NinjaAPI) -> None:
    """Tell the API how each kind of error is answered."""

    def http(request: HttpRequest, error: Any) -> HttpResponse:
        if isinstance(error, Throttled):
            return detail(request, say("These are too many requests for one minute."), 429)
        if error.status_code == 401:
            response = detail(request, say("This needs a key that is still good."), 401)
            response["WWW-Authenticate"] = 'Bearer realm="Solidaria"'
            return response
        if error.status_code == 400:
            return detail(request, say("This is not JSON."), 400)
        return detail(request, say("This cannot be answered."), error.status_code)

    api.add_exception_handler(Refused, refusal_of)
    api.add_exception_handler(NotAllowed, not_allowed)
    api.add_exception_handler(HttpError, http)
    api.add_exception_handler(Http404, lambda request, error: detail(request, NOTHING_HERE, 404))
    api.add_exception_handler(
        RequestDataTooBig, lambda request, error: detail(request, say("This is too large for one request."), 413)
    )
    api.add_exception_handler(
        ValidationError,
        lambda request, error: refusal_of(request, Refused(form_faults(error))),  # type: ignore[arg-type]
    )
