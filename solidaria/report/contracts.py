"""Agreements, what is owed and what is held as Valueflows 1.0.0: AgreementBundle, Agreement, Commitment, Intent, Claim,
EconomicResource. Together with the events (report/ledger.py) they are one document in which every reference leads
somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from solidaria.core.accounts import Debt
from solidaria.core.agree import Terms
from solidaria.core.books import Holding, agent, amount_of, good, is_money
from solidaria.core.valueflows import OWN_PREFIX
from solidaria.report.names_linked import iri, measure, moment

Thing = dict[str, Any]


@dataclass(frozen=True)
class Promise:
    """A promise of an agreement; call_off: its order, empty for an advance or a guaranteed minimum."""

    code: str
    call_off: str
    part: str
    provider: str
    receiver: str
    resource: str
    unit: str
    amount: int
    due: date
    created: datetime
    finished: bool


@dataclass(frozen=True)
class Contract:
    """An agreement with its promises. left: (place of the line, what can still be called off) while it is in force."""

    code: str
    title: str
    state: str
    created: datetime
    terms: Terms
    promises: tuple[Promise, ...]
    left: tuple[tuple[int, Decimal], ...] = ()


@dataclass
class More:
    """Things for a document beside its events, and which agents, resources and units they name."""

    things: list[Thing] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    resources: dict[str, str] = field(default_factory=dict)
    units: set[str] = field(default_factory=set)

    def much(self, count: int, resource: str, unit: str) -> Thing:
        """So much of a resource; a currency is counted in units of one."""
        label = "one" if is_money(resource) else unit or "one"
        self.units.add(label)
        return measure(f"{amount_of(count, resource):f}", label)

    def flow(self, provider: str, receiver: str, resource: str) -> Thing:
        """What all flows between two have in common; either may be empty."""
        self.agents |= {who for who in (provider, receiver) if who}
        self.resources.setdefault(resource, "")
        sides = {"provider": iri(provider) if provider else "", "receiver": iri(receiver) if receiver else ""}
        return {
            "action": "transfer",
            **{name: id for name, id in sides.items() if id},
            "resourceConformsTo": iri(resource),
        }


def more_of(
    contracts: Iterable[Contract],
    debts: Sequence[Debt] = (),
    held: Mapping[str, Holding] | None = None,
    own: str = "",
    units: Mapping[str, str] | None = None,
) -> More:
    """The things beside the events.

    A bundle for each agreement, in it an agreement for each call-off: goods are stipulated, price and solidarity come
    back for them, each its own commitment. What can still be called off is an intent of the giver.
    debts   what is owed; held: resource → by right and in hand, of the agent `own`
    """
    found, named = More(), units or {}
    for contract in contracts:
        _contract(found, contract)
    for at, debt in enumerate(debts):
        found.things.append(
            {
                "@id": iri(f"claim:{debt.agreement}/{debt.part}/{at + 1}"),
                "@type": "Claim",
                **found.flow(debt.debtor, debt.creditor, debt.resource),
                "resourceQuantity": found.much(debt.amount, debt.resource, ""),
                f"{OWN_PREFIX}:part": debt.part,
            }
        )
    for resource, (right, hand) in sorted((held or {}).items()):
        found.agents.add(own)
        found.resources.setdefault(resource, "")
        unit = named.get(resource, "")
        found.things.append(
            {
                "@id": iri(f"held:{own}/{resource}"),
                "@type": "EconomicResource",
                "conformsTo": iri(resource),
                "primaryAccountable": iri(own),
                "accountingQuantity": found.much(right, resource, unit),
                "onhandQuantity": found.much(hand, resource, unit),
            }
        )
    return found


def agreement_of(contract: str, call_off: str) -> str:
    """The id of the agreement that a promise belongs to: that of its call-off, or of what holds from the start."""
    return iri(f"agreement:{call_off or f'{contract}/from-the-start'}")


def _contract(found: More, contract: Contract) -> None:
    bundle = iri(f"agreement-bundle:{contract.code}")
    clauses: dict[str, dict[str, list[str]]] = {}
    for one in sorted(contract.promises, key=lambda one: one.code):
        id = agreement_of(contract.code, one.call_off)
        name = "stipulates" if one.part == "goods" else "stipulatesReciprocal"
        clauses.setdefault(id, {"stipulates": [], "stipulatesReciprocal": []})[name].append(
            iri(f"promise:{one.code}")
        )
        found.things.append(
            {
                "@id": iri(f"promise:{one.code}"),
                "@type": "Commitment",
                **found.flow(one.provider, one.receiver, one.resource),
                "resourceQuantity": found.much(one.amount, one.resource, one.unit),
                "due": moment(one.due),
                "created": one.created.isoformat(timespec="milliseconds"),
                "finished": one.finished,
                "clauseOf" if one.part == "goods" else "reciprocalClauseOf": id,
                f"{OWN_PREFIX}:part": one.part,
            }
        )
    for id, lists in sorted(clauses.items()):
        found.things.append(
            {
                "@id": id,
                "@type": "Agreement",
                "name": contract.title,
                "created": contract.created.isoformat(timespec="milliseconds"),
                **lists,
                "bundledIn": bundle,
                f"{OWN_PREFIX}:state": contract.state,
            }
        )
    found.things.append(
        {
            "@id": bundle,
            "@type": "AgreementBundle",
            "name": contract.title,
            "note": contract.terms.words,
            "created": contract.created.isoformat(timespec="milliseconds"),
            "bundles": sorted(clauses),
        }
    )
    for at, left in contract.left:
        line = contract.terms.lines[at]
        resource = good(contract.terms.network, line.product)
        found.things.append(
            {
                "@id": iri(f"left:{contract.code}/{at + 1}"),
                "@type": "Intent",
                **found.flow(agent(contract.terms.giver), "", resource),
                "name": contract.title,
                "availableQuantity": measure(f"{left:f}", line.unit or "one"),
                "hasBeginning": moment(contract.terms.starts),
                "hasEnd": moment(contract.terms.ends),
                "finished": False,
            }
        )
        found.units.add(line.unit or "one")
