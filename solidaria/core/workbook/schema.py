"""The sheets of a workbook, their columns and the rules: one table for the check, the template and the help.

docs/workbook.md is written from it, and a test keeps the two in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from solidaria.core.problem import Sentence, say

ORGANISATION_KINDS = ("site", "union", "community", "movement", "clinic", "network", "council")
SITE_STATES = ("producing", "idle", "occupied", "closed")
OBJECTIVES = ("jobs", "outside", "labour")
YES_NO = ("yes", "no")

#: Free text that a person adds; any column whose name starts so is kept and never checked.
NOTE = "note"

#: Sheets that a plan added to the workbook; they are not read back.
RESULT = "result"


@dataclass(frozen=True)
class Column:
    """One column of a sheet, or the value of one rule.

    kind       id (names a row), reference (names a row of sheet `of`), text, choice, number, date,
               pays (market, free or an amount), objectives, currency, or rule (the value of a rule)
    meaning    one sentence for people, saying also what a blank cell means
    required   a blank cell is a fault
    of         the sheet that a reference points to
    choices    the words a choice can be
    least      the smallest number allowed; None when there is none
    above      the number must be above `least`, not equal to it
    most       the largest number allowed; None when there is none
    whole      the number must be whole
    lone       it is a field of a form: there is no row that could be deleted instead
    """

    name: str
    kind: str
    meaning: Sentence
    required: bool = False
    of: str = ""
    choices: tuple[str, ...] = ()
    least: Decimal | None = Decimal(0)
    above: bool = False
    most: Decimal | None = None
    whole: bool = False
    lone: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet: its columns, and the columns that together tell its rows apart."""

    name: str
    meaning: Sentence
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _id(name: str, meaning: Sentence) -> Column:
    return Column(name, "id", meaning, required=True)


def _reference(name: str, of: str, meaning: Sentence, required: bool = True) -> Column:
    return Column(name, "reference", meaning, required=required, of=of)


def _number(
    name: str,
    meaning: Sentence,
    required: bool = False,
    least: int | None = 0,
    above: bool = False,
    most: int | None = None,
    whole: bool = False,
) -> Column:
    low = None if least is None else Decimal(least)
    high = None if most is None else Decimal(most)
    return Column(name, "number", meaning, required, least=low, above=above, most=high, whole=whole)


def _text(name: str, meaning: Sentence, required: bool = False) -> Column:
    return Column(name, "text", meaning, required)


