"""The limits of a plan written out again, for checking: every quantity a column, every limit a row.

This is written from docs/plan.md and shares nothing with the model that is solved, so that a mistake in one of
them shows. It knows nothing of solvers. Every row says

    what is taken − what is brought  =  what is there     (balances)
    what is used                     ≤  what there is     (all others)

so that a row's multiplier is the value of one more unit of what there is.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solidaria.core.network import Network, Promise

Key = tuple[str, ...]
Array = NDArray[np.float64]

#: The place of goods when they move freely: one pool.
POOL = ""


def promise_name(promise: Promise) -> str:
    """How a promise is named among the needs of tier 0."""
    return f"{promise.site} → {promise.organisation}: {promise.product}, {promise.period}"


@dataclass
class Rows:
    """All limits of one network with the reopenings already chosen.

    Columns: ("runs", recipe, period), ("delivered", need), ("promised", promise), ("bought", place, product,
    period), ("stock", place, product, period), ("moved", from, to, product, period); the place is "" when goods
    are one pool. Rows: as in Level.multipliers.

    upper      column -> the most it may be by its own limit (what is needed, a refusal); infinite when none
    finite     column -> a bound that follows from other limits too; infinite only when none follows
    covered    need or promise -> (its column, the quantity needed)
    """

    columns: dict[Key, int] = field(default_factory=dict)
    rows: dict[Key, int] = field(default_factory=dict)
    limits: list[float] = field(default_factory=list)
    entries: list[tuple[int, int, float]] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    finite: list[float] = field(default_factory=list)
    covered: dict[str, tuple[int, float]] = field(default_factory=dict)

    def column(self, *key: str, upper: float = math.inf) -> int:
        """Add a column."""
        self.columns[key] = len(self.upper)
        self.upper.append(upper)
        return self.columns[key]

    def row(self, *key: str, limit: float = 0.0) -> int:
        """Add a row, or give the one that is there."""
        if key not in self.rows:
            self.rows[key] = len(self.limits)
            self.limits.append(limit)
        return self.rows[key]

    @cached_property
    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """The entries as three arrays: row, column, amount. Made once, when every row has been written."""
        rows, columns, amounts = zip(*self.entries, strict=True) if self.entries else ((), (), ())
        return np.array(rows, np.int64), np.array(columns, np.int64), np.array(amounts, np.float64)

    @cached_property
    def limits_and_most(self) -> tuple[Array, Array]:
        """Limits of the rows and `finite` of the columns as arrays. Made once, when every row has been written."""
        return np.array(self.limits), np.array(self.finite)


class Ways:
    """Where each product can be and which ways it can go; with free goods there is one place and no way."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.free = network.routes is None
        self.receivers: dict[str, set[str]] = {product.id: set() for product in network.products}
        for need in network.needs:
            self.receivers[need.product].add(need.organisation)
        self.blank: dict[tuple[str, str], Decimal] = {}
        self.named: dict[str, dict[tuple[str, str], Decimal]] = {}
        for route in network.routes or ():
            known = self.blank if route.product is None else self.named.setdefault(route.product, {})
            known[route.start, route.end] = route.cost

    def places(self, product: str) -> list[str]:
        """The pool, or every site and every organisation that needs the product."""
        return [POOL] if self.free else sorted(self.receivers[product] | set(self.network.site))

    def costs(self, product: str) -> dict[tuple[str, str], Decimal]:
        """(from, to) -> money per unit, from sites only; a route for the product itself beats one for all."""
        both = {**self.blank, **self.named.get(product, {})}
        return {ends: cost for ends, cost in both.items() if ends[0] in self.network.site and ends[0] != ends[1]}

    def moves(self, product: str) -> dict[tuple[str, str], Decimal]:
        """The ways of a product that lead to a place where it is of use."""
        places = set(self.places(product))
        return {ends: cost for ends, cost in self.costs(product).items() if ends[1] in places}

    def cheapest(self, promise: Promise) -> tuple[tuple[str, str], ...] | None:
        """The cheapest way from the promising site to the receiver, through sites only; None when there is none.

        Of equally cheap ways, the one with fewest steps, then by ids.
        """
        if self.free or promise.site == promise.organisation:
            return ()
        leaving: dict[str, list[tuple[str, Decimal]]] = {}
        for (start, end), cost in self.costs(promise.product).items():
            leaving.setdefault(start, []).append((end, cost))
        seen: set[str] = set()
        queue: list[tuple[Decimal, int, tuple[str, ...]]] = [(Decimal(0), 0, (promise.site,))]
        while queue:
            cost, steps, path = heapq.heappop(queue)
            if path[-1] == promise.organisation:
                return tuple(itertools.pairwise(path))
            if path[-1] in seen:
                continue
            seen.add(path[-1])
            for end, more in leaving.get(path[-1], ()):
                heapq.heappush(queue, (cost + more, steps + 1, (*path, end)))
        return None


