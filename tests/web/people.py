"""The same people everywhere: Ana and Bheki belong, Carla does not; and the network they plan in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from solidaria.actions import plan, who
from solidaria.actions.permit import Doer
from solidaria.records.models import Belonging, Mandate, Membership, Organisation, Person, Round

#: The day of every founding assembly here: what it gave holds for a year from then.
FOUNDED = date.today() - timedelta(days=60)
MINUTES = "Twelve of us met in the school yard and founded it; the tasks were given by show of hands."


@dataclass
class World:
    """A neighbourhood, a workshop and their network; Ana coordinates, Bheki is a member, Carla an outsider."""

    ana: Person
    bheki: Person
    carla: Person
    barrio: Organisation
    workshop: Organisation
    network: Organisation
    elsewhere: Organisation
    round: Round


def person(handle: str, name: str = "") -> Person:
    """Somebody who can sign in with the password of the tests."""
    return Person.objects.create_user(handle, "correct horse battery", name=name or handle.title())


def doer(who_acts: Person, key: str = "") -> Doer:
    """Somebody acting now."""
    return Doer(who_acts, key)


def founded(
    by: Person, name: str, kind: str, purposes: tuple[str, ...] = ("coordinator", "secretary")
) -> Organisation:
    """An organisation founded by somebody."""
    return who.found_organisation(
        doer(by),
        None,
        name=name,
        kind=kind,
        held_on=FOUNDED,
        present=12,
        minutes=MINUTES,
        purposes=purposes,
    )


def belongs(organisation: Organisation, network: Organisation, by: Person) -> Belonging:
    """An organisation in a network, both sides agreed."""
    asked = who.ask_to_belong(doer(by), organisation, network=network)
    return who.agree_to_belong(doer(by), network, belonging=asked)


def world() -> World:
    """A small world that can plan: the workshop sews uniforms, the neighbourhood needs them."""
    ana, bheki, carla = person("ana"), person("bheki"), person("carla")
    barrio = founded(ana, "Barrio Norte", "community")
    workshop = founded(ana, "Taller Hilo", "site")
    network = founded(ana, "Red del Sur", "network")
    elsewhere = founded(carla, "Otra Parte", "community")
    Membership.objects.create(organisation=barrio, person=bheki, entered=FOUNDED)
    belongs(barrio, network, ana)
    belongs(workshop, network, ana)
    who.keep_site(doer(ana), workshop, members="6", paid_hours="160", overhead="900", state="producing")
    workshop.site.network = network
    workshop.site.save()
    for rule, value in (("currency", "ARS"), ("living_wage", "10"), ("assembly_hours", "8")):
        plan.set_rule(doer(ana), network, rule=rule, value=value, decision="assembly of 10 January 2026")
    opened = plan.open_round(doer(ana), network, name="2026", periods=[])
    return World(ana, bheki, carla, barrio, workshop, network, elsewhere, opened)


__all__ = ["Mandate", "World", "belongs", "doer", "founded", "person", "world"]
