"""Bank statements: rows of a CSV read by a mapping that the treasurer chose, and what makes a line itself.

A statement is read whole or not at all: every fault is told at once, with its row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from solidaria.core.books import MOST, counted, decimals_of, money
from solidaria.core.problem import Fault, Sentence, say
from solidaria.core.workbook.cells import shown

#: What a column can be.
FIELDS: dict[str, Sentence] = {
    "day": say("day of booking"),
    "amount": say("amount, below zero what went out"),
    "into": say("what came in"),
    "out": say("what went out"),
    "direction": say("sign: whether it came in or went out"),
    "currency": say("currency"),
    "name": say("who paid or was paid"),
    "number": say("account of the other side"),
    "text": say("text"),
    "reference": say("reference"),
    "bank": say("the bank's own number of the line"),
}
#: How days are written. Whatever stands between the numbers is no matter.
DAYS: dict[str, Sentence] = {
    "ymd": say("year, month, day"),
    "dmy": say("day, month, year"),
    "mdy": say("month, day, year"),
}
#: The sign between the whole and its parts.
POINTS: dict[str, Sentence] = {".": say("a point: 1,234.50"), ",": say("a comma: 1.234,50")}
#: Longer texts are cut; what tells lines apart is worked out before.
NAME, NUMBER, TEXT, REFERENCE = 140, 40, 500, 140
#: Texts of a line in several columns are put together.
SEVERAL = ("text",)
MOST_LINES = 20_000

#: Words in headers, folded, in the languages of banks that our sites have. `direction` only where its cells say it.
HEADERS: dict[str, tuple[str, ...]] = {
    "direction": ("tipo", "d/c", "c/d", "dc", "cdtdbtind", "type", "s/h", "signo", "debit/credit", "soll/haben"),
    "day": (
        "fecha de operacion", "fecha operacion", "fecha contable", "fecha", "booking date", "transaction date",
        "date", "data do lancamento", "data lancamento", "data mov", "data", "buchungstag", "buchungsdatum",
        "datum", "date operation", "date de comptabilisation",
    ),
    "into": ("abono", "haber", "credito", "credit", "paid in", "money in", "haben", "entrada"),
    "out": ("cargo", "debe", "debito", "debit", "paid out", "money out", "soll", "saida"),
    "amount": ("importe", "monto", "amount", "betrag", "montant", "valor", "quantia", "umsatz"),
    "currency": ("moneda", "divisa", "currency", "moeda", "wahrung", "devise"),
    "name": (
        "beneficiario", "ordenante", "nombre", "contraparte", "counterparty", "payee", "name", "nome",
        "auftraggeber", "begunstigter", "empfanger", "zahlungspflichtiger", "titular",
    ),
    "number": ("cuenta contraparte", "cuenta destino", "cbu", "iban", "kontonummer", "account number", "conta"),
    "text": (
        "concepto", "descripcion", "detalle", "description", "details", "memo", "verwendungszweck", "buchungstext",
        "libelle", "historico", "descricao", "observaciones", "narrative", "text",
    ),
    "reference": ("referencia", "reference", "ref.", "ref", "end-to-end", "kundenreferenz"),
    "bank": ("numero de operacion", "nro. operacion", "transaction id", "id de transaccion", "comprobante"),
}  # fmt: skip
#: What a column "sign" says of money that went out, folded; anything of INS came in.
OUTS = (
    "d",
    "debit",
    "debito",
    "debe",
    "dbit",
    "dr",
    "cargo",
    "soll",
    "s",
    "-",
    "egreso",
    "out",
    "saida",
    "lastschrift",
)
INS = (
    "c",
    "credit",
    "credito",
    "haber",
    "crdt",
    "cr",
    "abono",
    "haben",
    "h",
    "+",
    "ingreso",
    "in",
    "entrada",
    "gutschrift",
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene january enero janeiro januar", "feb fev february febrero fevereiro februar",
            "mar mrz march marzo marco marz", "apr abr april abril", "may mayo mai maio", "jun june junio junho juni",
            "jul july julio julho juli", "aug ago august agosto", "sep set sept september septiembre setembro",
            "oct okt out october octubre outubro oktober", "nov november noviembre novembro",
            "dec dic dez december diciembre dezembro dezember",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True)
class Mapping:
    """How a statement in CSV is read; chosen once for an account, and asked again when a file has other columns.

    separator  between cells: ; , | or a tab; encoding: utf-8, cp1252 or utf-16
    header     in which line the names of the columns stand, from 1; lines before it are not read
    columns    place of a column from 0 → one of FIELDS; several can be "text"
    names      the names of all columns, folded: a file with others is not read by this mapping
    day        one of DAYS; point: one of POINTS
    turned     what went out stands above zero (some banks of credit cards)
    """

    separator: str = ";"
    encoding: str = "utf-8"
    header: int = 1
    columns: tuple[tuple[int, str], ...] = ()
    names: tuple[str, ...] = ()
    day: str = "dmy"
    point: str = ","
    turned: bool = False

    def places(self, what: str) -> tuple[int, ...]:
        """The places of the columns that are this."""
        return tuple(place for place, name in self.columns if name == what)


def packed(mapping: Mapping) -> dict[str, Any]:
    """The mapping as JSON holds it."""
    return {**mapping.__dict__, "columns": [list(one) for one in mapping.columns], "names": list(mapping.names)}


def unpacked(kept: Names[str, Any]) -> Mapping:
    """The mapping that `packed` gave."""
    columns = tuple((int(place), str(what)) for place, what in kept["columns"])
    return Mapping(**{**kept, "columns": columns, "names": tuple(kept["names"])})


@dataclass(frozen=True)
class Line:
    """One line of a statement.

    row        where it stands in the file, from 1
    amount     in minor units: above 0 it came in, below 0 it went out
    name, number   of the other side; text, reference: what it says it is for
    bank       the bank's own number of it; blank where the bank gives none
    """

    row: int
    day: date
    amount: int
    name: str = ""
    number: str = ""
    text: str = ""
    reference: str = ""
    bank: str = ""


@dataclass(frozen=True)
class Statement:
    """A statement as it was read: its lines, in the order of the file, and what the file says of itself.

    opening, closing   balances in minor units; None where the file says none
    pending            lines the bank had not booked yet, which are not read
    blank              rows without a day and an amount, which are not read
    """

    lines: tuple[Line, ...]
    number: str = ""
    opening: int | None = None
    closing: int | None = None
    pending: int = 0
    blank: int = 0
    faults: tuple[Fault, ...] = field(default=(), compare=False)

    @property
    def adds_up(self) -> bool | None:
        """Whether opening and lines give the closing balance; None where the file says no balances."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening + sum(line.amount for line in self.lines) == self.closing


