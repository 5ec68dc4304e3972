"""What may happen once happens once, however many try at the same moment; each with a connection of its own.

The same tests run on SQLite and on PostgreSQL (tests/actions/test_both_databases.py).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, connections

from solidaria.actions import needs, plan, undo, who, work
from solidaria.actions.permit import Doer, NotAllowed
from solidaria.records.models import (
    Act,
    Belonging,
    JoiningCode,
    Mandate,
    Membership,
    Need,
    Once,
    Organisation,
    Person,
    Product,
    Round,
    Variant,
)
from tests.web.people import World, doer, founded, person, world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> World:
    return world()


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of them at the same moment, each in a thread with its own connection; their answers, or what they raised."""
    answers: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(number: int, do: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(30)
            answers[number] = do()
        except Exception as error:
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def kinds(answers: Sequence[Any]) -> Counter[str]:
    """How often each kind of answer came."""
    return Counter(type(answer).__name__ for answer in answers)


def test_one_form_sent_20_times_at_once_is_one_need_and_20_equal_answers(here: World) -> None:
    def send() -> int:
        form = doer(Person.objects.get(pk=here.bheki.pk), "the-same-key")
        return needs.declare_need(
            form, here.barrio, network=here.network, words="soap", product=None, quantity="5"
        ).pk

    answers = at_once([send] * 20)
    need = Need.objects.get(words="soap")
    assert answers == [need.pk] * 20
    assert Act.objects.filter(verb="declare_need").count() == 1
    assert Once.objects.filter(key="the-same-key").count() == 1


def test_30_needs_declared_at_once_by_8_people_all_count_and_have_ids_of_their_own(here: World) -> None:
    people = [person(f"neighbour{number}") for number in range(8)]
    for one in people:
        Membership.objects.create(organisation=here.barrio, person=one, entered=date(2026, 1, 10))

    def say(number: int) -> str:
        return needs.declare_need(
            doer(people[number % 8]),
            here.barrio,
            network=here.network,
            words=f"need {number}",
            product=None,
            quantity="1",
        ).code

    answers = at_once([lambda number=number: say(number) for number in range(30)])
    assert kinds(answers) == {"str": 30}, answers
    assert len(set(answers)) == 30 == Need.objects.count()


def test_a_code_that_ten_people_use_at_once_lets_one_of_them_in(here: World) -> None:
    codes: list[str] = []
    who.print_codes(doer(here.ana), here.barrio, how_many=1, codes=codes)
    people = [person(f"guest{number}") for number in range(10)]
    answers = at_once([lambda one=one: who.join_with_code(doer(one), None, code=codes[0]) for one in people])
    assert kinds(answers) == {"Membership": 1, "Refused": 9}, answers
    assert Membership.objects.filter(organisation=here.barrio, person__in=people).count() == 1
    assert JoiningCode.objects.filter(used__isnull=False).count() == 1


def test_one_person_with_ten_codes_at_once_is_one_member_and_uses_up_one_code(here: World) -> None:
    codes: list[str] = []
    who.print_codes(doer(here.ana), here.barrio, how_many=10, codes=codes)
    guest = person("guest")
    answers = at_once([lambda code=code: who.join_with_code(doer(guest), None, code=code).pk for code in codes])
    member = Membership.objects.get(organisation=here.barrio, person=guest)
    assert answers == [member.pk] * 10
    assert JoiningCode.objects.filter(used__isnull=False).count() == 1


def test_a_membership_that_eight_people_agree_to_at_once_is_agreed_once(here: World) -> None:
    asked = who.ask_to_belong(doer(here.carla), here.elsewhere, network=here.network)
    answers = at_once([lambda: who.agree_to_belong(doer(here.ana), here.network, belonging=asked)] * 8)
    assert kinds(answers) == {"Belonging": 8}, answers
    assert len({answer.agreed for answer in answers}) == 1
    assert Belonging.objects.filter(network=here.network, organisation=here.elsewhere).count() == 1
    told = Act.objects.filter(verb="agree_to_belong", kind="Belonging", subject=asked.pk)
    assert sum("agreed" in act.after for act in told) == 1


def test_a_plan_that_eight_workers_claim_at_once_is_made_by_one_of_them(here: World) -> None:
    plan.ask_for_plan(doer(here.ana), here.round, name="first")
    for _ in range(5):
        Variant.objects.update(state="waiting", worker="", beat=None)
        answers = at_once([lambda number=number: work.claim(f"worker {number}") for number in range(8)])
        assert kinds(answers) == {"Variant": 1, "NoneType": 7}, answers
        won = next(answer for answer in answers if answer is not None)
        assert Variant.objects.get().worker == won.worker


def test_eight_organisations_of_one_name_founded_at_once_get_ids_of_their_own(db: None) -> None:
    people = [person(f"founder{number}") for number in range(8)]
    answers = at_once([lambda one=one: founded(one, "La Esperanza", "community").code for one in people])
    expected = {"la-esperanza", *(f"la-esperanza-{number}" for number in range(2, 9))}
    # Eight at once are more than anybody meets; some may be asked to look again, none may stop with an error.
    assert set(kinds(answers)) <= {"str", "Refused"}, answers
    assert Organisation.objects.count() == kinds(answers)["str"] >= 3
    assert {answer for answer in answers if isinstance(answer, str)} <= expected


def test_of_eight_rounds_opened_at_once_one_is_open(here: World) -> None:
    plan.close_round(doer(here.ana), here.round)
    answers = at_once(
        [
            lambda number=number: plan.open_round(doer(here.ana), here.network, name=f"{number}", periods=[])
            for number in range(8)
        ]
    )
    assert kinds(answers) == {"Round": 1, "Refused": 7}, answers
    assert Round.objects.filter(network=here.network, closed__isnull=True).count() == 1


def test_needs_that_eight_people_gather_at_once_go_into_one_larger_need(here: World) -> None:
    soap = plan.add_product(doer(here.ana), here.network, name="Soap", unit="kg", market_price="3")
    small = [
        needs.declare_need(
            doer(here.bheki), here.barrio, network=here.network, words="soap", product=soap, quantity="2"
        ).pk
        for _ in range(6)
    ]
    answers = at_once(
        [
            lambda order=order: needs.gather_needs(doer(here.ana), here.barrio, needs=order, words="soap", tier=1)
            for order in [small, small[::-1]] * 4
        ]
    )
    assert kinds(answers) == {"Need": 1, "Refused": 7}, answers
    counted = [need.quantity for need in Need.objects.all() if need.live]
    assert counted == [12]


def test_an_act_that_eight_people_take_back_at_once_is_taken_back_once(here: World) -> None:
    need = needs.declare_need(
        doer(here.bheki), here.barrio, network=here.network, words="soap", product=None, quantity="2"
    )
    act = Act.objects.get(verb="declare_need")
    answers = at_once([lambda: undo.undo_act(doer(here.ana), act).pk] * 8)
    assert len(set(answers)) == 1, answers
    need.refresh_from_db()
    assert need.withdrawn is not None and Act.objects.filter(verb="undo_act").count() == 1


def coordinator_of(here: World, handle: str) -> tuple[Person, Mandate]:
    """A member of the network with a coordinator's and a secretary's rights in one mandate."""
    one = person(handle)
    Membership.objects.create(organisation=here.network, person=one, entered=date(2026, 1, 10))
    mandate = Mandate.objects.create(
        organisation=here.network,
        person=one,
        purpose="coordinator",
        rights=["plan.network", "who.mandates"],
        starts=date(2026, 1, 10),
        decision="assembly of 10 January 2026",
    )
    return one, mandate


def test_no_act_counts_after_a_recall_that_200_acts_run_into(here: World) -> None:
    """The recall takes the mandate's row; every act under it is there before the recall, or is refused."""
    delegate, mandate = coordinator_of(here, "delegate")
    ended_at: list[float] = []
    begun: dict[int, float] = {}

    def acting(worker: int) -> list[str]:
        told = []
        for number in range(25):
            name = worker * 100 + number
            begun[name] = time.monotonic()
            try:
                plan.add_product(doer(delegate), here.network, name=f"Product {name}", unit="piece")
                told.append(f"{name}")
            except NotAllowed:
                pass
        return told

    def recall() -> int:
        while Act.objects.filter(mandate=mandate).count() < 20:
            time.sleep(0.005)
        who.end_mandate(doer(here.ana), mandate)
        ended_at.append(time.monotonic())
        return 0

    *answers, last = at_once([*(lambda worker=worker: acting(worker) for worker in range(8)), recall])
    assert last == 0 and all(isinstance(answer, list) for answer in answers), answers
    end = Act.objects.get(verb="end_mandate")
    under = list(Act.objects.filter(mandate=mandate, verb="add_product").order_by("pk"))
    done = {name for answer in answers for name in answer}
    assert 20 <= len(under) == len(done) == Product.objects.filter(network=here.network).count() < 200
    assert all(act.pk < end.pk for act in under)
    assert all(begun[int(name)] < ended_at[0] for name in done)
    committed = commit_order(end)
    if committed:
        assert max(committed[act.pk] for act in under) <= committed[end.pk]
    with pytest.raises(NotAllowed):
        plan.add_product(doer(delegate), here.network, name="too late", unit="piece")


def commit_order(end: Act) -> dict[int, datetime]:
    """Act -> when its transaction committed, where the database keeps that (PostgreSQL, when it is told to)."""
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SHOW track_commit_timestamp")
        if cursor.fetchone()[0] != "on":
            return {}
        cursor.execute("SELECT id, pg_xact_commit_timestamp(xmin) FROM records_act")
        found = {pk: at for pk, at in cursor.fetchall() if at is not None}
    assert end.pk in found
    return found


def test_of_two_people_who_recall_each_other_at_once_one_succeeds_and_neither_waits_for_ever(here: World) -> None:
    for duel in range(6):
        (one, ones), (other, others) = coordinator_of(here, f"one{duel}"), coordinator_of(here, f"other{duel}")
        answers = at_once(
            [
                lambda one=one, others=others: who.end_mandate(doer(one), others),
                lambda other=other, ones=ones: who.end_mandate(doer(other), ones),
            ]
        )
        assert kinds(answers) == {"Mandate": 1, "NotAllowed": 1}, answers
        assert Mandate.objects.filter(pk__in=[ones.pk, others.pk], ended__isnull=True).count() == 1


def test_readers_and_writers_together_never_meet_a_locked_database(here: World) -> None:
    """12 people write and 8 read for a while; SQLite answers none of them with `database is locked`."""
    people = [person(f"busy{number}") for number in range(12)]
    for one in people:
        Membership.objects.create(organisation=here.barrio, person=one, entered=date(2026, 1, 10))
    until = time.monotonic() + 4

    def writing(one: Person) -> int:
        count = 0
        while time.monotonic() < until:
            number = count
            form = Doer(one, f"{one.handle}-{number}", datetime.now(UTC))
            need = needs.declare_need(
                form, here.barrio, network=here.network, words=f"{one.handle} {number}", product=None, quantity="1"
            )
            needs.edit_need(doer(one), need, quantity="2")
            count += 1
        return count

    def reading() -> int:
        count = 0
        while time.monotonic() < until:
            assert Need.objects.filter(organisation=here.barrio).count() >= 0
            count += 1
        return count

    answers = at_once([*(lambda one=one: writing(one) for one in people), *[reading] * 8])
    assert kinds(answers) == {"int": 20}, [answer for answer in answers if not isinstance(answer, int)]
    assert Need.objects.filter(quantity="2").count() == sum(answers[:12]) > 12
