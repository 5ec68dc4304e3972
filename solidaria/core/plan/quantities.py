"""From the solver's floats to quantities people can check: Decimals rounded to 6 decimals, each only once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np

from solidaria.core.money import currency_decimals, half_up
from solidaria.core.network import Need, Network, Promise
from solidaria.core.plan.model import Array, Model, route_costs
from solidaria.core.result import Production, Purchase, Reopened, Shipment, StockLevel

MICRO = 6
CRUMB = 1e-8
#: Half the plan's tolerance of coverage: a share this near to nothing or to all is nothing or all.
CRUMB_OF_SHARE = 5e-7


def rounded(quantity: float | Decimal) -> Decimal:
    """A quantity rounded half up to 6 decimals, without a trail of zeros."""
    value = quantity if isinstance(quantity, Decimal) else Decimal(repr(float(quantity)))
    return plain(half_up(value, MICRO))


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent."""
    if value == 0:
        return Decimal(0)
    short = value.normalize()
    return short.quantize(Decimal(1)) if int(short.as_tuple().exponent) > 0 else short


@dataclass(frozen=True)
class Quantities:
    """All quantities of a plan, rounded. `shares` are the solver's, by class; `bought` also says where,
    and `moves` is what moves along routes apart from promises: (product, period) -> (start, end) -> quantity."""

    delivered: dict[Need | Promise, Decimal]
    shares: list[float]
    production: tuple[Production, ...]
    outside: tuple[Purchase, ...]
    bought: dict[tuple[str | None, str, int], Decimal]
    stocks: tuple[StockLevel, ...]
    shipments: tuple[Shipment, ...]
    moves: dict[tuple[str, int], dict[tuple[str, str], Decimal]]
    reopened: tuple[Reopened, ...]


def read(model: Model, columns: Array, reopened: tuple[str, ...]) -> Quantities:
    """Read a solver's point (natural units) as quantities."""
    network, periods = model.network, model.periods
    # In natural units: less than this of what is needed of a product is the solver's rounding, not a quantity.
    covered = columns[model.cover : model.cover + len(model.classes)].tolist()
    columns = np.where(np.abs(columns) < CRUMB, 0.0, columns)
    at = (columns * model.column_scale).tolist()
    names = [period.id for period in network.periods]
    decimals = currency_decimals(network.rules.currency)

    delivered: dict[Need | Promise, Decimal] = {}
    shares = []
    for position, group in enumerate(model.classes):
        share = _share(covered[position], group.quantity)
        shares.append(share)
        exact = Decimal(repr(share))
        for member in group.members:
            delivered[member] = rounded(member.quantity * exact)

    production = []
    for recipe in network.recipes:
        digits = _run_digits([recipe.output, recipe.labour_hours, *(q for _, q in recipe.inputs + recipe.uses)])
        for period, column in enumerate(model.run_columns(recipe.id)):
            runs = plain(half_up(Decimal(repr(max(0.0, at[column]))), digits))
            if rounded(runs * recipe.output) == 0:
                continue
            production.append(
                Production(
                    recipe.id,
                    recipe.site,
                    recipe.product,
                    names[period],
                    runs,
                    rounded(runs * recipe.output),
                    rounded(runs * recipe.labour_hours),
                )
            )

    bought: dict[tuple[str | None, str, int], Decimal] = {}
    totals: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for position, node in enumerate(model.purchases):
        place, product = model.nodes[node]
        for period in range(periods):
            quantity = rounded(max(0.0, at[model.buy + position * periods + period]))
            if quantity:
                bought[place, product, period] = quantity
                totals[product, period] += quantity
    outside = tuple(
        Purchase(
            product,
            names[period],
            plain(quantity),
            half_up(quantity * (network.product[product].market_price or Decimal(0)), decimals),
        )
        for (product, period), quantity in sorted(totals.items())
    )

    stocks = []
    for position, node in enumerate(model.stores):
        place, product = model.nodes[node]
        for period in range(periods):
            quantity = rounded(max(0.0, at[model.stock + position * periods + period]))
            if quantity:
                stocks.append(StockLevel(place, product, names[period], quantity))

    moves = _moves(model, at)
    return Quantities(
        delivered,
        shares,
        tuple(production),
        outside,
        bought,
        tuple(stocks),
        _shipments(model, moves, delivered, decimals),
        moves,
        tuple(Reopened(site, network.reopening[site].money, network.reopening[site].hours) for site in reopened),
    )


