"""Valueflows 1.0.0, as far as Solidaria speaks it: one table of names, from which context and checks are made.

Source: the ontology file of release 1.0.0 (February 2026, CC BY-SA 4.0), https://codeberg.org/valueflows/valueflows .
Names of earlier releases (AgentRelationship, Scenario, Satisfaction, Fulfillment …) are not here on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

RELEASE = "1.0.0"
#: Read with http or https, written with https.
NAMESPACE = "https://w3id.org/valueflows/ont/vf#"
XSD = "http://www.w3.org/2001/XMLSchema#"
#: Names of our own, for what Valueflows leaves out; a number of its own, since a server may move.
OWN_NAMESPACE = "urn:uuid:2f8f8b0e-6a7d-4c57-9d0f-5b8f0f5a1c3e#"
OWN_PREFIX = "solidaria"

#: Class -> property -> how many: "1" exactly one, "?" at most one, "*" any number.
CLASSES: dict[str, dict[str, str]] = {
    "Organization": {"name": "?", "note": "?", "image": "?", "primaryLocation": "?", "classifiedAs": "*"},
    "Person": {"name": "?", "note": "?", "image": "?", "primaryLocation": "?"},
    "SpatialThing": {
        "name": "?", "note": "?", "mappableAddress": "?", "lat": "?", "long": "?", "alt": "?",
        "hasDetailedGeometry": "*",
    },
    "Measure": {"hasNumericalValue": "?", "hasUnit": "?"},
    "Unit": {"label": "1", "symbol": "?", "omUnitIdentifier": "?", "classifiedAs": "*"},
    "ResourceSpecification": {
        "name": "?", "note": "?", "image": "?", "imageList": "*", "resourceClassifiedAs": "*",
        "defaultUnitOfResource": "?", "defaultUnitOfEffort": "?", "substitutable": "?", "mediumOfExchange": "?",
    },
    "ProcessSpecification": {"name": "?", "note": "?", "image": "?"},
    "Recipe": {"name": "?", "note": "?", "primaryOutput": "?", "recipeIncludes": "*"},
    "RecipeProcess": {
        "name": "?", "note": "?", "image": "?", "processConformsTo": "?", "processClassifiedAs": "*",
        "hasDuration": "?", "hasRecipeInput": "*", "hasRecipeOutput": "*",
    },
    "RecipeFlow": {
        "action": "1", "recipeInputOf": "?", "recipeOutputOf": "?", "recipeClauseOf": "?",
        "recipeReciprocalClauseOf": "?", "resourceConformsTo": "?", "resourceClassifiedAs": "*",
        "resourceQuantity": "?", "effortQuantity": "?", "stage": "?", "state": "?", "note": "?",
    },
    "Proposal": {
        "name": "?", "note": "?", "created": "?", "purpose": "?", "publishes": "*", "reciprocal": "*",
        "unitBased": "?", "hasBeginning": "?", "hasEnd": "?", "eligibleLocation": "?", "proposedTo": "*",
        "listedIn": "*",
    },
    "Intent": {
        "action": "1", "provider": "?", "receiver": "?", "inputOf": "?", "outputOf": "?",
        "resourceInventoriedAs": "?", "resourceConformsTo": "?", "resourceClassifiedAs": "*",
        "resourceQuantity": "?", "effortQuantity": "?", "hasBeginning": "?", "hasEnd": "?", "hasPointInTime": "?",
        "due": "?", "finished": "?", "plannedWithin": "?", "stage": "?", "state": "?", "note": "?", "name": "?",
        "image": "?", "imageList": "*", "availableQuantity": "?", "minimumQuantity": "?",
    },
    "Commitment": {
        "action": "1", "provider": "?", "receiver": "?", "inputOf": "?", "outputOf": "?",
        "resourceInventoriedAs": "?", "resourceConformsTo": "?", "resourceClassifiedAs": "*",
        "resourceQuantity": "?", "effortQuantity": "?", "hasBeginning": "?", "hasEnd": "?", "hasPointInTime": "?",
        "due": "?", "created": "?", "finished": "?", "plannedWithin": "?", "independentDemandOf": "?",
        "clauseOf": "?", "reciprocalClauseOf": "?", "satisfies": "*", "stage": "?", "state": "?", "note": "?",
    },
    "EconomicEvent": {
        "action": "1", "provider": "?", "receiver": "?", "inputOf": "?", "outputOf": "?",
        "resourceInventoriedAs": "?", "toResourceInventoriedAs": "?", "resourceConformsTo": "?",
        "resourceClassifiedAs": "*", "resourceQuantity": "?", "effortQuantity": "?", "hasBeginning": "?",
        "hasEnd": "?", "hasPointInTime": "?", "created": "?", "toLocation": "?", "state": "?", "note": "?",
        "image": "?", "fulfills": "*", "satisfies": "*", "settles": "*", "realizationOf": "?",
        "reciprocalRealizationOf": "?", "corrects": "?",
    },
    "EconomicResource": {
        "name": "?", "conformsTo": "?", "classifiedAs": "*", "accountingQuantity": "?", "onhandQuantity": "?",
        "unitOfEffort": "?", "primaryAccountable": "?", "currentLocation": "?", "currentVirtualLocation": "?",
        "currentCurrencyLocation": "?", "stage": "?", "state": "?", "containedIn": "*", "contains": "*",
        "trackingIdentifier": "?", "ofBatchLot": "?", "note": "?", "image": "?", "imageList": "*",
    },
    "Agreement": {
        "name": "?", "note": "?", "created": "?", "stipulates": "*", "stipulatesReciprocal": "*", "realizes": "*",
        "realizesReciprocal": "*", "bundledIn": "?",
    },
    "AgreementBundle": {"name": "?", "note": "?", "created": "?", "bundles": "*"},
    "Claim": {
        "action": "1", "provider": "?", "receiver": "?", "triggeredBy": "?", "resourceConformsTo": "?",
        "resourceClassifiedAs": "*", "resourceQuantity": "?", "effortQuantity": "?", "due": "?", "created": "?",
        "finished": "?", "note": "?",
    },
    "Plan": {
        "name": "?", "note": "?", "due": "?", "created": "?", "hasIndependentDemand": "*", "planIncludes": "*",
    },
    "Process": {
        "name": "?", "note": "?", "basedOn": "?", "classifiedAs": "*", "plannedWithin": "?", "inScopeOf": "?",
        "hasInput": "*", "hasOutput": "*", "hasBeginning": "?", "hasEnd": "?", "finished": "?",
    },
}  # fmt: skip

#: What stands for a property's value where it is not plain text: another thing, a word of Valueflows, or a datatype.
RANGES: dict[str, str] = {
    **dict.fromkeys(
        "primaryLocation hasUnit defaultUnitOfResource defaultUnitOfEffort primaryOutput recipeIncludes "
        "processConformsTo hasRecipeInput hasRecipeOutput recipeInputOf recipeOutputOf resourceConformsTo "
        "resourceQuantity effortQuantity availableQuantity minimumQuantity hasDuration publishes reciprocal "
        "provider receiver inputOf outputOf plannedWithin independentDemandOf hasIndependentDemand planIncludes "
        "clauseOf reciprocalClauseOf stipulates stipulatesReciprocal satisfies basedOn inScopeOf hasInput "
        "hasOutput proposedTo eligibleLocation resourceInventoriedAs toResourceInventoriedAs toLocation fulfills "
        "settles realizationOf reciprocalRealizationOf corrects conformsTo accountingQuantity onhandQuantity "
        "unitOfEffort primaryAccountable currentLocation containedIn contains ofBatchLot realizes "
        "realizesReciprocal bundledIn bundles triggeredBy stage listedIn hasDetailedGeometry recipeClauseOf "
        "recipeReciprocalClauseOf".split(),
        "@id",
    ),
    **dict.fromkeys(("action", "purpose"), "@vocab"),
    **dict.fromkeys(("created", "due", "hasBeginning", "hasEnd", "hasPointInTime"), "xsd:dateTimeStamp"),
    **dict.fromkeys(("finished", "unitBased", "mediumOfExchange", "substitutable"), "xsd:boolean"),
    **dict.fromkeys(("hasNumericalValue", "lat", "long", "alt"), "xsd:decimal"),
    **dict.fromkeys(("omUnitIdentifier", "image", "imageList", "currentVirtualLocation"), "xsd:anyURI"),
}

#: The actions we write, and where each stands: as an input or output of a process, or between agents.
ACTIONS: dict[str, str] = {
    "produce": "output",
    "consume": "input",
    "use": "input",
    "work": "input",
    "transfer": "none",
    "raise": "none",
    "lower": "none",
}
#: Purposes of a proposal.
PURPOSES = ("offer", "request")

#: Our own terms: class -> term -> meaning.
OWN: dict[str, dict[str, str]] = {
    "RecipeProcess": {"site": "the organisation that works by the recipe"},
    "Proposal": {
        "tier": "how essential the need is: 1 is the most essential",
        "pays": "what is paid per unit: market, free, or an amount in the network's currency",
        "period": "the period of the round in which it is needed",
    },
    "Process": {"runs": "how often the recipe is run", "period": "the period of the round"},
    "Intent": {"period": "the period of the round", "tier": "how essential the need is: 1 is the most essential"},
    "Commitment": {
        "period": "the period of the round",
        "part": "which part of an agreement it is: goods, price, solidarity, advance",
    },
    "EconomicEvent": {"part": "why it happened: price, solidarity, advance, wage, goods …"},
    "Claim": {"part": "what it is owed for: price, or solidarity"},
    "Agreement": {"state": "where it stands: draft, waiting, in force, paused, ended, broken"},
    "Plan": {"state": "the plan's state: done, or chosen by the network for its assemblies"},
}


def context() -> dict[str, Any]:
    """The JSON-LD context: every class, property, action and purpose of the tables, and nothing else."""
    terms: dict[str, Any] = {
        "@version": 1.1,
        "vf": NAMESPACE,
        "xsd": XSD,
        OWN_PREFIX: {"@id": OWN_NAMESPACE, "@prefix": True},
    }
    names = {name for properties in CLASSES.values() for name in properties}
    for name in sorted({*CLASSES, *ACTIONS, *PURPOSES}):
        terms[name] = f"vf:{name}"
    for name in sorted(names):
        terms[name] = {"@id": f"vf:{name}", "@type": RANGES[name]} if name in RANGES else f"vf:{name}"
    for name in sorted({name for own in OWN.values() for name in own}):
        terms[f"{OWN_PREFIX}:{name}"] = (
            {"@id": OWN_NAMESPACE + name, "@type": "@id"} if name == "site" else OWN_NAMESPACE + name
        )
    return {"@context": terms}


def things(document: Any) -> Iterator[Mapping[str, Any]]:
    """Every thing in a document that says what it is, outer ones first."""
    if isinstance(document, Mapping):
        if "@type" in document:
            yield document
        for value in document.values():
            yield from things(value)
    elif isinstance(document, (list, tuple)):
        for value in document:
            yield from things(value)


def faults_of(document: Any) -> list[str]:
    """What in a document is not Valueflows 1.0.0 by the tables above; empty when nothing is.

    Checked: classes, properties of each class, how many values, known actions and purposes, inputs and outputs of
    processes, and what the vocabulary leaves open but we promise: an intent has a provider or a receiver and not both,
    a commitment has both.
    """
    faults = []
    by_id = {str(thing["@id"]): thing for thing in things(document) if "@id" in thing}
    for thing in things(document):
        kind = str(thing["@type"])
        if kind not in CLASSES:
            faults.append(f"{kind} is not a class")
            continue
        allowed, own = CLASSES[kind], {f"{OWN_PREFIX}:{name}" for name in OWN.get(kind, {})}
        for name, value in thing.items():
            if name.startswith("@") or name in own:
                continue
            if name not in allowed:
                faults.append(f"{kind} has no {name}")
            elif isinstance(value, list) != (allowed[name] == "*"):
                faults.append(f"{name} of {kind} can be there {allowed[name]} times")
        faults += [f"{kind} lacks {name}" for name, many in allowed.items() if many == "1" and name not in thing]
        if thing.get("action", "use") not in ACTIONS or thing.get("purpose", "offer") not in PURPOSES:
            faults.append(f"{kind} with the action {thing.get('action')}, the purpose {thing.get('purpose')}")
        agents = [name for name in ("provider", "receiver") if name in thing]
        if kind == "Intent" and len(agents) != 1:
            faults.append("an intent has a provider or a receiver, and not both")
        if kind == "Commitment" and len(agents) != 2:
            faults.append("a commitment has both a provider and a receiver")
        for name, place in (("hasInput", "input"), ("hasOutput", "output")):
            for flow in _flows(thing, name, by_id) + _flows(thing, f"hasRecipe{name[3:]}", by_id):
                if ACTIONS.get(str(flow.get("action"))) != place:
                    faults.append(f"{flow.get('action')} is no {place} of a process")
    return faults


def _flows(thing: Mapping[str, Any], name: str, by_id: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [by_id.get(flow, {}) if isinstance(flow, str) else flow for flow in thing.get(name, [])]
