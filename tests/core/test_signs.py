"""Signs that nobody sees, and those that scripts need."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.signs import cleaned
from solidaria.core.workbook.cells import free_text
from solidaria.core.workbook.schema import SHEET

NAME = next(column for column in SHEET["organisations"].columns if column.name == "name")


@pytest.mark.parametrize("number", [0, 7, 0x1B, 0x7F, 0x9F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_control_signs_and_steering_of_direction_are_taken_out(number: int) -> None:
    assert cleaned(f"Taller {chr(number)}Hilo") == "Taller Hilo"


@pytest.mark.parametrize("sign", "\u200b\u200e\u200f\u2060\ufeff\u00ad\u180e\u3164\U000e0041")
def test_two_names_that_look_alike_are_the_same_name(sign: str) -> None:
    assert cleaned(f"An{sign}a") == cleaned(f"{sign}Ana{sign}") == "Ana"


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian: the non-joiner is part of the word
        "क्\u200dष",  # Hindi: the joiner chooses the form
        "👩\u200d🌾",  # a farmer
        "١٢\u0600٣",  # an Arabic sign over a number, which is seen
        "Ñandú, cómo\tva\n¿sí?",
        "e\u0301",
    ],
)
def test_what_real_scripts_need_stays(text: str) -> None:
    assert cleaned(text) == text


def test_a_joiner_that_joins_nothing_is_taken_out() -> None:
    assert [cleaned(text) for text in ("An\u200da", "\u200cAna", "Ana\u200d", "\u200d\u200c")] == [
        "Ana",
        "Ana",
        "Ana",
        "",
    ]


def test_a_line_or_paragraph_separator_is_a_line_end() -> None:
    assert cleaned("one\u2028two\u2029three") == "one\ntwo\nthree"


@given(st.text())
def test_clean_text_comes_back_as_it_is_and_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = cleaned(text)
    assert cleaned(once) == once


@given(st.text())
def test_no_sign_is_made_up_and_no_letter_lost(text: str) -> None:
    def seen(given: str) -> str:
        return "".join(
            sign for sign in given if unicodedata.category(sign)[0] in "LNPSM" and sign not in "\u3164\uffa0\u2800"
        )

    assert seen(cleaned(text)) == seen(text)


@pytest.mark.parametrize("text", ["Taller \u202eoliH", "Taller\u200b Hilo", "Ta\x00ller"])
def test_a_name_in_a_workbook_with_a_sign_nobody_sees_is_refused_and_never_changed_quietly(text: str) -> None:
    value, problem = free_text(text, NAME)
    assert value is None and problem is not None
    assert problem[0].template == "The text “{value}” has a sign in it that cannot be seen."
    assert "␣" in str(problem[0])


def test_a_name_in_a_workbook_keeps_its_joiners() -> None:
    assert free_text("می\u200cخواهم", NAME) == ("می\u200cخواهم", None)
