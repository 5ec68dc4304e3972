"""Fairness, tier by tier: the least covered need is covered as far as possible, then the next least, and so on.

Each round raises the share of all needs that are still free as far as it goes. The dual values of that solve
say which needs hold it there: they can never have more without taking from one that has less. All of those are
held at that share at once, and the next round starts from the same basis. Rounds are as many as there are
different levels, not as many as there are needs.

Without slack, whatever else every optimal point of a round has in common is fixed as well (solve.Face), so that
later rounds choose among those points only. The dual values of a later round then say nothing about what is
fixed; adding enough of the earlier rounds' values mends that, and makes them a proof under the plan's own limits
and the held levels alone.

Source of the method: Ogryczak, Pióro and Tomaszewski, "Telecommunications network design and max-min
optimization problem", Journal of Telecommunications and Information Technology 3/2005.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solidaria.core.plan.model import INFINITY, Array, Model
from solidaria.core.plan.solve import BINDS, Basis, Bounds, Face, Solution, Solver, SolverStopped

#: From so many columns on, each tier is raised for so many levels only; then the rest of it together.
VERY_LARGE, MOST_LEVELS = 50_000, 30
#: Steps of the solver that each later aim of such a network may take.
MOST_STEPS = 5_000
#: How much below its share a level is held, so that rounding in the solver cannot make the next round impossible.
ROOM = 1e-12
#: A share this near to one is one, and this near to nothing is nothing.
FULL, NOTHING = 1 - 1e-9, 1e-9


@dataclass(frozen=True)
class Round:
    """One level: the classes that stop at `share`, and what shows why.

    weights       by class: how much of the level each of them carries; they add up to one
    prices        by class: what holding an earlier class at its level costs this one
    row_value     by how much the share rises per unit of each row's limit, natural units; level rows left out
    column_value  the same for each column's bound
    held          lower bounds of every class's cover while this round was solved
    solution      the solver's point
    face          what every optimal point of this round has in common; None with slack
    before        the basis the round was solved from
    together      the rest of a tier of a very large network: each class keeps its own share, `share` is the least
    """

    tier: int
    share: float
    classes: tuple[int, ...]
    weights: Array
    prices: Array
    row_value: Array
    column_value: Array
    held: Array
    solution: Solution
    face: Face | None
    before: Basis
    together: bool = False


@dataclass(frozen=True)
class Fair:
    """What the leximin rounds found: the rounds in order, and bounds that hold every level."""

    rounds: tuple[Round, ...]
    bounds: Bounds

    def vector(self, model: Model) -> tuple[tuple[float, ...], ...]:
        """Per tier (promises first) the shares of all needs, the least first: what choices are compared by."""
        tiers: dict[int, list[float]] = {tier: [] for tier in model.tiers}
        for found in self.rounds:
            for position in found.classes:
                tiers[found.tier] += [found.share] * len(model.classes[position].members)
        return tuple(tuple(sorted(tiers[tier])) for tier in model.tiers)

    def shares(self, model: Model) -> Array:
        """By class, the share at which it stops."""
        shares = np.zeros(len(model.classes))
        for found in self.rounds:
            shares[list(found.classes)] = found.share
        return shares


class Guess:
    """Shares that classes can probably keep, so that each round begins near to where it ends.

    A round raises the least share and does not care about the others: it lets them fall as far as it may, and the
    next rounds have to raise them again. Keeping them where they will end saves most of the steps. A guess that
    is too high holds a round back, and then it has a dual value: it is let go, and the round is solved on. So a
    guess changes how long a round takes, never what it finds.
    """

    def __init__(self, model: Model, shares: Array | None) -> None:
        self.shares = np.zeros(len(model.classes)) if shares is None else shares.copy()
        self._cover = slice(model.cover, model.cover + len(model.classes))

    def begin(self, solver: Solver, bounds: Bounds) -> None:
        """Take the level down to where the last point allows every class of the next tier.

        From where the last tier ended, nearly all of them would lie below the level, and the solver would first
        have to look for any point that is allowed at all. Without a guess that is what it does, and with luck:
        it arrives at a point from which fewer steps remain.
        """
        model = solver.model
        if not self.shares.any() or solver.last is None or solver.last.columns[model.level] <= 0.0:
            return
        wanted = self._with(bounds)
        wanted.row_lower[model.row_level : model.row_level + len(model.classes)] = -INFINITY
        wanted.cost[:] = 0.0
        wanted.cost[model.level] = 1.0
        wanted.lower[model.level], wanted.upper[model.level] = -1.0, 1.0
        solver.minimise(wanted)

    def _with(self, bounds: Bounds) -> Bounds:
        """The bounds with no class below its guess."""
        wanted = bounds.copy()
        lower, upper = wanted.lower[self._cover], wanted.upper[self._cover]
        guessed = self.shares > lower
        lower[guessed] = np.minimum(self.shares, upper)[guessed]
        return wanted

    def minimise(self, solver: Solver, bounds: Bounds) -> Solution:
        """The best point within the bounds, with every guess let go that stands in its way."""
        while True:
            try:
                solution = solver.minimise(self._with(bounds))
            except SolverStopped:
                if solver.patience is not None or not self.shares.any():
                    raise
                # Guesses are true to the solver's last digits only; without them there is always a plan.
                self.shares[:] = 0.0
                continue
            share = max(0.0, -solution.value)
            guessed = self.shares > bounds.lower[self._cover]
            holding = guessed & (solution.column_dual[self._cover] > BINDS)
            if share >= FULL or not holding.any():
                return solution
            self.shares[holding] = np.where(self.shares[holding] > share + BINDS, share, 0.0)

    def settle(self, classes: set[int]) -> None:
        """These classes are held by their level from now on."""
        self.shares[list(classes)] = 0.0


def raise_fairly(
    solver: Solver,
    start: Bounds,
    slack: float,
    *,
    from_round: int = 0,
    known: tuple[Round, ...] = (),
    until: Callable[[Round], bool] | None = None,
    guess: Array | None = None,
) -> Fair:
    """Raise the tiers one after the other; hold each level at share × (1 − slack) for all that come later.

    known       rounds of an earlier call that stay true; the first `from_round` of them are taken over as
                they are (their levels held) and only what comes later is solved
    until       stop after the first round for which this is true
    guess       by class, a share that it can probably keep (see `Guess`)
    """
    model = solver.model
    bounds = start.copy()
    bounds.cost[:] = 0.0
    guessed = Guess(model, guess)
    rounds = list(known[:from_round])
    for found in rounds:
        _hold(model, bounds, found, slack)
    for tier in model.tiers:
        for found in _tier_rounds(solver, bounds, tier, rounds, slack, guessed):
            rounds.append(found)
            _hold(model, bounds, found, slack)
            if until is not None and until(found):
                return Fair(tuple(rounds), bounds)
    return Fair(tuple(rounds), bounds)


def _tier_rounds(
    solver: Solver,
    bounds: Bounds,
    tier: int,
    rounds: list[Round],
    slack: float,
    guess: Guess,
    skip: frozenset[int] = frozenset(),
) -> Iterator[Round]:
    """Rounds of one tier until every class of it is settled; `bounds` gains the held levels in between."""
    model = solver.model
    settled = skip | {position for found in rounds for position in found.classes}
    active = [position for position in model.tier_classes(tier) if position not in settled]
    levels = 0
    if active:
        guess.begin(solver, bounds)
    while active:
        rows = model.row_level + np.array(active)
        bounds.row_lower[model.row_level : model.row_level + len(model.classes)] = -INFINITY
        bounds.row_lower[rows] = 0.0
        bounds.cost[:] = 0.0
        bounds.cost[model.level] = -1.0
        # Below nothing as well, or nothing would hold a level that cannot rise at all.
        bounds.lower[model.level], bounds.upper[model.level] = -1.0, 1.0
        before = solver.basis()
        if model.columns >= VERY_LARGE and levels >= MOST_LEVELS:
            yield _the_rest(solver, bounds, tier, active, before)
            return
        levels += 1
        solution = guess.minimise(solver, bounds)
        share = min(1.0, max(0.0, -solution.value))
        duals = solution.row_dual[rows]
        share = 0.0 if share < NOTHING else share
        if share >= FULL:
            share, stopped = 1.0, set(active)
        else:
            stopped = {position for position, dual in zip(active, duals, strict=True) if dual > BINDS}
            stopped = stopped or {active[int(np.argmax(duals))]}
        guess.settle(stopped)
        yield _round(model, bounds, tier, share, tuple(sorted(stopped)), solution, rounds, slack, before)
        active = [position for position in active if position not in stopped]


def _round(
    model: Model,
    bounds: Bounds,
    tier: int,
    share: float,
    stopped: tuple[int, ...],
    solution: Solution,
    earlier: list[Round],
    slack: float,
    before: Basis,
) -> Round:
    """A finished round, with dual values that prove it under the plan's own limits and the held levels."""
    count = len(model.classes)
    cover, level_rows = slice(model.cover, model.cover + count), slice(model.row_level, model.row_level + count)
    weights = np.zeros(count)
    weights[list(stopped)] = np.maximum(solution.row_dual[level_rows][list(stopped)], 0.0)
    row_value, column_value = -solution.row_dual, -solution.column_dual
    row_value[level_rows] = 0.0
    prices = -column_value[cover]
    column_value[cover] = column_value[model.level] = 0.0
    held = bounds.lower[cover].copy()
    face = None
    if slack == 0 and share < 1.0:
        face = Face.of(bounds, solution)
        full = solution.columns[cover] >= FULL
        _mend(row_value, column_value, prices, full, earlier)
    return Round(tier, share, stopped, weights, prices, row_value, column_value, held, solution, face, before)


