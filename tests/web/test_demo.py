"""The trial: filled once, its people can do what they are for, and the command starts and stops it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from solidaria.actions import capacity, needs, plan, work
from solidaria.actions.permit import rights_of
from solidaria.cli.demo import free_port
from solidaria.core.problem import Refused, Sentence
from solidaria.core.workbook.check import read_network
from solidaria.records.gather import tables_of
from solidaria.records.models import (
    Act,
    Alliance,
    Belonging,
    Equipment,
    LineRefused,
    Need,
    Once,
    Organisation,
    Person,
    Product,
    Recipe,
    Round,
    Variant,
)
from solidaria.web import demo
from solidaria.web.walk import STEPS
from tests.web.browser import fine, windows
from tests.web.people import doer

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def trial(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Sentence]]:
    """The filled trial, once for all tests of this file; gone afterwards. What was told while it was filled."""
    told: list[Sentence] = []
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        # The worker's signs of life come from a connection of their own, which would wait for this transaction.
        patch.setattr(work, "BEAT_EVERY", 3600.0)
        outer = transaction.atomic()
        outer.__enter__()
        try:
            assert demo.fill(DAY, told.append)
            yield told
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


@pytest.fixture
def filled(trial: list[Sentence], db: None) -> list[Sentence]:
    """The filled trial; what the test does to it is undone."""
    return trial


@pytest.fixture
def on(settings: Any) -> None:
    """The settings of a trial."""
    settings.DEMO = True


def network(name: str = demo.NEUQUEN) -> Organisation:
    return Organisation.objects.get(name=name)


def signed_in(handle: str) -> Client:
    client = Client()
    client.force_login(Person.objects.get(handle=handle))
    return client


def test_filling_twice_changes_nothing(filled: list[Sentence]) -> None:
    counts = [model.objects.count() for model in (Act, Person, Organisation, Need, Variant, Once)]
    assert demo.fill(DAY, filled.append) is False
    assert counts == [model.objects.count() for model in (Act, Person, Organisation, Need, Variant, Once)]


def test_there_is_a_past_a_present_and_a_future(filled: list[Sentence]) -> None:
    past, present = Round.objects.filter(network=network()).order_by("pk")
    assert past.closed is not None and past.chosen is not None and past.chosen.state == "done"
    assert present.closed is None
    assert [one["period"] for one in past.periods] == ["2026-11"]
    assert [one["period"] for one in present.periods] == ["2026-12", "2027-01"]
    assert [one.state for one in present.variants.all()] == ["done", "done"]  # type: ignore[attr-defined]
    assert any(one.changes["rules"].get("living_wage") for one in present.variants.all())  # type: ignore[attr-defined]
    refusal = LineRefused.objects.get(round=present)
    assert refusal.reason and refusal.period == "2027-01"
    assert Need.objects.filter(network=network(), product__isnull=True, withdrawn__isnull=True).count() >= 2


def test_every_organisation_that_people_run_was_founded_or_taken_over_by_an_act(filled: list[Sentence]) -> None:
    run = Organisation.objects.filter(memberships__isnull=False).distinct()
    for one in run:
        assert one.entered_by is None, one
        verbs = set(Act.objects.filter(organisation=one).values_list("verb", flat=True))
        assert verbs & {"found_organisation", "take_over_entered"}, one
    assert Alliance.objects.filter(agreed__isnull=False).count() == 2
    assert Belonging.objects.filter(network__name=demo.FEDERATION, agreed__isnull=True).count() == 1


def test_each_of_the_people_may_do_what_he_or_she_is_for(filled: list[Sentence]) -> None:
    for handle, code, rights in (
        ("ana", "nueva-espana", {"member"}),
        ("hugo", "fasinpat", {"plan.capacity", "plan.refuse"}),
        ("lucia", "schools", {"member"}),
        ("silvia", "schools", {"needs.gather"}),
        ("elena", network().code, {"plan.round", "plan.network"}),
        ("thandi", "num", {"plan.refuse"}),
        ("sipho", "pawco", {"plan.refuse"}),
        ("grace", "clinic-paarl", {"plan.capacity"}),
        ("maria", "farm-workers", {"member"}),
    ):
        person = Person.objects.get(handle=handle)
        assert rights <= rights_of(person, Organisation.objects.get(code=code)), handle
        assert not person.has_usable_password()
    assert Person.objects.count() == len(demo.PEOPLE)
    assert Person.objects.get(handle="lucia").language == "es"


@pytest.mark.parametrize("name", [demo.NEUQUEN, demo.SHIRTS, demo.CLINIC])
def test_each_network_can_be_planned_from_its_records(filled: list[Sentence], name: str) -> None:
    opened = Round.objects.get(network=network(name), closed__isnull=True)
    found = read_network(tables_of(network(name), opened))
    assert found.needs and found.sites and found.periods[-1].ends is not None
    assert found.periods[-1].ends > DAY


@pytest.mark.parametrize("part", demo.PEOPLE, ids=lambda part: part.handle)
def test_the_pages_of_each_of_the_people_open(filled: list[Sentence], on: None, part: demo.Part) -> None:
    client = signed_in(part.handle)
    person = Person.objects.get(handle=part.handle)
    pages = [reverse(name) for name in "home directory my_needs my_plans demo_walk account".split()]
    for one in Organisation.objects.filter(memberships__person=person):
        pages += [
            reverse(name, args=[one.code]) for name in "organisation inside roll mandates ties history".split()
        ]
        if one.kind == "network":
            pages += [reverse(name, args=[one.code]) for name in "network network_needs entered".split()]
            pages += [reverse("round", args=[row.pk]) for row in one.rounds.all()]  # type: ignore[attr-defined]
            plans = Variant.objects.filter(round__network=one).values_list("pk", flat=True)
            pages += [reverse("variant", args=[pk]) for pk in plans]
    wrong = {page: answer.status_code for page in pages if (answer := client.get(page)).status_code != 200}
    assert wrong == {}


def test_the_walk_is_not_there_on_a_real_server(filled: list[Sentence]) -> None:
    assert Client().get(reverse("demo_walk")).status_code == 404
    assert Client().post(reverse("demo_walk"), {"step": "1"}).status_code == 404


def test_each_step_of_the_walk_signs_in_its_person_and_leads_to_a_page_that_opens(
    filled: list[Sentence], on: None
) -> None:
    client = Client()
    for number, step in enumerate(STEPS, 1):
        answer = client.post(reverse("demo_walk"), {"step": str(number)})
        assert answer.status_code == 302
        assert client.session["_auth_user_id"] == str(Person.objects.get(handle=step.handle).pk)
        assert client.get(answer["Location"]).status_code == 200
    for wrong in ("0", "9", "x", "", "-1", "²"):
        assert client.post(reverse("demo_walk"), {"step": wrong}).status_code == 404


def test_a_step_is_ticked_when_the_records_show_it_and_not_before(filled: list[Sentence], on: None) -> None:
    client = Client()

    def ticked() -> int:
        return client.get(reverse("demo_walk")).content.decode().count("✓")

    people = {part.handle: Person.objects.get(handle=part.handle) for part in demo.PEOPLE}
    here, home = network(), Organisation.objects.get(code="nueva-espana")
    schools, plant = Organisation.objects.get(code="schools"), Organisation.objects.get(code="fasinpat")
    opened = Round.objects.get(network=here, closed__isnull=True)
    tiles = Product.objects.get(network=here, code="tiles")

    def plan_it() -> Variant:
        asked = plan.ask_for_plan(doer(people["elena"]), opened)
        claimed = work.claim("test")
        assert claimed is not None
        work.make(claimed, "test")
        return asked

    def say_it() -> Need:
        return needs.declare_need(
            doer(people["ana"]), home, network=here, words="A stove", product=None, quantity="1"
        )

    def edit_it() -> Need:
        need = Need.objects.get(organisation=schools, words__startswith="Pisos")
        return needs.edit_need(doer(people["lucia"]), need, quantity="200")

    def open_kiln() -> Equipment:
        kiln = Equipment.objects.get(code="kiln", network=here)
        return capacity.edit_equipment(doer(people["hugo"]), kiln, hours="690")

    def refuse_it() -> LineRefused:
        recipe = Recipe.objects.get(network=here, code="tiles-fasinpat")
        return plan.refuse_line(
            doer(people["hugo"]), plant, round=opened, recipe=recipe, most_runs="90", reason="The kiln is relined."
        )

    made: list[Any] = []
    assert ticked() == 0
    acts = (
        lambda: made.append(say_it()),
        lambda: needs.match_need(doer(people["elena"]), here, need=made[0], product=tiles),
        open_kiln,
        plan_it,
        edit_it,
        refuse_it,
        lambda: made.append(plan_it()),
        lambda: plan.choose_variant(doer(people["elena"]), opened, variant=made[-1]),
    )
    for count, act in enumerate(acts, 1):
        act()
        assert ticked() == count, count


# --- the command ---


def run_demo(*words: str, home: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLIDARIA_")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.Popen(
        [sys.executable, "-m", "solidaria.cli.main", "demo", "--no-open", "--home", str(home), *words],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def address_of(process: subprocess.Popen[str], told: list[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        told.append(line)
        found = re.search(r"http://localhost:\d+/", line)
        if found:
            return found.group()
    raise AssertionError("".join(told))


@pytest.mark.slow
def test_the_command_fills_answers_on_its_port_stops_on_ctrl_c_and_keeps_what_was_done(tmp_path: Path) -> None:
    home, port = tmp_path / "trial", free_port(None)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for start in range(2):
        told: list[str] = []
        process = run_demo("--port", str(port), home=home)
        try:
            began = time.monotonic()
            address = address_of(process, told)
            assert address == f"http://localhost:{port}/"
            assert time.monotonic() - began < (120 if start == 0 else 40)
            page = opener.open(address + "demo/walk", timeout=30).read().decode()
            assert page.count('class="card') == len(STEPS)
            assert (start == 0) == any("first start" in line for line in told)
        finally:
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=30)
        told.append(rest)
        assert process.returncode == 0, told
        assert not any("Traceback" in line or "ERROR" in line for line in told), told
        assert str(home) in rest


@pytest.mark.slow
def test_the_walk_is_walked_to_its_end_in_a_browser_on_a_phone_and_its_pages_are_fine(
    browser: Any, tmp_path: Path
) -> None:
    told: list[str] = []
    process = run_demo(home=tmp_path / "trial")
    try:
        address = address_of(process, told)
        with windows(browser, address) as opened:
            walk_to_the_end(opened("/demo/walk", width=390))
            for path in ("/", "/demo/walk", "/demo/people", "/who"):
                for scheme in ("light", "dark"):
                    fine(opened(path, width=1280, scheme=scheme, cookies={"language": "es"}))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def walk_to_the_end(page: Any) -> None:
    """Do what each step says, by the page's own buttons; every page on the way is looked over."""
    page.set_default_timeout(60_000)

    def step(number: int) -> None:
        page.goto("/demo/walk")
        fine(page)
        assert page.locator(".walk .tag", has_text="✓").count() == number - 1
        page.locator("ol.walk > li").nth(number - 1).locator("button").click()
        fine(page)

    def send(form: Any) -> None:
        form.locator("button.main").click()
        page.wait_for_load_state()

    def make_a_plan() -> None:
        page.get_by_role("button", name="Make a plan").click()
        page.wait_for_selector("h2:has-text('Who gets what they need')")
        fine(page)

    step(1)
    page.fill("#f-words", "A tiled floor for the library")
    page.fill("#f-quantity", "30")
    send(page.locator("form:has(#f-words)"))
    step(2)
    row = page.locator("tr, li").filter(has_text="A tiled floor for the library").last
    row.locator("select").select_option(label="Ceramic tiles (m2)")
    row.get_by_role("button").click()
    page.wait_for_load_state()
    step(3)
    page.goto(page.locator("a[href*='/site/machines/']").first.get_attribute("href"))
    page.fill("#f-hours", "690")
    send(page.locator("form:has(#f-hours)"))
    step(4)
    make_a_plan()
    step(5)
    assert "schools" in page.url
    page.goto("/o/schools/needs")
    page.locator("main a", has_text="Pisos para dos aulas").first.click()
    page.fill("#f-quantity", "210")
    send(page.locator("form:has(#f-quantity)"))
    step(6)
    page.locator("summary", has_text="We do not take this on").first.click()
    form = page.locator("form:has([name=most_runs])").first
    form.locator("[name=most_runs]").fill("95")
    form.locator("[name=reason]").fill("The kiln is relined")
    send(form)
    step(7)
    make_a_plan()
    step(8)
    page.get_by_role("button", name="Take this one to the assemblies").click()
    page.wait_for_load_state()
    page.goto("/demo/walk")
    assert page.locator(".walk .tag", has_text="✓").count() == len(STEPS)
    fine(page)


def test_a_folder_that_is_not_a_trials_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    process = run_demo("--fresh", home=tmp_path)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and "not a trial" in told
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_a_taken_port_is_refused_when_named_and_passed_over_when_not() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused):
            free_port(port)
        assert free_port(None) != port
