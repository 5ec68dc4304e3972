"""What a form says, as a ballot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from solidaria.actions.acting import refused
from solidaria.core import decide as core
from solidaria.core.problem import say


def ballot_from(form: Mapping[str, list[str]], method: str, options: Sequence[str]) -> Any:
    """The ballot a form says: a word, the marked ids, the ids ranked by their places, or ids with points.

    form      name -> all values given under it
    Raises Refused for places or points that are no numbers, and for a place given twice.
    """

    def last(name: str) -> str:
        return form.get(name, [""])[-1].strip()

    if method not in core.WITH_OPTIONS:
        return last("ballot")
    if method == "equal_points":
        given = [(id, last(f"points-{id}")) for id in options]
        if any(text and (not text.isdecimal() or int(text[:3]) > core.MOST_POINTS) for _, text in given):
            what = say("Points are whole numbers from 0 to {most}.", most=core.MOST_POINTS)
            raise refused("ballot", what, say("Leave at 0 what you do not support."))
        return [[id, int(text)] for id, text in given if text and int(text)]
    if method in core.MARKING:
        return [id for id in options if id in form.get("ballot", [])]
    places: list[tuple[int, str]] = []
    for id in options:
        text = last(f"place-{id}")
        if text:
            if not text.isdecimal() or len(text) > 3 or int(text) < 1:
                raise refused(
                    "ballot",
                    say("A place is a number: 1 is your first choice."),
                    say("Leave blank whom you do not rank."),
                )
            places.append((int(text), id))
    numbers = [number for number, _ in places]
    if len(set(numbers)) < len(numbers):
        raise refused("ballot", say("Two have the same place."), say("Give each its own number."))
    return [id for _, id in sorted(places)]
