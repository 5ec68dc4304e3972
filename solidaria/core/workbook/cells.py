"""Cells into values: a number, a date, an id … or a fault that says what would help. Nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from solidaria.core.problem import Sentence, say
from solidaria.core.signs import cleaned
from solidaria.core.workbook.currencies import CURRENCIES
from solidaria.core.workbook.schema import OBJECTIVES, Column
from solidaria.core.workbook.suggest import nearest
from solidaria.core.workbook.tables import Cell, ErrorValue, NoValue

#: Ids longer than this are a pasted text, not an id.
ID_LENGTH = 100

#: Beyond these a figure is a slip, and the solver could not tell it from infinity or from nothing.
LARGEST, SMALLEST, DIGITS = Decimal("1e15"), Decimal("1e-9"), 40
#: Of a number with more signs than these a sentence shows the beginning.
LONG = 20

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)
_COMMA = re.compile(r"([+-]?\d+),(\d+)\Z", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([ ,.'’\u00a0\u202f\u2009]\d{3})+([.,]\d+)?\Z", re.ASCII)
_PERCENT = re.compile(r"([+-]?\d+(\.\d+)?)\s*%\Z", re.ASCII)
_ERRORS = re.compile(r"#(REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|SPILL!|CALC!|GETTING_DATA)\Z|Err:\d{3}\Z")
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"})
_OTHER_DATE = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})\Z", re.ASCII)

#: A value, and what is wrong with it: one of the two is None (both are for a blank cell).
Problem = tuple[Sentence, Sentence]
Parsed = tuple[object, Problem | None]

BLANK: Parsed = (None, None)

#: What helps where a number is not one; in a cell the decimal sign is a point in every language.
DIGITS_ONLY = say("Write digits only, such as 12 or 1.5; no units, no signs of money.")


def shown(text: str) -> str:
    """The text as it can stand in a sentence: on one line, and short."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "…"


def is_blank(cell: Cell) -> bool:
    """Whether there is nothing in the cell, or only spaces."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def plain(number: Decimal) -> str:
    """The number as people write it, without an exponent and without needless zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _begun(number: Decimal) -> str:
    """The first digits of a number that is too long to read, as people write it: never with an exponent."""
    text = plain(number)
    return text if len(text) <= LONG else text[:LONG] + "…"


def as_text(cell: Cell) -> str:
    """The cell as text, without the spaces around it; a typed cell as a person would write it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, ErrorValue):
        return cell.text
    return ""


def no_value(cell: Cell) -> Problem | None:
    """What is wrong with a cell whatever column it stands in: no stored value, or an error of the spreadsheet."""
    if isinstance(cell, NoValue):
        return (
            say("This cell has a formula but no stored value."),
            say("Open the workbook in a spreadsheet program, save it, and try again; or write the value itself."),
        )
    text = cell.text if isinstance(cell, ErrorValue) else cell.strip() if isinstance(cell, str) else ""
    if isinstance(cell, ErrorValue) or (text and text[0] in "#E" and _ERRORS.match(text)):
        return (
            say("The spreadsheet shows the error {error} here.", error=shown(text)),
            say("Mend the formula, or write the value itself."),
        )
    return None


def number(cell: Cell, column: Column) -> Parsed:
    """The cell as a Decimal within the column's limits."""
    if isinstance(cell, Decimal):
        return _within(cell, column)
    if isinstance(cell, bool):
        return None, (
            say("There is {value} here, not a number.", value=as_text(cell)),
            say("Write a number."),
        )
    if isinstance(cell, (date, datetime)):
        return None, (
            say("There is a date here ({value}), not a number.", value=as_text(cell)),
            say("Set the format of the cell to a plain number and type the number again."),
        )
    text = as_text(cell)
    if NUMBER.match(text):
        return _within(Decimal(text), column)
    return None, _not_a_number(text)


def _within(value: Decimal, column: Column) -> Parsed:
    if not value.is_finite():
        return None, _not_a_number(str(value))
    if column.least is not None and column.least >= 0 and value < 0:
        return None, (
            say("{value} is negative.", value=_begun(value)),
            say("Write a number that is {least} or more.", least=plain(column.least))
            if not column.above
            else say("Write a number above {least}.", least=plain(column.least)),
        )
    if column.whole and (
        value != value.to_integral_value() or (column.least is not None and value < column.least)
    ):
        return None, (
            say("{value} is not a whole number from {least} on.", value=_begun(value), least=str(column.least)),
            say("Write 1, 2, 3 and so on; 1 is the most essential."),
        )
    if column.above and value == column.least:
        return None, (
            say(
                "{value} is not enough: it must be above {least}.", value=_begun(value), least=plain(column.least)
            ),
            say("Write a number above {least}.", least=plain(column.least))
            if column.lone
            else say("Write a number above {least}, or delete the row.", least=plain(column.least)),
        )
    if (column.least is not None and value < column.least) or (column.most is not None and value > column.most):
        share = column.least == 0 and column.most == 1
        return None, (
            say(
                "{value} is not between {least} and {most}.",
                value=_begun(value),
                least=plain(column.least or Decimal(0)),
                most=plain(column.most or Decimal(0)),
            ),
            say(
                "A share is part of one: write {share} for {value} %.",
                share=plain(value / 100),
                value=_begun(value),
            )
            if share
            else say("Check the figure."),
        )
    if abs(value) > LARGEST:
        return None, (
            say("{value} is too large to be true.", value=_begun(value)),
            say("Numbers may go up to a million times a thousand million. Check the figure and its unit."),
        )
    if value and abs(value) < SMALLEST:
        return None, (
            say("{value} is so small that it is as good as nothing.", value=_begun(value)),
            say("Write 0, leave it blank, or use a larger unit."),
        )
    if len(value.as_tuple().digits) > DIGITS:
        return None, (
            say("{value} has more than {count} digits.", value=_begun(value), count=DIGITS),
            say("Round it."),
        )
    return value, None


