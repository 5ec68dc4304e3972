"""A stress test for a terminal of 80 columns, the most important first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from solidaria.core.problem import Sentence, say
from solidaria.core.watch.answer import Answer
from solidaria.report.language import Language
from solidaria.report.stress import LIMITS, PRIVATE, Line, StressTelling

WIDTH = 80
#: Rows of a long table; the page has all.
MOST_ROWS = 10


def stress_text(answer: Answer, language: Language) -> str:
    """The answer as text, no line longer than 80 characters unless a single word is."""
    return "\n".join(_lines(StressTelling(answer, language))) + "\n"


def _lines(telling: StressTelling) -> Iterator[str]:
    text, answer = telling.text, telling.answer
    yield telling.books.name
    yield "=" * min(len(telling.books.name), WIDTH)
    yield from wrapped(text(telling.when()))
    yield ""
    yield from wrapped(text(PRIVATE))
    for sentence in telling.summary():
        yield ""
        yield from wrapped(text(sentence))
    yield ""
    yield from heading(text(say("What becomes of the site")))
    head = tuple(telling.month(month) for month in answer.base.at)
    yield from table([Line("", head), *telling.outcome_rows()])
    yield from wrapped(text(telling.precision()))
    yield from wrapped(text(telling.embedded()))
    yield ""
    yield from heading(text(say("Cash at the end of a month, in {currency}", currency=telling.books.currency)))
    yield from wrapped(text(say("So many of 100 runs have less:")))
    yield from table([Line("", ("5", "25", "50", "75", "95")), *telling.cash_rows()])
    if answer.shocks:
        yield ""
        yield from heading(text(say("What shocks would do")))
        yield from table([Line("", _effect_head(telling)), *telling.shock_rows()])
    if answer.levers:
        yield ""
        yield from heading(text(say("What would help, on the same luck")))
        columns = (say("points"), say("jobs"), say("pay"), say("cost a month"))
        yield from table([Line("", tuple(text(word) for word in columns)), *telling.lever_rows()])
        for one in telling.ranked():
            yield from item(text(telling.lever_cost(one)))
    yield ""
    yield from heading(text(say("How far it is to the cliff")))
    for cliff in telling.cliffs():
        yield from item(text(cliff))
    way_back = telling.way_back()
    if way_back is not None:
        yield from item(text(way_back))
    yield ""
    yield from heading(text(say("What the answer depends on")))
    rows = telling.input_rows()
    if rows:
        yield from table([Line("", (text(say("from … to")), text(say("worker-run"))))] + [
            Line(telling.label(row.name), row.cells[:2]) for row in rows[:MOST_ROWS]
        ])  # fmt: skip
        for row in rows[:3]:
            yield from item(f"{telling.label(row.name)}: {row.cells[3]}")
    else:
        yield from wrapped(text(say("No figure that has a range moves the answer by more than chance does.")))
    yield ""
    yield from heading(text(say("What this cannot say")))
    for limit in LIMITS:
        yield from item(text(limit))
    yield ""
    yield from wrapped(
        text(say("Everything, with all figures and where they come from: add --format html or json."))
    )


def _effect_head(telling: StressTelling) -> tuple[str, ...]:
    words: tuple[Sentence, ...] = (say("worker-run"), say("points"), say("jobs"), say("pay"))
    return tuple(telling.text(word) for word in words)


def heading(title: str) -> list[str]:
    """A title with a line under it."""
    return [title, "-" * min(len(title), WIDTH)]


def wrapped(text: str, indent: str = "") -> list[str]:
    """Text in lines of 80 columns."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def item(text: str) -> list[str]:
    """Text in lines of 80 columns, as one point of a list."""
    return textwrap.wrap(
        text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def table(rows: Sequence[Line]) -> Iterator[str]:
    """Rows as columns, the first to the left. A name that is too long for its column has a line of its own."""
    widths = [max(len(row.cells[place]) for row in rows) for place in range(len(rows[0].cells))]
    room = max(WIDTH - sum(width + 2 for width in widths), 12)
    first = min(max(len(row.name) for row in rows), room)
    for row in rows:
        cells = "".join("  " + cell.rjust(width) for cell, width in zip(row.cells, widths, strict=True))
        name = textwrap.wrap(row.name, first) or [""]
        yield from name[:-1]
        yield (name[-1].ljust(first) + cells).rstrip()
