"""Fairness, tier by tier: the least covered need is covered as far as possible, then the next least, and so on.

Each round raises the share of all needs that are still free as far as it goes. The dual values of that solve
say which needs hold it there: they can never have more without taking from one that has less. All of those are
held at that share at once, and the next round starts from the same basis. Rounds are as many as there are
different levels, not as many as there are needs.

Source of the method: Ogryczak, Pióro and Tomaszewski, "Telecommunications network design and max-min
optimization problem", Journal of Telecommunications and Information Technology 3/2005.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solidaria.core.plan.model import INFINITY, Array, Model
from solidaria.core.plan.solve import Basis, Bounds, Solution, Solver

#: A dual value above this says that a need holds the level (in coverage per coverage; the values add up to one).
HOLDS = 1e-7
#: A share this near to one is one.
FULL = 1 - 1e-9


@dataclass(frozen=True)
class Round:
    """One level: the classes that stop at `share`, and the solve that shows why.

    held   lower bounds of every class's cover while this round was solved
    before the basis the round was solved from
    """

    tier: int
    share: float
    classes: tuple[int, ...]
    solution: Solution
    held: Array
    before: Basis


@dataclass(frozen=True)
class Fair:
    """What the leximin rounds found: the rounds in order, and bounds that hold every level."""

    rounds: tuple[Round, ...]
    bounds: Bounds

    def shares(self, model: Model) -> Array:
        """The share each class reached (not counting what slack gave up later)."""
        reached = np.zeros(len(model.classes))
        for found in self.rounds:
            reached[list(found.classes)] = found.share
        return reached

    def vector(self, model: Model) -> tuple[tuple[float, ...], ...]:
        """Per tier (promises first) the shares of all needs, the least first: what choices are compared by."""
        reached = self.shares(model)
        return tuple(
            tuple(
                sorted(
                    float(reached[position])
                    for position in model.tier_classes(tier)
                    for _ in model.classes[position].members
                )
            )
            for tier in model.tiers
        )


def raise_fairly(
    solver: Solver,
    start: Bounds,
    slack: float,
    *,
    from_round: int = 0,
    known: tuple[Round, ...] = (),
    until: Callable[[Round], bool] | None = None,
) -> Fair:
    """Raise the tiers one after the other; hold each level at share × (1 − slack) for all that come later.

    known       rounds of an earlier call that stay true; the first `from_round` of them are taken over as
                they are (their levels held) and only what comes later is solved
    until       stop after the first round for which this is true
    """
    model = solver.model
    bounds = start.copy()
    bounds.cost[:] = 0.0
    rounds = list(known[:from_round])
    settled = np.zeros(len(model.classes), dtype=bool)
    for found in rounds:
        _hold(model, bounds, found, slack)
        settled[list(found.classes)] = True
    for tier in model.tiers:
        for found in _tier_rounds(solver, bounds, tier, settled):
            rounds.append(found)
            _hold(model, bounds, found, slack)
            if until is not None and until(found):
                return Fair(tuple(rounds), bounds)
    return Fair(tuple(rounds), bounds)


def _tier_rounds(solver: Solver, bounds: Bounds, tier: int, settled: NDArray[np.bool_]) -> Iterator[Round]:
    """Rounds of one tier until every class of it is settled; `bounds` gains the held levels in between."""
    model = solver.model
    active = [position for position in model.tier_classes(tier) if not settled[position]]
    while active:
        rows = model.row_level + np.array(active)
        bounds.row_lower[model.row_level : model.row_level + len(model.classes)] = -INFINITY
        bounds.row_lower[rows] = 0.0
        bounds.cost[:] = 0.0
        bounds.cost[model.level] = -1.0
        bounds.lower[model.level], bounds.upper[model.level] = 0.0, 1.0
        before = solver.basis()
        solution = solver.minimise(bounds)
        share = min(1.0, max(0.0, -solution.value))
        duals = solution.row_dual[rows]
        if share >= FULL:
            share, stopped = 1.0, list(active)
        else:
            stopped = [position for position, dual in zip(active, duals, strict=True) if dual > HOLDS]
            if not stopped:
                stopped = [active[int(np.argmax(duals))]]
        held = bounds.lower[model.cover : model.cover + len(model.classes)].copy()
        yield Round(tier, share, tuple(stopped), solution, held, before)
        settled[stopped] = True
        active = [position for position in active if not settled[position]]


def _hold(model: Model, bounds: Bounds, found: Round, slack: float) -> None:
    """From now on the classes of this round keep their level, less the slack."""
    columns = model.cover + np.array(found.classes)
    bounds.row_lower[model.row_level + np.array(found.classes)] = -INFINITY
    bounds.cost[model.level] = 0.0
    # Never above what the solver's own point has, or its rounding would make the next round impossible.
    reached = np.minimum(found.share, found.solution.columns[columns])
    bounds.lower[columns] = np.maximum(reached, 0.0) * (1.0 - slack)
