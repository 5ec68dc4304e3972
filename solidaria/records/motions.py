"""Votes on motions from plain CSV: for and against, consent with objections, and councils.

What the files look like is in docs/counting.md. A file with faults is refused with all of them, each with its line.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeVar

from solidaria.core.problem import Sentence, say
from solidaria.core.voting.account import listed
from solidaria.core.voting.consent import ANSWERS, Objection
from solidaria.core.voting.councils import PARTS, Mandate, Split
from solidaria.core.voting.majority import CHOICES
from solidaria.records.faults import COUNT, Faults, csv_rows, decoded, no_table, refuse_utf16, whole

#: Numbers with more digits than this are refused: nobody counts that many people.
MOST_DIGITS = 9

#: Column → how it may be headed, in English, Spanish and Portuguese; capitals and spaces around do not matter.
_COLUMNS = {
    "count": (*COUNT, "people", "personas", "quantidade"),
    "choice": ("choice", "vote", "voto"),
    "answer": ("answer", "respuesta", "resposta"),
    "member": ("member", "name", "miembro", "nombre", "socio", "socia", "membro", "nome"),
    "reason": ("reason", "motivo", "razón", "razon", "razão"),
    "state": ("state", "estado"),
    "organisation": ("organisation", "organization", "organización", "organizacion", "organização", "base"),
    "members": ("members", "roll", "miembros", "padrón", "padron", "membros"),
    "for": ("for", "a favor"),
    "against": ("against", "en contra", "contra"),
    "abstain": ("abstain", "abstaining", "abstenciones", "abstención", "abstencion", "abstenções"),
    "base for": ("base for", "base a favor"),
    "base against": ("base against", "base en contra", "base contra"),
    "base abstain": ("base abstain", "base abstenciones", "base abstención", "base abstenções"),
    "instruction": ("instruction", "instrucción", "instruccion", "instrução"),
}

#: What may stand on a ballot → how it may be written.
_CHOICES = {
    "for": ("for", "yes", "in favour", "in favor", "a favor", "sí", "si", "sim"),
    "against": ("against", "no", "en contra", "contra", "não", "nao"),
    "abstain": ("abstain", "abstention", "abstención", "abstencion", "me abstengo", "abstenção", "abstencao"),
    "blank": ("blank", "blanco", "en blanco", "branco", "em branco"),
    "spoiled": ("spoiled", "spoilt", "invalid", "nulo", "nula", "anulado"),
}
_ANSWERS = {
    "consent": ("consent", "consents", "consiento", "consiente", "consinto", "consente"),
    "stand aside": ("stand aside", "stands aside", "me aparto", "se aparta", "me afasto", "se afasta"),
    "object": ("object", "objects", "objection", "objeto", "objeta", "objeción", "objecion", "objeção"),
}
_STATES = {
    "stands": ("stands", "en pie", "sigue", "de pé"),
    "answered": ("answered", "respondida", "atendida"),
    "withdrawn": ("withdrawn", "retirada"),
}

_INSTRUCTIONS = {part: _CHOICES[part] for part in PARTS}

_WRITE_CHOICE = say("Write for, against, abstain, blank or spoiled.")
_WRITE_ANSWER = say("Write consent, stand aside or object.")
_WRITE_STATE = say("Write stands, answered or withdrawn.")
_WRITE_PART = say("Write for, against or abstain.")

Read = TypeVar("Read")


@dataclass(frozen=True)
class MotionFile:
    """Ballots on a motion: choice → how many; and what a reader must know about how the file was read."""

    piles: Mapping[str, int]
    notes: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class ConsentFile:
    """Answers → how many people; every objection; notes on how the file was read.

    The ids of objections are numbers in the order of their reasons, so that the order of lines changes nothing.
    """

    piles: Mapping[str, int]
    objections: tuple[Objection, ...]
    notes: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class CouncilFile:
    """A council's vote.

    splits     one for each organisation that votes
    roll       organisation → members, of every organisation in the file, also of those that do not vote
    mandates   organisation → what binds its delegates, where the file says so
    """

    splits: tuple[Split, ...]
    roll: Mapping[str, int]
    mandates: Mapping[str, Mandate]
    notes: tuple[Sentence, ...] = ()


def read_motion(path: Path) -> MotionFile:
    """Read ballots for and against: a column `choice` and perhaps `count`, or one line for each ballot.

    Raises Refused with every fault of the file.
    """
    return _read(path, _motion)


def read_consent(path: Path) -> ConsentFile:
    """Read answers for consent: columns `answer`, perhaps `count`, `reason` and `state` of an objection.

    Raises Refused with every fault of the file.
    """
    return _read(path, _consent)


def read_council(path: Path) -> CouncilFile:
    """Read a council's vote: columns `organisation`, `members`, `for`, `against`, `abstain`.

    An organisation whose votes are all left empty belongs to the council and does not vote. `base for`,
    `base against`, `base abstain` and `instruction` say what binds its delegates.
    Raises Refused with every fault of the file.
    """
    return _read(path, _council)


def like_a_motion(path: Path) -> str | None:
    """The rule that a CSV file's first line fits: "majority", "consent", "council", or None."""
    if path.suffix.lower() != ".csv":
        return None
    try:
        with path.open("rb") as file:
            table = _Table(BytesIO(file.readline()), Faults(path.name))
    except OSError:
        return None
    for column, rule in (("organisation", "council"), ("answer", "consent"), ("choice", "majority")):
        if column in table.columns:
            return rule
    return None


