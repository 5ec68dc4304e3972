"""One round of fairness as a linear programme, in tables of plain numbers; and as ready arrays for the solver.

    maximise t
    so that for each product and period   opening or earlier stock + made + bought = used + delivered + left over
            for each machine and period   hours used ≤ hours there are
            for each site and period      hours worked ≤ hours its members have
            for each period               money for outside purchases ≤ budget
            for each product              stock at the end ≤ stock at the start
            for each promise, tier-1 need delivered ≥ t × needed
            0 ≤ delivered ≤ needed, 0 ≤ t ≤ 1, everything else ≥ 0

The peers in `peers.py` write this model from the same tables, each in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from solidaria.core.network import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tables:
    """The network as tables of numbers; ids are positions.

    recipe_*     one entry per recipe: product, output, labour hours, site
    input_*      one entry per input of a recipe: recipe, product, quantity per run
    use_*        one entry per machine a recipe uses: recipe, machine, hours per run
    need_*       one entry per need and promise: product, period, quantity, and whether it counts in this round
    kept, bought products that can be stored, products that may be bought outside
    opening      stock at the start, per product; price: per product
    machine_hours, site_hours   per period; budget: money per period
    """

    periods: int
    products: int
    machines: int
    sites: int
    recipe_product: Ints
    recipe_output: Floats
    recipe_labour: Floats
    recipe_site: Ints
    input_recipe: Ints
    input_product: Ints
    input_quantity: Floats
    use_recipe: Ints
    use_machine: Ints
    use_hours: Floats
    need_product: Ints
    need_period: Ints
    need_quantity: Floats
    need_counts: npt.NDArray[np.bool_]
    kept: Ints
    bought: Ints
    opening: Floats
    price: Floats
    machine_hours: Floats
    site_hours: Floats
    budget: float

    @property
    def recipes(self) -> int:
        """Number of recipes."""
        return len(self.recipe_product)

    @property
    def needs(self) -> int:
        """Number of needs and promises."""
        return len(self.need_product)

    @property
    def variables(self) -> int:
        """Number of variables of the model."""
        return (self.recipes + len(self.kept) + len(self.bought)) * self.periods + self.needs + 1


def tables(network: Network) -> Tables:
    """Turn a network without routes and closed sites into tables."""
    product = {row.id: position for position, row in enumerate(network.products)}
    period = {row.id: position for position, row in enumerate(network.periods)}
    machine = {row.id: position for position, row in enumerate(network.equipment)}
    site = {row.id: position for position, row in enumerate(network.sites)}
    inputs = [
        (number, product[item], float(quantity))
        for number, row in enumerate(network.recipes)
        for item, quantity in row.inputs
    ]
    uses = [
        (number, machine[item], float(hours))
        for number, row in enumerate(network.recipes)
        for item, hours in row.uses
    ]
    wanted = [
        (product[row.product], period[row.period], float(row.quantity), True) for row in network.promises
    ] + [(product[row.product], period[row.period], float(row.quantity), row.tier == 1) for row in network.needs]
    opening = np.zeros(len(product))
    for stock in network.stocks:
        opening[product[stock.product]] += float(stock.quantity)
    budget = network.rules.outside_budget
    return Tables(
        periods=len(period),
        products=len(product),
        machines=len(machine),
        sites=len(site),
        recipe_product=np.array([product[row.product] for row in network.recipes]),
        recipe_output=np.array([float(row.output) for row in network.recipes]),
        recipe_labour=np.array([float(row.labour_hours) for row in network.recipes]),
        recipe_site=np.array([site[row.site] for row in network.recipes]),
        input_recipe=np.array([row[0] for row in inputs]),
        input_product=np.array([row[1] for row in inputs]),
        input_quantity=np.array([row[2] for row in inputs]),
        use_recipe=np.array([row[0] for row in uses]),
        use_machine=np.array([row[1] for row in uses]),
        use_hours=np.array([row[2] for row in uses]),
        need_product=np.array([row[0] for row in wanted]),
        need_period=np.array([row[1] for row in wanted]),
        need_quantity=np.array([row[2] for row in wanted]),
        need_counts=np.array([row[3] for row in wanted]),
        kept=np.array([position for position, row in enumerate(network.products) if row.keeps]),
        bought=np.array([position for position, row in enumerate(network.products) if row.outside]),
        opening=opening,
        price=np.array([float(row.market_price or 0) for row in network.products]),
        machine_hours=np.array([float(row.hours) for row in network.equipment]),
        site_hours=np.array([float(network.available_hours(row.id)) for row in network.sites]),
        budget=np.inf if budget is None else float(budget),
    )


@dataclass(frozen=True)
class Arrays:
    """The model by columns, ready for the solver: what is minimised, bounds, and the compressed matrix."""

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    starts: npt.NDArray[np.int32]
    indices: npt.NDArray[np.int32]
    values: Floats


def arrays(data: Tables) -> Arrays:
    """Build the arrays from the tables by array operations alone; a column block is item by item, then period."""
    steps = np.arange(data.periods)
    run = lambda recipe: recipe * data.periods  # noqa: E731
    stock_start = data.recipes * data.periods
    buy_start = stock_start + len(data.kept) * data.periods
    need_start = buy_start + len(data.bought) * data.periods
    level = need_start + data.needs
    machine_start = data.products * data.periods
    site_start = machine_start + data.machines * data.periods
    budget_start = site_start + data.sites * data.periods
    cover_start = budget_start + data.periods
    counted = np.flatnonzero(data.need_counts)
    rows_total = cover_start + len(counted)

    parts: list[tuple[Ints, Ints, Floats]] = []

    def every_period(rows: Ints, columns: Ints, values: Floats) -> None:
        """The same entry in each period."""
        parts.append(
            (
                (rows[:, None] + steps).ravel(),
                (columns[:, None] + steps).ravel(),
                np.repeat(values, data.periods),
            )
        )

    every_period(run(data.recipe_product), run(np.arange(data.recipes)), data.recipe_output)
    every_period(run(data.input_product), run(data.input_recipe), -data.input_quantity)
    every_period(machine_start + run(data.use_machine), run(data.use_recipe), data.use_hours)
    every_period(site_start + run(data.recipe_site), run(np.arange(data.recipes)), data.recipe_labour)
    kept_columns = stock_start + run(np.arange(len(data.kept)))
    every_period(run(data.kept), kept_columns, -np.ones(len(data.kept)))
    later = steps[1:]
    parts.append(
        (
            (run(data.kept)[:, None] + later).ravel(),
            (kept_columns[:, None] + later - 1).ravel(),
            np.ones(len(data.kept) * len(later)),
        )
    )
    bought_columns = buy_start + run(np.arange(len(data.bought)))
    every_period(run(data.bought), bought_columns, np.ones(len(data.bought)))
    every_period(np.full(len(data.bought), budget_start), bought_columns, data.price[data.bought])
    need_rows = run(data.need_product) + data.need_period
    parts.append((need_rows, need_start + np.arange(data.needs), -np.ones(data.needs)))
    cover_rows = cover_start + np.arange(len(counted))
    parts.append((cover_rows, need_start + counted, np.ones(len(counted))))
    parts.append((cover_rows, np.full(len(counted), level), -data.need_quantity[counted]))
    rows, columns, values = (np.concatenate([part[which] for part in parts]) for which in range(3))
    matrix = sp.csc_array((values, (rows, columns)), shape=(rows_total, level + 1))
    matrix.sum_duplicates()

    cost, lower, upper = np.zeros(level + 1), np.zeros(level + 1), np.full(level + 1, np.inf)
    cost[level], upper[level] = -1.0, 1.0
    upper[need_start:level] = data.need_quantity
    upper[kept_columns + data.periods - 1] = data.opening[data.kept]
    row_lower, row_upper = np.zeros(rows_total), np.full(rows_total, np.inf)
    row_upper[:machine_start] = 0.0
    row_lower[run(np.arange(data.products))] = row_upper[run(np.arange(data.products))] = -data.opening
    row_lower[machine_start:cover_start] = -np.inf
    row_upper[machine_start:site_start] = np.repeat(data.machine_hours, data.periods)
    row_upper[site_start:budget_start] = np.repeat(data.site_hours, data.periods)
    row_upper[budget_start:cover_start] = data.budget
    return Arrays(
        cost,
        lower,
        upper,
        row_lower,
        row_upper,
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data,
    )


def pass_model(ready: Arrays) -> Any:
    """Hand ready arrays to HiGHS as its guide shows it, in a HighsLp; give back the solver, ready to run."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(ready.cost), len(ready.row_lower)
    model.col_cost_, model.col_lower_, model.col_upper_ = ready.cost, ready.lower, ready.upper
    model.row_lower_, model.row_upper_ = ready.row_lower, ready.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = ready.starts, ready.indices
    model.a_matrix_.value_ = ready.values
    solver.passModel(model)
    return solver


def pass_arrays(ready: Arrays) -> Any:
    """Hand ready arrays to HiGHS in one call; give back the solver, ready to run."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    columns, rows = len(ready.cost), len(ready.row_lower)
    solver.passModel(
        columns,
        rows,
        len(ready.values),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        ready.cost,
        ready.lower,
        ready.upper,
        ready.row_lower,
        ready.row_upper,
        ready.starts,
        ready.indices,
        ready.values,
        np.zeros(columns, dtype=np.int32),
    )
    return solver
