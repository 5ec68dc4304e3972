"""Views of the books as text, CSV and XLSX; the pages and the PDF take their words from here, too."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

import xlsxwriter

from solidaria.core.money import half_up
from solidaria.core.problem import Sentence
from solidaria.core.view import Cell, Money, Quantity, Table, View
from solidaria.records.workbook import guarded
from solidaria.report.language import Language

#: A sheet's name in a workbook may not be longer, nor hold these signs.
SHEET_LETTERS, NOT_IN_SHEETS = 31, str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


@lru_cache(maxsize=64)
def _language(code: str, currency: str) -> Language:
    return Language(code, currency)


def words(value: Cell, language: Language) -> str:
    """A cell as people read it in a language; a blank one is empty."""
    if value is None:
        return ""
    if isinstance(value, Money):
        tongue = _language(language.code, value.currency)
        # A unit price may have more decimals than its currency; a sum never does.
        whole = value.amount == half_up(value.amount, tongue.decimals)
        return tongue.money(value.amount) if whole else tongue.price(value.amount, code=True)
    if isinstance(value, Quantity):
        # "h" is read in every language of ours; the units of goods are the network's own words.
        return language.number(value.amount, "h" if value.unit == "hour" else value.unit)
    if isinstance(value, date):
        return language.date(value)
    if isinstance(value, Sentence):
        inner = {
            name: words(one, language) if isinstance(one, (Money, Quantity)) else one
            for name, one in value.values.items()
        }
        return language.text(replace(value, values=inner))
    return value


def _plain(value: Cell, language: Language) -> tuple[str, str]:
    """A cell for a file: its value, with a point and nothing between the digits; and its unit or currency."""
    if isinstance(value, Money):
        return f"{value.amount:f}", value.currency
    if isinstance(value, Quantity):
        return f"{value.amount:f}", value.unit
    if isinstance(value, date):
        return value.isoformat(), ""
    return guarded(words(value, language)), ""


def to_csv(views: Sequence[View], language: Language) -> bytes:
    """Views as one CSV in UTF-8: a row for each row, named by its view and table; every number has its unit beside it.

    Text is always text: what a spreadsheet would run begins with an apostrophe.
    """
    tables = [(view, table) for view in views for table in view.tables]
    keys = list(dict.fromkeys(key for _, table in tables for key in _keys(table)))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["view", "table", *keys], restval="", lineterminator="\r\n")
    writer.writeheader()
    for view, table in tables:
        for row in table.rows:
            line = {"view": view.key, "table": guarded(words(table.title, language))}
            for column, value in zip(table.columns, row.cells, strict=True):
                line[column.key], unit = _plain(value, language)
                if column.kind == "number":
                    line[f"{column.key}_unit"] = unit
            writer.writerow(line)
    return text.getvalue().encode("utf-8-sig")


def _keys(table: Table) -> list[str]:
    found = []
    for column in table.columns:
        found.append(column.key)
        if column.kind == "number":
            found.append(f"{column.key}_unit")
    return found


def to_xlsx(views: Sequence[View], language: Language) -> bytes:
    """Views as a workbook, a sheet for each: text is text, numbers are numbers with their unit beside them."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold, title = book.add_format({"bold": True}), book.add_format({"bold": True, "font_size": 14})
    used: set[str] = set()
    for view in views:
        sheet = book.add_worksheet(_sheet_name(words(view.title, language), used))
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 20, 16)
        at = 0
        for text, format in ((view.title, title), *((one, None) for one in view.under)):
            sheet.write_string(at, 0, words(text, language), format)
            at += 1
        for table in view.tables:
            at += 1
            sheet.write_string(at, 0, words(table.title, language), bold)
            at += 1
            place = 0
            for column in table.columns:
                sheet.write_string(at, place, words(column.name, language), bold)
                place += 2 if column.kind == "number" else 1
            for row in table.rows:
                at += 1
                place = 0
                for column, value in zip(table.columns, row.cells, strict=True):
                    format = bold if row.strong else None
                    if isinstance(value, (Money, Quantity)):
                        unit = value.currency if isinstance(value, Money) else value.unit
                        sheet.write_number(at, place, float(value.amount), format)
                        sheet.write_string(at, place + 1, unit)
                    elif value is not None:
                        sheet.write_string(at, place, words(value, language), format)
                    place += 2 if column.kind == "number" else 1
            at += 1
            if table.note is not None:
                sheet.write_string(at, 0, words(table.note, language))
                at += 1
        for note in view.notes:
            at += 1
            sheet.write_string(at, 0, words(note, language))
    book.close()
    return content.getvalue()


def _sheet_name(name: str, used: set[str]) -> str:
    base = " ".join(name.translate(NOT_IN_SHEETS).split())[:SHEET_LETTERS] or "1"
    found, number = base, 1
    while found.casefold() in used:
        number += 1
        found = f"{base[: SHEET_LETTERS - len(str(number)) - 1]} {number}"
    used.add(found.casefold())
    return found