def _the_rest(solver: Solver, bounds: Bounds, tier: int, active: list[int], before: Basis) -> Round:
    """Cover what is left of a tier together, none of it below the last level; nothing is proved about it."""
    model = solver.model
    cover = slice(model.cover, model.cover + len(model.classes))
    columns = model.cover + np.array(active)
    wanted = bounds.copy()
    wanted.row_lower[model.row_level : model.row_level + len(model.classes)] = -INFINITY
    wanted.cost[:] = 0.0
    wanted.cost[columns] = -1.0 / len(active)
    wanted.lower[columns] = np.maximum(wanted.lower[columns], _last_point(solver)[columns].min() - ROOM)
    solution, _ = solver.improve(wanted, MOST_STEPS)
    nothing = np.zeros(len(model.classes))
    share = float(np.clip(solution.columns[columns], 0.0, 1.0).min())
    return Round(
        tier,
        share,
        tuple(active),
        nothing,
        nothing,
        np.zeros(model.rows),
        np.zeros(model.columns),
        bounds.lower[cover].copy(),
        solution,
        None,
        before,
        together=True,
    )


def _last_point(solver: Solver) -> Array:
    """The point of the last solve."""
    assert solver.last is not None
    return solver.last.columns


def _mend(
    row_value: Array, column_value: Array, prices: Array, full: NDArray[np.bool_], earlier: list[Round]
) -> None:
    """Add enough of earlier rounds' values that no value has the wrong sign for the plan's own limits.

    What a unit of an upper limit is worth is never negative, of a lower limit never positive, and a held class
    has no negative price. A value with the wrong sign stands on something that an earlier round fixed, and that
    round's own value there has the right one. Only a class that is wholly covered may be worth more than it costs.
    """
    for found in reversed(earlier):
        if found.face is None:
            continue
        need = _lack(prices, np.where(full, 0.0, found.prices + found.weights))
        for value, theirs, down, up in (
            (column_value, found.column_value, found.face.columns_down, found.face.columns_up),
            (row_value, found.row_value, found.face.rows_down, found.face.rows_up),
        ):
            need = max(need, _lack(value[up], theirs[up]), _lack(-value[down], -theirs[down]))
        if need > 0:
            row_value += need * found.row_value
            column_value += need * found.column_value
            prices += need * (found.prices + found.weights)