def _choice(name: str, choices: tuple[str, ...], meaning: Sentence, required: bool = False) -> Column:
    return Column(name, "choice", meaning, required, choices=choices)


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "organisations",
        say("Everybody who takes part: sites, unions, communities, movements, clinics, networks, councils."),
        (
            _id("organisation", say("A short id of your choice. Other sheets use it.")),
            _text("name", say("The name people know."), required=True),
            _choice("kind", ORGANISATION_KINDS, say("What kind of organisation it is."), required=True),
            _number("members", say("How many members it has. Blank: 0.")),
            _text("place", say("Where it is. Blank: not said.")),
            _number("latitude", say("Degrees north, for the map. Blank: not on the map."), least=-90, most=90),
            _number("longitude", say("Degrees east, for the map. Blank: not on the map."), least=-180, most=180),
            _number(
                "ability",
                say(
                    "Ability to pay per member, compared with others: 1 is average, 0.5 is half. "
                    "Blank: 0, it pays nothing extra, whatever it pledged."
                ),
            ),
            _number("pledge", say("The most solidarity it will pay over the whole plan, in money. Blank: 0.")),
        ),
        key=("organisation",),
        required=True,
    ),
    Sheet(
        "sites",
        say("The organisations that make something: who works there, and for how many hours."),
        (
            _reference("site", "organisations", say("The id of an organisation.")),
            _number("members", say("How many people work there."), required=True),
            _number(
                "paid_hours",
                say("Hours that each member is paid per period, assembly hours included."),
                required=True,
            ),
            _number("overhead", say("Rent, power, insurance and the like: money per period. Blank: 0.")),
            _choice(
                "state",
                SITE_STATES,
                say(
                    "producing, idle, occupied or closed; "
                    "a closed site makes nothing unless the plan reopens it. Blank: producing."
                ),
            ),
        ),
        key=("site",),
    ),
    Sheet(
        "products",
        say("Goods and services: what is needed, made, used or bought."),
        (
            _id("product", say("A short id of your choice. Other sheets use it.")),
            _text("name", say("The name people know."), required=True),
            _text("unit", say("What one of it is: piece, kg, m2, visit, hour."), required=True),
            _number("market_price", say("What one unit costs on the market, in money. Blank: not known.")),
            _choice(
                "outside",
                YES_NO,
                say(
                    "May it be bought outside the network? Blank: yes only if it has a market price and no recipe makes it."
                ),
            ),
            _choice("keeps", YES_NO, say("Can it be stored? Services and bread cannot: no. Blank: yes.")),
            _text("source", say("Where the market price comes from. Blank: not said.")),
        ),
        key=("product",),
        required=True,
    ),
    Sheet(
        "recipes",
        say("How a site makes a product. All amounts are per run; half a run is possible."),
        (
            _id("recipe", say("A short id of your choice. The sheets inputs and uses use it.")),
            _reference("site", "sites", say("The site that works by it.")),
            _reference("product", "products", say("What it makes.")),
            _number("output", say("How many units one run makes. Blank: 1."), above=True),
            _number(
                "labour_hours",
                say("Hours of work that one run takes: real hours, not standard minutes."),
                required=True,
            ),
        ),
        key=("recipe",),
    ),
    Sheet(
        "inputs",
        say("What a recipe uses up."),
        (
            _reference("recipe", "recipes", say("The recipe.")),
            _reference("product", "products", say("What it uses up.")),
            _number("quantity", say("How many units one run uses up."), required=True),
        ),
        key=("recipe", "product"),
    ),
    Sheet(
        "equipment",
        say("Machines and rooms that can be used for so many hours only."),
        (
            _id("equipment", say("A short id of your choice. The sheet uses refers to it.")),
            _reference("site", "sites", say("The site where it stands.")),
            _number("hours", say("Hours it can be used per period."), required=True),
        ),
        key=("equipment",),
    ),
    Sheet(
        "uses",
        say("Which equipment a recipe occupies, and for how long."),
        (
            _reference("recipe", "recipes", say("The recipe.")),
            _reference("equipment", "equipment", say("Equipment of the recipe's own site.")),
            _number("hours", say("Hours that one run occupies it."), required=True),
        ),
        key=("recipe", "equipment"),
    ),
    Sheet(
        "stocks",
        say("What is on hand at the start."),
        (
            _reference("site", "sites", say("The site that has it.")),
            _reference("product", "products", say("What it has. It must be something that keeps.")),
            _number("quantity", say("How many units."), required=True),
        ),
        key=("site", "product"),
    ),
    Sheet(
        "needs",
        say("What organisations need, the most essential first."),
        (
            _id("need", say("A short id of your choice.")),
            _reference("organisation", "organisations", say("Who needs it.")),
            _reference("product", "products", say("What is needed.")),
            _number("quantity", say("How many units; more than 0."), required=True, above=True),
            _reference("period", "periods", say("When it is needed. Blank: the first period."), required=False),
            _number(
                "tier",
                say("How essential: 1 is the most essential, then 2, 3 and so on. Blank: 1."),
                least=1,
                whole=True,
            ),
            Column(
                "pays",
                "pays",
                say("What is paid per unit: market, free, or an amount of money. Blank: market."),
                choices=("market", "free"),
            ),
        ),
        key=("need",),
    ),
    Sheet(
        "promises",
        say("Standing agreements. They are kept before any need is met."),
        (
            _reference("site", "sites", say("The site that promised.")),
            _reference("organisation", "organisations", say("To whom.")),
            _reference("product", "products", say("What was promised.")),
            _number("quantity", say("How many units; more than 0."), required=True, above=True),
            _reference("period", "periods", say("When it is due. Blank: the first period."), required=False),
        ),
        key=("site", "organisation", "product", "period"),
    ),
    Sheet(
        "periods",
        say("The stretches of time the plan is made for. Without this sheet there is one, called 1."),
        (
            _id("period", say("A short id of your choice.")),
            Column("starts", "date", say("The first day, as 2026-01-31. Blank: no date.")),
            Column("ends", "date", say("The last day, as 2026-01-31. Blank: no date.")),
        ),
        key=("period",),
    ),
    Sheet(
        "reopenings",
        say("What it takes, once, in the first period, to reopen a closed site."),
        (
            _reference("site", "sites", say("A site whose state is closed.")),
            _number("money", say("Money for repairs, deposits and permits."), required=True),
            _number("hours", say("Hours of its own members. Blank: 0.")),
        ),
        key=("site",),
    ),
    Sheet(
        "routes",
        say(
            "The ways along which goods can go. Without this sheet, or without rows in it, goods move freely and cost "
            "nothing to move."
        ),
        (
            _reference("from", "organisations", say("Where the goods set out.")),
            _reference("to", "organisations", say("Where they arrive. For the way back write another row.")),
            _reference(
                "product",
                "products",
                say("Which product. Blank: every product that has no row of its own here."),
                required=False,
            ),
            _number("cost", say("Money per unit."), required=True),
        ),
        key=("from", "to", "product"),
    ),
    Sheet(
        "rules",
        say("What the assemblies decided: wages, shares, limits, the order of aims."),
        (
            _choice("rule", (), say("The name of a rule; the list is below."), required=True),
            Column("value", "rule", say("Its value."), required=True),
            _text("unit", say("For the reader: money per hour, share, hours. Blank: not said.")),
            Column("since", "date", say("From which day it holds, as 2026-01-31. Blank: it has always held.")),
            _text("decision", say("Which assembly decided it, and when. Blank: not said.")),
            _text("source", say("Where the figure comes from. Blank: not said.")),
        ),
        key=("rule", "since"),
        required=True,
    ),
)