def write_rows(
    network: Network, reopened: frozenset[str], most_runs: Mapping[tuple[str, str | None], Decimal]
) -> Rows:
    """Write out every limit of the network.

    reopened    the closed sites that work again
    most_runs   refusals: (recipe, period, or None for every period) -> most runs per period
    """
    rows, ways = Rows(), Ways(network)
    _hours(rows, network, reopened, most_runs)
    _goods(rows, network, ways)
    _money(rows, network, ways, reopened)
    _demand(rows, network, ways)
    rows.finite = _finite_bounds(rows, network, ways)
    return rows


def _hours(
    rows: Rows,
    network: Network,
    reopened: frozenset[str],
    most_runs: Mapping[tuple[str, str | None], Decimal],
) -> None:
    first = network.periods[0].id
    for period in (row.id for row in network.periods):
        for machine in network.equipment:
            rows.row("equipment", machine.id, period, limit=float(machine.hours))
        for site in network.sites:
            hours = network.available_hours(site.id)
            if period == first and site.id in reopened:
                hours -= network.reopening[site.id].hours
            rows.row("labour", site.id, period, limit=float(hours))
        for recipe in network.recipes:
            stands_still = network.site[recipe.site].state == "closed" and recipe.site not in reopened
            refused = [most_runs[recipe.id, when] for when in (period, None) if (recipe.id, when) in most_runs]
            most = 0.0 if stands_still else float(min(refused, default=Decimal("Infinity")))
            run = rows.column("runs", recipe.id, period, upper=most)
            rows.entries.append((rows.row("labour", recipe.site, period), run, float(recipe.labour_hours)))
            for machine_id, hours in recipe.uses:
                rows.entries.append((rows.row("equipment", machine_id, period), run, float(hours)))


def _balance(rows: Rows, place: str, product: str, period: str) -> int:
    key = ("balance", product, period) if place == POOL else ("balance", place, product, period)
    return rows.row(*key)


def _goods(rows: Rows, network: Network, ways: Ways) -> None:
    periods = [row.id for row in network.periods]
    opening: dict[tuple[str, str], Decimal] = {}
    for stock in network.stocks:
        place = POOL if ways.free else stock.site
        opening[place, stock.product] = opening.get((place, stock.product), Decimal(0)) + stock.quantity
    for product in network.products:
        for place in ways.places(product.id):
            there = float(opening.get((place, product.id), 0))
            for period in periods:
                _balance(rows, place, product.id, period)
            if product.keeps and (ways.free or place in network.site):
                _storage(rows, place, product.id, periods, there)
        for start, end in ways.moves(product.id):
            for period in periods:
                moved = rows.column("moved", start, end, product.id, period)
                rows.entries.append((_balance(rows, start, product.id, period), moved, 1.0))
                rows.entries.append((_balance(rows, end, product.id, period), moved, -1.0))
    for recipe in network.recipes:
        place = POOL if ways.free else recipe.site
        for period in periods:
            run = rows.columns["runs", recipe.id, period]
            rows.entries.append((_balance(rows, place, recipe.product, period), run, -float(recipe.output)))
            for used, quantity in recipe.inputs:
                rows.entries.append((_balance(rows, place, used, period), run, float(quantity)))


def _storage(rows: Rows, place: str, product: str, periods: list[str], opening: float) -> None:
    """Stock at the end of each period, there at the start of the next, at last no more than at first."""
    rows.limits[_balance(rows, place, product, periods[0])] = opening
    for period, following in zip(periods, [*periods[1:], None], strict=True):
        stock = rows.column("stock", place, product, period)
        rows.entries.append((_balance(rows, place, product, period), stock, 1.0))
        if following is not None:
            rows.entries.append((_balance(rows, place, product, following), stock, -1.0))
            continue
        key = ("final", product) if place == POOL else ("final", place, product)
        rows.entries.append((rows.row(*key, limit=opening), stock, 1.0))


def _money(rows: Rows, network: Network, ways: Ways, reopened: frozenset[str]) -> None:
    budget = network.rules.outside_budget
    for index, period in enumerate(row.id for row in network.periods):
        reopening = sum((network.reopening[site].money for site in reopened if index == 0), Decimal(0))
        if budget is not None:
            rows.row("budget", period, limit=float(budget - reopening))
        for product in network.products:
            for place in ways.places(product.id) if product.outside else ():
                bought = rows.column("bought", place, product.id, period)
                rows.entries.append((_balance(rows, place, product.id, period), bought, -1.0))
                if budget is not None:
                    price = float(product.market_price or 0)
                    rows.entries.append((rows.row("budget", period), bought, price))