# --- what makes a line itself ---


def keys(lines: Sequence[Line]) -> tuple[str, ...]:
    """For each line what makes it itself, in their order: no two are the same.

    Day and amount; with the bank's own number of the line where there is one, else with the other side and the text.
    The second line of a file with the same of these gets 2 at its end, the third 3: the same file read again gives the
    same keys.
    """
    seen: dict[str, int] = {}
    found = []
    for line in lines:
        first = key_of(line)
        seen[first] = seen.get(first, 0) + 1
        found.append(first if seen[first] == 1 else numbered(first, seen[first]))
    return tuple(found)


def key_of(line: Line) -> str:
    """What makes a line itself, whatever else stands in its file."""
    if line.bank:
        # With its day and amount: some banks write the same number, such as 0, under many lines.
        return "bank:" + sha256(f"{line.bank}\n{line.day}\n{line.amount}".encode()).hexdigest()
    # How a bank spaces and capitalises a text differs between its own exports of the same day.
    parts = (
        line.day.isoformat(),
        str(line.amount),
        *(_squeezed(one) for one in (line.name, line.text, line.reference)),
    )
    return "line:" + sha256("\n".join(parts).encode()).hexdigest()


def numbered(key: str, number: int) -> str:
    """The key of the second, third … line that looks the same."""
    return f"{key}#{number}"


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()


# --- guessing how a file is to be read ---


def guess(rows: Sequence[Sequence[str]], separator: str, encoding: str, header: int | None = None) -> Mapping:
    """How a file looks as if it is to be read: shown to the treasurer, who decides.

    header   in which line the names of the columns stand, from 1; None: look for it
    """
    at = _header_of(rows) if header is None else max(0, min(header, len(rows)) - 1)
    return _guess(rows, separator, encoding, at)


