"""One's own part of a workbook: nothing of another site's, and nothing of one's own is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import solidaria
from solidaria.core.workbook.own import COMMON, OF_RECIPES, OPEN, WHOSE, own_part
from solidaria.core.workbook.schema import SHEETS
from solidaria.core.workbook.tables import Table, Tables
from solidaria.records.workbook import read_tables

EXAMPLES = Path(solidaria.__file__).parent / "examples"
NAMES = ("zanon-2003", "union-tshirts", "workers-clinic", "recovered-network")


@pytest.fixture(scope="module")
def books() -> dict[str, Tables]:
    return {name: read_tables(EXAMPLES / name) for name in NAMES}


def test_every_sheet_of_a_workbook_is_somebodys_or_everybodys() -> None:
    assert {sheet.name for sheet in SHEETS} == COMMON | set(WHOSE) | set(OPEN) | set(OF_RECIPES)


def column(table: Table, name: str) -> list[object]:
    place = table.columns.index(name)
    return [cells[place] if place < len(cells) else None for _, cells in table.rows]


def test_the_tile_plant_keeps_its_own_recipe_and_sees_none_of_the_health_post(books: dict[str, Tables]) -> None:
    own = own_part(books["zanon-2003"], {"fasinpat"})
    assert column(own.sheets["recipes"], "recipe") == ["tiles-fasinpat"]
    assert set(column(own.sheets["inputs"], "recipe")) == {"tiles-fasinpat"}
    assert column(own.sheets["equipment"], "equipment") == ["kiln"]
    assert own.sheets["reopenings"].rows == ()
    assert own.sheets["products"] == books["zanon-2003"].sheets["products"]
    named = dict(
        zip(column(own.sheets["organisations"], "organisation"), own.sheets["organisations"].rows, strict=True)
    )
    assert named["cta"][1][:3] == ("cta", "CTA Neuquén", "union")
    assert set(named["cta"][1][3:]) == {None}, "its pledge and its ability to pay are its own"
    assert "310" in map(str, named["fasinpat"][1])
    needs = own.sheets["needs"]
    assert len(needs.rows) == 11 and set(column(needs, "pays")) == {None} and None not in column(needs, "quantity")


@given(data=st.data())
def test_what_a_part_shows_of_others_is_only_what_everybody_may_know(
    books: dict[str, Tables], data: st.DataObject
) -> None:
    book = books[data.draw(st.sampled_from(NAMES))]
    everybody = sorted({str(one) for one in column(book.sheets["organisations"], "organisation")})
    own = set(data.draw(st.lists(st.sampled_from(everybody), max_size=3)))
    part = own_part(book, own)
    for name, table in part.sheets.items():
        whole = book.sheets[name]
        assert table.columns == whole.columns
        if name in WHOSE:
            places = [table.columns.index(one) for one in WHOSE[name] if one in table.columns]
            mine = [cells for _, cells in whole.rows if any(str(cells[place]) in own for place in places)]
            assert [cells for _, cells in table.rows] == mine
        if name in OPEN:
            for _, cells in table.rows:
                whose = str(cells[table.columns.index("organisation")])
                shown = {key for key, cell in zip(table.columns, cells, strict=False) if cell is not None}
                assert whose in own or shown <= OPEN[name]
    assert own_part(part, own) == part, "a second time it changes nothing"


def test_the_part_of_everybody_is_the_whole(books: dict[str, Tables]) -> None:
    for book in books.values():
        everybody = {str(one) for one in column(book.sheets["organisations"], "organisation")}
        part = own_part(book, everybody)
        for name, table in book.sheets.items():
            assert [cells for _, cells in part.sheets[name].rows] == [cells for _, cells in table.rows], name
