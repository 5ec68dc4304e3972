"""Readable refusals: sentences that can be translated, faults that say where, what and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Sentence:
    """A sentence for people, not yet in any language.

    template   English text with {names} in braces; also the key of its translation
    values     what stands for each name: text, a number (int, Decimal, Fraction), or another Sentence
    plural     the English text when `count` is not one; absent when the sentence does not count
    count      the number that decides between the two
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str | None = None
    count: int | None = None

    def __str__(self) -> str:
        """The sentence in English, numbers as they are."""
        many = self.plural is not None and self.count != 1
        return (self.plural if many and self.plural else self.template).format(**self.values)

    def __hash__(self) -> int:
        return hash((self.template, str(self)))


class Exact(Decimal):
    """A number that is shown with all its digits in every language, never rounded: what people vote on."""


def say(template: str, **values: object) -> Sentence:
    """Make a sentence. Translators' tools collect the first argument, so it must be a literal."""
    return Sentence(template, values)


def say_many(one: str, many: str, count: int, **values: object) -> Sentence:
    """Make a sentence that counts: `one` when count is 1, `many` otherwise; {count} may stand in both."""
    return Sentence(one, {"count": count, **values}, plural=many, count=count)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with what was given.

    sheet    the sheet (or file) it is in; empty when it is about the whole
    row      as a spreadsheet counts: the header is row 1; None when it is about the whole sheet
    column   the column's name; None when it is about the whole row
    what     what is wrong
    help     what would help
    """

    sheet: str
    row: int | None
    column: str | None
    what: Sentence
    help: Sentence

    @property
    def order(self) -> tuple[str, int, str, str]:
        """Sort key: sheet, row, column, text; so that faults always come in the same order."""
        return (self.sheet, self.row or 0, self.column or "", str(self.what))


class Refused(Exception):
    """What was given cannot be used; carries every fault found, not only the first."""

    def __init__(self, faults: list[Fault] | tuple[Fault, ...]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.order))
        super().__init__("; ".join(str(fault.what) for fault in self.faults[:5]))
