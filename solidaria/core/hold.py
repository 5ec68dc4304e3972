"""What a site can hold: whether its hours, machines and stock suffice for all it has promised. Nothing is promised twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.optimize import linprog

from solidaria.core.problem import Fault, say

#: A shortfall smaller than this, in units, comes from the solver's floats and is none.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Way:
    """One recipe: product, output of a run, hours of work, and (machine, hours) pairs."""

    product: str
    output: Decimal
    hours: Decimal
    uses: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Capacity:
    """What a site can do in each period, and what it has in stock at the start.

    periods    names in order, at least one
    hours      of work per period; machines: code → hours per period
    stock      product → units
    """

    periods: tuple[str, ...]
    hours: Decimal
    machines: Mapping[str, Decimal]
    ways: tuple[Way, ...]
    stock: Mapping[str, Decimal]


def missing(capacity: Capacity, promised: Mapping[tuple[str, str], Decimal]) -> dict[str, float]:
    """Product → units that cannot be made or taken from stock in time; empty when everything promised can be held.

    promised   (product, period) → units; a blank or unknown period: by the end of the last one
    Goods may be made in an earlier period and kept. What the network makes of materials is not asked: a plan does.
    The least possible is missing in all.
    """
    periods, ways = len(capacity.periods), capacity.ways
    products = sorted({product for (product, _), much in promised.items() if much > 0})
    if not products:
        return {}
    runs, short = len(ways) * periods, len(products) * periods
    rows: list[np.ndarray] = []
    most: list[float] = []

    def row(values: Mapping[int, float], limit: float) -> None:
        found = np.zeros(runs + short)
        for at, value in values.items():
            found[at] += value
        rows.append(found)
        most.append(limit)

    for period in range(periods):
        row({way * periods + period: float(one.hours) for way, one in enumerate(ways)}, float(capacity.hours))
        for machine, hours in sorted(capacity.machines.items()):
            used = {
                way * periods + period: float(sum(much for code, much in one.uses if code == machine))
                for way, one in enumerate(ways)
            }
            row(used, float(hours))
        for at, product in enumerate(products):
            wanted = sum(
                (
                    much
                    for (what, when), much in promised.items()
                    if what == product and _place(capacity.periods, when) <= period
                ),
                Decimal(0),
            )
            made = {
                way * periods + earlier: -float(one.output)
                for way, one in enumerate(ways)
                if one.product == product
                for earlier in range(period + 1)
            }
            # What is missing by the end of a period stays missing, so one column for each period's addition.
            lacks = {runs + at * periods + earlier: -1.0 for earlier in range(period + 1)}
            row({**made, **lacks}, float(capacity.stock.get(product, Decimal(0))) - float(wanted))
    costs = np.concatenate([np.zeros(runs), np.ones(short)])
    answer = linprog(costs, A_ub=np.array(rows), b_ub=np.array(most), bounds=(0, None), method="highs")
    if not answer.success:
        raise ArithmeticError(f"the solver gave up: {answer.message}")
    lack = answer.x[runs:].reshape(len(products), periods).sum(axis=1)
    return {
        product: float(much)
        for product, much in zip(products, lack, strict=True)
        if much > TOLERANCE * max(1.0, sum(float(q) for (what, _), q in promised.items() if what == product))
    }


def hold_faults(
    capacity: Capacity,
    promised: Mapping[tuple[str, str], Decimal],
    names: Mapping[str, tuple[str, str]],
    site: str,
) -> list[Fault]:
    """Why a site cannot hold all it would have promised; empty when it can.

    names   product → (name, unit); site: the site's name
    """
    return [
        Fault(
            "",
            None,
            "quantity",
            say(
                "{site} cannot hold this: {missing} {unit} of {product} would be promised twice or cannot be made.",
                site=site,
                missing=Decimal(f"{much:.6f}").normalize().__format__("f"),
                unit=names.get(product, ("", ""))[1],
                product=names.get(product, (product, ""))[0],
            ),
            say("Agree on less, release another promise, or enter the machines, hours and recipes there are."),
        )
        for product, much in sorted(missing(capacity, promised).items())
    ]


def _place(periods: tuple[str, ...], period: str) -> int:
    return periods.index(period) if period in periods else len(periods) - 1
