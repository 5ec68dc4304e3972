"""Whole journeys in a real browser: on a phone and at a desk, in English and Spanish."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse

from solidaria.actions import capacity, plan
from solidaria.actions.work import work
from solidaria.records.models import Need, Organisation, Person, Variant
from tests.web.people import FOUNDED, World, doer, person, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: A phone and a desk.
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


@pytest.fixture
def here() -> World:
    """The small world, in which the workshop can sew at most 300 uniforms in a period."""
    made = world()
    uniform = plan.add_product(
        doer(made.ana), made.network, name="School uniform", unit="piece", market_price="18"
    )
    cloth = plan.add_product(doer(made.ana), made.network, name="Cloth", unit="m", market_price="4")
    machine = capacity.add_equipment(doer(made.ana), made.workshop, name="Sewing machines", hours="240")
    capacity.add_recipe(
        doer(made.ana),
        made.workshop,
        product=uniform,
        output="1",
        labour_hours="1",
        inputs=[(cloth, "1.25")],
        uses=[(machine, "0.8")],
    )
    return made


@pytest.fixture
def planner() -> Iterator[None]:
    """A worker that makes plans beside the server, as `solidaria serve` runs one."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=("journey", stop, 0.1), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(30)


@pytest.fixture
def visitor(browser: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """A browser window in which somebody is signed in: visitor(person, size, language)."""
    opened = []

    def visit(who: Person, size: str, language: str) -> Any:
        client = Client()
        client.force_login(who)
        context = browser.new_context(
            viewport=dict(zip(("width", "height"), SIZES[size], strict=True)),
            reduced_motion="reduce",
            accept_downloads=True,
            base_url=live_server.url,
        )
        opened.append(context)
        cookies = {
            settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
            "language": language,
        }
        context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.complaints = []
        page.on(
            "console", lambda message: page.complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield visit
    for context in opened:
        context.close()


def no_complaints(page: Any) -> None:
    """The page fits its window, nothing was refused by the browser, and axe finds nothing."""
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), page.url
    found = Axe().run(page).response["violations"]
    assert found == [], (page.url, [(one["id"], one["nodes"][0]["html"][:200]) for one in found])
    assert page.complaints == [], page.complaints


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("language", ["en", "es"])
def test_dora_founds_a_school_says_what_it_needs_and_reads_why_it_does_not_get_all(
    here: World, planner: None, visitor: Callable[..., Any], size: str, language: str, tmp_path: Path
) -> None:
    dora = person("dora")
    page = visitor(dora, size, language)

    # She founds the school and asks the network to take it in.
    page.goto(reverse("home"))
    assert page.locator("html").get_attribute("lang") == language
    no_complaints(page)
    page.click(f"main a.button[href='{reverse('found')}']")
    page.fill("[name=name]", "Escuela 12")
    page.select_option("[name=kind]", "community")
    page.fill("[name=held_on]", FOUNDED.isoformat())
    page.fill("[name=present]", "31")
    page.click("form:has([name=minutes]) button.main")  # the minutes are missing: refused, and nothing is lost
    page.wait_for_selector("[role=alert]")
    assert all("422" in complaint for complaint in page.complaints)
    page.complaints.clear()
    assert page.input_value("[name=name]") == "Escuela 12"
    page.fill("[name=minutes]", "Parents and teachers met and founded it; Dora speaks for us.")
    page.click("form:has([name=minutes]) button.main")
    page.wait_for_url("**/o/escuela-12/inside")
    no_complaints(page)
    page.goto(reverse("ties", args=["escuela-12"]))
    page.select_option("#f-other", here.network.code)
    page.click("form:has([name=what][value=join]) button.main")
    page.wait_for_selector(".said")

    # The network agrees.
    ana = visitor(here.ana, size, language)
    ana.goto(reverse("home"))
    ana.click(f"main a.button[href='{reverse('ties', args=[here.network.code])}']")
    ana.click("form[action$='/agree'] button")
    ana.wait_for_load_state()

    # Dora says what is needed, twice, and gathers it.
    for words, quantity in (
        ("uniforms for the small ones", "150"),
        ("uniforms for the big ones", "20 dozen" if language == "en" else "20 docenas"),
    ):
        page.goto(reverse("declare_need", args=["escuela-12"]))
        page.fill("[name=words]", words)
        page.select_option("[name=product]", index=2)
        page.fill("[name=quantity]", quantity)
        page.click("form:has([name=quantity]) button.main")
        page.wait_for_url("**/o/escuela-12/needs")
    no_complaints(page)
    for box in page.query_selector_all("[name=needs]"):
        box.check()
    page.click("summary.button")
    page.fill("#g-words", "uniforms for everybody")
    page.click("button[formaction]")
    page.wait_for_load_state()
    school = Organisation.objects.get(code="escuela-12")
    whole = Need.objects.get(organisation=school, words="uniforms for everybody")
    assert whole.quantity == 390 and whole.gathers.count() == 2

    # Ana asks for a plan, sees it being made, and takes it to the assemblies.
    ana.goto(reverse("round", args=[here.round.pk]))
    no_complaints(ana)
    ana.click("form[action$='/ask'] button.main")
    ana.wait_for_selector(".keys", timeout=60_000)
    no_complaints(ana)
    first = Variant.objects.get(round=here.round)
    ana.click("details.sure:has(form[action$='/choose']) summary")
    ana.click("form[action$='/choose'] button")
    ana.wait_for_selector(".said")

    # Dora reads why not all of it is met, and what would help.
    page.goto(reverse("home"))
    page.click(f"main a.button[href='{reverse('variant', args=[first.pk])}']")
    page.click(f"a[href='{reverse('plan_buyer', args=[first.pk, 'escuela-12'])}']")
    no_complaints(page)
    page.click(f"td a[href='{reverse('plan_need', args=[first.pk, whole.code])}']")
    assert "300" in page.inner_text("main") and "390" in page.inner_text("main")
    no_complaints(page)
    page.goto(reverse("plan_product", args=[first.pk, "school-uniform"]))
    no_complaints(page)

    # The workshop refuses to sew more than 200, says why, and the next plan keeps to it.
    ana.goto(reverse("plan_site", args=[first.pk, here.workshop.code]))
    no_complaints(ana)
    ana.click("summary.button")
    ana.fill("[name=most_runs]", "200")
    ana.fill("[name=reason]", "Two of us are with the sick.")
    ana.click("form:has([name=most_runs]) button.main")
    ana.wait_for_url(f"**{reverse('round', args=[here.round.pk])}")
    ana.click("form[action$='/ask'] button.main")
    ana.wait_for_selector(".keys", timeout=60_000)
    second = Variant.objects.filter(round=here.round).latest("pk")
    ana.goto(reverse("compare", args=[here.round.pk]) + f"?plan={first.pk}&plan={second.pk}")
    assert "76" in ana.inner_text("main") and "51" in ana.inner_text("main")
    no_complaints(ana)

    # The files go out, and the workbook comes back in.
    ana.goto(reverse("variant", args=[second.pk]))
    with ana.expect_download() as given:
        ana.click("a[href$='plan.html']")
    assert "<html" in Path(given.value.path()).read_text()[:200]
    ana.goto(reverse("workbook", args=[here.network.code]))
    no_complaints(ana)
    with ana.expect_download() as given:
        ana.click("a[href$='workbook.xlsx']")
    workbook = tmp_path / "network.xlsx"
    given.value.save_as(workbook)
    ana.set_input_files("[name=sheet]", workbook)
    ana.click("form:has([name=sheet]) button.main")
    ana.wait_for_url(f"**{reverse('network', args=[here.network.code])}")
    whole.refresh_from_db()
    assert whole.live and whole.quantity == 390


def test_a_need_can_be_said_without_scripts(here: World, browser: Any, live_server: Any) -> None:
    client = Client()
    client.force_login(here.bheki)
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    page = context.new_page()
    page.goto(reverse("declare_need", args=[here.barrio.code]))
    page.fill("[name=words]", "soap")
    page.fill("[name=quantity]", "5")
    page.click("form:has([name=quantity]) button.main")
    assert Need.objects.filter(words="soap").count() == 1
    context.close()


def test_a_need_can_be_said_with_the_keyboard_alone(here: World, visitor: Callable[..., Any]) -> None:
    page = visitor(here.bheki, "desk", "en")
    page.goto(reverse("declare_need", args=[here.barrio.code]))
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "words":
            break
    page.keyboard.type("soap")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    page.wait_for_url("**/needs")
    assert Need.objects.filter(words="soap", quantity="5").count() == 1
