"""Small files of proof: that one entry stands in a log, and that a log only grew from one checkpoint to a later one.

Whoever holds such a file and a checkpoint that allies countersigned needs neither the log nor the server.
docs/books.md says how to check one without any program of ours.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from solidaria.core.books import Event, event_from
from solidaria.core.logfile import Signed, Witness, signatures_of, witnesses_from
from solidaria.core.problem import Fault, Refused, Sentence, say
from solidaria.core.proof import Checkpoint, is_consistent, is_included, leaf_hash, read_note

ENTRY_FORMAT, GROWTH_FORMAT = "solidaria proof 1", "solidaria growth 1"
#: A tree of 2^64 entries needs no more in one proof.
MOST_HASHES = 130


@dataclass(frozen=True)
class EntryProof:
    """One entry of a log, and what shows that it stands there.

    origin, public   the log's name and public key
    note             the signed checkpoint; witnesses: countersignatures under it
    place            of the entry, from 0; entry: the line itself
    hashes           the inclusion proof, from the leaf to the root (RFC 9162, section 2.1.3)
    """

    origin: str
    public: str
    note: str
    witnesses: tuple[Witness, ...]
    place: int
    entry: str
    hashes: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """The file."""
        return _written(
            {
                "format": ENTRY_FORMAT,
                "origin": self.origin,
                "public": self.public,
                "note": self.note,
                "witnesses": [one.__dict__ for one in self.witnesses],
                "place": self.place,
                "entry": self.entry,
                "hashes": [base64.b64encode(one).decode() for one in self.hashes],
            }
        )


@dataclass(frozen=True)
class Growth:
    """Two checkpoints of a log, and what shows that the later one only adds to the earlier one.

    earlier, later   signed checkpoints; witnesses: countersignatures under the later one
    hashes           the consistency proof (RFC 9162, section 2.1.4)
    """

    origin: str
    public: str
    earlier: str
    later: str
    witnesses: tuple[Witness, ...]
    hashes: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """The file."""
        return _written(
            {
                "format": GROWTH_FORMAT,
                "origin": self.origin,
                "public": self.public,
                "earlier": self.earlier,
                "later": self.later,
                "witnesses": [one.__dict__ for one in self.witnesses],
                "hashes": [base64.b64encode(one).decode() for one in self.hashes],
            }
        )


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def read_proof(text: str, name: str = "") -> EntryProof | Growth:
    """The proof in a file; raises Refused where it is none."""
    try:
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError
        kind = found.get("format")
        names = {ENTRY_FORMAT: ("note", "entry"), GROWTH_FORMAT: ("earlier", "later")}[str(kind)]
        first, second = (found[key] for key in names)
        origin, public, hashes = found["origin"], found["public"], found["hashes"]
        if not all(isinstance(part, str) for part in (origin, public, first, second, *hashes)):
            raise ValueError
        path = tuple(base64.b64decode(one, validate=True) for one in hashes)
        if len(path) > MOST_HASHES or any(len(one) != 32 for one in path):
            raise ValueError
        witnesses = witnesses_from(found["witnesses"])
        if kind == GROWTH_FORMAT:
            return Growth(origin, public, first, second, witnesses, path)
        place = found["place"]
        if type(place) is not int:
            raise ValueError
        return EntryProof(origin, public, first, witnesses, place, second, path)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        help = say("Download it again from the page of the entry, or of the books.")
        raise Refused(
            [Fault(name, None, None, say("This is not a proof of an entry or of a log."), help)]
        ) from None


@dataclass
class Proved:
    """What a proof came to.

    checkpoint   the one it rests on (of a growth: the later one), None where it cannot be read
    earlier      the earlier one of a growth
    signed       whether the log's own key signed every checkpoint in it
    witnesses    (ally, seconds since 1970) of those whose countersignature under the checkpoint holds
    event        the event of an entry; None where it is another kind of entry
    faults       everything that is wrong, empty when nothing is
    """

    checkpoint: Checkpoint | None = None
    earlier: Checkpoint | None = None
    signed: bool = False
    witnesses: list[tuple[str, int]] = field(default_factory=list)
    event: Event | None = None
    faults: list[Sentence] = field(default_factory=list)


def prove_entry(proof: EntryProof, signed: Signed, *, key: str = "", kept: Sequence[Checkpoint] = ()) -> Proved:
    """Whether an entry stands in the log at its place, as the checkpoint says. key, kept: as in `logfile.verify`."""
    found = Proved()
    checkpoint = _signed(found, proof.note, proof.origin, key or proof.public, signed, proof.witnesses)
    if checkpoint is None:
        return found
    found.checkpoint = checkpoint
    leaf = leaf_hash(proof.entry.encode())
    if not is_included(leaf, proof.place, checkpoint.size, proof.hashes, checkpoint.root):
        found.faults.append(say("This entry does not stand in the log at place {place}.", place=proof.place))
    for one in kept:
        if (one.origin, one.size) != (checkpoint.origin, checkpoint.size):
            what = say("The checkpoint that was kept is another one: it says nothing about this proof.")
            found.faults.append(what)
        elif one.root != checkpoint.root:
            what = say(
                "The first {size} entries are not those that were signed: the log was changed.", size=one.size
            )
            found.faults.append(what)
    if proof.entry.startswith('{"action":'):
        try:
            found.event = event_from(proof.entry)
        except ValueError:
            found.faults.append(say("Entry {place} cannot be read.", place=proof.place))
    return found


def prove_growth(growth: Growth, signed: Signed, *, key: str = "", kept: Sequence[Checkpoint] = ()) -> Proved:
    """Whether the log only grew from the earlier to the later checkpoint.

    key    the log's public key as the reader knows it; blank: the one in the file is believed
    kept   checkpoints the reader kept: each has to be the earlier or the later one of this file
    """
    found, public = Proved(), key or growth.public
    earlier = _signed(found, growth.earlier, growth.origin, public, signed, ())
    before = found.signed
    later = _signed(found, growth.later, growth.origin, public, signed, growth.witnesses)
    found.signed = found.signed and before
    if earlier is None or later is None:
        return found
    found.checkpoint, found.earlier = later, earlier
    if not is_consistent(earlier.size, later.size, earlier.root, later.root, growth.hashes):
        what = say(
            "The log of {later} entries does not begin with the {earlier} that were signed: it was changed.",
            later=later.size,
            earlier=earlier.size,
        )
        found.faults.append(what)
    for one in kept:
        if one not in (earlier, later):
            what = say(
                "The checkpoint that was kept, of {size} entries, is not the one in this file.", size=one.size
            )
            found.faults.append(what)
    return found


def _signed(
    found: Proved, note: str, origin: str, public: str, signed: Signed, witnesses: Sequence[Witness]
) -> Checkpoint | None:
    """The checkpoint of a note; who signed it, and what is wrong, go into `found`."""
    try:
        checkpoint, signatures = read_note(note)
    except ValueError:
        found.faults.append(say("The checkpoint in the file cannot be read."))
        return None
    if checkpoint.origin != origin:
        found.faults.append(say("The checkpoint is of other books: {name}.", name=checkpoint.origin))
    found.signed, found.witnesses, faults = signatures_of(checkpoint, signatures, public, witnesses, signed)
    found.faults += faults
    return checkpoint
