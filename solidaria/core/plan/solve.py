"""The one file that talks to the solver: HiGHS, handed arrays once, changed in place, solved again warm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import highspy
import numpy as np
from highspy._core import HighsBasis, _Highs

from solidaria.core.plan.model import Array, Index, Model

#: Where a solve ended, and the next can go on from.
Basis: TypeAlias = HighsBasis

#: Feasibility and optimality are held to this, in natural units (the default of HiGHS is 1e-7).
TOLERANCE, LOOSER, LOOSEST = 1e-9, 1e-8, 1e-7
NO_LIMIT = 2_147_483_647
#: From this many columns on, the first solve of a model is by interior point: planning.md's measurements put
#: the simplex method at ten times its cost. Every later solve starts from the basis of the one before.
INTERIOR_POINT_FROM = 4_000


#: Every change between two solves leaves the last point allowed, so the primal method goes on from it. The
#: dual method has to mend its prices first; measured on 10,000 columns it took a hundred times the steps.
PRIMAL_SIMPLEX = 4
#: After so many steps per row the simplex method has stalled, and interior point is cheaper.
STALLED_AFTER = 0.1
#: Where interior point finds nothing at all, it may go on for so many steps per row.
MOST_STEPS_PER_ROW = 10


PERTURBATION = "primal_simplex_bound_perturbation_multiplier"


class SolverStopped(RuntimeError):
    """The solver gave up: not the network's fault, since every plan can be made (doing nothing is one)."""


@dataclass(frozen=True)
class Bounds:
    """What may be changed of a model: bounds of columns and rows, and what is minimised. Natural units."""

    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    cost: Array

    @staticmethod
    def of(model: Model) -> Bounds:
        """The bounds the model was built with; nothing to minimise yet."""
        parts = (model.lower, model.upper, model.row_lower, model.row_upper, np.zeros(model.columns))
        return Bounds(*(part.copy() for part in parts))

    def copy(self) -> Bounds:
        """The same bounds, to change."""
        return Bounds(
            *(part.copy() for part in (self.lower, self.upper, self.row_lower, self.row_upper, self.cost))
        )


@dataclass(frozen=True)
class Solution:
    """An optimal point, in natural units: `value` is what was minimised.

    row_dual and column_dual say by how much the minimum rises per unit of the row's or column's bound.
    """

    value: float
    columns: Array
    row_dual: Array
    column_dual: Array
    iterations: int


