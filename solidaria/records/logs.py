"""The logs in a server's database, read without the platform: what `solidaria verify` proves is what stands in the tables.

Only reads, and knows nothing of Django: a second way from the tables to the lines, which a test holds to be the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from solidaria.core.books import FIELDS, Event, agent, balances, one_line
from solidaria.core.logfile import LogFile, Verified, Witness, signatures_of, verify
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.proof import Checkpoint, leaf_hash, read_note, roots_at
from solidaria.records.signatures import signed_by

FILE = "solidaria.sqlite3"
#: As in records/summed.py, which needs Django.
_SIDES = {"in": "receiver", "out": "provider"}
_EVENT = ", ".join(f'e."{ {"id": "uid"}.get(name, name) }"'.replace(" ", "") for name in FIELDS)


@dataclass(frozen=True)
class Kept:
    """An organisation's log as it stands in a database.

    file    the log with its last checkpoint; its note is blank where nothing was signed
    before  the notes of all checkpoints, the newest first
    faults  what is wrong with the tables themselves
    """

    code: str
    file: LogFile
    before: tuple[str, ...]
    faults: tuple[Sentence, ...]


def database_of(home: Path, address: str = "") -> str:
    """The address of the database of a server: the file in its home folder, else the one SOLIDARIA_DATABASE says."""
    return address if address and not (home / FILE).is_file() else f"sqlite:///{home / FILE}"


def logs_in(address: str, only: str = "") -> Iterator[Kept]:
    """The logs of all organisations that have one, by id, or of one. Nothing is written, and no lock is held.

    address   sqlite:///path or postgresql://…
    Raises Refused where the database cannot be read.
    """
    try:
        with closing(_connected(address)) as connection:
            asked = _Asked(connection, "?" if isinstance(connection, sqlite3.Connection) else "%s")
            for pk, code in asked.rows(
                "SELECT id, code FROM records_organisation o "
                "WHERE EXISTS (SELECT 1 FROM records_logentry l WHERE l.organisation_id = o.id) ORDER BY code"
            ):
                if only in ("", code):
                    yield _log(asked, pk, code)
    except (sqlite3.Error, psycopg.Error, OSError) as error:
        what = say("The database cannot be read: {reason}.", reason=str(error).strip())
        help = say("Give the folder of a server, or set SOLIDARIA_DATABASE as for the server.")
        raise Refused([Fault(address.rpartition("@")[2], None, None, what, help)]) from None


def _connected(address: str) -> Any:
    if address.startswith("sqlite:///"):
        path = Path(address.removeprefix("sqlite:///"))
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path.name}")
        return sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
    return psycopg.connect(address, options="-c default_transaction_read_only=on")


class _Asked:
    """Questions to either kind of database."""

    def __init__(self, connection: Any, mark: str) -> None:
        self.connection, self.mark = connection, mark

    def rows(self, statement: str, *values: Any) -> Sequence[Sequence[Any]]:
        cursor = self.connection.cursor()
        cursor.execute(statement.replace("?", self.mark), values)
        found: Sequence[Sequence[Any]] = cursor.fetchall()
        return found


def _moment(value: Any) -> str:
    """A moment as the log writes it: SQLite keeps it as text in UTC, PostgreSQL as a moment."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")


def _versions(asked: _Asked, pk: int) -> dict[int, str]:
    """The versions of agreements in a log, as lines."""
    found = {}
    for version, giver, number, at, by, parties, taker, text, counted in asked.rows(
        "SELECT v.id, g.code, a.number, v.at, b.code, v.parties, t.code, v.text, v.number "
        "FROM records_agreementversion v JOIN records_agreement a ON a.id = v.agreement_id "
        "JOIN records_organisation g ON g.id = a.giver_id JOIN records_organisation t ON t.id = a.taker_id "
        "JOIN records_organisation b ON b.id = v.by_id "
        "WHERE v.id IN (SELECT version_id FROM records_logentry WHERE organisation_id = ?)",
        pk,
    ):
        yes = {
            code: [_moment(when), f"motion:{motion}" if motion else f"mandate:{mandate}"]
            for code, when, motion, mandate in asked.rows(
                "SELECT o.code, y.at, y.motion_id, y.mandate_id FROM records_agreementyes y "
                "JOIN records_organisation o ON o.id = y.organisation_id WHERE y.version_id = ?",
                version,
            )
        }
        found[version] = one_line(
            {
                "agreement": f"{giver}/{number}",
                "at": _moment(at),
                "by": by,
                "parties": json.loads(parties) if isinstance(parties, str) else parties,
                "taker": taker,
                "terms": text,
                "version": counted,
                "yes": yes,
            }
        )
    return found


