"""Two worlds with one of everything in each, and keys of the people in the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.db import transaction

from solidaria.api.tokens import per_minute
from solidaria.records.models import Act, Person
from tests.api.programs import Program, key_of
from tests.web.everything import Everything, everything
from tests.web.people import founded, person


@dataclass
class Place:
    """Ana leads and Bheki is a member here; Dora leads there, and nobody here belongs there; Carla belongs nowhere."""

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


@pytest.fixture
def place(db: None) -> Place:
    """Both worlds."""
    here, there = everything("ana", "bheki", "Norte"), everything("dora", "emil", "Sur")
    carla = person("carla")
    stranger = founded(carla, "Otra Parte", "community")
    for one, other in ((here, there), (there, here)):
        one.other_network, one.stranger = other.network, stranger  # type: ignore[attr-defined]
    return Place(here, there, carla)


@pytest.fixture(autouse=True)
def a_new_minute() -> Callable[[], None]:
    """No test counts against another's requests."""
    per_minute._counts.clear()
    return per_minute._counts.clear
