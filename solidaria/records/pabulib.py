"""Budget votes as Pabulib files (.pb): read with every fault at once, written so that reading gives the same vote.

Source of the format: Faliszewski and others, "Participatory Budgeting: Data, Tools and Analysis" (IJCAI 2023),
pabulib.org/format. Ballots go to piles as they are read; who cast them (voter_id, age, sex …) is never kept.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from solidaria.core.problem import Fault, Refused, Sentence, say, say_many
from solidaria.core.voting.budget import KINDS, BudgetVote, Points, Project, put_in_order

SECTIONS = ("META", "PROJECTS", "VOTES")

#: Whole numbers and decimals with a point. A decimal comma is taken only where it cannot mean thousands.
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]+,[0-9]{1,2}")
#: Control signs but tab and line ends; they could do harm on a terminal. Those beyond ASCII take two bytes.
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\r"))
_CONTROL_BEYOND_ASCII = re.compile(rb"\xc2[\x80-\x9f]")
#: A fault that every ballot shares is shown this often, then counted.
_SHOWN = 50


@dataclass(frozen=True)
class PabulibFile:
    """What a Pabulib file says.

    vote       budget, projects and piles of ballots
    meta       the META section as text
    votes      project → supporters as published; empty where the file has no such column
    score      project → points as published; likewise
    selected   project → what the column "selected" says: "1" funded, "0" not, other values have their own meaning
    notes      what a reader must know: published sums that differ from the ballots, ballots beyond the limits
    """

    vote: BudgetVote
    meta: Mapping[str, str]
    votes: Mapping[str, Fraction] = field(default_factory=dict)
    score: Mapping[str, Fraction] = field(default_factory=dict)
    selected: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()

    @property
    def published(self) -> Mapping[str, Fraction]:
        """What the city ordered the projects by: the score where there is one, else the votes; may be empty."""
        return self.score or self.votes

    @property
    def funded(self) -> frozenset[str]:
        """The projects that the file says were funded."""
        return frozenset(project for project, value in self.selected.items() if value == "1")


def read_file(path: Path | str) -> PabulibFile:
    """Read a Pabulib file. Raises Refused with every fault and its line."""
    path = Path(path)
    broken = _first_broken_line(path)
    if broken is not None:
        raise Refused([_not_text(path.name, broken)])
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return read(lines, path.name)


def _first_broken_line(path: Path) -> int | None:
    """The first line that is not UTF-8 or holds a control sign, which no text needs; None when there is none."""
    before = 0
    with path.open("rb") as file:
        # Many lines at once, because nearly all are fine.
        while lines := file.readlines(1 << 20):
            if not _is_text(b"".join(lines)):
                return before + next(number for number, line in enumerate(lines, start=1) if not _is_text(line))
            before += len(lines)
    return None


def _is_text(lines: bytes) -> bool:
    if len(lines.translate(None, _CONTROL)) < len(lines) or _CONTROL_BEYOND_ASCII.search(lines):
        return False
    try:
        lines.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _not_text(name: str, line: int) -> Fault:
    return Fault(
        name,
        line,
        None,
        say("This line is not UTF-8 text, or holds a sign that cannot be printed."),
        say("Save the file as UTF-8, and read it again."),
    )


def read(lines: Iterable[str], name: str = "") -> PabulibFile:
    """Read a Pabulib file given as lines; `name` is the file's name in faults.

    Memory grows with the number of different ballots, not with the number of people.
    Raises Refused with every fault and its line.
    """
    return _Reader(name).read(lines)


class _Reader:
    """Reads one file from top to bottom and remembers what is wrong with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.more = 0
        self.line = 0
        self.meta: dict[str, str] = {}
        self.projects: dict[str, Project] = {}
        self.columns: dict[str, dict[str, str]] = {"votes": {}, "score": {}, "selected": {}}
        self.piles: dict[Points, int] = {}
        self.lengths: dict[int, int] = {}
        self.kind = "approval"
        self.marks: dict[tuple[str, str], tuple[str, Fraction | int]] = {}
        self.project_lines: dict[str, int] = {}
        self.no_projects = False

    def fault(self, what: Sentence, help: Sentence, *, column: str | None = None, line: int | None = None) -> None:
        if len(self.faults) < 10 * _SHOWN:
            self.faults.append(Fault(self.name, self.line if line is None else line or None, column, what, help))
        else:
            self.more += 1

    def read(self, lines: Iterable[str]) -> PabulibFile:
        try:
            self._sections(csv.reader(lines, delimiter=";"))
        except UnicodeDecodeError as error:
            self.fault(
                say("This is not UTF-8 text: {reason}.", reason=error.reason),
                say("Save the file as UTF-8, and read it again."),
            )
        except csv.Error as error:
            self.fault(
                say("This line cannot be taken apart: {reason}.", reason=str(error)),
                say('Write a text that holds ";" or quotation marks between quotation marks.'),
            )
        if not self.faults:
            self._agree()
        if self.faults:
            if self.more:
                self.fault_at_end()
            raise Refused(self.faults)
        limit = Fraction(0)
        budget = _number(self.meta["budget"])
        vote = BudgetVote(
            limit if budget is None else budget, tuple(self.projects.values()), self.piles, self.kind
        )
        return self._file(vote)

    def fault_at_end(self) -> None:
        self.faults.append(
            Fault(
                self.name,
                None,
                None,
                say_many("One more fault is not shown.", "{count} more faults are not shown.", self.more),
                say("Mend those above first, and read the file again."),
            )
        )

    def _sections(self, rows: Iterator[list[str]] | Iterable[list[str]]) -> None:
        section = ""
        header: list[str] = []
        seen: list[str] = []
        use: Callable[[list[str]], None] | None = None
        reader = iter(rows)
        line_of = getattr(rows, "line_num", None)
        for row in reader:
            if line_of is not None:
                self.line = rows.line_num  # type: ignore[union-attr]
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            first = row[0].strip().upper()
            if first in SECTIONS and not any(cell.strip() for cell in row[1:]):
                if first in seen:
                    self.fault(
                        say("The section {section} begins a second time.", section=first),
                        say("Keep each section once: META, PROJECTS, VOTES."),
                    )
                elif len(seen) < len(SECTIONS) and first != SECTIONS[len(seen)]:
                    self.fault(
                        say("The section {section} comes too early.", section=first),
                        say("Put the sections in this order: META, PROJECTS, VOTES."),
                    )
                seen.append(first)
                section, header, use = first, [], None
            elif not section:
                self.fault(
                    say("The file does not begin with META."),
                    say("A Pabulib file has three sections: META, PROJECTS, VOTES."),
                )
                return
            elif not header:
                header = [cell.strip() for cell in row]
                use = self._section(section, header)
            elif use is not None:
                use(row)
        for section in SECTIONS:
            if section not in seen:
                self.fault(
                    say("The section {section} is missing.", section=section),
                    say("A Pabulib file has three sections: META, PROJECTS, VOTES."),
                    line=0,
                )

    def _section(self, section: str, header: list[str]) -> Callable[[list[str]], None] | None:
        """What is done with the rows of a section whose header has just been read."""
        needed = {"META": ("key", "value"), "PROJECTS": ("project_id", "cost"), "VOTES": ("voter_id", "vote")}[
            section
        ]
        lacking = [column for column in needed if column not in header]
        twice = sorted({column for column in header if column and header.count(column) > 1})
        for column in lacking:
            self.fault(
                say("The section {section} has no column {column}.", section=section, column=column),
                say("Put the names of the columns in the line after {section}.", section=section),
                column=column,
            )
        for column in twice:
            self.fault(
                say("The section {section} has the column {column} twice.", section=section, column=column),
                say("Keep one of them."),
                column=column,
            )
        if section == "VOTES":
            self._meta_is_usable()
            if self.kind in ("cumulative", "scoring") and "points" not in header:
                self.fault(
                    say("These ballots have points, but VOTES has no column points."),
                    say("Add the column, or say another vote_type in META."),
                    column="points",
                )
                return None
        if lacking or twice:
            self.no_projects = self.no_projects or section == "PROJECTS"
            return None
        place = {column: number for number, column in enumerate(header)}
        if section == "META":
            return lambda row: self._meta_row(row, place)
        if section == "PROJECTS":
            return lambda row: self._project_row(row, place)
        return self._ballots(place)

    def _meta_row(self, row: list[str], place: Mapping[str, int]) -> None:
        if len(row) <= max(place["key"], place["value"]):
            self.fault(
                say("This line of META has no value."), say('Write the key, ";" and the value.'), column="value"
            )
            return
        key, value = row[place["key"]].strip(), row[place["value"]].strip()
        if key in self.meta and self.meta[key] != value:
            self.fault(
                say("{key} is given twice, with different values.", key=key),
                say("Keep one of them."),
                column="value",
            )
        self.meta[key] = value

    def _meta_is_usable(self) -> None:
        for key in ("budget", "vote_type"):
            if key not in self.meta:
                self.fault(
                    say("META does not give {key}.", key=key),
                    say('Add a line with {key}, ";" and its value to META.', key=key),
                    column="key",
                    line=0,
                )
        if "budget" in self.meta and _number(self.meta["budget"]) is None:
            self.fault(
                say("The budget {value} is not a number.", value=repr(self.meta["budget"])),
                say("Write the amount with a point for decimals and nothing between thousands."),
                column="budget",
                line=0,
            )
        kind = self.meta.get("vote_type", self.kind).lower()
        if kind not in KINDS:
            self.fault(
                say("The vote_type {kind} is not known.", kind=repr(kind)),
                say("It can be {kinds}.", kinds=", ".join(KINDS)),
                column="vote_type",
                line=0,
            )
        else:
            self.kind = kind

    def _project_row(self, row: list[str], place: Mapping[str, int]) -> None:
        cells = {column: row[number].strip() for column, number in place.items() if number < len(row)}
        project = cells.get("project_id", "")
        if not project:
            self.fault(say("This project has no project_id."), say("Give it one."), column="project_id")
            return
        if "," in project:
            self.fault(
                say(
                    "The project_id {project} holds a comma, which separates projects on ballots.", project=project
                ),
                say("Choose an id without a comma."),
                column="project_id",
            )
        if project in self.projects:
            self.fault(
                say(
                    "The project {project} is there twice; it was first in line {line}.",
                    project=project,
                    line=self.project_lines[project],
                ),
                say("Every project needs its own project_id."),
                column="project_id",
            )
            return
        cost = _number(cells.get("cost", ""))
        if cost is None:
            self.fault(
                say(
                    "The cost {value} of {project} is not a number.",
                    value=repr(cells.get("cost", "")),
                    project=project,
                ),
                say("Write the amount with a point for decimals and nothing between thousands."),
                column="cost",
            )
        self.project_lines[project] = self.line
        self.projects[project] = Project(project, cost or Fraction(0), cells.get("name", ""))
        for column, values in self.columns.items():
            if cells.get(column, ""):
                values[project] = cells[column]
                if column != "selected" and _number(cells[column]) is None:
                    self.fault(
                        say("{value} is not a number.", value=repr(cells[column])),
                        say("Write a whole number, or leave the cell empty."),
                        column=column,
                    )

    def _ballots(self, place: Mapping[str, int]) -> Callable[[list[str]], None]:
        """A function that puts one row of VOTES into its pile."""
        at, width = place["vote"], len(place)
        points_at = place.get("points")
        graded = points_at is not None and self.kind in ("cumulative", "scoring", "ordinal")
        approvals = {project: (project, 1) for project in self.projects}
        piles, lengths, ordinal = self.piles, self.lengths, self.kind == "ordinal"
        single = self.kind == "choose-1"

        def put(row: list[str]) -> None:
            if len(row) <= at:
                self.fault(
                    say("This ballot ends before the column vote."),
                    say("A line of VOTES has {width} columns, with ; between them.", width=width),
                    column="vote",
                )
                return
            text = row[at].strip()
            marked = [project.strip() for project in text.split(",")] if text else []
            ballot: Points | None
            if graded and points_at is not None:
                ballot = self._graded(marked, row[points_at] if points_at < len(row) else "")
            elif ordinal:
                ballot = put_in_order(marked) if self._known(marked, approvals) else None
            else:
                try:
                    ballot = tuple(sorted([approvals[project] for project in marked]))
                except KeyError:
                    ballot = None
                if ballot is None or len(set(marked)) < len(marked):
                    self._known(marked, approvals)
                    ballot = None
                elif single and len(marked) > 1:
                    self.fault(
                        say_many(
                            "This ballot marks one project.", "This ballot marks {count} projects.", len(marked)
                        ),
                        say("With vote_type choose-1 a ballot marks one project at most."),
                        column="vote",
                    )
            if ballot is not None:
                piles[ballot] = piles.get(ballot, 0) + 1
                lengths[len(marked)] = lengths.get(len(marked), 0) + 1

        return put

    def _known(self, marked: list[str], approvals: Mapping[str, object]) -> bool:
        """Whether a ballot marks projects that exist, each once; says what is wrong if not."""
        if self.no_projects:
            # The table of projects could not be read: that is the fault, not every mark on every ballot.
            return False
        right = True
        for project in sorted(set(marked)):
            if project not in approvals:
                right = False
                self.fault(
                    say("The ballot marks {project}, which is not among the projects.", project=repr(project)),
                    say("Add the project to PROJECTS, or take the mark away."),
                    column="vote",
                )
            elif marked.count(project) > 1:
                right = False
                self.fault(
                    say("The ballot marks {project} more than once.", project=project),
                    say("Mark each project once."),
                    column="vote",
                )
        return right

    def _graded(self, marked: list[str], text: str) -> Points | None:
        """A ballot with points as a pile's key; None with a fault noted where it cannot be read."""
        right = self._known(marked, self.projects)
        points = [one.strip() for one in text.split(",")] if text.strip() else []
        if len(points) != len(marked):
            self.fault(
                say(
                    "The ballot marks {marked} projects and gives {points} numbers of points.",
                    marked=len(marked),
                    points=len(points),
                ),
                say("Give as many numbers of points as projects, in the same order."),
                column="points",
            )
            return None
        given: list[tuple[str, Fraction | int]] = []
        for mark in zip(marked, points, strict=True):
            known = self.marks.get(mark)
            if known is None:
                value = _number(mark[1])
                if value is None:
                    right = False
                    self.fault(
                        say("{value} is not a number of points.", value=repr(mark[1])),
                        say("Points are numbers from 0 up, with a point for decimals."),
                        column="points",
                    )
                    continue
                known = (mark[0], value.numerator if value.denominator == 1 else value)
                self.marks[mark] = known
            if known[1]:
                given.append(known)
        return tuple(sorted(given)) if right else None

    def _agree(self) -> None:
        """Whether META's numbers of projects and votes are those in the file: a cut file must not be counted."""
        for key, there in (("num_projects", len(self.projects)), ("num_votes", sum(self.piles.values()))):
            said = self.meta.get(key)
            if said is not None and said != str(there):
                self.fault(
                    say("META says {key} is {said}, but the file has {there}.", key=key, said=said, there=there),
                    say("Part of the file may be missing. Get it again, or correct the number."),
                    column=key,
                    line=0,
                )

    def _file(self, vote: BudgetVote) -> PabulibFile:
        notes: list[Sentence] = []
        numbers = {
            column: {project: _number(value) or Fraction(0) for project, value in self.columns[column].items()}
            for column in ("votes", "score")
        }
        supporters = {project: Fraction(many) for project, many in vote.supporters().items()}
        for column, tally in (("votes", supporters), ("score", vote.scores())):
            published = numbers[column]
            differ = [project for project in sorted(published) if published[project] != tally[project]]
            if differ and not (column == "votes" and numbers["score"]):
                notes.append(
                    say_many(
                        "The published {column} of one project differs from its ballots: {projects}.",
                        "The published {column} of {count} projects differ from their ballots: {projects}.",
                        len(differ),
                        column=column,
                        projects=", ".join(differ),
                    )
                )
        for key in ("min_length", "max_length"):
            limit = self.meta.get(key, "")
            if not limit.isdigit():
                continue
            many = sum(
                count
                for length, count in self.lengths.items()
                if (length < int(limit) if key == "min_length" else length > int(limit))
            )
            if many:
                notes.append(
                    say_many(
                        "One ballot is outside the limit {key} = {limit}; it is counted as it is.",
                        "{count} ballots are outside the limit {key} = {limit}; they are counted as they are.",
                        many,
                        key=key,
                        limit=limit,
                    )
                )
        return PabulibFile(
            vote, dict(self.meta), numbers["votes"], numbers["score"], dict(self.columns["selected"]), tuple(notes)
        )