def _read(path: Path, read: Callable[[_Table], Read]) -> Read:
    faults = Faults(path.name)
    try:
        with path.open("rb") as file:
            refuse_utf16(file, faults)
            found = read(_Table(file, faults))
    except OSError as error:
        faults.add(
            None,
            say("The file cannot be read: {reason}.", reason=error.strerror or ""),
            say("Check the name of the file and that you may read it."),
        )
        raise faults.refused() from error
    if faults.found:
        raise faults.refused()
    return found


class _Table:
    """A CSV file with named columns.

    columns   what the column is (from _COLUMNS) → where it stands
    unread    heads of columns that are none of these
    """

    def __init__(self, file: BinaryIO, faults: Faults) -> None:
        self.faults = faults
        first = decoded(file.readline(), 1, faults)
        self.sign = max(",;\t", key=first.count)
        self.header: list[str] = []
        self.columns: dict[str, int] = {}
        self.unread: list[str] = []
        self._rows = csv_rows(file, self.sign, faults)
        try:
            self.header = [cell.strip() for cell in next(csv.reader([first], delimiter=self.sign), [])]
        except csv.Error as error:
            faults.add(1, *no_table(error))
        for place, head in enumerate(self.header):
            column = next((name for name, heads in _COLUMNS.items() if head.lower() in heads), None)
            if column in self.columns:
                faults.add(
                    1,
                    say("Two columns are headed “{head}”.", head=head),
                    say("Keep one, or give the other another name."),
                    head,
                )
            elif column is not None:
                self.columns[column] = place
            elif head:
                self.unread.append(head)

    def need(self, *columns: str) -> bool:
        """Whether the columns are there; a fault for each that is not."""
        for column in columns:
            if column not in self.columns:
                self.faults.add(
                    1,
                    say("There is no column “{column}”.", column=column),
                    say("Head one “{heads}”.", heads="”, “".join(_COLUMNS[column])),
                )
        return all(column in self.columns for column in columns)

    def rows(self) -> Iterator[_Row]:
        """The rows that are not empty."""
        for line, cells in self._rows:
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(self.header) :]):
                self.faults.add(
                    line,
                    say("This line has more cells than the first one."),
                    say("Put a text that holds “{sign}” between quotation marks.", sign=self.sign),
                )
                continue
            yield _Row(self, line, cells)

    def notes(self, *read: str) -> tuple[Sentence, ...]:
        """A note on the columns that were not read."""
        other = [self.header[place] for column, place in self.columns.items() if column not in read]
        passed = [head for head in self.header if head in {*other, *self.unread}]
        return (say("Columns that were not read: {columns}.", columns=listed(passed)),) if passed else ()


@dataclass(frozen=True)
class _Row:
    table: _Table
    line: int
    cells: list[str]

    def text(self, column: str) -> str:
        """A cell's text; empty where the column or the cell is not there."""
        place = self.table.columns.get(column)
        return "" if place is None or place >= len(self.cells) else self.cells[place].strip()

    def fault(self, column: str, what: Sentence, help: Sentence) -> None:
        place = self.table.columns.get(column)
        self.table.faults.add(self.line, what, help, None if place is None else self.table.header[place])

    def one_of(self, column: str, words: Mapping[str, tuple[str, ...]], help: Sentence) -> str | None:
        """Which of the words a cell holds; None, and a fault with this help, when it is none of them."""
        text = " ".join(self.text(column).lower().split())
        found = next((word for word, ways in words.items() if text in ways), None)
        if found is None:
            what = (
                say("“{text}” is not known here.", text=self.text(column)) if text else say("This cell is empty.")
            )
            self.fault(column, what, help)
        return found

    def number(self, column: str, *, absent: int | None = None) -> int | None:
        """A whole number; `absent` where the cell is empty. None, and a fault, when there is none."""
        text = self.text(column)
        if not text and absent is not None:
            return absent
        if not whole(text) or len(text) > MOST_DIGITS:
            what = (
                say("“{text}” is not a whole number of people.", text=text) if text else say("This cell is empty.")
            )
            self.fault(
                column,
                what,
                say(
                    "Write a number such as 12, at most {digits} digits, without dots or commas.",
                    digits=MOST_DIGITS,
                ),
            )
            return None
        return int(text)


