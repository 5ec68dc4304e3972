"""What a simulation writes down: tables of months × lanes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Paths:
    """Months × lanes; money in normal months of pay, people per member at the start.

    outcome   the outcome at the end of each month, as in fields.py
    cash      cash at the end of the month
    pay       pay on time as a part of what was agreed; 0 once collapsed
    people    members and hired people
    sums      at the end, rows: paid above the market, paid by the fund, months with pay deferred, eviction attempts
    """

    outcome: NDArray[np.uint8]
    cash: NDArray[np.float32]
    pay: NDArray[np.float32]
    people: NDArray[np.float32]
    sums: NDArray[np.float64]

    @property
    def months(self) -> int:
        """How many months were simulated."""
        return int(self.outcome.shape[0])

    @property
    def lanes(self) -> int:
        """How many sites or runs were simulated."""
        return int(self.outcome.shape[1])


#: Rows of `sums`.
ABOVE_MARKET, FROM_FUND, DEFERRALS, ATTEMPTS = range(4)


def empty(months: int, lanes: int) -> Paths:
    """Tables to be filled in."""
    return Paths(
        np.empty((months, lanes), np.uint8),
        np.empty((months, lanes), np.float32),
        np.empty((months, lanes), np.float32),
        np.empty((months, lanes), np.float32),
        np.empty((4, lanes)),
    )
