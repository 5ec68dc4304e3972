"""Agreements and books as Valueflows 1.0.0: agreements with their commitments, events, and what is held as resources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from solidaria.actions.ledger import balances_of, fulfilled
from solidaria.api.linked import HOUR, ONE, Addresses, Graph, Thing, day_stamp, own, stamp
from solidaria.core.books import HOURS, OUTSIDE, Event, agent, amount_of, is_money
from solidaria.records.models import Agreement, Organisation, Product, PromiseLine

#: How the part of a promise stands in an agreement: goods go one way, all the rest comes back for them.
GOODS = "goods"


class _Told:
    """One document on its way: agents and resources of the books as things of Valueflows."""

    def __init__(
        self, addresses: Addresses, address: str, agents: Iterable[str], resources: Iterable[str]
    ) -> None:
        self.addresses, self.graph = addresses, Graph(addresses, address)
        codes = {one.partition(":")[2] for one in agents if one.startswith("organisation:")}
        self.names = dict(Organisation.objects.filter(code__in=codes).values_list("code", "name"))
        pairs = [one.removeprefix("good:").partition("/") for one in resources if one.startswith("good:")]
        rows = Product.objects.filter(
            network__code__in={network for network, _, _ in pairs}, code__in={code for _, _, code in pairs}
        ).select_related("network")
        self.products = {f"good:{row.network.code}/{row.code}": row for row in rows}

    def agent(self, one: str) -> str:
        """An organisation by its address; a member only by the number of the place on the roll; outside."""
        kind, _, code = one.partition(":")
        if kind == "organisation":
            return self.graph.organisation(code, self.names.get(code, code))
        if one == OUTSIDE:
            return self.graph.add(
                {"@id": self.graph.part("agent", OUTSIDE), "@type": "Organization", "name": OUTSIDE}
            )
        return self.graph.add({"@id": self.graph.part("agent", one), "@type": "Person", "name": one})

    def resource(self, one: str, unit: str) -> str:
        """A good, a currency, or hours, as a specification."""
        if is_money(one):
            return self.graph.money(one.partition(":")[2])
        product = self.products.get(one)
        if product is not None:
            return self.graph.product(product.network.code, product.code, product.name, product.unit)
        thing: Thing = {"@id": self.graph.part("resource", one), "@type": "ResourceSpecification", "name": one}
        if unit:
            thing["defaultUnitOfResource"] = self.graph.unit(unit)
        return self.graph.add(thing)

    def measure(self, count: int, resource: str, unit: str) -> Thing:
        """So much of a resource; a currency is counted in units of one."""
        label = ONE if is_money(resource) else unit or self._unit(resource)
        return self.graph.measure(amount_of(count, resource), label)

    def _unit(self, resource: str) -> str:
        return self.products[resource].unit if resource in self.products else ONE


def agreements(addresses: Addresses, one: Organisation, rows: Sequence[Agreement]) -> Thing:
    """Agreements: goods are stipulated; price, solidarity and advance come back for them, each a commitment of its own."""
    lines = list(
        PromiseLine.objects.filter(agreement__in=[row.pk for row in rows]).select_related(
            "provider", "receiver", "call_off", "agreement"
        )
    )
    sides = {agent(side.code) for line in lines for side in (line.provider, line.receiver)}
    sides |= {agent(side.code) for row in rows for side in (row.giver, row.taker)}
    address = f"{addresses.organisation(one.code)}/agreements"
    told = _Told(addresses, address, sides, {line.resource for line in lines})
    done = fulfilled([line.code for line in lines])
    for row in rows:
        clauses: dict[str, list[str]] = {"stipulates": [], "stipulatesReciprocal": []}
        for line in (line for line in lines if line.agreement_id == row.pk and line.amount):
            commitment = _commitment(told, row, line, done.get(line.code, (0, ""))[0])
            clauses["stipulates" if line.part == GOODS else "stipulatesReciprocal"].append(commitment)
        told.graph.add(
            {
                "@id": _agreement(told.graph, row),
                "@type": "Agreement",
                "name": row.title,
                "created": stamp(row.made),
                **clauses,
                own("state"): row.state,
            }
        )
    return told.graph.document()


def _agreement(graph: Graph, row: Agreement) -> str:
    return graph.part("agreement", row.giver.code, str(row.number))


def _commitment(told: _Told, row: Agreement, line: PromiseLine, done: int) -> str:
    clause = "clauseOf" if line.part == GOODS else "reciprocalClauseOf"
    return told.graph.add(
        {
            "@id": told.graph.part("promise", line.code),
            "@type": "Commitment",
            "action": "transfer",
            "provider": told.agent(agent(line.provider.code)),
            "receiver": told.agent(agent(line.receiver.code)),
            "resourceConformsTo": told.resource(line.resource, line.unit),
            "resourceQuantity": told.measure(line.amount, line.resource, line.unit),
            "due": day_stamp(line.due, end=True),
            "created": stamp(line.call_off.at if line.call_off is not None else row.since or row.made),
            "finished": line.released is not None or line.broken is not None or done >= line.amount,
            clause: _agreement(told.graph, row),
            own("part"): line.part,
        }
    )


def books(addresses: Addresses, one: Organisation, events: Sequence[Event]) -> Thing:
    """What an organisation holds, each resource with its two quantities, and events of its log."""
    held = balances_of(agent(one.code))
    agents = {side for event in events for side in (event.provider, event.receiver)} | {agent(one.code)}
    resources = {event.resource for event in events} | {resource for resource, _, _ in held}
    told = _Told(addresses, f"{addresses.organisation(one.code)}/books", agents, resources)
    for resource, right, hand in held:
        told.graph.add(
            {
                "@id": told.graph.part("held", resource),
                "@type": "EconomicResource",
                "name": resource,
                "conformsTo": told.resource(resource, ""),
                "accountingQuantity": told.measure(right, resource, ""),
                "onhandQuantity": told.measure(hand, resource, ""),
                "primaryAccountable": told.agent(agent(one.code)),
            }
        )
    for event in events:
        told.graph.add(_event(told, event))
    return told.graph.document()


def _event(told: _Told, event: Event) -> Thing:
    thing: dict[str, Any] = {
        "@id": told.graph.part("event", event.id),
        "@type": "EconomicEvent",
        "action": event.action,
        "provider": told.agent(event.provider),
        "receiver": told.agent(event.receiver),
        "hasPointInTime": day_stamp(date.fromisoformat(event.day)),
        "created": event.recorded,
        "note": event.note,
        own("part"): event.part,
    }
    if event.resource and event.resource != HOURS:
        thing["resourceConformsTo"] = told.resource(event.resource, event.unit)
    if event.amount:
        thing["resourceQuantity"] = told.measure(event.amount, event.resource, event.unit)
    if event.effort:
        thing["effortQuantity"] = told.graph.measure(amount_of(event.effort, HOURS), HOUR)
    if event.promise:
        agreements = f"{told.addresses.organisation(event.by)}/agreements"
        thing["fulfills"] = [f"{agreements}#promise-{quote(event.promise, safe='')}"]
    if event.corrects:
        thing["corrects"] = told.graph.part("event", event.corrects)
    return thing
