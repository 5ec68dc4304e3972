"""Runs simulations: Numba where it is there, NumPy elsewhere; over threads, with the same answer to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from solidaria.core.watch import fast_numpy, tables
from solidaria.core.watch.draws import MOST_MONTHS, MOST_RUNS, MOST_SITES, key_of
from solidaria.core.watch.tables import Paths

try:
    from solidaria.core.watch import fast_numba
except ImportError:  # Numba is not there, or not for this Python: the same answer, more slowly.
    fast_numba = None  # type: ignore[assignment]

#: Lanes that one thread takes at a time.
CHUNK: Final = 4_096


def simulate(
    parameters: Sequence[NDArray[np.float64]],
    *,
    runs: int,
    months: int,
    seed: int,
    first_run: int = 0,
    site: int = 0,
    threads: int = 1,
    chunk: int = CHUNK,
    compiled: bool = True,
) -> list[Paths]:
    """Simulate each set of parameters for the same runs, so that all meet the same luck.

    parameters   one vector of shape (PARAMETERS,) for each set
    runs, first_run   which runs; the luck of a run depends on its number, not on how many there are
    threads, chunk    how the work is divided; neither changes a bit of the answer
    compiled     use Numba where it is there

    Raises ValueError when a number is beyond what the keys have room for.
    """
    key_of(seed)
    if not (
        first_run >= 0 and first_run + runs <= MOST_RUNS and 0 <= site < MOST_SITES and 0 < months <= MOST_MONTHS
    ):
        raise ValueError("there are too many runs, sites or months for the keys of the draws")
    march = fast_numba.march if compiled and fast_numba is not None else fast_numpy.march
    numbers = np.arange(first_run, first_run + runs, dtype=np.uint64)
    sites = np.full(runs, site, dtype=np.uint64)
    answers = [tables.empty(months, runs) for _ in parameters]
    jobs = [(place, start) for place in range(len(parameters)) for start in range(0, runs, chunk)]

    def job(work: tuple[int, int]) -> None:
        place, start = work
        march(parameters[place], numbers, sites, seed, answers[place], start, min(start + chunk, runs))

    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(job, jobs))
    else:
        for one in jobs:
            job(one)
    return answers
