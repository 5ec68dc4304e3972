"""A mandate taken back: by the members, without an officer, and at once everywhere."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from solidaria.actions import clocks, decide, plan, recall, who, work
from solidaria.actions.permit import Doer, NotAllowed, rights_of
from solidaria.core.problem import Refused
from solidaria.records.models import (
    Act,
    HouseRule,
    Mandate,
    Membership,
    Motion,
    Obligation,
    Person,
    Product,
    Recall,
)
from tests.actions.test_races import at_once
from tests.web.people import World, doer, person, world

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


@pytest.fixture
def here() -> World:
    """The neighbourhood of Ana and Bheki with eight more members; Ana holds mandates as coordinator and secretary."""
    made = world()
    for number in range(8):
        one = person(f"m{number}")
        Membership.objects.create(organisation=made.barrio, person=one, entered=NOW.date())
    return made


def member(number: int) -> Person:
    """One of the eight."""
    return Person.objects.get(handle=f"m{number}")


def mandate_of(here: World) -> Mandate:
    """Ana's mandate as coordinator of the neighbourhood."""
    return Mandate.objects.get(organisation=here.barrio, person=here.ana, purpose="coordinator")


def opened(here: World, **more: object) -> Recall:
    """A recall that Bheki opened."""
    return recall.open_recall(
        doer(here.bheki), mandate_of(here), why="The tools were sold without asking us.", **more
    )


def on_the_ballot(here: World) -> tuple[Recall, datetime]:
    """A recall whose vote has opened by itself, and when."""
    row = opened(here)
    recall.sign_recall(doer(member(0)), row)
    row.refresh_from_db()
    assert row.vote_opens is not None
    assert recall.open_due(row.vote_opens) == 1
    row.refresh_from_db()
    return row, row.vote_opens


def voted(row: Recall, at: datetime, people: list[Person], ballot: str) -> None:
    """Ballots on the vote of a recall."""
    for one in people:
        assert row.motion_id is not None
        decide.cast_ballot(Doer(one, at=at + timedelta(hours=1)), row.motion_id, ballot)


def test_any_member_of_the_base_opens_a_recall_and_nobody_else(here: World) -> None:
    with pytest.raises(NotAllowed):
        recall.open_recall(doer(here.carla), mandate_of(here), why="I do not like it.")
    with pytest.raises(Refused):
        recall.open_recall(doer(here.bheki), mandate_of(here), why="  ")
    row = opened(here)
    assert (row.roll_size, row.needed) == (10, 2)
    assert [str(one) for one in row.signatures.all()] == ["Bheki"]
    assert rights_of(here.ana, here.barrio) >= {"who.ally"}, "until it is decided the delegate stays"


def test_one_recall_at_a_time(here: World) -> None:
    opened(here)
    with pytest.raises(Refused):
        recall.open_recall(doer(member(1)), mandate_of(here), why="Once more.")


def test_who_is_recalled_neither_opens_nor_signs_the_own_recall(here: World) -> None:
    with pytest.raises(Refused):
        recall.open_recall(doer(here.ana), mandate_of(here), why="I am tired.")
    with pytest.raises(Refused):
        recall.sign_recall(doer(here.ana), opened(here))


def test_a_signature_counts_once_and_only_of_the_roll(here: World) -> None:
    row = opened(here)
    recall.sign_recall(doer(here.bheki), row)
    assert row.signatures.count() == 1
    with pytest.raises(NotAllowed):
        recall.sign_recall(doer(here.carla), row)


def test_history_tells_that_one_more_has_signed_and_never_who(here: World) -> None:
    row = opened(here)
    recall.sign_recall(doer(member(3)), row)
    act = Act.objects.get(verb="sign_recall")
    assert (act.person, act.mandate, act.after) == (None, None, {"signatures": 2})
    assert not Act.objects.filter(person=member(3)).exists()


