"""Two worlds with one of everything in each, and keys of the people in the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from solidaria.api.tokens import per_minute
from solidaria.records.models import Act, Person
from tests.api.programs import Program, key_of
from tests.web.everything import Everything, everything
from tests.web.people import founded, person


@dataclass
class Place:
    """Ana (called Amina) leads and Bheki (called Bongani) is a member here; Carla belongs nowhere.

    Dora leads there, and nobody from here belongs there.
    """

    here: Everything
    there: Everything
    carla: Person

    def ana(self, of: str = "", right: str = "") -> Program:
        """Ana's program, with the mandate that gives this right in that organisation."""
        return Program(key_of(self.here.lead, getattr(self.here, of) if of else None, right))

    def bheki(self) -> Program:
        """Bheki's program, as a member."""
        return Program(key_of(self.here.member))

    def outsider(self) -> Program:
        """Carla's program."""
        return Program(key_of(self.carla))

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens in here is taken back: two worlds take a while to build."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)


def acts() -> int:
    """How much was done, keys apart."""
    return Act.objects.exclude(verb="make_token").count()


@pytest.fixture(scope="package")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Place]:
    """Both worlds, built once in a transaction around all tests of this folder; each test takes back what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        # Not by the handles of tests/web/people.py, whose world a test may build beside these.
        here, there = everything("amina", "bongani", "Norte"), everything("dora", "emil", "Sur")
        carla = person("clara", "Carla")
        stranger = founded(carla, "Otra Parte", "community")
        for one, other in ((here, there), (there, here)):
            one.other_network, one.stranger = other.network, stranger  # type: ignore[attr-defined]
        yield Place(here, there, carla)
        transaction.set_rollback(True)


@pytest.fixture
def place(built: Place, db: None) -> Place:
    """Both worlds, as if they had just been built."""
    return deepcopy(built)


@pytest.fixture(autouse=True)
def a_new_minute() -> Callable[[], None]:
    """No test counts against another's requests."""
    per_minute._counts.clear()
    return per_minute._counts.clear
