"""Numbers as people type them: in the page's language, with a unit or a dozen behind. Nothing is guessed."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import NumberFormatError, parse_decimal
from django.http import HttpRequest

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)

#: How many of the plain unit one of these is, in every language of the pages.
MANY = {
    "dozen": 12, "dozens": 12, "docena": 12, "docenas": 12, "dúzia": 12, "dúzias": 12,
    "hundred": 100, "cientos": 100, "thousand": 1000, "mil": 1000,
}  # fmt: skip
#: Weights and volumes: unit -> (what it is counted in, how many of these).
SIZES = {
    "g": ("kg", Decimal("0.001")), "kg": ("kg", Decimal(1)), "t": ("kg", Decimal(1000)),
    "ml": ("l", Decimal("0.001")), "cl": ("l", Decimal("0.01")), "l": ("l", Decimal(1)),
    "mm": ("m", Decimal("0.001")), "cm": ("m", Decimal("0.01")), "m": ("m", Decimal(1)), "km": ("m", Decimal(1000)),
    "min": ("hour", Decimal(1) / 60), "h": ("hour", Decimal(1)),
}  # fmt: skip


def whole(text: str) -> int | None:
    """The number of a row, as a form or an address names it; None for what cannot be one, however long it is."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def amount(request: HttpRequest, text: str, unit: str = "") -> str:
    """The number as plain digits, for an action; blank stays blank, and what cannot be read stays as it is.

    "1.500" is one and a half in English and fifteen hundred in Spanish. "3 dozen" and "2 t" are worked out where the
    unit is known. What cannot be read reaches the action as it was typed, which refuses it with everything else.
    """
    text = text.strip()
    if not text:
        return ""
    number, behind = _split(text)
    value = _read(request, number)
    if value is not None and behind:
        value = _in_unit(value, behind, unit)
    return text if value is None else f"{value:f}"


def amount_and_unit(request: HttpRequest, text: str) -> tuple[str, str]:
    """The number as plain digits and the words behind it: "40 bars" → 40, bars; "3 dozen eggs" → 36, eggs.

    For a quantity of something that no list knows yet. A unit stands apart from its number: "1e400" has none. What
    cannot be read stays as it is, without a unit.
    """
    text = text.strip()
    number, behind = _split(text)
    value = _read(request, number)
    if value is None or (behind and not text[: -len(behind)][-1:].isspace()):
        return text, ""
    first, _, rest = behind.partition(" ")
    if first.casefold() in MANY:
        value, behind = value * MANY[first.casefold()], rest.strip()
    return f"{value:f}", behind


def _split(text: str) -> tuple[str, str]:
    """The digits, and the words behind them."""
    found = re.match(r"([+-]?[\d.,'’\s\u00a0\u202f]*\d)\s*(\S.*)?\Z", text)
    if found is None:
        return text, ""
    return _SPACES.sub("", found.group(1)), (found.group(2) or "").strip()


def _read(request: HttpRequest, text: str) -> Decimal | None:
    language = request.language  # type: ignore[attr-defined]
    # One point and not three digits behind it reads the same everywhere, whatever the language.
    if _PLAIN.match(text) and (language.code == "en" or not re.search(r"\.\d{3}\Z", text)):
        return Decimal(text)
    try:
        value = Decimal(parse_decimal(text, locale=language.locale, strict=True))
    except NumberFormatError:
        return None
    # "inf" and "nan" are words here: they stay as they were typed.
    return value if value.is_finite() else None


def _in_unit(value: Decimal, behind: str, unit: str) -> Decimal | None:
    word, unit = behind.casefold().rstrip("."), unit.casefold()
    plain = {unit, f"{unit}s", f"{unit}es", f"de {unit}", f"de {unit}s", f"de {unit}es"}
    if word in plain:
        return value
    first, _, rest = word.partition(" ")
    if first in MANY and (not rest or rest in plain):
        return value * MANY[first]
    if word in SIZES and unit in SIZES and SIZES[word][0] == SIZES[unit][0]:
        return value * SIZES[word][1] / SIZES[unit][1]
    return None
