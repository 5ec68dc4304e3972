"""A view: what is shown of the books, as plain tables of values. Pages, CSV, XLSX and PDF are made from the same one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from solidaria.core.problem import Sentence


@dataclass(frozen=True)
class Money:
    """An amount of a currency, with its decimals."""

    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Quantity:
    """So much of something; unit: in words, may be empty."""

    amount: Decimal
    unit: str = ""


#: What stands in a cell. None is a blank one.
Cell = str | Sentence | Money | Quantity | date | None


@dataclass(frozen=True)
class Column:
    """A column: its key in files, its name for people, and what is in it: text, number or day."""

    key: str
    name: Sentence
    kind: str = "text"


@dataclass(frozen=True)
class Row:
    """One row, a cell for each column.

    strong   a sum, or where an account begins or ends
    link     what the row leads to, as a place of this program ("event:12", "account:money:ARS"); empty: nothing
    """

    cells: tuple[Cell, ...]
    strong: bool = False
    link: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under columns. key: its name in files; note: a sentence under it."""

    key: str
    title: Sentence
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: Sentence | None = None


@dataclass(frozen=True)
class View:
    """A page of the books: its title, a line under it, tables, and sentences at its end.

    key   its name in addresses and files
    """

    key: str
    title: Sentence | str
    under: tuple[Sentence | str, ...]
    tables: tuple[Table, ...]
    notes: tuple[Sentence, ...] = ()
