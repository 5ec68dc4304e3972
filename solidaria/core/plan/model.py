"""The plan as one linear programme, built once as arrays and changed in place.

Columns, each block item by item and within an item period by period:

    runs        how often a recipe is run in a period
    cover       the share of a class of needs that is delivered (0 to 1)
    buy         bought outside, at a node in a period
    stock       left at a node at the end of a period
    ship        moved along a route in a period
    level, jobs the two shares that are raised: of the least covered class, of the least worked site

Rows: balance of every node and period, equipment, labour, outside budget, one row per class (cover − level),
one row per site (hours worked − jobs × available hours), outside money in all, labour in all.

A *node* is where a product can be: (None, product) when goods are one pool, (place, product) with routes.
A *class* is a group of needs that a fair plan always covers alike: same tier, product and period (and place,
with routes), since goods could be passed from the better to the worse covered. Promises are tier 0.

Everything is measured in natural units, which only the arrays know: a product in the size of what is needed of
it, a recipe in the runs that make that much. Solvers work 2 to 10 times faster on such numbers, and their
tolerances then mean the same share for every need.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import frexp

import numpy as np
import numpy.typing as npt

from solidaria.core.network import Need, Network, Promise
from solidaria.core.plan.refusals import Refusal

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Node = tuple[str | None, str]
INFINITY = float("inf")


@dataclass(frozen=True)
class NeedClass:
    """Needs (or promises, tier 0) that are covered alike.

    node       where the goods leave the network: the receiver's, or with routes the promising site's
    members    the needs or promises, by id
    quantity   of them all together
    reachable  False when a promise has no route to its receiver
    transport  money per unit from the node to the receiver (promises with routes only)
    path       the places a promise travels through, both ends included
    """

    tier: int
    node: Node
    period: int
    members: tuple[Need | Promise, ...]
    quantity: float
    reachable: bool = True
    transport: float = 0.0
    path: tuple[str, ...] = ()


@dataclass
class Model:
    """Arrays of the linear programme, in natural units, and where everything stands in them."""

    network: Network
    periods: int
    nodes: tuple[Node, ...]
    classes: tuple[NeedClass, ...]
    purchases: tuple[int, ...]
    stores: tuple[int, ...]
    links: tuple[tuple[str, str, str, float], ...]
    labour_sites: tuple[str, ...]
    job_sites: tuple[str, ...]
    runs: int
    cover: int
    buy: int
    stock: int
    ship: int
    level: int
    jobs: int
    row_balance: int
    row_equipment: int
    row_labour: int
    row_budget: int
    row_level: int
    row_jobs: int
    row_outside: int
    row_hours: int
    starts: Index
    indices: Index
    values: Array
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    column_scale: Array
    row_scale: Array
    outside_cost: Array
    labour_cost: Array
    open_upper: Array
    node_index: dict[Node, int]
    recipe_columns: dict[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.lower)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    def run_columns(self, recipe: str) -> range:
        """The columns of a recipe's runs, one per period."""
        first = self.recipe_columns[recipe]
        return range(first, first + self.periods)

    def tier_classes(self, tier: int) -> list[int]:
        """The classes of a tier, by position."""
        return [position for position, group in enumerate(self.classes) if group.tier == tier]

    @property
    def tiers(self) -> list[int]:
        """The tiers there are, promises (0) first."""
        return sorted({group.tier for group in self.classes})


