"""A map of organisations as one drawing: no map service, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from markupsafe import Markup

from solidaria.core.problem import say_many
from solidaria.records.models import Organisation
from solidaria.report.language import Language

WIDTH, LEAST_HEIGHT, MOST_HEIGHT, EDGE = 600.0, 220.0, 420.0, 34.0
#: Names are written while there is room for them: how wide a letter is taken to be, and how high a line.
MOST_NAMES, LETTER, LINE = 14, 6.0, 13.0


@dataclass(frozen=True)
class Dot:
    """An organisation at its place: degrees east and north."""

    name: str
    where: str
    east: float
    north: float


def map_of(organisations: Iterable[Organisation], language: Language) -> Markup:
    """The drawing; nothing for fewer than two places: one alone lies nowhere. A list beside it says the same in words."""
    dots = [
        Dot(one.name, reverse("organisation", args=[one.code]), float(one.longitude), float(one.latitude))
        for one in organisations
        if one.latitude is not None and one.longitude is not None
    ]
    return drawn(dots, language) if len(dots) > 1 else Markup("")


def drawn(dots: Sequence[Dot], language: Language) -> Markup:
    """Dots on a grid of degrees, north up; one degree east is drawn as wide as it is in the middle of the map."""
    west, east = min(dot.east for dot in dots), max(dot.east for dot in dots)
    south, north = min(dot.north for dot in dots), max(dot.north for dot in dots)
    middle = (south + north) / 2
    narrow = max(0.2, 1 - abs(middle) ** 2 / 8100)
    wide, high = max((east - west) * narrow, 0.4), max(north - south, 0.4)
    scale = min((WIDTH - 2 * EDGE) / wide, (MOST_HEIGHT - 2 * EDGE) / high)
    height = max(LEAST_HEIGHT, high * scale + 2 * EDGE)
    left = WIDTH / 2 - (west + east) / 2 * narrow * scale
    top = height / 2 + middle * scale

    def place(dot: Dot) -> tuple[float, float]:
        return left + dot.east * narrow * scale, top - dot.north * scale

    pieces = [_grid(west, east, south, north, narrow * scale, scale, left, top, height)]
    named = len(dots) <= MOST_NAMES
    taken: list[tuple[float, float, float]] = []
    for dot in sorted(dots, key=lambda one: (-one.north, one.east)):
        x, y = place(dot)
        name = dot.name if len(dot.name) <= 28 else dot.name[:27] + "…"
        after, long = x < WIDTH * 0.7, len(name) * LETTER
        start = x + 9 if after else x - 9 - long
        label = Markup("")
        if named and all(
            abs(y - line) >= LINE or start >= ends or start + long <= begins for line, begins, ends in taken
        ):
            taken.append((y, start, start + long))
            label = Markup('<text x="{}" y="{}" {}aria-hidden="true">{}</text>').format(
                f"{x + 9 if after else x - 9:.1f}",
                f"{y + 4:.1f}",
                Markup("" if after else 'text-anchor="end" '),
                name,
            )
        pieces.append(
            Markup('<a href="{}"><title>{}</title><circle cx="{}" cy="{}" r="6"/>{}</a>').format(
                dot.where, dot.name, f"{x:.1f}", f"{y:.1f}", label
            )
        )
    told = language.text(
        say_many("A map with {count} organisation.", "A map with {count} organisations.", len(dots))
    )
    return Markup('<svg class="map" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>').format(
        f"{WIDTH:.0f}", f"{height:.0f}", told, Markup("").join(pieces)
    )


def _grid(
    west: float,
    east: float,
    south: float,
    north: float,
    across: float,
    up: float,
    left: float,
    top: float,
    height: float,
) -> Markup:
    """Lines of whole degrees (or tens of them), so that far and near can be told apart."""
    span = max(east - west, north - south, 0.4)
    step = next(one for one in (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 90.0) if span / one <= 8)
    lines = []
    for at in range(int((-left) / across / step) - 1, int((WIDTH - left) / across / step) + 2):
        x = left + at * step * across
        if 0 <= x <= WIDTH:
            lines.append(
                Markup('<line class="land" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(
                    f"{x:.1f}", f"{height:.0f}"
                )
            )
    for at in range(int((top - height) / up / step) - 1, int(top / up / step) + 2):
        y = top - at * step * up
        if 0 <= y <= height:
            lines.append(
                Markup('<line class="land" y1="{0}" y2="{0}" x1="0" x2="{1}"/>').format(f"{y:.1f}", f"{WIDTH:.0f}")
            )
    return Markup("").join(lines)
