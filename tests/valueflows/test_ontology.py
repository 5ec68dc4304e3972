"""Our table of Valueflows against the ontology of release 1.0.0, property by property."""

from __future__ import annotations

import pytest

from solidaria.core import books, valueflows
from tests.valueflows.shapes import ACTIONS, HERE, PARENTS, PROPERTIES, faults, kinds, shacl

XSD = {"number": "xsd:decimal", "xsd:string": None}


@pytest.mark.parametrize("kind", sorted(valueflows.CLASSES))
def test_every_class_has_the_properties_and_counts_of_the_ontology_and_no_others(kind: str) -> None:
    theirs = {
        one.name: one.many
        for one in PROPERTIES.values()
        if kind in kinds(one.domain) and one.name not in ("contains", "containedIn")
    }
    ours = {
        name: many for name, many in valueflows.CLASSES[kind].items() if name not in ("contains", "containedIn")
    }
    assert ours == theirs


def test_every_value_is_of_the_kind_the_ontology_says() -> None:
    names = {name for properties in valueflows.CLASSES.values() for name in properties}
    for name in names:
        known = PROPERTIES[name]
        if known.range[0] in ("Action", "ProposalPurpose"):
            wanted: str | None = "@vocab"
        elif known.leads_to_things:
            wanted = "@id"
        else:
            wanted = XSD.get(known.range[0], known.range[0])
        assert valueflows.RANGES.get(name) == wanted, name


def test_every_action_stands_and_counts_as_in_the_ontology() -> None:
    assert {name: (one.place, one.counts) for name, one in books.ACTIONS.items()} == {
        name: (place, {"resource": "quantity"}.get(counts, counts)) for name, (place, counts) in ACTIONS.items()
    }
    assert all(ACTIONS[name][0] == place for name, place in valueflows.ACTIONS.items())


def test_the_shapes_in_the_project_are_those_generated_from_the_ontology() -> None:
    assert (HERE / "shapes.ttl").read_text(encoding="utf-8") == shacl()
    assert set(PARENTS) == {"Person", "Organization", "EcologicalAgent"}


GOOD = {"@id": "a", "@type": "Person", "name": "Ana"}
UNIT = {"@id": "u", "@type": "Unit", "label": "one"}


@pytest.mark.parametrize(
    ("thing", "fault"),
    [
        ({"@type": "Claim", "action": "transfer", "provider": "a", "due": "2026-03-09T12:00:00Z"}, None),
        ({"@type": "Claim", "action": "transfer", "clauseOf": "a"}, "Claim has no clauseOf"),
        ({"@type": "Claim"}, "Claim lacks action"),
        ({"@type": "Claim", "action": "give"}, "Claim.action: 'give' is no Action"),
        (
            {"@type": "Claim", "action": "transfer", "provider": "nobody"},
            "Claim.provider: nobody is not in the document",
        ),
        ({"@type": "Claim", "action": "transfer", "provider": "u"}, "Claim.provider: Unit is no Agent"),
        (
            {"@type": "Claim", "action": "transfer", "due": "2026-03-09"},
            "Claim.due: '2026-03-09' is no xsd:dateTimeStamp",
        ),
        ({"@type": "Claim", "action": ["use", "work"]}, "Claim has 2 of action"),
        (
            {"@type": "Measure", "hasNumericalValue": 1.5, "hasUnit": "u"},
            "Measure.hasNumericalValue: 1.5 is no number",
        ),
        ({"@type": "Organization", "finished": True}, "Organization has no finished"),
    ],
)
def test_the_checker_finds_what_is_not_valueflows(thing: dict[str, object], fault: str | None) -> None:
    assert faults({"@graph": [GOOD, UNIT, thing]}) == ([] if fault is None else [fault])