def build(network: Network, refusals: tuple[Refusal, ...] = ()) -> Model:
    """Turn a network into arrays; closed sites that may be reopened start closed (see `reopen`)."""
    periods = len(network.periods)
    period_of = {period.id: position for position, period in enumerate(network.periods)}
    routed = network.routes is not None
    classes = _classes(network, period_of, routed)
    nodes, links = _nodes(network, classes) if routed else (_pool_nodes(network), ())
    node_index = {node: position for position, node in enumerate(nodes)}
    sizes = _product_sizes(network, classes)

    store_of = [position for position, (place, product) in enumerate(nodes) if _stores(network, place, product)]
    buy_at = [position for position, (_, product) in enumerate(nodes) if network.product[product].outside]
    recipes = network.recipes
    labour_sites = tuple(sorted({recipe.site for recipe in recipes if recipe.labour_hours > 0}))
    job_sites = tuple(
        sorted(
            {
                recipe.site
                for recipe in recipes
                if _job_hours(network, recipe.site) > 0
                and (network.site[recipe.site].state != "closed" or recipe.site in network.reopening)
            }
        )
    )

    # Columns and rows, block by block.
    width = [len(recipes) * periods, len(classes), len(buy_at) * periods]
    width += [len(store_of) * periods, len(links) * periods, 1, 1]
    runs, cover, buy, stock, ship, level, jobs, columns = np.concatenate([[0], np.cumsum(width)]).tolist()
    height = [len(nodes) * periods, len(network.equipment) * periods, len(labour_sites) * periods]
    height += [periods, len(classes), len(job_sites), 1, 1]
    offsets = np.concatenate([[0], np.cumsum(height)]).tolist()
    row_balance, row_equipment, row_labour, row_budget, row_level, row_jobs, row_outside, row_hours, rows = offsets

    size = np.array([sizes[product] for _, product in nodes])
    run_size = np.array([sizes[recipe.product] / float(recipe.output) for recipe in recipes])
    column_scale = np.ones(columns)
    column_scale[runs:cover] = np.repeat(_powers_of_two(run_size), periods)
    column_scale[buy:stock] = np.repeat(size[buy_at], periods)
    column_scale[stock:ship] = np.repeat(size[store_of], periods)
    column_scale[ship:level] = np.repeat([sizes[product] for _, _, product, _ in links], periods)

    entries = _Entries(periods)
    equipment_index = {machine.id: position for position, machine in enumerate(network.equipment)}
    labour_index = {site: position for position, site in enumerate(labour_sites)}
    job_index = {site: position for position, site in enumerate(job_sites)}
    hours = [float(recipe.labour_hours) for recipe in recipes]

    for position, recipe in enumerate(recipes):
        place = recipe.site if routed else None
        column = runs + position * periods
        entries.by_period(row_balance + node_index[place, recipe.product] * periods, column, float(recipe.output))
        for product, quantity in recipe.inputs:
            entries.by_period(row_balance + node_index[place, product] * periods, column, -float(quantity))
        for machine, used in recipe.uses:
            entries.by_period(row_equipment + equipment_index[machine] * periods, column, float(used))
        if hours[position]:
            entries.by_period(row_labour + labour_index[recipe.site] * periods, column, hours[position])
            entries.into_one(row_hours, column, hours[position])
            if recipe.site in job_index:
                entries.into_one(row_jobs + job_index[recipe.site], column, hours[position])
    for position, node in enumerate(buy_at):
        price = float(network.product[nodes[node][1]].market_price or 0)
        entries.by_period(row_balance + node * periods, buy + position * periods, 1.0)
        entries.by_period(row_budget, buy + position * periods, price)
        entries.into_one(row_outside, buy + position * periods, price)
    for position, node in enumerate(store_of):
        entries.by_period(row_balance + node * periods, stock + position * periods, -1.0)
        entries.next_period(row_balance + node * periods, stock + position * periods, 1.0)
    for position, (start, end, product, cost) in enumerate(links):
        column = ship + position * periods
        entries.by_period(row_balance + node_index[start, product] * periods, column, -1.0)
        entries.by_period(row_balance + node_index[end, product] * periods, column, 1.0)
        entries.into_one(row_outside, column, cost)
    for position, group in enumerate(classes):
        entries.one(
            row_balance + node_index[group.node] * periods + group.period, cover + position, -group.quantity
        )
        entries.one(row_level + position, cover + position, 1.0)
        entries.one(row_level + position, level, -1.0)
        if group.transport:
            entries.one(row_outside, cover + position, group.transport * group.quantity)
    job_hours = [_job_hours(network, site) for site in job_sites]
    for position, available in enumerate(job_hours):
        entries.one(row_jobs + position, jobs, -available)

    # Natural units for rows: a balance in the product's size, a capacity in its own amount.
    row_scale = np.ones(rows)
    row_scale[row_balance:row_equipment] = np.repeat(size, periods)
    row_index, column_index, values = entries.arrays()
    scaled = values * column_scale[column_index]
    largest = np.zeros(rows)
    np.maximum.at(largest, row_index, np.abs(scaled))
    capacity = slice(row_equipment, row_level)
    row_scale[capacity] = _powers_of_two(np.where(largest[capacity] > 0, largest[capacity], 1.0))
    tail = slice(row_jobs, rows)
    row_scale[tail] = _powers_of_two(np.where(largest[tail] > 0, largest[tail], 1.0))
    scaled /= row_scale[row_index]

    order = np.argsort(column_index * rows + row_index, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(column_index, minlength=columns))])

    lower, upper = np.zeros(columns), np.full(columns, INFINITY)
    upper[cover:buy] = [1.0 if group.reachable else 0.0 for group in classes]
    upper[level] = upper[jobs] = 1.0
    opening = _opening(network, nodes, node_index, routed)
    last = stock + (np.arange(len(store_of)) + 1) * periods - 1
    upper[last] = opening[store_of] / size[store_of]
    open_upper = _refuse(network, refusals, period_of, runs, upper, column_scale)
    upper = _close(network, runs, open_upper)

    row_lower, row_upper = np.full(rows, -INFINITY), np.full(rows, INFINITY)
    first = row_balance + np.arange(len(nodes)) * periods
    row_lower[row_balance:row_equipment] = row_upper[row_balance:row_equipment] = 0.0
    row_lower[first] = row_upper[first] = -opening / size
    row_upper[row_equipment:row_labour] = np.repeat([float(row.hours) for row in network.equipment], periods)
    hands = [float(network.available_hours(site)) for site in labour_sites]
    row_upper[row_labour:row_budget] = np.repeat(hands, periods)
    if network.rules.outside_budget is not None:
        row_upper[row_budget:row_level] = float(network.rules.outside_budget)
    capacity = slice(row_equipment, row_level)
    row_upper[capacity] /= row_scale[capacity]

    outside_cost, labour_cost = np.zeros(columns), np.zeros(columns)
    for costs, row in ((outside_cost, row_outside), (labour_cost, row_hours)):
        chosen = row_index == row
        costs[column_index[chosen]] = scaled[chosen]

    return Model(
        network,
        periods,
        nodes,
        classes,
        tuple(buy_at),
        tuple(store_of),
        links,
        labour_sites,
        job_sites,
        runs,
        cover,
        buy,
        stock,
        ship,
        level,
        jobs,
        row_balance,
        row_equipment,
        row_labour,
        row_budget,
        row_level,
        row_jobs,
        row_outside,
        row_hours,
        starts,
        row_index[order],
        scaled[order],
        lower,
        upper,
        row_lower,
        row_upper,
        column_scale,
        row_scale,
        outside_cost,
        labour_cost,
        open_upper,
        node_index,
        {recipe.id: runs + position * periods for position, recipe in enumerate(recipes)},
    )


