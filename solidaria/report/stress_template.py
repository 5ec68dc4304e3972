"""Empty books of a site to fill in: every sheet, every column explained, every figure in its row."""

from __future__ import annotations

import io
from datetime import datetime

import xlsxwriter

from solidaria.core.problem import say
from solidaria.core.watch.figures import FIGURES, Figure
from solidaria.core.watch.sheets import SHEETS
from solidaria.core.workbook.schema import Column, Sheet
from solidaria.core.workbook.tables import Table, Tables
from solidaria.report.language import Language

#: Rows that have lists to choose from.
ROWS = 200
#: Beside the columns that are read: what a figure means, and its unit.
NOTES = ("note_unit", "note_meaning")


def template_tables(language: Language) -> Tables:
    """Every sheet with its columns; the sheet site with a row for each figure. Blank figures mean what the note says."""
    sheets = {}
    for sheet in SHEETS:
        columns = tuple(column.name for column in sheet.columns)
        if sheet.name == "site":
            rows = tuple(
                (line, (figure.name, None, None, None, None, None, figure.unit, _meaning(figure, language)))
                for line, figure in enumerate(_shown(), 2)
            )
            sheets[sheet.name] = Table(columns + NOTES, rows)
        else:
            sheets[sheet.name] = Table(columns)
    return Tables("template", sheets)


def _shown() -> list[Figure]:
    return [figure for figure in FIGURES if figure.group != "questions"]


def _meaning(figure: Figure, language: Language) -> str:
    """What a figure means, and what a blank means where it is an assumption of ours."""
    text = language.text(figure.column.meaning)
    if figure.column.required:
        return f"{text} {language.text(say('It must be filled in.'))}"
    if figure.low is not None and figure.high is not None and figure.value is not None:
        blank = say(
            "Blank: {value}, an assumption of this program ({low} to {high}).",
            value=str(figure.value),
            low=str(figure.low),
            high=str(figure.high),
        )
        return f"{text} {language.text(blank)}"
    if figure.group == "thresholds":
        return f"{text} {language.text(say('Blank: {value}.', value=str(figure.value)))}"
    return text


def template_workbook(language: Language) -> bytes:
    """An XLSX workbook with every sheet: help on each header, lists to choose from, required columns marked."""
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True})
    workbook.set_properties({"created": datetime(2000, 1, 1)})
    plain = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#F3E9DA", "font_color": "#2B2320"})
    needed = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#8F2F1B", "font_color": "#FFFFFF"})
    tables = template_tables(language).sheets
    for sheet in SHEETS:
        page = workbook.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        for at, name in enumerate(tables[sheet.name].columns):
            column = next((one for one in sheet.columns if one.name == name), None)
            page.write_string(0, at, name, needed if column is not None and column.required else plain)
            page.set_column(at, at, 70 if name == "note_meaning" else max(14, len(name) + 4))
            if column is not None:
                page.write_comment(0, at, _help(sheet, column, language), {"x_scale": 2.2, "y_scale": 1.4})
                if column.kind == "choice" and column.choices:
                    page.data_validation(1, at, ROWS, at, {"validate": "list", "source": list(column.choices)})
        for line, cells in tables[sheet.name].rows:
            for at, cell in enumerate(cells):
                if cell is not None:
                    page.write_string(line - 1, at, str(cell))
    workbook.close()
    return content.getvalue()


def _help(sheet: Sheet, column: Column, language: Language) -> str:
    lines = [language.text(sheet.meaning)] if column is sheet.columns[0] else []
    lines.append(language.text(column.meaning))
    if column.required:
        lines.append(language.text(say("It must be filled in.")))
    return "\n".join(lines)
