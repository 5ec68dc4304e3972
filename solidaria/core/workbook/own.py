"""The part of a network's workbook that is an organisation's own: what its members may take away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from solidaria.core.workbook.tables import Cell, Table, Tables

#: Sheets that are everybody's: what there is, by which rules, in which periods.
COMMON = frozenset({"products", "rules", "periods"})
#: Sheet -> the columns that name whose row it is; one of them is enough.
WHOSE = {
    "sites": ("site",),
    "recipes": ("site",),
    "equipment": ("site",),
    "stocks": ("site",),
    "reopenings": ("site",),
    "promises": ("site", "organisation"),
    "routes": ("from", "to"),
}
#: Sheets whose rows belong to whoever has the recipe.
OF_RECIPES = ("inputs", "uses")
#: Sheet -> what everybody in the network may know of the rows of others; the rest is blank there.
OPEN = {
    "organisations": frozenset({"organisation", "name", "kind"}),
    "needs": frozenset({"need", "organisation", "product", "quantity", "period", "tier"}),
}


def own_part(tables: Tables, organisations: Collection[str]) -> Tables:
    """The workbook with the rows of these organisations, what is everybody's, and what all may know of the others.

    organisations   ids; of the others nothing is left but id, name and kind, and what they need and how much of it
    Sheets this does not know are left out. Rows are numbered anew from 2.
    """
    sheets = {name: table for name, table in tables.sheets.items() if name in COMMON}
    for name, columns in WHOSE.items():
        if name in tables.sheets:
            sheets[name] = _rows(tables.sheets[name], columns, organisations)
    recipes = _column(sheets["recipes"], "recipe") if "recipes" in sheets else set()
    for name in OF_RECIPES:
        if name in tables.sheets:
            sheets[name] = _rows(tables.sheets[name], ("recipe",), recipes)
    for name, known in OPEN.items():
        if name in tables.sheets:
            sheets[name] = _open(tables.sheets[name], known, organisations)
    return replace(tables, sheets={name: sheets[name] for name in tables.sheets if name in sheets})


def _rows(table: Table, columns: tuple[str, ...], wanted: Collection[str]) -> Table:
    places = [table.columns.index(name) for name in columns if name in table.columns]
    kept = [cells for _, cells in table.rows if any(_cell(cells, place) in wanted for place in places)]
    return replace(table, rows=tuple(enumerate(kept, 2)))


def _open(table: Table, known: frozenset[str], own: Collection[str]) -> Table:
    key = table.columns.index("organisation")

    def shown(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if _cell(cells, key) in own:
            return cells
        return tuple(cell if name in known else None for name, cell in zip(table.columns, cells, strict=False))

    return replace(table, rows=tuple((number, shown(cells)) for number, cells in table.rows))


def _column(table: Table, name: str) -> set[str]:
    place = table.columns.index(name)
    return {_cell(cells, place) for _, cells in table.rows}


def _cell(cells: tuple[Cell, ...], place: int) -> str:
    return str(cells[place]) if place < len(cells) and cells[place] is not None else ""
