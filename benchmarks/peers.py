"""The model of `fair_round.py` the way a user would write it in PuLP, Pyomo, CVXPY and linopy, all with HiGHS.

Each function takes the tables and solves; `measure` notes when the solver begins to run, so that everything before
(writing the model, compiling it, handing it over) counts as building.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from fair_round import Tables, arrays, pass_arrays

#: The same for everybody: interior point without crossover, one thread.
OPTIONS: dict[str, Any] = {"solver": "ipm", "run_crossover": "off", "threads": 1}


def with_arrays(data: Tables) -> float:
    """Array operations from the tables to compressed columns, by hand."""
    solver = pass_arrays(arrays(data))
    for option, value in OPTIONS.items():
        solver.setOptionValue(option, value)
    solver.run()
    return -float(solver.getInfo().objective_function_value)


def _lists(data: Tables) -> dict[str, dict[int, list[Any]]]:
    """The tables as lists by product, machine and site, as a program in loops keeps them."""
    lists: dict[str, dict[int, list[Any]]] = {
        key: defaultdict(list) for key in ("made", "used", "busy", "worked", "wanted")
    }
    for recipe, product in enumerate(data.recipe_product.tolist()):
        lists["made"][product].append((recipe, float(data.recipe_output[recipe])))
        lists["worked"][int(data.recipe_site[recipe])].append((recipe, float(data.recipe_labour[recipe])))
    for recipe, product, quantity in zip(
        data.input_recipe.tolist(), data.input_product.tolist(), data.input_quantity.tolist(), strict=True
    ):
        lists["used"][product].append((recipe, quantity))
    for recipe, machine, hours in zip(
        data.use_recipe.tolist(), data.use_machine.tolist(), data.use_hours.tolist(), strict=True
    ):
        lists["busy"][machine].append((recipe, hours))
    for need, (product, period) in enumerate(
        zip(data.need_product.tolist(), data.need_period.tolist(), strict=True)
    ):
        lists["wanted"][product * data.periods + period].append(need)
    return lists


def with_pulp(data: Tables) -> float:
    """PuLP: dictionaries of variables and lpSum."""
    import pulp

    lists, periods = _lists(data), range(data.periods)
    kept, bought, last = data.kept.tolist(), data.bought.tolist(), data.periods - 1
    problem = pulp.LpProblem("round", pulp.LpMaximize)
    runs = pulp.LpVariable.dicts("runs", (range(data.recipes), periods), 0)
    stock = pulp.LpVariable.dicts("stock", (kept, periods), 0)
    buy = pulp.LpVariable.dicts("buy", (bought, periods), 0)
    delivered = [
        pulp.LpVariable(f"delivered_{need}", 0, float(data.need_quantity[need])) for need in range(data.needs)
    ]
    level = pulp.LpVariable("level", 0, 1)
    problem += level
    is_kept, is_bought = set(kept), set(bought)
    for product in range(data.products):
        for period in periods:
            terms = [output * runs[recipe][period] for recipe, output in lists["made"][product]]
            terms += [-quantity * runs[recipe][period] for recipe, quantity in lists["used"][product]]
            terms += [-1 * delivered[need] for need in lists["wanted"][product * data.periods + period]]
            if product in is_kept:
                terms.append(-1 * stock[product][period])
                if period:
                    terms.append(stock[product][period - 1])
            if product in is_bought:
                terms.append(buy[product][period])
            problem += pulp.lpSum(terms) == (0 if period else -float(data.opening[product]))
    for product in kept:
        problem += stock[product][last] <= float(data.opening[product])
    for machine in range(data.machines):
        for period in periods:
            problem += pulp.lpSum(
                hours * runs[recipe][period] for recipe, hours in lists["busy"][machine]
            ) <= float(data.machine_hours[machine])
    for site in range(data.sites):
        for period in periods:
            problem += pulp.lpSum(
                hours * runs[recipe][period] for recipe, hours in lists["worked"][site]
            ) <= float(data.site_hours[site])
    for period in periods:
        problem += (
            pulp.lpSum(float(data.price[product]) * buy[product][period] for product in bought) <= data.budget
        )
    for need in np.flatnonzero(data.need_counts).tolist():
        problem += delivered[need] - float(data.need_quantity[need]) * level >= 0
    problem.solve(pulp.HiGHS(msg=False, threads=1, solver="ipm", run_crossover="off"))
    return float(pulp.value(problem.objective))


def with_pyomo(data: Tables) -> float:
    """Pyomo: a ConcreteModel with rules, solved by appsi_highs."""
    import pyomo.environ as pyo
    from pyomo.contrib.appsi.solvers import Highs

    lists, last = _lists(data), data.periods - 1
    is_kept, is_bought = set(data.kept.tolist()), set(data.bought.tolist())
    model = pyo.ConcreteModel()
    model.periods = pyo.RangeSet(0, last)
    model.recipes = pyo.RangeSet(0, data.recipes - 1)
    model.products = pyo.RangeSet(0, data.products - 1)
    model.kept = pyo.Set(initialize=data.kept.tolist())
    model.bought = pyo.Set(initialize=data.bought.tolist())
    model.needs = pyo.RangeSet(0, data.needs - 1)
    model.counted = pyo.Set(initialize=np.flatnonzero(data.need_counts).tolist())
    model.machines = pyo.Set(initialize=sorted(lists["busy"]))
    model.sites = pyo.Set(initialize=sorted(lists["worked"]))
    model.runs = pyo.Var(model.recipes, model.periods, domain=pyo.NonNegativeReals)
    model.stock = pyo.Var(model.kept, model.periods, domain=pyo.NonNegativeReals)
    model.buy = pyo.Var(model.bought, model.periods, domain=pyo.NonNegativeReals)
    model.delivered = pyo.Var(model.needs, bounds=lambda _, need: (0, float(data.need_quantity[need])))
    model.level = pyo.Var(bounds=(0, 1))
    model.aim = pyo.Objective(expr=model.level, sense=pyo.maximize)

    def balance(model: Any, product: int, period: int) -> Any:
        total = sum(output * model.runs[recipe, period] for recipe, output in lists["made"][product])
        total -= sum(quantity * model.runs[recipe, period] for recipe, quantity in lists["used"][product])
        total -= sum(model.delivered[need] for need in lists["wanted"][product * data.periods + period])
        if product in is_kept:
            total -= model.stock[product, period]
            if period:
                total += model.stock[product, period - 1]
        if product in is_bought:
            total += model.buy[product, period]
        if isinstance(total, (int, float)):
            return pyo.Constraint.Skip
        return total == (0 if period else -float(data.opening[product]))

    model.balance = pyo.Constraint(model.products, model.periods, rule=balance)
    model.end = pyo.Constraint(
        model.kept, rule=lambda model, product: model.stock[product, last] <= float(data.opening[product])
    )
    model.busy = pyo.Constraint(
        model.machines,
        model.periods,
        rule=lambda model, machine, period: (
            sum(hours * model.runs[recipe, period] for recipe, hours in lists["busy"][machine])
            <= float(data.machine_hours[machine])
        ),
    )
    model.worked = pyo.Constraint(
        model.sites,
        model.periods,
        rule=lambda model, site, period: (
            sum(hours * model.runs[recipe, period] for recipe, hours in lists["worked"][site])
            <= float(data.site_hours[site])
        ),
    )
    model.money = pyo.Constraint(
        model.periods,
        rule=lambda model, period: (
            sum(float(data.price[product]) * model.buy[product, period] for product in model.bought) <= data.budget
        ),
    )
    model.cover = pyo.Constraint(
        model.counted,
        rule=lambda model, need: model.delivered[need] >= float(data.need_quantity[need]) * model.level,
    )
    solver = Highs()
    solver.highs_options = dict(OPTIONS)
    solver.config.load_solution = False
    return float(solver.solve(model).best_feasible_objective)


def with_cvxpy(data: Tables) -> float:
    """CVXPY: matrices of variables and sparse matrices of data."""
    import cvxpy as cp
    import scipy.sparse as sp

    def matrix(rows: Any, columns: Any, values: Any, shape: tuple[int, int]) -> Any:
        return sp.csr_array((values, (rows, columns)), shape=shape)

    everyone, kept, bought = np.arange(data.recipes), np.arange(len(data.kept)), np.arange(len(data.bought))
    made = matrix(data.recipe_product, everyone, data.recipe_output, (data.products, data.recipes))
    used = matrix(data.input_product, data.input_recipe, data.input_quantity, (data.products, data.recipes))
    busy = matrix(data.use_machine, data.use_recipe, data.use_hours, (data.machines, data.recipes))
    worked = matrix(data.recipe_site, everyone, data.recipe_labour, (data.sites, data.recipes))
    to_product = matrix(data.kept, kept, np.ones(len(kept)), (data.products, len(kept)))
    from_outside = matrix(data.bought, bought, np.ones(len(bought)), (data.products, len(bought)))
    runs = cp.Variable((data.recipes, data.periods), nonneg=True)
    stock = cp.Variable((len(kept), data.periods), nonneg=True)
    buy = cp.Variable((len(bought), data.periods), nonneg=True)
    delivered = cp.Variable(data.needs, nonneg=True)
    level = cp.Variable(nonneg=True)
    limits = [delivered <= data.need_quantity, level <= 1, stock[:, -1] <= data.opening[data.kept]]
    for period in range(data.periods):
        due = np.flatnonzero(data.need_period == period)
        to_need = matrix(data.need_product[due], due, np.ones(len(due)), (data.products, data.needs))
        before = data.opening if period == 0 else to_product @ stock[:, period - 1]
        limits += [
            before + (made - used) @ runs[:, period] + from_outside @ buy[:, period]
            == to_need @ delivered + to_product @ stock[:, period],
            busy @ runs[:, period] <= data.machine_hours,
            worked @ runs[:, period] <= data.site_hours,
            data.price[data.bought] @ buy[:, period] <= data.budget,
        ]
    counted = np.flatnonzero(data.need_counts)
    limits.append(delivered[counted] >= level * data.need_quantity[counted])
    problem = cp.Problem(cp.Maximize(level), limits)
    problem.solve(solver=cp.HIGHS, highs_options=dict(OPTIONS))
    return float(problem.value)


def with_linopy(data: Tables, sparse: bool = False) -> float:
    """linopy in its default, labelled mode: labelled variables, long tables grouped by product."""
    import linopy
    import pandas as pd
    import xarray as xr

    if sparse:
        linopy.options["semantics"] = "v1"
    model = linopy.Model(sparse=True) if sparse else linopy.Model()
    periods = pd.RangeIndex(data.periods, name="period")
    products = pd.RangeIndex(data.products, name="product")
    recipes = pd.RangeIndex(data.recipes, name="recipe")
    machines = pd.RangeIndex(data.machines, name="machine")
    sites = pd.RangeIndex(data.sites, name="site")
    needs = pd.RangeIndex(data.needs, name="need")
    kept, bought = pd.Index(data.kept, name="product"), pd.Index(data.bought, name="product")
    at_most = np.full((len(kept), data.periods), np.inf)
    at_most[:, -1] = data.opening[data.kept]
    needed = xr.DataArray(data.need_quantity, coords=[needs])
    runs = model.add_variables(lower=0, coords=[recipes, periods], name="runs")
    stock = model.add_variables(lower=0, upper=xr.DataArray(at_most, coords=[kept, periods]), name="stock")
    buy = model.add_variables(lower=0, coords=[bought, periods], name="buy")
    delivered = model.add_variables(lower=0, upper=needed, name="delivered")
    level = model.add_variables(lower=0, upper=1, name="level")

    def over(index: Any, expression: Any) -> Any:
        """The expression for every label of the index; nothing where it had none."""
        wider = expression.reindex({index.name: index})
        return wider.fillna(0) if sparse else wider

    def by(index: Any, target: Any, recipe: Any, amount: Any) -> Any:
        """Runs times an amount, added up over a long table by what each entry points at."""
        entries = pd.RangeIndex(len(target), name="entry")
        chosen = runs.sel(recipe=xr.DataArray(recipe, coords=[entries])) * xr.DataArray(amount, coords=[entries])
        return over(index, chosen.groupby(xr.DataArray(target, coords=[entries], name=index.name)).sum())

    everyone = np.arange(data.recipes)
    made = by(
        products,
        np.concatenate([data.recipe_product, data.input_product]),
        np.concatenate([everyone, data.input_recipe]),
        np.concatenate([data.recipe_output, -data.input_quantity]),
    )
    busy = by(machines, data.use_machine, data.use_recipe, data.use_hours)
    worked = by(sites, data.recipe_site, everyone, data.recipe_labour)
    model.add_constraints(busy <= xr.DataArray(data.machine_hours, coords=[machines]), name="busy")
    model.add_constraints(worked <= xr.DataArray(data.site_hours, coords=[sites]), name="worked")
    price = xr.DataArray(data.price[data.bought], coords=[bought])
    model.add_constraints((price * buy).sum("product") <= data.budget, name="money")
    counted = np.flatnonzero(data.need_counts)
    share = level * needed.isel(need=counted)
    model.add_constraints(delivered.isel(need=counted) - share >= 0, name="cover")
    for period in range(data.periods):
        due = np.flatnonzero(data.need_period == period)
        products_due = xr.DataArray(data.need_product[due], coords=[needs[due]], name="product")
        gone = over(products, (1 * delivered.isel(need=due)).groupby(products_due).sum())
        left = over(products, 1 * stock.isel(period=period, drop=True))
        came = over(products, 1 * buy.isel(period=period, drop=True))
        total = made.sel(period=period, drop=True) + came - gone - left
        before = np.zeros(data.products)
        if period:
            total = total + over(products, 1 * stock.isel(period=period - 1, drop=True))
        else:
            before = -data.opening
        model.add_constraints(total == xr.DataArray(before, coords=[products]), name=f"balance{period}")
    model.add_objective(1 * level, sense="max")
    model.solve(solver_name="highs", io_api="direct", output_flag=False, **OPTIONS)
    return float(model.objective.value)


def with_linopy_sparse(data: Tables) -> float:
    """linopy in its sparse mode: the same model."""
    return with_linopy(data, sparse=True)


PEERS = {
    "CVXPY": with_cvxpy,
    "PuLP": with_pulp,
    "linopy, sparse": with_linopy_sparse,
    "linopy, labelled": with_linopy,
    "Pyomo, appsi_highs": with_pyomo,
}
