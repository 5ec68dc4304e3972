"""In a real browser: a treasurer brings in a statement at a desk and accepts matches; a member delivers with a photo."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from solidaria.actions import agree
from solidaria.actions.ledger import fulfilled
from solidaria.records.models import BankAccount, HandoverPhoto, LedgerEvent
from tests.books.pictures import from_a_phone
from tests.books.test_actions import TODAY, sewing, signed
from tests.books.test_bank import account, day, money_in, promise
from tests.web.browser import fine, windows
from tests.web.people import World, doer, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def cookies(here: World, language: str) -> dict[str, str]:
    client = Client()
    client.force_login(here.ana)
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value, "language": language}


def test_a_treasurer_brings_in_a_statement_and_accepts_what_fits(
    here: World, browser: Any, live_server: Any
) -> None:
    order = agree.call_off(doer(here.ana), here.barrio, agreement=signed(here), line=0, quantity="10", due=TODAY)
    money_in(here, here.workshop)
    to = account(here, here.workshop)
    rows = (
        "Fecha;Concepto;Débito;Crédito;Contraparte",
        f"{day()};TRANSF. PEDIDO {order.code};;150,00;BARRIO NORTE",
        f"{day()};COMISION;-45,90;;",
        f"{day()};COMISION;-45,90;;",
    )
    with windows(browser, live_server.url) as opened:
        page = opened(reverse("bank", args=[here.workshop.code]), width=1280, cookies=cookies(here, "en"))
        fine(page)
        page.click(f"text={to.name}")
        file = {"name": "extracto.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode("cp1252")}
        page.set_input_files("#f-file", file)
        page.click("text=Look at it")
        page.wait_for_selector("text=looks the same as another line of this file")
        fine(page)
        page.click("text=Take the new lines")
        page.wait_for_selector("text=Amount, order and name fit")
        fine(page)
        page.click("text=Book what is ticked")
        page.wait_for_selector(".said")
        assert fulfilled([promise(order).code])[promise(order).code][0] == 15000
        # What is left is the fee: booked by hand.
        page.click("text=Book it otherwise, split it, leave it")
        page.select_option("#f-target-0", "fee")
        fine(page)
        page.click("button:has-text('Book it')")
        page.wait_for_selector("text=Nothing is left to book.")
        fine(page)
    assert LedgerEvent.objects.get(part="fee").amount == 4590
    assert BankAccount.objects.get().mapping["separator"] == ";"


def test_a_member_delivers_with_a_photo_on_a_phone(here: World, browser: Any, live_server: Any) -> None:
    agree.call_off(doer(here.ana), here.barrio, agreement=signed(here), line=0, quantity="10", due=TODAY)
    with windows(browser, live_server.url) as opened:
        page = opened(reverse("deliveries", args=[here.workshop.code]), width=390, cookies=cookies(here, "es"))
        photo = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": from_a_phone(1)}
        page.set_input_files("input[name=photo]", photo)
        page.click("form[action$='/hand-over'] button.main")
        page.wait_for_selector(".said")
        shown = page.locator("img.photo")
        shown.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('img.photo').naturalWidth === 16")
        fine(page)
        page.goto(reverse("deliveries", args=[here.barrio.code]))
        page.click("form[action$='/confirm'] button.main")
        page.wait_for_selector(".said")
        fine(page)
    digest = HandoverPhoto.objects.get().digest
    assert LedgerEvent.objects.get(action="transfer").note.endswith(digest)
