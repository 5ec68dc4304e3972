"""Valueflows: only names of release 1.0.0, each where it belongs, and the same figures as everywhere else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from solidaria.actions import capacity, needs, plan
from solidaria.api.linked import Addresses, Graph
from solidaria.core.money import half_up
from solidaria.core.valueflows import (
    ACTIONS,
    CLASSES,
    NAMESPACE,
    OWN_NAMESPACE,
    RANGES,
    context,
    faults_of,
    things,
)
from solidaria.records.results import result_of
from tests.api.conftest import Place
from tests.api.programs import READS
from tests.web.people import doer

VF = sorted(path for path in READS if path.startswith("/vf/") and "context" not in path)

#: Names that older code and pages still show; 1.0.0 has none of them.
GONE = (
    "AgentRelationship AgentRelationshipRole Scenario ScenarioDefinition RecipeGroup rules Appreciation RoleBehavior "
    "expiresOn Fulfillment Satisfaction Settlement inputs outputs hasPlan"
).split()


def document(place: Place, path: str) -> Any:
    """What stands there, for Ana."""
    answer = place.ana().get(READS[path][1](place.here))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/ld+json"
    return answer.json()


def graph(place: Place, path: str) -> dict[str, Any]:
    """The things of a document by what their address ends in."""
    return {thing["@id"].rpartition("/vf/")[2]: thing for thing in document(place, path)["@graph"]}


@pytest.mark.parametrize("path", VF)
def test_every_document_uses_only_names_of_1_0_0_and_each_where_it_belongs(place: Place, path: str) -> None:
    found = document(place, path)
    assert faults_of(found) == []
    assert [thing for thing in things(found)]


@pytest.mark.parametrize("path", VF)
def test_every_name_in_a_document_is_in_the_context_and_the_context_is_there(place: Place, path: str) -> None:
    found = document(place, path)
    address = found["@context"].partition("/api/v1")[2]
    terms = place.ana().get(address).json()["@context"]
    for thing in things(found):
        for name in (thing["@type"], *(name for name in thing if not name.startswith("@"))):
            assert name in terms, name
        for name in ("action", "purpose"):
            assert thing.get(name, "work") in terms


def test_the_context_leads_every_name_to_valueflows_or_to_our_own_names() -> None:
    terms = context()["@context"]
    for name, meaning in terms.items():
        if name in ("@version", "vf", "xsd"):
            continue
        address = meaning["@id"] if isinstance(meaning, dict) else meaning
        assert address.startswith(("vf:", OWN_NAMESPACE)), name
        if not name.startswith("solidaria"):
            assert address == f"vf:{name}"
    assert terms["vf"] == NAMESPACE == "https://w3id.org/valueflows/ont/vf#"
    assert not set(GONE) & set(terms)


def test_an_intent_has_what_a_commitment_has_but_for_what_the_release_says() -> None:
    """Section 1 of the release's table, in its own words."""
    without = {"created", "independentDemandOf", "clauseOf", "reciprocalClauseOf", "satisfies"}
    more = {"name", "image", "imageList", "availableQuantity", "minimumQuantity"}
    assert set(CLASSES["Intent"]) == set(CLASSES["Commitment"]) - without | more
    assert "inScopeOf" in CLASSES["Process"] and all(
        "inScopeOf" not in properties for kind, properties in CLASSES.items() if kind != "Process"
    )
    assert set(RANGES) <= {name for properties in CLASSES.values() for name in properties}
    assert set(ACTIONS.values()) == {"input", "output", "none"}


