"""The whole journey of issue 6 in a real browser, as people of both sides walk it, with the files opened at its end."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from python_calamine import CalamineWorkbook

from solidaria.actions import needs, plan, work
from solidaria.records.models import Agreement, CallOff, Membership, Payment, Product
from tests.books.test_actions import TODAY, decided, second, sewing
from tests.web.browser import fine
from tests.web.people import World, doer, world
from tests.web.test_journeys import SIZES, visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

__all__ = ["visitor"]

OPENED = "balances income wages agreements checkpoint"


@pytest.fixture
def here() -> World:
    """The network of the trial's people with an adopted plan: the workshop sews fifty uniforms for the neighbourhood."""
    made = world()
    sewing(made)
    uniform = Product.objects.get(code="school-uniform")
    given = {"network": made.network, "words": "uniforms", "product": uniform, "quantity": "50"}
    needs.declare_need(doer(made.bheki), made.barrio, **given)
    variant = plan.ask_for_plan(doer(made.ana), made.round, name="first")
    claimed = work.claim("test")
    assert claimed is not None
    work.make(claimed, "test")
    variant.refresh_from_db()
    plan.choose_variant(doer(made.ana), made.round, variant=variant)
    made.workshop.house_rules.create(rule="open_books", value=OPENED, since=datetime.now(UTC))
    made.workshop.house_rules.create(rule="reserves", value="argentina", since=datetime.now(UTC))
    return made


def look(page: Any, name: str) -> None:
    """The page is fine; whoever wants to see it names a folder in SOLIDARIA_SHOTS."""
    fine(page)
    if folder := os.environ.get("SOLIDARIA_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}-{page.viewport_size['width']}.png"), full_page=True)


def send(page: Any, form: str) -> None:
    """Send a form and read that it was taken."""
    page.click(f"{form} button.main, {form} button:not(.link)")
    page.wait_for_selector(".said")


