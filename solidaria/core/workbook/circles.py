"""Circles of recipes that cost nothing: goods made out of each other without work, machines or anything scarce."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from solidaria.core.network import Recipe


def free_circles(recipes: tuple[Recipe, ...]) -> list[tuple[str, ...]]:
    """Groups of recipes, by id, that could run for ever, or make something out of nothing, for free.

    Free recipes take no work and no machine hours. A group counts when its products go round in a circle and
    some runs of free recipes leave no product with less than before.
    """
    free = sorted(
        (row for row in recipes if row.labour_hours == 0 and not any(hours > 0 for _, hours in row.uses)),
        key=lambda row: row.id,
    )
    if not free:
        return []
    names = sorted({row.product for row in free} | {name for row in free for name, _ in row.inputs})
    index = {name: position for position, name in enumerate(names)}
    pairs = [(index[name], index[row.product]) for row in free for name, quantity in row.inputs if quantity > 0]
    if not pairs:
        return []
    graph = csr_matrix((np.ones(len(pairs)), tuple(zip(*pairs, strict=True))), shape=(len(names), len(names)))
    _, group = connected_components(graph, directed=True, connection="strong")
    circling = [
        any(quantity > 0 and group[index[name]] == group[index[row.product]] for name, quantity in row.inputs)
        for row in free
    ]
    if not any(circling):
        return []
    entries = [(index[row.product], column, float(row.output)) for column, row in enumerate(free)]
    entries += [
        (index[name], column, -float(quantity)) for column, row in enumerate(free) for name, quantity in row.inputs
    ]
    at, columns, amounts = zip(*entries, strict=True)
    net = coo_matrix((amounts, (at, columns)), shape=(len(names), len(free))).tocsr()
    found = []
    for one in sorted(
        {int(group[index[row.product]]) for row, turns in zip(free, circling, strict=True) if turns}
    ):
        mine = [turns and group[index[row.product]] == one for row, turns in zip(free, circling, strict=True)]
        answer = linprog(-np.array(mine, dtype=float), A_ub=-net, b_ub=np.zeros(len(names)), bounds=(0, 1))
        if answer.status == 0 and -answer.fun > 1e-7:
            found.append(tuple(row.id for row, own in zip(free, mine, strict=True) if own))
    return found
