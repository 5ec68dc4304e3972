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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solidaria.core.network import Need, Network, Promise
from solidaria.core.plan.refusals import Refusal

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Ints = Sequence[int] | Index
Node = tuple[str | None, str]
INFINITY = float("inf")


class NeedClass(NamedTuple):
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
    recipes = network.recipes
    product_index = {product.id: position for position, product in enumerate(network.products)}
    made_product = np.array([product_index[recipe.product] for recipe in recipes], dtype=np.int64)
    output = np.array([float(recipe.output) for recipe in recipes])
    input_of, inputs, quantities = _flat([recipe.inputs for recipe in recipes])
    input_product = np.array([product_index[product] for product in inputs], dtype=np.int64)
    if routed:
        nodes, links = _nodes(network, classes)
    else:
        nodes, links = _pool_nodes(network, classes, product_index, made_product, input_product), ()
    node_index = {node: position for position, node in enumerate(nodes)}
    sizes = _product_sizes(
        network, classes, product_index, made_product[input_of], input_product, quantities / output[input_of]
    )

    store_of = [position for position, (place, product) in enumerate(nodes) if _stores(network, place, product)]
    buy_at = [position for position, (_, product) in enumerate(nodes) if network.product[product].outside]
    labour_sites = tuple(sorted({recipe.site for recipe in recipes if recipe.labour_hours > 0}))
    job_sites = tuple(
        site
        for site in sorted({recipe.site for recipe in recipes})
        if _job_hours(network, site) > 0 and (network.site[site].state != "closed" or site in network.reopening)
    )

    # Columns and rows, block by block.
    width = [len(recipes) * periods, len(classes), len(buy_at) * periods]
    width += [len(store_of) * periods, len(links) * periods, 1, 1]
    runs, cover, buy, stock, ship, level, jobs, columns = np.concatenate([[0], np.cumsum(width)]).tolist()
    height = [len(nodes) * periods, len(network.equipment) * periods, len(labour_sites) * periods]
    height += [periods, len(classes), len(job_sites), 1, 1]
    offsets = np.concatenate([[0], np.cumsum(height)]).tolist()
    row_balance, row_equipment, row_labour, row_budget, row_level, row_jobs, row_outside, row_hours, rows = offsets

    # Everything an item (a recipe, a product bought, a route) does is the same in every period: entries are
    # collected and scaled once per item, and spread over the periods only when the columns are laid out.
    node_product = np.array([product_index[product] for _, product in nodes], dtype=np.int64)
    size = sizes[node_product]
    hours = np.array([float(recipe.labour_hours) for recipe in recipes])
    run_scale = _powers_of_two(sizes[made_product] / output)
    equipment_index = {machine.id: position for position, machine in enumerate(network.equipment)}
    labour_index = {site: position for position, site in enumerate(labour_sites)}
    job_index = {site: position for position, site in enumerate(job_sites)}
    work = [position for position, recipe in enumerate(recipes) if recipe.labour_hours > 0]
    shared = [position for position in work if recipes[position].site in job_index]
    if routed:
        made: Ints = [node_index[recipe.site, recipe.product] for recipe in recipes]
        taken: Ints = [
            node_index[recipes[at].site, product] for at, product in zip(input_of.tolist(), inputs, strict=True)
        ]
    else:
        node_of = np.zeros(len(product_index), dtype=np.int64)
        node_of[node_product] = np.arange(len(nodes))
        made, taken = node_of[made_product], node_of[input_product]
    use_of, uses, used_hours = _flat([recipe.uses for recipe in recipes])

    run_parts = _Parts(periods, run_scale)
    run_parts.by_period(row_balance, made, np.arange(len(recipes)), output)
    run_parts.by_period(row_balance, taken, input_of, -quantities)
    run_parts.by_period(row_equipment, [equipment_index[machine] for machine in uses], use_of, used_hours)
    run_parts.by_period(row_labour, [labour_index[recipes[at].site] for at in work], work, hours[work])
    run_parts.in_all(row_jobs, [job_index[recipes[at].site] for at in shared], shared, hours[shared])
    run_parts.in_all(row_hours, [0] * len(work), work, hours[work])
    buys = np.arange(len(buy_at))
    price = np.array([float(network.product[nodes[node][1]].market_price or 0) for node in buy_at])
    buy_parts = _Parts(periods, size[buy_at])
    buy_parts.by_period(row_balance, buy_at, buys, np.ones(len(buy_at)))
    buy_parts.by_period(row_budget, [0] * len(buy_at), buys, price)
    buy_parts.in_all(row_outside, [0] * len(buy_at), buys, price)
    ships = np.arange(len(links))
    costs = np.array([cost for *_, cost in links])
    ship_parts = _Parts(periods, sizes[[product_index[product] for _, _, product, _ in links]])
    ship_parts.by_period(
        row_balance, [node_index[a, product] for a, _, product, _ in links], ships, -np.ones(len(links))
    )
    ship_parts.by_period(
        row_balance, [node_index[b, product] for _, b, product, _ in links], ships, np.ones(len(links))
    )
    ship_parts.in_all(row_outside, [0] * len(links), ships, costs)
    job_hours = np.array([_job_hours(network, site) for site in job_sites])
    transport = np.array([group.transport * group.quantity for group in classes])

    column_scale = np.ones(columns)
    column_scale[runs:cover] = np.repeat(run_scale, periods)
    column_scale[buy:stock] = np.repeat(size[buy_at], periods)
    column_scale[stock:ship] = np.repeat(size[store_of], periods)
    column_scale[ship:level] = np.repeat(ship_parts.scale, periods)

    # Natural units for rows: a balance in the product's size, a capacity in its own largest entry.
    row_scale = np.ones(rows)
    row_scale[row_balance:row_equipment] = np.repeat(size, periods)
    largest = np.zeros(rows)
    for parts in (run_parts, buy_parts, ship_parts):
        parts.largest(largest)
    largest[row_jobs : row_jobs + len(job_sites)] = np.maximum(
        largest[row_jobs : row_jobs + len(job_sites)], job_hours
    )
    largest[row_outside] = max(float(largest[row_outside]), float(transport.max(initial=0.0)))
    for own in (slice(row_equipment, row_level), slice(row_jobs, rows)):
        row_scale[own] = _powers_of_two(np.where(largest[own] > 0, largest[own], 1.0))

    counts, row_index, scaled = (
        np.concatenate(parts)
        for parts in zip(
            run_parts.columns(row_scale),
            _cover_columns(
                classes, node_index, transport, (row_balance, row_level, row_outside), row_scale, periods
            ),
            buy_parts.columns(row_scale),
            _stock_columns(np.array(store_of, dtype=np.int64), row_balance, periods),
            ship_parts.columns(row_scale),
            _one_column(row_level, -np.ones(len(classes)), row_scale),
            _one_column(row_jobs, -job_hours, row_scale),
            strict=True,
        )
    )
    starts = np.concatenate([[0], np.cumsum(counts)])

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
    for aim, row in ((outside_cost, row_outside), (labour_cost, row_hours)):
        chosen = np.flatnonzero(row_index == row)
        aim[np.searchsorted(starts, chosen, side="right") - 1] = scaled[chosen]

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
        row_index,
        scaled,
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


