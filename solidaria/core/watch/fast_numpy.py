"""The fast engine with NumPy alone: all lanes of a block at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solidaria.core.watch import fields as f
from solidaria.core.watch import rules
from solidaria.core.watch.tables import Paths

#: Lanes of a block: the rows that a block works on stay in the cache of the processor.
BLOCK = 2_048


def march(
    p: NDArray[np.float64],
    runs: NDArray[np.uint64],
    sites: NDArray[np.uint64],
    seed: int,
    out: Paths,
    start: int,
    stop: int,
) -> None:
    """Simulate the lanes from `start` to `stop` (exclusive) from the first day on, and fill in the tables.

    p       parameters, shape (PARAMETERS,) for all lanes or (PARAMETERS, lanes)
    runs, sites   the keys of the lanes
    """
    key = np.uint64(seed)
    for first in range(start, stop, BLOCK):
        lanes = slice(first, min(first + BLOCK, stop))
        count = lanes.stop - lanes.start
        own = p if p.ndim == 1 else p[:, lanes]
        s = np.zeros((f.STATE, count))
        luck = np.empty((f.DRAWS, count))
        rules.begin(s, own, count)
        for now in range(out.months):
            rules.draw(luck, runs[lanes], sites[lanes], key, np.uint64(now), count)
            rules.fetch(s, own, now, count)
            rules.work(s, own, luck, now, 0.0, count)
            rules.owe(s, own, count)
            rules.close(s, own, luck, count)
            rules.store(s, now, count)
            rules.record(
                s,
                out.outcome[now, lanes],
                out.cash[now, lanes],
                out.pay[now, lanes],
                out.people[now, lanes],
                count,
            )
        out.sums[:, lanes] = s[f.S_ABOVE_MARKET : f.S_ATTEMPTS + 1]
