"""Were earlier answers right? Forecasts that were sealed on their day, held against what came, and against plain rules.

A forecast is shown only while it is better than both the share of sites that fared so before (the base rate) and a constant
chance per month. Otherwise the base rate is shown, and said to be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np

from solidaria.core.watch.outcomes import Estimate, mean, share

#: Fewer events than this leave a rate unknown to more than ± 30 % (196 / √43), and nothing to judge by.
FEWEST: Final = 43


def seal(answer: bytes) -> str:
    """The fingerprint of an answer (SHA-256): noted in the minutes on the day, it proves later what was said."""
    return sha256(answer).hexdigest()


def brier(forecasts: Sequence[float], happened: Sequence[bool]) -> Estimate:
    """The mean squared distance between chances and what came: 0 is perfect, 0.25 is a coin.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950.
    Raises ValueError when the two do not go together, or there are none.
    """
    return mean(_errors(forecasts, happened))


def _errors(forecasts: Sequence[float], happened: Sequence[bool]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    chances, came = np.asarray(forecasts, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if chances.ndim != 1 or chances.shape != came.shape or not len(chances):
        raise ValueError("there must be one forecast for each thing that came or did not")
    if np.any((chances < 0) | (chances > 1)):
        raise ValueError("a chance lies between 0 and 1")
    return (chances - came) ** 2


def constant_hazard(chance_per_month: float, months: int) -> float:
    """The chance that something with this chance in each month has come after so many months."""
    return float(1 - (1 - chance_per_month) ** months)


@dataclass(frozen=True)
class Bin:
    """Forecasts from `low` to `high` (exclusive, but for 1): how many, their mean, and how often it came."""

    low: float
    high: float
    count: int
    forecast: float
    came: Estimate


def calibration(forecasts: Sequence[float], happened: Sequence[bool], bins: int = 5) -> tuple[Bin, ...]:
    """How often things came that were given about the same chance; bins without a forecast are left out."""
    _errors(forecasts, happened)
    found = []
    edges = np.linspace(0, 1, bins + 1)
    places = np.minimum((np.asarray(forecasts) * bins).astype(int), bins - 1)
    for place in range(bins):
        inside = places == place
        if inside.any():
            came = int(np.asarray(happened)[inside].sum())
            chance = float(np.asarray(forecasts, dtype=np.float64)[inside].mean())
            count = int(inside.sum())
            found.append(Bin(float(edges[place]), float(edges[place + 1]), count, chance, share(came, count)))
    return tuple(found)


@dataclass(frozen=True)
class Verdict:
    """Whether forecasts may be shown: enough cases, and better than each plain rule by more than its interval.

    fewest   how often the rarer of the two, coming and not coming, was seen
    """

    own: Estimate
    against_base_rate: Estimate
    against_hazard: Estimate
    fewest: int

    @property
    def may_be_shown(self) -> bool:
        """Enough seen, and better than both."""
        return self.fewest >= FEWEST and self.against_base_rate.high < 0 and self.against_hazard.high < 0


def judged(
    forecasts: Sequence[float], happened: Sequence[bool], *, base_rate: float, hazard: Sequence[float]
) -> Verdict:
    """Hold forecasts against the base rate and against the chances of a plain hazard model, case by case.

    base_rate   the share that fared so before the forecasts were made
    hazard      what a constant chance per month would have said for each case
    """
    own = _errors(forecasts, happened)
    base = _errors([base_rate] * len(own), happened)
    came = sum(map(bool, happened))
    fewest = min(came, len(own) - came)
    return Verdict(mean(own), mean(own - base), mean(own - _errors(hazard, happened)), fewest)
