"""From an adopted plan to the proof of wages, by actions alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from solidaria.actions import agree, books, capacity, decide, needs, plan, work
from solidaria.actions.agreed import latest, terms_of
from solidaria.actions.ledger import balances_of, events_of, fulfilled, held, income_of, texts_of
from solidaria.actions.permit import NotAllowed
from solidaria.actions.who import grant_mandate
from solidaria.core.accounts import income, wage_proof
from solidaria.core.books import agent
from solidaria.core.problem import Refused
from solidaria.records.models import (
    Agreement,
    AgreementVersion,
    LedgerEvent,
    Mandate,
    Membership,
    Organisation,
    Payment,
    Person,
    Product,
    Promise,
    PromiseLine,
)
from tests.web.people import World, doer, person, world

pytestmark = pytest.mark.django_db
ARS = "money:ARS"
TODAY = datetime.now(UTC).date()


def sewing(here: World, hours: str = "600") -> Product:
    """The workshop can sew uniforms; treasurers and a second signatory have their mandates."""
    ana = here.ana
    uniform = plan.add_product(doer(ana), here.network, name="School uniform", unit="piece", market_price="18")
    cloth = plan.add_product(doer(ana), here.network, name="Cloth", unit="m", market_price="4")
    machine = capacity.add_equipment(doer(ana), here.workshop, name="Sewing machines", hours=hours)
    capacity.add_recipe(
        doer(ana),
        here.workshop,
        product=uniform,
        output="1",
        labour_hours="1",
        inputs=[(cloth, "1.25")],
        uses=[(machine, "0.8")],
    )
    for organisation in (here.barrio, here.workshop, here.network):
        for purpose in ("treasurer", "facilitator"):
            grant_mandate(
                doer(ana), organisation, person=ana.pk, purpose=purpose, decision="assembly of 10 January 2026"
            )
    return uniform


def second(here: World, organisation: Organisation, handle: str = "eli") -> Person:
    """Somebody else who can release payments of an organisation."""
    found = Person.objects.filter(handle=handle).first() or person(handle)
    Membership.objects.get_or_create(
        organisation=organisation, person=found, defaults={"entered": date(2026, 1, 10)}
    )
    grant_mandate(
        doer(here.ana), organisation, person=found.pk, purpose="coordinator", decision="assembly of January"
    )
    return found


def typed(quantity: str = "100", **changed: Any) -> dict[str, Any]:
    """Terms as somebody types them."""
    line = {
        "product": "school-uniform",
        "quantity": quantity,
        "unit_price": "15",
        "unit_solidarity": "2",
        "wage": "10",
    }
    return {
        "title": "Uniforms",
        "starts": TODAY.isoformat(),
        "ends": (TODAY + timedelta(days=364)).isoformat(),
        "review": (TODAY + timedelta(days=180)).isoformat(),
        "contact_giver": "Ana, 555 1",
        "contact_taker": "Bheki, 555 2",
        "lines": [line],
        **changed,
    }


def drafted(here: World, quantity: str = "100", **changed: Any) -> Agreement:
    return agree.draft_agreement(
        doer(here.ana),
        here.barrio,
        giver=here.workshop,
        taker=here.barrio,
        given=typed(quantity, **changed),
    )


def decided(here: World, organisation: Organisation, agreement: Agreement) -> None:
    """The organisation's assembly says yes."""
    version = latest(agreement)
    motion = decide.propose_motion(
        doer(here.ana),
        organisation,
        title="The agreement",
        text="We say yes.",
        method="majority",
        effects=[{"kind": "sign_agreement", "version": version.pk}],
    )
    motion = decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + timedelta(hours=2))
    decide.cast_ballot(doer(here.ana), motion.pk, "for")
    if organisation == here.barrio:
        decide.cast_ballot(doer(here.bheki), motion.pk, "for")
    assert decide.close_motion(doer(here.ana), motion).state == "carried"


def signed(here: World, quantity: str = "100", **changed: Any) -> Agreement:
    row = drafted(here, quantity, **changed)
    for code in latest(row).parties:
        decided(here, Organisation.objects.get(code=code), row)
    row.refresh_from_db()
    return row


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def test_a_chosen_plan_becomes_draft_agreements_with_price_and_solidarity_apart(here: World) -> None:
    uniform = Product.objects.get(code="school-uniform")
    needs.declare_need(
        doer(here.bheki), here.barrio, network=here.network, words="uniforms", product=uniform, quantity="50"
    )
    variant = plan.ask_for_plan(doer(here.ana), here.round, name="first")
    claimed = work.claim("test")
    assert claimed is not None
    work.make(claimed, "test")
    with pytest.raises(Refused, match="No plan of this round was chosen"):
        agree.draft_from_plan(doer(here.ana), here.workshop, round=here.round)
    variant.refresh_from_db()
    plan.choose_variant(doer(here.ana), here.round, variant=variant)
    here.round.refresh_from_db()
    for _ in range(2):
        agree.draft_from_plan(doer(here.ana), here.workshop, round=here.round)
    row = Agreement.objects.get()
    terms = terms_of(latest(row))
    assert (row.giver, row.taker, row.state) == (here.workshop, here.barrio, "draft")
    (line,) = terms.lines
    assert line.quantity == 50 and line.price > 0 and line.wage > 0


