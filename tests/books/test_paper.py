"""An agreement on paper holds everything that was agreed, in both languages."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from solidaria.core.agree import STATES, Line, Terms
from solidaria.core.problem import say
from solidaria.core.view import View
from solidaria.report.agreement import Version, agreement
from solidaria.report.language import Language
from solidaria.report.views import words
from solidaria.web.pdf import tables

TERMS = Terms(
    title="T-shirts for the congress",
    network="red-sur",
    giver="hilo",
    taker="union",
    currency="ZAR",
    lines=(
        Line("shirt", "T-shirt", "piece", Decimal(5000), Decimal("275000.00"), Decimal("25000.00"), "fund", Decimal("21.5")),
        Line("bag", "Bag", "piece", Decimal(200), Decimal("9000.00"), Decimal(0), "union", Decimal(18), "autumn"),
    ),
    starts=date(2026, 3, 1),
    ends=date(2027, 2, 28),
    review=date(2026, 9, 1),
    guaranteed=Decimal("0.5"),
    call_offs=4,
    advance=Decimal("30000.00"),
    pay_days=21,
    schedule=((date(2026, 4, 1), 0, Decimal(1250)), (date(2026, 7, 1), 0, Decimal(1250))),
    contact_giver="Nomsa, 555 1234",
    contact_taker="Thabo, 555 9876",
    place="Union hall, Pietermaritzburg",
    delay="Whoever is late says so a week before, and both agree on a new day.",
    pause_days=14,
    break_days=60,
    words="Cotton from the network first.",
)  # fmt: skip
NAMES = {"hilo": "Hilo Rojo", "union": "Sewing Union", "fund": "Solidarity Fund"}


def shown(terms: Terms = TERMS) -> View:
    yes = (
        ("hilo", date(2026, 2, 20), say("motion {number}", number=7)),
        ("union", date(2026, 2, 21), say("under a mandate")),
    )
    versions = [
        Version(2, date(2026, 2, 18), "Sewing Union", True, yes),
        Version(1, date(2026, 2, 10), "Hilo Rojo", False),
    ]
    return agreement("hilo/3", terms.title, STATES["in force"], terms, versions, NAMES)


def told(view: View, language: Language) -> str:
    """All the words of a view."""
    parts = [view.title, *view.under, *view.notes]
    for table in view.tables:
        parts += [table.title, table.note, *(column.name for column in table.columns)]
        parts += [cell for row in table.rows for cell in row.cells]
    return "\n".join(words(part, language) for part in parts).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("code", ["en", "es"])
def test_everything_that_was_agreed_stands_on_the_paper(code: str) -> None:
    language = Language(code)
    text = told(shown(), language)
    for line in TERMS.lines:
        assert (
            line.name in text
            and words(language.number(line.quantity, line.unit), language).split("\N{NO-BREAK SPACE}")[0] in text
        )
    numbers = {
        "en": ("275,000.00 ZAR", "25,000.00 ZAR", "30,000.00 ZAR", "50 %"),
        "es": ("275.000,00 ZAR", "25.000,00 ZAR", "30.000,00 ZAR", "50 %"),
    }
    for wanted in (
        *numbers[code],
        *NAMES.values(),
        TERMS.contact_giver, TERMS.contact_taker, TERMS.place, TERMS.delay, TERMS.words,
        *(language.date(day) for day in (TERMS.starts, TERMS.ends, TERMS.review, TERMS.schedule[1][0], date(2026, 2, 10))),
        "21", "14", "60", "hilo/3",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert text.count("284") == 1  # price alone: 275,000 and 9,000; solidarity is never added to it


def test_what_was_not_agreed_is_said_to_be_so() -> None:
    bare = Terms(
        **{
            **TERMS.__dict__,
            "guaranteed": Decimal(0),
            "advance": Decimal(0),
            "delay": "",
            "place": "",
            "words": "",
        }
    )
    text = told(shown(bare), Language("en"))
    assert text.count("\nnone") == 2 and "nothing is agreed" in text and "as each call-off says" in text


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_paper_is_a_tagged_pdf_with_a_line_for_each_side(code: str) -> None:
    made = tables([shown()], language=Language(code), footer="Solidaria · hilo/3", signs=list(NAMES.values()))
    assert made.startswith(b"%PDF") and b"/StructTreeRoot" in made
    if folder := os.environ.get("SOLIDARIA_SHOTS"):
        (Path(folder) / f"{code}-paper.pdf").write_bytes(made)
    nasty = Terms(**{**TERMS.__dict__, "title": '#panic("no") = $x$ \\', "words": json.dumps({"a": "`#`"})})
    assert tables([shown(nasty)], language=Language(code), footer="", signs=["#x"]).startswith(b"%PDF")
