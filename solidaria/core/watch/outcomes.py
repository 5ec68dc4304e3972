"""From simulated paths to figures with intervals: shares, competing risks by month, fans, paired differences."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from solidaria.core.watch import fields as f
from solidaria.core.watch.tables import ABOVE_MARKET, FROM_FUND, Paths

#: The 97.5 % point of the normal distribution: every interval here is a 95 % interval.
Z95: Final = 1.959963984540054
Table = NDArray[np.float64]
FAN: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval, which says how far chance in the simulation can move it, and nothing else."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


def share(count: int, of: int) -> Estimate:
    """A share of so many runs with Wilson's interval.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if of <= 0:
        raise ValueError("a share needs at least one run")
    part = count / of
    centre = (part + Z95**2 / (2 * of)) / (1 + Z95**2 / of)
    half = Z95 / (1 + Z95**2 / of) * sqrt(part * (1 - part) / of + Z95**2 / (4 * of * of))
    return Estimate(part, max(centre - half, 0.0), min(centre + half, 1.0))


def mean(values: NDArray[np.float64]) -> Estimate:
    """A mean over runs with its 95 % interval."""
    middle = float(values.mean())
    half = Z95 * float(values.std(ddof=1)) / sqrt(len(values)) if len(values) > 1 else 0.0
    return Estimate(middle, middle - half, middle + half)


def worker_run(paths: Paths) -> NDArray[np.bool_]:
    """In which runs the site is worker-run at the end: exposed or embedded."""
    return np.asarray(paths.outcome[-1] >= f.EXPOSED)


def shares_at(paths: Paths, month: int) -> dict[str, Estimate]:
    """Outcome -> share of the runs at the end of a month (the first is 0). The shares add up to one."""
    counts = np.bincount(paths.outcome[month], minlength=len(f.OUTCOMES))
    return {name: share(int(counts[place]), paths.lanes) for place, name in enumerate(f.OUTCOMES)}


def occupation(paths: Paths) -> NDArray[np.float64]:
    """Months × outcomes: the share of runs in each outcome at the end of each month; rows add up to one."""
    table = [np.bincount(row, minlength=len(f.OUTCOMES)) for row in paths.outcome]
    return np.array(table, dtype=np.float64) / paths.lanes


def incidence(paths: Paths) -> NDArray[np.float64]:
    """Months × (collapsed, degenerated, captured): the share of runs whose first loss of control so far was this one.

    Competing risks: a run counts once, for what came first, even if it recovers later. Without censoring the
    Aalen-Johansen estimate is this share.
    """
    table = np.zeros((paths.months, 3))
    open_ = np.ones(paths.lanes, dtype=bool)
    sums = np.zeros(3)
    for month in range(paths.months):
        row = paths.outcome[month]
        for risk in range(3):
            sums[risk] += np.count_nonzero(open_ & (row == risk))
        open_ &= row >= f.EXPOSED
        table[month] = sums / paths.lanes
    return table


def fan(table: NDArray[np.float32], scale: float) -> NDArray[np.float64]:
    """Months × the five levels of FAN: between which amounts so many runs lie."""
    return np.quantile(table.astype(np.float64), FAN, axis=1).T * scale


def pay_before_end(paths: Paths) -> NDArray[np.float64]:
    """For each run the mean, over the months it was not collapsed, of pay on time as a part of what was agreed."""
    alive = paths.outcome != f.COLLAPSED
    months = np.maximum(alive.sum(axis=0), 1)
    return np.asarray((paths.pay * alive).sum(axis=0, dtype=np.float64) / months)


def paired(changed: NDArray[np.bool_], base: NDArray[np.bool_]) -> Estimate:
    """How much more often something is true after a change, on the same luck: exactly 0 when nothing changed."""
    return mean(changed.astype(np.float64) - base.astype(np.float64))


def solidarity(paths: Paths) -> NDArray[np.float64]:
    """For each run what solidarity paid in all: above the market price, and out of the fund."""
    return np.asarray(paths.sums[ABOVE_MARKET] + paths.sums[FROM_FUND])
