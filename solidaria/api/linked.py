"""Solidaria's rows and results as Valueflows 1.0.0: each function gives one JSON-LD document.

Names come from solidaria/core/valueflows.py; a need is an Intent in a Proposal, what a plan has a site do is a Process
with Intents, a delivery is a Commitment with its pay as reciprocal Commitments, the solidarity part on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from solidaria.actions.visible import PublicFace
from solidaria.core.money import currency_decimals, half_up
from solidaria.core.result import Result
from solidaria.core.valueflows import OWN_PREFIX
from solidaria.records.models import Need, Organisation, Recipe, Round, Variant
from solidaria.report.language import Language

Thing = dict[str, Any]

#: Units of the OM ontology for the units that workbooks use most; the rest go by their own label.
OM = "http://www.ontology-of-units-of-measure.org/resource/om-2/"
OM_UNITS = {
    "piece": "one", "unit": "one", "kg": "kilogram", "g": "gram", "t": "tonne", "l": "litre", "m": "metre",
    "m2": "squareMetre", "m3": "cubicMetre", "km": "kilometre", "hour": "hour", "hours": "hour", "day": "day",
    "kWh": "kilowattHour",
}  # fmt: skip
HOUR, ONE = "hour", "one"


def own(name: str) -> str:
    """A name of our own, for what Valueflows leaves out."""
    return f"{OWN_PREFIX}:{name}"


@dataclass
class Addresses:
    """The addresses of things: `base` is where the documents stand, ending in a slash."""

    base: str

    @property
    def context(self) -> str:
        """The context of every document."""
        return f"{self.base}context.jsonld"

    def organisation(self, code: str) -> str:
        """An organisation."""
        return f"{self.base}organisations/{quote(code, safe='')}"

    def recipes(self, network: str) -> str:
        """The document of a network's recipes."""
        return f"{self.base}networks/{quote(network, safe='')}/recipes"

    def needs(self, network: str) -> str:
        """The document of a network's needs."""
        return f"{self.base}networks/{quote(network, safe='')}/needs"

    def plan(self, pk: int) -> str:
        """The document of a plan."""
        return f"{self.base}plans/{pk}"

    def product(self, network: str, code: str) -> str:
        """A product on a network's list."""
        return f"{self.recipes(network)}#product-{quote(code, safe='')}"

    def need(self, network: str, code: str) -> str:
        """What is needed, as an intent."""
        return f"{self.needs(network)}#intent-{quote(code, safe='')}"


@dataclass
class Graph:
    """The things of one document, each once; units and products are added when something speaks of them."""

    addresses: Addresses
    address: str
    things: list[Thing] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def add(self, thing: Thing) -> str:
        """Put a thing in, without what is blank; gives back its address."""
        address = str(thing["@id"])
        if address not in self.known:
            self.known.add(address)
            self.things.append({name: value for name, value in thing.items() if value not in (None, "", [])})
        return address

    def part(self, name: str, *codes: str) -> str:
        """The address of something that is told of in this document only; other codes give another address."""
        return f"{self.address}#{name}-{'/'.join(quote(code, safe='') for code in codes)}"

    def unit(self, label: str) -> str:
        """A unit."""
        om = OM_UNITS.get(label)
        return self.add(
            {
                "@id": self.part("unit", label),
                "@type": "Unit",
                "label": label,
                "omUnitIdentifier": f"{OM}{om}" if om else None,
            }
        )

    def measure(self, value: Decimal, unit: str | None) -> Thing:
        """So much of a unit; the value as text, every digit of it. None: the unit is not known yet."""
        thing: Thing = {"@type": "Measure", "hasNumericalValue": f"{value:f}"}
        return thing if unit is None else {**thing, "hasUnit": self.unit(unit)}

    def product(self, network: str, code: str, name: str, unit: str) -> str:
        """A good or a service."""
        return self.add(
            {
                "@id": self.addresses.product(network, code),
                "@type": "ResourceSpecification",
                "name": name,
                "defaultUnitOfResource": self.unit(unit),
            }
        )

    def machine(self, network: str, code: str) -> str:
        """A machine or room, as something that is used."""
        return self.add(
            {
                "@id": f"{self.addresses.recipes(network)}#equipment-{quote(code, safe='')}",
                "@type": "ResourceSpecification",
                "name": code,
                "defaultUnitOfEffort": self.unit(HOUR),
            }
        )

    def specification(self, network: str, code: str) -> str:
        """A kind of process: a recipe's."""
        return self.add(
            {
                "@id": f"{self.addresses.recipes(network)}#process-{quote(code, safe='')}",
                "@type": "ProcessSpecification",
                "name": code,
            }
        )

    def money(self, currency: str) -> str:
        """A currency: a resource that is a medium of exchange, and not a unit."""
        return self.add(
            {
                "@id": self.part("currency", currency),
                "@type": "ResourceSpecification",
                "name": currency,
                "mediumOfExchange": True,
                "defaultUnitOfResource": self.unit(ONE),
            }
        )

    def organisation(self, code: str, name: str) -> str:
        """An organisation by its name; its own document may tell more."""
        return self.add({"@id": self.addresses.organisation(code), "@type": "Organization", "name": name})

    def document(self, first: Iterable[Thing] = ()) -> Thing:
        """The whole document."""
        return {"@context": self.addresses.context, "@graph": [*first, *self.things]}


