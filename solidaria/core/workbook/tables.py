"""A workbook as plain values: sheets of cells, as they were written, before anything is understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from solidaria.core.problem import Fault


@dataclass(frozen=True)
class NoValue:
    """A formula cell that has no stored value, because no spreadsheet program ever computed it."""

    formula: str = ""


@dataclass(frozen=True)
class ErrorValue:
    """A cell in which the spreadsheet program shows an error, such as #REF!."""

    text: str


#: What a cell can hold. Text is as typed; a number from a spreadsheet is a Decimal; blank is None.
Cell = str | Decimal | bool | date | datetime | NoValue | ErrorValue | None


@dataclass(frozen=True)
class Table:
    """One sheet.

    columns   the cells of row 1, in their order; "" where a header cell is blank
    rows      (number, cells) for each row that is not blank; the number is as a spreadsheet counts, the header
              being row 1; the cells stand under the columns, and those past the last column have no header
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...] = ()


@dataclass(frozen=True)
class Tables:
    """A whole workbook, read but not understood.

    sheets    name -> table
    faults    what could not be read at all; reading goes on, so that these and the rest are told at once
    unread    names of sheets that are there but could not be read; nothing is said about what they lack
    warnings  what the reader should know, such as that the file is open in another program
    """

    name: str
    sheets: Mapping[str, Table]
    faults: tuple[Fault, ...] = ()
    unread: frozenset[str] = frozenset()
    warnings: tuple[Fault, ...] = field(default=(), compare=False)
