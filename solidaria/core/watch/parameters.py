"""From books to the numbers that the month works with: without units, so that doubling every price changes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from solidaria.core.watch import fields as f
from solidaria.core.watch.books import Books, Eviction, Value, attempts_a_year

Array = NDArray[np.float64]

#: The program's own table of judgements, used where the books have none: from so many people on, the chance that an
#: attempt succeeds. Nobody has estimated these; two cases stand behind them: over 2,000 people stopped one in 2003,
#: a site without them was closed. Author: the authors of this program.
_JUDGED_ON: Final = date(2026, 11, 24)
#: Who judged where the books have no table of their own.
OUR_JUDGEMENT: Final = "the authors of this program"
EVICTIONS: Final[tuple[Eviction, ...]] = tuple(
    Eviction(status, Decimal(people), Decimal(success), OUR_JUDGEMENT, _JUDGED_ON)
    for status, row in (
        ("occupied", ((0, "0.9"), (50, "0.7"), (200, "0.4"), (1000, "0.15"), (2000, "0.05"))),
        ("permit", ((0, "0.8"), (50, "0.55"), (200, "0.3"), (1000, "0.1"), (2000, "0.03"))),
        ("lease", ((0, "0.6"), (50, "0.4"), (200, "0.2"), (1000, "0.05"), (2000, "0.02"))),
        ("owned", ((0, "0.2"), (50, "0.1"), (200, "0.05"), (1000, "0.02"), (2000, "0.01"))),
    )
    for people, success in row
)

_DIRECT: Final[dict[int, str]] = {
    f.PREMIUM: "premium",
    f.LATE_MARKET: "late_market",
    f.LATE_STATE: "late_state",
    f.LATE_MOVEMENT: "late_movement",
    f.BAD_DEBT: "bad_debt",
    f.BREAKDOWN: "breakdown",
    f.BREAKDOWN_LOSS: "breakdown_loss",
    f.LATE_SUPPLIERS: "late_suppliers",
    f.FUND_SHARE: "fund_share",
    f.DEFER: "defer",
    f.CUSHION: "cushion",
    f.PAID_OUT: "paid_out",
    f.ADMIT_HIRED: "admits_hired",
    f.ADMIT_MEMBERS: "admits_members",
    f.EXIT: "exit",
    f.EXIT_ARREARS: "exit_arrears",
    f.ATTENDANCE: "attendance",
    f.QUORUM: "quorum",
    f.ATTENDANCE_ARREARS: "attendance_arrears",
    f.ATTENDANCE_HOURS: "attendance_hours",
    f.ATTENDANCE_HIRED: "attendance_hired",
    f.ATTENDANCE_SPEED: "attendance_speed",
    f.ATTENDANCE_NOISE: "attendance_noise",
    f.ROTATED: "rotated",
    f.ROTATE_EVERY: "rotate_every",
    f.RETURN: "return",
    f.LEGAL_WIN: "legal_win",
    f.CONDITION_HAZARD: "condition_hazard",
    f.EMBEDDED_EFFECT: "embedded_effect",
    f.PRICE_DRIFT: "price_drift",
    f.PRICE_NOISE: "price_noise",
    f.PRICE_JUMP: "price_jump",
    f.PRICE_JUMP_SIZE: "price_jump_size",
    f.PRICE_RETURN: "price_return",
    f.FOLLOW: "follow",
    f.ELASTICITY: "elasticity",
    f.MATERIALS_DRIFT: "materials_drift",
    f.MATERIALS_NOISE: "materials_noise",
    f.ENERGY_JUMP: "energy_jump",
    f.ENERGY_JUMP_SIZE: "energy_jump_size",
    f.ENERGY_RETURN: "energy_return",
    f.STATE_OFF: "state_off",
    f.STATE_ON: "state_on",
    f.CREDIT_OFF: "credit_off",
    f.CREDIT_ON: "credit_on",
    f.FALL: "price_fall",
    f.STATE_STOPS: "state_stops",
    f.CREDIT_STOPS: "credit_stops",
    f.EVICTION_COMES: "eviction_comes",
    f.ORDERS_LOST: "orders_lost",
    f.ENERGY_RISE: "energy_rise",
    f.T_OUTPUT: "output_least",
    f.T_WAGES: "pay_least",
    f.T_BAD_MONTHS: "bad_months",
    f.T_REACH: "reach_least",
    f.T_AWAY: "away_months",
    f.T_HIRED: "hired_most",
    f.T_HIRED_MONTHS: "hired_months",
    f.T_QUORUM: "quorum_misses",
    f.T_ROTATION: "rotation_most",
    f.T_STATE: "state_most",
    f.T_STATE_MONTHS: "state_months",
    f.T_MOVEMENT: "movement_least",
}

_MONEY: Final[dict[int, str]] = {
    f.SUBSIDY: "subsidy",
    f.REPAIR: "repair",
    f.CASH: "cash",
    f.CREDIT_LIMIT: "credit_limit",
    f.CREDIT_USED: "credit_used",
    f.FUND_BALANCE: "fund_balance",
    f.FUND_INCOME: "fund_income",
    f.ARREARS: "arrears",
}

#: Channel -> its orders, its price, and the figure that its orders are multiplied by.
_CHANNELS: Final[dict[str, tuple[int, int, str]]] = {
    "market": (f.ORDERS_MARKET, f.PRICE_MARKET, "orders_market"),
    "state": (f.ORDERS_STATE, f.PRICE_STATE, "orders_state"),
    "standing": (f.ORDERS_STANDING, f.PRICE_STANDING, ""),
    "ad hoc": (f.ORDERS_AD_HOC, f.PRICE_AD_HOC, ""),
    "sites": (f.ORDERS_SITES, f.PRICE_SITES, "orders_sites"),
}


def parameters(books: Books, start: Books | None = None) -> Array:
    """The parameters of a site, in the order of fields.py: float64, shape (PARAMETERS,).

    start   the books before a change; money and goods are counted against its normal month, so that what a lever
            changes is not hidden in the unit. The books themselves when None.

    Every ratio is worked out exactly before it is rounded once, so multiplying every amount of money by the same
    number gives the same parameters, to the last bit.
    """
    start = start or books
    exact = [Fraction(0)] * f.PARAMETERS
    for place, name in _DIRECT.items():
        exact[place] = Fraction(books.number(name))
    month = Fraction(start.pay_of_a_month)
    for place, name in _MONEY.items():
        exact[place] = Fraction(books.number(name)) / month
    _orders(exact, books, start, month)
    _costs(exact, books, start, month)
    _people(exact, books, start)
    _defence(exact, books)
    exact[f.SHOCK_MONTH] = Fraction(books.number("shock_month")) - 1
    exact[f.OWN] = Fraction(1)
    return np.array([float(value) for value in exact], dtype=np.float64)


def _orders(exact: list[Fraction], books: Books, start: Books, month: Fraction) -> None:
    normal = Fraction(start.ordered)
    market = Fraction(books.number("market_price")) * normal / month
    exact[f.REFERENCE] = market
    for channel, (orders, price, factor) in _CHANNELS.items():
        sales = [sale for sale in books.sales if sale.channel == channel]
        quantity = sum((Fraction(sale.quantity) for sale in sales), Fraction(0))
        money = sum((Fraction(sale.quantity) * Fraction(sale.price) for sale in sales), Fraction(0))
        exact[orders] = quantity / normal * (Fraction(books.number(factor)) if factor else 1)
        exact[price] = money / quantity * normal / month if quantity else market
    exact[f.ORDERS_ADDED] = Fraction(books.number("standing_added")) / normal
    exact[f.ORDERS_ADDED_FROM] = Fraction(books.number("standing_notice"))
    exact[f.CAPACITY] = Fraction(books.number("capacity")) / normal
    exact[f.WORK] = Fraction(books.number("work_capacity")) / normal
    # So much for the people there now; per normal workforce it is less when some of them are hired.
    exact[f.WORK] /= 1 + Fraction(start.number("hired")) / Fraction(start.number("members"))


def _costs(exact: list[Fraction], books: Books, start: Books, month: Fraction) -> None:
    normal = Fraction(start.ordered)
    per_unit = {"materials": f.MATERIALS, "energy": f.ENERGY, "other": f.MATERIALS}
    factor = {"materials": "materials_cost", "energy": "energy_cost", "other": "materials_cost"}
    fixed_factor = Fraction(books.number("fixed_cost"))
    for cost in books.costs:
        unit_factor = Fraction(books.number(factor[cost.kind]))
        exact[per_unit[cost.kind]] += Fraction(cost.per_unit) * unit_factor * normal / month
        exact[f.FIXED] += Fraction(cost.per_month) * fixed_factor / month
    owed = sum((Fraction(debt.amount) for debt in books.debts), Fraction(0))
    interest = sum((Fraction(debt.amount) * Fraction(debt.interest) for debt in books.debts), Fraction(0))
    exact[f.DEBT] = owed / month
    exact[f.INTEREST] = interest / owed / 12 if owed else Fraction(0)
    exact[f.INSTALMENT] = sum((Fraction(debt.instalment) for debt in books.debts), Fraction(0)) / month
    for item in books.owed:
        place = (f.DUE_IN if item.to_us else f.DUE_OUT) + min(item.due, f.DUE_MONTHS) - 1
        exact[place] += Fraction(item.amount) / month


def _people(exact: list[Fraction], books: Books, start: Books) -> None:
    members = Fraction(start.number("members"))
    pay = Fraction(books.number("pay")) * (1 + Fraction(books.number("pay_change")))
    exact[f.PAY] = pay * (1 + Fraction(books.number("contributions"))) * members / Fraction(start.pay_of_a_month)
    hired_pay = Fraction(books.get("hired_pay") or books.number("pay"))
    exact[f.MEMBERS] = Fraction(books.number("members")) / members
    exact[f.HIRED] = Fraction(books.number("hired")) / members
    exact[f.HIRED_PAY] = hired_pay / Fraction(start.number("pay"))
    exact[f.DEBT_FIRST] = Fraction(books.words["debt_first"] == "yes")
    hours = Fraction(books.number("education_hours"))
    exact[f.ATTENDANCE_EDUCATION] = hours * Fraction(books.number("attendance_education"))
    exact[f.PAY_RATIO_OVER] = Fraction(books.number("pay_ratio") > books.number("pay_ratio_cap"))
    exact[f.ALLIANCE] = Fraction(books.number("alliances") > 0)
    exact[f.CONDITION] = Fraction(books.number("conditions") > 0)


def _defence(exact: list[Fraction], books: Books) -> None:
    exact[f.EVICTION] = Fraction(attempts(books).value) / 12
    strike = books.number("strike_effect") if books.words["strike_mandate"] == "yes" else Decimal(1)
    people = books.number("people_at_gate")
    for at_once, place in enumerate((f.SUCCESS_1, f.SUCCESS_2, f.SUCCESS_3, f.SUCCESS_4), start=1):
        exact[place] = Fraction(success(books, people / at_once)) * Fraction(strike)


def attempts(books: Books) -> Value:
    """How many attempts to evict a year: the site's own figure, or the judgement for its legal status."""
    return books.figures.get("eviction_attempts") or attempts_a_year(books.words)


def table_of(books: Books) -> tuple[Eviction, ...]:
    """The table of judgements that holds: the books' own, or the program's."""
    return books.evictions or EVICTIONS


def success(books: Books, people: Decimal) -> Decimal:
    """The chance that an attempt succeeds with so many people at the gate: the last row that is not above them.

    Certain (1) when the table has no row for the legal status, or none for so few people.
    """
    rows = [row for row in table_of(books) if row.status == books.words["legal_status"] and row.people <= people]
    return max(rows, key=lambda row: row.people).success if rows else Decimal(1)
