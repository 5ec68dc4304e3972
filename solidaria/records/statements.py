"""Files of banks: a CSV in any encoding to rows of text, and camt.053 (ISO 20022, versions 2 to 8) to a statement.

Sizes are looked at before anything is parsed. XML that declares a document type or entities is refused: no statement
needs one, and only an attack brings one along.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final
from xml.parsers import expat

from solidaria.core.bank import MOST_LINES, NAME, NUMBER, REFERENCE, TEXT, Line, Statement
from solidaria.core.books import MOST, counted, money
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.workbook.cells import NUMBER as PLAIN
from solidaria.core.workbook.cells import shown

#: Limits of a file, looked at before it is parsed. A bank's month of a large site is a tenth of this.
MOST_BYTES: Final = 5_000_000
MOST_COLUMNS: Final = 100
MOST_CELL: Final = 2_000
MOST_ROWS: Final = MOST_LINES + 200
#: Of an XML file: elements, and how deep they stand in each other.
MOST_ELEMENTS: Final = 600_000
MOST_DEPTH: Final = 40

ENCODINGS: dict[str, Sentence] = {
    "utf-8": say("UTF-8"),
    "cp1252": say("Windows, Western Europe"),
    "utf-16": say("UTF-16"),
}
SEPARATORS: dict[str, Sentence] = {
    ";": say("semicolon ;"),
    ",": say("comma ,"),
    "\t": say("tab"),
    "|": say("bar |"),
}
VERSIONS: Final = tuple(f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{number:02}" for number in range(2, 9))


def refused(name: str, what: Sentence, help: Sentence, row: int | None = None) -> Refused:
    """A refusal of a file as a whole."""
    return Refused([Fault(name, row, None, what, help)])


def check_size(name: str, content: bytes) -> None:
    """Raise Refused for a file that is empty or larger than any statement."""
    if len(content) > MOST_BYTES:
        what = say("{name} is larger than {most} million bytes.", name=shown(name), most=MOST_BYTES // 1_000_000)
        raise refused(name, what, say("Take a shorter time from your bank, in several files."))
    if not content.strip():
        raise refused(name, say("{name} is empty.", name=shown(name)), say("Take it from your bank once more."))


def is_xml(content: bytes) -> bool:
    """Whether a file is XML: then it is read as camt.053."""
    start = content[:200].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    return start.startswith((b"<?xml", b"<Document", b"<\x00?\x00x", b"<\x00D\x00o")) or start[:1] == b"<"


# --- CSV ---


def encoding_of(content: bytes) -> str:
    """In which of ENCODINGS a file looks as if it is written."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def separator_of(text: str) -> str:
    """What looks as if it stood between the cells: what divides most lines into the same number, of more than one."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    best, most = ";", (0, 0)
    for mark in SEPARATORS:
        counts: dict[int, int] = {}
        for line in lines:
            counts[_outside(line, mark)] = counts.get(_outside(line, mark), 0) + 1
        counts.pop(0, None)
        if counts:
            often = max(counts, key=lambda count: (counts[count], count))
            if (counts[often], often) > most:
                best, most = mark, (counts[often], often)
    return best


def _outside(line: str, mark: str) -> int:
    """How often a sign stands in a line outside quotation marks."""
    return re.sub(r'"[^"]*"', "", line).count(mark)


def rows_of(
    name: str, content: bytes, separator: str = "", encoding: str = ""
) -> tuple[list[list[str]], str, str]:
    """The cells of every line of a CSV file, the separator and the encoding; these two are looked for where blank.

    Raises Refused where the file cannot be read so.
    """
    check_size(name, content)
    encoding = encoding or encoding_of(content)
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError:
        what = say(
            "{name} cannot be read as {encoding}.", name=shown(name), encoding=ENCODINGS.get(encoding, encoding)
        )
        raise refused(name, what, say("Choose another encoding, or save the file as “CSV UTF-8”.")) from None
    if "\x00" in text:
        what = say("{name} is not a text file.", name=shown(name))
        raise refused(name, what, say("Ask your bank for CSV or for camt.053."))
    separator = separator or separator_of(text)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if len(rows) >= MOST_ROWS:
                what = say("{name} has more than {most} rows.", name=shown(name), most=MOST_ROWS)
                raise refused(name, what, say("Take a shorter time from your bank, in several files."))
            if len(row) > MOST_COLUMNS or any(len(cell) > MOST_CELL for cell in row):
                what = say("A row is far too long.")
                raise refused(name, what, say("Look whether the separator is the right one."), len(rows) + 1)
            rows.append(row)
    except csv.Error as error:
        what = say("The row cannot be read: {reason}.", reason=str(error))
        help = say("Look for a quotation mark that is opened and not closed.")
        raise refused(name, what, help, len(rows) + 1) from None
    return rows, separator, encoding


# --- camt.053 ---


@dataclass
class Element:
    """One element of an XML file: its name without the namespace, its text, and what stands in it."""

    name: str
    space: str = ""
    currency: str = ""
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self, *path: str) -> list[Element]:
        """The elements at the end of this path."""
        found = [self]
        for name in path:
            found = [one for each in found for one in each.inside if one.name == name]
        return found

    def first(self, *path: str) -> Element | None:
        """The first element at the end of this path."""
        return next(iter(self.all(*path)), None)

    def said(self, *path: str) -> str:
        """The text at the end of this path; blank where there is none."""
        found = self.first(*path)
        return "" if found is None else found.text.strip()


class _NoStatement(Exception):
    """What is wrong with an XML file as a whole."""

    def __init__(self, what: Sentence, help: Sentence) -> None:
        super().__init__(str(what))
        self.what, self.help = what, help


_AGAIN = say("Take the file from your bank once more, as camt.053.")


def tree(content: bytes) -> Element:
    """An XML file as elements. Raises _NoStatement for a document type, entities, too much in it, or what is no XML."""
    root = Element("")
    stack = [root]
    count = 0
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def declares(*_: object) -> int:
        raise _NoStatement(
            say("The file declares entities or a document type: no bank's statement does."),
            say("Do not open it elsewhere; take the file from your bank once more."),
        )

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS or len(stack) > MOST_DEPTH:
            raise _NoStatement(
                say("The file has far too much in it."),
                say("Take a shorter time from your bank, in several files."),
            )
        space, _, plain = name.rpartition(" ")
        one = Element(plain, space, attributes.get("Ccy", ""))
        stack[-1].inside.append(one)
        stack.append(one)

    def end(_: str) -> None:
        stack.pop()

    def text(found: str) -> None:
        # Text between elements is only how the file is laid out.
        if len(stack[-1].text) <= MOST_CELL:
            stack[-1].text += found

    parser.StartDoctypeDeclHandler = declares
    parser.EntityDeclHandler = declares
    parser.ExternalEntityRefHandler = declares
    parser.UnparsedEntityDeclHandler = declares
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        what = say("The file is not whole: line {line} cannot be read.", line=error.lineno)
        raise _NoStatement(what, _AGAIN) from None
    except (ValueError, LookupError):  # an encoding nobody knows
        raise _NoStatement(say("The file cannot be read."), _AGAIN) from None
    return root.inside[0]


def read_camt(name: str, content: bytes, currency: str) -> Statement:
    """The lines of a camt.053 file, with every fault at once. A row is the number of an entry, in the order of the file.

    Only what the bank has booked is read; pending entries are counted. Where an entry is made of several transactions
    that add up to it, each is a line of its own. Raises Refused where the file is no camt.053 of versions 2 to 8.
    """
    check_size(name, content)
    try:
        document = tree(content)
    except _NoStatement as why:
        raise refused(name, why.what, why.help) from None
    if document.space not in VERSIONS or document.name != "Document":
        kind = document.space.rpartition(":")[2] or document.name
        what = say("This is {kind}, not camt.053 of versions 2 to 8.", kind=shown(kind))
        raise refused(name, what, say("Ask your bank for camt.053, or take a CSV file."))
    reader = _Camt(name, currency)
    statements = document.all("BkToCstmrStmt", "Stmt")
    numbers = {reader.account(one) for one in statements}
    if len(numbers) > 1:
        what = say("The file has statements of several accounts.")
        raise refused(name, what, say("Take one file for each account from your bank."))
    lines = [line for one in statements for line in reader.lines(one)]
    if len(lines) > MOST_LINES:
        what = say("The statement has more than {most} lines.", most=MOST_LINES)
        reader.wrong(None, None, what, say("Take a shorter time from your bank, in several files."))
    if not lines and not reader.faults:
        what = say("There is no booked line in the file.")
        reader.wrong(None, None, what, say("Take the statement of another day from your bank."))
    return Statement(
        tuple(lines),
        number=next(iter(numbers), ""),
        opening=reader.balance(statements[0], ("OPBD", "PRCD")) if statements else None,
        closing=reader.balance(statements[-1], ("CLBD",)) if statements else None,
        pending=reader.pending,
        faults=tuple(reader.faults),
    )


class _Camt:
    """Reads statements of one file; what is wrong is collected."""

    def __init__(self, name: str, currency: str) -> None:
        self.name, self.currency = name, currency
        self.faults: list[Fault] = []
        self.pending = self.entry = self.read = 0

    def wrong(self, row: int | None, column: str | None, what: Sentence, help: Sentence) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.name, row, column, what, help))

    def account(self, statement: Element) -> str:
        """The number of the account a statement is of."""
        found = statement.said("Acct", "Id", "IBAN") or statement.said("Acct", "Id", "Othr", "Id")
        return re.sub(r"\s+", "", found)[:NUMBER]

    def balance(self, statement: Element, kinds: tuple[str, ...]) -> int | None:
        """A balance in minor units; None where the statement does not say it."""
        for kind in kinds:
            for one in statement.all("Bal"):
                if one.said("Tp", "CdOrPrtry", "Cd") == kind:
                    return self.amount(one.first("Amt"), one.said("CdtDbtInd"))
        return None

    def amount(self, found: Element | None, direction: str) -> int | None:
        """An amount in minor units, below zero where it went out; None where it cannot be read, which is noted."""
        text = "" if found is None else found.text.strip()
        value = Decimal(text) if PLAIN.match(text) and len(text) <= 30 else None
        count = None if value is None else counted(value, money(self.currency))
        if found is None or count is None or not 0 <= count <= MOST:
            what = say("“{text}” is not an amount that can be read.", text=shown(text))
            self.wrong(self.entry or None, "Amt", what, _AGAIN)
            return None
        if found.currency and found.currency != self.currency:
            what = say(
                "This is in {said}, the account is in {currency}.", said=found.currency, currency=self.currency
            )
            self.wrong(self.entry or None, "Ccy", what, say("Bring it in to another account."))
            return None
        if direction not in ("CRDT", "DBIT"):
            what = say("“{text}” does not say whether it came in or went out.", text=shown(direction))
            self.wrong(self.entry or None, "CdtDbtInd", what, _AGAIN)
            return None
        return count if direction == "CRDT" else -count

    def lines(self, statement: Element) -> Iterator[Line]:
        """The booked lines of a statement."""
        for entry in statement.all("Ntry"):
            self.entry += 1
            if (entry.said("Sts", "Cd") or entry.said("Sts") or "BOOK") != "BOOK":
                self.pending += 1
                continue
            amount = self.amount(entry.first("Amt"), entry.said("CdtDbtInd"))
            day = self._day(entry)
            if amount is None or day is None:
                continue
            bank = entry.said("AcctSvcrRef") or entry.said("NtryRef")
            parts = entry.all("NtryDtls", "TxDtls")
            if len(parts) > 1 and (sums := self._sums(parts, amount)) is not None:
                for at, (part, much) in enumerate(zip(parts, sums, strict=True), 1):
                    own = part.said("Refs", "AcctSvcrRef")
                    yield self._line(entry, part, day, much, own or (f"{bank}/{at}" if bank else ""))
            elif amount:
                yield self._line(entry, parts[0] if len(parts) == 1 else None, day, amount, bank)

    def _day(self, entry: Element) -> date | None:
        for which in ("BookgDt", "ValDt"):
            for form in ("Dt", "DtTm"):
                text = entry.said(which, form)[:10]
                try:
                    found = date.fromisoformat(text)
                except ValueError:
                    continue
                if 1990 <= found.year <= 2200:
                    return found
        what = say("The entry has no day of booking.")
        self.wrong(self.entry, "BookgDt", what, _AGAIN)
        return None

    def _sums(self, parts: list[Element], whole: int) -> list[int] | None:
        """What each transaction of an entry is about; None unless all say it and they add up to the entry."""
        found = []
        for part in parts:
            amount = part.first("Amt") or part.first("AmtDtls", "TxAmt", "Amt")
            text = "" if amount is None else amount.text.strip()
            count = counted(Decimal(text), money(self.currency)) if PLAIN.match(text) and len(text) <= 30 else None
            if amount is None or not count or amount.currency not in ("", self.currency):
                return None
            # Version 2 leaves the direction to the entry.
            out = (part.said("CdtDbtInd") or ("DBIT" if whole < 0 else "CRDT")) == "DBIT"
            found.append(-count if out else count)
        return found if sum(found) == whole and len(found) <= MOST_LINES else None

    def _line(self, entry: Element, part: Element | None, day: date, amount: int, bank: str) -> Line:
        self.read += 1
        name = number = reference = ""
        texts: list[str] = []
        if part is not None:
            side = "Dbtr" if amount > 0 else "Cdtr"
            name = part.said("RltdPties", side, "Nm") or part.said("RltdPties", side, "Pty", "Nm")
            number = part.said("RltdPties", f"{side}Acct", "Id", "IBAN")
            number = number or part.said("RltdPties", f"{side}Acct", "Id", "Othr", "Id")
            texts = [one.text.strip() for one in part.all("RmtInf", "Ustrd")]
            given = part.said("Refs", "EndToEndId")
            reference = part.said("RmtInf", "Strd", "CdtrRefInf", "Ref") or (
                "" if given == "NOTPROVIDED" else given
            )
            texts += [one.text.strip() for one in part.all("AddtlTxInf")]
        if not any(texts):
            texts = [entry.said("AddtlNtryInf")]
        return Line(
            self.read,
            day,
            amount,
            " ".join(name.split())[:NAME],
            re.sub(r"\s+", "", number)[:NUMBER],
            " ".join(" ".join(texts).split())[:TEXT],
            reference[:REFERENCE],
            bank[:REFERENCE],
        )
