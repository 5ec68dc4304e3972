"""The whole journey on the pages: adopted plan, agreement, call-off, hours, delivery, payment, wage proof, files."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions import agree, books, needs, plan, work
from solidaria.actions.agreed import latest
from solidaria.cli.main import main
from solidaria.core.valueflows import faults_of
from solidaria.records.models import (
    Agreement,
    CallOff,
    Handover,
    LedgerEvent,
    LogCheckpoint,
    Membership,
    Payment,
    Person,
    Product,
)
from tests.books.test_actions import TODAY, decided, drafted, second, sewing, signed
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def browser(one: Person) -> Client:
    client = Client()
    client.force_login(one)
    return client


def post(client: Client, name: str, arguments: list[Any], **data: Any) -> Any:
    """Send a form; it has to be taken."""
    answer = client.post(reverse(name, args=arguments), data)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return answer


def page(client: Client, name: str, *arguments: Any) -> str:
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_whole_journey_from_an_adopted_plan_to_the_proof(
    here: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    uniform = Product.objects.get(code="school-uniform")
    given = {"network": here.network, "words": "uniforms", "product": uniform, "quantity": "50"}
    needs.declare_need(doer(here.bheki), here.barrio, **given)
    variant = plan.ask_for_plan(doer(here.ana), here.round, name="first")
    claimed = work.claim("test")
    assert claimed is not None
    work.make(claimed, "test")
    variant.refresh_from_db()
    plan.choose_variant(doer(here.ana), here.round, variant=variant)
    eli = second(here, here.barrio)
    second(here, here.workshop)
    ana, other = browser(here.ana), browser(eli)
    barrio, workshop = here.barrio.code, here.workshop.code

    # The chosen plan becomes a draft; both assemblies say yes by a motion from its page.
    assert "Draft our agreements from it" in page(ana, "agreements", workshop)
    post(ana, "agreements_from_plan", [workshop], round=here.round.pk)
    agreement = Agreement.objects.get()
    shown = page(ana, "agreement", workshop, agreement.pk)
    assert "Ask our assembly" in shown and "Solidarity" in shown
    assert "50" in page(ana, "change_agreement", workshop, agreement.pk)
    for organisation in (here.workshop, here.barrio):
        code = organisation.code
        asked = ana.get(
            reverse("propose_motion", args=[code]) + f"?effect=sign_agreement&version={latest(agreement).pk}"
        )
        assert agreement.title in asked.content.decode()
        decided(here, organisation, agreement)
    pdf = ana.get(reverse("agreement_pdf", args=[barrio, agreement.pk]))
    assert pdf.content.startswith(b"%PDF")

    # Called off, worked on, delivered, confirmed.
    day = TODAY.isoformat()
    post(ana, "call_off", [barrio, agreement.pk], line="0", quantity="50", due=day)
    order = CallOff.objects.get()
    member = Membership.objects.get(organisation=here.workshop, person=here.ana)
    post(ana, "write_hours", [workshop], member=member.pk, hours="20", day=day, order=order.code)
    post(ana, "hand_over", [workshop, order.pk], quantity="50", day=day, made="1")
    handover = Handover.objects.get()
    assert "Confirm it" in page(ana, "deliveries", barrio)
    post(ana, "handover_step", [barrio, handover.pk, "confirm"], quantity="50")

    # Paid by two people.
    post(
        ana,
        "write_books",
        [barrio],
        action="transfer",
        resource="money:ARS",
        quantity="5000",
        day=day,
        part="opening",
    )
    price = order.promise_lines.get(part="price")
    much = f"{price.amount / 100:.2f}"
    post(ana, "payments", [barrio], promise=price.pk, amount=much, day=day)
    payment = Payment.objects.get()
    assert payment.state == "drafted"
    refused = ana.post(reverse("payment_step", args=[barrio, payment.pk, "release"]))
    assert refused.status_code == 422 and "two people pay" in refused.content.decode()
    post(other, "payment_step", [barrio, payment.pk, "release"])
    post(ana, "payment_step", [workshop, payment.pk, "confirm"])
    shown = page(ana, "agreement", barrio, agreement.pk)
    assert shown.count(">kept<") == 2

    # The proof of wages, before and after.
    assert "have not been paid" in page(ana, "wage_proof", barrio, order.pk)
    line = json.loads(latest(agreement).text)["lines"][0]
    pay = f"{float(line['wage']) * 50:.2f}"
    wages = {"receiver": f"member:{member.pk}", "part": "wage", "order": order.code, "resource": "money:ARS"}
    post(ana, "payments", [workshop], amount=pay, day=day, **wages)
    post(other, "payment_step", [workshop, Payment.objects.get(part="wage").pk, "release"])
    proved = page(ana, "wage_proof", barrio, order.pk)
    assert (
        "The wages in the price were paid" in proved and "Ana" not in proved.split("<h1>")[1].split("</main>")[0]
    )

    # Open books show what the assembly chose, and nothing before.
    nobody = Client()
    assert "has not opened its books" in page(nobody, "open_books", workshop)
    chosen = "balances income wages agreements checkpoint"
    here.workshop.house_rules.create(rule="open_books", value=chosen, since=datetime.now(UTC))
    opened = page(nobody, "open_books", workshop)
    assert "What it holds" in opened and order.code in opened and agreement.title in opened

    # Signed, countersigned, exported, verified without the database.
    post(ana, "sign_checkpoint", [workshop])
    assert "Taller Hilo" in page(ana, "allies_books", barrio)
    post(ana, "allies_books", [barrio], checkpoint=LogCheckpoint.objects.get().pk)
    assert "Countersigned by Barrio Norte" in page(nobody, "open_books", workshop)
    files = {}
    for name in ("books.csv", "books.xlsx", "books.beancount", "books.jsonld", "books.log.json"):
        answer = ana.get(reverse("books_file", args=[workshop, name]))
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
        files[name] = answer.content
    rows = list(csv.DictReader(io.StringIO(files["books.csv"].decode("utf-8-sig"))))
    assert {row["action"] for row in rows} == {"work", "produce", "transfer"}
    assert faults_of(json.loads(files["books.jsonld"])["@graph"]) == []
    (tmp_path / "log.json").write_bytes(files["books.log.json"])
    assert main(["verify", str(tmp_path / "log.json"), "--keep", str(tmp_path / "kept.txt")]) == 0
    said = capsys.readouterr().out
    assert "Everything holds" in said and "Countersigned by Barrio Norte" in said
    (tmp_path / "log.json").write_bytes(
        files["books.log.json"].replace(b'\\"amount\\":50000000', b'\\"amount\\":40000000')
    )
    assert main(["verify", str(tmp_path / "log.json"), "--kept", str(tmp_path / "kept.txt")]) == 1
    assert "the log was changed" in capsys.readouterr().out


def test_a_draft_by_hand_is_refused_with_all_its_faults_and_keeps_what_was_typed(here: World) -> None:
    ana = browser(here.ana)
    address = reverse("draft_agreement", args=[here.barrio.code])
    assert ana.get(address).status_code == 200
    typed = {"giver": here.workshop.code, "taker": here.barrio.code, "title": "Aprons & more"}
    answer = ana.post(address, {**typed, "product-0": "school-uniform", "quantity-0": "some"})
    shown = answer.content.decode()
    assert answer.status_code == 422 and "Aprons &amp; more" in shown
    for name in ("starts", "contact_giver", "quantity-0", "unit_price-0"):
        assert f'id="e-{name}"' in shown
    good = {
        **typed,
        "starts": TODAY.isoformat(),
        "ends": (TODAY + timedelta(days=100)).isoformat(),
        "review": (TODAY + timedelta(days=50)).isoformat(),
        "contact_giver": "Ana",
        "contact_taker": "Bheki",
        "product-0": "school-uniform",
        "quantity-0": "2 dozen",
        "unit_price-0": "15.50",
        "day-0": TODAY.isoformat(),
        "line-0": "0",
        "much-0": "12",
    }
    post(ana, "draft_agreement", [here.barrio.code], **good)
    row = Agreement.objects.get()
    terms = json.loads(latest(row).text)
    assert terms["lines"][0]["quantity"] == "24" and terms["lines"][0]["price"] == "372.00"
    assert terms["schedule"] == [[TODAY.isoformat(), 0, "12"]]


def test_a_member_reads_and_does_nothing_and_a_stranger_sees_nothing(here: World) -> None:
    row = signed(here)
    agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="10", due=TODAY)
    bheki, carla = browser(here.bheki), browser(here.carla)
    for name in ("agreements", "deliveries", "books", "payments", "allies_books", "write_books", "write_hours"):
        address = reverse(name, args=[here.barrio.code])
        assert bheki.get(address).status_code == 200
        assert carla.get(address).status_code == 404
    assert "Call off</h2>" not in page(bheki, "agreement", here.barrio.code, row.pk)
    assert bheki.get(reverse("agreement", args=[here.workshop.code, row.pk])).status_code == 404
    data = {"line": "0", "quantity": "1", "due": TODAY.isoformat()}
    assert bheki.post(reverse("call_off", args=[here.barrio.code, row.pk]), data).status_code == 403
    assert CallOff.objects.count() == 1


def test_a_disagreement_is_seen_by_both_sides_on_their_pages(here: World) -> None:
    row = signed(here)
    order = agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="10", due=TODAY)
    handover = agree.hand_over(doer(here.ana), here.workshop, call_off=order, quantity="10", day=TODAY, made=True)
    ana = browser(here.ana)
    post(ana, "handover_step", [here.barrio.code, handover.pk, "dispute"], why="Two are torn.")
    for organisation in (here.barrio, here.workshop):
        shown = page(ana, "deliveries", organisation.code)
        assert "Two are torn." in shown and "not agreed on" in shown
    post(ana, "handover_step", [here.workshop.code, handover.pk, "settle"], how="We bring two.", withdraw="1")
    assert "taken back" in page(ana, "deliveries", here.barrio.code)


def test_pause_and_end_stand_on_the_page_with_their_reason(here: World) -> None:
    row = signed(here)
    ana = browser(here.ana)
    post(ana, "agreement_step", [here.barrio.code, row.pk, "pause"], why="No money this month.")
    assert "No money this month." in page(ana, "agreement", here.workshop.code, row.pk)
    post(ana, "agreement_step", [here.barrio.code, row.pk, "resume"])
    post(ana, "agreement_step", [here.barrio.code, row.pk, "end"], why="The school closed.")
    row.refresh_from_db()
    assert row.state == "ended"


def test_a_correction_is_made_from_the_page_of_the_books(here: World) -> None:
    row = books.record_event(
        doer(here.ana),
        here.barrio,
        action="transfer",
        resource="money:ARS",
        quantity="100",
        day=TODAY,
        part="opening",
    )
    ana = browser(here.ana)
    assert "100" in page(ana, "correct_event", here.barrio.code, row.pk)
    post(ana, "correct_event", [here.barrio.code, row.pk], quantity="40", why="Counted twice.")
    shown = page(ana, "books", here.barrio.code)
    assert "Counted twice." in shown and "60" in shown


def test_a_payment_that_was_taken_back_in_the_books_says_so(here: World) -> None:
    ana = doer(here.ana)
    given = {"action": "transfer", "resource": "money:ARS", "quantity": "100", "day": TODAY, "part": "opening"}
    books.record_event(ana, here.barrio, **given)
    payment = books.draft_payment(
        ana, here.barrio, receiver="outside", resource="money:ARS", amount="90", day=TODAY
    )
    books.release_payment(doer(second(here, here.barrio)), here.barrio, payment=payment)
    payment.refresh_from_db()
    assert "taken back" not in page(browser(here.ana), "payments", here.barrio.code)
    event = LedgerEvent.objects.get(uid=payment.event)
    books.correct_event(ana, here.barrio, event=event, quantity="25", why="Too much.")
    shown = page(browser(here.ana), "payments", here.barrio.code).replace("\xa0", " ")
    assert "25.00 ARS of it was taken back in the books." in shown
    assert "to somebody outside the books" in shown


def test_two_drafts_of_the_same_pair_have_numbers_of_their_own(here: World) -> None:
    assert [drafted(here).number, drafted(here).number] == [1, 2]