def _people(row: _Row) -> int | None:
    """How many people a line stands for: one where there is no column for it."""
    return row.number("count") if "count" in row.table.columns else 1


def _check_member(row: _Row, many: int | None, seen: dict[str, int]) -> None:
    """A member votes once, and a line with a name is one person."""
    name = row.text("member")
    if not name:
        return
    before = seen.setdefault(name.casefold(), row.line)
    if before != row.line:
        row.fault(
            "member",
            say("“{name}” votes twice: the first time on line {line}.", name=name, line=before),
            say("Keep the one that counts; tell two people with one name apart."),
        )
    if many is not None and many != 1:
        row.fault(
            "member",
            say("“{name}” is one person, but the line stands for {many}.", name=name, many=many),
            say("Write 1, or leave the name out."),
        )


def _motion(table: _Table) -> MotionFile:
    piles = dict.fromkeys(CHOICES, 0)
    members: dict[str, int] = {}
    if table.need("choice"):
        for row in table.rows():
            choice, many = row.one_of("choice", _CHOICES, _WRITE_CHOICE), _people(row)
            _check_member(row, many, members)
            if choice is not None and many is not None:
                piles[choice] += many
    return MotionFile(piles, table.notes("choice", "count", "member"))


def _consent(table: _Table) -> ConsentFile:
    piles = dict.fromkeys(ANSWERS, 0)
    raised: list[tuple[str, str]] = []
    members: dict[str, int] = {}
    if table.need("answer"):
        for row in table.rows():
            answer, many = row.one_of("answer", _ANSWERS, _WRITE_ANSWER), _people(row)
            _check_member(row, many, members)
            said = row.text("state")
            state = row.one_of("state", _STATES, _WRITE_STATE) if said else None
            if answer is None or many is None or (said and state is None):
                continue
            if answer == "object" and many and state not in (None, "stands"):
                row.fault(
                    "state",
                    say("An objection that was answered or withdrawn is no objection any more."),
                    say("Write what the person answers now: consent or stand aside; leave reason and state."),
                )
            if answer != "object" and state == "stands":
                row.fault(
                    "state",
                    say("The objection stands, but the person does not object."),
                    say("Write object, or say that the objection was answered or withdrawn."),
                )
            piles[answer] += many
            if many and (answer == "object" or state is not None):
                raised.append((row.text("reason"), state or "stands"))
    objections = tuple(
        Objection(str(number), reason, state) for number, (reason, state) in enumerate(sorted(raised), start=1)
    )
    return ConsentFile(piles, objections, table.notes("answer", "count", "member", "reason", "state"))


def _council(table: _Table) -> CouncilFile:
    splits: list[Split] = []
    roll: dict[str, int] = {}
    lines: dict[str, int] = {}
    mandates: dict[str, Mandate] = {}
    wanted = ("organisation", "members", *PARTS)
    bases = tuple(f"base {part}" for part in PARTS)
    for row in table.rows() if table.need(*wanted) else ():
        name, members = row.text("organisation"), row.number("members")
        if not name:
            row.fault("organisation", say("This cell is empty."), say("Write the name of the organisation."))
        elif lines.setdefault(name, row.line) != row.line:
            row.fault(
                "organisation",
                say("“{name}” votes twice: the first time on line {line}.", name=name, line=lines[name]),
                say("Keep one line for each organisation."),
            )
        absent = not any(row.text(part) for part in PARTS)
        votes = {} if absent else _parts(row, PARTS)
        base = _parts(row, bases) if any(row.text(column) for column in bases) else None
        instruction = row.text("instruction") and row.one_of("instruction", _INSTRUCTIONS, _WRITE_PART)
        if not name or members is None or votes is None:
            continue
        roll[name] = members
        if base is not None and sum(base.values()) > members:
            row.fault(
                "members",
                say(
                    "{voted} people voted in the base, which has {members} members.",
                    voted=sum(base.values()),
                    members=members,
                ),
                say("Look at the base's count and at its roll."),
            )
        elif base is not None or instruction:
            mandates[name] = Mandate(base, instruction or None)
        if not absent:
            splits.append(Split(name, members, votes))
    if not splits and not table.faults.found:
        table.faults.add(None, say("No organisation votes."), say("Write how many members each casts."))
    return CouncilFile(tuple(splits), roll, mandates, table.notes(*wanted, *bases, "instruction"))


def _parts(row: _Row, columns: tuple[str, ...]) -> dict[str, int] | None:
    """Members cast for, against and abstaining; an empty cell is nobody. None, and faults, for what is no number."""
    numbers = [row.number(column, absent=0) for column in columns]
    if any(number is None for number in numbers):
        return None
    return {part: number or 0 for part, number in zip(PARTS, numbers, strict=True)}
