"""The OpenAPI document by itself: every body has examples that keep to its schema, every route its errors, and nothing
is left open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from document import Operation, document, examples, operations, problems, resolved

OPERATIONS = operations()
IDS = [operation.name for operation in OPERATIONS]
# Any JSON: what callers and providers say is kept as it is.
ANY = {"request", "response", "error"}
# In answers, objects all of whose members may be missing: what an owner has set, and what there is to say about an error.
ALL_OPTIONAL = {"ModelConfig", "IntegrationError.meta"}


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does():
    assert len(set(IDS)) == len(IDS)
    for operation in OPERATIONS:
        assert operation.content["summary"] and operation.content["tags"], operation.name
        assert {tag["name"] for tag in document()["tags"]} >= set(operation.content["tags"]), operation.name


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_every_body_has_examples_that_keep_to_its_schema(operation):
    for where, kind, media in operation.bodies():
        found = examples(media)
        assert found, f"{where} {kind} has no example"
        for example in found:
            assert problems(media["schema"], example) == [], f"{where} {kind}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_every_parameter_has_a_schema_with_a_type_and_its_example_keeps_to_it(operation):
    for parameter in operation.parameters:
        schema = resolved(parameter["schema"])
        assert "type" in schema, f"{operation.name} {parameter['name']}"
        for holder in (parameter, schema):
            if "example" in holder:
                assert problems(schema, holder["example"]) == [], f"{operation.name} {parameter['name']}"
        if "default" in schema:
            assert problems(schema, schema["default"]) == [], f"{operation.name} {parameter['name']}"


def expected_errors(operation: Operation) -> set[str]:
    """The errors that a route has for what it takes."""
    if operation.content.get("security") == []:
        return {"429"}
    names = {parameter["name"] for parameter in operation.parameters}
    errors = {"400", "401", "403", "429", "503"}
    if not operation.path.startswith("/api/v1/"):
        errors.add("500")
    if any(parameter["in"] == "path" for parameter in operation.parameters):
        errors.add("404")
    if operation.body is not None:
        errors |= {"413", "415"}
    if "Idempotency-Key" in names:
        errors |= {"409", "422"}
    if "If-Match" in names:
        errors.add("412")
    return errors


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_every_operation_has_the_errors_that_belong_to_what_it_takes(operation):
    statuses = set(operation.responses)
    assert any(status.startswith("2") for status in statuses)
    assert expected_errors(operation) - statuses == set()
    names = {parameter["name"] for parameter in operation.parameters}
    assert ("304" in statuses) == ("If-None-Match" in names)
    assert "412" not in statuses or "If-Match" in names
    assert "422" not in statuses or "Idempotency-Key" in names


def schemas(node: Any, where: str) -> Iterator[tuple[str, dict]]:
    """A schema and every one inside it, with a place to look for it."""
    if not isinstance(node, dict) or "$ref" in node:
        return
    yield where, node
    for name, one in node.get("properties", {}).items():
        yield from schemas(one, f"{where}.{name}")
    for name in ("allOf", "oneOf", "anyOf"):
        for one in node.get(name, []):
            yield from schemas(one, where)
    for name in ("items", "additionalProperties"):
        yield from schemas(node.get(name), where)


def every_schema() -> Iterator[tuple[str, dict]]:
    for name, one in document()["components"]["schemas"].items():
        yield from schemas(one, name)
    for operation in OPERATIONS:
        for where, _, media in operation.bodies():
            yield from schemas(media["schema"], where)


def test_every_schema_has_a_type_and_no_object_takes_what_is_not_named():
    for where, schema in every_schema():
        said = {"type", "allOf", "oneOf", "anyOf"} & set(schema)
        assert said or where.rsplit(".", 1)[-1] in ANY and "Any JSON" in schema["description"], where
        if "properties" in schema:
            assert schema["additionalProperties"] is False, where
            assert set(schema.get("required", [])) <= set(schema["properties"]), where


def answered(node: Any, where: str, seen: set[str]) -> Iterator[tuple[str, dict]]:
    """The objects of an answer, references followed."""
    if isinstance(node, dict) and "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        if name in seen:
            return
        seen.add(name)
        node, where = resolved(node), name
    if not isinstance(node, dict):
        return
    if "properties" in node:
        yield where, node
    for name, one in node.get("properties", {}).items():
        yield from answered(one, f"{where}.{name}", seen)
    for name in ("allOf", "oneOf", "anyOf"):
        for one in node.get(name, []):
            yield from answered(one, where, seen)
    for name in ("items", "additionalProperties"):
        yield from answered(node.get(name), where, seen)


def test_every_object_of_an_answer_says_what_is_always_there():
    seen: set[str] = set()
    for operation in OPERATIONS:
        for status, response in operation.responses.items():
            for media in response.get("content", {}).values():
                for where, schema in answered(media["schema"], f"{operation.name} {status}", seen):
                    assert schema.get("required") or where in ALL_OPTIONAL, where


def names_of(schema: Any, prefix: str = "") -> set[str]:
    """The names that the columns of a row can have: nested ones joined by a dot."""
    schema = resolved(schema)
    found: set[str] = set()
    for name, one in schema.get("properties", {}).items():
        found.add(prefix + name)
        inner = resolved(one)
        found |= names_of(inner.get("items", inner), f"{prefix}{name}.")
    return found


def row_schemas(schema: Any) -> Iterator[dict]:
    """What the arrays of a list's answer hold."""
    schema = resolved(schema)
    for one in schema.get("oneOf", []):
        yield from row_schemas(one)
    for one in schema.get("properties", {}).values():
        one = resolved(one)
        if one.get("type") == "array":
            yield one["items"]
        else:
            yield from row_schemas(one)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if any(kind == "text/csv" for _, kind, _ in one.bodies())], ids=lambda one: one.name)
def test_the_columns_of_csv_are_the_names_of_the_fields(operation):
    answer = operation.responses["200"]["content"]
    [rows, *_] = row_schemas(answer["application/json"]["schema"])
    text = answer["text/csv"]["example"]
    assert text.endswith("\r\n")
    columns, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    # What callers put into metadata has columns where the contract names it.
    known = names_of(rows) | {"metadata.requestId", "metadata.model", "metadata.prompt", "metadata.resolution"}
    assert set(columns) <= known
    assert lines and all(len(line) == len(columns) for line in lines), "an example without a row shows nothing"
    assert {parameter["name"] for parameter in operation.parameters} >= {"format"}
