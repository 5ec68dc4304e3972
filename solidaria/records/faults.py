"""Faults of a file with ballots or votes, collected while it is read, and its lines as text and as rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

from solidaria.core.problem import Fault, Refused, Sentence, say, say_many

#: More faults than this are counted, not listed.
MOST_FAULTS = 200

#: What the column is called that says how many ballots a line stands for.
COUNT = ("count", "ballots", "votos", "papeletas", "cantidad")

CLOSE_QUOTES = say("Look for a quotation mark that is not closed, or a line break inside a cell without them.")
#: Signs that no name or number holds and that could do harm on a terminal: all control signs but tab and line ends.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
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


def refuse_utf16(file: BinaryIO, faults: Faults) -> None:
    """Raise Refused when a file begins as UTF-16 text does; else leave it at its start."""
    if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
        faults.add(None, say("This is UTF-16 text, which spreadsheets call “Unicode text”."), _UTF8)
        raise faults.refused()
    file.seek(0)


def decoded(line: bytes, number: int | None, faults: Faults) -> str:
    """A line as text; a fault when it is not UTF-8 or holds signs that cannot be printed, such as NUL.

    A byte order mark on the first line is dropped.
    """
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        faults.add(number, say("This line is not UTF-8 text."), _UTF8)
        return line.decode("latin-1")
    unprintable = UNPRINTABLE.search(text)
    if unprintable:
        faults.add(
            number,
            say("This line holds a sign that cannot be printed, number {code}.", code=ord(unprintable[0])),
            say("The file may be damaged: write the line again."),
        )
    return text


def no_table(error: csv.Error) -> tuple[Sentence, Sentence]:
    """What is wrong where a table cannot be taken apart, and what would help."""
    if "new-line character" in str(error):
        return say("The lines of this file end as on very old machines."), _UTF8
    if "field larger" in str(error):
        return say("A cell here is longer than {most} signs.", most=csv.field_size_limit()), CLOSE_QUOTES
    return say("The table cannot be read here: {reason}.", reason=str(error)), CLOSE_QUOTES


def csv_rows(file: BinaryIO, sign: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Rows after the header, each with its line."""
    lines = (decoded(raw, number, faults) for number, raw in enumerate(file, start=2))
    reader = csv.reader(lines, delimiter=sign)
    try:
        for row in reader:
            yield reader.line_num + 1, row
    except csv.Error as error:
        faults.add(reader.line_num + 1, *no_table(error))
