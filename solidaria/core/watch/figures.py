"""The figures of a site's books that are one number each: what they mean, their unit, and what a blank means.

Figures of the group "assumptions" have a starting value and a range written by the authors of this program, because
no source has them; every one can be replaced by the site. docs/stress.md is written from this table, and a test
keeps the two in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from solidaria.core.problem import Sentence, say
from solidaria.core.workbook.schema import YES_NO, Column

STATUSES: Final = ("occupied", "permit", "lease", "owned")
#: Where a figure comes from: the site's own books, the assembly's word, a public source, or a judgement.
BASES: Final = ("books", "declared", "public", "assumption")

GROUPS: Final = ("site", "money", "work", "assembly", "defence", "assumptions", "thresholds", "questions")


@dataclass(frozen=True)
class Figure:
    """One figure.

    column    its name, kind, meaning and limits, as a column of a workbook has them
    unit      what it is counted in
    group     one of GROUPS
    value     what a blank means; None when it must be given (or, for text, when it may stay out)
    low, high the range of an assumption of ours; None when the blank is no assumption
    """

    column: Column
    unit: str
    group: str
    value: Decimal | str | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def name(self) -> str:
        """Its name, as in the sheet."""
        return self.column.name

    @property
    def is_number(self) -> bool:
        """Whether levers and ranges can be about it."""
        return self.column.kind == "number"


def _number(
    name: str,
    unit: str,
    group: str,
    meaning: Sentence,
    value: str | None = None,
    low: str | None = None,
    high: str | None = None,
    *,
    least: str | None = "0",
    most: str | None = None,
    above: bool = False,
    required: bool = False,
) -> Figure:
    def decimal(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    column = Column(
        name, "number", meaning, required=required, least=decimal(least), most=decimal(most), above=above
    )
    return Figure(column, unit, group, decimal(value), decimal(low), decimal(high))


def _share(
    name: str,
    group: str,
    meaning: Sentence,
    value: str | None = None,
    low: str | None = None,
    high: str | None = None,
    unit: str = "share",
) -> Figure:
    return _number(name, unit, group, meaning, value, low, high, most="1")


def _yes(name: str, group: str, meaning: Sentence, value: str = "no") -> Figure:
    return Figure(Column(name, "choice", meaning, choices=YES_NO), "yes or no", group, value)


FIGURES: Final[tuple[Figure, ...]] = (
    # --- the site ---
    Figure(Column("name", "text", say("The name of the site."), required=True), "text", "site"),
    Figure(
        Column(
            "currency", "currency", say("The currency of all money here, as its ISO 4217 code."), required=True
        ),
        "code",
        "site",
    ),
    Figure(Column("starts", "date", say("The day the first month begins. Blank: not said.")), "date", "site"),
    Figure(
        Column("unit", "text", say("What one of its product is: m2, piece, visit."), required=True), "text", "site"
    ),
    _number("members", "people", "site", say("Members who work there and are paid."), required=True, above=True),
    _number("hired", "people", "site", say("People who work there for pay and are not members. Blank: 0."), "0"),
    _number(
        "union_members",
        "people",
        "site",
        say("Members of the unions that carry solidarity: costs are shown for each. Blank: not shown."),
    ),
    # --- money ---
    _number("cash", "money", "money", say("Money in hand and in the bank on the first day."), required=True),
    _number(
        "pay",
        "money per month",
        "money",
        say("What a member is paid in a month, as agreed."),
        required=True,
        above=True,
    ),
    _number(
        "hired_pay",
        "money per month",
        "money",
        say("What a hired person is paid in a month. Blank: as a member."),
        above=True,
    ),
    _share("contributions", "money", say("Social contributions on pay, as a share. Blank: 0."), "0"),
    _number("arrears", "money", "money", say("Pay that members are owed from earlier months. Blank: 0."), "0"),
    _number(
        "market_price",
        "money per unit",
        "money",
        say("What the product costs on the market now."),
        required=True,
        above=True,
    ),
    _number(
        "subsidy", "money per month", "money", say("What the state pays without buying anything. Blank: 0."), "0"
    ),
    _number(
        "credit_limit",
        "money",
        "money",
        say("The most a bank or a lender would lend for bad months. Blank: 0, no bank lends."),
        "0",
    ),
    _number("credit_used", "money", "money", say("How much of that is drawn already. Blank: 0."), "0"),
    _share(
        "fund_share",
        "money",
        say("The most of a month's pay that the solidarity fund makes up when cash is short. Blank: 0."),
        "0",
    ),
    _number(
        "fund_balance", "money", "money", say("What the fund has for this site on the first day. Blank: 0."), "0"
    ),
    _number(
        "fund_income",
        "money per month",
        "money",
        say("What comes into the fund for this site each month. Blank: 0."),
        "0",
    ),
    _share(
        "defer", "money", say("The most of a month's pay that members agree to wait for."), "0.3", "0.1", "0.5"
    ),
    _number(
        "cushion",
        "months of pay",
        "money",
        say("Cash that is kept before pay from earlier months is made good."),
        "0.5",
        "0",
        "2",
    ),
    _share(
        "paid_out",
        "money",
        say("Part of the cash above the cushion that members are paid on top each month. Blank: 0."),
        "0",
    ),
    _yes("debt_first", "money", say("Are debts served before pay? Blank: no.")),
    _number(
        "late_market", "months", "money", say("How long market customers take to pay, on average."), "1", "0", "2"
    ),
    _number("late_state", "months", "money", say("How long the state takes to pay, on average."), "2", "1", "6"),
    _number(
        "late_movement",
        "months",
        "money",
        say("How long unions, movements and other sites take to pay, on average."),
        "0.5",
        "0",
        "2",
    ),
    _number(
        "late_suppliers",
        "months",
        "money",
        say("How long suppliers wait for their money, on average."),
        "0.5",
        "0",
        "1",
    ),
    _share("bad_debt", "money", say("Part of what market customers owe that never comes."), "0.02", "0", "0.05"),
    # --- work ---
    _number(
        "capacity",
        "units per month",
        "work",
        say("What the machines can make in a month."),
        required=True,
        above=True,
    ),
    _number(
        "work_capacity",
        "units per month",
        "work",
        say("What the people there can make in a month."),
        required=True,
        above=True,
    ),
    _number(
        "breakdown",
        "chance per month",
        "work",
        say("Chance in a month that a machine stands still."),
        "0.05",
        "0.02",
        "0.1",
        most="1",
    ),
    _share("breakdown_loss", "work", say("Part of a month's output that a breakdown costs."), "0.3", "0.1", "0.6"),
    _number("repair", "money", "work", say("What a breakdown costs in repairs. Blank: 0."), "0"),
    _share(
        "admits_hired",
        "work",
        say("When there is more work than hands: the part of it for which people are hired. Blank: 0."),
        "0",
    ),
    _share(
        "admits_members",
        "work",
        say(
            "When there is more work than hands: the part of it for which new members are admitted in a month. Blank: 0."
        ),
        "0",
    ),
    _share(
        "exit",
        "work",
        say("Part of the members who leave in a month though they are paid in full."),
        "0.003",
        "0",
        "0.01",
    ),
    _share(
        "exit_arrears",
        "work",
        say("Further part of the members who leave in a month for each month of pay they are owed."),
        "0.03",
        "0.01",
        "0.08",
    ),
    # --- the assembly ---
    _share(
        "attendance",
        "assembly",
        say("Part of the members who came to the assemblies of the last year, on average."),
        "0.65",
        "0.45",
        "0.85",
    ),
    _share("quorum", "assembly", say("Part of the members who must be there for the assembly to decide."), "0.5"),
    _number(
        "education_hours",
        "hours per member and month",
        "assembly",
        say("Hours of education and study circles. Blank: 0."),
        "0",
    ),
    _number("rotated", "months", "assembly", say("Months since posts were last passed on. Blank: 0."), "0"),
    _number(
        "rotate_every",
        "months",
        "assembly",
        say("After how many months posts are passed on, if the assembly meets. Blank: 12."),
        "12",
        above=True,
    ),
    _number("pay_ratio", "ratio", "assembly", say("Highest pay divided by lowest. Blank: 1."), "1", least="1"),
    _number(
        "pay_ratio_cap",
        "ratio",
        "assembly",
        say("The highest ratio that the assembly agreed to. Blank: 3."),
        "3",
        least="1",
    ),
    # --- defence ---
    Figure(
        Column(
            "legal_status",
            "choice",
            say("On what right the site is there: occupied, permit, lease or owned."),
            required=True,
            choices=STATUSES,
        ),
        "word",
        "defence",
    ),
    _number(
        "people_at_gate",
        "people",
        "defence",
        say("People who would be at the gate within a day, by the last drill or call-out. Blank: 0."),
        "0",
    ),
    _yes(
        "strike_mandate", "defence", say("Has an allied union a mandate to strike against an eviction? Blank: no.")
    ),
    _number(
        "alliances",
        "alliances",
        "defence",
        say("Live alliances: those that did something together in the last year. Blank: 0."),
        "0",
    ),
    _number(
        "conditions",
        "conditions",
        "defence",
        say("Conditions that the state has imposed: an appointed manager, a veto, a rule on pay. Blank: 0."),
        "0",
    ),
    # --- assumptions ---
    _number(
        "eviction_attempts",
        "per year",
        "assumptions",
        say("Attempts to evict in a year. Blank: by legal status, as below."),
        None,
        most="12",
    ),
    _share(
        "strike_effect",
        "assumptions",
        say("What is left of an eviction's chance of success when an allied union strikes."),
        "0.7",
        "0.4",
        "1",
    ),
    _number(
        "return",
        "chance per month",
        "assumptions",
        say("Chance in a month of getting back in after an eviction."),
        "0.1",
        "0",
        "0.3",
        most="1",
    ),
    _number(
        "legal_win",
        "chance per month",
        "assumptions",
        say("Chance in a month that a court or a law makes the site safe from eviction. Blank: 0."),
        "0",
        most="1",
    ),
    _number(
        "condition_hazard",
        "chance per month",
        "assumptions",
        say("Chance in a month that the state imposes a condition while most money comes from it."),
        "0.01",
        "0",
        "0.05",
        most="1",
    ),
    _share(
        "embedded_effect",
        "assumptions",
        say("How far full movement sales lower the chance that somebody tries to evict. No source measures it."),
        "0",
        "0",
        "0.5",
    ),
    _number(
        "price_drift",
        "share per month",
        "assumptions",
        say("How the market price changes in a month beyond the general price level."),
        "0",
        "-0.003",
        "0.003",
        least="-0.1",
        most="0.1",
    ),
    _number(
        "price_noise",
        "share per month",
        "assumptions",
        say("How far the market price moves in an ordinary month (standard deviation)."),
        "0.03",
        "0.01",
        "0.06",
        most="0.2",
    ),
    _number(
        "price_jump",
        "chance per month",
        "assumptions",
        say("Chance in a month that imports or a slump make the market price fall at once."),
        "0.01",
        "0",
        "0.03",
        most="1",
    ),
    _share("price_jump_size", "assumptions", say("How far the market price falls then."), "0.2", "0.1", "0.4"),
    _share(
        "price_return",
        "assumptions",
        say("How much of a move of the market price is gone a month later."),
        "0.03",
        "0",
        "0.1",
    ),
    _share(
        "follow",
        "assumptions",
        say("How far the site follows the market price with its own price."),
        "0.7",
        "0",
        "1",
    ),
    _number(
        "elasticity",
        "ratio",
        "assumptions",
        say("By how many percent market orders fall when the site is one percent dearer than the market."),
        "1.5",
        "0.5",
        "3",
    ),
    _number(
        "materials_drift",
        "share per month",
        "assumptions",
        say("How the price of materials changes in a month beyond the general price level."),
        "0",
        "-0.003",
        "0.003",
        least="-0.1",
        most="0.1",
    ),
    _number(
        "materials_noise",
        "share per month",
        "assumptions",
        say("How far the price of materials moves in an ordinary month (standard deviation)."),
        "0.02",
        "0.01",
        "0.05",
        most="0.2",
    ),
    _number(
        "energy_jump",
        "chance per month",
        "assumptions",
        say("Chance in a month that tariffs for energy jump."),
        "0.01",
        "0",
        "0.03",
        most="1",
    ),
    _number(
        "energy_jump_size",
        "share",
        "assumptions",
        say("By how much they jump: 1 doubles them."),
        "1",
        "0.3",
        "4.3",
    ),
    _share(
        "energy_return",
        "assumptions",
        say("How much of a jump of tariffs is gone a month later."),
        "0.02",
        "0",
        "0.1",
    ),
    _number(
        "state_off",
        "chance per month",
        "assumptions",
        say("Chance in a month that the state stops buying and paying."),
        "0.02",
        "0.005",
        "0.05",
        most="1",
    ),
    _number(
        "state_on",
        "chance per month",
        "assumptions",
        say("Chance in a month that it starts again."),
        "0.1",
        "0.03",
        "0.3",
        most="1",
    ),
    _number(
        "credit_off",
        "chance per month",
        "assumptions",
        say("Chance in a month that lenders stop lending."),
        "0.02",
        "0",
        "0.05",
        most="1",
    ),
    _number(
        "credit_on",
        "chance per month",
        "assumptions",
        say("Chance in a month that they start again."),
        "0.1",
        "0.03",
        "0.3",
        most="1",
    ),
    _share(
        "attendance_arrears",
        "assumptions",
        say("How much attendance falls for each month of pay that members are owed."),
        "0.05",
        "0",
        "0.15",
    ),
    _share(
        "attendance_hours",
        "assumptions",
        say("How much attendance falls when there is twice the work that the hands can do."),
        "0.1",
        "0",
        "0.3",
    ),
    _share(
        "attendance_hired",
        "assumptions",
        say("How much attendance falls for each hired person per member."),
        "0.2",
        "0",
        "0.5",
    ),
    _share(
        "attendance_education",
        "assumptions",
        say("How much attendance rises for each hour of education per member and month."),
        "0.02",
        "0",
        "0.05",
    ),
    _share(
        "attendance_speed",
        "assumptions",
        say("How much of the way to its new level attendance goes in a month."),
        "0.2",
        "0.1",
        "0.5",
    ),
    _share(
        "attendance_noise",
        "assumptions",
        say("How far attendance lies above or below its level in one month, at most."),
        "0.1",
        "0.05",
        "0.2",
    ),
    # --- thresholds ---
    _share("output_least", "thresholds", say("Collapsed: output below this part of normal …"), "0.2"),
    _share("pay_least", "thresholds", say("… or pay below this part of what was agreed …"), "0.5"),
    _number(
        "bad_months", "months of 6", "thresholds", say("… in so many of 6 months …"), "3", least="1", most="6"
    ),
    _number(
        "reach_least",
        "months of pay",
        "thresholds",
        say("… with less than this in cash, credit and fund; …"),
        "0.25",
    ),
    _number(
        "away_months",
        "months",
        "thresholds",
        say("… or evicted and not back after so many months."),
        "3",
        least="1",
    ),
    _share(
        "hired_most",
        "thresholds",
        say("Degenerated: hired people above this part of the members (Uruguay, Law 17.794: 20 %) …"),
        "0.2",
    ),
    _number(
        "hired_months", "months of 12", "thresholds", say("… in so many of 12 months …"), "6", least="1", most="12"
    ),
    _number(
        "quorum_misses",
        "assemblies",
        "thresholds",
        say("… and no quorum so many times running, or …"),
        "3",
        least="1",
    ),
    _number(
        "rotation_most",
        "months",
        "thresholds",
        say("… posts not passed on for so many months, or pay above the agreed ratio."),
        "24",
        least="1",
    ),
    _share(
        "state_most",
        "thresholds",
        say("Captured: more than this part of receipts from the state, and a condition imposed by it, …"),
        "0.5",
    ),
    _number("state_months", "months", "thresholds", say("… for so many months."), "6", least="1"),
    _share(
        "movement_least",
        "thresholds",
        say("Worker-run but exposed: less than this part of sales to movements, and no live alliance."),
        "0.1",
    ),
    # --- questions: what a lever or a shock changes; nothing in the books themselves ---
    _number(
        "shock_month",
        "month",
        "questions",
        say("The month in which a shock comes for certain: 1 is the first."),
        "3",
        least="1",
        most="1000",
    ),
    _share("price_fall", "questions", say("The market price falls by this share and stays there."), "0"),
    _share(
        "orders_lost", "questions", say("This share of all orders but the standing ones is lost for good."), "0"
    ),
    _share("state_stops", "questions", say("The state stops buying and paying for good: 1 is yes."), "0"),
    _share("credit_stops", "questions", say("Nobody lends any more: 1 is yes."), "0"),
    _share("eviction_comes", "questions", say("They come to evict in that month: 1 is yes."), "0"),
    _number(
        "energy_rise", "share", "questions", say("Energy costs this share more from then on: 1 doubles it."), "0"
    ),
    _number(
        "premium", "share", "questions", say("Unions and movements pay this share more than in the books."), "0"
    ),
    _number(
        "standing_added",
        "units per month",
        "questions",
        say(
            "Standing orders that are added, at the price of the standing orders in the books, or else the market price."
        ),
        "0",
    ),
    _number("standing_notice", "months", "questions", say("After how many months the added orders begin."), "3"),
    _number(
        "pay_change",
        "share",
        "questions",
        say("The agreed pay changes by this share: -0.1 is a tenth less."),
        "0",
        least="-1",
        most="1",
    ),
    _number("orders_market", "factor", "questions", say("Market orders, compared with the books."), "1"),
    _number("orders_state", "factor", "questions", say("Orders of the state, compared with the books."), "1"),
    _number("orders_sites", "factor", "questions", say("Orders of other sites, compared with the books."), "1"),
    _number(
        "materials_cost",
        "factor",
        "questions",
        say("What materials cost, compared with the books: 0.95 when sites buy together."),
        "1",
    ),
    _number("energy_cost", "factor", "questions", say("What energy costs, compared with the books."), "1"),
    _number(
        "fixed_cost", "factor", "questions", say("What does not depend on output, compared with the books."), "1"
    ),
)

FIGURE: Final[dict[str, Figure]] = {figure.name: figure for figure in FIGURES}

#: Attempts to evict in a year where the site says nothing, by legal status: value, low, high. A judgement of the
#: authors, 24 November 2026; the plants named in docs/stress.md saw four orders in twenty months, and four in ten years.
EVICTION_ATTEMPTS: Final[dict[str, tuple[Decimal, Decimal, Decimal]]] = {
    "occupied": (Decimal("0.6"), Decimal("0.2"), Decimal("2.4")),
    "permit": (Decimal("0.25"), Decimal("0.05"), Decimal("1")),
    "lease": (Decimal("0.1"), Decimal(0), Decimal("0.5")),
    "owned": (Decimal(0), Decimal(0), Decimal(0)),
}