def _header_of(rows: Sequence[Sequence[str]]) -> int:
    return next(
        (
            at
            for at, row in enumerate(rows[:40])
            if sum(bool(cell.strip()) for cell in row) >= 2 and _header_like(row)
        ),
        0,
    )


def _guess(rows: Sequence[Sequence[str]], separator: str, encoding: str, header: int) -> Mapping:
    names = folded_names(rows[header]) if rows else ()
    columns: dict[int, str] = {}
    samples = rows[header + 1 : header + 201]
    for what, words in HEADERS.items():
        place = _column_for(names, words, columns)
        if what == "direction" and place is not None:
            said = {folded(row[place]) for row in samples if place < len(row)} - {""}
            place = place if said and said <= {*OUTS, *INS} else None
        if place is not None and not (what == "amount" and {"into", "out"} <= set(columns.values())):
            columns[place] = what
    if "amount" in columns.values():
        # One column with a sign says more than a column that happens to be called credit.
        columns = {place: what for place, what in columns.items() if what not in ("into", "out")}
    days = [row[place] for place, what in columns.items() if what == "day" for row in samples if place < len(row)]
    sums = [
        row[place]
        for place, what in columns.items()
        if what in ("amount", "into", "out")
        for row in samples
        if place < len(row)
    ]
    if not sums:  # no column is known by its name: look at everything
        sums = [cell for row in samples for cell in row if re.search(r"\d", cell) and not re.search(r"[/:]", cell)]
    return Mapping(
        separator=separator,
        encoding=encoding,
        header=header + 1,
        columns=tuple(sorted(columns.items())),
        names=names,
        day=_guess_day(days),
        point="," if any(re.search(r",\d{1,2}\D*\Z", one.strip()) for one in sums) else ".",
    )


def folded_names(row: Sequence[str]) -> tuple[str, ...]:
    """The names of columns so that capitals and accents make no difference."""
    return tuple(folded(cell) for cell in row)


def folded(text: str) -> str:
    """A text in small letters without accents."""
    plain = text.casefold().translate(str.maketrans("áàâãäéèêëíìîïóòôõöúùûüçñ", "aaaaaeeeeiiiiooooouuuucn"))
    return " ".join(plain.split())


def _header_like(row: Sequence[str]) -> bool:
    names = folded_names(row)
    known = sum(_column_for(names, words, {}) is not None for words in HEADERS.values())
    return known >= 2 and not any(re.fullmatch(r"[+-]?[\d.,]+", name) for name in names if name)


def _column_for(names: Sequence[str], words: Sequence[str], taken: Names[int, str]) -> int | None:
    for fits in (
        lambda name, word: name == word,
        lambda name, word: name.startswith(word),
        lambda name, word: word in name,
    ):
        for word in words:
            for place, name in enumerate(names):
                # Short words stand inside too many others.
                if place not in taken and name and fits(name, word) and (len(word) > 3 or name == word):
                    return place
    return None


def _guess_day(texts: Sequence[str]) -> str:
    firsts = []
    for text in texts:
        parts = re.findall(r"\d+", text)
        if parts and len(parts[0]) >= 4:
            return "ymd"
        if len(parts) >= 3:
            firsts.append((int(parts[0]), int(parts[1])))
    return (
        "mdy" if any(second > 12 for _, second in firsts) and not any(first > 12 for first, _ in firsts) else "dmy"
    )


# --- reading ---


def mapping_faults(mapping: Mapping) -> list[Fault]:
    """What is missing in a mapping; empty when a statement can be read by it."""
    faults = []

    def wrong(column: str, what: Sentence, help: Sentence) -> None:
        faults.append(Fault("", None, column, what, help))

    if len(mapping.places("day")) != 1:
        wrong(
            "columns", say("It has to be said which column is the day."), say("Choose it for exactly one column.")
        )
    one, two = mapping.places("amount"), (*mapping.places("into"), *mapping.places("out"))
    if bool(one) == bool(two) or len(one) > 1 or len(mapping.places("into")) > 1 or len(mapping.places("out")) > 1:
        wrong(
            "columns",
            say("It has to be said where the amount is."),
            say("Choose one column with the amount; or one with what came in and one with what went out."),
        )
    for what, words in FIELDS.items():
        if what not in (*SEVERAL, "day", "amount", "into", "out") and len(mapping.places(what)) > 1:
            wrong("columns", say("Two columns are said to be: {what}.", what=words), say("Choose one of them."))
    return faults


