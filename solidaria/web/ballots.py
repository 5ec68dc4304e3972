"""What a form says, as a ballot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from solidaria.actions.acting import refused
from solidaria.core import decide as core
from solidaria.core.problem import say


def ballot_from(form: Mapping[str, list[str]], method: str, options: Sequence[str]) -> Any:
    """The ballot a form says: a word, the marked ids, or the ids ranked by their places.

    form      name -> all values given under it
    Raises Refused for places that are no numbers, or given twice.
    """

    def last(name: str) -> str:
        return form.get(name, [""])[-1].strip()

    if method not in core.WITH_OPTIONS:
        return last("ballot")
    if method == "approval":
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