class _Entries:
    """Matrix entries, collected once per item and spread over the periods by array operations."""

    def __init__(self, periods: int) -> None:
        self.periods = periods
        self.spread: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.gathered: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.shifted: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.single: tuple[list[int], list[int], list[float]] = ([], [], [])

    def by_period(self, row: int, column: int, value: float) -> None:
        """The same value in (row + t, column + t) for every period t."""
        rows, columns, values = self.spread
        rows.append(row)
        columns.append(column)
        values.append(value)

    def next_period(self, row: int, column: int, value: float) -> None:
        """The value in (row + t + 1, column + t) for every period but the last."""
        rows, columns, values = self.shifted
        rows.append(row)
        columns.append(column)
        values.append(value)

    def into_one(self, row: int, column: int, value: float) -> None:
        """The value in (row, column + t) for every period t."""
        rows, columns, values = self.gathered
        rows.append(row)
        columns.append(column)
        values.append(value)

    def one(self, row: int, column: int, value: float) -> None:
        """One entry."""
        rows, columns, values = self.single
        rows.append(row)
        columns.append(column)
        values.append(value)

    def arrays(self) -> tuple[Index, Index, Array]:
        """All entries as rows, columns, values; entries of the same place added up (a product made and used)."""
        steps, shifts = np.arange(self.periods), np.arange(self.periods - 1)
        parts = [
            _spread(self.spread, steps, steps),
            _spread(self.gathered, np.zeros_like(steps), steps),
            _spread(self.shifted, shifts + 1, shifts),
            _spread(self.single, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)),
        ]
        rows, columns, values = (np.concatenate([part[which] for part in parts]) for which in range(3))
        return _add_up(rows.astype(np.int64), columns.astype(np.int64), values.astype(np.float64))