class Solver:
    """A model inside HiGHS. `minimise` passes on only what has changed since the last time."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.solves = self.iterations = 0
        #: Steps that questions after the plan may still take; None for no limit. Steps, not seconds, so that
        #: equal input gives equal answers on every machine.
        self.patience: int | None = None
        #: The last optimal point.
        self.last: Solution | None = None
        self._fresh = True
        self._now = Bounds.of(model)
        # Not highspy.Highs: from 1.16 on that one prints a banner to standard output as soon as it is made,
        # into the middle of our JSON.
        self._highs = _Highs()
        options: dict[str, bool | int | float | str] = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "random_seed": 0,
            "simplex_strategy": PRIMAL_SIMPLEX,
        }
        for option, value in options.items():
            self._highs.setOptionValue(option, value)
        self._tolerance(TOLERANCE)
        # One call with all arrays: filling a HighsLp object copies number by number and takes ten times as long.
        passed = self._highs.passModel(
            model.columns,
            model.rows,
            len(model.values),
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            self._now.cost,
            model.lower,
            model.upper,
            model.row_lower,
            model.row_upper,
            model.starts.astype(np.int32),
            model.indices.astype(np.int32),
            model.values,
            np.zeros(model.columns, dtype=np.int32),  # every column continuous
        )
        if passed == highspy.HighsStatus.kError:
            raise SolverStopped("the solver refused the model's arrays")

    def minimise(self, wanted: Bounds) -> Solution:
        """Change the model to these bounds and solve it, from the last basis where there is one.

        Raises SolverStopped when no optimal point was found, or, while `patience` is set, when it is used up.
        """
        self._pass_on(wanted)
        large = self.model.columns >= INTERIOR_POINT_FROM
        status = highspy.HighsModelStatus.kNotset
        if not (large and self._fresh):
            limit = int(1_000 + STALLED_AFTER * self.model.rows) if large else NO_LIMIT
            if self.patience is not None:
                if self.patience <= 0:
                    raise SolverStopped("patience is used up")
                limit = min(limit, self.patience)
            # Where many limits meet, moving each a little for the solver's ease moves the point very far, and a
            # short question would be spent on coming back.
            self._highs.setOptionValue(PERTURBATION, 1.0 if self.patience is None else 0.0)
            status = self._run("simplex", limit)
        if self.patience is not None:
            self.patience -= max(int(self._highs.getInfo().simplex_iteration_count), 100)
            if status != highspy.HighsModelStatus.kOptimal:
                raise SolverStopped("patience is used up")
        if status != highspy.HighsModelStatus.kOptimal:
            status = self._begin_again("ipm" if large else "choose")
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverStopped(f"the solver stopped with: {self._highs.modelStatusToString(status)}")
        self._fresh = False
        info, solution = self._highs.getInfo(), self._highs.getSolution()
        iterations = max(int(info.simplex_iteration_count), 0)
        self.solves += 1
        self.iterations += iterations
        self.last = Solution(
            float(info.objective_function_value),
            np.array(solution.col_value),
            np.array(solution.row_dual),
            np.array(solution.col_dual),
            iterations,
        )
        return self.last

    def _begin_again(self, method: str) -> highspy.HighsModelStatus:
        """Solve what has no basis yet, or what a warm one led astray; the status it ends in.

        Held levels are true to the solver's last digits only, which from nothing may look impossible. Going on
        from the last point, which was allowed, is slow then but arrives; only without one it is a little looser.
        """
        reached, warm = self._highs.getBasis(), not self._fresh
        for tolerance in (TOLERANCE, LOOSER, LOOSEST):
            self._tolerance(tolerance)
            self._highs.clearSolver()
            status = self._run(method, NO_LIMIT)
            if status != highspy.HighsModelStatus.kOptimal and warm and tolerance == TOLERANCE:
                self._highs.clearSolver()
                self._highs.setBasis(reached)
                status = self._run("simplex", MOST_STEPS_PER_ROW * self.model.rows)
            if status == highspy.HighsModelStatus.kOptimal:
                break
        self._tolerance(TOLERANCE)
        return status

    def improve(self, wanted: Bounds, steps: int) -> tuple[Solution, bool]:
        """Go from the last point towards the minimum for so many steps; also, whether the minimum was reached.

        For very large models, where any better plan is welcome and the best one costs too much. The point keeps
        every bound; when the solver's own does not, it is the last one that did.
        """
        last = self.last
        assert last is not None
        self._pass_on(wanted)
        status = self._run("simplex", steps)
        info, solution = self._highs.getInfo(), self._highs.getSolution()
        self.solves += 1
        optimal = status == highspy.HighsModelStatus.kOptimal
        if not optimal and not info.max_primal_infeasibility <= LOOSEST:
            value = float(wanted.cost @ last.columns)
            return Solution(value, last.columns, 0 * last.row_dual, 0 * last.column_dual, steps), False
        self.last = Solution(
            float(info.objective_function_value),
            np.array(solution.col_value),
            np.array(solution.row_dual),
            np.array(solution.col_dual),
            int(info.simplex_iteration_count),
        )
        return self.last, optimal

    def _tolerance(self, tolerance: float) -> None:
        self._highs.setOptionValue("primal_feasibility_tolerance", tolerance)
        self._highs.setOptionValue("dual_feasibility_tolerance", tolerance)

    def _run(self, method: str, steps: int) -> highspy.HighsModelStatus:
        self._highs.setOptionValue("solver", method)
        self._highs.setOptionValue("simplex_iteration_limit", steps)
        self._highs.run()
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kNotset:
            # Another program in this process has used HiGHS with more threads, and its workers are still there.
            _Highs.resetGlobalScheduler(True)
            self._highs.run()
        return self._highs.getModelStatus()

    def basis(self) -> Basis:
        """The present basis, to come back to."""
        return self._highs.getBasis()

    def go_back(self, basis: Basis) -> None:
        """Start the next solve from this basis, with the level at its lower bound.

        A level that was fixed may count as at its upper bound. Once it is free again the solver would take it to
        be there, above what any class has, and would have to find the way back.
        """
        columns, level = list(basis.col_status), self.model.level
        if columns[level] == highspy.HighsBasisStatus.kUpper:
            columns[level] = highspy.HighsBasisStatus.kLower
            lowered = HighsBasis()
            lowered.col_status, lowered.row_status, lowered.valid = columns, basis.row_status, basis.valid
            basis = lowered
        self._highs.setBasis(basis)
        self.last = None

    def _pass_on(self, wanted: Bounds) -> None:
        now = self._now
        highs: Any = self._highs  # Its type stubs leave out changeRowsBounds.
        columns = np.flatnonzero((wanted.lower != now.lower) | (wanted.upper != now.upper)).astype(np.int32)
        if len(columns):
            highs.changeColsBounds(len(columns), columns, wanted.lower[columns], wanted.upper[columns])
        rows = np.flatnonzero((wanted.row_lower != now.row_lower) | (wanted.row_upper != now.row_upper))
        if len(rows):
            rows = rows.astype(np.int32)
            highs.changeRowsBounds(len(rows), rows, wanted.row_lower[rows], wanted.row_upper[rows])
        costs = np.flatnonzero(wanted.cost != now.cost).astype(np.int32)
        if len(costs):
            highs.changeColsCost(len(costs), costs, wanted.cost[costs])
        self._now = wanted.copy()


#: A value above this is no rounding: what carries it stays where it is on every optimal point.
BINDS = 1e-7


@dataclass(frozen=True)
class Face:
    """What every optimal point of a solve has in common: columns and rows that stay at their bounds.

    Fixing them leaves exactly the optimal points for the next aim to choose from. It is kinder to the solver than
    a row that says "no worse than before", which leaves a region without an inside.
    """

    columns_down: Index
    columns_up: Index
    rows_down: Index
    rows_up: Index

    @staticmethod
    def of(bounds: Bounds, solution: Solution) -> Face:
        """The face of an optimal point that was minimised within these bounds."""
        column, row = solution.column_dual, solution.row_dual
        return Face(
            np.flatnonzero((column > BINDS) & (bounds.lower < bounds.upper)),
            np.flatnonzero((column < -BINDS) & (bounds.lower < bounds.upper)),
            np.flatnonzero((row > BINDS) & (bounds.row_lower < bounds.row_upper)),
            np.flatnonzero((row < -BINDS) & (bounds.row_lower < bounds.row_upper)),
        )

    def fix(self, bounds: Bounds) -> None:
        """Fix these columns and rows in `bounds`."""
        bounds.upper[self.columns_down] = bounds.lower[self.columns_down]
        bounds.lower[self.columns_up] = bounds.upper[self.columns_up]
        bounds.row_upper[self.rows_down] = bounds.row_lower[self.rows_down]
        bounds.row_lower[self.rows_up] = bounds.row_upper[self.rows_up]
