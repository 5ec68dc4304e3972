"""Ballot files to piles and back: BLT, PrefLib (soi, soc, toi, toc), plain CSV, and VoteKit's CSV.

Ballots are grouped while they are read, block by block, so a file of a million ballots needs room for its distinct
ballots only. A file with faults is refused with all of them, each with its line. What the formats look like is in
docs/counting.md.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.voting.ballots import NOBODY, Option, Piler, RankedPiles, from_arrays
from solidaria.records.faults import COUNT, Faults, csv_rows, decoded, no_table, refuse_utf16, whole

#: Places of one ballot as positions in the options: each place the positions that share it.
Places = tuple[tuple[int, ...], ...]

#: Read so many bytes of ballots at a time; their working copies take some thirty times that.
BLOCK = 1 << 19

#: No vote has more candidates than this.
MOST_OPTIONS = 10_000

#: Ballots are looked at so many marks at a time, however long the longest is.
MARKS = 4_000_000

#: Numbers of ballots with more digits than this are refused; so no sum of them can run over.
MOST_DIGITS = 9


@dataclass(frozen=True)
class BallotFile:
    """What a ballot file says.

    seats   how many are to be elected; None when the format cannot say
    title   empty when the file has none
    notes   what a reader must know about how the file was read
    """

    piles: RankedPiles
    seats: int | None = None
    title: str = ""
    notes: tuple[Sentence, ...] = ()


SUFFIXES = (".blt", ".soi", ".soc", ".toi", ".toc", ".csv")


def read_ballots(path: Path, *, skipped: str = "pass", marks: bool = False) -> BallotFile:
    """Read a ballot file; its suffix says the format.

    skipped   what an empty place between two marked ones means: "pass" (the next mark moves up) or "end"
              (the ballot ends there, as in SSI 2007/42)
    marks     whether a cross, "yes" or any rank in a column of CSV is a mark for that option, all marks alike; as
              approval needs it. Otherwise only ranks can stand there

    Raises Refused with every fault of the file.
    """
    if skipped not in ("pass", "end"):
        raise ValueError(f"a skipped place can 'pass' or 'end', not {skipped!r}")
    suffix = path.suffix.lower()
    faults = Faults(path.name)
    if suffix not in SUFFIXES:
        faults.add(
            None,
            say("Files that end in {suffix} are not known here.", suffix=suffix or "—"),
            say("Known are {suffixes}.", suffixes=", ".join(SUFFIXES)),
        )
        raise faults.refused()
    try:
        with path.open("rb") as file:
            refuse_utf16(file, faults)
            if suffix == ".blt":
                read = _read_blt(file, faults, skipped)
            elif suffix == ".csv":
                read = _read_csv(file, faults, skipped, marks)
            else:
                read = _read_preflib(file, faults, suffix)
    except OSError as error:
        faults.add(None, say("The file cannot be read: {reason}.", reason=error.strerror or ""), _CHECK_PATH)
        raise faults.refused() from error
    if faults.found or read is None:
        raise faults.refused()
    return read


_CHECK_PATH = say("Check the name of the file and that you may read it.")


class _Gatherer:
    """Gathers ballots of one file, plain ones as arrays and those with shared places one by one."""

    def __init__(self, options: int) -> None:
        self.plain = Piler(options)
        self.shared: dict[Places, int] = {}
        self.counted = 0

    def block(self, order: npt.NDArray[np.int16], counts: npt.NDArray[np.int64]) -> None:
        """Add ballots without shared places."""
        self.counted += int(counts.sum())
        self.plain.add(order, counts)

    def one(self, places: Places, count: int) -> None:
        """Add one ballot that may have shared places."""
        self.counted += count
        key = tuple(tuple(sorted(place)) for place in places)
        self.shared[key] = self.shared.get(key, 0) + count

    def piles(self, options: Sequence[Option]) -> RankedPiles:
        """All of them."""
        plain = self.plain.piles(options)
        if not self.shared:
            return plain
        width = max([plain.order.shape[1], *(sum(map(len, places)) for places in self.shared)])
        size = len(plain) + len(self.shared)
        order = np.full((size, width), NOBODY, dtype=np.int16)
        order[: len(plain), : plain.order.shape[1]] = plain.order
        tied = np.zeros((size, width), dtype=bool)
        counts = np.zeros(size, dtype=np.int64)
        counts[: len(plain)] = plain.counts
        for row, (places, count) in enumerate(self.shared.items(), start=len(plain)):
            flat = [position for place in places for position in place]
            order[row, : len(flat)] = flat
            tied[row, : len(flat)] = [number > 0 for place in places for number in range(len(place))]
            counts[row] = count
        return from_arrays(options, order, counts, tied)


def _options(names: Sequence[str], withdrawn: Iterable[int] = ()) -> tuple[Option, ...]:
    """Options with their names as ids; of those with equal names the ids carry the number on the paper."""
    gone = set(withdrawn)
    often = {name for name, times in Counter(names).items() if times > 1}
    return tuple(
        Option(f"{name} [{number}]" if name in often else name, name, number - 1 in gone)
        for number, name in enumerate(names, start=1)
    )


def _repeats(marks: Sequence[int]) -> bool:
    return len(set(marks)) < len(marks)


# Numbers in lines: the part that BLT and PrefLib share


@dataclass
class _Table:
    """The numbers of a block of lines.

    numbers   all numbers, line after line; -1 for one with more than MOST_DIGITS digits
    starts    line → where its numbers start in `numbers`; one more entry for the end
    odd       line → whether it holds anything but digits and spaces (its numbers then mean nothing)
    """

    numbers: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    odd: npt.NDArray[np.bool_]


def _table(block: bytes) -> _Table:
    """Read a block of whole lines, the last one ended too, as numbers."""
    text = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(text == 10)
    digit = (text >= 48) & (text <= 57)
    space = (text == 32) | ((text >= 9) & (text <= 13))
    strange = np.flatnonzero(~(digit | space))
    odd = np.zeros(len(ends), dtype=bool)
    odd[np.searchsorted(ends, strange)] = True
    before = np.zeros(len(text), dtype=bool)
    before[1:] = digit[:-1]
    at = np.flatnonzero(digit & ~before)
    starts = np.zeros(len(ends) + 1, dtype=np.int64)
    starts[1:] = np.searchsorted(at, ends)
    numbers = text[at].astype(np.int64) - 48
    left, place = np.arange(len(at)), at + 1
    for length in range(2, MOST_DIGITS + 2):
        goes_on = digit[np.minimum(place, len(text) - 1)] & (place < len(text))
        left, place = left[goes_on], place[goes_on]
        if not len(left):
            break
        if length > MOST_DIGITS:
            numbers[left] = -1
        else:
            numbers[left] = numbers[left] * 10 + text[place] - 48
        place = place + 1
    return _Table(numbers, starts, odd)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in blocks of whole lines."""
    while True:
        block = file.read(BLOCK)
        if not block:
            return
        if not block.endswith(b"\n"):
            block += file.readline()
        yield block if block.endswith(b"\n") else block + b"\n"


