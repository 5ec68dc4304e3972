"""What people type is kept, cleaned and answered in words of the page; long lists fold."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from solidaria.actions import needs, plan, work
from solidaria.records.models import LineRefused, Need, Rule, Variant
from solidaria.web.language import language
from solidaria.web.limits import LimitsMiddleware
from solidaria.web.needs import TIERS
from solidaria.web.typed import amount_and_unit
from tests.actions.test_spine import uniforms
from tests.web.people import World, doer, world
from tests.web.test_pages import signed_in

pytestmark = pytest.mark.django_db

#: A NUL, a right-to-left override, an isolate, a blank of no width.
UNSEEN = "\x00\u202e\u2067\u200b"


@pytest.fixture
def here() -> World:
    return world()


def words(answer: Any) -> str:
    """The text of a page, as people read it."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.S)
    return " ".join(unescape(text).split())


def declared(here: World, **given: str) -> Any:
    return signed_in(here.bheki).post(reverse("declare_need", args=[here.barrio.code]), given)


# --- signs that nobody sees ---


def test_a_sign_that_nobody_sees_costs_nothing_of_what_was_typed(here: World) -> None:
    answer = declared(here, words=f"So{UNSEEN}ap for the clinic", quantity="-1", note=f"by{UNSEEN} Friday")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Soap for the clinic"' in page and ">by Friday</textarea>" in page
    assert not any(sign in page for sign in UNSEEN)
    assert declared(here, words=f"So{UNSEEN}ap", quantity="4").status_code == 302
    assert Need.objects.get().words == "Soap"


def test_every_form_is_cleaned_and_only_passwords_stay_as_typed() -> None:
    typed = {
        "handle": f"a{UNSEEN}na",
        "password": f"corr{UNSEEN}ect",
        "new_password1": UNSEEN,
        "lines": ["a", "b\x00"],
    }
    seen: list[Any] = []

    def view(request: Any) -> HttpResponse:
        seen.append(request.POST)
        return HttpResponse()

    request = RequestFactory().post(reverse("home"), typed)
    request.resolver_match = resolve(reverse("home"))
    middleware = LimitsMiddleware(view)
    assert middleware.process_view(request, view, (), {}) is None
    middleware(request)
    post = seen[0]
    assert post["handle"] == "ana" and post.getlist("lines") == ["a", "b"]
    assert post["password"] == typed["password"] and post["new_password1"] == UNSEEN


def test_a_form_without_such_signs_reaches_the_page_untouched() -> None:
    request = RequestFactory().post(reverse("home"), {"name": "Ñandú", "note": "one\r\ntwo"})
    request.resolver_match = resolve(reverse("home"))
    before = request.POST
    assert (
        LimitsMiddleware(lambda _: HttpResponse()).process_view(request, lambda _: HttpResponse(), (), {}) is None
    )
    assert request.POST is before


# --- refusals in words of the page ---


@pytest.mark.parametrize("quantity", ["-5", "0", "many", "1e400", "9" * 60, "NaN"])
def test_a_refusal_calls_the_field_by_its_label_and_says_nothing_of_sheets(here: World, quantity: str) -> None:
    answer = declared(here, words="soap", quantity=quantity)
    assert answer.status_code == 422
    told = words(answer)
    assert "How much: " in told
    for word in ("needs, quantity", "delete the row", "the cell", "sheet", "E+", "<!--f-"):
        assert word not in told.split("In a few words")[0], word
    assert "<!--f-" not in answer.content.decode()


@pytest.mark.parametrize(("code", "number"), [("en", "1.5"), ("es", "1,5"), ("pt", "1,5")])
def test_a_form_asks_for_numbers_as_its_language_writes_them(here: World, code: str, number: str) -> None:
    """In Spanish a point before three digits is thousands: who is told to write 1.5 would write 1.125 next."""
    client = Client()
    client.force_login(here.ana)
    client.cookies["language"] = code
    typed = {"words": "soap", "quantity": "many", "tier": "1", "network": here.network.pk}
    told = words(client.post(reverse("declare_need", args=[here.barrio.code]), typed))
    assert f"12 {'or' if code == 'en' else 'o' if code == 'es' else 'ou'} {number};" in told