Columns = tuple[Index, Index, Array]


class _Parts:
    """What one item of a block puts into which rows, once per item; the same in every period.

    scale   item -> the natural unit of its columns
    """

    def __init__(self, periods: int, scale: Array) -> None:
        self.periods, self.scale = periods, scale
        self._items: list[Index] = []
        self._rows: list[Index] = []
        self._steps: list[Index] = []
        self._values: list[Array] = []

    def by_period(self, first: int, target: Ints, item: Ints, value: Array) -> None:
        """The value in the row of the target and the period: first + target × periods + t."""
        rows = first + np.asarray(target, dtype=np.int64) * self.periods
        self._add(rows, item, value, 1)

    def in_all(self, first: int, target: Ints, item: Ints, value: Array) -> None:
        """The value in one row for all periods: first + target."""
        self._add(first + np.asarray(target, dtype=np.int64), item, value, 0)

    def _add(self, rows: Index, item: Ints, value: Array, step: int) -> None:
        items = np.asarray(item, dtype=np.int64)
        self._items.append(items)
        self._rows.append(rows)
        self._steps.append(np.full(len(rows), step, dtype=np.int64))
        self._values.append(value * self.scale[items])

    def largest(self, found: Array) -> None:
        """Raise `found` (row -> largest size of an entry) to what the entries of this block are."""
        for rows, steps, values in zip(self._rows, self._steps, self._values, strict=True):
            sizes = np.abs(values)
            if len(steps) and steps[0]:
                for period in range(self.periods):
                    np.maximum.at(found, rows + period, sizes)
            else:
                np.maximum.at(found, rows, sizes)

    def columns(self, row_scale: Array) -> Columns:
        """Entries in each column, and all entries column by column: item by item, within it period by period."""
        item, row, step, value = (
            np.concatenate(parts) for parts in (self._items, self._rows, self._steps, self._values)
        )
        order = np.lexsort((row, item))
        item, row, step, value = item[order], row[order], step[order], value[order]
        # Entries of one place become one: a recipe that uses some of its own product.
        same = (item[1:] == item[:-1]) & (row[1:] == row[:-1])
        if same.any():
            first = np.concatenate([[True], ~same])
            value = np.bincount(np.cumsum(first) - 1, weights=value)
            item, row, step = item[first], row[first], step[first]
        per_item = np.bincount(item, minlength=len(self.scale))
        before = np.cumsum(per_item) - per_item
        place = np.arange(len(item)) - before[item] + before[item] * self.periods
        indices = np.empty(len(item) * self.periods, dtype=np.int64)
        values = np.empty(len(item) * self.periods)
        scaled = value / row_scale[row]
        for period in range(self.periods):
            at = place + period * per_item[item]
            indices[at] = row + period * step
            values[at] = scaled
        return np.repeat(per_item, self.periods), indices, values