def _not_a_number(text: str) -> Problem:
    """Say what stands there instead of a number, and how to write what was perhaps meant."""
    comma, percent = _COMMA.match(text), _PERCENT.match(text)
    if comma and not (len(comma[2]) == 3 and len(comma[1].lstrip("+-")) <= 3 and comma[1].lstrip("+-") != "0"):
        return (
            say("“{value}” has a decimal comma.", value=shown(text)),
            say("Write it with a point: {value}.", value=f"{comma[1]}.{comma[2]}"),
        )
    if comma:
        return (
            say("“{value}” can be read in two ways: is the comma a decimal comma, or for thousands?", value=text),
            say(
                "Write {whole} for thousands, or {part} with a decimal point.",
                whole=comma[1] + comma[2],
                part=plain(Decimal(f"{comma[1]}.{comma[2]}")),
            ),
        )
    if _THOUSANDS.match(text):
        meant = _without_marks(text)
        return (
            say("“{value}” has marks between the thousands.", value=shown(text)),
            say("Write it without them: {value}.", value=meant)
            if meant
            else say("Write digits only, with a point before the decimals: 1500.25."),
        )
    if percent:
        return (
            say("“{value}” is a percentage.", value=shown(text)),
            say("Write it as a share: {share}.", share=plain(Decimal(percent[1]) / 100)),
        )
    if text.startswith("="):
        return (
            say("“{value}” is a formula written as text, not a number.", value=shown(text)),
            say("Write the number itself."),
        )
    if text.lstrip("+-").lower() in ("inf", "infinity", "∞", "nan"):
        return (
            say("“{value}” is not a number that can be planned with.", value=shown(text)),
            say("Write a finite number; leave it blank where a blank means no limit."),
        )
    return (
        say("“{value}” is not a number.", value=shown(text)),
        DIGITS_ONLY,
    )


def _without_marks(text: str) -> str | None:
    """A number with marks between its thousands as it should be written; None where that would be a guess.

    A last mark that is not like those before it stands before the decimals; one mark alone says nothing.
    """
    marks = [sign for sign in text.lstrip("+-") if not sign.isdigit()]
    *before, last = marks
    if len(set(before)) > 1:
        return None
    if last in before or (not before and last not in ",."):
        return "".join(sign for sign in text if sign not in marks)
    if not before or last not in ",.":
        return None
    return text.replace(before[0], "").replace(last, ".")


def identifier(cell: Cell, column: Column) -> Parsed:
    """The cell as an id: text exactly as it is, or a number as people write it."""
    if isinstance(cell, (date, datetime)):
        return None, (
            say("The spreadsheet turned this id into a date ({value}).", value=as_text(cell)),
            say("Set the format of the cell to text and type the id again."),
        )
    if isinstance(cell, bool):
        return None, (
            say("The spreadsheet turned this id into {value}.", value=as_text(cell)),
            say("Set the format of the cell to text and type the id again."),
        )
    text = cell if isinstance(cell, str) else as_text(cell)
    # Nearly every id takes this way out, so the careful looks below cost nothing.
    if text.isascii() and text.isprintable() and text[0] != " " and text[-1] != " " and len(text) <= ID_LENGTH:
        return text, None
    if text != text.strip():
        return None, (
            say("The id “{value}” has a space before or after it.", value=shown(text)),
            say("Delete the space."),
        )
    if any(unicodedata.category(sign) in _INVISIBLE or (sign.isspace() and sign != " ") for sign in text):
        return None, (
            say("The id “{value}” has a sign in it that cannot be seen.", value=shown(_visible(text))),
            say("Type the id again by hand."),
        )
    if unicodedata.normalize("NFC", text) != text:
        return None, (
            say("The id “{value}” has an accent stored as a sign of its own.", value=shown(text)),
            say("Type the id again by hand; it looks the same but is not."),
        )
    if len(text) > ID_LENGTH:
        return None, (
            say("The id “{value}” is longer than {count} signs.", value=shown(text), count=ID_LENGTH),
            say("Use a short id; the long text can go into a name or a note."),
        )
    return text, None


