"""Faults of a file with ballots or votes, collected while it is read, and its lines as text and as rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from solidaria.core.problem import Fault, Refused, Sentence, say, say_many

#: More faults than this are counted, not listed.
MOST_FAULTS = 200

#: What the column is called that says how many ballots a line stands for.
COUNT = ("count", "ballots", "votos", "papeletas", "cantidad")

CLOSE_QUOTES = say("Look for a quotation mark that is not closed, or a line break inside a cell without them.")
_UTF8 = say("Save the file as UTF-8 text.")


class Faults:
    """Collects the faults of one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[Fault] = []
        self.more = 0

    def add(self, line: int | None, what: Sentence, help: Sentence, column: str | None = None) -> None:
        """Add one; beyond the most that are listed it is only counted."""
        if len(self.found) < MOST_FAULTS:
            self.found.append(Fault(self.name, line, column, what, help))
        else:
            self.more += 1

    def refused(self) -> Refused:
        """All of them, to be raised."""
        if self.more:
            more = say_many("{count} more fault is not listed.", "{count} more faults are not listed.", self.more)
            self.found.append(
                Fault(self.name, None, None, more, say("Mend those listed and read the file again."))
            )
            self.more = 0
        return Refused(self.found)


def whole(text: str) -> bool:
    """Whether a text is a whole number in plain digits (isdigit alone would take ² too)."""
    return text.isascii() and text.isdigit()


def decoded(line: bytes, number: int | None, faults: Faults) -> str:
    """A line as text; a fault when it is not UTF-8. A byte order mark on the first line is dropped."""
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        faults.add(number, say("This line is not UTF-8 text."), _UTF8)
        return line.decode("latin-1")


def csv_rows(file: BinaryIO, sign: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Rows after the header, each with its line."""
    lines = (decoded(raw, number, faults) for number, raw in enumerate(file, start=2))
    reader = csv.reader(lines, delimiter=sign)
    try:
        for row in reader:
            yield reader.line_num + 1, row
    except csv.Error as error:
        faults.add(
            reader.line_num + 1,
            say("The table cannot be read here: {reason}.", reason=str(error)),
            CLOSE_QUOTES,
        )
