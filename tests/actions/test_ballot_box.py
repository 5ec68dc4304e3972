"""Ballots that share a commit: none lost, none twice, none late, and each voter told the truth."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from solidaria.actions import ballot_box, decide
from solidaria.actions.permit import Doer, NotAllowed
from solidaria.actions.who import grant_mandate
from solidaria.core.problem import Refused
from solidaria.records.models import Membership, Motion, Person, Voter
from tests.web.people import World, doer, world

SOON = timedelta(hours=2)


@pytest.fixture
def here() -> World:
    made = world()
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
    )
    return made


def opened(here: World, count: int) -> tuple[Motion, list[Person]]:
    """An open secret vote, and so many members who can vote in it."""
    people = [Person(handle=f"m{number}", name=f"Member {number}") for number in range(count)]
    Person.objects.bulk_create(people)
    people = list(Person.objects.filter(handle__startswith="m").order_by("pk"))
    today = datetime.now(UTC).date()
    Membership.objects.bulk_create(
        Membership(organisation=here.barrio, person=one, entered=today) for one in people
    )
    motion = decide.propose_motion(doer(here.bheki), here.barrio, title="A motion", text="We decide something.")
    return decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + SOON), people


def answers(batch: list[ballot_box.Waiting]) -> list[str]:
    """What each voter is told."""
    told = []
    for one in batch:
        error = one.answer.exception(0)
        told.append("in" if error is None else type(error).__name__)
    return told


@pytest.mark.django_db
def test_one_batch_takes_each_voter_once_and_refuses_the_rest(here: World) -> None:
    motion, people = opened(here, 3)
    late = Doer(people[2], at=datetime.now(UTC) + 2 * SOON)
    batch = [
        ballot_box.Waiting(doer(people[0]), motion.pk, "for"),
        ballot_box.Waiting(doer(people[0]), motion.pk, "against"),
        ballot_box.Waiting(doer(people[1]), motion.pk, "nonsense"),
        ballot_box.Waiting(doer(here.carla), motion.pk, "for"),
        ballot_box.Waiting(late, motion.pk, "for"),
        ballot_box.Waiting(doer(people[1]), motion.pk, "against"),
    ]
    ballot_box.put_in(batch)
    assert answers(batch) == ["in", "Refused", "Refused", "NotAllowed", "Refused", "in"]
    assert decide.piles_of(motion) == {"for": 1, "against": 1}
    assert Voter.objects.filter(motion=motion, voted=True).count() == 2
    again = [ballot_box.Waiting(doer(people[0]), motion.pk, "for")]
    ballot_box.put_in(again)
    assert answers(again) == ["Refused"]


@pytest.mark.django_db
def test_a_closed_vote_takes_no_batch(here: World) -> None:
    motion, people = opened(here, 1)
    decide.close_motion(doer(here.ana), motion)
    batch = [ballot_box.Waiting(doer(people[0]), motion.pk, "for")]
    ballot_box.put_in(batch)
    assert answers(batch) == ["Refused"]


@pytest.mark.django_db(transaction=True)
def test_two_hundred_voters_at_once_each_twice_are_each_counted_once(here: World) -> None:
    motion, people = opened(here, 200)
    told: list[str] = []
    lock = threading.Lock()

    def vote(who: Person) -> None:
        for ballot in ("for", "against"):
            try:
                ballot_box.cast(doer(who), motion, ballot)
                answer = "in"
            except (Refused, NotAllowed) as error:
                answer = type(error).__name__
            with lock:
                told.append(answer)
        connection.close()

    threads = [threading.Thread(target=vote, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (told.count("in"), told.count("Refused")) == (200, 200)
    assert decide.piles_of(motion) == {"for": 200}