@pytest.mark.parametrize(
    ("thing", "fault"),
    [
        ({"@type": "Scenario"}, "Scenario is not a class"),
        ({"@type": "Plan", "inScopeOf": "x"}, "Plan has no inScopeOf"),
        ({"@type": "Plan", "planIncludes": "x"}, "planIncludes of Plan"),
        ({"@type": "Plan", "name": ["x"]}, "name of Plan"),
        ({"@type": "Intent", "provider": "x"}, "Intent lacks action"),
        ({"@type": "Intent", "action": "give", "provider": "x"}, "with the action give"),
        ({"@type": "Intent", "action": "work", "provider": "x", "receiver": "y"}, "and not both"),
        ({"@type": "Commitment", "action": "transfer", "provider": "x"}, "both a provider and a receiver"),
        ({"@type": "Unit"}, "Unit lacks label"),
        ({"@type": "Plan", "solidaria:colour": "red"}, "Plan has no solidaria:colour"),
        (
            {"@type": "Process", "hasInput": [{"@type": "Intent", "action": "produce", "receiver": "x"}]},
            "produce is no input",
        ),
    ],
)
def test_the_check_finds_what_is_not_valueflows(thing: dict[str, Any], fault: str) -> None:
    assert any(fault in one for one in faults_of({"@graph": [thing]})), faults_of(thing)


def test_a_recipe_is_told_with_what_one_run_takes_and_gives(place: Place) -> None:
    found = graph(place, "/vf/networks/{code}/recipes")
    row, network = place.here.recipe, f"networks/{place.here.network.code}/recipes#"
    recipe = found[f"{network}recipe-{row.code}"]
    process = found[f"{network}recipe-process-{row.code}"]
    assert recipe["@type"] == "Recipe" and recipe["recipeIncludes"] == [process["@id"]]
    assert recipe["primaryOutput"].endswith(f"#product-{place.here.product.code}")
    flows = {
        flow["action"]: (flow.get("resourceQuantity") or flow["effortQuantity"])
        for flow in process["hasRecipeInput"] + process["hasRecipeOutput"]
    }
    units = {thing["@id"]: thing["label"] for thing in found.values() if thing["@type"] == "Unit"}
    assert {
        action: (measure["hasNumericalValue"], units[measure["hasUnit"]]) for action, measure in flows.items()
    } == {
        "consume": ("1.25", "m"),
        "use": ("0.8", "hour"),
        "work": ("1", "hour"),
        "produce": ("1", "piece"),
    }


def test_a_need_is_an_intent_in_a_request_with_nothing_asked_in_return(place: Place) -> None:
    found = graph(place, "/vf/networks/{code}/needs")
    here = f"networks/{place.here.network.code}/needs#"
    proposal = found[f"{here}need-{place.here.need.code}"]
    intent = found[f"{here}intent-{place.here.need.code}"]
    assert proposal["purpose"] == "request" and "reciprocal" not in proposal
    assert proposal["publishes"] == [intent["@id"]] and proposal["solidaria:tier"] == 1
    assert (
        intent["receiver"].endswith(f"/vf/organisations/{place.here.community.code}") and "provider" not in intent
    )
    assert intent["resourceQuantity"]["hasNumericalValue"] == "500"
    in_words = found[f"{here}intent-{place.here.unmatched.code}"]
    assert "resourceConformsTo" not in in_words and "hasUnit" not in in_words["resourceQuantity"]


def test_a_need_is_due_on_the_last_day_of_its_period(place: Place) -> None:
    plan.close_round(doer(place.here.lead), place.here.round)
    periods = [
        {"period": "autumn", "starts": "2027-03-01", "ends": "2027-05-31"},
        {"period": "winter", "starts": "2027-06-01", "ends": "2027-08-31"},
    ]
    plan.open_round(doer(place.here.lead), place.here.network, name="2027", periods=periods)
    needs.edit_need(doer(place.here.member), place.here.other_need, period="winter")
    found = graph(place, "/vf/networks/{code}/needs")
    here = f"networks/{place.here.network.code}/needs#intent-"
    assert found[here + place.here.need.code]["due"] == "2027-05-31T23:59:59+00:00"
    assert found[here + place.here.other_need.code]["due"] == "2027-08-31T23:59:59+00:00"


