"""Who: what a founding assembly gives and for how long, and what is said where the minutes are wrong."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from solidaria.actions import who
from solidaria.actions.permit import rights_of
from solidaria.core.problem import Refused
from solidaria.records.models import Mandate, Organisation
from solidaria.report.language import Language
from tests.web.people import FOUNDED, MINUTES, World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def founded(here: World, **more: Any) -> Organisation:
    given = {"name": "Escuela 12", "kind": "community", "held_on": FOUNDED, "present": 9, "minutes": MINUTES}
    return who.found_organisation(doer(here.carla), None, **{**given, "purposes": ["coordinator"], **more})


def said(refusal: Refused, column: str) -> str:
    """What is said beside a field, and what would help."""
    fault = next(fault for fault in refusal.faults if fault.column == column)
    return f"{fault.what} {fault.help}"


@pytest.mark.parametrize("days", [0, 1, 60, 364])
def test_what_a_founding_assembly_gave_ends_a_year_after_the_assembly_not_after_the_typing(
    here: World, days: int
) -> None:
    held_on = date.today() - timedelta(days=days)
    mandate = Mandate.objects.get(organisation=founded(here, held_on=held_on))
    assert mandate.starts == held_on
    assert mandate.ends == who.year_after(held_on)


def test_a_year_after_the_29th_of_february_is_the_28th() -> None:
    assert who.year_after(date(2024, 2, 29)) == date(2025, 2, 28)
    assert who.year_after(date(2025, 2, 28)) == date(2026, 2, 28)


def test_tasks_whose_year_has_run_out_are_refused_and_an_old_assembly_without_tasks_is_not(here: World) -> None:
    long_ago = date.today() - timedelta(days=800)
    with pytest.raises(Refused) as refusal:
        founded(here, held_on=long_ago)
    assert "has run out on" in said(refusal.value, "held_on")
    assert "tick no task" in said(refusal.value, "held_on")
    school = founded(here, held_on=long_ago, purposes=[])
    assert rights_of(here.carla, school) == {"member", "nobody facilitates"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (None, "missing"),
        ("", "missing"),
        ("  ", "missing"),
        (-3, "“-3” is fewer"),
        ("-3", "“-3” is fewer"),
        ("0", "“0” is fewer"),
        ("12,5", "“12,5” is not a whole number"),
        ("twelve", "“twelve” is not a whole number"),
        ("9" * 5000, "More than 1000000 people"),
        ("1000001", "More than 1000000 people"),
    ],
)
def test_a_wrong_number_of_people_present_is_called_what_it_is(
    here: World, typed: int | str | None, words: str
) -> None:
    with pytest.raises(Refused) as refusal:
        founded(here, present=typed)
    assert words in said(refusal.value, "present")
    assert [fault.column for fault in refusal.value.faults] == ["present"]


@pytest.mark.parametrize("typed", [9, "9", " 9 ", "+9", "009"])
def test_a_number_of_people_present_is_read_as_it_is_typed(here: World, typed: int | str) -> None:
    assert founded(here, present=typed).founding.present == 9


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", "founding assembly of 3 April 2003"),
        ("es", "asamblea fundadora del 3 de abril de 2003"),
        ("pt", "assembleia de fundação de 3 de abril de 2003"),
    ],
)
def test_the_founding_assembly_behind_a_mandate_is_told_in_the_readers_language(
    here: World, code: str, words: str
) -> None:
    mandate = Mandate.objects.select_related("founding").get(organisation=founded(here))
    assert mandate.decision == ""
    assert mandate.founding is not None
    mandate.founding.held_on = date(2003, 4, 3)
    assert Language(code).text(who.decided(mandate)) == words


def test_the_english_words_of_older_mandates_become_the_founding_they_name_and_words_of_people_stay(
    here: World,
) -> None:
    migration = import_module("solidaria.records.migrations.0004_foundings_and_languages")
    school = founded(here, purposes=["coordinator", "secretary", "teller"])
    first, second, third = Mandate.objects.filter(organisation=school).order_by("pk")
    old = f"founding assembly, {FOUNDED.isoformat()}"
    Mandate.objects.filter(pk=first.pk).update(founding=None, decision=old)
    Mandate.objects.filter(pk=second.pk).update(founding=None, decision="founding assembly, 1999-01-01")
    Mandate.objects.filter(pk=third.pk).update(founding=None, decision="la asamblea de ayer")
    editor = SimpleNamespace(connection=connection)
    migration.to_facts(apps, editor)
    rows = {row.pk: (row.founding, row.decision) for row in Mandate.objects.filter(organisation=school)}
    assert rows[first.pk] == (school.founding, "")
    assert rows[second.pk] == (None, "founding assembly, 1999-01-01")
    assert rows[third.pk] == (None, "la asamblea de ayer")
    migration.to_words(apps, editor)
    assert Mandate.objects.get(pk=first.pk).decision == old
