"""One language of the reports: sentences, numbers, money, shares and dates as people write them."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from solidaria.core.money import currency_decimals, half_up
from solidaria.core.problem import Exact, Sentence, say
from solidaria.report.units import unit_of

#: The languages a report can be written in; English is the language of the templates themselves.
LANGUAGES = ("en", "es")
#: Languages that are begun: what is not yet translated stays English. The platform offers them, the reports do not.
BEGUN = ("pt",)
CATALOGUES = Path(__file__).parent.parent / "locale"


class Language:
    """Turns values into text in one language; a sentence without a translation stays English.

    Raises ValueError when the language is not one of LANGUAGES or BEGUN.
    """

    def __init__(self, code: str = "en", currency: str = "") -> None:
        if code not in LANGUAGES + BEGUN:
            raise ValueError(f"no such language: {code}; there are {', '.join(LANGUAGES)}")
        self.code = code
        self.currency = currency
        self.locale = Locale.parse(code)
        self.decimals = currency_decimals(currency)
        found = None if code == "en" else _catalogue(code)
        self._catalogue: gettext.NullTranslations = found or gettext.NullTranslations()

    def template(self, sentence: Sentence) -> str:
        """The translated template of a sentence, its {names} still in place."""
        if sentence.plural is None or sentence.count is None:
            return self._catalogue.gettext(sentence.template)
        return self._catalogue.ngettext(sentence.template, sentence.plural, sentence.count)

    def text(self, sentence: Sentence | str) -> str:
        """The sentence as plain text, with every number and every inner sentence in this language."""
        if isinstance(sentence, str):
            return sentence
        return self.template(sentence).format_map(_Words(self, sentence.values))

    def markup(self, sentence: Sentence | str) -> Markup:
        """The sentence as HTML: whatever people typed is escaped; values that are Markup already stay."""
        if isinstance(sentence, str):
            return escape(sentence)
        return Markup(escape(self.template(sentence))).format_map(_Words(self, sentence.values))

    def value(self, value: object) -> object:
        """A value as it stands in a sentence: numbers and dates formatted, sentences translated."""
        if isinstance(value, Sentence):
            return self.text(value)
        if isinstance(value, bool):
            return str(value)
        if isinstance(value, Fraction):
            return str(value) if value.denominator > 1 else self.number(Decimal(value.numerator))
        if isinstance(value, Exact):
            places = max(0, -int(value.as_tuple().exponent))
            return self.number(value, decimals=max(2, places) if value != value.to_integral_value() else 0)
        if isinstance(value, (int, Decimal)):
            return self.number(Decimal(value))
        if isinstance(value, float):
            return self.number(Decimal(repr(value)))
        if isinstance(value, date):
            return self.date(value)
        return value

    def number(
        self, value: Decimal | int, unit: str = "", decimals: int | None = None, *, exact: bool = False
    ) -> str:
        """A quantity, with its unit if given: two decimals at most, six below 0.01, none from 10,000 on.

        unit       as the workbook says; common words take the form that goes with the number: 1 piece, 5 pieces
        decimals   exactly so many, where given
        exact      all its decimals, up to six
        """
        value = Decimal(value)
        if exact:
            text = format_decimal(value, format="#,##0.######", locale=self.locale)
        elif decimals is None:
            text = format_decimal(value, format=_pattern(abs(value)), locale=self.locale)
        else:
            text = self._fixed(value, decimals)
        return f"{text}\N{NO-BREAK SPACE}{unit_of(unit, one=text == '1')}" if unit else text

    def money(self, amount: Decimal, *, code: bool = True, extra: int = 0) -> str:
        """Money with the currency's decimals (and `extra` more), followed by the currency's code."""
        text = self._fixed(amount, self.decimals + extra)
        return f"{text}\N{NO-BREAK SPACE}{self.currency}" if code and self.currency else text

    def price(self, amount: Decimal, *, code: bool = False, least: int = 0) -> str:
        """A unit price for people: the currency's decimals, and more where it would else lose its meaning.

        Two more below one, four more below a tenth.

        least   at least so many more. A price that stands beside what was paid takes as many as `price_decimals`
                (report/figures.py) found, so that quantity times the price shown, rounded, is the amount shown;
                and a product's price is shown with the same decimals on every page and in every report of its plan.
        """
        extra = 0 if amount == 0 or abs(amount) >= 1 else 2 if abs(amount) >= Decimal("0.1") else 4
        return self.money(amount, code=code, extra=max(extra, least))

    def quantity_at(self, quantity: Decimal, unit: str, price: Decimal, least: int) -> str:
        """A quantity beside its price and amount: with all its decimals where fewer would give another amount.

        least   the decimals of the price, as for `price`
        """
        usual = Decimal(1) if abs(quantity) >= 10_000 else Decimal("0.01")
        shown = quantity.quantize(usual)
        each = half_up(price, self.decimals + least)
        same = half_up(shown * each, self.decimals) == half_up(quantity * each, self.decimals)
        return self.number(quantity, unit, exact=not same)

    def percent(self, share: float | Decimal, decimals: int = 0) -> str:
        """A share as percent, rounded down so that less than everything never reads as 100 %.

        A share that is not nothing never reads as 0 %: below the last digit it says "<".
        """
        value = Decimal(repr(share)) if isinstance(share, float) else Decimal(share)
        value = half_up(value, 8) * 100
        step = Decimal(1).scaleb(-decimals)
        floor = value.quantize(step, rounding="ROUND_FLOOR")
        less = "<\N{NO-BREAK SPACE}" if floor == 0 and value > 0 else ""
        shown = max(floor, step) if less else floor
        text = format_decimal(shown, format="#,##0." + "#" * decimals if decimals else "#,##0", locale=self.locale)
        return f"{less}{text}\N{NO-BREAK SPACE}%"

    def date(self, day: date) -> str:
        """A day in words: 3 April 2003, 3 de abril de 2003."""
        pattern = "d MMMM y" if self.code == "en" else "long"
        return format_date(day, format=pattern, locale=self.locale)

    def listing(self, words: list[str]) -> str:
        """Words as a list in a sentence: "a, b and c"."""
        if len(words) < 2:
            return "".join(words)
        return self.text(say("{start} and {end}", start=", ".join(words[:-1]), end=words[-1]))

    def _fixed(self, value: Decimal, decimals: int) -> str:
        rounded = half_up(value, decimals)
        if rounded == 0:
            rounded = abs(rounded)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(rounded, format=pattern, locale=self.locale)


def _pattern(size: Decimal) -> str:
    """As many decimals as somebody reading aloud would say."""
    if size and size < Decimal("0.01"):
        return "#,##0.######"
    return "#,##0.##" if size < 10_000 else "#,##0"


class _Words(Mapping[str, object]):
    """The values of a sentence, each formatted when it is asked for.

    A {unit} takes the form that goes with the one number of the sentence, or with one where it has no number.
    """

    def __init__(self, language: Language, values: Mapping[str, object]) -> None:
        self._language, self._values = language, values

    def __getitem__(self, name: str) -> object:
        value = self._values[name]
        if name == "unit" and isinstance(value, str):
            value = self._unit(value)
        return value if isinstance(value, Markup) else self._language.value(value)

    def _unit(self, unit: str) -> str:
        numbers = [value for value in self._values.values() if isinstance(value, (int, Decimal))]
        if len(numbers) > 1:
            return unit
        form = unit_of(unit, one=not numbers or self._language.number(Decimal(numbers[0])) == "1")
        return escape(form) if isinstance(unit, Markup) else form

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _catalogue(code: str) -> gettext.NullTranslations | None:
    path = CATALOGUES / code / "LC_MESSAGES" / "solidaria.mo"
    if not path.exists():
        return None
    with path.open("rb") as stream:
        return gettext.GNUTranslations(stream)
