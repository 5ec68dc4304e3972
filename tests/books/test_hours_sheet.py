"""An hours sheet comes in: no names needed, every fault at once, no row twice; its hours feed the wage proof."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from solidaria.actions import agree, bank, books, hours
from solidaria.actions.ledger import income_of
from solidaria.core.books import DECIMALS
from solidaria.core.problem import Refused
from solidaria.records.models import CallOff, HoursSheet, LedgerEvent, Membership, Upload
from tests.books.test_actions import TODAY, sewing, signed
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db
HOUR = 10**DECIMALS


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def brought(here: World, text: str | bytes, name: str = "hours.csv") -> Upload:
    content = text.encode() if isinstance(text, str) else text
    return bank.bring_file(doer(here.ana), here.workshop, kind="hours", name=name, content=content)


def taken(here: World, text: str | bytes, name: str = "hours.csv", also: tuple[int, ...] = ()) -> HoursSheet:
    return hours.take_hours(doer(here.ana), here.workshop, upload=brought(here, text, name), also=also)


def ordered(here: World) -> CallOff:
    return agree.call_off(doer(here.ana), here.barrio, agreement=signed(here), line=0, quantity="10", due=TODAY)


def number(here: World) -> int:
    return Membership.objects.get(organisation=here.workshop, person=here.ana).pk


def test_handles_and_numbers_of_the_roll_do_and_the_hours_stand_in_the_wage_proof(here: World) -> None:
    order = ordered(here)
    sheet = taken(
        here,
        f"Quien;Fecha;Horas;Sitio;Orden;Nota\n@Ana;{TODAY};7,5;Taller Hilo;{order.code};costura\n"
        f"{number(here)};{TODAY};0:30;;;\n",
    )
    assert (sheet.taken, sheet.left_out) == (2, 0)
    assert list(LedgerEvent.objects.order_by("pk").values_list("effort", "order")) == [
        (75 * HOUR // 10, order.code),
        (HOUR // 2, ""),
    ]
    assert sum(income_of(here.workshop, "2000-01-01", "2999-12-31").hours.values()) == 8 * HOUR
    client = Client()
    client.force_login(here.ana)
    page = client.get(reverse("wage_proof", args=[here.workshop.code, order.pk])).content.decode()
    assert "7.5" in page


def test_every_fault_of_a_sheet_is_told_at_once_with_its_row(here: World) -> None:
    upload = brought(
        here,
        "who,day,hours,site,order\n"
        f"anna,{TODAY},1,,\n"
        f"ana,{TODAY + timedelta(days=2)},1,,\n"
        "ana,03/04/2026,1,,\n"
        f"ana,{TODAY},25,,\n"
        f"ana,{TODAY},x,,\n"
        f"ana,{TODAY},1,Barrio Norte,\n"
        f"ana,{TODAY},1,,no-such-order\n"
        ",,,,\n"
        f",{TODAY},1,,\n",
    )
    seen = hours.look_through(upload)
    assert [(fault.row, fault.column) for fault in seen.sheet.faults] == [
        (2, "who"),
        (3, "day"),
        (4, "day"),
        (5, "hours"),
        (6, "hours"),
        (7, "site"),
        (8, "order"),
        (10, "who"),
    ]
    assert "Did you mean ana?" in str(seen.sheet.faults[0].help)
    with pytest.raises(Refused) as why:
        hours.take_hours(doer(here.ana), here.workshop, upload=upload)
    assert len(why.value.faults) == 8 and not LedgerEvent.objects.exists()


def test_the_same_sheet_and_the_same_rows_come_in_once(here: World) -> None:
    row = f"ana,{TODAY},1\n"
    text = f"who,day,hours\n{row}{row}"
    upload = brought(here, text)
    assert hours.look_through(upload).states == (bank.NEW, bank.AGAIN)
    assert hours.take_hours(doer(here.ana), here.workshop, upload=upload).taken == 1
    with pytest.raises(Refused, match="This very file was taken"):
        taken(here, text)
    with pytest.raises(Refused, match="All rows of this sheet were taken before"):
        taken(here, f"who,day,hours\n{row}\n")
    sheet = taken(here, f"who,day,hours\n{row}ana,{TODAY - timedelta(days=1)},2\n", "more.csv")
    assert (sheet.taken, sheet.left_out) == (1, 1)
    assert taken(here, f"who,day,hours\n{row}\n\n", "ticked.csv", also=(2,)).taken == 1
    assert sum(LedgerEvent.objects.values_list("effort", flat=True)) == 4 * HOUR


def test_a_day_has_24_hours_with_what_the_books_hold_already(here: World) -> None:
    member = Membership.objects.get(pk=number(here))
    books.record_hours(doer(here.ana), here.workshop, member=member, hours="20", day=TODAY)
    with pytest.raises(Refused, match="would have worked 25 hours"):
        taken(here, f"who,day,hours\nana,{TODAY},3\nana,{TODAY},2\n")
    assert LedgerEvent.objects.count() == 1


def test_a_workbook_of_a_spreadsheet_program_is_read_too(here: World) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["who", "day", "hours", "order"])
    sheet.append(["ana", date(2026, 3, 9), 7.25, None])
    content = io.BytesIO()
    book.save(content)
    assert taken(here, content.getvalue(), "hours.xlsx").taken == 1
    event = LedgerEvent.objects.get()
    assert (event.day, event.effort) == ("2026-03-09", 725 * HOUR // 100)


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "who,who,day,hours\n1,1,2026-01-01,1\n", "who,day,hours\n", b"PK\x03\x04x"]
)
def test_what_is_no_sheet_is_refused_with_what_would_help(here: World, text: Any) -> None:
    with pytest.raises(Refused) as why:
        taken(here, text)
    assert all(str(fault.help) for fault in why.value.faults) and not LedgerEvent.objects.exists()


def test_the_sheet_is_looked_through_and_taken_on_pages(here: World) -> None:
    client = Client()
    client.force_login(here.ana)
    code = here.workshop.code
    file = SimpleUploadedFile("hours.csv", f"who,day,hours\nana,{TODAY},3\n".encode())
    answer = client.post(reverse("hours_sheet", args=[code]), {"file": file})
    assert answer.status_code == 302 and not LedgerEvent.objects.exists()
    page = client.get(answer["Location"]).content.decode()
    assert "One row" in page and "Write the new rows into the books" in page
    assert client.post(answer["Location"], {"once": "a"}).status_code == 302
    assert client.post(answer["Location"], {"once": "a"}).status_code == 302
    assert LedgerEvent.objects.count() == 1
    bad = SimpleUploadedFile("bad.csv", b"who,day,hours\nnobody,x,y\n")
    where = client.post(reverse("hours_sheet", args=[code]), {"file": bad})["Location"]
    page = client.get(where).content.decode()
    assert "3 things are in the way" in page and "Write the new rows" not in page
