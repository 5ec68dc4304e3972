"""Prices that depend on each other: steel needs coal, and coal needs steel.

Products are taken in circles (groups in which each needs each other, directly or through others), inputs
first. In a circle the prices solve price = own + uses · price, one row per product. The answer is proved before
it is used: all prices are positive, and a second solution bounds the error and the rounds (see `ROUNDS`).
Source: for a matrix with no positive entry off its diagonal, a positive x with a positive M·x proves that the
inverse exists and has no negative entry (Berman and Plemmons, Nonnegative Matrices in the Mathematical Sciences,
chapter 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix, csr_matrix, identity
from scipy.sparse.linalg import SuperLU, splu

from solidaria.core.network import ZERO

Floats = npt.NDArray[np.float64]
Row = Mapping[int, Decimal]

ONE = Decimal(1)

#: Up to so many products a circle is solved by elimination with 80 digits; above, by floats, then corrected.
_SMALL = 100

#: A circle in which costs are passed on from product to product more often than this, on average, hands out
#: nothing worth speaking of: quantities are known to six decimals only, so what leaves it is rounding.
ROUNDS = Decimal(10) ** 6

#: Residuals are brought below this share of the price; with `ROUNDS` this keeps the error under 1e-40 of a price.
_CLOSE = Decimal(10) ** -50

_SWEEPS = 2000
_CORRECTIONS = 30


def circles(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Group products that need each other; every group comes after the groups it needs.

    needs   product -> the products it is made from, all of them keys too
    """
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    waiting: list[str] = []
    is_waiting: set[str] = set()
    found: list[list[str]] = []
    for root in needs:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        waiting.append(root)
        is_waiting.add(root)
        path = [(root, iter(needs[root]))]
        while path:
            product, inputs = path[-1]
            for needed in inputs:
                if needed not in number:
                    number[needed] = lowest[needed] = len(number)
                    waiting.append(needed)
                    is_waiting.add(needed)
                    path.append((needed, iter(needs[needed])))
                    break
                if needed in is_waiting:
                    lowest[product] = min(lowest[product], number[needed])
            else:
                path.pop()
                if path:
                    user = path[-1][0]
                    lowest[user] = min(lowest[user], lowest[product])
                if lowest[product] == number[product]:
                    group = [waiting.pop()]
                    while group[-1] != product:
                        group.append(waiting.pop())
                    is_waiting.difference_update(group)
                    found.append(sorted(group))
    return found


def solve(own: Sequence[Decimal], uses: Sequence[Row], rounds: Decimal | None = ROUNDS) -> list[Decimal] | None:
    """Prices of one circle, or None when its products are made only to be used up again by each other.

    own    money per unit of each product, without what it uses of the circle; not negative
    uses   for each product, index of a product of the circle -> units of it per unit; not negative
    rounds how often costs may be passed on, on average; None when this circle is known to hand something out

    Call it with the PRECISE context set. The prices are right to 40 digits.
    """
    if not any(own):
        return [ZERO] * len(own)
    return _eliminate(own, uses, rounds) if len(own) <= _SMALL else _correct(own, uses, rounds)


def _eliminate(own: Sequence[Decimal], uses: Sequence[Row], rounds: Decimal | None) -> list[Decimal] | None:
    """Solve by elimination in order; a matrix of this kind never needs another pivot (source as above)."""
    size = len(own)
    rows = [{j: -quantity for j, quantity in row.items() if quantity} for row in uses]
    for i, row in enumerate(rows):
        row[i] = row.get(i, ZERO) + ONE
    factors: list[list[tuple[int, Decimal]]] = []
    for k in range(size):
        pivot = rows[k][k]
        if pivot <= 0:
            return None
        right = [(j, entry) for j, entry in rows[k].items() if j > k]
        column = []
        for i in range(k + 1, size):
            entry = rows[i].pop(k, ZERO)
            if entry:
                factor = entry / pivot
                column.append((i, factor))
                for j, upper in right:
                    rows[i][j] = rows[i].get(j, ZERO) - factor * upper
        factors.append(column)

    def answer(given: Sequence[Decimal]) -> list[Decimal]:
        values = list(given)
        for k, column in enumerate(factors):
            for i, factor in column:
                values[i] -= factor * values[k]
        for k in reversed(range(size)):
            for j, entry in rows[k].items():
                if j > k:
                    values[k] -= entry * values[j]
            values[k] /= rows[k][k]
        return values

    prices = answer(own)
    return prices if _goes_round_little(prices, answer(prices), rounds) else None