def test_an_agreement_holds_once_each_sides_assembly_said_yes_and_then_feeds_the_next_plan(here: World) -> None:
    row = drafted(here)
    decided(here, here.barrio, row)
    row.refresh_from_db()
    assert row.state == "draft" and not Promise.objects.exists()
    decided(here, here.workshop, row)
    row.refresh_from_db()
    assert row.state == "in force"
    promise = Promise.objects.get(removed__isnull=True)
    assert (promise.site, promise.receiver, promise.quantity) == (here.workshop.site, here.barrio, 100)
    # Both logs hold the version that came into force.
    assert texts_of(here.barrio) == texts_of(here.workshop) == [latest(row).line]


def test_a_mandate_is_enough_up_to_the_limit_the_assembly_set(here: World) -> None:
    row = drafted(here)
    with pytest.raises(Refused, match=r"about 1700\.00; a mandate is enough up to 0"):
        agree.agree_by_mandate(doer(here.ana), here.barrio, agreement=row)
    for organisation in (here.barrio, here.workshop):
        organisation.house_rules.create(rule="sign_limit", value="1700", since=datetime.now(UTC))
        agree.agree_by_mandate(doer(here.ana), organisation, agreement=row)
    row.refresh_from_db()
    assert row.state == "in force"
    with pytest.raises(NotAllowed):
        agree.agree_by_mandate(doer(here.bheki), here.barrio, agreement=row)


def test_nothing_is_promised_twice_and_what_cannot_be_held_waits(here: World) -> None:
    # 600 machine hours at 0.8 hours each: 750 uniforms.
    first = signed(here, "700")
    assert first.state == "in force"
    late = signed(here, "51")
    assert late.state == "waiting"
    with pytest.raises(Refused, match="1 piece of School uniform would be promised twice"):
        agree.hold_again(doer(here.ana), here.barrio, agreement=late)
    agree.end_agreement(doer(here.ana), here.workshop, agreement=first, why="The school year is over.")
    agree.hold_again(doer(here.ana), here.barrio, agreement=late)
    late.refresh_from_db()
    assert late.state == "in force"
    assert [row.quantity for row in Promise.objects.filter(removed__isnull=True)] == [51]


def test_a_call_off_owes_goods_price_and_solidarity_and_the_advance_is_used_up_first(here: World) -> None:
    row = signed(here, advance="1000")
    order = agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="60", due=TODAY)
    owed = {one.part: (one.amount, one.set_off) for one in order.promise_lines.all()}
    assert owed == {"goods": (60_000_000, 0), "price": (0, 90000), "solidarity": (12000, 0)}
    other = agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="40", due=TODAY)
    owed = {one.part: (one.amount, one.set_off) for one in other.promise_lines.all()}
    assert owed == {"goods": (40_000_000, 0), "price": (50000, 10000), "solidarity": (8000, 0)}
    with pytest.raises(Refused, match="0 piece are left"):
        agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="1", due=TODAY)
    with pytest.raises(Refused, match="no such line"):
        agree.call_off(doer(here.ana), here.barrio, agreement=row, line=2**31, quantity="1", due=TODAY)
    with pytest.raises(Refused, match="Only who gets the goods"):
        agree.call_off(doer(here.ana), here.workshop, agreement=row, line=0, quantity="1", due=TODAY)


def test_what_was_let_go_of_can_be_called_off_again(here: World) -> None:
    row = signed(here)
    order = agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="100", due=TODAY)
    goods = order.promise_lines.get(part="goods")
    with pytest.raises(Refused, match="Only who was promised"):
        agree.release_promise(doer(here.ana), here.workshop, promise=goods)
    agree.release_promise(doer(here.ana), here.barrio, promise=goods)
    assert not PromiseLine.objects.filter(released__isnull=True).exists()
    agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="100", due=TODAY)