def _flat(lists: Sequence[Sequence[tuple[str, Decimal]]]) -> tuple[Index, list[str], Array]:
    """Lists of (id, number) of each item as three columns: item, id, number."""
    item = np.repeat(np.arange(len(lists)), [len(pairs) for pairs in lists])
    numbers = np.array([float(number) for pairs in lists for _, number in pairs], dtype=np.float64)
    return item.astype(np.int64), [name for pairs in lists for name, _ in pairs], numbers


def _cover_columns(
    classes: tuple[NeedClass, ...],
    node_index: dict[Node, int],
    transport: Array,
    first_rows: tuple[int, int, int],
    row_scale: Array,
    periods: int,
) -> Columns:
    """A class takes from its node, lifts its level row, and what it travels costs money."""
    row_balance, row_level, row_outside = first_rows
    everyone = np.arange(len(classes))
    nodes = np.array([node_index[group.node] for group in classes], dtype=np.int64)
    rows = row_balance + nodes * periods + np.array([group.period for group in classes], dtype=np.int64)
    quantity = np.array([group.quantity for group in classes])
    travels = np.flatnonzero(transport)
    column = np.concatenate([everyone, everyone, travels])
    row = np.concatenate([rows, row_level + everyone, np.full(len(travels), row_outside)])
    value = np.concatenate([-quantity, np.ones(len(classes)), transport[travels]])
    order = np.lexsort((row, column))
    return np.bincount(column, minlength=len(classes)), row[order], (value / row_scale[row])[order]


