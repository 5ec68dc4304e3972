"""Refusals from a file: what an assembly does not take on. The file is described in docs/refusals.md."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from decimal import Decimal
from io import StringIO
from pathlib import Path

from solidaria.core.network import Network
from solidaria.core.plan.refusals import LoweredPledge, Refusal, Refusals
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.workbook.cells import is_blank, number, shown
from solidaria.core.workbook.schema import NOTE, Column
from solidaria.core.workbook.suggest import nearest

LINE_COLUMNS = ("site", "recipe", "period", "most_runs")
PLEDGE_COLUMNS = ("organisation", "pledge")
COLUMNS = (*LINE_COLUMNS, *PLEDGE_COLUMNS)
#: A file of refusals is short; anything larger is not one.
MOST_BYTES = 5_000_000

_NUMBERS = {
    "most_runs": Column("most_runs", "number", say("The most runs per period.")),
    "pledge": Column("pledge", "number", say("The most solidarity it pays over the plan.")),
}

Row = Mapping[str, str | Decimal | None]


def read_refusals(path: Path, network: Network) -> Refusals:
    """The refusals in a file, in the order of ids, checked against the network they are about.

    Raises Refused with every fault at once: unknown ids, a recipe of another site, numbers that are none, the same
    thing refused twice.
    """
    reader = _Reader(path.name, network)
    rows = reader.rows(path)
    for place, row in rows:
        reader.take(place, row)
    if not rows and not reader.faults:
        reader.fault(None, None, say("The file refuses nothing."), say("Write one row for each thing refused."))
    if reader.faults:
        raise Refused(reader.faults)
    return Refusals(
        tuple(sorted(reader.lines.values(), key=lambda one: (one.recipe, one.period or ""))),
        tuple(sorted(reader.pledges.values(), key=lambda one: one.organisation)),
    )


class _Reader:
    def __init__(self, name: str, network: Network) -> None:
        self.name = name
        self.network = network
        self.faults: list[Fault] = []
        self.lines: dict[tuple[str, str | None], Refusal] = {}
        self.pledges: dict[str, LoweredPledge] = {}

    def fault(self, row: int | None, column: str | None, what: Sentence, help: Sentence) -> None:
        self.faults.append(Fault(self.name, row, column, what, help))

    def rows(self, path: Path) -> list[tuple[int, Row]]:
        """The rows of the file with their numbers, as a spreadsheet counts; a JSON list counts from 1."""
        text = self._text(path)
        if text is None:
            return []
        return self._from_json(text) if text.lstrip()[:1] in ("[", "{") else self._from_csv(text)

    def _text(self, path: Path) -> str | None:
        try:
            with path.open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
        except OSError as error:
            self.fault(
                None,
                None,
                say("This file cannot be read: {reason}.", reason=error.strerror or str(error)),
                say("Give the path of a CSV or JSON file. docs/refusals.md shows one."),
            )
            return None
        if len(content) > MOST_BYTES:
            what = say("The file is larger than {most} MB.", most=MOST_BYTES // 1_000_000)
            self.fault(None, None, what, say("A file of refusals has one short row for each thing refused."))
            return None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            what = say("The file is not text in UTF-8.")
            self.fault(None, None, what, say("Save it as CSV UTF-8 in the spreadsheet program."))
            return None

    def _from_csv(self, text: str) -> list[tuple[int, Row]]:
        try:
            table = list(csv.reader(StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            what = say("This is not a CSV file: {reason}.", reason=str(error))
            self.fault(None, None, what, say("Save it as CSV UTF-8 in the spreadsheet program."))
            return []
        header = [cell.strip() for cell in table[0]] if table else []
        if len(header) == 1 and ";" in header[0]:
            what = say("The columns are kept apart by semicolons.")
            self.fault(1, None, what, say("Save the file with commas between the columns."))
            return []
        self._check_columns(header)
        rows: list[tuple[int, Row]] = []
        for place, cells in enumerate(table[1:], start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(header) :]):
                what = say("The row has more cells than the header.")
                self.fault(place, None, what, say("Put text with a comma in it between double quotes."))
            rows.append((place, dict(zip(header, (cell.strip() for cell in cells), strict=False))))
        return rows

    def _check_columns(self, header: list[str]) -> None:
        for column in sorted(set(header)):
            if header.count(column) > 1 and column:
                what = say("The column “{column}” is there twice.", column=shown(column))
                self.fault(1, column, what, say("Keep one of them."))
            if column and column not in COLUMNS and not column.startswith(NOTE):
                close = nearest(column, COLUMNS)
                help = (
                    say("Did you mean “{word}”?", word=close)
                    if close
                    else say("The columns are: {columns}.", columns=", ".join(COLUMNS))
                )
                self.fault(1, column, say("There is no column “{column}”.", column=shown(column)), help)
        if not set(header) & {"recipe", "organisation"}:
            what = say("The file has neither a column recipe nor a column organisation.")
            self.fault(1, None, what, say("The columns are: {columns}.", columns=", ".join(COLUMNS)))

    def _from_json(self, text: str) -> list[tuple[int, Row]]:
        try:
            found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            what = say("This is not a JSON file: {reason}.", reason=str(error))
            self.fault(None, None, what, say("Write a list of objects, as docs/refusals.md shows."))
            return []
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            what = say("The file is not a list of objects.")
            self.fault(None, None, what, say("Write a list of objects, as docs/refusals.md shows."))
            return []
        self._check_columns(sorted({key for row in found for key in row} | {"recipe"}))
        rows: list[tuple[int, Row]] = []
        for place, row in enumerate(found, start=1):
            wrong = [key for key, value in row.items() if not isinstance(value, (str, Decimal, type(None)))]
            for key in sorted(wrong):
                what = say("“{column}” is neither text nor a number.", column=shown(key))
                self.fault(place, key, what, say("Write text or a number."))
            rows.append((place, {key: value for key, value in row.items() if key not in wrong}))
        return rows

    def take(self, place: int, row: Row) -> None:
        """Read one row: a line that a site refuses, or a pledge that an organisation lowers."""
        has_line = [column for column in LINE_COLUMNS if not is_blank(row.get(column))]
        has_pledge = [column for column in PLEDGE_COLUMNS if not is_blank(row.get(column))]
        if has_line and has_pledge:
            self.fault(
                place,
                None,
                say("The row refuses a line and lowers a pledge at once."),
                say("Write two rows: one with site, recipe and most_runs, one with organisation and pledge."),
            )
        elif has_line:
            self._line(place, row)
        elif has_pledge:
            self._pledge(place, row)

    def _line(self, place: int, row: Row) -> None:
        site = self._id(place, row, "site", {one.id for one in self.network.sites})
        recipe = self._id(place, row, "recipe", set(self.network.recipe))
        periods = {one.id for one in self.network.periods}
        blank = is_blank(row.get("period"))
        period = None if blank else self._id(place, row, "period", periods)
        most = self._number(place, row, "most_runs")
        if site and recipe and self.network.recipe[recipe].site != site:
            owner = self.network.recipe[recipe].site
            what = say(
                "The recipe {recipe} is not one of {site}, but of {owner}.", recipe=recipe, site=site, owner=owner
            )
            self.fault(place, "recipe", what, say("An assembly can refuse only its own site's lines."))
            return
        if not recipe or not site or most is None or (period is None and not blank):
            return
        if (recipe, period) in self.lines:
            what = say("The recipe {recipe} is refused twice for the same time.", recipe=recipe)
            self.fault(place, "recipe", what, say("Keep one of the rows."))
            return
        self.lines[recipe, period] = Refusal(recipe, period, most)

    def _pledge(self, place: int, row: Row) -> None:
        organisation = self._id(place, row, "organisation", set(self.network.organisation))
        pledge = self._number(place, row, "pledge")
        if not organisation or pledge is None:
            return
        if organisation in self.pledges:
            what = say("{organisation} has two pledges here.", organisation=organisation)
            self.fault(place, "organisation", what, say("Keep one of the rows."))
            return
        self.pledges[organisation] = LoweredPledge(organisation, pledge)

    def _id(self, place: int, row: Row, column: str, known: set[str]) -> str | None:
        cell = row.get(column)
        text = "" if cell is None else str(cell).strip()
        if text in known:
            return text
        if not text:
            what = say("“{column}” is blank.", column=column)
            self.fault(place, column, what, say("Write the id that the workbook uses."))
            return None
        close = nearest(text, known)
        help = say("Did you mean “{word}”?", word=close) if close else say("Write the id that the workbook uses.")
        what = say("The workbook has no {column} “{value}”.", column=column, value=shown(text))
        self.fault(place, column, what, help)
        return None

    def _number(self, place: int, row: Row, column: str) -> Decimal | None:
        cell = row.get(column)
        if is_blank(cell):
            what = say("“{column}” is blank.", column=column)
            self.fault(place, column, what, say("Write a number; 0 means not at all."))
            return None
        value, problem = number(cell, _NUMBERS[column])
        if problem is not None:
            self.fault(place, column, *problem)
            return None
        assert isinstance(value, Decimal)
        return value


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number")
