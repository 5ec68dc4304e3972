"""What a form says, as a ballot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from solidaria.actions.acting import check, refused
from solidaria.core import decide as core
from solidaria.core.problem import Fault, say


def ballot_from(form: Mapping[str, list[str]], method: str, options: Sequence[str]) -> Any:
    """The ballot a form says: a word, the marked ids, the ids ranked by their places, or ids with points.

    form      name -> all values given under it; "blank" says that a blank ballot is meant
    Raises Refused, with every fault by its field, for places or points that are no numbers and for a place given
    twice; and for a ballot sent blank without saying so: a secret one could never be mended.
    """

    def last(name: str) -> str:
        return form.get(name, [""])[-1].strip()

    if method not in core.WITH_OPTIONS:
        return last("ballot")
    ballot = _points(last, options) if method == "equal_points" else _marked(form, last, method, options)
    if ballot and last("blank"):
        what = say("You chose something, and you said that your ballot is blank.")
        raise refused("ballot", what, say("Take out the one or the other."))
    if not ballot and not last("blank"):
        if method in core.RANKING:
            what, help = say("Nothing is ranked yet."), say("Rank at least one, or hand in a blank ballot.")
        else:
            what, help = say("Nothing is chosen yet."), say("Choose at least one, or hand in a blank ballot.")
        raise refused("ballot", what, help)
    return ballot


def _points(last: Callable[[str], str], options: Sequence[str]) -> list[list[Any]]:
    given = [(id, last(f"points-{id}")) for id in options]
    what = say("Points are whole numbers from 0 to {most}.", most=core.MOST_POINTS)
    check(
        [
            Fault("", None, f"points-{id}", what, say("Leave at 0 what you do not support."))
            for id, text in given
            if text and (not _digits(text) or int(text) > core.MOST_POINTS)
        ]
    )
    return [[id, int(text)] for id, text in given if text and int(text)]


def _marked(
    form: Mapping[str, list[str]], last: Callable[[str], str], method: str, options: Sequence[str]
) -> list[str]:
    if method in core.MARKING:
        return [id for id in options if id in form.get("ballot", [])]
    given = [(id, text) for id in options if (text := last(f"place-{id}"))]
    places = {id: int(text) for id, text in given if _digits(text) and int(text) > 0}
    faults = [
        Fault(
            "",
            None,
            f"place-{id}",
            say("A place is a number: 1 is your first choice."),
            say("Leave blank what you do not rank."),
        )
        for id, _ in given
        if id not in places
    ]
    times = Counter(places.values())
    faults += [
        Fault("", None, f"place-{id}", say("Two have the same place."), say("Give each its own number."))
        for id, place in places.items()
        if times[place] > 1
    ]
    check(faults)
    return sorted(places, key=places.__getitem__)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 4
