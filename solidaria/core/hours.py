"""Hours sheets: rows of who worked how long on which day and for which order, read whole or not at all.

A sheet holds a handle or a number of the roll and no name: more is not needed to pay and to prove wages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from solidaria.core.bank import folded, numbered
from solidaria.core.books import DECIMALS, HOURS, amount_of, counted
from solidaria.core.problem import Fault, Sentence, say
from solidaria.core.workbook import cells
from solidaria.core.workbook.schema import Column
from solidaria.core.workbook.suggest import nearest
from solidaria.core.workbook.tables import Cell, Table

#: Columns, and the names they may have, folded.
COLUMNS: dict[str, tuple[str, ...]] = {
    "who": (
        "who", "worker", "person", "member", "handle", "quien", "trabajador", "trabajadora", "persona", "socio", "numero",
    ),
    "day": ("day", "date", "dia", "fecha"),
    "hours": ("hours", "horas", "h"),
    "site": ("site", "sitio", "taller", "planta"),
    "work": ("work", "order", "recipe", "orden", "pedido", "receta", "trabajo"),
    "note": ("note", "notes", "nota", "notas", "observaciones"),
}  # fmt: skip
NEEDED = ("who", "day", "hours")
MOST_ROWS = 20_000
#: A day has so many hours, in millionths.
DAY = 24 * 10**DECIMALS
NOTE = 300


@dataclass(frozen=True)
class Worked:
    """One row: a member's number on the roll, the day, the hours in millionths, the order or recipe, a note."""

    row: int
    member: int
    day: date
    effort: int
    order: str = ""
    recipe: str = ""
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was read, with every fault at once."""

    rows: tuple[Worked, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Known:
    """What an organisation's sheet may name.

    members    handle (folded) or number of the roll as text → number of the roll
    sites      names and codes of the organisation itself, folded
    orders     codes of its orders; recipes: codes of its recipes
    today      no later day can have been worked
    """

    members: Mapping[str, int]
    sites: frozenset[str]
    orders: frozenset[str]
    recipes: frozenset[str]
    today: date


def read(table: Table, known: Known, name: str) -> Sheet:
    """The rows of a sheet; blank rows are left out."""
    places, faults = _places(table.columns, name)
    if faults:
        return Sheet((), tuple(faults))
    if len(table.rows) > MOST_ROWS:
        what = say("The sheet has more than {most} rows.", most=MOST_ROWS)
        return Sheet((), (Fault(name, None, None, what, say("Make several sheets of it.")),))
    found = []
    for number, row in table.rows:
        reader = _Row(name, number, row, places, table.columns, known)
        one = reader.worked()
        faults += reader.faults
        if one is not None:
            found.append(one)
    if not table.rows:
        faults.append(
            Fault(name, None, None, say("The sheet has no rows."), say("Write one row for each day worked."))
        )
    return Sheet(tuple(found), tuple(faults))


def _places(columns: Sequence[str], name: str) -> tuple[dict[str, int], list[Fault]]:
    """Where each column stands. Columns that nobody knows are left unread; two for the same are refused."""
    places: dict[str, int] = {}
    faults = []
    for at, column in enumerate(columns):
        what = next((what for what, names in COLUMNS.items() if folded(column) in names), None)
        if what is None:
            continue
        if what in places:
            told = say("Two columns are for the same: {one} and {other}.", one=columns[places[what]], other=column)
            faults.append(Fault(name, 1, column, told, say("Keep one of them.")))
        places.setdefault(what, at)
    for what in NEEDED:
        if what not in places:
            told = say("The column {name} is missing.", name=what)
            faults.append(Fault(name, 1, what, told, say("Write who, day and hours in row 1, in any order.")))
    return places, faults


class _Row:
    def __init__(
        self,
        name: str,
        number: int,
        row: Sequence[Cell],
        places: Mapping[str, int],
        columns: Sequence[str],
        known: Known,
    ) -> None:
        self.name, self.number, self.row, self.places, self.columns = name, number, row, places, columns
        self.known = known
        self.faults: list[Fault] = []

    def cell(self, what: str) -> Cell:
        place = self.places.get(what)
        return None if place is None or place >= len(self.row) else self.row[place]

    def wrong(self, what: str, told: Sentence, help: Sentence) -> None:
        self.faults.append(Fault(self.name, self.number, self.columns[self.places[what]], told, help))

    def worked(self) -> Worked | None:
        member, day, effort = self._member(), self._day(), self._effort()
        site = cells.as_text(self.cell("site"))
        if site and folded(site) not in self.known.sites:
            told = say("{site} is not this organisation.", site=cells.shown(site))
            self.wrong("site", told, say("Leave the row out: each site keeps its own hours."))
        order, recipe = self._work()
        if self.faults or member is None or day is None or effort is None:
            return None
        note = cells.as_text(self.cell("note"))[:NOTE]
        return Worked(self.number, member, day, effort, order, recipe, note)

    def _member(self) -> int | None:
        text = cells.as_text(self.cell("who")).removeprefix("@").removeprefix("#")
        if not text:
            self.wrong("who", say("Who worked is blank."), say("Write a handle, or a number of the roll."))
            return None
        found = self.known.members.get(folded(text))
        if found is None:
            close = nearest(folded(text), sorted(self.known.members))
            help = (
                say("Did you mean {name}?", name=close)
                if close
                else say("Write the handle or the number as the roll shows it.")
            )
            self.wrong("who", say("{who} is not on the roll.", who=cells.shown(text)), help)
        return found

    def _day(self) -> date | None:
        cell = self.cell("day")
        if cells.is_blank(cell):
            self.wrong("day", say("The day is blank."), say("Write it as 2026-03-09."))
            return None
        found, problem = cells.day(cell, Column("day", "day", say("A day.")))
        if problem is not None:
            self.wrong("day", *problem)
            return None
        assert isinstance(found, date)
        if found > self.known.today or found.year < 1990:
            self.wrong("day", say("This day lies ahead, or far back."), say("Write down what was worked."))
            return None
        return found

    def _effort(self) -> int | None:
        cell = self.cell("hours")
        if isinstance(cell, str) and (parts := cell.strip().split(":"))[1:]:
            # 7:30, as clocks write it.
            if (
                len(parts) == 2
                and all(part.isascii() and part.isdecimal() for part in parts)
                and int(parts[1]) < 60
            ):
                minutes = int(parts[0][:3]) * 60 + int(parts[1])
                return self._within(counted((Decimal(minutes) / 60).quantize(Decimal("0.000001")), HOURS))
            self.wrong("hours", say("“{text}” are no hours.", text=cells.shown(cell)), say("Write 7.5 or 7:30."))
            return None
        if cells.is_blank(cell):
            self.wrong("hours", say("The hours are blank."), say("Write 7.5 or 7:30."))
            return None
        if isinstance(cell, str):
            # A day has too few hours for thousands: 7,5 can only be seven and a half.
            cell = re.sub(r"\A\s*(\d{1,2}),(\d{1,6})\s*\Z", r"\1.\2", cell)
        value, problem = cells.number(cell, Column("hours", "number", say("Hours."), least=Decimal(0), above=True))
        if problem is not None:
            self.wrong("hours", *problem)
            return None
        assert isinstance(value, Decimal)
        return self._within(counted(value, HOURS))

    def _within(self, effort: int | None) -> int | None:
        if effort is None or not 0 < effort <= DAY:
            self.wrong("hours", say("A day has 24 hours."), say("Write one row for each day."))
            return None
        return effort

    def _work(self) -> tuple[str, str]:
        text = cells.as_text(self.cell("work"))
        if not text:
            return "", ""
        if text in self.known.orders:
            return text, ""
        if text in self.known.recipes:
            return "", text
        close = nearest(text, sorted(self.known.orders | self.known.recipes))
        help = (
            say("Did you mean {name}?", name=close)
            if close
            else say("Write the code of an order or of a recipe, or leave it blank.")
        )
        self.wrong("work", say("There is no order and no recipe {code}.", code=cells.shown(text)), help)
        return "", ""


def keys(rows: Sequence[Worked]) -> tuple[str, ...]:
    """For each row what makes it itself, in their order: no two are the same; the same sheet again gives the same."""
    seen: dict[str, int] = {}
    found = []
    for one in rows:
        parts = (str(one.member), one.day.isoformat(), str(one.effort), one.order, one.recipe, folded(one.note))
        first = "hours:" + sha256("\n".join(parts).encode()).hexdigest()
        seen[first] = seen.get(first, 0) + 1
        found.append(first if seen[first] == 1 else numbered(first, seen[first]))
    return tuple(found)


def day_faults(rows: Sequence[Worked], before: Mapping[tuple[int, date], int], name: str) -> list[Fault]:
    """Members who would have worked more than 24 hours on a day, with what the books hold already.

    before   (member, day) → hours in the books, in millionths
    """
    worked = dict(before)
    faults = []
    for one in rows:
        key = (one.member, one.day)
        worked[key] = worked.get(key, 0) + one.effort
        if worked[key] > DAY >= worked[key] - one.effort:
            what = say(
                "Number {member} would have worked {hours} hours on {day}.",
                member=one.member,
                hours=amount_of(worked[key], HOURS),
                day=one.day.isoformat(),
            )
            faults.append(
                Fault(name, one.row, None, what, say("A day has 24 hours: look at what is there already."))
            )
    return faults
