"""From tables to the books of a site, or every fault at once: sheet, row, column, what is wrong, what would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.watch.books import (
    ZERO,
    Books,
    Change,
    Cost,
    Debt,
    Eviction,
    Lever,
    Owed,
    Sale,
    Shock,
    Value,
    attempts_a_year,
)
from solidaria.core.watch.figures import FIGURE, FIGURES, STATUSES, Figure
from solidaria.core.watch.sheets import SHEET, SHEETS
from solidaria.core.workbook import cells
from solidaria.core.workbook.schema import NOTE, RESULT, Column, Sheet
from solidaria.core.workbook.suggest import nearest
from solidaria.core.workbook.tables import Cell, Table, Tables

#: More faults than any honest workbook has; beyond it reading stops.
MOST_FAULTS: Final = 5_000
#: A site has a few dozen rows; thousands of levers would take hours.
MOST_ROWS: Final = 2_000
MOST_LEVERS: Final = 40

#: The shocks that are looked at where the books name none: name, figure, value.
SHOCKS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    ("price", (("price_fall", "0.2"),)),
    ("state", (("state_stops", "1"),)),
    ("bank", (("credit_stops", "1"),)),
    ("eviction", (("eviction_comes", "1"),)),
    ("orders", (("orders_lost", "0.33"),)),
    ("energy", (("energy_rise", "1"),)),
)


@dataclass
class Row:
    """One row: column -> value (absent when blank or at fault), and its place."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Cell] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)

    def text(self, column: str) -> str:
        """The text of a column; empty when blank."""
        return str(self.values.get(column, ""))

    def number_of(self, column: str) -> Decimal:
        """The number in a column; 0 when blank."""
        value = self.values.get(column, ZERO)
        assert isinstance(value, Decimal)
        return value


def read_books(tables: Tables) -> Books:
    """The books a workbook describes. Raises Refused with every fault at once; warnings come with the books."""
    return _Reader(tables).books()