def _number(text: str) -> Fraction | None:
    """A number that is not negative, exactly; None when the text is not one."""
    return Fraction(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def write(file: PabulibFile) -> Iterator[str]:
    """The lines of a Pabulib file, each with its line end.

    Voters are numbered pile by pile, piles in the order of their ballots, so nothing about the order in which
    people voted can be read from it. Reading the lines gives the same vote again.
    Raises ValueError for an amount that has no end as a decimal.
    """
    vote = file.vote
    meta = {
        **file.meta,
        "num_projects": str(len(vote.projects)),
        "num_votes": str(vote.voters),
        "budget": _decimal(vote.budget),
        "vote_type": vote.kind,
    }
    yield from _rows([["META"], ["key", "value"], *([key, value] for key, value in meta.items())])
    columns = {"votes": file.votes, "score": file.score}
    extra = [column for column, values in columns.items() if values]
    named = ["name"] if any(project.name for project in vote.projects) else []
    chosen = ["selected"] if file.selected else []
    rows = [["PROJECTS"], ["project_id", "cost", *extra, *named, *chosen]]
    for project in vote.projects:
        row = [project.id, _decimal(project.cost)]
        row += [_decimal(columns[column][project.id]) if project.id in columns[column] else "" for column in extra]
        row += [project.name] if named else []
        row += [file.selected.get(project.id, "")] if chosen else []
        rows.append(row)
    yield from _rows(rows)
    graded = vote.kind in ("cumulative", "scoring", "ordinal")
    yield from _rows([["VOTES"], ["voter_id", "vote", *(["points"] if graded else [])]])
    number = 0
    for ballot, count in sorted(vote.piles.items()):
        marks = sorted(ballot, key=lambda mark: (-mark[1], mark[0])) if vote.kind == "ordinal" else ballot
        cells = [",".join(project for project, _ in marks)]
        if graded:
            cells.append(",".join(_decimal(Fraction(points)) for _, points in marks))
        for _ in range(count):
            number += 1
            yield from _rows([[str(number), *cells]])


def _rows(rows: Iterable[list[str]]) -> Iterator[str]:
    written: list[str] = []
    writer = csv.writer(_Lines(written), delimiter=";", lineterminator="\n")
    for row in rows:
        writer.writerow(row)
        yield from written
        written.clear()


class _Lines:
    """Something csv can write to that keeps the lines."""

    def __init__(self, written: list[str]) -> None:
        self.write = written.append


def _decimal(value: Fraction) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(exact) != value:
        raise ValueError(f"{value} cannot be written as a decimal")
    return format(exact, "f")