@pytest.mark.parametrize(("size", "language"), list(zip(SIZES, ("es", "en"), strict=False)))
def test_an_adopted_plan_becomes_an_agreement_a_delivery_a_payment_and_a_proof(
    here: World, visitor: Callable[..., Any], size: str, language: str, tmp_path: Path
) -> None:
    eli = second(here, here.barrio)
    second(here, here.workshop)
    barrio, workshop, day = here.barrio.code, here.workshop.code, TODAY.isoformat()
    ana, other = visitor(here.ana, size, language), visitor(eli, size, language)

    # From the adopted plan to an agreement that both sides' assemblies have passed.
    ana.goto(reverse("agreements", args=[workshop]))
    send(ana, f"form[action='{reverse('agreements_from_plan', args=[workshop])}']")
    agreement = Agreement.objects.get()
    ana.goto(reverse("agreement", args=[workshop, agreement.pk]))
    look(ana, "agreement-draft")
    for organisation in (here.workshop, here.barrio):
        decided(here, organisation, agreement)
    paper = reverse("agreement_pdf", args=[barrio, agreement.pk])

    # The neighbourhood calls off; the workshop writes hours down and hands over; the neighbourhood confirms.
    ana.goto(reverse("agreement", args=[barrio, agreement.pk]))
    call = f"form[action='{reverse('call_off', args=[barrio, agreement.pk])}']"
    ana.fill(f"{call} [name=quantity]", "50")
    ana.fill(f"{call} [name=due]", day)
    send(ana, call)
    look(ana, "agreement")
    order = CallOff.objects.get()
    member = Membership.objects.get(organisation=here.workshop, person=here.ana)
    ana.goto(reverse("write_hours", args=[workshop]))
    ana.select_option("[name=member]", str(member.pk))
    ana.select_option("[name=order]", order.code)
    ana.fill("[name=hours]", "20")
    ana.fill("[name=day]", day)
    send(ana, "form:has([name=hours])")
    ana.goto(reverse("deliveries", args=[workshop]))
    send(ana, f"form[action='{reverse('hand_over', args=[workshop, order.pk])}']")
    ana.goto(reverse("deliveries", args=[barrio]))
    look(ana, "deliveries")
    send(ana, "form[action$='/confirm']")

    # Money comes in; two people pay the price, and two the wages.
    ana.goto(reverse("write_books", args=[barrio]))
    for name, value in (("action", "transfer"), ("resource", "money:ARS"), ("part", "opening")):
        ana.select_option(f"[name={name}]", value)
    ana.fill("[name=quantity]", "5000")
    ana.fill("[name=day]", day)
    send(ana, "form:has([name=quantity])")
    ana.goto(reverse("payments", args=[barrio]))
    look(ana, "payments")
    price = order.promise_lines.get(part="price")
    pay(ana, other, barrio, {"promise": str(price.pk), "amount": f"{price.amount / 100:.2f}"})
    ana.goto(reverse("payments", args=[workshop]))
    send(ana, "form[action$='/confirm']")
    assert Payment.objects.get().state == "confirmed"
    wage = json.loads(Agreement.objects.get().current.text)["lines"][0]["wage"]
    wages = {"receiver": f"member:{member.pk}", "part": "wage", "order": order.code, "resource": "money:ARS"}
    pay(ana, other, workshop, {**wages, "amount": f"{float(wage) * 50:.2f}"})

    # What was made of it: every view, on both sides.
    ana.goto(reverse("wage_proof", args=[workshop, order.pk]))
    look(ana, "wage-proof")
    ana.goto(reverse("books", args=[workshop]))
    look(ana, "books")
    for name in ("account", "balance", "income", "stock", "plan", "sharing"):
        for code in (workshop, barrio):
            ana.goto(reverse("books_view", args=[code, name]))
            look(ana, f"{name}-{code}")
    ana.goto(reverse("books_view", args=[workshop, "account"]))
    ana.click("tbody th a")
    ana.wait_for_selector("dl.facts")
    look(ana, "event")
    ana.goto(reverse("books", args=[workshop]))
    send(ana, f"form[action='{reverse('sign_checkpoint', args=[workshop])}']")
    nobody = visitor(eli, size, language)
    nobody.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    nobody.goto(reverse("open_books", args=[workshop]))
    look(nobody, "open-books")
    assert order.code in nobody.content() and "Ana" not in nobody.inner_text("main")

    # The files open, and say the same.
    files = {"agreement.pdf": body(ana, paper), "wages.pdf": body(ana, "", workshop, order.pk, "wages.pdf")}
    for kind in ("csv", "xlsx", "pdf"):
        files[f"open-books.{kind}"] = body(
            nobody, reverse("open_books_file", args=[workshop, f"open-books.{kind}"])
        )
        for name in ("account", "balance", "income", "stock", "plan", "sharing"):
            address = reverse("books_view_file", args=[workshop, f"{name}.{kind}"])
            files[f"{name}.{kind}"] = body(ana, address)
    for kind in ("beancount", "jsonld"):
        files[f"books.{kind}"] = body(ana, reverse("books_file", args=[workshop, f"books.{kind}"]))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        if folder := os.environ.get("SOLIDARIA_SHOTS"):
            (Path(folder) / f"{language}-{name}").write_bytes(content)
        if name.endswith(".pdf"):
            assert content.startswith(b"%PDF") and b"/StructTreeRoot" in content, name
        if name.endswith(".csv"):
            assert list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")))), name
        if name.endswith(".xlsx"):
            assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names, name
    rows = list(csv.DictReader(io.StringIO(files["plan.csv"].decode("utf-8-sig"))))
    assert {row["planned"] for row in rows} & {"50", "50.000000"}
    delivered = [row for row in rows if row["actual"] == "50"]
    assert delivered and all(row["difference"] in ("0", "0.000000") for row in delivered)
    program = os.environ.get("SOLIDARIA_BEAN_CHECK") or shutil.which("bean-check")
    if program is not None:
        ended = subprocess.run([program, str(tmp_path / "books.beancount")], capture_output=True, check=False)
        assert ended.returncode == 0, ended.stderr


def pay(first: Any, second: Any, code: str, given: dict[str, str]) -> None:
    """One drafts a payment, the other releases it."""
    first.goto(reverse("payments", args=[code]))
    form = "form:has([name=promise])" if "promise" in given else "form:has([name=receiver])"
    first.evaluate("document.querySelectorAll('details:not(.sure)').forEach(one => one.open = true)")
    for name, value in {**given, "day": TODAY.isoformat()}.items():
        field = first.locator(f"{form} [name={name}]")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    send(first, form)
    second.goto(reverse("payments", args=[code]))
    second.locator("form[action$='/release'] button").first.evaluate("one => one.form.requestSubmit(one)")
    second.wait_for_selector(".said")


def body(page: Any, address: str, *proof: Any) -> bytes:
    """A file as the browser of this person gets it."""
    address = address or reverse("wage_proof_file", args=list(proof))
    answer = page.request.get(address)
    assert answer.status == 200, address
    return bytes(answer.body())