def test_a_number_too_large_is_shown_as_people_write_it_and_not_at_full_length(here: World) -> None:
    told = words(declared(here, words="soap", quantity="1e400"))
    assert "10000000000000000000… is too large to be true." in told


def test_words_that_somebody_typed_are_never_taken_for_a_label(here: World) -> None:
    page = declared(here, words="<!--f-quantity-->", quantity="many").content.decode()
    assert "&lt;!--f-quantity--&gt;" in page and "<!--f-" not in page


# --- a need in words has a unit in words ---


@pytest.mark.parametrize(
    ("typed", "unit", "read"),
    [
        ("40 bars", "", ("40", "bars")),
        ("3 dozen eggs", "", ("36", "eggs")),
        ("2 dozen", "", ("24", "")),
        ("40", "bars", ("40", "bars")),
        ("40 bars", "Bars", ("40", "Bars")),
    ],
)
def test_a_need_in_words_says_its_unit_in_words(here: World, typed: str, unit: str, read: tuple[str, str]) -> None:
    assert declared(here, words="soap", quantity=typed, unit=unit).status_code == 302
    need = Need.objects.get()
    assert (f"{need.quantity:f}", need.unit) == read
    page = words(signed_in(here.bheki).get(reverse("needs", args=[here.barrio.code])))
    assert (
        f"{read[0]}\N{NO-BREAK SPACE}{read[1]}".split()
        == page[page.index(read[0]) :].split()[: 2 if read[1] else 1]
    )


def test_two_units_for_one_number_are_refused_and_nothing_is_guessed(here: World) -> None:
    assert declared(here, words="soap", quantity="40 bars", unit="boxes").status_code == 422


@pytest.mark.parametrize("text", ["1e400", "40bars", "0x10", "-"])
def test_a_unit_stands_apart_from_its_number(here: World, text: str) -> None:
    request = RequestFactory().get("/")
    request.language = language("en")  # type: ignore[attr-defined]
    assert amount_and_unit(request, text) == (text, "")


def test_with_a_product_its_own_unit_counts(here: World) -> None:
    product = uniforms(here).product
    assert product is not None
    answer = declared(here, words="more uniforms", product=str(product.pk), quantity="3 dozen", unit="boxes")
    assert answer.status_code == 302
    need = Need.objects.latest("pk")
    assert (need.quantity, need.unit, need.counted_in) == (36, "", "piece")


def test_every_tier_says_in_a_phrase_what_it_is_for(here: World) -> None:
    assert [tier for tier, _ in TIERS] == [str(tier) for tier in range(1, 10)]
    page = words(signed_in(here.bheki).get(reverse("declare_need", args=[here.barrio.code])))
    for tier in range(1, 10):
        assert re.search(rf"\b{tier}: [a-z]", page), tier


# --- sheets ---


def brought(here: World, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content)
    return signed_in(here.bheki).post(reverse("upload_needs", args=[here.barrio.code]), {"sheet": file})


def test_a_sheet_is_refused_under_its_own_name_and_with_every_cell(here: World) -> None:
    content = f"words,quantity,unit\nsoap{UNSEEN[1:]},4,bars\nbread,-1,\n"
    told = words(brought(here, "Lista de marzo.csv", content.encode()))
    assert "Lista de marzo, row 2, words: The text “soap␣␣␣” has a sign in it that cannot be seen." in told
    assert "Lista de marzo, row 3, quantity: -1 is negative." in told
    assert not Need.objects.exists()


def test_a_file_that_cannot_be_read_is_not_called_empty_as_well(here: World) -> None:
    told = words(brought(here, "marzo.csv", "words,quantity\njabón,4\n".encode("cp1252")))
    assert "marzo.csv is not in UTF-8: line 2 has a letter it cannot read." in told
    assert "The file has no rows." not in told


