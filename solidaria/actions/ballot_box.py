"""The ballot box: ballots that wait at the same moment share one durable commit.

A commit that survives a power cut costs a write to the disk, far more than a ballot. One thread in each server process
takes what waits, writes all of it in one transaction, and only then answers each voter: nobody is told "your ballot
is in" before it is. The checks are those of `decide.cast_ballot`: on the frozen roll, open, a ballot that can be
counted, never twice.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from django.db import close_old_connections, connection, transaction
from django.db.models import F

from solidaria.actions import decide
from solidaria.actions.permit import Doer, NotAllowed
from solidaria.actions.turns import turn
from solidaria.core import decide as core
from solidaria.core.problem import Fault, Refused, say
from solidaria.records.models import Motion, Pile, Voter

#: Ballots of one commit. More would make the first of them wait for the last.
MOST_AT_ONCE = 500
#: The thread and its connection end when no ballot came for so long.
IDLE_SECONDS = 2.0
#: A voter never waits longer than this for an answer.
MOST_SECONDS = 60.0


@dataclass
class Waiting:
    """A secret ballot on its way into the box."""

    doer: Doer
    motion: int
    ballot: Any
    answer: Future[None] = field(default_factory=Future)


class BallotBox:
    """One for each process; its thread starts with the first ballot."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Waiting] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def cast(self, doer: Doer, motion: int, ballot: Any) -> None:
        """Cast a secret ballot; comes back once it is durable. Raises what `decide.cast_ballot` raises."""
        one = Waiting(doer, motion, ballot)
        self._waiting.put(one)
        self._start()
        one.answer.result(MOST_SECONDS)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write, name="ballot box", daemon=True)
                self._thread.start()

    def _write(self) -> None:
        while True:
            try:
                batch = [self._waiting.get(timeout=IDLE_SECONDS)]
            except Empty:
                # Under the lock: a ballot that comes now is either seen here or starts a new thread.
                with self._lock:
                    if not self._waiting.empty():
                        continue
                    self._thread = None
                connection.close()
                return
            while len(batch) < MOST_AT_ONCE:
                try:
                    batch.append(self._waiting.get_nowait())
                except Empty:
                    break
            close_old_connections()
            put_in(batch)


def put_in(batch: Sequence[Waiting]) -> None:
    """Put a batch into the box: one transaction; where that fails, each ballot by itself. Answers every one."""
    by_motion: dict[int, list[Waiting]] = defaultdict(list)
    for one in batch:
        by_motion[one.motion].append(one)
    for motion, ballots in sorted(by_motion.items()):
        try:
            with turn(), transaction.atomic():
                refusals = _put_in(motion, ballots)
        except Exception:
            # What is wrong with one ballot, or stood in the way of all, is found out one by one: each is answered.
            for one in ballots:
                _alone(one)
            continue
        for one, refusal in zip(ballots, refusals, strict=True):
            if refusal is None:
                one.answer.set_result(None)
            else:
                one.answer.set_exception(refusal)


def _alone(one: Waiting) -> None:
    try:
        decide.cast_ballot(one.doer, one.motion, one.ballot)
    except Exception as error:
        one.answer.set_exception(error)
    else:
        one.answer.set_result(None)


def _put_in(number: int, ballots: Sequence[Waiting]) -> list[Exception | None]:
    """Flip the marks of all who wait, add their ballots to the piles; why not, for those that are not taken."""
    try:
        motion = decide.open_for_ballots(number, min(one.doer.at for one in ballots))
    except (Refused, NotAllowed) as error:
        return [error for _ in ballots]
    options = [option["id"] for option in motion.options]
    refusals: list[Exception | None] = []
    first: dict[int, int] = {}
    for place, one in enumerate(ballots):
        faults: list[Fault] = core.ballot_faults(motion.method, options, one.ballot)
        late = motion.closes is not None and one.doer.at >= motion.closes
        refusals.append(decide.is_closed() if late else Refused(faults) if faults else None)
        if refusals[place] is None:
            first.setdefault(one.doer.person.pk, place)
    too_many = _beyond(motion, first)
    flipped = _flip(number, sorted(set(first) - too_many))
    known = set(
        Voter.objects.filter(
            motion=number, person__in=[person for person in first if person not in flipped]
        ).values_list("person", flat=True)
    )
    piles: dict[str, int] = defaultdict(int)
    for place, one in enumerate(ballots):
        person = one.doer.person.pk
        if refusals[place] is not None:
            continue
        if person in flipped and first[person] == place:
            piles[decide.as_text(one.ballot)] += 1
        elif person in too_many:
            refusals[place] = decide.full()
        elif person in flipped or person in known:
            refusals[place] = decide.in_already()
        else:
            refusals[place] = NotAllowed(say("You are not on the roll of this vote."), hidden=True)
    Pile.objects.bulk_create([Pile(motion=motion, ballot=text) for text in sorted(piles)], ignore_conflicts=True)
    for text, count in sorted(piles.items()):
        Pile.objects.filter(motion=number, ballot=text).update(count=F("count") + count)
    return refusals


def _beyond(motion: Motion, first: Mapping[int, int]) -> set[int]:
    """Whose ballots would be more than there are members; empty where no ballots come without a name."""
    left = decide.room(motion)
    if left is None:
        return set()
    unvoted = Voter.objects.filter(motion=motion, voted=False, person__in=list(first))
    return set(sorted(unvoted.values_list("person", flat=True), key=first.__getitem__)[left:])


def _flip(motion: int, people: Sequence[int]) -> set[int]:
    """Flip the marks of these people that are not flipped yet; who they were. Each mark flips once, whoever asks."""
    if not people:
        return set()
    places = ", ".join(["%s"] * len(people))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Voter._meta.db_table} SET voted = %s WHERE motion_id = %s AND voted = %s "
            f"AND person_id IN ({places}) RETURNING person_id",
            [True, motion, False, *people],
        )
        return {row[0] for row in cursor.fetchall()}


#: The box of this process.
box = BallotBox()


def cast(doer: Doer, motion: Motion, ballot: Any, reason: str = "") -> str | None:
    """Cast a ballot as `decide.cast_ballot` does; secret ones without trackers share their commit."""
    if motion.secret and not motion.tracker and not connection.in_atomic_block:
        box.cast(doer, motion.pk, ballot)
        return None
    return decide.cast_ballot(doer, motion.pk, ballot, reason=reason)
