"""What differs between two versions of an agreement, term by term, for the people who have to say yes to the new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from solidaria.core.agree import Line, Terms
from solidaria.core.problem import Sentence, say

#: The terms in the order of the page, and how each is called.
TERMS: dict[str, Sentence] = {
    "title": say("title"),
    "starts": say("begin"),
    "ends": say("end"),
    "review": say("day of the review"),
    "guaranteed": say("guaranteed share"),
    "call_offs": say("call-offs at most"),
    "advance": say("advance"),
    "pay_days": say("days to pay"),
    "contact_giver": say("contact of the side that gives"),
    "contact_taker": say("contact of the side that receives"),
    "place": say("place of delivery"),
    "delay": say("when somebody is late"),
    "pause_days": say("days of notice before a pause"),
    "break_days": say("days of notice before a break"),
    "words": say("further words"),
}
LINE: dict[str, Sentence] = {
    "quantity": say("quantity"),
    "price": say("price for all"),
    "solidarity": say("solidarity for all"),
    "solidarity_by": say("solidarity is paid by"),
    "wage": say("of the price of one, for the work"),
}

Value = str | int | Decimal | date | None


@dataclass(frozen=True)
class Difference:
    """One term that is another than before.

    about   the line it is about: the product's name; blank for the agreement as a whole
    what    which term; before, after: its values, None where there was or is none
    unit    of the values: a unit of goods, a currency, "share", or blank
    """

    about: str
    what: Sentence
    before: Value
    after: Value
    unit: str = ""


def differences(before: Terms, after: Terms) -> tuple[Difference, ...]:
    """What the new version says otherwise: every term that differs, and no other; in the order of the page."""
    found = [
        Difference("", words, getattr(before, name), getattr(after, name), _unit(name, after))
        for name, words in TERMS.items()
        if getattr(before, name) != getattr(after, name)
    ]
    return (*found, *_lines(before, after), *_schedule(before, after))


def _unit(name: str, terms: Terms) -> str:
    return {"guaranteed": "share", "advance": terms.currency}.get(name, "")


def _keyed(lines: tuple[Line, ...]) -> dict[tuple[str, str, int], Line]:
    """The lines by product and period; the second of the same gets 1, the third 2."""
    found: dict[tuple[str, str, int], Line] = {}
    for line in lines:
        at = 0
        while (line.product, line.period, at) in found:
            at += 1
        found[line.product, line.period, at] = line
    return found


def _lines(before: Terms, after: Terms) -> Iterator[Difference]:
    old, new = _keyed(before.lines), _keyed(after.lines)
    for key in [*old, *(key for key in new if key not in old)]:
        was, now = old.get(key), new.get(key)
        shown = now or was
        assert shown is not None
        about = f"{shown.name} {shown.period}".strip()
        for name, words in LINE.items():
            one, other = (None if line is None else getattr(line, name) for line in (was, now))
            if one != other and not (
                name == "solidarity_by" and not any(line and line.solidarity for line in (was, now))
            ):
                unit = shown.unit if name == "quantity" else "" if name == "solidarity_by" else after.currency
                yield Difference(about, words, one, other, unit)


def _schedule(before: Terms, after: Terms) -> Iterator[Difference]:
    def each(terms: Terms) -> dict[tuple[date, str], Decimal]:
        found: dict[tuple[date, str], Decimal] = {}
        for day, line, much in terms.schedule:
            key = (day, terms.lines[line].name)
            found[key] = found.get(key, Decimal(0)) + much
        return found

    units = {line.name: line.unit for terms in (before, after) for line in terms.lines}
    old, new = each(before), each(after)
    for day, name in sorted({*old, *new}):
        one, other = old.get((day, name)), new.get((day, name))
        if one != other:
            what = say("agreed for {day}", day=day.isoformat())
            yield Difference(name, what, one, other, units[name])