def _share(value: float, needed: float) -> float:
    """A share of coverage; what is within the solver's tolerance of nothing or of all is nothing or all.

    Of a need so large that such a share is an amount worth having, it is not nothing.
    """
    if value < CRUMB_OF_SHARE and value * needed < 1e-3:
        return 0.0
    return 1.0 if value > 1 - CRUMB_OF_SHARE else value


def _run_digits(amounts: list[Decimal]) -> int:
    """Decimals for runs, so that rounding them moves no flow by more than half a millionth."""
    return MICRO + max(0, max(amounts).adjusted() + 1)


def _moves(model: Model, at: list[float]) -> dict[tuple[str, int], dict[tuple[str, str], Decimal]]:
    """What moves along each route, without promises and without goods that only go round in a circle."""
    moves: dict[tuple[str, int], dict[tuple[str, str], Decimal]] = defaultdict(dict)
    for position, (start, end, product, _) in enumerate(model.links):
        for period in range(model.periods):
            quantity = rounded(max(0.0, at[model.ship + position * model.periods + period]))
            if quantity:
                moves[product, period][start, end] = quantity
    return {key: without_circles(pairs) for key, pairs in moves.items()}


def without_circles(moves: dict[tuple[str, str], Decimal]) -> dict[tuple[str, str], Decimal]:
    """The same moves without goods that go round in a circle (possible where routes cost nothing)."""
    moves = dict(moves)
    while circle := _find_circle(moves):
        least = min(moves[pair] for pair in circle)
        moves = {
            pair: quantity - least if pair in circle else quantity
            for pair, quantity in moves.items()
            if pair not in circle or quantity > least
        }
    return moves


def _find_circle(moves: dict[tuple[str, str], Decimal]) -> set[tuple[str, str]]:
    """Some circle of moves, or nothing."""
    onward: dict[str, list[str]] = defaultdict(list)
    for start, end in sorted(moves):
        onward[start].append(end)
    done: set[str] = set()
    for root in sorted(onward):
        path: list[str] = [root] if root not in done else []
        while path:
            ahead = next((place for place in onward.get(path[-1], []) if place not in done), None)
            if ahead is None:
                done.add(path.pop())
            elif ahead in path:
                ring = [*path[path.index(ahead) :], ahead]
                return set(pairwise(ring))
            else:
                path.append(ahead)
    return set()


def _shipments(
    model: Model,
    moves: dict[tuple[str, int], dict[tuple[str, str], Decimal]],
    delivered: dict[Need | Promise, Decimal],
    decimals: int,
) -> tuple[Shipment, ...]:
    """Goods moved along each route: what the plan moves, and promises on their way."""
    network = model.network
    moved: dict[tuple[str, str, str, int], Decimal] = defaultdict(Decimal)
    for (product, period), pairs in moves.items():
        for (start, end), quantity in pairs.items():
            moved[start, end, product, period] += quantity
    for group in model.classes:
        quantity = sum((delivered[member] for member in group.members), Decimal(0))
        for start, end in pairwise(group.path):
            moved[start, end, group.node[1], group.period] += quantity
    costs = exact_route_costs(network)
    return tuple(
        Shipment(
            start,
            end,
            product,
            network.periods[period].id,
            plain(quantity),
            half_up(quantity * costs[product, start, end], decimals),
        )
        for (start, end, product, period), quantity in sorted(moved.items())
        if quantity
    )


def exact_route_costs(network: Network) -> dict[tuple[str, str, str], Decimal]:
    """(product, start, end) -> money per unit, exactly as the workbook has it."""
    named = {(route.product, route.start, route.end): route.cost for route in network.routes or ()}
    return {
        (product, start, end): named.get((product, start, end), named.get((None, start, end), Decimal(0)))
        for product, pairs in route_costs(network).items()
        for start, end in pairs
    }