def _lack(value: Array, theirs: Array) -> float:
    """How many of their (positive) values it takes to lift every value to nothing."""
    lacking = (value < 0) & (theirs > BINDS / 10)
    return float(np.max(-value[lacking] / theirs[lacking])) if lacking.any() else 0.0


def _hold(model: Model, bounds: Bounds, found: Round, slack: float) -> None:
    """From now on the classes of this round keep their level, less the slack."""
    columns = model.cover + np.array(found.classes)
    bounds.cost[model.level] = 0.0
    if found.face is not None:
        found.face.fix(bounds)
        # The face of a round also has its level rows, which end with it.
        bounds.row_upper[model.row_level : model.row_level + len(model.classes)] = INFINITY
    bounds.row_lower[model.row_level + np.array(found.classes)] = -INFINITY
    # Never above what the solver's own point has, or its rounding would make the next round impossible.
    point = np.minimum(found.solution.columns[columns], 1.0)
    reached = np.maximum((point if found.together else np.minimum(found.share, point)) - ROOM, 0.0)
    bounds.lower[columns] = np.minimum(reached * (1.0 - slack), bounds.upper[columns])


@dataclass(frozen=True)
class Replan:
    """What raising a limit gives: the new share of each class, and the rounds found."""

    shares: dict[int, float]
    rounds: tuple[Round, ...]


