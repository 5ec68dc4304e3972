"""The aims after needs: jobs, outside money, labour, each reached and then held while the next is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solidaria.core.plan.leximin import MOST_STEPS, ROOM, VERY_LARGE
from solidaria.core.plan.reopen import Opening
from solidaria.core.plan.solve import Basis, Bounds, Face, Solution, Solver


@dataclass(frozen=True)
class Reached:
    """What each aim reached, and the point where all of them are held.

    jobs      the smallest share of available hours worked; None when no site counts
    outside   money for purchases, transport and reopening
    labour    hours
    """

    jobs: float | None
    outside: float
    labour: float
    solution: Solution
    bounds: Bounds


def pursue(
    solver: Solver,
    held: Bounds,
    opening: Opening,
    slack: float,
    objectives: tuple[str, ...],
    announce: Callable[[str], None] = lambda aim: None,
) -> Reached:
    """Pursue the aims in the order of `objectives`; a share is held at × (1 − slack), a cost at × (1 + slack)."""
    model, bounds = solver.model, held.copy()
    reached: dict[str, float] = {}
    solution: Solution | None = None
    for aim in objectives:
        announce(aim)
        bounds.cost[:] = 0.0
        if aim == "jobs":
            working = opening.working_sites(model)
            if not working:
                continue
            for position in working:
                bounds.row_lower[model.row_jobs + position] = 0.0
            bounds.cost[model.jobs] = -1.0
            solution, best = _best(solver, bounds)
            reached[aim] = min(1.0, max(0.0, float(solution.columns[model.jobs])))
            bounds.lower[model.jobs] = max(0.0, reached[aim] - ROOM) * (1.0 - slack)
        else:
            row = model.row_outside if aim == "outside" else model.row_hours
            fixed = opening.money(model) / float(model.row_scale[row]) if aim == "outside" else 0.0
            bounds.cost[:] = model.outside_cost if aim == "outside" else model.labour_cost
            solution, best = _best(solver, bounds)
            cost = max(0.0, solution.value)
            reached[aim] = (cost + fixed) * float(model.row_scale[row])
            if slack or not best:
                bounds.row_upper[row] = (cost + fixed) * (1.0 + slack) - fixed + ROOM * max(1.0, cost)
        if not slack and best:
            Face.of(bounds, solution).fix(bounds)
    assert solution is not None
    return Reached(reached.get("jobs"), reached["outside"], reached["labour"], solution, bounds)


def _best(solver: Solver, bounds: Bounds) -> tuple[Solution, bool]:
    """The best point, and whether it is; of a very large model a good one, in a fixed number of steps."""
    if solver.model.columns < VERY_LARGE:
        return solver.minimise(bounds), True
    return solver.improve(bounds, MOST_STEPS)


def least_transport(solver: Solver, reached: Reached) -> Solution:
    """The same plan with its goods moved as cheaply as they can be, once everything else is fixed."""
    model, bounds = solver.model, reached.bounds.copy()
    fixed = slice(model.runs, model.buy)
    at = reached.solution.columns[fixed].clip(bounds.lower[fixed], bounds.upper[fixed])
    bounds.lower[fixed], bounds.upper[fixed] = at, at
    bounds.cost[:] = 0.0
    bounds.cost[model.ship : model.level] = model.outside_cost[model.ship : model.level]
    return solver.minimise(bounds)


def come_to_rest(solver: Solver, reached: Reached) -> Basis:
    """The basis of the finished plan with the level out of the way, for questions to start from."""
    bounds = reached.bounds.copy()
    bounds.cost[:] = 0.0
    bounds.lower[solver.model.level] = bounds.upper[solver.model.level] = -1.0
    _best(solver, bounds)
    return solver.basis()