def _visible(text: str) -> str:
    """The text with every sign that cannot be seen shown as ␣."""
    return "".join(
        "␣" if unicodedata.category(sign) in _INVISIBLE or (sign.isspace() and sign != " ") else sign
        for sign in text
    )


def free_text(cell: Cell, column: Column) -> Parsed:
    """The cell as text without the spaces around it. A sign that nobody sees, or that steers a screen, is a fault."""
    text = as_text(cell)
    if text.isascii() and text.isprintable():
        return text, None
    if cleaned(text) != text or any(unicodedata.category(sign) == "Cs" for sign in text):
        return None, (
            say("The text “{value}” has a sign in it that cannot be seen.", value=shown(_visible(text))),
            say("Type the text again by hand."),
        )
    return text, None


def choice(cell: Cell, column: Column) -> Parsed:
    """The cell as one of the column's words; capitals do not matter."""
    if isinstance(cell, bool) and "yes" in column.choices:
        return ("yes" if cell else "no"), None
    text = as_text(cell)
    word = text.casefold()
    if word in column.choices:
        return word, None
    words = ", ".join(column.choices)
    close = nearest(text, column.choices)
    return None, (
        say("“{value}” is not one of the words for {column}.", value=shown(text), column=column.name),
        say("Did you mean {word}? It can be: {words}.", word=close, words=words)
        if close
        else say("It can be: {words}.", words=words),
    )


def day(cell: Cell, column: Column) -> Parsed:
    """The cell as a date."""
    if isinstance(cell, datetime):
        if cell.time() == time():
            return cell.date(), None
        return None, (
            say("{value} is a time of a day, not a day.", value=as_text(cell)),
            say("Write the day only: {day}.", day=cell.date().isoformat()),
        )
    if isinstance(cell, date):
        return cell, None
    text = as_text(cell)
    try:
        if len(text) == 10 and text.isascii():
            return date.fromisoformat(text), None
    except ValueError:
        pass
    if isinstance(cell, Decimal):
        return None, (
            say("There is a number here ({value}), not a day.", value=as_text(cell)),
            say(
                "Set the format of the cell to a date and look whether it is the right day; or write it as 2026-12-31."
            ),
        )
    other = _OTHER_DATE.match(text)
    days = _readings(*other.groups()) if other else []
    if len(days) == 2:
        return None, (
            say("“{value}” can be read as two days.", value=shown(text)),
            say("Write year, month, day: {one} or {other}.", one=days[0].isoformat(), other=days[1].isoformat()),
        )
    if days:
        return None, (
            say("“{value}” is not written as year, month, day.", value=shown(text)),
            say("Write {day}.", day=days[0].isoformat()),
        )
    return None, (
        say("“{value}” is not a day of the calendar.", value=shown(text)),
        say("Write year, month, day: {example}.", example="2026-12-31"),
    )


def _readings(first: str, second: str, third: str) -> list[date]:
    """The days that three numbers can mean, without a century guessed: day or month first, or the year."""
    orders = [(first, second, third)] if len(first) == 4 else [(third, second, first), (third, first, second)]
    found: list[date] = []
    for year, month, number in orders:
        try:
            meant = date(int(year), int(month), int(number)) if len(year) == 4 else None
        except ValueError:
            continue
        if meant is not None and meant not in found:
            found.append(meant)
    return found


def pays(cell: Cell, column: Column) -> Parsed:
    """What is paid: the word market or free, or an amount."""
    text = as_text(cell).casefold()
    if text in column.choices:
        return text, None
    if isinstance(cell, str) and text and text[0].isalpha() and text not in ("inf", "infinity", "nan"):
        return None, (
            say("“{value}” does not say what is paid.", value=shown(as_text(cell))),
            say("Write market, free, or an amount of money per unit."),
        )
    return number(cell, column)


def currency(cell: Cell, column: Column) -> Parsed:
    """The cell as a currency code in use."""
    code = as_text(cell)
    if code in CURRENCIES:
        return code, None
    close = code.upper() if code.upper() in CURRENCIES else None
    return None, (
        say("“{value}” is not the code of a currency.", value=shown(code)),
        say("Did you mean {word}?", word=close)
        if close
        else say("Write its three letters from ISO 4217, such as ARS, EUR or ZAR."),
    )


def objectives(cell: Cell, column: Column) -> Parsed:
    """The aims in their order; all of them must be named once."""
    words = tuple(word for word in re.split(r"[\s,;]+", as_text(cell).casefold()) if word)
    if sorted(words) == sorted(OBJECTIVES):
        return words, None
    return None, (
        say("“{value}” does not name each of the three aims once.", value=shown(as_text(cell))),
        say("Write jobs, outside and labour in the order you want, with spaces between: jobs outside labour."),
    )


PARSERS: dict[str, Callable[[Cell, Column], Parsed]] = {
    "id": identifier,
    "reference": identifier,
    "text": free_text,
    "choice": choice,
    "number": number,
    "date": day,
    "pays": pays,
    "currency": currency,
    "objectives": objectives,
}
