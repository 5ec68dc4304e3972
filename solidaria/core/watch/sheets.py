"""The sheets of the books of a site and their columns; docs/stress.md is written from this table."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from solidaria.core.problem import Sentence, say
from solidaria.core.watch.figures import BASES, STATUSES
from solidaria.core.workbook.schema import Column, Sheet

CHANNELS: Final = ("market", "state", "standing", "ad hoc", "sites")
PAYERS: Final = ("union", "movement", "community", "ethical consumers", "market", "state", "sites")
COST_KINDS: Final = ("materials", "energy", "other")
DIRECTIONS: Final = ("to us", "by us")
LEVER_PAYERS: Final = ("union", "movement", "community", "members", "sites", "state", "nobody")
CHANGES: Final = ("set", "add", "times")


def _number(
    name: str, meaning: Sentence, *, required: bool = False, above: bool = False, least: int = 0
) -> Column:
    return Column(name, "number", meaning, required=required, least=Decimal(least), above=above)


def _text(name: str, meaning: Sentence, required: bool = False) -> Column:
    return Column(name, "text", meaning, required=required)


def _choice(name: str, choices: tuple[str, ...], meaning: Sentence, required: bool = False) -> Column:
    return Column(name, "choice", meaning, required=required, choices=choices)


_SOURCE = _text("source", say("Where the figures of the row come from. Blank: not said."))

_CHANGE_COLUMNS: Final = (
    _text("figure", say("The figure that it changes; docs/stress.md lists them."), required=True),
    _choice(
        "change",
        CHANGES,
        say("set: it becomes the value; add: the value is added; times: it is multiplied. Blank: set."),
    ),
    Column("value", "number", say("The value."), required=True, least=None),
)

SHEETS: Final[tuple[Sheet, ...]] = (
    Sheet(
        "site",
        say("Figures of the site that are one number or word each."),
        (
            _text("figure", say("The name of a figure; the list is below."), required=True),
            Column("value", "rule", say("Its value."), required=True),
            Column(
                "low",
                "number",
                say("The lowest it could well be. Needed for an assumption of your own."),
                least=None,
            ),
            Column(
                "high",
                "number",
                say("The highest it could well be. Needed for an assumption of your own."),
                least=None,
            ),
            _choice(
                "basis",
                BASES,
                say(
                    "books: from the accounts; declared: by the assembly; public: a published figure; "
                    "assumption: a judgement. Blank: books."
                ),
            ),
            _text("source", say("Where it comes from, and of which day. Blank: not said.")),
        ),
        key=("figure",),
        required=True,
    ),
    Sheet(
        "sales",
        say("Who orders how much in a normal month, at what price, and who pays."),
        (
            Column("sale", "id", say("A short id of your choice."), required=True),
            _choice(
                "channel",
                CHANNELS,
                say(
                    "market; state; standing: an agreement with unions or movements; "
                    "ad hoc: unions and movements without one; sites: other sites."
                ),
                required=True,
            ),
            _choice("payer", PAYERS, say("Whose money it is."), required=True),
            _number("quantity", say("Units ordered in a normal month."), required=True, above=True),
            _number("price", say("Money per unit."), required=True, above=True),
            _SOURCE,
        ),
        key=("sale",),
        required=True,
    ),
    Sheet(
        "costs",
        say("What the site pays for besides pay and debts."),
        (
            Column("cost", "id", say("A short id of your choice."), required=True),
            _choice("kind", COST_KINDS, say("materials, energy, or other."), required=True),
            _number("per_unit", say("Money for each unit made. Blank: 0.")),
            _number("per_month", say("Money for each month, however much is made. Blank: 0.")),
            _SOURCE,
        ),
        key=("cost",),
        required=True,
    ),
    Sheet(
        "owed",
        say(
            "What is owed on the first day, and in which month it is due. Pay that is owed is a figure of the sheet site."
        ),
        (
            Column("item", "id", say("A short id of your choice."), required=True),
            _choice("direction", DIRECTIONS, say("to us: others owe it; by us: the site owes it."), required=True),
            _number("amount", say("How much money."), required=True, above=True),
            Column(
                "due",
                "number",
                say("In which month: 1 is the first. Later than 12 counts as 12. Blank: 1."),
                least=Decimal(1),
                whole=True,
            ),
            _SOURCE,
        ),
        key=("item",),
    ),
    Sheet(
        "debts",
        say("Loans and other debts that are paid off over time."),
        (
            Column("debt", "id", say("A short id of your choice."), required=True),
            _number("amount", say("What is still owed."), required=True),
            _number("interest", say("Interest for a year, as a share: 0.12 is 12 %. Blank: 0.")),
            _number("instalment", say("What is paid off in a month, beside interest. Blank: 0.")),
            _SOURCE,
        ),
        key=("debt",),
    ),
    Sheet(
        "evictions",
        say(
            "How likely an attempt to evict is to succeed: a table of judgements. "
            "Without this sheet the program's own holds."
        ),
        (
            _choice("status", STATUSES, say("The legal status."), required=True),
            _number("people", say("This many people at the gate, or more."), required=True),
            Column(
                "success",
                "number",
                say("Chance that the eviction succeeds, without a strike."),
                required=True,
                least=Decimal(0),
                most=Decimal(1),
            ),
            _text("author", say("Who judged so."), required=True),
            Column("since", "date", say("When.")),
        ),
        key=("status", "people"),
    ),
    Sheet(
        "levers",
        say("What could help, one after the other on the same luck. Several rows of one lever belong together."),
        (
            _text("lever", say("What it is called."), required=True),
            *_CHANGE_COLUMNS,
            _choice("payer", LEVER_PAYERS, say("Who pays for it. Blank: nobody.")),
            _number(
                "cost",
                say(
                    "What it costs each month beside what is counted: "
                    "prices above the market and payments of the fund. Blank: 0."
                ),
            ),
            _SOURCE,
        ),
        key=("lever", "figure"),
    ),
    Sheet(
        "shocks",
        say(
            "What could hit the site. Without this sheet: the market price falls by 20 %, the state stops buying, "
            "nobody lends, they come to evict, a third of the orders is lost, energy costs twice as much."
        ),
        (
            _text("shock", say("What it is called."), required=True),
            *_CHANGE_COLUMNS,
            _SOURCE,
        ),
        key=("shock", "figure"),
    ),
)

SHEET: Final[dict[str, Sheet]] = {sheet.name: sheet for sheet in SHEETS}
