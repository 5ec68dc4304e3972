"""Books for tests: the two worked ones, and made-up ones from a seed that reach every rule of the month."""

from __future__ import annotations

import random
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solidaria.core.watch.books import Books, Change, Cost, Debt, Lever, Owed, Sale, Shock, Value, attempts_a_year
from solidaria.core.watch.figures import FIGURES, STATUSES
from solidaria.core.watch.parameters import parameters
from solidaria.records.books import load_books

EXAMPLES = Path(__file__).resolve().parents[2] / "solidaria" / "examples"
WORKED = ("books-zanon-2003", "books-union-tshirts")

#: Figures that made-up books draw anew, from and to; all others stay as the program has them.
DRAWN = {
    "members": (5, 400),
    "hired": (0, 40),
    "cash": (0, 900_000),
    "pay": (500, 1_500),
    "hired_pay": (300, 1_200),
    "arrears": (0, 50_000),
    "subsidy": (0, 60_000),
    "credit_limit": (0, 100_000),
    "fund_share": (0, 0.5),
    "fund_balance": (0, 200_000),
    "fund_income": (0, 5_000),
    "defer": (0, 0.6),
    "cushion": (0, 1),
    "paid_out": (0, 0.5),
    "late_market": (0, 2),
    "late_state": (0, 4),
    "repair": (0, 30_000),
    "admits_hired": (0, 1),
    "admits_members": (0, 0.4),
    "attendance": (0.3, 0.9),
    "rotated": (0, 20),
    "rotate_every": (6, 30),
    "pay_ratio": (1, 4),
    "people_at_gate": (0, 3_000),
    "alliances": (0, 2),
    "conditions": (0, 1),
    "embedded_effect": (0, 0.5),
    "state_off": (0, 0.1),
    "condition_hazard": (0, 0.2),
    "legal_win": (0, 0.05),
    "price_jump": (0, 0.05),
    "energy_jump": (0, 0.05),
}  # fmt: skip


@cache
def worked(name: str) -> Books:
    """One of the worked books."""
    return load_books(EXAMPLES / name)


def made_books(seed: int) -> Books:
    """Books drawn from a seed. Nothing in them is meant to be likely: they are to reach every rule."""
    chance = random.Random(seed)

    def amount(low: float, high: float) -> Decimal:
        return Decimal(repr(round(chance.uniform(low, high), 3)))

    figures = {figure.name: Value(figure.value) for figure in FIGURES if isinstance(figure.value, Decimal)}
    figures |= {name: Value(amount(*ends)) for name, ends in DRAWN.items()}
    whole = ("members", "hired", "people_at_gate", "alliances", "conditions", "rotated")
    figures |= {name: Value(Decimal(round(figures[name].value))) for name in whole}
    words = {"name": f"made {seed}", "currency": "ARS", "unit": "piece", "legal_status": chance.choice(STATUSES)}
    words |= {"debt_first": chance.choice(("yes", "no")), "strike_mandate": chance.choice(("yes", "no"))}
    figures["eviction_attempts"] = attempts_a_year(words)
    pay = figures["members"].value * figures["pay"].value
    normal = 10_000
    price = pay / normal * amount(1.2, 3)
    figures["market_price"] = Value(price)
    figures["capacity"] = Value(normal * amount(0.7, 1.6))
    figures["work_capacity"] = Value(normal * amount(0.7, 1.6))
    figures["credit_used"] = Value(figures["credit_limit"].value / 4)
    shares = [chance.random() ** 2 for _ in range(5)]
    channels = (
        ("market", "market"),
        ("state", "state"),
        ("standing", "union"),
        ("ad hoc", "movement"),
        ("sites", "sites"),
    )
    sales = tuple(
        Sale(channel, channel, payer, Decimal(round(normal * share / sum(shares)) + 1), price * amount(0.85, 1.25))
        for (channel, payer), share in zip(channels, shares, strict=True)
    )
    costs = (
        Cost("inputs", "materials", price * amount(0.1, 0.5), Decimal(0)),
        Cost("power", "energy", price * amount(0, 0.15), Decimal(0)),
        Cost("rent", "other", Decimal(0), pay * amount(0, 0.15)),
    )
    owed = (
        Owed("a", True, pay * amount(0.1, 1.5), 1),
        Owed("b", True, pay * amount(0.1, 0.5), 3),
        Owed("c", False, pay * amount(0.1, 0.7), 2),
    )
    debts = (Debt("loan", pay * amount(0, 3), Decimal("0.12"), pay * amount(0, 0.05)),)
    levers = (
        Lever("order", (Change("standing_added", "set", Decimal(1_000)),), "union"),
        Lever("premium", (Change("premium", "set", Decimal("0.15")),), "union"),
        Lever("gate", (Change("people_at_gate", "set", Decimal(2_500)),), "movement", Decimal(500)),
    )
    shocks = (
        Shock("price", (Change("price_fall", "set", Decimal("0.2")),)),
        Shock("eviction", (Change("eviction_comes", "set", Decimal(1)),)),
    )
    return Books(figures, words, None, sales, costs, owed, debts, (), levers, shocks)


def numbers(seed: int) -> NDArray[np.float64]:
    """The parameters of made-up books, every third of them under a shock."""
    books = made_books(seed)
    shocks = (
        (),
        (),
        (Change("price_fall", "set", Decimal("0.3")), Change("orders_lost", "set", Decimal("0.2"))),
        (),
        (),
        (
            Change("eviction_comes", "set", Decimal(1)),
            Change("state_stops", "set", Decimal(1)),
            Change("credit_stops", "set", Decimal(1)),
            Change("energy_rise", "set", Decimal(1)),
        ),
    )
    return parameters(books.changed(shocks[seed % len(shocks)]), books)