def test_a_file_that_is_too_large_is_told_so_with_the_way_back(here: World) -> None:
    answer = brought(here, "marzo.csv", b"words,quantity\n" + b"soap,4\n" * 800_000)
    assert answer.status_code == 413
    assert "At most 5 MB can be sent here." in words(answer)
    assert f'href="{reverse("upload_needs", args=[here.barrio.code])}"' in answer.content.decode()


# --- asking for a plan, refusing a line ---


def planned(here: World, **given: Any) -> Variant:
    row = plan.ask_for_plan(doer(here.ana), here.round, **given)
    claimed = work.claim("test")
    assert claimed is not None
    work.make(claimed, "test")
    row.refresh_from_db()
    return row


def asked(here: World, **given: str) -> Any:
    client = signed_in(here.ana)
    client.cookies["language"] = "es"
    return client.post(reverse("ask_for_plan", args=[here.round.pk]), given)


def test_a_plan_without_a_name_is_called_by_what_is_special_about_it(here: World) -> None:
    uniforms(here)
    for given in ({}, {}, {"rule-living_wage": "12,5"}):
        assert asked(here, **given).status_code == 302
    names = list(Variant.objects.order_by("pk").values_list("name", flat=True))
    assert names[1] == f"{names[0]} (2)" and names[2].endswith(": 12.5")
    assert Variant.objects.latest("pk").changes["rules"] == {"living_wage": "12.5"}


def test_a_rule_takes_numbers_as_people_of_the_page_s_language_write_them(here: World) -> None:
    client = signed_in(here.ana)
    client.cookies["language"] = "es"
    given = {"rule": "living_wage", "value": "1.250,50", "decision": "asamblea del 3 de marzo"}
    assert client.post(reverse("rules", args=[here.network.code]), given).status_code == 302
    assert Rule.objects.get(network=here.network, rule="living_wage").value == "1250.50"


def test_a_refused_line_without_a_reason_keeps_what_was_typed(here: World) -> None:
    uniforms(here)
    recipe = here.workshop.site.recipes.get()
    client = signed_in(here.ana)
    given = {"recipe": str(recipe.pk), "most_runs": "77", "reason": ""}
    answer = client.post(reverse("refuse_line", args=[here.round.pk]), given)
    page = answer.content.decode()
    assert answer.status_code == 422 and not LineRefused.objects.exists()
    assert 'name="most_runs" inputmode="decimal" value="77"' in page
    assert re.search(r'<details open><summary>[^<]*</summary><div>\s*<form[^>]*action="[^"]*refuse', page)
    assert "Why: " in words(answer)


# --- long lists ---


def test_lists_beyond_ten_are_folded_with_their_count_and_hold_everything_without_scripts(here: World) -> None:
    product = uniforms(here).product
    for at in range(12):
        needs.declare_need(
            doer(here.bheki),
            here.barrio,
            network=here.network,
            words=f"for class {at}",
            product=product,
            quantity="9",
        )
    variant = planned(here)
    assert product is not None
    for name, code in (("plan_product", product.code), ("plan_buyer", here.barrio.code)):
        page = signed_in(here.bheki).get(reverse(name, args=[variant.pk, code])).content.decode()
        shown, folded = page.split('<details class="rest">')
        assert "<summary>3 more</summary>" in folded
        linked = re.compile(r'href="[^"]*/need/([^"]+)"')
        first, rest = set(linked.findall(shown)), set(linked.findall(folded))
        assert len(first) == 10 and len(first | rest) == 13
        assert "<details open" not in folded.split("</details>")[0]


def test_one_s_own_part_comes_first_and_stands_open(here: World) -> None:
    need = uniforms(here)
    needs.edit_need(doer(here.bheki), need, quantity="5000")
    variant = planned(here)
    page = signed_in(here.bheki).get(reverse("variant", args=[variant.pk])).content.decode()
    assert re.search(r"<details open><summary>Barrio Norte ", page)
    assert page.index("Your part") < page.index("What is missing")
    stranger = Client()
    assert stranger.get(reverse("variant", args=[variant.pk])).status_code == 302
