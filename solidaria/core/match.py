"""What a bank line could have been: suggestions from what is due, each explained in one phrase; a person accepts them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from solidaria.core.bank import Line, folded
from solidaria.core.problem import Sentence, say

#: What a bank line can be booked as, and whether it came in or went out.
WAYS: dict[str, tuple[Sentence, str]] = {
    "promise": (say("keeps a promise"), "both"),
    "payment": (say("is a payment that stands in the books"), "both"),
    "wage": (say("pay for hours worked"), "out"),
    "inputs": (say("materials"), "out"),
    "fee": (say("fee of the bank"), "both"),
    "tax": (say("tax or contribution to the state"), "both"),
    "distribution": (say("share of the surplus"), "out"),
    "opening": (say("what was there at the start"), "in"),
    "price": (say("price of something sold outside the books"), "in"),
    "solidarity": (say("solidarity"), "in"),
    "other": (say("something else"), "both"),
}
#: How much each sign counts; at least ENOUGH together make a suggestion.
AMOUNT, REFERENCE, NAME, NEAR, CLOSE = 50, 45, 30, 10, 5
ENOUGH = 55
#: How many suggestions a line gets, and how many promises one suggestion puts together.
MOST, TOGETHER = 3, 4
#: Among how many promises of one counterparty sums are looked for.
AMONG = 12


@dataclass(frozen=True)
class Due:
    """Something a bank line could be.

    id          "promise:5", "payment:7" or "wage:9", the number of a member on the roll
    left        what of it is not booked yet, in minor units, above 0; None where any amount will do (pay)
    out         whether it goes out
    names       of the other side
    references  codes that a payer might write
    due         the day it is due or was paid; None where it has none
    """

    id: str
    left: int | None
    out: bool
    names: tuple[str, ...]
    references: tuple[str, ...] = ()
    due: date | None = None


@dataclass(frozen=True)
class Suggestion:
    """A line booked as these: (id, amount in minor units), and why it is suggested; exact: the amounts fit."""

    parts: tuple[tuple[str, int], ...]
    score: int
    why: Sentence
    exact: bool = False

    @property
    def sure(self) -> bool:
        """Whether the amount and one more sign fit: what a treasurer can accept without opening it."""
        return self.exact and self.score >= AMOUNT + NAME


def suggestions(
    line: Line, left: int, dues: Iterable[Due], before: Mapping[str, str] | None = None
) -> tuple[Suggestion, ...]:
    """What a line could have been, the likeliest first; at most MOST, ties by id.

    left    what of the line is not booked yet, in minor units, above 0
    before  other side (`side_of`) → the way it was booked last time: a name of WAYS, or wage:9
    """
    mine = [due for due in dues if due.out == (line.amount < 0)]
    found = [one for due in mine if (one := _single(line, left, due)) is not None]
    found += _together(line, left, mine, {one.parts[0][0] for one in found if one.exact})
    way = _before(line, before or {})
    if way:
        why = say("{name} was booked like this before.", name=line.name or line.number)
        found.append(Suggestion(((way, left),), ENOUGH, why))
    return tuple(sorted(found, key=lambda one: (-one.score, one.parts)))[:MOST]


def _single(line: Line, left: int, due: Due) -> Suggestion | None:
    amount = due.left is not None and due.left == left
    reference = bool(_references(line, due.references))
    name = _same_name(line, due.names)
    if due.left is None:  # pay: nothing is known but who
        return Suggestion(((due.id, left),), ENOUGH, say("The name is that of a member.")) if name else None
    score = AMOUNT * amount + REFERENCE * reference + NAME * name + nearness(line.day, due.due)
    if score < ENOUGH or not (amount or reference or (name and left < due.left)):
        return None
    why = _why(amount, reference, name, line.day, due.due)
    return Suggestion(((due.id, min(left, due.left)),), score, why, amount)


def nearness(day: date, due: date | None) -> int:
    """What the days between count."""
    if due is None:
        return 0
    apart = abs((day - due).days)
    return NEAR if apart <= 10 else CLOSE if apart <= 45 else 0


def _why(amount: bool, reference: bool, name: bool, day: date, due: date | None) -> Sentence:
    """One phrase for what fits."""
    if due is None:
        due = day
    days = (day - due).days
    when = (
        say("on the day it is due")
        if not days
        else say("{days} days after it is due", days=days)
        if days > 0
        else say("{days} days before it is due", days=-days)
    )
    if amount and reference and name:
        return say("Amount, order and name fit, {when}.", when=when)
    if amount and reference:
        return say("Amount and order fit, {when}.", when=when)
    if amount and name:
        return say("Amount and name fit, {when}.", when=when)
    if reference and name:
        return say("Order and name fit, the amount is another, {when}.", when=when)
    if reference:
        return say("The order is named, the amount is another, {when}.", when=when)
    if amount:
        return say("The amount fits, {when}.", when=when)
    return say("The name fits, the amount is a part, {when}.", when=when)


def _together(line: Line, left: int, dues: Sequence[Due], taken: set[str]) -> list[Suggestion]:
    """Several promises of one other side that add up to the line."""
    sides: dict[tuple[str, ...], list[Due]] = {}
    for due in dues:
        if due.left is not None and due.left < left and due.id not in taken and due.id.startswith("promise:"):
            sides.setdefault(due.names, []).append(due)
    found = []
    for names, some in sorted(sides.items()):
        near = sorted(some, key=lambda due: (abs((line.day - (due.due or line.day)).days), due.id))[:AMONG]
        signs = _same_name(line, names)
        for count in range(2, TOGETHER + 1):
            for several in combinations(near, count):
                if sum(due.left or 0 for due in several) != left:
                    continue
                named = any(_references(line, due.references) for due in several)
                score = AMOUNT + NAME * signs + REFERENCE * named + nearness(line.day, several[0].due)
                if score >= ENOUGH and (signs or named or count == 2):
                    why = say(
                        "{count} promises of {name} add up to it.", count=count, name=names[0] if names else ""
                    )
                    parts = tuple(sorted((due.id, due.left or 0) for due in several))
                    # Two that fit are likelier than three that fit: there are more threes to fit by chance.
                    found.append(Suggestion(parts, score - count, why, True))
                    break
    return found


def _references(line: Line, references: Sequence[str]) -> list[str]:
    """The references that the line names, written close together or apart; a number alone is no reference."""
    said = _bare(f"{line.reference} {line.text}")
    whole = f" {folded(line.reference)} {folded(line.text)} "
    found = []
    for one in references:
        bare = _bare(one)
        if len(bare) < 4 or bare.isdigit():
            if bare and re.search(rf"(?<!\w){re.escape(folded(one))}(?!\w)", whole) and len(bare) >= 4:
                found.append(one)
        elif re.search(rf"{re.escape(bare)}(?!\d)", said):
            found.append(one)
    return found


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", folded(text))


#: Words in the names of organisations that say nothing about which one it is.
_COMMON = {
    "cooperativa", "cooperative", "coop", "ltda", "limitada", "trabajo", "union", "sindicato", "asociacion", "the", "and",
    "los", "las", "del", "para", "sociedad", "sa", "srl", "gmbh", "ev", "de", "la", "el", "red", "taller", "barrio",
}  # fmt: skip


def _same_name(line: Line, names: Sequence[str]) -> bool:
    """Whether the line names the other side: every telling word of a name, in the name or the text of the line."""
    said = set(re.findall(r"[a-z0-9]{2,}", folded(f"{line.name} {line.text}")))
    number = _bare(line.number)
    for name in names:
        words = re.findall(r"[a-z0-9]{2,}", folded(name))
        telling = [word for word in words if word not in _COMMON and len(word) > 2]
        # One short word stands in too many texts: then the whole name has to.
        telling = telling if sum(map(len, telling)) > 3 else words
        if sum(map(len, telling)) > 3 and set(telling) <= said:
            return True
        if number and len(number) > 7 and _bare(name) == number:
            return True
    return False


def side_of(line: Line) -> str:
    """By what the other side of a line is known again: the number of its account, else its name; blank without both."""
    return _bare(line.number) or folded(line.name)


def _before(line: Line, before: Mapping[str, str]) -> str:
    side = side_of(line)
    way = before.get(side, "") if side else ""
    fits = WAYS.get(way.partition(":")[0], (None, ""))[1] in ("both", "out" if line.amount < 0 else "in")
    return way if fits else ""