def stamp(moment: datetime) -> str:
    """A moment as xsd:dateTimeStamp."""
    return moment.astimezone(UTC).isoformat()


def day_stamp(day: date | None, end: bool = False) -> str | None:
    """The first or last moment of a day, in UTC; None where no day is said."""
    if day is None:
        return None
    return datetime.combine(day, time(23, 59, 59) if end else time(0, 0), tzinfo=UTC).isoformat()


# --- organisations ---


def organisation(addresses: Addresses, one: Organisation, face: PublicFace) -> Thing:
    """What an organisation chose to show to everybody."""
    address = addresses.organisation(one.code)
    thing: Thing = {
        "@context": addresses.context,
        "@id": address,
        "@type": "Organization",
        "name": one.name,
        "classifiedAs": [one.kind],
    }
    if face.about:
        thing["note"] = face.about
    if face.place or face.latitude is not None:
        place: Thing = {"@id": f"{address}#place", "@type": "SpatialThing"}
        if face.place:
            place |= {"name": face.place, "mappableAddress": face.place}
        if face.latitude is not None and face.longitude is not None:
            place |= {"lat": f"{face.latitude:f}", "long": f"{face.longitude:f}"}
        thing["primaryLocation"] = place
    return thing


# --- recipes ---


def recipes(addresses: Addresses, network: Organisation, rows: Iterable[Recipe]) -> Thing:
    """The recipes of a network; amounts are for one run."""
    graph = Graph(addresses, addresses.recipes(network.code))
    for row in rows:
        product = graph.product(network.code, row.product.code, row.product.name, row.product.unit)
        site = graph.organisation(row.site.organisation.code, row.site.organisation.name)
        flows = [
            (
                {
                    "action": "consume",
                    "resourceConformsTo": graph.product(
                        network.code, part.product.code, part.product.name, part.product.unit
                    ),
                    "resourceQuantity": graph.measure(part.quantity, part.product.unit),
                },
                f"input-{part.product.code}",
            )
            for part in sorted(row.inputs.all(), key=lambda part: part.product.code)
        ]
        flows += [
            (
                {
                    "action": "use",
                    "resourceConformsTo": graph.machine(network.code, part.equipment.code),
                    "effortQuantity": graph.measure(part.hours, HOUR),
                },
                f"use-{part.equipment.code}",
            )
            for part in sorted(row.uses.all(), key=lambda part: part.equipment.code)
        ]
        flows.append(({"action": "work", "effortQuantity": graph.measure(row.labour_hours, HOUR)}, "work"))
        made = {
            "action": "produce",
            "resourceConformsTo": product,
            "resourceQuantity": graph.measure(Decimal(1) if row.output is None else row.output, row.product.unit),
        }
        process = {
            "@id": graph.part("recipe-process", row.code),
            "@type": "RecipeProcess",
            "name": row.code,
            "note": row.note or None,
            "processConformsTo": graph.specification(network.code, row.code),
            own("site"): site,
            "hasRecipeInput": [
                {"@id": graph.part("flow", row.code, name), "@type": "RecipeFlow", **flow} for flow, name in flows
            ],
            "hasRecipeOutput": [{"@id": graph.part("flow", row.code, "output"), "@type": "RecipeFlow", **made}],
        }
        graph.add(
            {
                "@id": graph.part("recipe", row.code),
                "@type": "Recipe",
                "name": row.code,
                "primaryOutput": product,
                "recipeIncludes": [graph.add(process)],
            }
        )
    return graph.document()


# --- needs ---


