"""Two who want the same at the same moment, each with a connection of its own: one effect each, nothing late, nothing lost.

    python3 do.py bench duels [--ballots 20000] [--recalls 5000] [--closings 500] [--databases sqlite postgresql]

ballots    a member casts two different ballots at once: secret ones go by the shared box, by themselves, with a tracker
           and by printed code; of open ones the last stands. One of the two counts, and its voter was told so.
recalls    the vote on a mandate closes, twice at once, while its holder acts: keeps products, closes votes early, casts a
           base's members in a council. The mandate ends once, and no act under it is committed after that.
closings   a vote is closed, twice at once, while members cast: what was acknowledged is what was counted.

SQLite on a file with synchronous FULL, PostgreSQL of our own (tests/postgres.py) with commits that wait for the disk.
Ends with 1, and says what, when anything of this does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 1, 10)
#: How many duels are fought side by side.
LANES = 3
#: A partner that takes longer than this is lost, and the whole run with it.
MOST_SECONDS = 120


@dataclass
class Told:
    """What a run comes to: figures for the table, and everything that does not hold."""

    figures: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def holds(self, is_so: bool, sentence: str) -> None:
        """Note it when it is not so."""
        if not is_so:
            self.wrong.append(sentence)


def main() -> int:
    """Fight all duels; 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ballots", type=int, default=20_000)
    parser.add_argument("--recalls", type=int, default=5_000)
    parser.add_argument("--closings", type=int, default=500)
    parser.add_argument(
        "--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"]
    )
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        return fight(arguments)
    status = 0
    for database in arguments.databases:
        with tempfile.TemporaryDirectory(prefix="solidaria-duels-") as folder, address(database, folder) as where:
            environment = {**os.environ, "SOLIDARIA_HOME": folder, "SOLIDARIA_DATABASE": where}
            environment["DJANGO_SETTINGS_MODULE"] = "solidaria.web.settings"
            words = [sys.executable, __file__, "--here"]
            for name in ("ballots", "recalls", "closings"):
                words += [f"--{name}", str(getattr(arguments, name))]
            status |= subprocess.run(words, env=environment, check=False).returncode
    return status


@contextmanager
def address(database: str, folder: str) -> Iterator[str]:
    """A fresh database of that kind; raises tests.postgres.NoPostgres where that cannot be started."""
    if database == "sqlite":
        yield f"sqlite:///{folder}/solidaria.sqlite3"
        return
    sys.path.insert(0, str(ROOT))
    from tests.postgres import postgres

    with postgres(durable=True, settings=("track_commit_timestamp=on",)) as where:
        yield where


