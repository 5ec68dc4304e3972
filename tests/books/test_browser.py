"""Agreements and books in a real browser: on a phone and at a desk, in English and Spanish."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from solidaria.records.models import Handover
from tests.web.browser import fine, windows
from tests.web.everything import Everything, everything

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def all() -> Everything:
    made = everything("ana", "bheki", "Norte")
    chosen = "balances income wages agreements checkpoint"
    made.workshop.house_rules.create(rule="open_books", value=chosen, since=datetime.now(UTC))
    return made


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_of_agreements_and_books_is_fine(
    all: Everything, browser: Any, live_server: Any, width: int, language: str
) -> None:
    client = Client()
    client.force_login(all.lead)
    name = settings.SESSION_COOKIE_NAME
    cookies = {name: client.cookies[name].value, "language": language}
    workshop, community = all.workshop.code, all.community.code
    addresses = [
        reverse("agreements", args=[community]),
        reverse("draft_agreement", args=[community]),
        reverse("agreement", args=[workshop, all.agreement.pk]),
        reverse("agreement", args=[community, all.agreement.pk]),
        reverse("change_agreement", args=[workshop, all.agreement.pk]),
        reverse("deliveries", args=[workshop]),
        reverse("deliveries", args=[community]),
        reverse("books", args=[workshop]),
        reverse("write_books", args=[workshop]),
        reverse("write_hours", args=[workshop]),
        reverse("correct_event", args=[workshop, all.event.pk]),
        reverse("payments", args=[workshop]),
        reverse("payments", args=[community]),
        reverse("wage_proof", args=[workshop, all.order.pk]),
        reverse("allies_books", args=[community]),
        reverse("open_books", args=[workshop]),
    ]
    with windows(browser, live_server.url) as opened:
        page = opened(addresses[0], width=width, cookies=cookies)
        for address in addresses:
            page.goto(address)
            assert page.locator("html").get_attribute("lang") == language
            fine(page)


def test_a_member_confirms_a_delivery_on_a_phone(all: Everything, browser: Any, live_server: Any) -> None:
    client = Client()
    client.force_login(all.lead)
    name = settings.SESSION_COOKIE_NAME
    with windows(browser, live_server.url) as opened:
        page = opened(
            reverse("deliveries", args=[all.community.code]),
            width=390,
            cookies={name: client.cookies[name].value, "language": "es"},
        )
        page.click("form[action$='/confirm'] button.main")
        page.wait_for_selector(".said")
        fine(page)
    row = Handover.objects.get(pk=all.handover.pk)
    assert row.confirmed == row.amount and row.event