def test_the_whole_way_from_call_off_to_wage_proof(here: World) -> None:
    ana, eli = here.ana, second(here, here.workshop)
    second(here, here.barrio)
    row = signed(here)
    order = agree.call_off(doer(ana), here.barrio, agreement=row, line=0, quantity="100", due=TODAY)
    member = Membership.objects.get(organisation=here.workshop, person=ana)
    books.record_hours(doer(ana), here.workshop, member=member, hours="20", day=TODAY, order=order.code)

    # Nobody gives what they do not hold.
    given = {"call_off": order, "quantity": "100", "day": TODAY}
    handover = agree.hand_over(doer(ana), here.workshop, **given)
    with pytest.raises(Refused) as refusal:
        agree.confirm_handover(doer(ana), here.barrio, handover=handover)
    told = "Taller Hilo holds 0 piece of School uniform, not 100 piece."
    assert str(refusal.value.faults[0].what) == told
    agree.settle_handover(doer(ana), here.workshop, handover=handover, how="Not written down yet.", withdraw=True)
    handover = agree.hand_over(doer(ana), here.workshop, **given, made=True)
    with pytest.raises(Refused, match="0 piece of this call-off are left"):
        agree.hand_over(doer(ana), here.workshop, **given)
    agree.confirm_handover(doer(ana), here.barrio, handover=handover)
    goods = order.promise_lines.get(part="goods")
    assert fulfilled([goods.code])[goods.code][0] == 100_000_000
    assert not Promise.objects.filter(removed__isnull=True).exists()

    # Two people pay.
    books.record_event(
        doer(ana), here.barrio, action="transfer", resource=ARS, quantity="2000", day=TODAY, part="opening"
    )
    for part, amount in (("price", "1500"), ("solidarity", "200")):
        payment = books.draft_payment(
            doer(ana), here.barrio, promise=order.promise_lines.get(part=part), amount=amount, day=TODAY
        )
        assert payment.state == "drafted"
        with pytest.raises(Refused, match="Who drafts a payment does not release it"):
            books.release_payment(doer(ana), here.barrio, payment=payment)
        books.release_payment(doer(eli), here.barrio, payment=payment)
        paid = books.confirm_payment(doer(ana), here.workshop, payment=payment)
        assert paid.state == "confirmed"
    wage = books.draft_payment(
        doer(ana),
        here.workshop,
        receiver=f"member:{member.pk}",
        resource=ARS,
        part="wage",
        order=order.code,
        amount="900",
        day=TODAY,
    )
    books.release_payment(doer(eli), here.workshop, payment=wage)
    line = terms_of(latest(row)).lines[0]
    proof = wage_proof(events_of(here.workshop), order.code, agent(here.workshop.code), ARS, line.wage)
    assert (proof.promised, proof.paid, proof.missing, proof.worked) == (100_000, 90_000, 10_000, 20_000_000)
    assert dict((name, right) for name, right, _ in balances_of(agent(here.workshop.code))) == {
        "good:red-del-sur/school-uniform": 0,
        ARS: 80_000,
    }
    assert held(agent(here.barrio.code), ARS) == (30_000, 30_000)

    # What the database sums up is what the events say.
    for one in (here.barrio, here.workshop):
        told = income(events_of(one), agent(one.code), f"{TODAY.year}-01-01", f"{TODAY.year}-12-31")
        assert income_of(one, f"{TODAY.year}-01-01", f"{TODAY.year}-12-31") == told
        assert told.came_in and income_of(one, "1999-01-01", "1999-12-31").came_in == {}


def test_a_payment_drafted_under_a_mandate_that_ended_is_not_released(here: World) -> None:
    eli = second(here, here.barrio)
    books.record_event(
        doer(here.ana), here.barrio, action="transfer", resource=ARS, quantity="10", day=TODAY, part="opening"
    )
    payment = books.draft_payment(
        doer(here.ana), here.barrio, receiver="outside", resource=ARS, amount="5", day=TODAY
    )
    Mandate.objects.filter(organisation=here.barrio, purpose="treasurer").update(ended=datetime.now(UTC))
    with pytest.raises(Refused, match="no longer in force"):
        books.release_payment(doer(eli), here.barrio, payment=payment)
    assert held(agent(here.barrio.code), ARS) == (1000, 1000)


def test_one_person_pays_alone_only_up_to_the_limit_of_a_day(here: World) -> None:
    here.barrio.house_rules.create(rule="pay_limit", value="10", since=datetime.now(UTC))
    books.record_event(
        doer(here.ana), here.barrio, action="transfer", resource=ARS, quantity="100", day=TODAY, part="opening"
    )
    states = [
        books.draft_payment(
            doer(here.ana), here.barrio, receiver="outside", resource=ARS, amount=amount, day=TODAY
        ).state
        for amount in ("6", "5", "4")
    ]
    assert states == ["paid", "drafted", "paid"]
    assert held(agent(here.barrio.code), ARS)[0] == 9000


def test_money_that_is_not_there_is_not_paid(here: World) -> None:
    eli = second(here, here.barrio)
    payment = books.draft_payment(
        doer(here.ana), here.barrio, receiver="outside", resource=ARS, amount="5", day=TODAY
    )
    with pytest.raises(Refused, match=r"Barrio Norte holds 0\.00 ARS, not 5\.00 ARS"):
        books.release_payment(doer(eli), here.barrio, payment=payment)
    assert Payment.objects.get().state == "drafted"