def test_a_plan_says_what_its_result_says(place: Place) -> None:
    result = result_of(place.here.done.pk)
    assert result is not None
    found = document(place, "/vf/plans/{number}")["@graph"]
    by_id = {thing["@id"]: thing for thing in found}
    first = found[0]
    assert first["@type"] == "Plan"
    processes = [thing for thing in found if thing["@type"] == "Process"]
    assert len(processes) == len(result.plan.production)
    for process, row in zip(processes, result.plan.production, strict=True):
        made = by_id[process["hasOutput"][0]]
        assert Decimal(made["resourceQuantity"]["hasNumericalValue"]) == row.quantity
        work = next(by_id[one] for one in process["hasInput"] if by_id[one]["action"] == "work")
        assert Decimal(work["effortQuantity"]["hasNumericalValue"]) == row.hours
    demands = [by_id[one] for one in first["hasIndependentDemand"]]
    for demand, delivery in zip(demands, result.prices.deliveries, strict=True):
        assert Decimal(demand["resourceQuantity"]["hasNumericalValue"]) == delivery.quantity
        assert demand["independentDemandOf"] == first["@id"]
        satisfied = [one.rpartition("#intent-")[2] for one in demand.get("satisfies", [])]
        assert satisfied == ([delivery.need] if delivery.need else [])
        pay = [by_id[one] for one in by_id[demand["clauseOf"]]["stipulatesReciprocal"]]
        by_part = {one["solidaria:part"]: Decimal(one["resourceQuantity"]["hasNumericalValue"]) for one in pay}
        assert by_part.get("price", Decimal(0)) == half_up(delivery.buyer_pays, 2)
        assert by_part.get("solidarity", Decimal(0)) == half_up(delivery.solidarity, 2)
        for one in pay:
            assert by_id[one["resourceConformsTo"]]["mediumOfExchange"] is True
            assert one["reciprocalClauseOf"] == demand["clauseOf"]
    missing = [one for one in first["planIncludes"] if "#intent-missing/" in one]
    assert len(missing) == len(result.plan.shortfalls) > 0
    assert all(by_id[one]["note"] for one in missing)


@pytest.mark.parametrize("path", [path for path in VF if "organisations" not in path])
def test_every_address_of_this_document_is_told_in_it(place: Place, path: str) -> None:
    """Nothing points into the document at something that is not there."""
    found = document(place, path)
    told = {thing["@id"] for thing in things(found) if "@id" in thing}
    own = READS[path][1](place.here)
    text = json.dumps(found)
    spoken = {
        part.split('"')[0] for part in text.split('"http://testserver/api/v1')[1:] if part.startswith(own + "#")
    }
    assert {f"http://testserver/api/v1{part}" for part in spoken} <= told


def test_other_codes_give_another_address() -> None:
    """Codes may hold any sign; two different ones never meet in one address."""
    graph = Graph(Addresses("https://example.org/vf/"), "https://example.org/vf/plans/1")
    pairs = [("a-b", "c"), ("a", "b-c"), ("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a b", "c"), ("ñ", "c")]
    assert len({graph.part("intent", *pair) for pair in pairs}) == len(pairs)


def test_an_id_with_any_sign_in_it_has_an_address(place: Place) -> None:
    """Workbooks come with ids of all kinds."""
    odd = "a/b c#d?é"
    place.here.community.code = place.here.network.code  # stays as it is in the database
    type(place.here.community).objects.filter(pk=place.here.community.pk).update(code=odd)
    machine = capacity.add_equipment(doer(place.here.lead), place.here.workshop, name="Press", hours="1")
    type(machine).objects.filter(pk=machine.pk).update(code=odd)
    found = place.ana().get(f"/vf/networks/{place.here.network.code}/needs")
    assert found.status_code == 200 and faults_of(found.json()) == []
    assert "/vf/organisations/a%2Fb%20c%23d%3F%C3%A9" in json.dumps(found.json())