class _Reader:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.faults: list[Fault] = list(tables.faults)
        self.warnings: list[Fault] = list(tables.warnings)
        self.rows: dict[str, list[Row]] = {}

    def fault(self, sheet: str, row: int | None, column: str | None, what: Sentence, help: Sentence) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(sheet, row, column, what, help))

    def warn(self, sheet: str, row: int | None, what: Sentence, help: Sentence) -> None:
        self.warnings.append(Fault(sheet, row, None, what, help))

    def books(self) -> Books:
        self._sheet_names()
        for sheet in SHEETS:
            self.rows[sheet.name] = list(self._read(sheet))
            self._twice(sheet)
        figures, words, starts = self._figures()
        levers = self._levers(figures)
        shocks = self._shocks(figures)
        self._across(figures)
        if self.faults:
            raise Refused(self.faults)
        books = Books(
            figures,
            words,
            starts,
            tuple(sorted(self._sales(), key=lambda one: one.id)),
            tuple(sorted(self._costs(), key=lambda one: one.id)),
            tuple(sorted(self._owed(), key=lambda one: one.id)),
            tuple(sorted(self._debts(), key=lambda one: one.id)),
            tuple(sorted(self._evictions(), key=lambda one: (one.status, one.people))),
            levers,
            shocks,
        )
        self._warn(books)
        warnings = tuple(sorted(self.warnings, key=lambda fault: fault.order))
        return Books(**{**books.__dict__, "warnings": warnings})

    # --- sheets and cells ---

    def _sheet_names(self) -> None:
        for name in self.tables.sheets:
            if name not in SHEET and not name.lower().startswith(RESULT):
                close = nearest(name, SHEET)
                help = (
                    say("Did you mean {name}?", name=close)
                    if close
                    else say("Delete the sheet, or use one of: {names}.", names=", ".join(SHEET))
                )
                self.fault(name, None, None, say("There is no sheet of this name in the books of a site."), help)
        for sheet in SHEETS:
            table = self.tables.sheets.get(sheet.name)
            if not sheet.required or sheet.name in self.tables.unread:
                continue
            if table is None:
                what = say("The sheet {name} is missing.", name=sheet.name)
                help = say(
                    "Add it. `solidaria stress --template` writes the books of a site with every sheet in it."
                )
                self.fault(sheet.name, None, None, what, help)
            elif not table.rows:
                help = say("Fill in at least one row. docs/stress.md says what its columns mean.")
                self.fault(sheet.name, None, None, say("The sheet {name} has no rows.", name=sheet.name), help)

    def _read(self, sheet: Sheet) -> Iterator[Row]:
        table = self.tables.sheets.get(sheet.name)
        if table is None:
            return
        places = self._columns(sheet, table)
        if len(table.rows) > MOST_ROWS:
            what = say("The sheet has more than {most} rows.", most=MOST_ROWS)
            self.fault(sheet.name, None, None, what, say("Add up what belongs together."))
            return
        for number, line in table.rows:
            row = Row(number)
            for place, name in places.items():
                cell = line[place] if place < len(line) else None
                row.raw[name] = cell
                if not name.startswith(NOTE):
                    self._cell(sheet, row, sheet.column(name), cell)
            if any(not cells.is_blank(cell) for cell in line[len(table.columns) :]):
                what = say("The row has more cells than the sheet has columns.")
                help = say("Is there a comma too many, or text without quotes?")
                self.fault(sheet.name, number, None, what, help)
            yield row

    def _columns(self, sheet: Sheet, table: Table) -> dict[int, str]:
        places: dict[int, str] = {}
        known = [column.name for column in sheet.columns]
        for place, name in enumerate(table.columns):
            if not name:
                if any(place < len(line) and not cells.is_blank(line[place]) for _, line in table.rows):
                    what = say("Column {number} has no name in row 1.", number=place + 1)
                    help = say("Write its name, or a name starting with note.")
                    self.fault(sheet.name, 1, None, what, help)
            elif name in places.values():
                what = say("There are two columns {name}.", name=name)
                self.fault(sheet.name, 1, name, what, say("Delete one of them."))
            elif name in known or name.startswith(NOTE):
                places[place] = name
            else:
                close = nearest(name, known)
                help = (
                    say("Did you mean {name}?", name=close)
                    if close
                    else say("Delete it, or start its name with note: {name}.", name=f"note_{name}")
                )
                what = say("This sheet has no column {name}.", name=cells.shown(name))
                self.fault(sheet.name, 1, cells.shown(name), what, help)
        for column in sheet.columns:
            if column.required and column.name not in places.values() and table.rows:
                what = say("The column {name} is missing.", name=column.name)
                self.fault(sheet.name, 1, column.name, what, say("Add it: {meaning}", meaning=column.meaning))
        return places

    def _cell(self, sheet: Sheet, row: Row, column: Column, cell: Cell) -> None:
        problem = cells.no_value(cell)
        if problem is None and cells.is_blank(cell):
            if column.required and column.kind != "rule":
                problem = (say("The cell is blank."), say("Fill it in: {meaning}", meaning=column.meaning))
        elif problem is None and column.kind != "rule":
            value, problem = cells.PARSERS[column.kind](cell, column)
            if problem is None:
                row.values[column.name] = value
        if problem is not None:
            row.bad.add(column.name)
            self.fault(sheet.name, row.number, column.name, *problem)

    def _twice(self, sheet: Sheet) -> None:
        seen: dict[tuple[Any, ...], int] = {}
        for row in self.rows[sheet.name]:
            if any(name in row.bad or name not in row.values for name in sheet.key):
                continue
            key = tuple(row.values[name] for name in sheet.key)
            if key in seen:
                named = ", ".join(cells.plain(part) if isinstance(part, Decimal) else str(part) for part in key)
                what = say("{key} is there twice: also in row {row}.", key=named, row=seen[key])
                help = say("Delete one of the two, or add them up in one row.")
                self.fault(sheet.name, row.number, sheet.key[0], what, help)
            else:
                seen[key] = row.number

    # --- figures ---

    def _figures(self) -> tuple[dict[str, Value], dict[str, str], date | None]:
        figures: dict[str, Value] = {}
        words: dict[str, str] = {}
        starts: date | None = None
        given: set[str] = set()
        for row in self.rows["site"]:
            figure = self._named(row, "site")
            if figure is None:
                continue
            if figure.group == "questions":
                what = say("{name} is a question to ask, not a figure of the site.", name=figure.name)
                self.fault("site", row.number, "figure", what, say("Use it in the sheets levers and shocks."))
                continue
            if cells.is_blank(row.raw.get("value")) and "value" in row.raw and not figure.column.required:
                continue  # As if the row were not there; the template has a row for every figure.
            given.add(figure.name)
            value = self._value(row, figure)
            if value is None:
                continue
            if figure.is_number:
                figures[figure.name] = self._ranged(row, figure, value)
            elif isinstance(value, date):
                starts = value
            else:
                words[figure.name] = str(value)
        for figure in FIGURES:
            if figure.name in given:
                continue
            if figure.column.required:
                if "site" in self.tables.sheets:
                    what = say("The figure {name} is missing.", name=figure.name)
                    help = say("Add a row for it: {meaning}", meaning=figure.column.meaning)
                    self.fault("site", None, "figure", what, help)
            elif isinstance(figure.value, Decimal):
                basis = "program" if figure.low is not None else "blank"
                figures[figure.name] = Value(figure.value, figure.low, figure.high, basis)
            elif isinstance(figure.value, str):
                words[figure.name] = figure.value
        if "eviction_attempts" not in given and words.get("legal_status") in STATUSES:
            figures["eviction_attempts"] = attempts_a_year(words)
        return figures, words, starts

    def _named(self, row: Row, sheet: str) -> Figure | None:
        """The figure that a row names, or None with a fault."""
        name = row.text("figure")
        if not name or "figure" in row.bad:
            return None
        if name in FIGURE:
            return FIGURE[name]
        close = nearest(name, FIGURE)
        help = (
            say("Did you mean {name}?", name=close)
            if close
            else say("Delete the row; docs/stress.md lists the figures there are.")
        )
        self.fault(sheet, row.number, "figure", say("There is no figure {name}.", name=cells.shown(name)), help)
        return None

    def _value(self, row: Row, figure: Figure) -> object:
        """The value in a row of the sheet site; None with a fault when it cannot be used."""
        cell = row.raw.get("value")
        if "value" in row.bad or "value" not in row.raw:
            return None
        if cells.is_blank(cell):
            help = say("Fill it in: {meaning}", meaning=figure.column.meaning)
            self.fault("site", row.number, "value", say("The cell is blank."), help)
            return None
        value, problem = cells.PARSERS[figure.column.kind](cell, figure.column)
        if problem is not None:
            self.fault("site", row.number, "value", *problem)
            return None
        return value

    def _ranged(self, row: Row, figure: Figure, value: object) -> Value:
        assert isinstance(value, Decimal)
        low, high = row.values.get("low"), row.values.get("high")
        basis = row.text("basis") or "books"
        if basis == "assumption" and (low is None or high is None) and not {"low", "high"} & row.bad:
            what = say("{name} is an assumption without a range.", name=figure.name)
            help = say("Write in low and high how far it could well be off; the answer says what that changes.")
            self.fault("site", row.number, "low" if low is None else "high", what, help)
        for name, end, wrong in (
            ("low", low, low is not None and low > value),
            ("high", high, high is not None and high < value),
        ):
            if wrong and end is not None:
                what = say(
                    "{end} is not on its side of the value {value}.",
                    end=cells.plain(end),
                    value=cells.plain(value),
                )
                self.fault("site", row.number, name, what, say("low is at most the value, high at least."))
            elif end is not None:
                _, problem = cells.number(end, figure.column)
                if problem is not None:
                    self.fault("site", row.number, name, *problem)
        return Value(value, low, high, basis, row.text("source"))

    # --- levers and shocks ---

    def _change(self, row: Row, sheet: str, figures: dict[str, Value]) -> Change | None:
        figure = self._named(row, sheet)
        if figure is None or "value" not in row.values or "change" in row.bad:
            return None
        if not figure.is_number or figure.group == "thresholds":
            what = say("{name} cannot be changed by a lever or a shock.", name=figure.name)
            self.fault(
                sheet, row.number, "figure", what, say("Choose a figure that is a number, and no threshold.")
            )
            return None
        if figure.name not in figures:
            if not figure.column.required:
                what = say("{name} is blank in the sheet site, so nothing can change it.", name=figure.name)
                self.fault(sheet, row.number, "figure", what, say("Write it in the sheet site first."))
            return None
        change = Change(figure.name, row.text("change") or "set", row.number_of("value"))
        after = change.of(figures[figure.name].value)
        _, problem = cells.number(after, figure.column)
        if problem is not None:
            self.fault(sheet, row.number, "value", *problem)
            return None
        return change

    def _levers(self, figures: dict[str, Value]) -> tuple[Lever, ...]:
        found: dict[str, list[Change]] = {}
        payer: dict[str, str] = {}
        cost: dict[str, Decimal] = {}
        for row in self.rows["levers"]:
            change = self._change(row, "levers", figures)
            name = row.text("lever")
            if change is None or not name:
                continue
            found.setdefault(name, []).append(change)
            cost[name] = cost.get(name, ZERO) + row.number_of("cost")
            word = row.text("payer")
            if word and payer.setdefault(name, word) != word:
                what = say(
                    "The lever {name} has two payers: {one} and {other}.", name=name, one=payer[name], other=word
                )
                self.fault(
                    "levers",
                    row.number,
                    "payer",
                    what,
                    say("Make two levers of it, or name the one who pays most."),
                )
        if len(found) > MOST_LEVERS:
            what = say("There are more than {most} levers.", most=MOST_LEVERS)
            self.fault("levers", None, None, what, say("Keep those that the assembly wants to talk about."))
        return tuple(
            Lever(name, _in_order(changes), payer.get(name, "nobody"), cost[name])
            for name, changes in sorted(found.items())
        )

    def _shocks(self, figures: dict[str, Value]) -> tuple[Shock, ...]:
        found: dict[str, list[Change]] = {}
        for row in self.rows["shocks"]:
            change = self._change(row, "shocks", figures)
            if change is not None and row.text("shock"):
                found.setdefault(row.text("shock"), []).append(change)
        if len(found) > MOST_LEVERS:
            what = say("There are more than {most} shocks.", most=MOST_LEVERS)
            self.fault("shocks", None, None, what, say("Keep those that the assembly wants to talk about."))
        if self.rows["shocks"]:
            return tuple(Shock(name, _in_order(changes)) for name, changes in sorted(found.items()))
        return tuple(
            Shock(name, tuple(Change(figure, "set", Decimal(value)) for figure, value in changes))
            for name, changes in SHOCKS
        )

    # --- the other sheets ---

    def _sales(self) -> Iterator[Sale]:
        for row in self.rows["sales"]:
            yield Sale(
                row.text("sale"),
                row.text("channel"),
                row.text("payer"),
                row.number_of("quantity"),
                row.number_of("price"),
                row.text("source"),
            )

    def _costs(self) -> Iterator[Cost]:
        for row in self.rows["costs"]:
            per_unit, per_month = row.number_of("per_unit"), row.number_of("per_month")
            yield Cost(row.text("cost"), row.text("kind"), per_unit, per_month, row.text("source"))

    def _owed(self) -> Iterator[Owed]:
        for row in self.rows["owed"]:
            due = int(row.number_of("due")) or 1
            amount, source = row.number_of("amount"), row.text("source")
            yield Owed(row.text("item"), row.text("direction") == "to us", amount, due, source)

    def _debts(self) -> Iterator[Debt]:
        for row in self.rows["debts"]:
            interest, instalment = row.number_of("interest"), row.number_of("instalment")
            yield Debt(row.text("debt"), row.number_of("amount"), interest, instalment, row.text("source"))

    def _evictions(self) -> Iterator[Eviction]:
        for row in self.rows["evictions"]:
            since = row.values.get("since")
            success, author = row.number_of("success"), row.text("author")
            yield Eviction(row.text("status"), row.number_of("people"), success, author, since)

    # --- what only shows when sheets are held together ---

    def _across(self, figures: dict[str, Value]) -> None:
        for row in self.rows["costs"]:
            if not {"per_unit", "per_month"} & (row.bad | set(row.values)):
                what = say("The cost has neither money per unit nor money per month.")
                self.fault("costs", row.number, None, what, say("Fill in one of the two, or both."))
        for row in self.rows["sales"]:
            channel, payer = row.text("channel"), row.text("payer")
            allowed = {
                "market": {"market", "ethical consumers"},
                "state": {"state"},
                "standing": {"union", "movement", "community"},
                "ad hoc": {"union", "movement", "community"},
                "sites": {"sites"},
            }.get(channel)
            if allowed and payer and payer not in allowed:
                what = say("A sale of the channel {channel} is not paid by {payer}.", channel=channel, payer=payer)
                help = say("For this channel write: {words}.", words=", ".join(sorted(allowed)))
                self.fault("sales", row.number, "payer", what, help)
        used, limit = figures.get("credit_used"), figures.get("credit_limit")
        if used and limit and used.value > limit.value:
            what = say("More credit is used than the limit allows.")
            self.fault("site", None, "figure", what, say("Correct credit_used or credit_limit."))
        status = [row for row in self.rows["site"] if row.text("figure") == "legal_status"]
        if self.rows["evictions"] and status:
            word = cells.as_text(status[0].raw.get("value")).casefold()
            own = [row for row in self.rows["evictions"] if row.text("status") == word]
            if word in STATUSES and not any(row.values.get("people") == 0 for row in own):
                what = say("The table has no row for {status} with 0 people.", status=word)
                self.fault(
                    "evictions",
                    None,
                    "people",
                    what,
                    say("Add it, so that every number of people has a row above it."),
                )

    def _warn(self, books: Books) -> None:
        """What is allowed but surprising."""
        normal = books.ordered
        if books.number("work_capacity") < normal or books.number("capacity") < normal:
            what = say("More is ordered in a normal month than hands or machines can make.")
            self.warn("sales", None, what, say("Check capacity, work_capacity and the quantities."))
        income = sum((sale.quantity * sale.price for sale in books.sales), ZERO) + books.number("subsidy")
        spent = books.pay_of_a_month + sum((cost.per_unit * normal + cost.per_month for cost in books.costs), ZERO)
        if income < spent:
            what = say("A normal month costs more than it brings in, even if nothing goes wrong.")
            self.warn("", None, what, say("The test shows how long that goes well; check prices and costs first."))
        late = {"market": "late_market", "state": "late_state"}
        waiting = sum(
            (
                one.quantity * one.price * books.number(late.get(one.channel, "late_movement"))
                for one in books.sales
            ),
            ZERO,
        )
        there = sum((item.amount for item in books.owed if item.to_us), ZERO)
        if there < waiting / 2:
            what = say(
                "Customers take so long to pay that about {expected} should be owed to the site, but only {there} is.",
                expected=int(waiting),
                there=int(there),
            )
            self.warn(
                "owed", None, what, say("Fill in what is owed to the site, or correct how long customers take.")
            )
        if not books.levers:
            what = say("The books name no levers, so the test cannot say what would help.")
            self.warn(
                "levers",
                None,
                what,
                say("Add the sheet levers: a standing order, a fund, neighbours at the gate."),
            )


def _in_order(changes: list[Change]) -> tuple[Change, ...]:
    """Changes by figure, so that the order of rows changes nothing; no figure is there twice."""
    return tuple(sorted(changes, key=lambda change: change.figure))
