"""The description at /api/v1/openapi.json holds together: a program can be made from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from solidaria.api.urls import description
from tests.api.programs import ACTS, ROOT, Program

pytestmark = pytest.mark.django_db

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture
def told() -> dict[str, Any]:
    found: dict[str, Any] = Program().get("/openapi.json").json()
    return found


def everything(value: Any) -> Iterator[tuple[str, Any]]:
    """Every name and value in it, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from everything(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from everything(inner)


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation: path, method, what is said about it."""
    for path, methods in told["paths"].items():
        assert set(methods) <= METHODS, path
        for method, operation in methods.items():
            yield path, method, operation


def faults_of(told: dict[str, Any]) -> list[str]:
    """What keeps it from being OpenAPI 3; the specification's own rules, https://spec.openapis.org/oas/v3.1.0 ."""
    faults = []
    if not re.fullmatch(r"3\.\d+\.\d+", str(told.get("openapi"))):
        faults.append("no version of OpenAPI 3")
    if not told.get("info", {}).get("title") or not told.get("info", {}).get("version"):
        faults.append("no title or version")
    ids = [operation.get("operationId") for _, _, operation in operations(told)]
    if None in ids or len(set(ids)) < len(ids):
        faults.append("an operationId is missing or there twice")
    schemes = told["components"].get("securitySchemes", {})
    for path, method, operation in operations(told):
        here = f"{method} {path}"
        parameters = operation.get("parameters", [])
        placed = {one["name"] for one in parameters if one["in"] == "path"}
        if placed != set(re.findall(r"\{(\w+)\}", path)):
            faults.append(f"{here}: the address and its parameters differ")
        if any(one["in"] == "path" and not one.get("required") for one in parameters):
            faults.append(f"{here}: a part of the address is not required")
        if len({(one["in"], one["name"]) for one in parameters}) < len(parameters):
            faults.append(f"{here}: a parameter is there twice")
        if any("schema" not in one for one in parameters):
            faults.append(f"{here}: a parameter without a schema")
        answers = operation.get("responses", {})
        if not answers or not all(re.fullmatch(r"[1-5]\d\d", number) for number in answers):
            faults.append(f"{here}: answers without a number")
        if not all(answer.get("description") for answer in answers.values()):
            faults.append(f"{here}: an answer without a description")
        if method in ("get", "delete") and "requestBody" in operation:
            faults.append(f"{here}: a body where none is sent")
        for body in [operation.get("requestBody", {}), *answers.values()]:
            if any("schema" not in content for content in body.get("content", {}).values()):
                faults.append(f"{here}: a body without a schema")
        for need in operation.get("security", []):
            faults += [f"{here}: no security scheme {name}" for name in need if name not in schemes]
    for name, value in everything(told):
        if name == "$ref" and not _leads_somewhere(told, str(value)):
            faults.append(f"{value} leads nowhere")
    return faults


def _leads_somewhere(told: Any, reference: str) -> bool:
    if not reference.startswith("#/"):
        return False
    for step in reference[2:].split("/"):
        if step not in told:
            return False
        told = told[step]
    return True


def test_it_is_openapi_3(told: dict[str, Any]) -> None:
    assert faults_of(told) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda one: one.update(openapi="2.0"), "no version"),
        (lambda one: one["paths"][f"{ROOT}/me"]["get"].update(operationId="organisations"), "there twice"),
        (lambda one: one["paths"][f"{ROOT}/me"]["get"]["responses"].update({"200": {}}), "without a description"),
        (lambda one: one["components"]["schemas"].pop("Me"), "leads nowhere"),
        (lambda one: one["components"].pop("securitySchemes"), "no security scheme"),
        (lambda one: one["paths"].update({"/x/{y}": one["paths"][f"{ROOT}/me"]}), "its parameters differ"),
    ],
)
def test_the_check_finds_what_is_broken(told: dict[str, Any], change: Any, fault: str) -> None:
    change(told)
    assert any(fault in one for one in faults_of(told)), faults_of(told)


def test_every_operation_says_what_it_does_and_who_may_ask(told: dict[str, Any]) -> None:
    for path, method, operation in operations(told):
        assert operation["description"].endswith((".", ")")), (path, method)
        assert operation["tags"], (path, method)
        public = "security" not in operation
        assert public == (method == "get" and path in open_to_all()), path
        assert ("401" in operation["responses"]) != public, path


def open_to_all() -> set[str]:
    """What nobody needs a key for."""
    return {
        f"{ROOT}{rest}"
        for rest in (
            "/organisations",
            "/organisations/{code}",
            "/organisations/{code}/open-books",
            "/organisations/{code}/open-books/checkpoint",
            "/organisations/{code}/open-books/growth/{number}",
            "/vf/context.jsonld",
            "/vf/organisations/{code}",
        )
    }


def test_it_names_the_action_of_every_operation_that_changes_something(told: dict[str, Any]) -> None:
    acting = {operation["x-action"] for _, _, operation in operations(told) if "x-action" in operation}
    assert acting == set(ACTS)
    for path, method, operation in operations(told):
        assert ("x-action" in operation) == (method != "get"), (path, method)
        keys = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
        assert len(keys) == (0 if method == "get" else 1)


def test_amounts_are_text_everywhere(told: dict[str, Any]) -> None:
    """A float would lose digits: none comes in, none goes out but in the result, whose own page says so."""
    kinds = {value for name, value in everything(told["components"]["schemas"]) if name == "type"}
    assert "number" not in {kind for kind in kinds if isinstance(kind, str)}


def test_nothing_of_it_is_fetched_from_elsewhere(told: dict[str, Any]) -> None:
    links = re.findall(r"https?://[^\s\"']+", str(told))
    assert links == []
    assert description() == told or description()["paths"].keys() == told["paths"].keys()
    assert Program().get("/docs").status_code == 404