def read(rows: Sequence[Sequence[str]], mapping: Mapping, currency: str, name: str) -> Statement:
    """The lines of a statement, with every fault at once.

    rows      the cells of each line of the file, from its first
    name      of the file, for the faults
    """
    faults = mapping_faults(mapping)
    if faults:
        return Statement((), faults=tuple(faults))
    header = rows[mapping.header - 1] if 0 < mapping.header <= len(rows) else []
    if mapping.names and folded_names(header) != mapping.names:
        what = say("The columns are not the ones that were chosen before.")
        return Statement(
            (), faults=(Fault(name, mapping.header, None, what, say("Choose anew what each column is.")),)
        )
    lines: list[Line] = []
    blank = 0
    for number, row in enumerate(rows[mapping.header :], mapping.header + 1):
        reader = _Row(name, number, row, header, mapping, currency)
        if not any(cell.strip() for cell in row):
            continue
        if reader.is_blank():
            blank += 1
            continue
        line = reader.line()
        faults += reader.faults
        if line is not None and line.amount:
            lines.append(line)
        elif line is not None:
            blank += 1
    if len(lines) > MOST_LINES:
        what = say("The statement has more than {most} lines.", most=MOST_LINES)
        faults.append(Fault(name, None, None, what, say("Take a shorter time from your bank, in several files.")))
    if not lines and not faults:
        what = say("There is no line with a day and an amount.")
        faults.append(Fault(name, None, None, what, say("Look whether the columns are chosen rightly.")))
    return Statement(tuple(lines), blank=blank, faults=tuple(faults))


class _Row:
    """One row of a file, read by a mapping; what is wrong is collected."""

    def __init__(
        self, name: str, number: int, row: Sequence[str], header: Sequence[str], mapping: Mapping, currency: str
    ) -> None:
        self.name, self.number, self.row, self.header = name, number, row, header
        self.mapping, self.currency = mapping, currency
        self.faults: list[Fault] = []

    def cell(self, what: str) -> str:
        """The text of the column, or of all columns, that are this."""
        found = [self.row[place].strip() for place in self.mapping.places(what) if place < len(self.row)]
        return " ".join(text for text in found if text)

    def is_blank(self) -> bool:
        """A row without a day and without an amount: a heading, a total in words."""
        return not self.cell("day") and not any(self.cell(what) for what in ("amount", "into", "out"))

    def wrong(self, what: str, told: Sentence, help: Sentence) -> None:
        """Note a fault in the column that is this."""
        places = self.mapping.places(what)
        column = self.header[places[0]].strip() if places and places[0] < len(self.header) else ""
        self.faults.append(Fault(self.name, self.number, column or None, told, help))

    def line(self) -> Line | None:
        """The line; None where something is wrong with it."""
        day = self._day()
        amount = self._amount()
        said = self.cell("currency")
        if said and said.upper() != self.currency:
            told = say(
                "This is in {said}, the account is in {currency}.", said=shown(said), currency=self.currency
            )
            self.wrong("currency", told, say("Leave the row out, or bring it in to another account."))
        if self.faults or day is None or amount is None:
            return None
        return Line(
            self.number,
            day,
            amount,
            self.cell("name")[:NAME],
            re.sub(r"\s+", "", self.cell("number"))[:NUMBER],
            self.cell("text")[:TEXT],
            self.cell("reference")[:REFERENCE],
            self.cell("bank")[:REFERENCE],
        )

    def _day(self) -> date | None:
        text = self.cell("day")
        found = day_in(text, self.mapping.day)
        if found is None:
            told = say("“{text}” is not a day written as {order}.", text=shown(text), order=DAYS[self.mapping.day])
            self.wrong("day", told, say("Look at the row; or choose how days are written in this file."))
        return found

    def _amount(self) -> int | None:
        sums: dict[str, int] = {}
        for what in ("amount", "into", "out"):
            text = self.cell(what)
            if not text:
                continue
            found = amount_in(text, self.mapping.point)
            count = None if found is None else counted(found, money(self.currency))
            if count is None or abs(count) > MOST:
                told = say("“{text}” is not an amount that can be read.", text=shown(text))
                decimals = decimals_of(money(self.currency))
                help = say("Choose the sign between whole and parts; at most {count} decimals.", count=decimals)
                self.wrong(what, told, help)
                return None
            sums[what] = count
        if "amount" in sums:
            return self._signed(sums["amount"])
        if sums.get("into") and sums.get("out"):
            self.wrong(
                "into", say("It came in and went out at once."), say("One of the two columns has to be blank.")
            )
            return None
        if not sums:
            self.wrong("amount", say("The amount is blank."), say("Look at the row in the file of the bank."))
            return None
        # Some banks write what went out below zero in its own column, too.
        return sums["into"] if sums.get("into") else -abs(sums.get("out", 0))

    def _signed(self, count: int) -> int | None:
        said = self.cell("direction")
        if self.mapping.places("direction"):
            word = folded(said)
            if word not in OUTS and word not in INS:
                told = say("“{text}” does not say whether it came in or went out.", text=shown(said))
                self.wrong(
                    "direction", told, say("It can be: {words}.", words="D, C, debit, credit, cargo, abono, S, H")
                )
                return None
            count = -abs(count) if word in OUTS else abs(count)
        return -count if self.mapping.turned else count


