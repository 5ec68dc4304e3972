"""From tables to a network, or every fault at once: sheet, row, column, what is wrong, what would help."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from solidaria.core.network import (
    Equipment,
    Need,
    Network,
    Organisation,
    Period,
    Product,
    Promise,
    Recipe,
    Reopening,
    Route,
    RuleRow,
    Rules,
    Site,
    Stock,
)
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.workbook import cells
from solidaria.core.workbook.circles import free_circles
from solidaria.core.workbook.schema import NOTE, RESULT, RULES, SHEET, SHEETS, Column, Sheet
from solidaria.core.workbook.suggest import Suggester, nearest
from solidaria.core.workbook.tables import Cell, Table, Tables

ZERO = Decimal(0)

#: The names of the columns are looked for in so many rows below the first, where titles stand above them.
TITLES = 10

#: More faults than any honest workbook has; beyond it reading stops, so that a hostile file costs little.
MOST_KEPT = 50_000

#: How each kind of column is read.
READERS: dict[str, Callable[[Cell, Column], cells.Parsed]] = {
    "id": cells.identifier,
    "reference": cells.identifier,
    "text": cells.free_text,
    "choice": cells.choice,
    "number": cells.number,
    "date": cells.day,
    "pays": cells.pays,
    "currency": cells.currency,
    "objectives": cells.objectives,
}


@dataclass(slots=True)
class Row:
    """One row whose cells were read: column -> value (None when blank or at fault), and its place."""

    number: int
    values: dict[str, Any]
    bad: frozenset[str] = frozenset()
    note: str = ""
    cells: dict[str, Cell] = field(default_factory=dict)

    def get(self, column: str, blank: Any = None) -> Any:
        """The value, or what a blank cell means."""
        value = self.values.get(column)
        return blank if value is None else value


def read_network(tables: Tables) -> Network:
    """The network a workbook describes. Raises Refused with every fault at once; warnings come with the network."""
    return _Reader(tables).network()


class _Reader:
    """Reads the sheets one after the other and keeps what is wrong with them."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.faults: list[Fault] = list(tables.faults)
        self.more = False
        self.warnings: list[Fault] = list(tables.warnings)
        self.rows: dict[str, list[Row]] = {}
        self.ids: dict[str, dict[str, Row]] = {}
        self.suggesters: dict[str, Suggester] = {}
        self.sheets: dict[str, Table] = {}
        self.meant: dict[str, set[str]] = {}

    def fault(self, sheet: str, row: int | None, column: str | None, what: Sentence, help: Sentence) -> None:
        if len(self.faults) < MOST_KEPT:
            self.faults.append(Fault(sheet, row, column, what, help))
        else:
            self.more = True

    def network(self) -> Network:
        self.sheets = {name: self._from_the_names(name, table) for name, table in self.tables.sheets.items()}
        self._sheet_names()
        for sheet in SHEETS:
            self.rows[sheet.name] = self._read(sheet)
        for sheet in SHEETS:
            self._twice(sheet, self.rows[sheet.name])
        for sheet in SHEETS:
            self.ids[sheet.name] = {
                row.values[sheet.key[0]]: row
                for row in self.rows[sheet.name]
                if len(sheet.key) == 1 and row.get(sheet.key[0]) is not None
            }
        if not self.rows["periods"]:
            self.ids["periods"] = {"1": Row(0, {"period": "1"})}
        for sheet in SHEETS:
            self._references(sheet)
        rules = self._rules()
        self._across(rules)
        if self.more:
            what = say("There are more than {count} faults; reading stopped there.", count=MOST_KEPT)
            self.faults.append(Fault("", None, None, what, say("Mend the ones that are shown first.")))
        if self.faults:
            raise Refused(self.faults)
        network = self._network(rules)
        self._warn(network)
        warnings = sorted(self.warnings, key=lambda fault: fault.order)
        return replace(network, warnings=tuple(warnings))

    # --- sheet by sheet ---

    def _sheet_names(self) -> None:
        """Sheets that are unknown, and required ones that are missing or empty."""
        for name in self.tables.sheets:
            if name not in SHEET and not name.lower().startswith(RESULT):
                close = nearest(name, SHEET)
                help = (
                    say("Did you mean {name}?", name=close)
                    if close
                    else say("Delete the sheet, or use one of: {names}.", names=", ".join(SHEET))
                )
                self.fault(name, None, None, say("There is no sheet of this name in a network."), help)
        for sheet in SHEETS:
            table = self.sheets.get(sheet.name)
            if sheet.name in self.tables.unread:
                continue
            if sheet.required and table is None:
                what = say("The sheet {name} is missing.", name=sheet.name)
                help = say("Add it. `solidaria example --template` writes a workbook with every sheet in it.")
                self.fault(sheet.name, None, None, what, help)
            elif sheet.required and table is not None and not table.rows:
                help = say("Fill in at least one row. docs/workbook.md says what its columns mean.")
                self.fault(sheet.name, None, None, say("The sheet {name} has no rows.", name=sheet.name), help)

    def _from_the_names(self, name: str, table: Table) -> Table:
        """The sheet from the row with the names of its columns on; that this is not row 1 is one fault, not many."""
        known = {column.name for column in SHEET[name].columns} if name in SHEET else set()
        if not known or known & set(table.columns):
            return table
        for place, (number, line) in enumerate(table.rows[:TITLES]):
            names = tuple(cells.as_text(cell) for cell in line)
            there = {one for one in names if one and not one.startswith(NOTE)}
            if there and there <= known:
                what = say("The names of the columns stand in row {row}; they must stand in row 1.", row=number)
                self.fault(name, 1, None, what, say("Delete what stands above them: titles and empty rows."))
                return Table(names, table.rows[place + 1 :])
        return table

    def _read(self, sheet: Sheet) -> list[Row]:
        """The rows of one sheet, cell by cell."""
        table = self.sheets.get(sheet.name)
        if table is None:
            return []
        places = self._columns(sheet, table)
        rows = []
        for number, line in table.rows:
            if self.more:
                break  # The workbook is refused already, with more faults than anybody reads.
            row = Row(number, {})
            for place, name in places.items():
                cell = line[place] if place < len(line) else None
                if sheet.name == "rules":
                    row.cells[name] = cell
                if name.startswith(NOTE):
                    text = cells.as_text(cell)
                    row.note = f"{row.note} {text}".strip() if text else row.note
                else:
                    self._cell(sheet, row, sheet.column(name), cell)
            if any(not cells.is_blank(cell) for cell in line[len(table.columns) :]):
                what = say("The row has more cells than the sheet has columns.")
                self.fault(
                    sheet.name, number, None, what, say("Is there a comma too many, or text without quotes?")
                )
            rows.append(row)
        return rows

    def _columns(self, sheet: Sheet, table: Table) -> dict[int, str]:
        """Where each known column stands; unknown, repeated and missing ones are faults."""
        places: dict[int, str] = {}
        meant: set[str] = set()
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
                close = nearest(name, [one for one in known if one not in table.columns])
                meant |= {close} if close else set()
                help = (
                    say("Did you mean {name}?", name=close)
                    if close
                    else say("Delete it, or start its name with note: {name}.", name=f"note_{name}")
                )
                what = say("This sheet has no column {name}.", name=cells.shown(name))
                self.fault(sheet.name, 1, cells.shown(name), what, help)
        for column in sheet.columns:
            # A name with a slip in it is told already, with the name it should have.
            if column.required and column.name not in {*places.values(), *meant} and table.rows:
                what = say("The column {name} is missing.", name=column.name)
                self.fault(sheet.name, 1, column.name, what, say("Add it: {meaning}", meaning=column.meaning))
        return places

    def _cell(self, sheet: Sheet, row: Row, column: Column, cell: Cell) -> None:
        problem = cells.no_value(cell)
        if problem is None and cells.is_blank(cell):
            if column.required and column.kind != "rule":
                problem = (say("The cell is blank."), say("Fill it in: {meaning}", meaning=column.meaning))
        elif problem is None and column.kind == "choice" and sheet.name == "rules":
            row.values[column.name] = cells.as_text(cell)
        elif problem is None and column.kind != "rule":
            row.values[column.name], problem = READERS[column.kind](cell, column)
        if problem is not None:
            row.bad |= {column.name}
            self.fault(sheet.name, row.number, column.name, *problem)
            if sheet.key == (column.name,):
                # Its own fault is enough: whoever uses this id is not told that it is unknown.
                self.meant.setdefault(sheet.name, set()).add(cells.as_text(cell))

    def _twice(self, sheet: Sheet, rows: list[Row]) -> None:
        """Rows that say the same thing twice."""
        if sheet.name == "rules":
            return
        seen: dict[tuple[Any, ...], int] = {}
        for row in rows:
            if any(
                name in row.bad or (name not in row.values and sheet.column(name).required) for name in sheet.key
            ):
                continue
            key = tuple(self._key_part(sheet, row, name) for name in sheet.key)
            if key in seen:
                named = ", ".join(str(part) for part in key if part is not None)
                what = say("{key} is there twice: also in row {row}.", key=named, row=seen[key])
                help = (
                    say("Delete one of the two, or give it another id.")
                    if len(key) == 1
                    else say("Delete one of the two, or add them up in one row.")
                )
                self.fault(sheet.name, row.number, sheet.key[0], what, help)
            else:
                seen[key] = row.number

    def _key_part(self, sheet: Sheet, row: Row, name: str) -> Any:
        value = row.get(name)
        return self._first_period() if value is None and sheet.name == "promises" and name == "period" else value

    def _first_period(self) -> str:
        periods = sorted(
            self.rows.get("periods", []),
            key=lambda row: (row.get("starts") or date.min, str(row.get("period", ""))),
        )
        return str(periods[0].get("period", "1")) if periods else "1"

    def _references(self, sheet: Sheet) -> None:
        """Ids that point to a row that is not there."""
        for column in sheet.columns:
            if column.kind != "reference":
                continue
            known = self.ids[column.of]
            unread = column.of in self.tables.unread or self._lacks_id(column.of)
            for row in self.rows[sheet.name]:
                value = row.get(column.name)
                if value is None or value in known or unread or value in self.meant.get(column.of, ()):
                    continue
                row.bad |= {column.name}
                if column.of not in self.suggesters:
                    self.suggesters[column.of] = Suggester(known)
                close = self.suggesters[column.of].nearest(value)
                what = say("{id} is not in the sheet {sheet}.", id=cells.shown(value), sheet=column.of)
                help = (
                    say("Did you mean {name}?", name=close)
                    if close
                    else say("Add it to the sheet {sheet}, or correct the id.", sheet=column.of)
                )
                self.fault(sheet.name, row.number, column.name, what, help)

    def _lacks_id(self, name: str) -> bool:
        """Whether the sheet is there without its column of ids: that is told once, not for every row that uses one."""
        table = self.sheets.get(name)
        return table is not None and bool(table.columns) and SHEET[name].key[0] not in table.columns

    # --- rules ---

    def _rules(self) -> Rules | None:
        """The rules in force at the start of the first period."""
        columns = {column.name: column for column in RULES}
        start = min(
            (row.values["starts"] for row in self.rows["periods"] if row.get("starts") is not None), default=None
        )
        found: dict[str, tuple[Any, RuleRow]] = {}
        seen: dict[tuple[str, date | None], int] = {}
        known: set[str] = set()
        faulty = False
        for row in self.rows["rules"]:
            name = row.get("rule")
            if name is None:
                continue
            if name not in columns:
                close = nearest(name, columns)
                help = (
                    say("Did you mean {name}?", name=close)
                    if close
                    else say("Delete the row, or use one of: {names}.", names=", ".join(columns))
                )
                self.fault(
                    "rules", row.number, "rule", say("There is no rule {name}.", name=cells.shown(name)), help
                )
                continue
            known.add(name)
            if "value" in row.cells and cells.is_blank(row.cells["value"]):
                faulty = True
                what = say("The cell is blank.")
                help = say("Fill it in: {meaning}", meaning=columns[name].meaning)
                self.fault("rules", row.number, "value", what, help)
                continue
            if "value" in row.bad or "since" in row.bad or "value" not in row.cells:
                faulty = True
                continue
            value, problem = READERS[columns[name].kind](row.cells.get("value"), columns[name])
            if problem is not None:
                faulty = True
                self.fault("rules", row.number, "value", *problem)
                continue
            since = row.get("since")
            if (name, since) in seen:
                what = say("{key} is there twice: also in row {row}.", key=name, row=seen[name, since])
                help = say("Delete one of the two, or say in the column since from when each holds.")
                self.fault("rules", row.number, "rule", what, help)
                continue
            seen[name, since] = row.number
            if start is not None and since is not None and since > start:
                continue
            said = RuleRow(
                name,
                cells.as_text(row.cells.get("value")),
                row.get("unit", ""),
                since,
                row.get("decision", ""),
                row.get("source", ""),
                row.note,
            )
            if name not in found or (found[name][1].since or date.min) < (since or date.min):
                found[name] = (value, said)
        for column in RULES:
            if self._lacks_id("rules"):
                break
            if column.required and column.name not in found and "rules" in self.tables.sheets:
                if column.name not in known:
                    what = say("The rule {name} is missing.", name=column.name)
                    help = say("Add a row for it: {meaning}", meaning=column.meaning)
                    self.fault("rules", None, "rule", what, help)
                elif not faulty:
                    what = say(
                        "No row of the rule {name} holds yet when the first period starts.", name=column.name
                    )
                    help = say("Add a row with the value that holds on {day}.", day=str(start))
                    self.fault("rules", None, "since", what, help)
        if any(column.required and column.name not in found for column in RULES):
            return None
        rows = tuple(found[name][1] for name in sorted(found))
        values = {name: value for name, (value, _) in found.items()}
        values["protect_jobs"] = values.get("protect_jobs", "yes") == "yes"
        return Rules(**values, rows=rows)

    # --- across sheets ---

    def _across(self, rules: Rules | None) -> None:
        """What is only wrong when sheets are read together."""
        assembly = rules.assembly_hours if rules is not None else None
        for row in self.rows["sites"]:
            paid = row.get("paid_hours")
            if assembly is not None and paid is not None and paid <= assembly:
                what = say(
                    "Members are paid {paid} hours and spend {assembly} of them in assemblies: nothing is left.",
                    paid=paid, assembly=assembly,
                )  # fmt: skip
                help = say("paid_hours must be above the rule assembly_hours.")
                self.fault("sites", row.number, "paid_hours", what, help)
        self._products()
        self._equipment()
        self._dates()
        for row in self.rows["reopenings"]:
            site = self.ids["sites"].get(row.get("site", ""))
            if site is not None and "state" not in site.bad and site.get("state", "producing") != "closed":
                what = say("{site} is not closed, so it cannot be reopened.", site=row.get("site"))
                help = say("Delete the row, or write closed as the state of the site.")
                self.fault("reopenings", row.number, "site", what, help)
        for row in self.rows["routes"]:
            if row.get("from") is not None and row.get("from") == row.get("to"):
                what = say("The route leads from {place} to itself.", place=row.get("from"))
                help = say("Delete the row: a place needs no route to itself.")
                self.warnings.append(Fault("routes", row.number, "to", what, help))
        if self._whole("recipes", "inputs", "uses"):
            for circle in free_circles(self._recipes()):
                first = self.ids["recipes"][circle[0]]
                what = say("The recipes {recipes} make their products out of each other, and it costs nothing.",
                           recipes=", ".join(circle))  # fmt: skip
                help = say("Give at least one of them the labour_hours it takes, or correct output and inputs.")
                self.fault("recipes", first.number, "labour_hours", what, help)

    def _whole(self, *sheets: str) -> bool:
        """Whether nothing is wrong with these sheets, so that they can be read together."""
        return not (
            self.more
            or any(name in self.tables.unread for name in sheets)
            or any(fault.sheet in sheets for fault in self.faults)
        )

    def _products(self) -> None:
        for row in self.rows["products"]:
            price = row.get("market_price")
            if row.get("outside") == "yes" and price is None and "market_price" not in row.bad:
                what = say("It may be bought outside, but there is no market price.")
                help = say("Write what one unit costs, or write no in the column outside.")
                self.fault("products", row.number, "market_price", what, help)
        for row in self.rows["stocks"]:
            product = self.ids["products"].get(row.get("product", ""))
            if product is not None and product.get("keeps") == "no":
                what = say("{product} does not keep, so there can be no stock of it.", product=row.get("product"))
                help = say("Delete the row, or write yes in the column keeps of the product.")
                self.fault("stocks", row.number, "product", what, help)

    def _equipment(self) -> None:
        for row in self.rows["uses"]:
            recipe = self.ids["recipes"].get(row.get("recipe", ""))
            machine = self.ids["equipment"].get(row.get("equipment", ""))
            if recipe is None or machine is None or "site" in recipe.bad or "site" in machine.bad:
                continue
            if recipe.get("site") is None or machine.get("site") is None:
                continue  # The column itself is missing, which is told already.
            if recipe.get("site") != machine.get("site"):
                what = say(
                    "{equipment} stands at {there}, but the recipe belongs to {here}.",
                    equipment=row.get("equipment"), there=machine.get("site"), here=recipe.get("site"),
                )  # fmt: skip
                help = say("A recipe uses equipment of its own site: correct one of the three.")
                self.fault("uses", row.number, "equipment", what, help)

    def _dates(self) -> None:
        rows = self.rows["periods"]
        for row in rows:
            starts, ends = row.get("starts"), row.get("ends")
            if starts is not None and ends is not None and ends < starts:
                what = say("The period ends on {ends}, before it starts on {starts}.", ends=str(ends),
                           starts=str(starts))  # fmt: skip
                self.fault("periods", row.number, "ends", what, say("Correct one of the two dates."))
        dated = [row for row in rows if row.get("starts") is not None]
        if dated and len(dated) < len(rows):
            for row in rows:
                if row.get("starts") is None and "starts" not in row.bad:
                    what = say("Other periods have a first day, this one has none.")
                    help = say("It comes before all others. Write the first day of every period, or of none.")
                    self.warnings.append(Fault("periods", row.number, "starts", what, help))
        ordered = sorted(dated, key=lambda row: (row.values["starts"], str(row.get("period"))))
        for before, after in pairwise(ordered):
            ends = before.get("ends")
            # An end on the day the next one starts is allowed: many write the day after the last.
            if ends is not None and ends > after.values["starts"]:
                what = say("The period starts on {starts}, before {other} has ended.", starts=str(after.values["starts"]),
                           other=before.get("period"))  # fmt: skip
                help = say("Periods follow one another: correct the dates.")
                self.fault("periods", after.number, "starts", what, help)

    # --- values ---

    def _recipes(self) -> tuple[Recipe, ...]:
        inputs: dict[str, list[tuple[str, Decimal]]] = {}
        uses: dict[str, list[tuple[str, Decimal]]] = {}
        for row in self.rows["inputs"]:
            inputs.setdefault(row.values["recipe"], []).append((row.values["product"], row.values["quantity"]))
        for row in self.rows["uses"]:
            uses.setdefault(row.values["recipe"], []).append((row.values["equipment"], row.values["hours"]))
        return tuple(
            Recipe(
                row.values["recipe"], row.values["site"], row.values["product"], row.get("output", Decimal(1)),
                row.values["labour_hours"], tuple(inputs.get(row.values["recipe"], ())),
                tuple(uses.get(row.values["recipe"], ())), row.note,
            )
            for row in self.rows["recipes"]
        )  # fmt: skip

    def _network(self, rules: Rules | None) -> Network:
        assert rules is not None
        first, rows = self._first_period(), self.rows
        made = {row.values["product"] for row in rows["recipes"]}
        routes = tuple(
            Route(row.values["from"], row.values["to"], row.get("product"), row.values["cost"], row.note)
            for row in rows["routes"]
        )
        periods = tuple(
            Period(row.values["period"], row.get("starts"), row.get("ends"), row.note) for row in rows["periods"]
        )
        return Network(
            self.tables.name,
            tuple(
                Organisation(
                    row.values["organisation"], row.values["name"], row.values["kind"], row.get("members", ZERO),
                    row.get("place", ""), row.get("latitude"), row.get("longitude"), row.get("ability", ZERO),
                    row.get("pledge", ZERO), row.note,
                )
                for row in rows["organisations"]
            ),
            tuple(
                Product(
                    row.values["product"], row.values["name"], row.values["unit"], row.get("market_price"),
                    _outside(row, made), row.get("keeps", "yes") == "yes", row.get("source", ""), row.note,
                )
                for row in rows["products"]
            ),
            rules,
            tuple(
                Site(
                    row.values["site"], row.values["members"], row.values["paid_hours"], row.get("overhead", ZERO),
                    row.get("state", "producing"), row.note,
                )
                for row in rows["sites"]
            ),
            self._recipes(),
            tuple(
                Equipment(row.values["equipment"], row.values["site"], row.values["hours"], row.note)
                for row in rows["equipment"]
            ),
            tuple(
                Stock(row.values["site"], row.values["product"], row.values["quantity"], row.note)
                for row in rows["stocks"]
            ),
            tuple(
                Need(
                    row.values["need"], row.values["organisation"], row.values["product"], row.values["quantity"],
                    row.get("period", first), int(row.get("tier", 1)), row.get("pays", "market"), row.note,
                )
                for row in rows["needs"]
            ),
            tuple(
                Promise(
                    row.values["site"], row.values["organisation"], row.values["product"], row.values["quantity"],
                    row.get("period", first), row.note,
                )
                for row in rows["promises"]
            ),
            periods or (Period("1"),),
            tuple(
                Reopening(row.values["site"], row.values["money"], row.get("hours", ZERO), row.note)
                for row in rows["reopenings"]
            ),
            routes or None,
        )  # fmt: skip

    # --- warnings ---

    def _warn(self, network: Network) -> None:
        """What is allowed and yet probably not meant."""

        def warn(sheet: str, row: int | None, column: str | None, what: Sentence, help: Sentence) -> None:
            self.warnings.append(Fault(sheet, row, column, what, help))

        if not network.needs:
            what = (
                say("The workbook names no needs: the plan will only keep promises.")
                if network.promises
                else say("The workbook names no needs: nobody needs anything, so there is nothing to plan for.")
            )
            warn("needs", None, None, what, say("Write in the sheet needs who needs what, and how much of it."))
        if not network.recipes:
            warn(
                "recipes", None, None,
                say("The workbook has no recipes: nobody makes anything."),
                say("Write in the sheet recipes who makes what; without it there is only what is in stock or bought."),
            )  # fmt: skip
        had = {recipe.product for recipe in network.recipes} | {stock.product for stock in network.stocks}
        for row in self.rows["needs"]:
            product = row.values["product"]
            if product not in had and not network.product[product].outside:
                warn(
                    "needs", row.number, "product",
                    say("Nobody makes {product}, and it may not be bought outside.", product=product),
                    say("The plan will say so; add a recipe, a stock or a market price if there is one."),
                )  # fmt: skip
        for row in self.rows["inputs"]:
            recipe, quantity = network.recipe[row.values["recipe"]], row.values["quantity"]
            if row.values["product"] == recipe.product and quantity >= recipe.output:
                warn(
                    "inputs", row.number, "quantity",
                    say("The recipe {recipe} uses {quantity} of {product} and makes {output} of it: "
                        "nothing is left for anybody.",
                        recipe=recipe.id, product=recipe.product, quantity=quantity, output=recipe.output),
                    say("Correct the quantity here or the output of the recipe; as it is, running it helps nobody."),
                )  # fmt: skip
        for row in self.rows["organisations"]:
            organisation = network.organisation[row.values["organisation"]]
            for column, lacking in (
                ("ability", organisation.ability == 0),
                ("members", organisation.members == 0),
            ):
                if organisation.pledge > 0 and lacking:
                    warn(
                        "organisations", row.number, column,
                        say("{name} pledged, but pays nothing without {column}.", name=organisation.name,
                            column=column),
                        say("Fill in the column {column}.", column=column),
                    )  # fmt: skip
        for row in self.rows["reopenings"]:
            hours, available = row.get("hours", ZERO), network.available_hours(row.values["site"])
            if hours > available:
                warn(
                    "reopenings", row.number, "hours",
                    say("Reopening takes {hours} hours, and the members have {available} in the first period.",
                        hours=hours, available=available),
                    say("As it is, the site cannot be reopened."),
                )  # fmt: skip


def _outside(row: Row, made: Iterable[str]) -> bool:
    """Whether a product may be bought outside; blank: only if it has a market price and no recipe makes it."""
    said = row.get("outside")
    if said is not None:
        return bool(said == "yes")
    return row.get("market_price") is not None and row.values["product"] not in made
