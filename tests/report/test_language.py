"""Numbers, money and sentences in English and Spanish, and the catalogue behind them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from babel.messages.pofile import read_po
from markupsafe import Markup

from solidaria.core.problem import say, say_many
from solidaria.report.catalogue import PACKAGE, compiled, missing, names_in, read_catalogue, sentences, updated
from solidaria.report.language import CATALOGUES, LANGUAGES, Language
from solidaria.report.units import SEVERAL, unit_of

D = Decimal
SPACE = "\N{NO-BREAK SPACE}"


def test_money_has_the_decimals_of_its_currency() -> None:
    assert Language("en", "ARS").money(D("575000")) == f"575,000.00{SPACE}ARS"
    assert Language("es", "ARS").money(D("575000")) == f"575.000,00{SPACE}ARS"
    assert Language("en", "PYG").money(D("575000.4")) == f"575,000{SPACE}PYG"
    assert Language("en", "TND").money(D("1.5"), code=False) == "1.500"


def test_less_than_nothing_that_rounds_to_nothing_has_no_sign() -> None:
    assert Language("en", "ARS").money(D("-0.001"), code=False) == "0.00"


def test_a_price_below_one_has_more_decimals_so_that_it_keeps_its_meaning() -> None:
    english = Language("en", "ARS")
    prices = [D("3.018"), D("0.933789"), D("0.093378912"), D(0)]
    assert [english.price(price) for price in prices] == ["3.02", "0.9338", "0.093379", "0.00"]
    assert english.price(D("0.5"), code=True) == f"0.5000{SPACE}ARS"


def test_a_quantity_has_at_most_two_decimals_and_more_only_when_it_would_vanish() -> None:
    english = Language("en")
    assert english.number(D("1234.5678"), "m²") == f"1,234.57{SPACE}m²"
    assert english.number(D("12.500000")) == "12.5"
    assert english.number(D("0.00123")) == "0.00123"
    assert Language("es").number(D("1234.5")) == "1.234,5"


def test_less_than_everything_never_reads_as_everything() -> None:
    english = Language("en")
    assert english.percent(0.99999) == f"99{SPACE}%"
    assert english.percent(1.0) == f"100{SPACE}%"
    assert english.percent(0.9999999999) == f"100{SPACE}%"


def test_something_never_reads_as_nothing() -> None:
    english = Language("en")
    assert english.percent(0.0004) == f"<{SPACE}1{SPACE}%"
    assert english.percent(0.0) == f"0{SPACE}%"


def test_a_common_unit_takes_the_form_that_goes_with_its_number() -> None:
    english, spanish = Language("en"), Language("es")
    assert english.number(D("5"), "piece") == f"5{SPACE}pieces"
    assert english.number(D("1"), "pieces") == f"1{SPACE}piece"
    assert english.number(D("1.004"), "loaf") == f"1{SPACE}loaf"
    assert english.number(D("0.5"), "Visit") == f"0.5{SPACE}Visits"
    assert spanish.number(D("1.5"), "ración") == f"1,5{SPACE}raciones"
    assert english.number(D("1"), "raciones") == f"1{SPACE}ración"


@pytest.mark.parametrize("unit", ["m²", "kg", "pesos' worth", "school kit", "ARS", "=2+2"])
@pytest.mark.parametrize("number", [D("1"), D("7")])
def test_other_units_stand_as_they_were_typed(unit: str, number: Decimal) -> None:
    assert Language("en").number(number, unit) == f"{number}{SPACE}{unit}"


def test_the_unit_in_a_sentence_takes_the_form_of_the_number_of_the_sentence() -> None:
    english = Language("en")
    many, none = say("{gain} {unit} more", gain=D(8), unit="piece"), say("For one {unit}", unit="pieces")
    assert english.text(many) == english.markup(many) == "8 pieces more"
    assert english.text(say("{gain} {unit} more", gain=D(1), unit="pieces")) == "1 piece more"
    assert english.text(none) == english.markup(none) == "For one piece"
    assert english.text(say("{a} or {b} {unit}", a=1, b=2, unit="piece")) == "1 or 2 piece"
    assert english.markup(say("{gain} {unit}", gain=D(8), unit="<b>")) == "8 &lt;b&gt;"


def test_no_word_of_the_list_is_one_and_several_at_once() -> None:
    assert len(set(SEVERAL.values())) == len(SEVERAL)
    assert not set(SEVERAL) & set(SEVERAL.values())
    for one, several in SEVERAL.items():
        assert unit_of(one, one=False) == unit_of(several, one=False) == several
        assert unit_of(one, one=True) == unit_of(several, one=True) == one


def test_dates_are_written_out() -> None:
    assert Language("en").date(date(2003, 4, 3)) == "3 April 2003"
    assert Language("es").date(date(2003, 4, 3)) == "3 de abril de 2003"


def test_a_sentence_formats_its_numbers_and_the_sentences_in_it() -> None:
    inner = say("{n} of them", n=D("1234.5"))
    sentence = say("{inner} on {day}, {part}", inner=inner, day=date(2026, 3, 1), part=Fraction(2, 3))
    assert Language("en").text(sentence) == "1,234.5 of them on 1 March 2026, 2/3"


def test_a_sentence_without_a_translation_stays_english() -> None:
    assert Language("es").text(say("No catalogue has {this}.", this=3)) == "No catalogue has 3."


def test_a_sentence_that_counts_takes_the_form_of_its_number() -> None:
    english = Language("en")
    assert english.text(say_many("{count} thing", "{count} things", 1)) == "1 thing"
    assert english.text(say_many("{count} thing", "{count} things", 1200)) == "1,200 things"


def test_what_people_typed_is_never_markup() -> None:
    sentence = say("{name} & {kept}", name="<script>", kept=Markup("<b>yes</b>"))
    assert Language("en").markup(sentence) == "&lt;script&gt; &amp; <b>yes</b>"


def test_what_people_typed_cannot_reach_into_a_sentence() -> None:
    assert Language("en").text(say("{name}", name="{__class__} {0}")) == "{__class__} {0}"
    assert Language("en").markup(say("{name}", name="{name}")) == "{name}"


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="no such language"):
        Language("tlh")


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_every_sentence_of_the_package_has_a_translation(code: str) -> None:
    lacking = [f"{one.file}: {one.text}" for one in missing(code)]
    assert not lacking, (
        f"python -m solidaria.report.catalogue, then translate in solidaria/locale/{code}: {lacking}"
    )


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_a_translation_asks_for_the_same_names_as_its_sentence(code: str) -> None:
    catalogue = read_catalogue(code)
    wrong = []
    for one in sentences():
        message = catalogue.get(one.id)
        found = [] if message is None else [message.string] if isinstance(message.string, str) else message.string
        allowed = names_in(one.text) | names_in(one.plural or "")
        for text in filter(None, found):
            # The singular of a counting sentence may leave its number out.
            needed = allowed - {"count"} if one.plural else allowed
            if not needed <= names_in(text) <= allowed:
                wrong.append((one.file, one.text, text))
    assert not wrong


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_the_compiled_catalogue_is_the_one_people_read(code: str) -> None:
    folder = CATALOGUES / code / "LC_MESSAGES"
    with (folder / "solidaria.po").open("rb") as stream:
        catalogue = read_po(stream, locale=code, domain="solidaria")
    assert (folder / "solidaria.mo").read_bytes() == compiled(catalogue)
    assert {message.id for message in catalogue if message.id} == {
        message.id for message in updated(code) if message.id
    }


def test_the_search_for_sentences_finds_those_in_python_and_in_templates(tmp_path: object) -> None:
    files = {one.file for one in sentences(PACKAGE)}
    assert "report/telling.py" in files
    assert "report/templates/_make.html" in files