def needs(addresses: Addresses, network: Organisation, rows: Iterable[Need], current: Round | None) -> Thing:
    """The needs of a network that count: each a request that publishes one intent, with nothing asked in return."""
    graph = Graph(addresses, addresses.needs(network.code))
    periods = {str(one["period"]): one for one in (current.periods if current else [])}
    first = next(iter(periods), "")
    for row in rows:
        period = periods.get(row.period or first, {})
        intent: Thing = {
            "@id": addresses.need(network.code, row.code),
            "@type": "Intent",
            "name": row.words,
            "action": "transfer",
            "receiver": graph.organisation(row.organisation.code, row.organisation.name),
            "resourceQuantity": graph.measure(row.quantity, row.counted_in or None),
            "resourceConformsTo": graph.product(network.code, row.product.code, row.product.name, row.product.unit)
            if row.product
            else None,
            "due": day_stamp(_day(period.get("ends")), end=True),
            "finished": False,
        }
        graph.add(
            {
                "@id": graph.part("need", row.code),
                "@type": "Proposal",
                "name": row.words,
                "note": row.note or None,
                "created": stamp(row.declared),
                "purpose": "request",
                "unitBased": False,
                "publishes": [graph.add(intent)],
                own("tier"): row.tier,
                own("pays"): row.pays or "market",
                own("period"): row.period or None,
            }
        )
    return graph.document()


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)) if text else None


# --- plans ---


def plan(addresses: Addresses, network: Organisation, row: Variant, result: Result, language: Language) -> Thing:
    """A plan: processes with what goes in and comes out, deliveries with their pay, and what stays missing, and why."""
    return _Planned(addresses, network, row, result, language).document()