def test_the_share_is_of_the_roll_on_the_day_it_opened(here: World) -> None:
    row = opened(here)
    for number in range(30):
        Membership.objects.create(organisation=here.barrio, person=person(f"late{number}"), entered=NOW.date())
    HouseRule.objects.create(organisation=here.barrio, rule="recall_share", value="1/1", since=NOW)
    row = recall.sign_recall(doer(member(0)), row)
    assert row.reached is not None


def test_with_the_last_signature_the_notice_and_its_clock_begin(here: World) -> None:
    row = opened(here)
    assert not Obligation.objects.exists()
    row = recall.sign_recall(doer(member(0)), row)
    assert row.vote_opens == row.reached + timedelta(days=3)
    clock = Obligation.objects.get()
    assert (clock.kind, clock.organisation, clock.recall) == ("recall vote", here.barrio, row)
    assert clock.due == row.vote_opens + timedelta(days=7) and clock.met is None
    assert recall.open_due(row.vote_opens - timedelta(seconds=1)) == 0
    assert recall.open_due(row.vote_opens) == 1
    assert recall.open_due(row.vote_opens) == 0


def test_the_one_concerned_replies_and_nobody_else(here: World) -> None:
    row = opened(here)
    with pytest.raises(NotAllowed):
        recall.reply_to_recall(doer(here.bheki), row, text="I say it for her.")
    recall.reply_to_recall(doer(here.ana), row, text="They were broken; the minutes of May say so.")
    recall.sign_recall(doer(member(0)), row)
    row.refresh_from_db()
    recall.open_due(row.vote_opens)
    motion = Motion.objects.get()
    assert "The tools were sold" in motion.text and "Ana: They were broken" in motion.text


def test_the_vote_opens_by_itself_with_the_roll_and_rules_of_that_day(here: World) -> None:
    row, at = on_the_ballot(here)
    motion = row.motion
    assert motion is not None
    assert (motion.state, motion.method, motion.declared_by, motion.roll_size) == ("open", "majority", None, 10)
    assert motion.closes == at + timedelta(days=7)
    assert motion.effects == [{"kind": "end_mandate_by_decision", "mandate": mandate_of(here).pk}]
    assert Act.objects.filter(verb="open_recall_vote", person=None).count() == 1


def test_carried_it_ends_the_mandate_at_once_and_meets_the_obligation(here: World) -> None:
    row, at = on_the_ballot(here)
    voted(row, at, [member(number) for number in range(3)], "for")
    voted(row, at, [here.ana], "against")
    assert "who.ally" in rights_of(here.ana, here.barrio)
    after = at + timedelta(days=7)
    assert decide.close_due(after) == 1
    row.refresh_from_db()
    mandate = mandate_of(here)
    assert (row.ended, mandate.ended) == (after, after)
    assert Obligation.objects.get().met == after
    with pytest.raises(NotAllowed):
        who.ask_to_belong(doer(here.ana), here.barrio, network=here.network)


def test_a_failed_recall_blocks_a_new_one_for_the_time_in_the_rules_and_no_longer(here: World) -> None:
    row, at = on_the_ballot(here)
    voted(row, at, [member(0)], "for")
    voted(row, at, [here.ana, here.bheki], "against")
    ended = at + timedelta(days=7)
    decide.close_due(ended)
    assert mandate_of(here).ended is None
    too_soon = Doer(member(3), at=ended + timedelta(days=90, seconds=-1))
    with pytest.raises(Refused, match="pause until"):
        recall.open_recall(too_soon, mandate_of(here), why="Again.")
    other = Mandate.objects.get(organisation=here.barrio, person=here.ana, purpose="secretary")
    assert recall.open_recall(too_soon, other, why="Another mandate is not blocked.").pk
    assert recall.open_recall(Doer(member(3), at=ended + timedelta(days=90)), mandate_of(here), why="Again.").pk


def test_a_mandate_given_back_during_the_notice_ends_the_recall_without_a_vote(here: World) -> None:
    row = opened(here)
    recall.sign_recall(doer(member(0)), row)
    who.give_back_mandate(doer(here.ana), mandate_of(here))
    row.refresh_from_db()
    assert recall.open_due(row.vote_opens) == 0
    row.refresh_from_db()
    assert row.ended is not None and row.motion is None and Obligation.objects.get().met is not None