def _stock_columns(stores: Index, row_balance: int, periods: int) -> Columns:
    """Stock leaves a node's balance in one period and enters it in the next; what is left at the end stays."""
    counts = np.full((len(stores), periods), 2, dtype=np.int64)
    counts[:, -1] = 1
    steps = (np.arange(2 * periods - 1) + 1) // 2
    rows = row_balance + stores[:, None] * periods + steps[None, :]
    values = np.tile(np.where(np.arange(2 * periods - 1) % 2 == 0, -1.0, 1.0), len(stores))
    return counts.ravel(), rows.ravel().astype(np.int64), values


def _one_column(first: int, values: Array, row_scale: Array) -> Columns:
    """One column with an entry in each of a block's rows."""
    rows = np.arange(first, first + len(values))
    return np.array([len(values)]), rows, values / row_scale[rows]


def _powers_of_two(sizes: Array) -> Array:
    """The nearest lower power of two of each size: scaling by it rounds nothing."""
    powers: Array = np.exp2(np.floor(np.log2(sizes)))
    return powers


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
    groups: dict[tuple[int, str, int, str, str], list[Need | Promise]] = defaultdict(list)
    for promise in network.promises:
        start, end = (promise.site, promise.organisation) if routed else ("", "")
        groups[0, promise.product, period_of[promise.period], start, end].append(promise)
    for need in network.needs:
        start = need.organisation if routed else ""
        groups[need.tier, need.product, period_of[need.period], start, ""].append(need)
    ways = _Ways(network) if routed and network.promises else None
    classes = []
    for key in sorted(groups):
        members = tuple(groups[key])
        tier, product, period, start, end = key
        quantity = float(members[0].quantity if len(members) == 1 else sum(member.quantity for member in members))
        node: Node = (start if routed else None, product)
        reachable, transport = True, 0.0
        path: tuple[str, ...] = ()
        if tier == 0 and ways is not None:
            reachable, transport, path = ways.between(start, end, product)
        classes.append(NeedClass(tier, node, period, members, quantity, reachable, transport, path))
    return tuple(classes)


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


def _pool_nodes(
    network: Network,
    classes: tuple[NeedClass, ...],
    product_index: dict[str, int],
    made_product: Index,
    input_product: Index,
) -> tuple[Node, ...]:
    """One node for every product that somebody makes, uses, has, needs or was promised."""
    used = np.zeros(len(product_index), dtype=bool)
    used[made_product] = used[input_product] = True
    used[[product_index[stock.product] for stock in network.stocks]] = True
    used[[product_index[group.node[1]] for group in classes]] = True
    return tuple((None, network.products[position].id) for position in np.flatnonzero(used).tolist())


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
        places = _reach(sinks[product] | sources[product], [(b, a) for a, b in usable])
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


def _product_sizes(
    network: Network,
    classes: tuple[NeedClass, ...],
    product_index: dict[str, int],
    made: Index,
    taken: Index,
    per_unit: Array,
) -> Array:
    """The natural unit of each product: what is needed of it, or what making the needed goods takes of it.

    made, taken, per_unit   one entry per input of a recipe: what is made, what it takes, how much per unit made
    """
    sizes = np.zeros(len(network.products))
    wanted = [product_index[group.node[1]] for group in classes]
    np.maximum.at(sizes, np.array(wanted, dtype=np.int64), np.array([group.quantity for group in classes]))
    known = np.zeros(len(sizes), dtype=bool)
    known[wanted] = True
    newest = known.copy()
    order = np.argsort(made, kind="stable")
    made, taken, per_unit = made[order], taken[order], per_unit[order]
    while newest.any():
        # A size is set once, by the first that takes it: a cycle of inputs must not raise it for ever.
        upstream = np.flatnonzero(newest[made] & ~known[taken] & (per_unit > 0))
        reached, first = np.unique(taken[upstream], return_index=True)
        sizes[reached] = sizes[made[upstream[first]]] * per_unit[upstream[first]]
        newest = np.zeros_like(known)
        newest[reached] = known[reached] = True
    sizes[sizes == 0] = 1.0
    natural: Array = np.ldexp(np.ones(len(sizes)), np.frexp(sizes)[1] - 1)
    return natural


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