def _demand(rows: Rows, network: Network, ways: Ways) -> None:
    for need in network.needs:
        column = rows.column("delivered", need.id, upper=float(need.quantity))
        place = POOL if ways.free else need.organisation
        rows.entries.append((_balance(rows, place, need.product, need.period), column, 1.0))
        rows.covered[need.id] = (column, float(need.quantity))
    for promise in network.promises:
        most = 0.0 if ways.cheapest(promise) is None else float(promise.quantity)
        column = rows.column("promised", promise_name(promise), upper=most)
        place = POOL if ways.free else promise.site
        rows.entries.append((_balance(rows, place, promise.product, promise.period), column, 1.0))
        rows.covered[promise_name(promise)] = (column, float(promise.quantity))


def _finite_bounds(rows: Rows, network: Network, ways: Ways) -> list[float]:
    """The most each column can be in any plan; a bound may be generous, but no plan passes it.

    Runs are bounded by hours, by machines, by what there can be of their inputs, and by what can be done with
    what they make; purchases by the budget and by what can be done with them (nothing is thrown away and no
    stock grows over the plan); stocks and movements by what there can be in all. Goods never need to go in
    circles, so no way carries more than there is.
    """
    finite = list(rows.upper)
    balances = {row for key, row in rows.rows.items() if key[0] == "balance"}
    for row, column, amount in rows.entries:
        if row not in balances and amount > 0:
            finite[column] = min(finite[column], max(0.0, rows.limits[row]) / amount)
    unbounded = math.inf
    while True:
        there = _most_there(rows, network, ways, finite)
        wanted = _most_wanted(rows, network, finite)
        _bound_by_goods(rows, network, finite, there, wanted)
        left = sum(math.isinf(each) for each in finite)
        if left == 0 or left >= unbounded:
            return finite
        unbounded = left


def _most_there(rows: Rows, network: Network, ways: Ways, finite: list[float]) -> dict[tuple[str, str], float]:
    """(product, period) -> the most there can be of it: on hand, made and bought, until then if it keeps."""
    arrives: dict[tuple[str, str], float] = {}
    for recipe in network.recipes:
        for period in network.periods:
            made = finite[rows.columns["runs", recipe.id, period.id]] * float(recipe.output)
            key = (recipe.product, period.id)
            arrives[key] = arrives.get(key, 0.0) + made
    for stock in network.stocks:
        key = (stock.product, network.periods[0].id)
        arrives[key] = arrives.get(key, 0.0) + float(stock.quantity)
    there: dict[tuple[str, str], float] = {}
    for product in network.products:
        before = 0.0
        for period in network.periods:
            now = arrives.get((product.id, period.id), 0.0)
            if product.outside:
                places = ways.places(product.id)
                # each place's bound is a bound on what all places buy together, so the largest will do
                now += max(finite[rows.columns["bought", place, product.id, period.id]] for place in places)
            there[product.id, period.id] = before + now
            before = before + now if product.keeps else 0.0
    return there


def _most_wanted(rows: Rows, network: Network, finite: list[float]) -> dict[str, float]:
    """Product -> the most that can be done with it over the whole plan, besides giving stock back."""
    wanted = {product.id: 0.0 for product in network.products}
    for need in network.needs:
        wanted[need.product] += float(need.quantity)
    for promise in network.promises:
        wanted[promise.product] += float(promise.quantity)
    for recipe in network.recipes:
        runs = sum(finite[rows.columns["runs", recipe.id, period.id]] for period in network.periods)
        for used, quantity in recipe.inputs:
            wanted[used] += runs * float(quantity) if runs and quantity else 0.0
    return wanted


def _bound_by_goods(
    rows: Rows,
    network: Network,
    finite: list[float],
    there: dict[tuple[str, str], float],
    wanted: dict[str, float],
) -> None:
    """Lower the bounds to what there can be of the inputs and what can be done with the products."""
    opening = dict.fromkeys(wanted, 0.0)
    for stock in network.stocks:
        opening[stock.product] += float(stock.quantity)
    for recipe in network.recipes:
        for period in network.periods:
            run = rows.columns["runs", recipe.id, period.id]
            most = [there[used, period.id] / float(quantity) for used, quantity in recipe.inputs if quantity]
            most.append(wanted[recipe.product] / float(recipe.output))
            finite[run] = min(finite[run], *most)
    for key, column in rows.columns.items():
        if key[0] == "bought":
            finite[column] = min(finite[column], wanted[key[2]])
        elif key[0] == "stock":
            finite[column] = min(finite[column], there[key[2], key[3]], wanted[key[2]] + opening[key[2]])
        elif key[0] == "moved":
            finite[column] = min(finite[column], there[key[3], key[4]])