def test_nobody_ends_the_vote_on_a_recall_early(here: World) -> None:
    """An officer who could close it a minute after it opened could switch it off."""
    who.grant_mandate(
        doer(here.ana), here.barrio, person=here.ana.pk, purpose="facilitator", decision="assembly of May"
    )
    row, at = on_the_ballot(here)
    with pytest.raises(Refused, match="nobody can end it before"):
        decide.close_motion(Doer(here.ana, at=at + timedelta(minutes=1)), row.motion)
    with pytest.raises((Refused, NotAllowed)):
        decide.withdraw_motion(Doer(here.ana, at=at + timedelta(minutes=1)), row.motion)


def test_a_petition_of_a_twentieth_counts_those_of_the_first_day(here: World) -> None:
    """IWW: 5 % of 1,000 on 1 January are 50 signatures, also in June with 1,200 members."""
    people = [Person(handle=f"w{number}", name=f"w{number}", password="!") for number in range(1200)]
    Person.objects.bulk_create(people)
    there = [Membership(organisation=here.elsewhere, person=one, entered=NOW.date()) for one in people]
    Membership.objects.bulk_create(there[:999])
    HouseRule.objects.create(organisation=here.elsewhere, rule="recall_share", value="5%", since=NOW)
    mandate = Mandate.objects.filter(organisation=here.elsewhere, person=here.carla).first()
    row = recall.open_recall(doer(people[0]), mandate, why="The accounts are closed to us.")
    Membership.objects.bulk_create(there[999:])
    assert (row.roll_size, row.needed) == (1000, 50)
    for one in people[1:49]:
        row = recall.sign_recall(doer(one), row)
    assert row.reached is None
    row = recall.sign_recall(doer(people[1100]), row)
    assert row.reached is not None


def test_the_iww_clocks_notice_within_3_days_ballots_within_30_the_officer_stays_meanwhile(here: World) -> None:
    HouseRule.objects.create(organisation=here.barrio, rule="recall_notice_days", value="30", since=NOW)
    row = opened(here)
    row = recall.sign_recall(doer(member(0)), row)
    assert row.vote_opens == row.reached + timedelta(days=30)
    assert [one.recall for one in clocks.running([here.barrio])] == [row], "told on the first day"
    assert "who.ally" in rights_of(here.ana, here.barrio, row.reached + timedelta(days=29))


def test_mandates_that_end_soon_are_announced(here: World) -> None:
    mandate = mandate_of(here)
    day = NOW + timedelta(days=400)
    Mandate.objects.filter(organisation=here.barrio).update(ends=day.date())
    assert not clocks.expiring([here.barrio], day - timedelta(days=31))
    soon = clocks.expiring([here.barrio], day - timedelta(days=30))
    assert mandate in soon and {one.organisation for one in soon} == {here.barrio}
    assert not clocks.expiring([here.barrio], day + timedelta(days=1)), "what has ended is not announced"


def test_the_worker_opens_the_vote_and_closes_it(here: World) -> None:
    row = opened(here)
    row = recall.sign_recall(doer(member(0)), row)
    work.clocks(row.vote_opens)
    motion = Motion.objects.get()
    assert motion.state == "open"
    work.clocks(motion.closes)
    motion.refresh_from_db()
    assert motion.state == "lost"


# --- at once, also in a request already running ---


