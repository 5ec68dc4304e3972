"""An exported log: its entries, its signed checkpoint and the countersignatures, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from solidaria.core.books import Books, Event, event_faults, event_from
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.proof import Checkpoint, NoteSignature, leaf_hash, read_note, read_signature, root_of

FORMAT = "solidaria log 1"

#: (checkpoint, signature, public key) → seconds since 1970, 0 for the log's own; None: not signed by this key.
Signed = Callable[[Checkpoint, NoteSignature, str], int | None]


@dataclass(frozen=True)
class Witness:
    """An ally's countersignature: who, with which public key, the line of the note."""

    ally: str
    public: str
    line: str


@dataclass(frozen=True)
class LogFile:
    """An exported log.

    origin, public   the log's name and public key
    note             the last signed checkpoint
    witnesses        countersignatures under it
    entries          the lines of the log, the checkpoint's first
    """

    origin: str
    public: str
    note: str
    witnesses: tuple[Witness, ...]
    entries: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file."""
        document = {
            "format": FORMAT,
            "origin": self.origin,
            "public": self.public,
            "note": self.note,
            "witnesses": [one.__dict__ for one in self.witnesses],
            "entries": list(self.entries),
        }
        return json.dumps(document, ensure_ascii=False, indent=0) + "\n"


def read_log(text: str, name: str = "") -> LogFile:
    """The log in a file; raises Refused where it is none."""
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError
        origin, public, note = (found[key] for key in ("origin", "public", "note"))
        entries = found["entries"]
        witnesses = witnesses_from(found["witnesses"])
        if not all(isinstance(part, str) for part in (origin, public, note, *entries)):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        help = say("Download it again from the page of the books: “the log with its proof”.")
        raise Refused([Fault(name, None, None, say("This is not an exported log."), help)]) from None
    return LogFile(origin, public, note, witnesses, tuple(entries))


def witnesses_from(found: Any) -> tuple[Witness, ...]:
    """The countersignatures in a file; raises ValueError, KeyError or TypeError where there is something else."""
    return tuple(Witness(**{key: str(one[key]) for key in ("ally", "public", "line")}) for one in found)


@dataclass
class Verified:
    """What the proof of a log came to.

    size, root     of the checkpoint; signed: whether the log's own key signed it
    witnesses      (ally, seconds since 1970) of those whose countersignature holds
    events         how many entries are events; faults: everything that is wrong, empty when nothing is
    later          entries after the checkpoint, which nothing proves yet
    """

    size: int = 0
    root: str = ""
    signed: bool = False
    witnesses: list[tuple[str, int]] = field(default_factory=list)
    events: int = 0
    later: int = 0
    faults: list[Sentence] = field(default_factory=list)


def verify(
    log: LogFile, signed: Signed, *, key: str = "", kept: Sequence[Checkpoint] = (), own: str = ""
) -> Verified:
    """Prove a log by its checkpoint: nothing was changed, dropped or reordered since it was signed.

    key    the log's public key as the reader knows it; blank: the one in the file is believed
    kept   checkpoints the reader kept from before: the log must still begin with what they say
    own    the agent whose log it is: what it holds must never fall below zero
    """
    found = Verified()
    try:
        checkpoint, signatures = read_note(log.note)
    except ValueError:
        found.faults.append(say("The checkpoint in the file cannot be read."))
        return found
    leaves = [leaf_hash(entry.encode()) for entry in log.entries]
    found.size, found.root, found.later = checkpoint.size, checkpoint.root.hex(), len(leaves) - checkpoint.size
    found.signed, found.witnesses, unsigned = signatures_of(
        checkpoint, signatures, key or log.public, log.witnesses, signed
    )
    found.faults += unsigned
    if checkpoint.origin != log.origin:
        found.faults.append(say("The checkpoint is of other books: {name}.", name=checkpoint.origin))
    for one in (checkpoint, *kept):
        found.faults += begins_with(leaves, one)
        if one.origin != checkpoint.origin:
            found.faults.append(say("A checkpoint that was kept is of other books: {name}.", name=one.origin))
    events, faults = _events(log.entries)
    found.events = len(events)
    found.faults += faults + _arithmetic(events, own)
    return found


def signatures_of(
    checkpoint: Checkpoint,
    signatures: Iterable[NoteSignature],
    public: str,
    witnesses: Iterable[Witness],
    signed: Signed,
) -> tuple[bool, list[tuple[str, int]], list[Sentence]]:
    """Whether the log's own key signed a checkpoint, (ally, seconds since 1970) of whose countersignature holds, faults."""
    faults: list[Sentence] = []
    own = any(signed(checkpoint, one, public) == 0 for one in signatures)
    if not own:
        faults.append(say("The checkpoint is not signed by the key of these books."))
    held = []
    for witness in witnesses:
        try:
            time = signed(checkpoint, read_signature(witness.line), witness.public)
        except ValueError:
            time = None
        if time:
            held.append((witness.ally, time))
        else:
            faults.append(
                say("The countersignature of {ally} is not one under this checkpoint.", ally=witness.ally)
            )
    return own, held, faults


def begins_with(leaves: Sequence[bytes], checkpoint: Checkpoint) -> list[Sentence]:
    """What is wrong where a log does not begin with what a checkpoint says; empty when it does."""
    if len(leaves) < checkpoint.size:
        return [
            say(
                "The log has {count} entries and had {size}: entries were dropped.",
                count=len(leaves),
                size=checkpoint.size,
            )
        ]
    if root_of(leaves[: checkpoint.size]) != checkpoint.root:
        return [
            say(
                "The first {size} entries are not those that were signed: the log was changed.",
                size=checkpoint.size,
            )
        ]
    return []


def _events(entries: Iterable[str]) -> tuple[list[Event], list[Sentence]]:
    events, faults = [], []
    for place, entry in enumerate(entries):
        if entry.startswith('{"action":'):
            try:
                events.append(event_from(entry))
            except ValueError:
                faults.append(say("Entry {place} cannot be read.", place=place))
    return events, faults


def _arithmetic(events: list[Event], own: str) -> list[Sentence]:
    """Whether the events are ones the books take: each by itself, none twice, the owner never below zero."""
    faults: list[Sentence] = []
    seen: set[str] = set()
    books = Books()
    for event in events:
        if event.id in seen:
            faults.append(say("The event {id} is there twice.", id=event.id))
        seen.add(event.id)
        found = event_faults(event)
        faults += [fault.what for fault in found]
        if not found and own:
            books.replay(event)
            if min(books.held(own, event.resource)) < 0:
                faults.append(say("After the event {id} less than nothing is held.", id=event.id))
    return faults