def test_a_correction_takes_back_and_says_why(here: World) -> None:
    row = books.record_event(
        doer(here.ana), here.barrio, action="transfer", resource=ARS, quantity="100", day=TODAY, part="opening"
    )
    with pytest.raises(Refused, match="reason is missing"):
        books.correct_event(doer(here.ana), here.barrio, event=row, why=" ")
    books.correct_event(doer(here.ana), here.barrio, event=row, quantity="30", why="Counted wrongly.")
    assert held(agent(here.barrio.code), ARS)[0] == 7000
    with pytest.raises(Refused, match="More would be taken away"):
        books.correct_event(doer(here.ana), here.barrio, event=row, quantity="71", why="Again.")
    with pytest.raises(Refused, match="books of others"):
        books.correct_event(doer(here.ana), here.workshop, event=row, why="Not ours.")


def test_a_day_has_24_hours(here: World) -> None:
    member = Membership.objects.get(organisation=here.workshop, person=here.ana)
    given = {"member": member, "day": TODAY}
    books.record_hours(doer(here.ana), here.workshop, hours="20", **given)
    with pytest.raises(Refused, match="24 hours"):
        books.record_hours(doer(here.ana), here.workshop, hours="4.5", **given)


def test_a_disagreement_is_a_state_until_it_is_settled(here: World) -> None:
    row = signed(here)
    order = agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="100", due=TODAY)
    handover = agree.hand_over(doer(here.ana), here.workshop, call_off=order, quantity="100", day=TODAY, made=True)
    handover = agree.dispute_handover(doer(here.ana), here.barrio, handover=handover, why="Two boxes are wet.")
    assert handover.state == "disputed"
    handover = agree.confirm_handover(doer(here.ana), here.barrio, handover=handover, quantity="90")
    handover = agree.settle_handover(doer(here.ana), here.workshop, handover=handover, how="We sew ten again.")
    assert handover.state == "confirmed" and handover.confirmed == 90_000_000
    again = agree.hand_over(doer(here.ana), here.workshop, call_off=order, quantity="10", day=TODAY)
    agree.confirm_handover(doer(here.ana), here.barrio, handover=again)


def test_broken_off_leaves_broken_promises_and_the_guaranteed_minimum(here: World) -> None:
    row = signed(here, guaranteed="0.5")
    agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="20", due=TODAY)
    agree.end_agreement(doer(here.ana), here.workshop, agreement=row, why="The building was lost.", broken=True)
    row.refresh_from_db()
    assert row.state == "broken"
    assert PromiseLine.objects.get(part="goods").broken is not None
    owed = {one.code.rpartition("/")[2]: one.amount for one in row.promise_lines.filter(call_off__isnull=True)}
    assert owed == {"price": 45000, "solidarity": 6000}
    assert not Promise.objects.filter(removed__isnull=True).exists()


def test_a_new_version_holds_once_all_sides_said_yes_and_never_below_what_was_called_off(here: World) -> None:
    row = signed(here)
    agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="60", due=TODAY)
    with pytest.raises(Refused, match="Less is agreed on"):
        agree.change_agreement(doer(here.ana), here.barrio, agreement=row, given=typed("50"))
    agree.change_agreement(doer(here.ana), here.barrio, agreement=row, given=typed("120"))
    assert Promise.objects.get(removed__isnull=True).quantity == 100
    for organisation in (here.barrio, here.workshop):
        decided(here, organisation, row)
    row.refresh_from_db()
    assert row.current is not None and row.current.number == 2
    assert Promise.objects.get(removed__isnull=True).quantity == 120


@pytest.mark.parametrize("change", ["update", "delete", "version"])
def test_the_database_itself_refuses_to_change_the_ledger(here: World, change: str) -> None:
    row = signed(here)
    books.record_event(
        doer(here.ana), here.barrio, action="transfer", resource=ARS, quantity="100", day=TODAY, part="opening"
    )
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        if change == "update":
            LedgerEvent.objects.update(amount=1)
        elif change == "delete":
            LedgerEvent.objects.all()._raw_delete(LedgerEvent.objects.db)
        else:
            AgreementVersion.objects.filter(agreement=row).update(text="{}")


def test_decimal_amounts_are_exact(here: World) -> None:
    with pytest.raises(Refused, match="finer than is counted"):
        books.record_event(
            doer(here.ana), here.barrio, action="transfer", resource=ARS, quantity="0.005", day=TODAY, part="other"
        )
    books.record_event(
        doer(here.ana),
        here.barrio,
        action="transfer",
        resource=ARS,
        quantity=str(Decimal("0.1")),
        day=TODAY,
        part="opening",
    )
    assert held(agent(here.barrio.code), ARS)[0] == 10