class _Planned:
    """One plan on its way into a document."""

    def __init__(
        self, addresses: Addresses, network: Organisation, row: Variant, result: Result, language: Language
    ) -> None:
        self.network, self.row, self.result, self.language = network, row, result, language
        self.addresses = addresses
        self.graph = Graph(addresses, addresses.plan(row.pk))
        self.facts = result.network
        self.address = self.graph.address
        self.periods = {period.id: period for period in self.facts.periods}
        self.includes: list[str] = []
        self.demands: list[str] = []

    def document(self) -> Thing:
        """The whole document, the plan first."""
        self._processes()
        self._deliveries()
        self._purchases()
        self._missing()
        ends = [period.ends for period in self.facts.periods if period.ends is not None]
        chosen = self.row.round.chosen_id == self.row.pk
        plan: Thing = {
            "@id": f"{self.address}#plan",
            "@type": "Plan",
            "name": f"{self.row.round.name}: {self.row.name}",
            "created": stamp(self.row.asked),
            own("state"): "chosen" if chosen else "done",
            "hasIndependentDemand": self.demands,
            "planIncludes": self.includes,
        }
        if ends:
            plan["due"] = day_stamp(max(ends), end=True)
        return self.graph.document([plan])

    def _product(self, code: str) -> str:
        product = self.facts.product[code]
        return self.graph.product(self.network.code, code, product.name, product.unit)

    def _much(self, code: str, quantity: Decimal) -> Thing:
        return self.graph.measure(quantity, self.facts.product[code].unit)

    def _site(self, code: str | None) -> str:
        """An organisation of the plan; what is bought outside comes through the network."""
        if code is None:
            return self.graph.organisation(self.network.code, self.network.name)
        return self.graph.organisation(code, self.facts.organisation[code].name)

    def _intent(self, codes: tuple[str, ...], period: str, **flow: Any) -> str:
        dates = self.periods.get(period)
        return self.graph.add(
            {
                "@id": self.graph.part("intent", *codes),
                "@type": "Intent",
                "finished": False,
                own("period"): period,
                "hasBeginning": day_stamp(dates.starts) if dates else None,
                "hasEnd": day_stamp(dates.ends, end=True) if dates else None,
                **flow,
            }
        )

    def _processes(self) -> None:
        for row in self.result.plan.production:
            recipe, site = self.facts.recipe[row.recipe], self._site(row.site)
            codes = (row.recipe, row.period)
            dates = self.periods.get(row.period)
            inputs = [
                self._intent(
                    (*codes, "input", product),
                    row.period,
                    action="consume",
                    provider=site,
                    resourceConformsTo=self._product(product),
                    resourceQuantity=self._much(product, row.runs * quantity),
                )
                for product, quantity in recipe.inputs
            ]
            inputs += [
                self._intent(
                    (*codes, "use", machine),
                    row.period,
                    action="use",
                    provider=site,
                    resourceConformsTo=self.graph.machine(self.network.code, machine),
                    effortQuantity=self.graph.measure(row.runs * hours, HOUR),
                )
                for machine, hours in recipe.uses
            ]
            inputs.append(
                self._intent(
                    (*codes, "work"),
                    row.period,
                    action="work",
                    provider=site,
                    effortQuantity=self.graph.measure(row.hours, HOUR),
                )
            )
            made = self._intent(
                (*codes, "output"),
                row.period,
                action="produce",
                receiver=site,
                resourceConformsTo=self._product(row.product),
                resourceQuantity=self._much(row.product, row.quantity),
            )
            self.includes.append(
                self.graph.add(
                    {
                        "@id": self.graph.part("process", *codes),
                        "@type": "Process",
                        "name": f"{row.recipe}, {row.period}",
                        "basedOn": self.graph.specification(self.network.code, row.recipe),
                        "inScopeOf": site,
                        "plannedWithin": f"{self.address}#plan",
                        "hasInput": inputs,
                        "hasOutput": [made],
                        "hasBeginning": day_stamp(dates.starts) if dates else None,
                        "hasEnd": day_stamp(dates.ends, end=True) if dates else None,
                        "finished": False,
                        own("runs"): f"{row.runs:f}",
                        own("period"): row.period,
                    }
                )
            )

    def _deliveries(self) -> None:
        for place, row in enumerate(self.result.prices.deliveries, 1):
            number = str(place)
            agreement = self.graph.part("agreement", number)
            provider, receiver = self._site(row.site), self._site(row.organisation)
            goods: Mapping[str, Any] = {
                "resourceConformsTo": self._product(row.product),
                "resourceQuantity": self._much(row.product, row.quantity),
                "satisfies": [self.addresses.need(self.network.code, row.need)] if row.need else None,
                "independentDemandOf": f"{self.address}#plan",
                "clauseOf": agreement,
            }
            promised = self._commitment(("delivery", number), row.period, provider, receiver, **goods)
            self.demands.append(promised)
            pay = [
                self._commitment(
                    (part, number),
                    row.period,
                    payer,
                    provider,
                    resourceConformsTo=self.graph.money(self.facts.rules.currency),
                    resourceQuantity=self.graph.measure(self._cash(amount), ONE),
                    reciprocalClauseOf=agreement,
                    **{own("part"): part},
                )
                for part, payer, amount in (
                    ("price", receiver, row.buyer_pays),
                    ("solidarity", self._site(None), row.solidarity),
                )
                if self._cash(amount)
            ]
            self.graph.add(
                {
                    "@id": agreement,
                    "@type": "Agreement",
                    "name": f"{self.facts.product[row.product].name}, {row.period}",
                    "created": stamp(self.row.finished or self.row.asked),
                    "stipulates": [promised],
                    "stipulatesReciprocal": pay,
                }
            )

    def _commitment(self, codes: tuple[str, ...], period: str, provider: str, receiver: str, **flow: Any) -> str:
        dates = self.periods.get(period)
        return self.graph.add(
            {
                "@id": self.graph.part(*codes),
                "@type": "Commitment",
                "action": "transfer",
                "provider": provider,
                "receiver": receiver,
                "due": day_stamp(dates.ends, end=True) if dates else None,
                "created": stamp(self.row.finished or self.row.asked),
                "finished": False,
                "plannedWithin": f"{self.address}#plan",
                own("period"): period,
                **flow,
            }
        )

    def _cash(self, amount: Decimal) -> Decimal:
        return half_up(amount, currency_decimals(self.facts.rules.currency))

    def _purchases(self) -> None:
        for row in self.result.plan.outside:
            self.includes.append(
                self._intent(
                    ("outside", row.product, row.period),
                    row.period,
                    action="transfer",
                    receiver=self._site(None),
                    resourceConformsTo=self._product(row.product),
                    resourceQuantity=self._much(row.product, row.quantity),
                    plannedWithin=f"{self.address}#plan",
                )
            )

    def _missing(self) -> None:
        because = {row.need: row for row in self.result.plan.shortfalls}
        for row in self.result.plan.coverage:
            short = because.get(row.need)
            if short is None:
                continue
            why = " ".join(self.language.text(reason.sentence) for reason in short.because)
            self.includes.append(
                self._intent(
                    ("missing", row.need),
                    row.period,
                    action="transfer",
                    receiver=self._site(row.organisation),
                    resourceConformsTo=self._product(row.product),
                    resourceQuantity=self._much(row.product, short.missing),
                    plannedWithin=f"{self.address}#plan",
                    note=why or None,
                    **{own("tier"): row.tier},
                )
            )
