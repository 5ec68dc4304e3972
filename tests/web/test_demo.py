"""The trial: filled once, its people can do what they are for, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from solidaria.actions import capacity, needs, plan, work
from solidaria.actions.agreed import terms_of
from solidaria.actions.permit import rights_of
from solidaria.core.agree import PROMISE_STATES, STATES
from solidaria.core.problem import Sentence
from solidaria.core.workbook.check import read_network
from solidaria.records.gather import tables_of
from solidaria.records.models import (
    Act,
    Agreement,
    AgreementYes,
    Alliance,
    Belonging,
    CallOff,
    Equipment,
    Founding,
    Handover,
    LedgerEvent,
    LineRefused,
    LogCheckpoint,
    Need,
    Once,
    Organisation,
    Payment,
    Person,
    Product,
    PromiseLine,
    Recipe,
    Round,
    Variant,
)
from solidaria.records.workbook import read_tables
from solidaria.web import demo
from solidaria.web.demo_spanish import in_spanish
from solidaria.web.walk import STEPS
from tests.web.people import doer

pytestmark = pytest.mark.django_db

#: What founding assemblies gave holds for a year from their day: the trial is filled for today.
DAY = date.today()
#: What a second filling would make more of.
COUNTED = (Act, Person, Organisation, Need, Variant, Once, Agreement, CallOff, Payment, LedgerEvent, LogCheckpoint)


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
    months = [DAY.replace(day=1) + timedelta(days=days) for days in (0, 31, 62)]
    this, following, last = (f"{month:%Y-%m}" for month in months)
    assert [one["period"] for one in past.periods] == [this]
    assert [one["period"] for one in present.periods] == [following, last]
    assert [one.state for one in present.variants.all()] == ["done", "done"]  # type: ignore[attr-defined]
    assert any(one.changes["rules"].get("living_wage") for one in present.variants.all())  # type: ignore[attr-defined]
    refusal = LineRefused.objects.get(round=present)
    assert refusal.reason and refusal.period == last
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
    views = "account balance income stock plan sharing".split()
    pages = [reverse(name) for name in "home directory my_needs my_plans demo_walk account".split()]
    for one in Organisation.objects.filter(memberships__person=person):
        pages += [
            reverse(name, args=[one.code]) for name in "organisation inside roll mandates ties history".split()
        ]
        pages += [
            reverse(name, args=[one.code])
            for name in "agreements deliveries books payments bank checkpoints allies_books open_books".split()
        ]
        pages += [reverse("books_view", args=[one.code, view]) for view in views]
        sides = Agreement.objects.filter(giver=one) | Agreement.objects.filter(taker=one)
        pages += [reverse("agreement", args=[one.code, row.pk]) for row in sides]
        if one.kind == "network":
            pages += [reverse(name, args=[one.code]) for name in "network network_needs entered".split()]
            pages += [reverse("round", args=[row.pk]) for row in one.rounds.all()]  # type: ignore[attr-defined]
            plans = Variant.objects.filter(round__network=one).values_list("pk", flat=True)
            pages += [reverse("variant", args=[pk]) for pk in plans]
    wrong = {page: answer.status_code for page in pages if (answer := client.get(page)).status_code != 200}
    assert wrong == {}


def test_there_is_an_agreement_in_each_state_and_every_yes_was_decided_by_an_assembly(
    filled: list[Sentence],
) -> None:
    neuquen = Agreement.objects.filter(network=network())
    assert set(neuquen.values_list("state", flat=True)) == set(STATES)
    past = Round.objects.get(network=network(), closed__isnull=False)
    assert neuquen.filter(variant=past.chosen_id, state="in force", taker__code="teachers").count() == 1
    standing = Agreement.objects.get(network=network(demo.SHIRTS))
    assert standing.state == "in force" and standing.current is not None
    assert (terms_of(standing.current).ends - DAY).days > 300
    yeses = AgreementYes.objects.all()
    assert yeses.count() > 10
    assert all(row.motion is not None and row.motion.outcome == "carried" for row in yeses)


def test_one_promise_is_kept_one_is_due_and_one_is_late(filled: list[Sentence]) -> None:
    page = signed_in("hugo").get(reverse("deliveries", args=["fasinpat"])).content.decode()
    pages = [page]
    for row in Agreement.objects.filter(giver__code="fasinpat"):
        pages.append(signed_in("hugo").get(reverse("agreement", args=["fasinpat", row.pk])).content.decode())
    whole = "".join(pages)
    for state in ("kept", "due", "late", "broken"):
        assert state in PROMISE_STATES and re.search(rf">\s*{state}\b", whole), state
    kept = PromiseLine.objects.get(code="fasinpat/1/1/price")
    paid = Payment.objects.get(promise=kept)
    assert paid.drafted_by != paid.released_by and paid.amount == kept.amount and not paid.alone
    assert PromiseLine.objects.filter(part="goods", due__lt=DAY, released=None, call_off__handovers=None).exists()
    assert Handover.objects.count() == 3 and not Handover.objects.filter(confirmed=None).exists()
    for handover in Handover.objects.all():
        assert handover.given_by != handover.confirmed_by


def test_the_wage_proof_and_the_open_books_show_what_was_worked_and_paid(filled: list[Sentence]) -> None:
    worked = CallOff.objects.get(agreement__variant__isnull=False)
    proof = signed_in("carla").get(reverse("wage_proof", args=["fasinpat", worked.pk]))
    shown = proof.content.decode().split("<main")[1]
    assert proof.status_code == 200 and "22" in shown and "320.00" in shown and "Sindicato docente" in shown
    opened = Client().get(reverse("open_books", args=["fasinpat"])).content.decode().split("<main")[1]
    assert "<table" in opened and "has not opened its books" not in opened
    assert "Hugo" not in opened and "Carla" not in opened
    checkpoint = LogCheckpoint.objects.get(organisation__code="fasinpat")
    assert checkpoint.countersignatures.count() == 1


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
        kiln = Equipment.objects.get(code="horno", network=here)
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


# --- in whose language ---


def test_neuquen_speaks_spanish_and_south_africa_english(filled: list[Sentence]) -> None:
    spanish, english = network(), [network(demo.SHIRTS), network(demo.CLINIC)]
    here = Organisation.objects.filter(networks__network=spanish, networks__left__isnull=True)
    assert here.count() == 15 and {one.language for one in (*here, spanish)} == {"es"}
    there = Organisation.objects.filter(networks__network__in=english, networks__left__isnull=True)
    assert there.count() > 20 and {one.language for one in (*there, *english)} == {"en"}
    words = [*Need.objects.filter(network=spanish).values_list("words", flat=True)]
    words += [one.name for one in here] + [one.about for one in (*here, spanish)]
    words += [row.name for row in Product.objects.filter(network=spanish)]
    words += [row.minutes for row in Founding.objects.filter(organisation__in=[*here, spanish])]
    words += [row.name for row in Round.objects.filter(network=spanish)]
    english_words = re.compile(r"\b(the|of|and|for|with|tiles|visits|union|school|hospital's)\b", re.IGNORECASE)
    assert [one for one in words if english_words.search(one)] == []
    theirs = [*Need.objects.filter(network__in=english).values_list("words", flat=True)]
    theirs += [row.name for row in Product.objects.filter(network__in=english)]
    spanish_words = re.compile(r"\b(de|del|la|los|las|para|con|y)\b", re.IGNORECASE)
    assert theirs and [one for one in theirs if spanish_words.search(one)] == []


@pytest.mark.parametrize("example", ["zanon-2003", "recovered-network"])
def test_every_word_of_the_argentine_examples_has_its_spanish(example: str) -> None:
    proper = {
        "CTA Neuquén", "Gas", "Neuquén", "Buenos Aires", "Santa Fe", "Córdoba", "Entre Ríos", "Mendoza", "Tucumán",
        "Río Negro", "Chaco", "La Rioja", "Chubut", "m2", "kg", "m",
    }  # fmt: skip
    for sheet in ("organisations", "products", "rules"):
        table = read_tables(demo.EXAMPLES / example).sheets[sheet]
        for name in {"name", "unit", "place", "decision"} & set(table.columns):
            place = table.columns.index(name)
            cells = {str(cells[place]) for _, cells in table.rows if place < len(cells) and cells[place]}
            assert {cell for cell in cells if in_spanish(name, cell) == cell} <= proper, (sheet, name)


def test_an_english_reader_hears_spanish_words_in_spanish(filled: list[Sentence], on: None) -> None:
    client = signed_in("ana")
    page = client.get(reverse("needs", args=["nueva-espana"])).content.decode()
    assert re.search(r'<a [^>]*lang="es"[^>]*>Piso de cerámicos para el comedor comunitario</a>', page)
    page = client.get(reverse("inside", args=["nueva-espana"])).content.decode()
    assert '<h1 lang="es">Barrio Nueva España</h1>' in page
    page = client.get(reverse("network_needs", args=[network().code])).content.decode()
    assert re.search(r'<th scope="row" lang="es">Cerámicos para dos baños', page)
    client.cookies["language"] = "es"
    page = client.get(reverse("needs", args=["nueva-espana"])).content.decode()
    assert 'lang="es"' not in page[page.index("<main") :], "in a Spanish page nothing has to be marked"
