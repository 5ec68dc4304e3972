"""Proof: an organisation's log with its checkpoints, one entry of it, how it grew. Only reads."""

from __future__ import annotations

from solidaria.actions.books import origin_of
from solidaria.actions.ledger import texts_of
from solidaria.core.logfile import LogFile, Witness
from solidaria.core.proof import consistency_proof, inclusion_proof, leaf_hash
from solidaria.core.prooffile import EntryProof, Growth
from solidaria.records.models import (
    Alliance,
    Belonging,
    LogCheckpoint,
    LogKey,
    Organisation,
)


def checkpoint_over(one: Organisation, place: int = 0) -> LogCheckpoint | None:
    """The checkpoint that proves the entry at a place best: the newest an ally countersigned, else the newest."""
    rows = LogCheckpoint.objects.filter(organisation=one, size__gt=place)
    found = rows.filter(countersignatures__isnull=False).order_by("-size").first()
    return found or rows.order_by("-size").first()


def checkpoint_of(one: Organisation, size: int | None = None) -> LogCheckpoint | None:
    """The checkpoint of an organisation's log with so many entries; the last one where no size is given."""
    rows = LogCheckpoint.objects.filter(organisation=one).prefetch_related("countersignatures__ally")
    return rows.first() if size is None else rows.filter(size=size).first()


def witnesses_of(row: LogCheckpoint) -> tuple[Witness, ...]:
    """Who countersigned a checkpoint."""
    rows = row.countersignatures.select_related("ally")
    return tuple(Witness(each.ally.name, each.public, each.line) for each in rows)


def public_key(one: Organisation) -> str:
    """The public key of an organisation's log; blank where nothing was signed."""
    row = LogKey.objects.filter(organisation=one).first()
    return row.public if row is not None else ""


def log_of(one: Organisation) -> LogFile | None:
    """The log of an organisation with its last checkpoint and who countersigned it; None where nothing was signed."""
    last = checkpoint_of(one)
    if last is None:
        return None
    return LogFile(origin_of(one), public_key(one), last.note, witnesses_of(last), tuple(texts_of(one)))


def proof_of_entry(one: Organisation, place: int) -> EntryProof | None:
    """What proves one entry of a log by a checkpoint; None where no checkpoint reaches so far, or there is no entry."""
    row = checkpoint_over(one, place)
    if row is None or place < 0:
        return None
    texts = texts_of(one, row.size)
    if place >= len(texts):
        return None
    hashes = inclusion_proof(place, [leaf_hash(text.encode()) for text in texts])
    witnesses = witnesses_of(row)
    return EntryProof(origin_of(one), public_key(one), row.note, witnesses, place, texts[place], tuple(hashes))


def growth_of(one: Organisation, earlier: int, later: int | None = None) -> Growth | None:
    """What proves that a log only grew from one signed size to another (the last one); None where either is not signed."""
    first, second = checkpoint_of(one, earlier), checkpoint_of(one, later)
    if first is None or second is None or first.size > second.size:
        return None
    leaves = [leaf_hash(text.encode()) for text in texts_of(one, second.size)]
    # A log that was cut off: the proof is made of what is left, and does not hold.
    hashes = consistency_proof(min(first.size, len(leaves)), leaves)
    return Growth(origin_of(one), public_key(one), first.note, second.note, witnesses_of(second), tuple(hashes))


def allies_of(one: Organisation) -> list[Organisation]:
    """Whose books an organisation countersigns: allies, and those in the same networks."""
    pairs = Alliance.objects.filter(agreed__isnull=False, ended__isnull=True)
    found = set(pairs.filter(organisation=one).values_list("ally", flat=True))
    found |= set(pairs.filter(ally=one).values_list("organisation", flat=True))
    mine = Belonging.objects.filter(organisation=one, agreed__isnull=False, left__isnull=True).values_list(
        "network", flat=True
    )
    near = Belonging.objects.filter(network__in=list(mine), agreed__isnull=False, left__isnull=True)
    found |= set(near.values_list("organisation", flat=True)) | set(mine)
    return list(Organisation.objects.filter(pk__in=found - {one.pk}).order_by("name", "code"))
