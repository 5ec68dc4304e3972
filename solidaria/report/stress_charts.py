"""Pictures of a stress test: areas over the months, a fan, points with their intervals; inline SVG that fits any screen.

A picture never says more than the numbers beside it. Colours are classes, so that light, dark and print differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

Table = NDArray[np.float64]


def areas(table: Table, colours: Sequence[str], *, label: str) -> Markup:
    """Shares that add up to one, stacked from below, month by month.

    table    months × shares, in the order of the colours, the lowest first
    label    the text alternative: everything the picture shows, in words
    """
    months = table.shape[0]
    heights = np.vstack([np.zeros(months), np.cumsum(table, axis=1).T])
    across = _across(months)
    pieces = []
    for place, colour in enumerate(colours):
        upper = [(x, 100 * (1 - y)) for x, y in zip(across, heights[place + 1], strict=True)]
        lower = [(x, 100 * (1 - y)) for x, y in zip(across, heights[place], strict=True)]
        pieces.append(_shape(colour, upper + lower[::-1]))
    return _plot("plot", label, pieces)


def fan(table: Table, top: float, bottom: float, *, label: str) -> Markup:
    """Five levels over the months: the outer two as a light band, the inner two as a darker one, the middle as a line."""
    across = _across(table.shape[0])

    def points(level: int) -> list[tuple[float, float]]:
        row = np.clip(table[:, level], bottom, top)
        return [(x, 100 * (top - float(y)) / (top - bottom)) for x, y in zip(across, row, strict=True)]

    pieces = [
        _shape("fan-outer", points(0) + points(4)[::-1]),
        _shape("fan-inner", points(1) + points(3)[::-1]),
        Markup('<polyline class="fan-middle" points="{}"/>').format(_listed(points(2))),
    ]
    return _plot("plot", label, pieces)


def interval(value: float, low: float, high: float, base: float | None, *, label: str) -> Markup:
    """A share from 0 to 1 as a bar, its interval as a line, and a mark where the share is without the change."""
    pieces = [
        Markup('<rect class="share" x="0" y="20%" width="{}%" height="60%"/>').format(_short(100 * value)),
        Markup('<line class="whisker" x1="{}%" x2="{}%" y1="50%" y2="50%"/>').format(
            _short(100 * low), _short(100 * high)
        ),
    ]
    if base is not None:
        pieces.append(
            Markup('<line class="mark" x1="{0}%" x2="{0}%" y1="0" y2="100%"/>').format(_short(100 * base))
        )
    return Markup('<svg class="bar interval" role="img" aria-label="{}">{}</svg>').format(
        label, Markup("").join(pieces)
    )


def reach(low: float, high: float, now: float, *, label: str) -> Markup:
    """From where to where a share moves, as a bar between the two, and a mark where it is now."""
    left, right = min(low, high), max(low, high)
    pieces = [
        Markup('<rect class="reach" x="{}%" y="20%" width="{}%" height="60%"/>').format(
            _short(100 * left), _short(max(100 * (right - left), 0.5))
        ),
        Markup('<line class="mark" x1="{0}%" x2="{0}%" y1="0" y2="100%"/>').format(_short(100 * now)),
    ]
    return Markup('<svg class="bar interval" role="img" aria-label="{}">{}</svg>').format(
        label, Markup("").join(pieces)
    )


def round_top(most: float) -> float:
    """A round number at or above the largest that a picture shows: 1, 1.5, 2, 3, 4, 5, 6, 8 or 10 times a power of ten."""
    if most <= 0:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= most * (1 - 1e-9))


def _across(months: int) -> list[float]:
    return [100 * month / max(months - 1, 1) for month in range(months)]


def _shape(colour: str, points: Sequence[tuple[float, float]]) -> Markup:
    return Markup('<polygon class="{}" points="{}"/>').format(colour, _listed(points))


def _listed(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in points)


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _plot(kind: str, label: str, pieces: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(kind, label, Markup("").join(pieces))
