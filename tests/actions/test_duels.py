"""Two who want the same at the same moment: benchmarks/duels.py with few of them, on whichever database the run has."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from solidaria.actions import ballot_box, decide, effects, turns, work
from solidaria.actions.acting import in_one_piece
from solidaria.actions.permit import Doer, NotAllowed
from solidaria.actions.who import grant_mandate
from solidaria.core.problem import Refused
from solidaria.records.models import Act, Mandate, Membership, Motion, Person, Voter
from tests.actions.test_races import at_once
from tests.web.people import World, doer, world

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))

import duels

SOON = timedelta(hours=2)


# --- at the same moment ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("duel", ["ballots", "recalls", "closings"])
def test_two_at_once_have_one_effect_nothing_is_late_and_nothing_lost(duel: str) -> None:
    count = {"ballots": 40, "recalls": 20, "closings": 8}[duel]
    told = getattr(duels, duel)(count)
    assert told.wrong == []
    assert all(told.figures.values()) or duel == "recalls", told.figures


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("duel", ["ballots", "recalls", "closings"])
def test_hundreds_of_two_at_once_have_one_effect_each(duel: str) -> None:
    told = getattr(duels, duel)({"ballots": 400, "recalls": 150, "closings": 40}[duel])
    assert told.wrong == []
    assert all(told.figures.values()) or duel == "recalls", told.figures


# --- the line of those who write ---


def test_writers_of_one_process_have_their_turn_in_the_order_they_came() -> None:
    line, order, threads = turns.Line(), [], []
    assert line.join(1)

    def wait(number: int) -> None:
        assert line.join(30)
        order.append(number)
        line.leave()

    for number in range(12):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(line._waiting) <= number:
            time.sleep(0.001)
    line.leave()
    for thread in threads:
        thread.join(30)
    assert order == list(range(12))
    assert line.join(0), "free again"


def test_who_waits_too_long_leaves_the_line_and_holds_nobody_up() -> None:
    line = turns.Line()
    assert line.join(1) and not line.join(0.01)
    line.leave()
    assert line.join(0.01)


@pytest.mark.django_db(transaction=True)
def test_who_writes_now_and_then_is_not_kept_out_by_those_who_write_without_a_pause() -> None:
    """SQLite alone lets the same ones in again and again."""
    world()
    done = threading.Event()

    def busy() -> int:
        count = 0
        while not done.is_set():
            in_one_piece(lambda: Person.objects.filter(handle="ana").update(name="Ana"))
            count += 1
        return count

    def now_and_then() -> float:
        longest = 0.0
        for _ in range(20):
            time.sleep(0.02)
            begun = time.monotonic()
            in_one_piece(lambda: Person.objects.filter(handle="bheki").update(name="Bheki"))
            longest = max(longest, time.monotonic() - begun)
        done.set()
        return longest

    *counts, longest = at_once([busy] * 6 + [now_and_then])
    assert all(isinstance(count, int) and count for count in counts), counts
    assert isinstance(longest, float) and longest < 5, longest


@pytest.mark.django_db(transaction=True)
def test_who_sqlite_does_not_let_in_is_told_so_and_nothing_has_happened() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL lets everybody in")
    here = world()
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Person.objects.filter(pk=here.ana.pk).update(name="Ana")
            held.set()
            go.wait(30)

    def late() -> str:
        held.wait(30)
        connection.cursor().execute("PRAGMA busy_timeout = 50")
        try:
            decide.propose_motion(doer(here.bheki), here.barrio, title="A motion", text="We decide.")
        except Refused as refusal:
            return str(refusal.faults[0].what)
        finally:
            go.set()
        return "in"

    assert at_once([hold, late])[1] == "Too many people write at this moment; nothing was written."
    assert not Motion.objects.exists()


# --- what the duels found ---


@pytest.fixture
def here() -> World:
    """Ana facilitates and tells in the neighbourhood."""
    made = world()
    for purpose in ("facilitator", "teller"):
        grant_mandate(
            doer(made.ana), made.barrio, person=made.ana.pk, purpose=purpose, decision="assembly of January"
        )
    return made


def voters(here: World, count: int) -> list[Person]:
    """So many more on the roll."""
    Person.objects.bulk_create([Person(handle=f"v{number}", name=f"Voter {number}") for number in range(count)])
    people = list(Person.objects.filter(handle__startswith="v").order_by("pk"))
    Membership.objects.bulk_create(
        Membership(organisation=here.barrio, person=one, entered=datetime.now(UTC).date()) for one in people
    )
    return people


def opened(here: World, **more: object) -> Motion:
    """An open vote of the neighbourhood."""
    motion = decide.propose_motion(doer(here.bheki), here.barrio, title="A motion", text="We decide.", **more)
    return decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + SOON)


@pytest.mark.django_db
def test_a_vote_closed_early_rests_on_the_mandate_and_not_on_a_mandate_that_has_ended(here: World) -> None:
    first, second = opened(here), opened(here)
    decide.close_motion(doer(here.ana), first)
    mandate = Mandate.objects.get(organisation=here.barrio, purpose="facilitator")
    assert Act.objects.get(verb="close_motion", subject=first.pk).mandate == mandate
    Mandate.objects.filter(pk=mandate.pk).update(ended=datetime.now(UTC))
    with pytest.raises(NotAllowed):
        decide.close_motion(doer(here.ana), second)


@pytest.mark.django_db
def test_codes_and_names_together_never_cast_more_ballots_than_there_are_members(here: World) -> None:
    people = [here.ana, here.bheki, *voters(here, 2)]
    motion, codes = opened(here), []
    decide.print_voting_codes(doer(here.ana), motion, how_many=2, codes=codes)
    for code in codes:
        decide.cast_with_code(datetime.now(UTC), code, "for")
    decide.cast_ballot(doer(people[0]), motion.pk, "against")
    batch = [ballot_box.Waiting(doer(one), motion.pk, "against") for one in people[1:]]
    ballot_box.put_in(batch)
    assert [type(one.answer.exception(0)).__name__ for one in batch] == ["NoneType", "Refused", "Refused"]
    with pytest.raises(Refused, match="More ballots would be in than members"):
        decide.cast_ballot(doer(people[3]), motion.pk, "against")
    assert decide.piles_of(motion) == {"for": 2, "against": 2}
    assert Voter.objects.filter(motion=motion, voted=True).count() == 2
    with pytest.raises(Refused):
        decide.print_voting_codes(doer(here.ana), motion, how_many=1, codes=[])


@pytest.mark.django_db
def test_hands_and_open_ballots_together_are_never_more_than_there_are_members(here: World) -> None:
    grant_mandate(
        doer(here.ana), here.barrio, person=here.bheki.pk, purpose="teller", decision="assembly of January"
    )
    people = voters(here, 1)
    motion = opened(here, method="consent")
    Motion.objects.filter(pk=motion.pk).update(method="majority", terms={**motion.terms, "method": "majority"})
    decide.cast_ballot(doer(here.ana), motion.pk, "for")
    for one in (here.ana, here.bheki):
        decide.enter_paper_count(doer(one), motion, batch="hands", counts={"against": 2})
    decide.cast_ballot(doer(here.ana), motion.pk, "against")
    with pytest.raises(Refused, match="More ballots would be in than members"):
        decide.cast_ballot(doer(here.bheki), motion.pk, "for")
    with pytest.raises(Refused, match="More ballots would be in than members"):
        decide.vote_by_voice(doer(here.ana), motion, person=people[0].pk, ballot="for")
    assert decide.piles_of(motion) == {"against": 3}


@pytest.mark.django_db
def test_a_vote_that_cannot_be_closed_keeps_no_other_one_open(
    here: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rule = [{"kind": "adopt_house_rule", "rule": "review_days", "value": "300"}]
    broken, sound = opened(here, effects=rule), opened(here)
    for motion in (broken, sound):
        decide.cast_ballot(doer(here.bheki), motion.pk, "for")

    def fails(*_: object) -> None:
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setitem(
            effects.EFFECTS,
            "adopt_house_rule",
            effects.Effect(
                *(getattr(effects.EFFECTS["adopt_house_rule"], name) for name in ("words", "told", "check")), fails
            ),
        )
        work.clocks(datetime.now(UTC) + 2 * SOON)
    assert "the disk is full" in caplog.text
    states = dict(Motion.objects.values_list("pk", "state"))
    assert states == {broken.pk: "open", sound.pk: "carried"}
    assert decide.close_due(datetime.now(UTC) + 2 * SOON) == 1
    assert Motion.objects.get(pk=broken.pk).state == "carried", "once it can be, it is closed"


@pytest.mark.django_db
def test_a_ballot_nobody_thought_of_is_answered_and_so_are_those_that_came_with_it(here: World) -> None:
    motion = opened(here)
    batch = [
        ballot_box.Waiting(Doer(here.bheki), motion.pk, {"for": []}),
        ballot_box.Waiting(Doer(here.ana), motion.pk, "for"),
    ]
    ballot_box.put_in(batch)
    assert batch[0].answer.exception(0) is not None
    assert batch[1].answer.exception(0) is None
    assert decide.piles_of(motion) == {"for": 1}