SHEET: dict[str, Sheet] = {sheet.name: sheet for sheet in SHEETS}

#: The rules, each as the column its value would be.
RULES: tuple[Column, ...] = (
    Column(
        "currency", "currency", say("The currency of all money here, as its ISO 4217 code: ARS, EUR, ZAR."), True
    ),
    _number("living_wage", say("Money per paid hour that a person can live on."), required=True),
    _number(
        "contributions",
        say("Social contributions, as a share of wages: 0.2 for 20 %. Without it: 0."),
        most=1,
    ),
    _number("assembly_hours", say("Paid hours per member and period for deciding together. Without it: 0.")),
    _number("reserve", say("What is set aside, as a share: 0.05 for 5 %. Without it: 0."), most=1),
    _number("community", say("What is set aside for the community, as a share. Without it: 0."), most=1),
    _choice("protect_jobs", YES_NO, say("Are hours without work paid in full? Without it: yes.")),
    _number(
        "outside_budget",
        say(
            "Money per period for what is bought outside; "
            "money for reopening sites counts in the first period. Without it: no limit."
        ),
    ),
    Column(
        "objectives",
        "objectives",
        say("The order of the aims after needs, all three named. Without it: jobs outside labour."),
        choices=OBJECTIVES,
    ),
    _number(
        "slack",
        say(
            "How much of each aim may be given up for the later ones, as a share: 0.005 is half a percent. Without it: 0."
        ),
        most=1,
    ),
)

RULE: dict[str, Column] = {rule.name: rule for rule in RULES}
