"""From dual values to a proof: weights of needs and values of limits, in the workbook's units.

Only the values are read here; whether they prove anything is for certificate.py, which knows no solver.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solidaria.core.network import Need, Promise
from solidaria.core.plan.certificate_rows import promise_name
from solidaria.core.plan.leximin import Round
from solidaria.core.plan.model import Array, Model
from solidaria.core.result import Level, Tier

#: Smaller values prove nothing and only make the proof longer.
NEGLIGIBLE = 1e-12

Key = tuple[str, ...]


def name(member: Need | Promise) -> str:
    """How a need or a promise is named in levels."""
    return promise_name(member) if isinstance(member, Promise) else member.id


def limit_values(model: Model, found: Round) -> dict[Key, float]:
    """What one more unit of each limit would add to the share of this round; limits worth nothing left out."""
    network, periods = model.network, model.periods
    names = [period.id for period in network.periods]
    row_value = found.row_value / model.row_scale
    column_value = found.column_value / model.column_scale
    values: dict[Key, float] = {}

    def collect(first: int, last: int, worth: Array, key_of: Callable[[int], Key]) -> None:
        for position in np.flatnonzero(np.abs(worth[first:last]) > NEGLIGIBLE).tolist():
            values[key_of(position)] = float(worth[first + position])

    def balance(position: int) -> Key:
        place, product = model.nodes[position // periods]
        here = (product,) if place is None else (place, product)
        return ("balance", *here, names[position % periods])

    collect(model.row_balance, model.row_equipment, -row_value, balance)
    limits = np.maximum(row_value, 0.0)
    collect(
        model.row_equipment,
        model.row_labour,
        limits,
        lambda at: ("equipment", network.equipment[at // periods].id, names[at % periods]),
    )
    collect(
        model.row_labour,
        model.row_budget,
        limits,
        lambda at: ("labour", model.labour_sites[at // periods], names[at % periods]),
    )
    collect(model.row_budget, model.row_level, limits, lambda at: ("budget", names[at]))
    for position, node in enumerate(model.stores):
        worth = float(column_value[model.stock + (position + 1) * periods - 1])
        if worth > NEGLIGIBLE:
            place, product = model.nodes[node]
            values[("final", product) if place is None else ("final", place, product)] = worth
    return values


def level(model: Model, found: Round) -> Level:
    """The level of a round, with weights and multipliers; the bound is left for the checker to find."""
    weights: dict[str, float] = {}
    multipliers = limit_values(model, found) if found.share < 1.0 else {}
    if found.share < 1.0:
        for position, group in enumerate(model.classes):
            weight, price = float(found.weights[position]), float(found.prices[position])
            for member in group.members:
                part = float(member.quantity) / group.quantity
                if weight > 0:
                    weights[name(member)] = weight * part
                if price > NEGLIGIBLE and found.held[position] > 0:
                    multipliers["cover", name(member)] = price * part
        total = sum(weights.values())
        weights = {need: weight / total for need, weight in weights.items()}
    needs = sorted(name(member) for position in found.classes for member in model.classes[position].members)
    return Level(
        found.share, tuple(needs), found.share, tuple(sorted(weights.items())), tuple(sorted(multipliers.items()))
    )


def tiers(model: Model, rounds: tuple[Round, ...]) -> tuple[Tier, ...]:
    """Every tier with its levels, the least covered first."""
    return tuple(
        Tier(tier, tuple(level(model, found) for found in rounds if found.tier == tier)) for tier in model.tiers
    )