def _ballots(
    table: _Table, lines: npt.NDArray[np.intp], skip_last: int, options: int
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.int16], npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
    """Ballots from lines of the form "how many, preferences …", in parts: lines, order, counts, which have a fault.

    lines       numbers of the lines in the table, each with at least one number and `skip_last` more
    skip_last   how many numbers at the end are not preferences
    """
    length = table.starts[lines + 1] - skip_last - table.starts[lines] - 1
    width = min(int(length.max(initial=0)), options + 1)
    size = max(1, MARKS // max(width, 1))
    for start in range(0, len(lines), size):
        part = lines[start : start + size]
        yield part, *_part(table, part, length[start : start + size], width, options)


def _part(
    table: _Table, lines: npt.NDArray[np.intp], length: npt.NDArray[np.int64], width: int, options: int
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Order, counts and faults of some lines; `length` is how many preferences each has."""
    first = table.starts[lines] + 1
    counts = table.numbers[table.starts[lines]]
    order = np.full((len(lines), width), NOBODY, dtype=np.int16)
    wrong = (counts < 0) | (length > options)
    seen = np.zeros(len(lines), dtype=np.int64) if options < 63 else None
    for place in range(width):
        there = np.flatnonzero(length > place)
        mark = table.numbers[first[there] + place]
        bad = (mark < 1) | (mark > options)
        wrong[there[bad]] = True
        mark = np.where(bad, 0, mark - 1)
        order[there, place] = mark
        if seen is not None:
            bit = np.int64(1) << mark
            wrong[there[(seen[there] & bit) != 0]] = True
            seen[there] |= bit
    if seen is None:
        ranked = np.sort(order, axis=1)
        wrong |= ((ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] >= 0)).any(axis=1)
    return order[:, :options], counts, wrong


def _too_many(options: int, line: int | None, faults: Faults) -> bool:
    """Report more candidates than any vote has."""
    if options <= MOST_OPTIONS:
        return False
    faults.add(
        line,
        say("{options} candidates are more than any vote has.", options=options),
        say("Look at the number of candidates: at most {most} can be counted here.", most=MOST_OPTIONS),
    )
    return True


def _check_marks(marks: Sequence[int], options: int, line: int, faults: Faults) -> bool:
    """Report marks that do not exist or come twice; True when all is well."""
    fine = True
    for mark in sorted({mark for mark in marks if not 1 <= mark <= options}):
        fine = False
        faults.add(
            line,
            say("There is no candidate number {mark}.", mark=mark),
            say("Candidates are numbered from 1 to {options}.", options=options),
        )
    often = Counter(marks)
    for mark in sorted(mark for mark, times in often.items() if times > 1 and 1 <= mark <= options):
        fine = False
        faults.add(
            line,
            say("Candidate number {mark} is marked twice on one ballot.", mark=mark),
            say("Look at the paper ballot, and leave each candidate once."),
        )
    return fine


# BLT


_HEADER = re.compile(rb"\s*(\d{1,6})\s+(\d{1,6})\s*\Z")
_WITHDRAWN = re.compile(rb"\s*(?:-\d{1,6}\s*)+\Z")
_COMMENT = re.compile(rb"#.*")
_BALLOT_END = say("End each ballot with a 0, as in “3 2 1 0”: three ballots that put 2 first and 1 second.")


def _read_blt(file: BinaryIO, faults: Faults, skipped: str) -> BallotFile | None:
    start, number = b"", 0
    for raw in file:
        number += 1
        start = _COMMENT.sub(b"", raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)
        if start.strip():
            break
    header = _HEADER.match(start)
    if not header:
        if len(start.split()) > 2:
            file.seek(0)
            return _read_flowing_blt(file.read(), faults, skipped)
        faults.add(
            number or None,
            say("The first line should say how many candidates and how many seats there are."),
            say("For 5 candidates and 2 seats write “5 2”."),
        )
        return None
    options, seats = int(header[1]), int(header[2])
    if not options or not seats:
        faults.add(
            number,
            say("There must be at least one candidate and one seat."),
            say("For 5 candidates and 2 seats write “5 2”."),
        )
        return None
    if _too_many(options, number, faults):
        return None
    reader = _BltReader(options, number, faults, skipped)
    rest = b""
    for block in _blocks(file):
        if reader.done:
            rest += block
        else:
            rest = reader.block(block)
    if not reader.done:
        faults.add(
            None,
            say("The ballots do not end."),
            say("After the last ballot there should be a line with a single 0, then the names."),
        )
        return None
    names, title = _blt_names(rest.splitlines(), reader.line, options, faults)
    if faults.found:
        return None
    return BallotFile(
        reader.gatherer.piles(_options(names, reader.withdrawn)), seats, title, tuple(reader.notes(skipped))
    )


class _BltReader:
    """Reads the ballots of a BLT file block by block.

    line   how many lines were read so far
    done   whether the 0 that ends the ballots was met
    """

    def __init__(self, options: int, line: int, faults: Faults, skipped: str) -> None:
        self.options, self.line, self.faults, self.skipped = options, line, faults, skipped
        self.done = False
        self.gatherer = _Gatherer(options)
        self.withdrawn: set[int] = set()
        self.gaps = 0
        self.idents = 0

    def block(self, block: bytes) -> bytes:
        """Take the ballots of a block of lines; gives what follows the end of the ballots."""
        table = _table(block)
        length = np.diff(table.starts)
        last = table.numbers[np.maximum(table.starts[1:] - 1, 0)] if len(table.numbers) else np.zeros(len(length))
        end = np.flatnonzero((length == 1) & (last == 0) & ~table.odd)
        lines = block.split(b"\n") if table.odd.any() else None
        stop = len(length)
        if lines is not None:
            for row in np.flatnonzero(table.odd).tolist():
                if len(end) and row > end[0]:
                    break
                if _COMMENT.sub(b"", lines[row]).strip() == b"0":
                    stop = row
                    self.done = True
                    break
        if len(end) and end[0] < stop:
            stop = int(end[0])
            self.done = True
        plain = np.flatnonzero((length[:stop] > 0) & ~table.odd[:stop])
        unended = plain[(last[plain] != 0) | (length[plain] < 2)]
        for row in unended.tolist():
            self.faults.add(self.line + row + 1, say("This ballot does not end with a 0."), _BALLOT_END)
        plain = plain[(last[plain] == 0) & (length[plain] >= 2)]
        for part, order, counts, wrong in _ballots(table, plain, 1, self.options):
            for row in part[wrong].tolist():
                numbers = table.numbers[table.starts[row] : table.starts[row + 1]].tolist()
                self._wrong(numbers, self.line + row + 1)
            self.gatherer.block(order[~wrong], counts[~wrong])
        if lines is not None:
            for row in np.flatnonzero(table.odd[:stop]).tolist():
                self._odd(lines[row], self.line + row + 1)
        if not self.done:
            self.line += len(length)
            return b""
        self.line += stop + 1
        ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10)
        return block[int(ends[stop]) + 1 :]

    def _wrong(self, numbers: list[int], line: int) -> None:
        if numbers[0] < 0:
            self.faults.add(line, say("This number of ballots is too large."), _BALLOT_END)
        if 0 in numbers[1:-1]:
            self.faults.add(line, say("There is a 0 in the middle of this ballot."), _BALLOT_END)
        else:
            _check_marks(numbers[1:-1], self.options, line, self.faults)

    def _odd(self, raw: bytes, line: int) -> None:
        """A line with more than digits: withdrawn candidates, shared or skipped places, idents, comments."""
        content = _COMMENT.sub(b"", raw)
        if not content.strip():
            return
        if _WITHDRAWN.match(content):
            gone = [-int(mark) for mark in content.split()]
            if _check_marks(gone, self.options, line, self.faults):
                self.withdrawn |= {mark - 1 for mark in gone}
            return
        if re.match(rb"\s*\([^()]*\)", content):
            content = content[content.index(b")") + 1 :]
            self.idents += 1
            count, words = b"1", content.split()
        else:
            count, *words = content.split()
        if not count.isdigit() or len(count) > MOST_DIGITS:
            self.faults.add(
                line,
                say("“{text}” is not a whole number of ballots.", text=count.decode("utf-8", "replace")),
                _BALLOT_END,
            )
            return
        if not words or words[-1] != b"0":
            self.faults.add(line, say("This ballot does not end with a 0."), _BALLOT_END)
            return
        places: list[tuple[int, ...]] = []
        gap = False
        for word in words[:-1]:
            if word == b"-":
                gap = True
                continue
            marks = word.split(b"=")
            if not all(mark.isdigit() and len(mark) <= 6 for mark in marks):
                self.faults.add(
                    line,
                    say("“{text}” is not a candidate's number.", text=word.decode("utf-8", "replace")),
                    say("Write numbers with spaces between; “2=3” for a shared place, “-” for a skipped one."),
                )
                return
            if gap:
                self.gaps += int(count)
                if self.skipped == "end":
                    break
                gap = False
            places.append(tuple(int(mark) for mark in marks))
        flat = [mark for place in places for mark in place]
        if _check_marks(flat, self.options, line, self.faults) and int(count):
            self.gatherer.one(tuple(tuple(mark - 1 for mark in place) for place in places), int(count))

    def notes(self, skipped: str) -> list[Sentence]:
        """What a reader must know about how the ballots were read."""
        return [*_gap_notes(self.gaps, skipped), *_ident_notes(self.idents)]


def _gap_notes(gaps: int, skipped: str) -> list[Sentence]:
    if not gaps:
        return []
    if skipped == "end":
        return [
            say_many("{count} ballot ends at a skipped place.", "{count} ballots end at a skipped place.", gaps),
        ]
    return [
        say_many(
            "{count} ballot has a skipped place, which was passed over.",
            "{count} ballots have a skipped place, which was passed over.",
            gaps,
        )
    ]


def _ident_notes(idents: int) -> list[Sentence]:
    if not idents:
        return []
    return [
        say_many(
            "{count} ballot carries a mark of its own, which was not kept.",
            "{count} ballots carry marks of their own, which were not kept.",
            idents,
        )
    ]


def _blt_names(lines: list[bytes], line: int, options: int, faults: Faults) -> tuple[list[str], str]:
    """Names of the candidates and the title, from the lines after the ballots."""
    texts = []
    for number, raw in enumerate(lines, start=line + 1):
        text = decoded(raw, number, faults).strip()
        if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
            text = text[1:-1].strip()
        elif text.startswith("#"):
            continue
        if text:
            texts.append(text)
    if len(texts) < options:
        faults.add(
            None,
            say("There are {count} names for {options} candidates.", count=len(texts), options=options),
            say("After the line with a single 0 write each candidate's name on a line, then the title."),
        )
    elif len(texts) > options + 1:
        faults.add(
            None,
            say(
                "After the ballots there are {count} lines for {options} candidates.",
                count=len(texts),
                options=options,
            ),
            say(
                "Write each candidate's name on a line, then the title, then nothing. Look at the first number of all."
            ),
        )
    return texts[:options], texts[options] if len(texts) > options else ""


_FLOW = re.compile(rb'"[^"\n]*"|[^\s"]+|\n')


def _read_flowing_blt(content: bytes, faults: Faults, skipped: str) -> BallotFile | None:
    """Read a BLT file whose line breaks mean nothing, by setting them anew. Faults then have no line."""
    content = b"\n".join(_COMMENT.sub(b"", line) for line in content.removeprefix(b"\xef\xbb\xbf").splitlines())
    words = [word for word in _FLOW.findall(content) if word != b"\n"]
    if len(words) < 2 or not words[0].isdigit() or not words[1].isdigit() or len(words[0] + words[1]) > 12:
        faults.add(
            1,
            say("The file should start with how many candidates and how many seats there are."),
            say("For 5 candidates and 2 seats write “5 2”."),
        )
        return None
    options, seats = int(words[0]), int(words[1])
    at, lines = 2, []
    gone = []
    while at < len(words) and words[at].startswith(b"-") and words[at] != b"-":
        gone.append(words[at])
        at += 1
    if gone:
        lines.append(b" ".join(gone))
    line: list[bytes] = []
    ended = False
    while at < len(words) and not ended:
        line.append(words[at])
        if words[at] == b"0":
            lines.append(b" ".join(line))
            ended = len(line) == 1
            line = []
        at += 1
    if not options or not seats or not ended:
        faults.add(
            None,
            say("The ballots do not end."),
            say("After the last ballot there should be a line with a single 0, then the names."),
        )
        return None
    if _too_many(options, 1, faults):
        return None
    inner = Faults(faults.name)
    reader = _BltReader(options, 0, inner, skipped)
    for start in range(0, len(lines), 10_000):
        if not reader.done:
            reader.block(b"\n".join(lines[start : start + 10_000]) + b"\n")
    for fault in inner.found:
        ballot = lines[fault.row - 1] if fault.row else b""
        what = say("{what} (“{ballot}”)", what=fault.what, ballot=ballot.decode("utf-8", "replace"))
        faults.add(None, what, fault.help)
    names, title = _blt_names(words[at:], 0, options, faults)
    if faults.found:
        return None
    return BallotFile(
        reader.gatherer.piles(_options(names, reader.withdrawn)), seats, title, tuple(reader.notes(skipped))
    )


# PrefLib


_FIELD = re.compile(r"#\s*([^:]+?)\s*:\s*(.*?)\s*\Z")
_PREFLIB_HELP = say("Write “3: 1,{{2,4}},5”: three ballots that put 1 first, then 2 and 4 together, then 5.")
_ORDER = re.compile(rb"\{([\d,\s]*)\}|(\d+)")


def _read_preflib(file: BinaryIO, faults: Faults, suffix: str) -> BallotFile | None:
    head = _preflib_head(file, faults)
    if head is None:
        return None
    names, title, line, said, colon = head
    options = len(names)
    if _too_many(options, None, faults):
        return None
    gatherer = _Gatherer(options)
    for block in _blocks(file):
        table = _table(block.replace(b":", b" ").replace(b",", b" ") if colon else block.replace(b",", b" "))
        length = np.diff(table.starts)
        lines = block.split(b"\n")
        proper = np.array([_like_preflib(text, colon) for text in lines[:-1]], dtype=bool)
        plain = np.flatnonzero((length > 0) & ~table.odd & proper)
        for part, order, counts, wrong in _ballots(table, plain, 0, options):
            for row in part[wrong].tolist():
                numbers = table.numbers[table.starts[row] : table.starts[row + 1]].tolist()
                if numbers[0] < 0:
                    faults.add(line + row + 1, say("This number of ballots is too large."), _PREFLIB_HELP)
                _check_marks(numbers[1:], options, line + row + 1, faults)
            if suffix in (".soc", ".toc"):
                for row in part[~wrong & (length[part] - 1 < options)].tolist():
                    _incomplete(line + row + 1, suffix, faults)
            gatherer.block(order[~wrong], counts[~wrong])
        for row in np.flatnonzero(table.odd | ~proper).tolist():
            _odd_preflib(lines[row], line + row + 1, colon, suffix, options, gatherer, faults)
        line += len(length)
    if said is not None and said != gatherer.counted and not faults.found:
        faults.add(
            None,
            say("The header says {said} voters, the ballots are {counted}.", said=said, counted=gatherer.counted),
            say("Correct NUMBER VOTERS, or find the ballots that are missing."),
        )
    if faults.found:
        return None
    return BallotFile(gatherer.piles(_options(names)), None, title)


def _like_preflib(text: bytes, colon: bool) -> bool:
    """Whether the separators of a line stand where they should."""
    text = text.strip()
    if not text:
        return True
    if not colon:
        return b":" not in text
    count, sign, _ = text.partition(b":")
    return bool(sign) and count.strip().isdigit() and text.count(b":") == 1


def _incomplete(line: int, suffix: str, faults: Faults) -> None:
    faults.add(
        line,
        say("This ballot does not name every candidate, as a {suffix} file must.", suffix=suffix),
        say("Name the file .soi or .toi when ballots may be incomplete."),
    )


def _odd_preflib(
    raw: bytes, line: int, colon: bool, suffix: str, options: int, gatherer: _Gatherer, faults: Faults
) -> None:
    """A line with shared places, a comment, or a fault."""
    text = raw.strip()
    if not text or text.startswith(b"#"):
        return
    count, _, orders = text.partition(b":" if colon else b",")
    rest = _ORDER.sub(b"", orders)
    if not count.strip().isdigit() or len(count.strip()) > MOST_DIGITS or rest.strip(b", \t"):
        faults.add(line, say("This line is not a ballot of the format."), _PREFLIB_HELP)
        return
    places = []
    for shared, single in _ORDER.findall(orders):
        marks = tuple(int(mark) for mark in (shared or single).replace(b",", b" ").split())
        if marks:
            places.append(marks)
    flat = [mark for place in places for mark in place]
    if any(len(place) > 1 for place in places) and suffix in (".soi", ".soc"):
        faults.add(
            line,
            say("This ballot has a shared place, which a {suffix} file cannot have.", suffix=suffix),
            say("Name the file .toi or .toc when places may be shared."),
        )
        return
    if not _check_marks(flat, options, line, faults):
        return
    if suffix in (".soc", ".toc") and len(flat) < options:
        _incomplete(line, suffix, faults)
    elif int(count):
        gatherer.one(tuple(tuple(mark - 1 for mark in place) for place in places), int(count))


def _preflib_head(file: BinaryIO, faults: Faults) -> tuple[list[str], str, int, int | None, bool] | None:
    """Names, title, lines read, voters as the header says, and whether ballots have a colon (the newer form)."""
    first = file.readline()
    line = 1
    text = decoded(first, 1, faults).strip()
    if not text.startswith("#"):
        return _old_preflib_head(text, file, faults)
    fields: dict[str, str] = {}
    here = 0
    while text.startswith("#") or not text:
        field = _FIELD.match(text)
        if field:
            fields[field[1].upper()] = field[2]
        here = file.tell()
        raw = file.readline()
        if not raw:
            break
        line += 1
        text = decoded(raw, line, faults).strip()
    else:
        file.seek(here)
        line -= 1
    said = fields.get("NUMBER ALTERNATIVES", "")
    if not whole(said) or not 0 < len(said) < 6:
        faults.add(
            None,
            say("The header does not say how many candidates there are."),
            say("Write “# NUMBER ALTERNATIVES: 5”."),
        )
        return None
    names = []
    for number in range(1, int(said) + 1):
        name = fields.get(f"ALTERNATIVE NAME {number}", "")
        if not name:
            faults.add(
                None,
                say("The header does not name candidate {number}.", number=number),
                say("Write “# ALTERNATIVE NAME {number}: …”.", number=number),
            )
        names.append(name or str(number))
    voters = fields.get("NUMBER VOTERS", "")
    return names, fields.get("TITLE", ""), line, int(voters) if whole(voters) else None, True


def _old_preflib_head(
    text: str, file: BinaryIO, faults: Faults
) -> tuple[list[str], str, int, int | None, bool] | None:
    """The head of the form used until 2022: how many, "number,name" for each, then "voters,sum,distinct"."""
    if not whole(text) or len(text) > 5:
        faults.add(
            1,
            say("This is not the start of a PrefLib file."),
            say("It should start with lines such as “# NUMBER ALTERNATIVES: 5”."),
        )
        return None
    names = []
    for number in range(1, int(text) + 1):
        said, comma, name = decoded(file.readline(), number + 1, faults).strip().partition(",")
        if not comma or said.strip() != str(number) or not name.strip():
            faults.add(
                number + 1,
                say("The name of candidate {number} should be here.", number=number),
                say("Write “{number},” and the name.", number=number),
            )
        names.append(name.strip() or str(number))
    line = int(text) + 2
    sums = decoded(file.readline(), line, faults).strip().split(",")
    if len(sums) != 3 or not all(whole(part.strip()) for part in sums):
        faults.add(
            line,
            say("The numbers of voters, of ballots and of distinct ballots should be here."),
            say("Write them with commas between, as in “10,10,4”."),
        )
        return None
    return names, "", line, int(sums[0]), False


# CSV


_PLACE = re.compile(r"(?:choice|rank|place|preference|opción|lugar|preferencia)?[ _]*(\d{1,3})\Z", re.IGNORECASE)
#: How an option is marked, or not, where ballots are no rankings.
_MARKED = ("x", "✓", "✔", "✗", "✘", "yes", "sí", "si", "sim")
_NOT_MARKED = ("0", "no", "não", "nao", "-")
_CSV_HELP = say(
    "Either head the columns 1, 2, 3 … and write names below, or head them with the names and write ranks below."
)


def _read_csv(file: BinaryIO, faults: Faults, skipped: str, marks: bool) -> BallotFile | None:
    first = file.readline()
    if first.removeprefix(b"\xef\xbb\xbf").startswith(b"VoteKit"):
        return _read_votekit(file, faults, skipped)
    header_text = decoded(first, 1, faults)
    sign = max(",;\t", key=header_text.count)
    try:
        header = [cell.strip() for cell in next(csv.reader([header_text], delimiter=sign), [])]
    except csv.Error as error:
        faults.add(1, *no_table(error))
        return None
    counted = next((column for column, cell in enumerate(header) if cell.lower() in COUNT), None)
    columns = [column for column, cell in enumerate(header) if column != counted and cell]
    if not columns:
        faults.add(1, say("The first line should head the columns."), _CSV_HELP)
        return None
    rows = csv_rows(file, sign, faults)
    if len(columns) > MOST_OPTIONS:
        _too_many(len(columns), 1, faults)
        return None
    if all(_PLACE.match(header[column]) for column in columns):
        return _csv_places(rows, header, counted, columns, faults, skipped)
    return _csv_ranks(rows, header, counted, columns, faults, skipped, marks)


def _distinct(
    rows: Iterator[tuple[int, list[str]]], header: list[str], counted: int | None, faults: Faults
) -> Iterator[tuple[int, list[str], int]]:
    """Distinct rows with the line they first stand on and how many ballots they are, in handfuls."""
    seen: dict[tuple[str, ...], list[int]] = {}
    for line, row in rows:
        cells = row
        many = 1
        if counted is not None and len(row) > counted:
            text = row[counted].strip()
            if not text and not any(cell.strip() for cell in row):
                continue
            if not whole(text) or len(text) > MOST_DIGITS:
                faults.add(
                    line,
                    say("“{text}” is not a whole number of ballots.", text=text),
                    say("Write how many ballots are like this, such as 12."),
                    header[counted],
                )
                continue
            many = int(text)
            cells = row[:counted] + [""] + row[counted + 1 :]
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            faults.add(line, say("This line has more cells than the first one."), _CSV_HELP)
            continue
        if counted is None and not row:
            continue
        pile = seen.setdefault(tuple(cells), [line, 0])
        pile[1] += many
        if len(seen) >= 50_000:
            for key, (where, count) in seen.items():
                yield where, list(key), count
            seen = {}
    for key, (where, count) in seen.items():
        yield where, list(key), count


def _csv_places(
    rows: Iterator[tuple[int, list[str]]],
    header: list[str],
    counted: int | None,
    columns: list[int],
    faults: Faults,
    skipped: str,
) -> BallotFile | None:
    """Columns are places, cells are names ("Ana=Bheki" for a shared place)."""
    numbered: dict[int, int] = {}
    for column in columns:
        match = _PLACE.match(header[column])
        number = int(match[1]) if match else 0
        if number in numbered or number < 1:
            faults.add(1, say("The place {number} heads two columns.", number=number), _CSV_HELP, header[column])
        numbered[number] = column
    in_order = [numbered[number] for number in sorted(numbered)]
    names: dict[str, int] = {}
    piles: dict[Places, int] = {}
    gaps = 0
    for line, cells, count in _distinct(rows, header, counted, faults):
        places: list[tuple[int, ...]] = []
        gap = False
        passed = False
        for column in in_order:
            cell = cells[column].strip() if column < len(cells) else ""
            if not cell:
                gap = True
                continue
            if gap:
                passed = True
                if skipped == "end":
                    break
            together = [name.strip() for name in cell.split("=") if name.strip()]
            if together:
                places.append(tuple(names.setdefault(name, len(names)) for name in together))
        gaps += count if passed else 0
        flat = [position for place in places for position in place]
        twice = [name for name, position in names.items() if flat.count(position) > 1] if _repeats(flat) else []
        for name in twice:
            faults.add(
                line,
                say("“{name}” is marked twice on one ballot.", name=name),
                say("Look at the paper ballot, and leave each candidate once."),
            )
        if not twice and count:
            key = tuple(places)
            piles[key] = piles.get(key, 0) + count
    if not names and not faults.found:
        faults.add(None, say("No ballot names anybody."), _CSV_HELP)
    _too_many(len(names), None, faults)
    if faults.found:
        return None
    # in the order of their names, so that the order of ballots changes nothing
    listed = sorted(names)
    moved = {names[name]: position for position, name in enumerate(listed)}
    gatherer = _Gatherer(len(listed))
    for places_, count in piles.items():
        gatherer.one(tuple(tuple(moved[position] for position in place) for place in places_), count)
    return BallotFile(gatherer.piles(_options(listed)), None, "", tuple(_gap_notes(gaps, skipped)))


def _csv_ranks(
    rows: Iterator[tuple[int, list[str]]],
    header: list[str],
    counted: int | None,
    columns: list[int],
    faults: Faults,
    skipped: str,
    marks: bool,
) -> BallotFile | None:
    """Columns are candidates, cells are ranks: 1 is best, empty means not marked, equal ranks share a place."""
    names = [header[column] for column in columns]
    gatherer = _Gatherer(len(names))
    gaps = 0
    for line, cells, count in _distinct(rows, header, counted, faults):
        by_rank: dict[int, list[int]] = {}
        fine = True
        for position, column in enumerate(columns):
            cell = cells[column].strip() if column < len(cells) else ""
            if not cell or (marks and cell.lower() in _NOT_MARKED):
                continue
            if marks and cell.lower() in _MARKED:
                cell = "1"
            if not whole(cell) or not 0 < len(cell) < 6 or int(cell) < 1:
                fine = False
                faults.add(
                    line,
                    say("“{text}” is not a rank.", text=cell),
                    say("Write x where the option is marked, and leave the rest empty.")
                    if marks
                    else say("Write 1 for the first choice, 2 for the second; crosses are for --rule approval.")
                    if cell.lower() in _MARKED
                    else say("Write 1 for the first choice, 2 for the second, and leave the rest empty."),
                    header[column],
                )
                continue
            by_rank.setdefault(int(cell), []).append(position)
        places: list[tuple[int, ...]] = []
        expected = 1
        passed = False
        for rank in sorted(by_rank):
            # equal ranks may use up the numbers after them (1, 1, 3) or not (1, 1, 2)
            if rank > max(expected, 1 + sum(map(len, places))):
                passed = True
                if skipped == "end":
                    break
            places.append(tuple(by_rank[rank]))
            expected = rank + 1
        gaps += count if passed else 0
        if fine and count:
            gatherer.one(tuple(places), count)
    if faults.found:
        return None
    return BallotFile(gatherer.piles(_options(names)), None, "", tuple(_gap_notes(gaps, skipped)))


_VOTEKIT_NAME = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*):([^():]+)\)")
_VOTEKIT_COMMA = re.compile(r",(?![^{}]*\})")


def _read_votekit(file: BinaryIO, faults: Faults, skipped: str) -> BallotFile | None:
    """VoteKit's own CSV: sets of short names, then &, the weight, &."""
    lines = [decoded(raw, number, faults).strip() for number, raw in enumerate(file, start=2)]
    codes = _VOTEKIT_NAME.findall(lines[1]) if len(lines) > 1 else []
    position = {code.strip(): number for number, (_, code) in enumerate(codes)}
    if not position:
        faults.add(3, say("The candidates should be here, each as (name:short name)."), _CSV_HELP)
        return None
    gatherer = _Gatherer(len(position))
    piles: dict[str, list[int]] = {}
    start = next((number for number, text in enumerate(lines) if text.endswith("&,Weight,&")), len(lines))
    if start == len(lines):
        faults.add(None, say("There is no line that heads the columns up to Weight."), _CSV_HELP)
    for number, text in enumerate(lines[start + 1 :], start=start + 3):
        if text:
            piles.setdefault(text, [number, 0])[1] += 1
    gaps = 0
    for text, (number, times) in piles.items():
        marks, _, rest = text.partition("&")
        weight = rest.split("&")[0].strip(', "')
        if not re.fullmatch(r"\d{1,9}(?:\.0*)?", weight):
            faults.add(number, say("“{text}” is not a whole number of ballots.", text=weight), _CSV_HELP)
            continue
        places = []
        gap = passed = False
        for cell in _VOTEKIT_COMMA.split(marks):
            inner = cell.strip(' "{}')
            together = [code.strip(" '\"") for code in inner.split(",")]
            if any(code not in position for code in together if code and code != "~"):
                faults.add(number, say("“{text}” is not a candidate.", text=inner), _CSV_HELP)
                continue
            place = tuple(position[code] for code in together if code in position)
            if not place:
                gap = True
                continue
            if gap:
                passed = True
                if skipped == "end":
                    break
            places.append(place)
        flat = [mark + 1 for place in places for mark in place]
        count = int(weight.split(".")[0]) * times
        gaps += count if passed else 0
        if _check_marks(flat, len(position), number, faults) and count:
            gatherer.one(tuple(places), count)
    if faults.found:
        return None
    names = [name.strip() for name, _ in codes]
    return BallotFile(gatherer.piles(_options(names)), None, "", tuple(_gap_notes(gaps, skipped)))


# Writing


def write_ballots(path: Path, ballots: BallotFile) -> None:
    """Write a ballot file; its suffix says the format, and reading it gives the same piles.

    Raises Refused when the format cannot hold them: no seats for BLT, shared places in .soi and .soc, incomplete
    ballots in .soc and .toc, withdrawn candidates in PrefLib and CSV.
    """
    faults = Faults(path.name)
    suffix = path.suffix.lower()
    writers: dict[str, Callable[[], Iterator[str]]] = {
        ".blt": lambda: blt_lines(ballots),
        ".csv": lambda: csv_lines(ballots.piles),
        **dict.fromkeys((".soi", ".soc", ".toi", ".toc"), lambda: preflib_lines(ballots, path.name)),
    }
    if suffix not in writers:
        faults.add(
            None,
            say("Files that end in {suffix} are not known here.", suffix=suffix or "—"),
            say("Known are {suffixes}.", suffixes=", ".join(SUFFIXES)),
        )
    else:
        _check_writable(ballots, suffix, faults)
    if faults.found:
        raise faults.refused()
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(writers[suffix]())


def _check_writable(ballots: BallotFile, suffix: str, faults: Faults) -> None:
    piles = ballots.piles
    other = say("Choose another format.")
    for option in piles.options:
        if any(sign in option.name for sign in '"\r\n') or option.name != option.name.strip():
            faults.add(
                None,
                say("The name “{name}” cannot be written to this format.", name=option.name),
                say("Take out quotation marks, line breaks and spaces around it."),
            )
        if suffix == ".csv" and "=" in option.name:
            faults.add(None, say("The name “{name}” cannot be written to this format.", name=option.name), other)
        if option.withdrawn and suffix != ".blt":
            faults.add(None, say("This format cannot say that {name} has withdrawn.", name=option.name), other)
    if suffix == ".blt" and ballots.seats is None:
        faults.add(None, say("This format needs the number of seats."), say("Say how many are elected."))
    if suffix in (".soi", ".soc") and piles.tied is not None:
        faults.add(None, say("This format cannot hold shared places."), say("Name the file .toi or .toc."))
    if suffix in (".soc", ".toc"):
        full = piles.order.shape[1] == len(piles.options) and bool((piles.order[:, -1] != NOBODY).all())
        if not full and len(piles):
            faults.add(
                None, say("This format cannot hold incomplete ballots."), say("Name the file .soi or .toi.")
            )


def _numbered(piles: RankedPiles) -> Iterator[tuple[list[list[int]], int]]:
    """Each pile as places of candidate numbers from 1."""
    number = {option: index for index, option in enumerate(piles.ids, start=1)}
    for ranking, count in piles:
        yield [sorted(number[option] for option in place) for place in ranking], count


def blt_lines(ballots: BallotFile) -> Iterator[str]:
    """The lines of a BLT file."""
    piles = ballots.piles
    yield f"{len(piles.options)} {ballots.seats}\n"
    gone = [f"-{number}" for number, option in enumerate(piles.options, start=1) if option.withdrawn]
    if gone:
        yield " ".join(gone) + "\n"
    for places, count in _numbered(piles):
        marks = ["=".join(map(str, place)) for place in places]
        yield " ".join([str(count), *marks, "0"]) + "\n"
    yield "0\n"
    for option in piles.options:
        yield f'"{option.name}"\n'
    yield f'"{ballots.title}"\n'


def preflib_lines(ballots: BallotFile, name: str) -> Iterator[str]:
    """The lines of a PrefLib file, most frequent ballots first."""
    piles = ballots.piles
    yield f"# FILE NAME: {name}\n"
    yield f"# TITLE: {ballots.title}\n"
    yield f"# DATA TYPE: {name.rsplit('.', 1)[-1]}\n"
    yield f"# NUMBER ALTERNATIVES: {len(piles.options)}\n"
    yield f"# NUMBER VOTERS: {piles.total}\n"
    yield f"# NUMBER UNIQUE ORDERS: {len(piles)}\n"
    for number, option in enumerate(piles.options, start=1):
        yield f"# ALTERNATIVE NAME {number}: {option.name}\n"
    for places, count in sorted(_numbered(piles), key=lambda pile: (-pile[1], pile[0])):
        marks = [str(place[0]) if len(place) == 1 else "{" + ",".join(map(str, place)) + "}" for place in places]
        yield f"{count}: {','.join(marks)}\n"


class _Line:
    """What csv.writer writes to: keeps the last line."""

    text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def csv_lines(piles: RankedPiles) -> Iterator[str]:
    """The lines of a plain CSV: how many, then a column for each candidate with the rank (1 is best)."""
    line = _Line()
    writer: Any = csv.writer(line)
    writer.writerow(["count", *(option.name for option in piles.options)])
    yield line.text
    for places, count in _numbered(piles):
        ranks = [""] * len(piles.options)
        for rank, place in enumerate(places, start=1):
            for number in place:
                ranks[number - 1] = str(rank)
        writer.writerow([count, *ranks])
        yield line.text