def _spread(
    entries: tuple[list[int], list[int], list[float]], row_steps: Index, column_steps: Index
) -> tuple[Index, Index, Array]:
    """Each entry once for every step."""
    rows, columns = np.array(entries[0], dtype=np.int64), np.array(entries[1], dtype=np.int64)
    values = np.repeat(np.array(entries[2], dtype=np.float64), len(row_steps))
    return (
        (rows[:, None] + row_steps[None, :]).ravel(),
        (columns[:, None] + column_steps[None, :]).ravel(),
        values,
    )


def _add_up(rows: Index, columns: Index, values: Array) -> tuple[Index, Index, Array]:
    """Entries with the same row and column become one (a recipe that uses some of its own product)."""
    key = columns * (int(rows.max(initial=0)) + 1) + rows
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, dtype=bool)
    if new.all():
        return rows[order], columns[order], values[order]
    group = np.cumsum(new) - 1
    summed = np.bincount(group, weights=values[order])
    return rows[order][new], columns[order][new], summed.astype(np.float64)


def _powers_of_two(sizes: Array) -> Array:
    """The nearest lower power of two of each size: scaling by it rounds nothing."""
    return np.exp2(np.floor(np.log2(sizes)))


def _job_hours(network: Network, site: str) -> float:
    """Hours of the site over the whole plan, less what reopening it takes."""
    hours = network.available_hours(site) * len(network.periods)
    if network.site[site].state == "closed" and site in network.reopening:
        hours -= network.reopening[site].hours
    return float(hours)


def _stores(network: Network, place: str | None, product: str) -> bool:
    """Whether a node can keep its product: with routes only sites can."""
    return network.product[product].keeps and (place is None or place in network.site)


def _classes(network: Network, period_of: dict[str, int], routed: bool) -> tuple[NeedClass, ...]:
    """Group needs and promises that a fair plan covers alike, most essential first."""
    groups: dict[tuple[object, ...], list[Need | Promise]] = defaultdict(list)
    for promise in network.promises:
        place = (promise.site, promise.organisation) if routed else ("", "")
        groups[0, promise.product, period_of[promise.period], *place].append(promise)
    for need in network.needs:
        place = (need.organisation, "") if routed else ("", "")
        groups[need.tier, need.product, period_of[need.period], *place].append(need)
    ways = _Ways(network) if routed and network.promises else None
    classes = []
    for key in sorted(groups, key=lambda key: tuple(map(_sortable, key))):
        members = tuple(groups[key])
        tier, product, period, start, end = key
        quantity = float(sum(member.quantity for member in members))
        node: Node = (str(start) if routed else None, str(product))
        reachable, transport = True, 0.0
        path: tuple[str, ...] = ()
        if tier == 0 and ways is not None:
            reachable, transport, path = ways.between(str(start), str(end), str(product))
        classes.append(
            NeedClass(int(str(tier)), node, int(str(period)), members, quantity, reachable, transport, path)
        )
    return tuple(classes)


def _sortable(part: object) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (0, str(part))


