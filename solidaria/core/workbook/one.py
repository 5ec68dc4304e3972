"""One row by itself, as a form gives it: the same cells and the same faults, told by their fields and not by a sheet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from solidaria.core.problem import Fault, say
from solidaria.core.workbook.cells import is_blank
from solidaria.core.workbook.check import READERS
from solidaria.core.workbook.schema import SHEET
from solidaria.core.workbook.tables import Cell


def read_row(
    sheet: str, given: Mapping[str, Cell], without: Collection[str] = ()
) -> tuple[dict[str, Any], list[Fault]]:
    """The values of a row, None where blank, and every fault of its cells: by column, and without a sheet or row.

    sheet     name of a sheet; KeyError when there is none
    given     column -> cell; a column that is not given is blank
    without   columns that are known already and not read: ids, references
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column in SHEET[sheet].columns:
        if column.name in without:
            continue
        cell = given.get(column.name)
        values[column.name] = None
        if is_blank(cell):
            if column.required:
                faults.append(Fault("", None, column.name, say("This is blank."), column.meaning))
            continue
        value, problem = READERS[column.kind](cell, replace(column, lone=True))
        values[column.name] = value
        if problem is not None:
            faults.append(Fault("", None, column.name, *problem))
    return values, faults
