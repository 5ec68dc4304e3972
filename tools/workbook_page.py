"""Write docs/workbook.md from the schema, so that the page and the check never say different things.

python tools/workbook_page.py docs/workbook.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from solidaria.core.workbook.schema import RULES, SHEETS, Column, Sheet
from solidaria.records.workbook import MOST_BYTES, MOST_CELL, MOST_COLUMNS, MOST_ROWS, MOST_ROWS_IN_ALL

HEAD = """\
# The workbook: your network on a spreadsheet

A network is a folder of CSV files (UTF-8, commas between columns) or one XLSX workbook. The files or sheets have the
names below. Both read the same.

* `solidaria example --template my-network.xlsx` writes an empty workbook in which every column explains itself.
* `solidaria check my-network.xlsx` tells everything that is wrong with it, at once.

The order of sheets, rows and columns never matters. Names of sheets and columns are in English and lower case, exactly
as below. A column whose name starts with `note` is yours: write in it what you like. Sheets whose name starts with
`result` are not read; a plan adds them. Any other name is a fault, so that a slip of the pen is never overlooked.

Columns in **bold** are required. The sheets {required} are required and have at least one row;
the others may be left out, or left empty below the first row.

**Numbers** have a point before the decimals and no marks between thousands: `1500.25`. No units, no signs of money, no
`%`: a share of 20 % is `0.2`. **Days** are year, month, day: `2026-01-31`. **Ids** are short names of your choice;
write them the same everywhere, capitals included.
"""

RULES_HEAD = """\
### The rules

One row for each rule, its name in `rule` and its value in `value`. When a rule changes, keep the old row and add one
with the day in `since`: the latest row whose `since` is not after the first day of the first period holds. Where
periods have no days, the latest row of all holds. Two rows of one rule with the same `since` are a fault.

| rule | value | meaning |
|---|---|---|
"""

TAIL = """\
## When something is wrong

A workbook with a fault is not planned: nothing is guessed. You get every fault at once, each with its sheet, its row (the
row with the names is row 1), its column, what is wrong and what would help. Besides what the tables above say, these are
faults:

* an id that is not in the sheet it should come from; an id, or the same pair of ids, in two rows;
* a blank cell in a required column; a formula without a stored value; an error such as `#REF!`;
* a recipe that uses equipment of another site, or a site with `paid_hours` not above the rule `assembly_hours`;
* a product that may be bought outside but has no market price; a stock of a product that does not keep;
* a reopening of a site that is not closed;
* a period that ends before it starts, or starts before the one before it has ended;
* recipes that make their products out of each other for nothing: no work, no machine, and no less of anything afterwards.

In a CSV file, text that a spreadsheet program would take for a formula (it starts with `=`, `+`, `-` or `@`) is written with
an apostrophe before it, and read without it again. In an XLSX workbook it is kept as text.

Some things are allowed and yet probably not meant. They are warnings, and the plan is made all the same:

* no needs at all, or no recipes at all: the sheet is missing or empty;
* a need for a product that nobody makes or has and that may not be bought outside;
* a recipe that uses as much of its own product as it makes, or more;
* a pledge without ability or without members: it pays nothing;
* a reopening that takes more hours than the site's members have in the first period;
* a route from a place to itself;
* days for some periods only: those without come first.

## How large it may be

{megabytes} MB, {rows} rows in a sheet and {all_rows} in all, {columns} columns, {cell} letters in a cell.
A larger workbook is refused.

This page is written by `python tools/workbook_page.py docs/workbook.md` from the same table that the check uses.
"""


def page() -> str:
    """The whole page as Markdown."""
    required = " and ".join(_listed([f"`{sheet.name}`" for sheet in SHEETS if sheet.required]))
    parts = [HEAD.format(required=required), *(_sheet(sheet) for sheet in SHEETS)]
    parts.append(RULES_HEAD + "".join(_line(rule) for rule in RULES))
    parts.append(
        TAIL.format(
            megabytes=MOST_BYTES // 1_000_000,
            rows=f"{MOST_ROWS:,}",
            all_rows=f"{MOST_ROWS_IN_ALL:,}",
            columns=MOST_COLUMNS,
            cell=f"{MOST_CELL:,}",
        )
    )
    return "\n".join(parts)


def _listed(names: list[str]) -> list[str]:
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names


def _sheet(sheet: Sheet) -> str:
    columns = "".join(_line(column) for column in sheet.columns)
    key = " and ".join(_listed([f"`{name}`" for name in sheet.key]))
    unique = "" if len(sheet.key) == 1 else f"\nNo two rows have the same {key}.\n"
    needed = " (required)" if sheet.required else ""
    return f"## {sheet.name}{needed}\n\n{sheet.meaning}\n\n| column | value | meaning |\n|---|---|---|\n{columns}{unique}"


def _line(column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    return f"| {name} | {_value(column)} | {column.meaning} |\n"


def _value(column: Column) -> str:
    """What may stand in the cell."""
    if column.kind == "reference":
        return f"id from `{column.of}`"
    if column.kind == "choice":
        return ", ".join(f"`{word}`" for word in column.choices) or "name of a rule"
    if column.kind == "number":
        return _range(column)
    return {
        "id": "id",
        "text": "text",
        "date": "day",
        "pays": "`market`, `free` or an amount",
        "currency": "three capital letters",
        "objectives": "`jobs`, `outside` and `labour`, in your order",
        "rule": "see below",
    }[column.kind]


def _range(column: Column) -> str:
    kind = "whole number" if column.whole else "number"
    if column.most is not None:
        return f"{kind} from {column.least} to {column.most}"
    return f"{kind} above {column.least}" if column.above else f"{kind}, {column.least} or more"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