class _Ways:
    """The cheapest way along routes from a site to a receiver, through sites only."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.costs = route_costs(network)

    def between(self, start: str, end: str, product: str) -> tuple[bool, float, tuple[str, ...]]:
        """Whether there is a way, its cost per unit, and the places on it; ties by the ids of the places."""
        if start == end:
            return True, 0.0, (start,)
        onward: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for (a, b), cost in sorted(self.costs[product].items()):
            onward[a].append((b, cost))
        queue: list[tuple[float, tuple[str, ...]]] = [(0.0, (start,))]
        seen: set[str] = set()
        while queue:
            cost, path = heappop(queue)
            here = path[-1]
            if here == end:
                return True, cost, path
            if here in seen or here not in self.network.site:
                continue
            seen.add(here)
            for there, step in onward[here]:
                if there not in seen:
                    heappush(queue, (cost + step, (*path, there)))
        return False, 0.0, ()


def route_costs(network: Network) -> dict[str, dict[tuple[str, str], float]]:
    """Product -> (start, end) -> money per unit; a route that names the product beats one for all products."""
    general: dict[tuple[str, str], float] = {}
    named: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for route in network.routes or ():
        if route.product is None:
            general[route.start, route.end] = float(route.cost)
        else:
            named[route.product][route.start, route.end] = float(route.cost)
    return {product.id: {**general, **named.get(product.id, {})} for product in network.products}


def _pool_nodes(network: Network) -> tuple[Node, ...]:
    """One node for every product that somebody makes, uses, has, needs or was promised."""
    used = {recipe.product for recipe in network.recipes}
    used |= {product for recipe in network.recipes for product, _ in recipe.inputs}
    used |= {stock.product for stock in network.stocks}
    used |= {need.product for need in network.needs} | {promise.product for promise in network.promises}
    return tuple((None, product) for product in sorted(used))


def _nodes(
    network: Network, classes: tuple[NeedClass, ...]
) -> tuple[tuple[Node, ...], tuple[tuple[str, str, str, float], ...]]:
    """With routes: the places where each product can be, and the routes along which it can usefully move."""
    sources: dict[str, set[str]] = defaultdict(set)
    sinks: dict[str, set[str]] = defaultdict(set)
    for recipe in network.recipes:
        sources[recipe.product].add(recipe.site)
        for product, _ in recipe.inputs:
            sinks[product].add(recipe.site)
    for stock in network.stocks:
        sources[stock.product].add(stock.site)
    for group in classes:
        sinks[group.node[1]].add(str(group.node[0]))
    nodes: set[Node] = set()
    links: list[tuple[str, str, str, float]] = []
    every_site = {site.id for site in network.sites}
    for product, costs in sorted(route_costs(network).items()):
        usable = [pair for pair in costs if pair[0] in every_site and pair[0] != pair[1]]
        # Also places where the product never arrives: their value proves that nothing comes from there.
        places = _reach(sinks[product], [(b, a) for a, b in usable]) | sources[product]
        nodes |= {(place, product) for place in places}
        links += [(a, b, product, costs[a, b]) for a, b in sorted(usable) if b in places and a in places]
    return tuple(sorted(nodes, key=str)), tuple(sorted(links))


def _reach(start: set[str], pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Every place that can be reached from the start along the pairs."""
    onward: dict[str, list[str]] = defaultdict(list)
    for a, b in pairs:
        onward[a].append(b)
    seen, queue = set(start), sorted(start)
    while queue:
        for there in onward[queue.pop()]:
            if there not in seen:
                seen.add(there)
                queue.append(there)
    return seen


def _product_sizes(network: Network, classes: tuple[NeedClass, ...]) -> dict[str, float]:
    """The natural unit of each product: what is needed of it, or what making the needed goods takes of it."""
    sizes: dict[str, float] = {}
    for group in classes:
        product = group.node[1]
        sizes[product] = max(sizes.get(product, 0.0), group.quantity)
    makers: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for recipe in network.recipes:
        for product, quantity in recipe.inputs:
            makers[recipe.product].append((product, float(quantity) / float(recipe.output)))
    queue = sorted(sizes)
    while queue:
        upstream = []
        for made in queue:
            for product, per_unit in makers[made]:
                # A size is set once: a cycle of inputs must not raise it for ever.
                if product not in sizes and per_unit > 0:
                    sizes[product] = sizes[made] * per_unit
                    upstream.append(product)
        queue = sorted(set(upstream))
    return {product.id: _power_of_two(sizes.get(product.id, 1.0) or 1.0) for product in network.products}


def _power_of_two(size: float) -> float:
    return 2.0 ** (frexp(size)[1] - 1)


def _opening(network: Network, nodes: tuple[Node, ...], node_index: dict[Node, int], routed: bool) -> Array:
    """Opening stock at each node."""
    opening = np.zeros(len(nodes))
    for stock in network.stocks:
        opening[node_index[stock.site if routed else None, stock.product]] += float(stock.quantity)
    return opening


def _refuse(
    network: Network,
    refusals: tuple[Refusal, ...],
    period_of: dict[str, int],
    runs: int,
    upper: Array,
    scale: Array,
) -> Array:
    """Upper bounds with every refused line at what its assembly allows."""
    periods = len(network.periods)
    first = {recipe.id: runs + position * periods for position, recipe in enumerate(network.recipes)}
    capped = upper.copy()
    for refusal in refusals:
        chosen = range(periods) if refusal.period is None else [period_of[refusal.period]]
        for period in chosen:
            column = first[refusal.recipe] + period
            capped[column] = min(capped[column], float(refusal.most_runs) / scale[column])
    return capped


def _close(network: Network, runs: int, upper: Array) -> Array:
    """Upper bounds with every closed site making nothing."""
    periods = len(network.periods)
    closed = upper.copy()
    for position, recipe in enumerate(network.recipes):
        if network.site[recipe.site].state == "closed":
            closed[runs + position * periods : runs + (position + 1) * periods] = 0.0
    return closed
