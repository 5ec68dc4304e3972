"""What counts in the books of many sites can teach about a chance per month, and how little a few events teach."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

from scipy.special import betaincinv

#: Before any count: each chance is as likely as any other on Jeffreys' scale, which favours neither end.
JEFFREYS: Final = (0.5, 0.5)


@dataclass(frozen=True)
class Fit:
    """A chance per month with its interval, from so many events in so many site-months at risk."""

    chance: float
    low: float
    high: float
    events: int
    at_risk: int


def fit_chance(events: int, at_risk: int, *, level: float = 0.9, before: tuple[float, float] = JEFFREYS) -> Fit:
    """The chance per month that counts speak for, with an interval that holds it with probability `level`.

    events, at_risk   months in which it happened, and months in which it could have
    before            what was believed before, as the two numbers of a beta distribution

    Raises ValueError when more happened than could have.
    """
    if not 0 <= events <= at_risk:
        raise ValueError("more happened than could have")
    a, b = before[0] + events, before[1] + at_risk - events
    tail = (1 - level) / 2
    return Fit(a / (a + b), float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail)), events, at_risk)


def percent_known(events: int) -> float:
    """How far off a rate can well be after so many events, in percent of itself (95 %): 196 ÷ √events."""
    if events <= 0:
        raise ValueError("a rate needs at least one event")
    return 196 / sqrt(events)