def _goes_round_little(prices: Sequence[Decimal], often: Sequence[Decimal], rounds: Decimal | None) -> bool:
    """Whether all prices are positive and no cost is passed on more than `rounds` times on average.

    often   what each product would cost if its price were its own cost: price × times passed on
    """
    return all(
        price > ZERO and total > ZERO and (rounds is None or total <= rounds * price)
        for price, total in zip(prices, often, strict=True)
    )


def _correct(own: Sequence[Decimal], uses: Sequence[Row], rounds: Decimal | None) -> list[Decimal] | None:
    """Solve with floats, then correct with exact residuals until what is left is below the rounding."""
    size = len(own)
    table = _as_floats(uses)
    given = np.array([float(cost) for cost in own])
    scale = _sweep(table, given, alike=False)
    factored = None
    if scale is None:
        factored = _factored(table)
        if factored is None:
            return None
        scale = factored.solve(given)
        if not np.all(np.isfinite(scale)) or not np.all(scale > 0):
            return None
    # In units of "one price" every row says which part of the price its inputs are; sizes are then alike.
    shares = csr_matrix(table.multiply(scale[np.newaxis, :]).multiply(1 / scale[:, np.newaxis]))
    if factored is not None:
        factored = _factored(shares)
        if factored is None:
            return None

    def answer(residual: Floats) -> Floats | None:
        if factored is None:
            return _sweep(shares, residual, alike=True)
        return np.asarray(factored.solve(residual), dtype=np.float64)

    units = [Decimal(float(price)) for price in scale]
    prices = _refined(own, uses, units, answer)
    if prices is None or min(prices) <= 0:
        return None
    passed = answer(np.ones(size))
    if passed is None:
        return None
    often = [Decimal(float(value)) * unit for value, unit in zip(passed, units, strict=True)]
    left = _residual(prices, often, uses)
    proved = all(abs(rest) <= price / 2 for rest, price in zip(left, prices, strict=True))
    return prices if proved and _goes_round_little(prices, often, rounds) else None


def _refined(
    own: Sequence[Decimal],
    uses: Sequence[Row],
    units: Sequence[Decimal],
    answer: Callable[[Floats], Floats | None],
) -> list[Decimal] | None:
    """Prices whose residuals are below `_CLOSE` of each unit; None when the corrections do not get there."""
    prices = [ZERO] * len(own)
    left = list(own)
    for _ in range(_CORRECTIONS):
        shares = [rest / unit for rest, unit in zip(left, units, strict=True)]
        worst = max(abs(share) for share in shares)
        if worst < _CLOSE:
            return prices
        correction = answer(np.array([float(share / worst) for share in shares]))
        if correction is None or not np.all(np.isfinite(correction)):
            return None
        prices = [
            price + Decimal(float(step)) * worst * unit
            for price, step, unit in zip(prices, correction, units, strict=True)
        ]
        left = _residual(own, prices, uses)
    return None


def _residual(own: Sequence[Decimal], prices: Sequence[Decimal], uses: Sequence[Row]) -> list[Decimal]:
    """What each price still lacks: own + uses · price − price, with the digits of the context."""
    return [
        cost - price + sum((quantity * prices[j] for j, quantity in row.items()), ZERO)
        for cost, price, row in zip(own, prices, uses, strict=True)
    ]


def _factored(table: csr_matrix) -> SuperLU | None:
    """Factors of identity − table; None when it is singular."""
    try:
        return splu(csc_matrix(identity(table.shape[0]) - table))
    except RuntimeError:  # how scipy says "exactly singular"
        return None


def _as_floats(uses: Sequence[Row]) -> csr_matrix:
    """The uses as a sparse table of floats, product × product."""
    entries = [(i, j, float(quantity)) for i, row in enumerate(uses) for j, quantity in row.items()]
    places = ([i for i, _, _ in entries], [j for _, j, _ in entries])
    return csr_matrix(([value for _, _, value in entries], places), shape=(len(uses), len(uses)))


def _sweep(table: csr_matrix, given: Floats, *, alike: bool) -> Floats | None:
    """Pass costs on from inputs to products, round after round, until nothing moves; None when that takes long.

    Cheap where factors would fill up: a large circle of many products with few inputs each.

    alike   whether the values are in one unit, so that a move is judged by the largest of them
    """
    values = given.copy()
    for _ in range(_SWEEPS):
        following = given + table @ values
        with np.errstate(over="ignore", invalid="ignore"):
            sizes = np.abs(following)
            moved = np.max(np.abs(following - values) / np.maximum(sizes, sizes.max() if alike else 1e-300))
        values = np.asarray(following, dtype=np.float64)
        if not np.all(np.isfinite(values)):
            return None
        if moved < 1e-13:
            return values
    return None