def raise_again(
    solver: Solver,
    start: Bounds,
    known: tuple[Round, ...],
    first: int,
    again: set[int],
    wanted: frozenset[int],
    last_tier: int,
) -> Replan | None:
    """Raise only the classes in `again`, within wider bounds than before; all others keep their levels.

    known      the rounds of the plan, of which those before `first` have no part in what was widened
    wanted     the classes in question: it stops when they are settled
    last_tier  the last tier that counts; later ones are let go

    None when a class would have to give up some of its level to one that has less: then all must be found again.
    """
    model = solver.model
    bounds = start.copy()
    bounds.cost[:] = 0.0
    shares: dict[int, float] = {}
    kept: list[Round] = []
    for count, found in enumerate(known):
        if found.tier > last_tier:
            break
        shares.update(dict.fromkeys(found.classes, found.share))
        mine = [position for position in found.classes if position not in again]
        whole = len(mine) == len(found.classes) and not np.any(found.prices[list(again)] > 1e-9)
        if count < first or whole:
            # Its proof uses nothing that changes, so its optimal points are still those of its face.
            _hold(model, bounds, found, 0.0)
            kept.append(found)
            continue
        columns = model.cover + np.array(mine, dtype=np.int64)
        reached = np.minimum(found.share, found.solution.columns[columns]) - ROOM
        bounds.lower[columns] = np.minimum(np.maximum(reached, 0.0), bounds.upper[columns])
    rounds: list[Round] = []
    settled = set(shares) - again
    # Where the plan has everybody now, later tiers too, is where the search begins.
    guess = Fair(known, bounds).shares(model)
    guess[sorted(settled)] = 0.0
    guessed = Guess(model, guess)
    for tier in (tier for tier in model.tiers if tier <= last_tier):
        mine = [position for position in sorted(again) if model.classes[position].tier == tier]
        while mine and not wanted <= settled:
            found = next(
                _tier_rounds(solver, bounds, tier, [*kept, *rounds], 0.0, guessed, skip=frozenset(settled))
            )
            if any(
                found.prices[position] > 1e-9 and shares[position] > found.share
                for position in settled
                if model.classes[position].tier == tier
            ):
                return None
            rounds.append(found)
            _hold(model, bounds, found, 0.0)
            for position in found.classes:
                shares[position] = found.share
            settled |= set(found.classes)
            mine = [position for position in mine if position not in settled]
    return Replan(shares, tuple(rounds))


def least_when_eased(solver: Solver, start: Bounds, known: tuple[Round, ...], tier: int, slack: float) -> float:
    """How far the least covered need of a tier could be covered if all earlier tiers gave up a share of their own."""
    model, bounds = solver.model, start.copy()
    bounds.cost[:] = 0.0
    for found in known:
        if found.tier < tier:
            columns = model.cover + np.array(found.classes)
            point = np.clip(found.solution.columns[columns], 0.0, 1.0)
            bounds.lower[columns] = np.minimum(point * (1.0 - slack), bounds.upper[columns])
    bounds.row_lower[model.row_level + np.array(model.tier_classes(tier))] = 0.0
    bounds.cost[model.level] = -1.0
    bounds.lower[model.level], bounds.upper[model.level] = -1.0, 1.0
    solution, _ = solver.improve(bounds, MOST_STEPS)
    return min(1.0, max(0.0, -solution.value))