def fight(arguments: argparse.Namespace) -> int:
    """All duels on the database of the environment."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    from django.db import connection

    wrong = 0
    for name, duel in (("ballots", ballots), ("recalls", recalls), ("closings", closings)):
        count = getattr(arguments, name)
        if not count:
            continue
        begun = time.monotonic()
        told = duel(count)
        seconds = time.monotonic() - begun
        figures = ", ".join(f"{value:,} {what}" for what, value in told.figures.items())
        print(
            f"| {connection.vendor} | {name} | {count:,} | {figures} | {len(told.wrong)} | {seconds:.0f} |",
            flush=True,
        )
        for sentence in told.wrong[:20]:
            print(sentence, file=sys.stderr, flush=True)
        wrong += len(told.wrong)
    return 1 if wrong else 0


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of them, each in a thread with a connection of its own; their answers. What one raises is raised."""
    from django.db import connection, connections

    answers: list[Any] = [None] * len(acts)
    errors: list[BaseException] = []

    def run(number: int, do: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            answers[number] = do()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers


def people_of(stamp: str, count: int) -> list[Any]:
    """So many new people, in the order of their numbers."""
    from solidaria.records.models import Person

    Person.objects.bulk_create(
        [Person(handle=f"{stamp}-{number}", name=f"Member {number}", password="!") for number in range(count)],
        batch_size=500,
    )
    return list(Person.objects.filter(handle__startswith=f"{stamp}-").order_by("pk"))


def organisation_of(stamp: str, kind: str, people: Sequence[Any]) -> Any:
    """An organisation with these people on its roll."""
    from solidaria.records.models import Membership, Organisation

    made = Organisation.objects.create(code=stamp, name=f"Duels {stamp}", kind=kind)
    Membership.objects.bulk_create(
        [Membership(organisation=made, person=one, entered=DAY) for one in people], batch_size=500
    )
    return made


def opened(organisation: Any, number: int, *, effects: Sequence[dict[str, Any]] = (), **more: Any) -> Any:
    """An open vote on the whole roll."""
    from solidaria.actions import decide
    from solidaria.records.models import Motion

    now = datetime.now(UTC)
    motion = Motion(
        organisation=organisation,
        number=number,
        title=f"Motion {number}",
        text="We decide.",
        effects=[dict(one) for one in effects],
        made=now,
    )
    motion.save()
    decide.open_vote(motion, now, now + timedelta(days=1), more.get("secret", True))
    for name, value in more.items():
        setattr(motion, name, value)
    motion.save()
    return motion


def stamp() -> str:
    """A name nobody has had."""
    return f"duel{random.SystemRandom().randrange(10**12)}"


# --- two ballots of one member ---


def ballots(count: int) -> Told:
    """So many members cast two different ballots at once; by every way a ballot can come."""
    ways = {"box": count * 4 // 10, "alone": count * 3 // 10, "tracker": count // 10, "code": count // 10}
    ways["open"] = count - sum(ways.values())
    told = Told()
    for way, number in ways.items():
        if number:
            _ballots(way, number, told)
    return told


def _ballots(way: str, count: int, told: Told) -> None:
    from solidaria.actions import ballot_box, decide
    from solidaria.actions.permit import Doer
    from solidaria.actions.who import digest_of, new_code
    from solidaria.core.problem import Refused
    from solidaria.records.models import OpenBallot, Pile, Voter, VotingCode

    name = stamp()
    people = people_of(name, count)
    motion = opened(organisation_of(name, "union", people), 1, secret=way != "open", tracker=way == "tracker")
    codes = [new_code() for _ in people] if way == "code" else []
    VotingCode.objects.bulk_create(
        [VotingCode(motion=motion, batch="one", digest=digest_of(code)) for code in codes], batch_size=500
    )

    def cast(place: int, ballot: str) -> Any:
        if way == "code":
            decide.cast_with_code(datetime.now(UTC), codes[place], ballot)
            return None
        if way == "box":
            ballot_box.box.cast(Doer(people[place]), motion.pk, ballot)
            return None
        return decide.cast_ballot(Doer(people[place]), motion.pk, ballot)

    def one_side(lane: int, barrier: threading.Barrier, ballot: str) -> dict[int, Any]:
        accepted = {}
        for place in range(lane, count, LANES):
            barrier.wait(MOST_SECONDS)
            with suppress(Refused):
                accepted[place] = cast(place, ballot)
        return accepted

    barriers = [threading.Barrier(2) for _ in range(LANES)]
    sides = at_once(
        [partial(one_side, lane, barriers[lane], ballot) for lane in range(LANES) for ballot in ("for", "against")]
    )
    said: dict[str, dict[int, Any]] = {"for": {}, "against": {}}
    for place, accepted in enumerate(sides):
        said["for" if place % 2 == 0 else "against"].update(accepted)
    both = set(said["for"]) & set(said["against"])
    in_at_all = set(said["for"]) | set(said["against"])
    told.holds(len(in_at_all) == count, f"{way}: {count - len(in_at_all)} members have no ballot in")
    told.figures["casts"] = told.figures.get("casts", 0) + 2 * count
    told.figures["counted"] = told.figures.get("counted", 0)
    motion.refresh_from_db()
    piles = decide.piles_of(motion)
    told.figures["counted"] += sum(piles.values())
    if way == "open":
        told.holds(len(both) == count, "open: somebody could not change the ballot")
        told.holds(OpenBallot.objects.filter(motion=motion).count() == count, "open: not one ballot each")
        told.holds(sum(piles.values()) == count, f"open: {sum(piles.values())} ballots for {count} members")
    else:
        told.holds(not both, f"{way}: {len(both)} members were told twice that the ballot is in")
        for ballot, accepted in said.items():
            there = piles.get(ballot, 0)
            told.holds(there == len(accepted), f"{way}: {there} ballots {ballot}, acknowledged {len(accepted)}")
    if way == "code":
        told.holds(
            VotingCode.objects.filter(motion=motion, used=True).count() == count, "code: not each used once"
        )
    else:
        marks = Voter.objects.filter(motion=motion, voted=True).count()
        told.holds(marks == count, f"{way}: {marks} marks for {count} members")
    if way == "tracker":
        for pile in Pile.objects.filter(motion=motion):
            mine = sorted(said[json.loads(pile.ballot)].values())
            told.holds(mine == pile.trackers, f"tracker: a receipt is not found on the pile {pile.ballot}")


# --- recalls against acts under way ---


def recalls(count: int) -> Told:
    """So many mandates end by a vote that two close at once, while their holders act under them."""
    told = Told()
    kinds = {"product": count - 2 * (count // 5), "close": count // 5, "split": count // 5}
    for kind, number in kinds.items():
        if number:
            _recalls(kind, number, told)
    return told


#: Acts that a holder tries before giving up; far more than come before any recall.
MOST_ACTS = 400


def _recalls(kind: str, count: int, told: Told) -> None:
    from solidaria.actions import councils, decide, plan
    from solidaria.actions.acting import in_one_piece
    from solidaria.actions.permit import Doer, NotAllowed
    from solidaria.core.problem import Refused
    from solidaria.records.models import Act, Belonging, Mandate, Motion, Organisation, Pile, Seat, SplitVote

    name = stamp()
    holders = people_of(name, count)
    members = people_of(f"{name}x", 1)
    place_of = organisation_of(name, "network", [*members, *holders] if kind != "split" else members)
    now = datetime.now(UTC)
    bases = [place_of] * count
    if kind == "split":
        Organisation.objects.bulk_create(
            [
                Organisation(code=f"{name}-{number}", name=f"Base {number}", kind="union")
                for number in range(count)
            ],
            batch_size=500,
        )
        bases = list(Organisation.objects.filter(code__startswith=f"{name}-").order_by("pk"))
        Belonging.objects.bulk_create(
            [
                Belonging(
                    network=place_of, organisation=one, asked_by_network=False, agreed=now - timedelta(days=1)
                )
                for one in bases
            ],
            batch_size=500,
        )
    rights = {"product": ["plan.network"], "close": ["decide.facilitate"], "split": []}[kind]
    Mandate.objects.bulk_create(
        [
            Mandate(
                organisation=base,
                person=one,
                purpose="delegate" if kind == "split" else "coordinator",
                rights=rights,
                starts=DAY,
                decision="assembly of 10 January 2026",
            )
            for base, one in zip(bases, holders, strict=True)
        ],
        batch_size=500,
    )
    mandates = list(Mandate.objects.filter(person__in=holders).order_by("person"))
    council = None
    if kind == "split":
        Seat.objects.bulk_create(
            [
                Seat(council=place_of, base=base, mandate=mandate, instruction="")
                for base, mandate in zip(bases, mandates, strict=True)
            ],
            batch_size=500,
        )
        council = Motion.objects.create(
            organisation=place_of, number=1, title="Shared", text="We share.", method="council", made=now
        )
        decide.open_vote(council, now, now + timedelta(days=1))
        # An instruction for each base, so that its delegate can cast again and again: each time it is an act.
        SplitVote.objects.filter(motion=council).update(members=1)
        Seat.objects.filter(council=place_of).update(instruction="for")
    closes = now + timedelta(days=7)
    motions = [
        Motion(
            organisation=base,
            number=10 + number,
            title="A recall",
            text="The mandate ends.",
            effects=[{"kind": "end_mandate_by_decision", "mandate": mandate.pk}],
            terms={"method": "majority", "quorum": "0", "more_than": "1/2"},
            state="open",
            secret=True,
            made=now,
            opened=now,
            closes=closes,
            roll_size=1,
        )
        for number, (base, mandate) in enumerate(zip(bases, mandates, strict=True))
    ]
    Motion.objects.bulk_create(motions, batch_size=500)
    motions = list(Motion.objects.filter(organisation__in=bases, title="A recall").order_by("pk"))
    Pile.objects.bulk_create([Pile(motion=motion, ballot='"for"', count=1) for motion in motions], batch_size=500)
    to_close = [opened(place_of, 100_000 + number) for number in range(count * 2)] if kind == "close" else []
    ended = [0.0] * count

    def act(place: int, again: int) -> None:
        doer = Doer(holders[place])
        if kind == "product":
            plan.add_product(doer, place_of, name=f"Product {place}-{again}", unit="piece")
        elif kind == "close":
            decide.close_motion(doer, to_close[place * 2 + again])
        else:
            councils.cast_split(doer, council, votes={"for": 1}, base=bases[place].code)

    def acting(lane: int, barrier: threading.Barrier) -> tuple[int, list[str]]:
        done, late = 0, []
        for place in range(lane, count, LANES):
            barrier.wait(MOST_SECONDS)
            for again in range(2 if kind == "close" else MOST_ACTS):
                begun = time.monotonic()
                try:
                    act(place, again)
                except NotAllowed:
                    break
                done += 1
                if ended[place] and begun > ended[place]:
                    late.append(
                        f"{kind}: an act under mandate {mandates[place].pk} begun after its end was committed"
                    )
        return done, late

    def closing(lane: int, barrier: threading.Barrier, by_worker: bool) -> int:
        chance = random.Random(lane)
        closed = 0
        for place in range(lane, count, LANES):
            barrier.wait(MOST_SECONDS)
            time.sleep(chance.uniform(0, 0.03))
            try:
                if by_worker:
                    closed += in_one_piece(partial(decide._close, motions[place].pk, closes))
                elif kind == "split":
                    in_one_piece(partial(decide._close, motions[place].pk, closes))
                else:
                    decide.close_motion(Doer(members[0], at=closes), motions[place])
            except Refused as error:
                return told.wrong.append(f"{kind}: closing was refused: {error}") or closed
            ended[place] = ended[place] or time.monotonic()
        return closed

    barriers = [threading.Barrier(3) for _ in range(LANES)]
    jobs: list[Callable[[], Any]] = []
    for lane in range(LANES):
        jobs.append(partial(acting, lane, barriers[lane]))
        jobs += [partial(closing, lane, barriers[lane], by_worker) for by_worker in (True, False)]
    answers = at_once(jobs)
    done = sum(answer[0] for answer in answers if isinstance(answer, tuple))
    for answer in answers:
        told.wrong += answer[1] if isinstance(answer, tuple) else []
    live = Mandate.objects.filter(pk__in=[row.pk for row in mandates], ended=None).count()
    told.holds(not live, f"{kind}: {live} mandates did not end")
    ends = Act.objects.filter(verb="end_mandate_by_decision", motion__in=motions).values_list("subject", "pk")
    told.holds(len(ends) == len(dict(ends)) == count, f"{kind}: {len(ends)} ends of {count} mandates in history")
    verb = {"product": "add_product", "close": "close_motion", "split": "cast_split"}[kind]
    acts = list(Act.objects.filter(verb=verb, mandate__in=mandates).values_list("mandate", "pk"))
    told.holds(len(acts) == done, f"{kind}: {done} acts were acknowledged, {len(acts)} are in history")
    told.wrong += late_acts(kind, acts, dict(ends))
    told.figures["ended"] = told.figures.get("ended", 0) + len(ends)
    told.figures["acts before it"] = told.figures.get("acts before it", 0) + done
    first = {mandate for mandate, _ in acts}
    told.figures["recalls that came first"] = told.figures.get("recalls that came first", 0) + count - len(first)


def late_acts(kind: str, acts: Sequence[tuple[int, int]], end_of: dict[int, int]) -> list[str]:
    """Acts that were committed after the end of their mandate.

    SQLite commits one transaction after the other, in the order of the history's numbers; PostgreSQL says when.
    """
    from django.db import connection

    if connection.vendor == "sqlite":
        late = [(mandate, act) for mandate, act in acts if act > end_of[mandate]]
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW track_commit_timestamp")
            if cursor.fetchone()[0] != "on":
                return []
            cursor.execute("SELECT id, pg_xact_commit_timestamp(xmin) FROM records_act")
            at = dict(cursor.fetchall())
        late = [(mandate, act) for mandate, act in acts if at[act] > at[end_of[mandate]]]
    return [f"{kind}: act {act} was committed after the end of mandate {mandate}" for mandate, act in late]


# --- closings against ballots ---

#: Members on the roll of each vote that is closed while they cast, and the printed codes beside them.
ROLL, CODES = 10, 2


def closings(count: int) -> Told:
    """So many votes are closed, twice at once, while eight members cast and two codes are used."""
    from solidaria.actions import ballot_box, decide
    from solidaria.actions.acting import in_one_piece
    from solidaria.actions.permit import Doer
    from solidaria.actions.who import digest_of, new_code
    from solidaria.core.problem import Refused
    from solidaria.records.models import Act, HouseRule, Mandate, Motion, Voter, VotingCode

    told = Told()
    name = stamp()
    people = people_of(name, ROLL)
    union = organisation_of(name, "union", people)
    Mandate.objects.create(
        organisation=union,
        person=people[0],
        purpose="facilitator",
        rights=["decide.facilitate"],
        starts=DAY,
        decision="assembly of 10 January 2026",
    )
    rule = [{"kind": "adopt_house_rule", "rule": "review_days", "value": "300"}]
    motions = [opened(union, number + 1, effects=rule) for number in range(count)]
    codes = [[new_code() for _ in range(CODES)] for _ in motions]
    VotingCode.objects.bulk_create(
        [
            VotingCode(motion=motion, batch="one", digest=digest_of(code))
            for motion, some in zip(motions, codes, strict=True)
            for code in some
        ],
        batch_size=500,
    )
    voters = (people[1:4], people[4:7], people[7 : ROLL - CODES + 1])

    def casting(side: int, barrier: threading.Barrier) -> dict[int, Counter[str]]:
        accepted: dict[int, Counter[str]] = {}
        for place, motion in enumerate(motions):
            accepted[place] = Counter()
            barrier.wait(MOST_SECONDS)
            for number, one in enumerate(voters[side]):
                ballot = ("for", "for", "against")[(number + side) % 3]
                try:
                    if (place + number) % 2:
                        ballot_box.box.cast(Doer(one), motion.pk, ballot)
                    else:
                        decide.cast_ballot(Doer(one), motion.pk, ballot)
                    accepted[place][ballot] += 1
                except Refused:
                    pass
            for code in codes[place] if side == 2 else ():
                try:
                    decide.cast_with_code(datetime.now(UTC), code, "for")
                    accepted[place]["for"] += 1
                except Refused:
                    pass
        return accepted

    def closing(by_worker: bool, barrier: threading.Barrier) -> int:
        chance = random.Random(4)
        for motion in motions:
            barrier.wait(MOST_SECONDS)
            time.sleep(chance.uniform(0, 0.04))
            if by_worker:
                in_one_piece(partial(decide._close, motion.pk, datetime.now(UTC)))
            else:
                decide.close_motion(Doer(people[0]), motion)
        return 0

    barrier = threading.Barrier(5)
    *sides, _, _ = at_once(
        [
            *(partial(casting, side, barrier) for side in range(3)),
            *(partial(closing, by_worker, barrier) for by_worker in (True, False)),
        ]
    )
    early = late = 0
    for place, before in enumerate(motions):
        motion = Motion.objects.get(pk=before.pk)
        accepted = sum((side[place] for side in sides), Counter())
        piles = Counter(decide.piles_of(motion))
        counted = Counter({ballot: number for ballot, number in motion.result["tally"] if number})
        told.holds(piles == accepted, f"motion {motion.pk}: {dict(piles)} stored, {dict(accepted)} acknowledged")
        told.holds(
            counted == accepted and motion.result["ballots"] == accepted.total(),
            f"motion {motion.pk}: {dict(counted)} counted, {dict(accepted)} acknowledged",
        )
        used = VotingCode.objects.filter(motion=motion, used=True).count()
        marks = Voter.objects.filter(motion=motion, voted=True).count()
        told.holds(marks + used == accepted.total(), f"motion {motion.pk}: {marks} marks and {used} codes")
        wins = accepted["for"] > accepted["against"]
        told.holds(motion.state == ("carried" if wins else "lost"), f"motion {motion.pk} is {motion.state}")
        adopted = HouseRule.objects.filter(motion=motion).count()
        told.holds(adopted == int(wins), f"motion {motion.pk}: its effect happened {adopted} times")
        early += accepted.total()
        late += ROLL - 1 - accepted.total()
    closes = Act.objects.filter(verb="close_motion", kind="Motion", subject__in=[one.pk for one in motions])
    ended = sum("state" in act.after for act in closes)
    told.holds(ended == count, f"{ended} closings in history")
    told.figures.update({"ballots in and counted": early, "ballots refused as late": late})
    return told


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