@pytest.mark.django_db(transaction=True)
def test_no_act_counts_after_a_recall_that_was_decided_while_200_acts_ran() -> None:
    """The closing takes the mandate's row; every act under it was there before, or is refused."""
    here = world()
    delegate = person("delegate")
    for number in range(4):
        Membership.objects.create(organisation=here.network, person=person(f"m{number}"), entered=NOW.date())
    mandate = Mandate.objects.create(
        organisation=here.network,
        person=delegate,
        purpose="coordinator",
        rights=["plan.network"],
        starts=NOW.date(),
        decision="assembly of 10 January 2026",
    )
    row = recall.open_recall(doer(member(0)), mandate, why="Products nobody asked for.")
    row.refresh_from_db()
    assert recall.open_due(row.vote_opens) == 1
    motion = Motion.objects.get()
    for number in range(3):
        decide.cast_ballot(Doer(member(number), at=motion.opened + timedelta(hours=1)), motion.pk, "for")
    begun: dict[str, float] = {}
    ended: list[float] = []

    def acting(worker: int) -> list[str]:
        told = []
        for number in range(25):
            name = f"{worker}-{number}"
            begun[name] = time.monotonic()
            try:
                plan.add_product(doer(delegate), here.network, name=f"Product {name}", unit="piece")
                told.append(name)
            except NotAllowed:
                pass
        return told

    def closing() -> int:
        while Act.objects.filter(mandate=mandate).count() < 20:
            time.sleep(0.005)
        closed = decide.close_due(motion.closes)
        ended.append(time.monotonic())
        return closed

    *answers, last = at_once([*(lambda worker=worker: acting(worker) for worker in range(8)), closing])
    assert last == 1 and all(isinstance(answer, list) for answer in answers), answers
    end = Act.objects.get(verb="end_mandate_by_decision")
    under = list(Act.objects.filter(mandate=mandate, verb="add_product").order_by("pk"))
    done = {name for answer in answers for name in answer}
    assert 20 <= len(under) == len(done) == Product.objects.filter(network=here.network).count() < 200
    assert all(act.pk < end.pk for act in under)
    assert all(begun[name] < ended[0] for name in done)
    with pytest.raises(NotAllowed):
        plan.add_product(doer(delegate), here.network, name="too late", unit="piece")


@pytest.mark.django_db(transaction=True)
def test_an_act_that_asks_for_its_right_while_the_recall_is_being_decided_waits_and_is_refused() -> None:
    """The recall holds the mandate's row and has not committed; the act that runs into it sees it, once it has."""
    here = world()
    mandate = Mandate.objects.get(organisation=here.network, person=here.ana, purpose="coordinator")
    Membership.objects.create(organisation=here.network, person=here.bheki, entered=NOW.date())
    row = recall.open_recall(doer(here.bheki), mandate, why="Products nobody asked for.")
    row.refresh_from_db()
    recall.open_due(row.vote_opens)
    motion = Motion.objects.get()
    decide.cast_ballot(Doer(here.bheki, at=motion.opened + timedelta(hours=1)), motion.pk, "for")
    held, may_commit = threading.Event(), threading.Event()

    def closing() -> str:
        def slowly() -> str:
            locked = Motion.objects.select_for_update(of=("self",)).get(pk=motion.pk)
            decide.count_and_apply(locked, motion.closes)
            held.set()
            may_commit.wait(10)
            return locked.state

        return decide.in_one_piece(slowly)

    def acting() -> str:
        held.wait(10)
        threading.Timer(0.5, may_commit.set).start()
        try:
            plan.add_product(doer(here.ana), here.network, name="too late", unit="piece")
        except NotAllowed:
            return "refused"
        return "done"

    assert at_once([closing, acting]) == ["carried", "refused"]
    assert not Product.objects.filter(name="too late").exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_members_who_sign_at_once_each_counts_once_and_the_notice_begins_once() -> None:
    here = world()
    for number in range(20):
        Membership.objects.create(organisation=here.barrio, person=person(f"m{number}"), entered=NOW.date())
    HouseRule.objects.create(organisation=here.barrio, rule="recall_share", value="1/3", since=NOW)
    row = opened(here)
    assert row.needed == 8
    answers = at_once(
        [lambda number=number: recall.sign_recall(doer(member(number)), row).pk for number in range(8)]
    )
    assert answers == [row.pk] * 8
    row.refresh_from_db()
    assert row.signatures.count() == 9 and row.reached is not None
    assert Obligation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_one_opens_the_vote() -> None:
    here = world()
    row = opened(here)
    row.refresh_from_db()
    answers = at_once([lambda: recall.open_due(row.vote_opens)] * 8)
    assert sorted(answers) == [0] * 7 + [1]
    assert Motion.objects.count() == 1