def day_in(text: str, order: str) -> date | None:
    """The day a text says in this order: 24/11/2026, 24.11.26, 24-nov-2026, 20261124 …; a time behind is no matter."""
    text = folded(text)
    solid = re.match(r"(\d{8})(?!\d)", text)
    if solid:
        digits = solid.group(1)
        cut = (4, 6) if order == "ymd" else (2, 4)
        parts = [digits[: cut[0]], digits[cut[0] : cut[1]], digits[cut[1] :]]
    else:
        found = re.match(r"(\d{1,4})[^\w]+(?:de )?(\d{1,2}|[a-z]{3,10})\.?[^\w]+(?:de )?(\d{1,4})(?![\d])", text)
        if found is None:
            return None
        parts = list(found.groups())
    numbers = [_MONTHS.get(part, 0) if part.isalpha() else int(part) for part in parts]
    if any(part.isalpha() for part in parts):
        order = "ymd" if len(parts[0]) == 4 else "dmy"
    year, month, day = (numbers[order.index(what)] for what in "ymd")
    if len(parts[order.index("y")]) <= 2:
        year += 2000
    try:
        return date(year, month, day) if 1990 <= year <= 2200 else None
    except ValueError:
        return None


_SIGNS = str.maketrans({"−": "-", "–": "-", "'": "", "’": "", "\u00a0": "", "\u202f": "", "\u2009": "", " ": ""})


def amount_in(text: str, point: str) -> Decimal | None:
    """The amount a text says: 1.234,50 · -12.5 · (12,50) · 12,50- · $ 1,000.00; None where it says none.

    Signs between thousands have to stand between thousands: 1.5 is not fifteen where the comma divides.
    """
    plain = re.sub(r"\A(-?)[A-Za-z$€£]+\.?|[A-Za-z$€£]+\.?\Z", r"\1", text.translate(_SIGNS))
    below = False
    if plain.startswith("(") and plain.endswith(")"):
        plain, below = plain[1:-1], True
    if plain[-1:] in "+-" and plain:
        plain, below = plain[:-1], below or plain[-1] == "-"
    if plain[:1] in "+-" and plain:
        below, plain = below != (plain[0] == "-"), plain[1:]
    thousands = "," if point == "." else "."
    shape = rf"(\d+|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|)(?:{re.escape(point)}(\d+))?"
    found = re.fullmatch(shape, plain, re.ASCII)
    if found is None or not plain or len(plain) > 30:
        return None
    value = Decimal(f"{found.group(1).replace(thousands, '') or '0'}.{found.group(2) or '0'}")
    return -value if below else value


def without(statement: Statement, rows: Sequence[int]) -> Statement:
    """The statement without the lines of these rows."""
    return replace(statement, lines=tuple(line for line in statement.lines if line.row not in set(rows)))
