"""Pictures for the page: bars as inline SVG, each with its text alternative; in percent, so they fit any screen.

A picture never says more than the numbers beside it. Colours are classes, so that light, dark and print differ.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

#: Slices thinner than this share of the bar would not be seen; they are drawn this wide.
THINNEST = 0.004


def stacked(
    slices: Sequence[tuple[str, float]], *, label: str, whole: float | None = None, mark: float | None = None
) -> Markup:
    """A bar of slices side by side.

    slices   (colour class, size ≥ 0) in order
    label    the text alternative: everything the picture shows, in words
    whole    the size that fills the whole width; the sum of the slices when None
    mark     a size to mark with a line across the bar
    """
    total = max(whole if whole is not None else sum(size for _, size in slices), 1e-12)
    pieces, start = [], 0.0
    for colour, size in slices:
        if size <= 0:
            continue
        width = min(max(size / total, THINNEST), 1 - start)
        pieces.append(_rectangle(colour, start, width))
        start += width
    if mark is not None and 0 <= mark <= total:
        pieces.append(
            Markup('<line class="mark" x1="{0}%" x2="{0}%" y1="0" y2="100%"/>').format(_percent(mark / total))
        )
    return _picture("bar", label, pieces)


def pair(value: float, limit: float, whole: float, *, label: str) -> Markup:
    """A thin filled bar inside the outline of its limit, both against the same whole."""
    whole = max(whole, 1e-12)
    pieces = [
        _rectangle("limit", 0, min(limit / whole, 1)),
        _rectangle("filled", 0, min(value / whole, 1)),
    ]
    return _picture("bar thin", label, pieces)


def both_ways(value: float, most: float, *, label: str) -> Markup:
    """A bar to the left of the middle for less than nothing, to the right for more."""
    half = min(abs(value) / max(most, 1e-12), 1) / 2
    pieces = [
        _rectangle("gives" if value < 0 else "receives", 0.5 - half if value < 0 else 0.5, half),
        Markup('<line class="middle" x1="50%" x2="50%" y1="0" y2="100%"/>'),
    ]
    return _picture("bar thin", label, pieces)


def _rectangle(colour: str, start: float, width: float) -> Markup:
    return Markup('<rect class="{}" x="{}%" width="{}%" height="100%"/>').format(
        colour, _percent(start), _percent(width)
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".")


def _picture(kind: str, label: str, pieces: Sequence[Markup]) -> Markup:
    return Markup('<svg class="{}" role="img" aria-label="{}">{}</svg>').format(
        kind, label, Markup("").join(pieces)
    )
