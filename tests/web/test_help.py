"""Help pages: everything that is kept and everything that may be done stands on them."""

from __future__ import annotations

from collections import Counter

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db.models import ForeignKey, OneToOneField
from django.test import Client
from django.urls import reverse

from solidaria.actions.permit import PERMISSIONS, RIGHTS
from solidaria.records.models import Person
from solidaria.web.help import DOINGS, glossary, table
from solidaria.web.kept import TABLES


def personal() -> dict[str, set[str]]:
    """Every table of the database that points at a person, and the fields by which it does."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, (ForeignKey, OneToOneField)) and field.related_model is Person:
                found.setdefault(model.__name__, set()).add(field.name)
    return found


def test_every_table_that_points_at_a_person_is_on_the_privacy_page() -> None:
    assert set(personal()) | {"Person", "Session"} == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_personal_field_has_its_words_purpose_and_end(name: str) -> None:
    models = {model.__name__: model for model in apps.get_models()} | {"Session": Session}
    kept, fields = TABLES[name], {field.name for field in models[name]._meta.concrete_fields}
    if kept.whole:
        assert set(kept.fields) == fields
    else:
        assert set(kept.fields) == personal()[name]
    assert str(kept.what) and str(kept.why) and str(kept.until)


def test_tables_that_are_about_people_are_told_field_by_field() -> None:
    about = {"Person", "Membership", "Mandate", "Recovery", "Vouch", "Token", "Authenticator", "EmailAddress"}
    about |= {"Attendance", "Voter"}
    assert {name for name, kept in TABLES.items() if kept.whole} == about | {"Session"}


def test_every_action_of_the_table_of_permissions_is_on_the_page() -> None:
    told = Counter(str(words) for _, doings in table() for words in doings)
    expected = Counter(str(DOINGS[verb]) for verb, needed in PERMISSIONS.items() for _ in needed)
    assert told == expected


def test_every_right_stands_in_the_first_column() -> None:
    holders = " ".join(str(holder) for holder, _ in table())
    assert all(str(words) in holders for words in RIGHTS.values())


def test_no_word_is_explained_twice() -> None:
    words = [str(word) for _, _, pairs in glossary() for word, _ in pairs]
    assert len(words) == len(set(words))


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es", "pt"])
@pytest.mark.parametrize("name", ["words", "permissions", "privacy", "first_steps"])
def test_help_opens_for_everybody_in_every_language(name: str, language: str) -> None:
    client = Client()
    client.cookies["language"] = language
    answer = client.get(reverse(name))
    assert answer.status_code == 200 and f'lang="{language}"' in answer.content.decode()
