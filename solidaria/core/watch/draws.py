"""Chance, by key: each draw is worked out from (seed, run, site, month, shock) and nothing else.

Two books simulated with the same seed therefore meet the same luck, month by month, whatever happens in them: what
differs between them is the books. The same key gives the same draw on every machine, in any order, in any thread.

The generator is Philox2x32-10, a counter-based generator: a bijection of 64-bit counters for each 32-bit key.
Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, 2011; the test vectors
of the Random123 library.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

MULTIPLIER: Final = 0xD256D193
WEYL: Final = 0x9E3779B9
ROUNDS: Final = 10
MASK: Final = 0xFFFFFFFF

#: A counter has room for so many runs, sites, months and pairs of shocks.
MOST_RUNS: Final = 1 << 32
MOST_SITES: Final = 1 << 19
MOST_MONTHS: Final = 1 << 10
PAIRS: Final = 8

#: A normal draw is one of so many equally likely values, the middle quantiles of the normal distribution.
TABLE_BITS: Final = 12


def philox(low: int, high: int, key: int) -> tuple[int, int]:
    """Two draws, whole numbers below 2³², for the counter (low, high) and the key, each below 2³²."""
    for _ in range(ROUNDS):
        product = MULTIPLIER * low
        low, high = (product >> 32) ^ key ^ high, product & MASK
        key = (key + WEYL) & MASK
    return low, high


def key_of(seed: int) -> int:
    """The key of a seed: any whole number from 0 to 2³² - 1. Raises ValueError when it is another."""
    if not 0 <= seed <= MASK:
        raise ValueError(f"the seed must be a whole number from 0 to {MASK}, not {seed}")
    return seed


def counter(run: int, site: int, month: int, pair: int) -> tuple[int, int]:
    """The counter of a pair of shocks: no two keys share one."""
    return run, (site << 13) | (month << 3) | pair


def drawn(seed: int, run: int, site: int, month: int, shock: int) -> int:
    """The draw of one shock, a whole number below 2³²."""
    pair = philox(*counter(run, site, month, shock // 2), key_of(seed))
    return pair[shock % 2]


def uniform(draw: int) -> float:
    """The draw as a number from 0 (inclusive) to 1 (exclusive)."""
    return draw * 2.0**-32


def _normal_table() -> NDArray[np.float64]:
    """The middle quantiles of the normal distribution, made to have exactly the variance of one."""
    count = 1 << TABLE_BITS
    half = [NormalDist().inv_cdf((place + 0.5) / count) for place in range(count // 2)]
    table = np.array(half + [-value for value in reversed(half)], dtype=np.float64)
    table /= np.sqrt(np.mean(table * table))
    return table


NORMAL: Final = _normal_table()
NORMAL.setflags(write=False)


def normal(draw: int) -> float:
    """The draw as a normal number of mean 0 and variance 1, within ± 3.7."""
    return float(NORMAL[draw >> (32 - TABLE_BITS)])
