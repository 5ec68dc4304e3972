"""Proof that a log was only ever added to: an RFC 9162 Merkle tree, its proofs, and checkpoints to sign.

Hashes are SHA-256 with the prefixes of RFC 9162, section 2.1.1: 0x00 before a leaf, 0x01 before two nodes.
A checkpoint is a signed note as witnesses of transparency logs read it (C2SP: signed-note, tlog-checkpoint,
tlog-cosignature). Making and checking signatures needs a library and is in records/signatures.py.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

#: What the tree of an empty log hashes to: SHA-256 of nothing. Source: RFC 9162, section 2.1.1.
EMPTY = sha256(b"").digest()

#: Kinds of signature in a note: by the log itself, and by a witness who says when. Source: C2SP signed-note.
OWN_SIGNATURE, COSIGNATURE = 1, 4


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The tree of a log that grows: adding an entry and asking for the root keep only the right edge.

    Takes memory and, per entry, time that grow with the logarithm of the size.
    """

    def __init__(self) -> None:
        self.size = 0
        self._full: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Add the leaf hash of the next entry."""
        height, node = 0, leaf
        while self._full and self._full[-1][0] == height:
            node = node_hash(self._full.pop()[1], node)
            height += 1
        self._full.append((height, node))
        self.size += 1

    def root(self) -> bytes:
        """The root hash of what was added so far."""
        if not self._full:
            return EMPTY
        node = self._full[-1][1]
        for _, left in reversed(self._full[:-1]):
            node = node_hash(left, node)
        return node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root hash over leaf hashes, in their order."""
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def roots_at(leaves: Iterable[bytes], sizes: Iterable[int]) -> dict[int, bytes]:
    """Size → root hash over the first so many leaf hashes, in one pass; sizes beyond the last leaf are left out."""
    wanted, tree, found = set(sizes), Frontier(), {}
    if 0 in wanted:
        found[0] = EMPTY
    for leaf in leaves:
        tree.add(leaf)
        if tree.size in wanted:
            found[tree.size] = tree.root()
    return found


def _largest_power_below(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(place: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that show the entry at a place (from 0) to be in the tree over all these leaf hashes.

    Source: RFC 9162, section 2.1.3.1. Raises ValueError when there is no such place.
    """
    if not 0 <= place < len(leaves):
        raise ValueError(f"there is no entry {place} among {len(leaves)}")
    if len(leaves) == 1:
        return []
    middle = _largest_power_below(len(leaves))
    if place < middle:
        return [*inclusion_proof(place, leaves[:middle]), root_of(leaves[middle:])]
    return [*inclusion_proof(place - middle, leaves[middle:]), root_of(leaves[:middle])]


def is_included(leaf: bytes, place: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf at this place of the tree of this size and root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= place < size:
        return False
    first, second, node = place, size - 1, leaf
    for step in proof:
        if second == 0:
            return False
        if first & 1 or first == second:
            node = node_hash(step, node)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            node = node_hash(node, step)
        first, second = first >> 1, second >> 1
    return second == 0 and node == root


def consistency_proof(earlier: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that show the tree over the first `earlier` leaves to be the beginning of the tree over all of them.

    Source: RFC 9162, section 2.1.4.1. Empty where there is nothing to show (none or all). Raises ValueError when
    there are not so many leaves.
    """
    if not 0 <= earlier <= len(leaves):
        raise ValueError(f"a tree of {len(leaves)} entries never had {earlier}")
    if earlier in (0, len(leaves)):
        return []
    return _subproof(earlier, leaves, whole=True)


def _subproof(earlier: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    middle = _largest_power_below(len(leaves))
    if earlier <= middle:
        return [*_subproof(earlier, leaves[:middle], whole), root_of(leaves[middle:])]
    return [*_subproof(earlier - middle, leaves[middle:], False), root_of(leaves[:middle])]


def is_consistent(earlier: int, size: int, earlier_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the later tree only adds to the earlier one (RFC 9162, section 2.1.4.2)."""
    if not 0 <= earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == root
    if earlier == 0:
        return not proof and earlier_root == EMPTY
    path = list(proof)
    if earlier & (earlier - 1) == 0:
        path.insert(0, earlier_root)
    if not path:
        return False
    first, second = earlier - 1, size - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    old = new = path[0]
    for step in path[1:]:
        if second == 0:
            return False
        if first & 1 or first == second:
            old, new = node_hash(step, old), node_hash(step, new)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            new = node_hash(new, step)
        first, second = first >> 1, second >> 1
    return second == 0 and old == earlier_root and new == root


# --- checkpoints ---


@dataclass(frozen=True)
class Checkpoint:
    """How long a log was and what its tree hashed to: everything before it is fixed by it.

    origin   the log's name
    size     entries
    root     root hash, 32 bytes
    time     when it was signed, in seconds since 1970; 0: not said
    """

    origin: str
    size: int
    root: bytes
    time: int = 0

    @property
    def text(self) -> str:
        """The text that is signed: three lines and one with the time, each with its line break (C2SP: tlog-checkpoint)."""
        time = f"time {self.time}\n" if self.time else ""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{time}"


@dataclass(frozen=True)
class NoteSignature:
    """One signature line of a note: whose, by which key, and the bytes."""

    name: str
    key: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note."""
        return f"— {self.name} {base64.b64encode(self.key + self.signature).decode()}\n"


def key_hash(name: str, public: bytes, kind: int = OWN_SIGNATURE) -> bytes:
    """The four bytes by which a note names a key of Ed25519 (C2SP: signed-note)."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def cosigned_text(checkpoint: str, time: int) -> bytes:
    """What a witness signs: that it saw this checkpoint at this moment, in seconds since 1970 (C2SP: tlog-cosignature)."""
    return f"cosignature/v1\ntime {time}\n{checkpoint}".encode()


def note(checkpoint: Checkpoint, signatures: Iterable[NoteSignature]) -> str:
    """A checkpoint with its signatures, as a text."""
    return checkpoint.text + "\n" + "".join(one.line for one in signatures)


def read_note(text: str) -> tuple[Checkpoint, tuple[NoteSignature, ...]]:
    """A checkpoint and its signatures out of a text; raises ValueError where it is none."""
    body, gap, signed = text.partition("\n\n")
    lines = body.split("\n")
    if not gap or len(lines) not in (3, 4) or not lines[0] or not _counts(lines[1]):
        raise ValueError("this is not a checkpoint")
    word, _, time = lines[3].partition(" ") if len(lines) == 4 else ("time", " ", "0")
    if word != "time" or not _counts(time):
        raise ValueError("the time of the checkpoint cannot be read")
    checkpoint = Checkpoint(lines[0], int(lines[1]), _bytes(lines[2]), int(time))
    if len(checkpoint.root) != 32 or checkpoint.text != body + "\n":
        raise ValueError("the root hash of the checkpoint cannot be read")
    return checkpoint, tuple(read_signature(line) for line in signed.splitlines() if line)


def read_signature(line: str) -> NoteSignature:
    """One signature line of a note; raises ValueError where it is none."""
    parts = line.rstrip("\n").split(" ")
    if len(parts) != 3 or parts[0] != "—" or not parts[1]:
        raise ValueError("this is not a line with a signature")
    content = _bytes(parts[2])
    if len(content) < 5:
        raise ValueError("the signature is too short")
    return NoteSignature(parts[1], content[:4], content[4:])


def _counts(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("this is not base64") from None