def _log(asked: _Asked, pk: int, code: str) -> Kept:
    faults: list[Sentence] = []
    versions, texts, places = _versions(asked, pk), [], []
    for place, event, version, *columns in asked.rows(
        f"SELECT l.place, l.event_id, l.version_id, {_EVENT} FROM records_logentry l "
        "LEFT JOIN records_ledgerevent e ON e.id = l.event_id WHERE l.organisation_id = ? ORDER BY l.place",
        pk,
    ):
        places.append(place)
        if event is not None and columns[0] is not None:
            texts.append(Event(*columns).text)
        elif version in versions:
            texts.append(versions[version])
        else:
            faults.append(say("The entry at place {place} points at nothing.", place=place))
    if places != list(range(len(places))):
        faults.append(say("The places of the log have gaps: entries were taken out."))
    own = agent(code)
    ((outside,),) = asked.rows(
        'SELECT COUNT(*) FROM records_ledgerevent e WHERE (e.provider = ? OR e.receiver = ? OR e."by" = ?) '
        "AND NOT EXISTS (SELECT 1 FROM records_logentry l WHERE l.organisation_id = ? AND l.event_id = e.id)",
        *(own, own, code, pk),
    )
    if outside:
        faults.append(say("{count} events stand in the books and not in the log.", count=outside))
    if _kept_sums(asked, own) != _added_up(asked, own):
        faults.append(say("The sums that the server keeps are not those of its events."))
    notes: list[str] = []
    witnesses: list[Witness] = []
    for row, size, root, note in asked.rows(
        "SELECT id, size, root, note FROM records_logcheckpoint WHERE organisation_id = ? ORDER BY size DESC", pk
    ):
        try:
            checkpoint, _ = read_note(note)
            if (checkpoint.size, checkpoint.root.hex()) != (size, root):
                raise ValueError
        except ValueError:
            faults.append(say("The row of the checkpoint of {size} entries is not what was signed.", size=size))
        if not notes:
            witnesses = [
                Witness(*each)
                for each in asked.rows(
                    "SELECT o.name, c.public, c.line FROM records_countersignature c "
                    "JOIN records_organisation o ON o.id = c.ally_id WHERE c.checkpoint_id = ? ORDER BY c.id",
                    row,
                )
            ]
        notes.append(note)
    keys = asked.rows("SELECT public FROM records_logkey WHERE organisation_id = ?", pk)
    public = keys[0][0] if keys else ""
    file = LogFile(f"solidaria/o/{code}", public, notes[0] if notes else "", tuple(witnesses), tuple(texts))
    return Kept(code, file, tuple(notes), tuple(faults))


def _kept_sums(asked: _Asked, own: str) -> set[tuple[Any, ...]]:
    """The sums the database keeps of an agent."""
    rows = asked.rows(
        "SELECT month, side, resource, action, part, amount, effort FROM records_monthsum WHERE agent = ?", own
    )
    return {tuple(row) for row in rows}


def _added_up(asked: _Asked, own: str) -> set[tuple[Any, ...]]:
    """The same, added up from the events."""
    return {
        (month, side, *row[:-2], int(row[-2]), int(row[-1]))
        for side, column in _SIDES.items()
        for month, *row in asked.rows(
            "SELECT substr(day, 1, 7), resource, action, part, SUM(amount), SUM(effort) FROM records_ledgerevent "
            f"WHERE {column} = ? GROUP BY substr(day, 1, 7), resource, action, part",
            own,
        )
    }


def verified(kept: Kept, *, key: str = "", checkpoints: Sequence[Checkpoint] = ()) -> Verified:
    """Prove a log in a database: as `logfile.verify`, and every checkpoint in the tables besides."""
    own = [one for one in checkpoints if one.origin == kept.file.origin]
    found = verify(kept.file, signed_by, key=key, kept=own, own=agent(kept.code))
    found.faults += kept.faults
    earlier = []
    for note in kept.before[1:]:
        try:
            earlier.append(read_note(note))
        except ValueError:
            continue  # told already: its row is not what was signed
    roots = roots_at((leaf_hash(text.encode()) for text in kept.file.entries), [one.size for one, _ in earlier])
    for checkpoint, signatures in earlier:
        if checkpoint.origin != kept.file.origin or roots.get(checkpoint.size) != checkpoint.root:
            what = say("The log is not what the checkpoint of {size} entries says.", size=checkpoint.size)
            found.faults.append(what)
        found.faults += signatures_of(checkpoint, signatures, key or kept.file.public, (), signed_by)[2]
    return found


def sums_of(file: LogFile, own: str) -> dict[str, tuple[int, int]]:
    """Resource → what an agent holds by right and in hand, added up from a log alone."""
    events = [Event(**json.loads(entry)) for entry in file.entries if entry.startswith('{"action":')]
    return {
        resource: both for (who, resource), both in balances(events).items() if who == own and resource != "hours"
    }
