"""The OpenAPI document, and its schemas as validators."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs
import yaml
from stack import PROJECT

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict:
    return yaml.safe_load((PROJECT / "docs/openapi.yaml").read_text())


def resolved(node: Any) -> Any:
    """What a reference stands for; anything else is itself."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document()
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


class Operation(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    content: dict

    @property
    def name(self) -> str:
        return self.content["operationId"]

    @property
    def parameters(self) -> list[dict]:
        return [resolved(one) for one in document()["paths"][self.path].get("parameters", []) + self.content.get("parameters", [])]

    @property
    def responses(self) -> dict[str, dict]:
        return {status: resolved(one) for status, one in self.content["responses"].items()}

    @property
    def body(self) -> dict | None:
        return resolved(self.content.get("requestBody"))

    def bodies(self) -> Iterator[tuple[str, str, dict]]:
        """Every body, sent or answered: where it stands, its kind and its description."""
        for kind, media in (self.body or {}).get("content", {}).items():
            yield f"{self.name} request", kind, media
        for status, response in self.responses.items():
            for kind, media in response.get("content", {}).items():
                yield f"{self.name} {status}", kind, media


def operations() -> list[Operation]:
    return [
        Operation(method.upper(), path, item[method])
        for path, item in document()["paths"].items()
        for method in METHODS
        if method in item
    ]


def examples(media: dict) -> list[Any]:
    """The examples of a body, or of its schema where it has none of its own."""
    if "example" in media:
        return [media["example"]]
    if "examples" in media:
        return [one["value"] for one in media["examples"].values()]
    schema = resolved(media["schema"])
    return [schema["example"]] if "example" in schema else []


def json_schema(node: Any) -> Any:
    """A schema of OpenAPI 3.0 as one of JSON Schema, which knows no `nullable`."""
    if isinstance(node, list):
        return [json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    schema = {name: json_schema(value) for name, value in node.items() if name not in ("nullable", "example")}
    if node.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, schema]}
    return schema


@cache
def components() -> dict:
    return {"schemas": {name: json_schema(one) for name, one in document()["components"]["schemas"].items()}}


def validator(schema: dict) -> jsonschema_rs.Validator:
    """Formats count, as in the requests that schemathesis makes."""
    return jsonschema_rs.Draft7Validator({"allOf": [json_schema(schema)], "components": components()}, validate_formats=True)


def problems(schema: dict, value: Any) -> list[str]:
    """What is wrong with a value by a schema of the document."""
    return [f"{'/'.join(str(step) for step in one.instance_path)}: {one.message}" for one in validator(schema).iter_errors(value)]


def operation(name: str) -> Operation:
    """The operation with that name."""
    return next(one for one in operations() if one.name == name)


def misordered(node: Any, value: Any, where: str = "") -> list[str]:
    """Objects whose members are not in the order in which the document has them."""
    schema = resolved(node)
    if "oneOf" in schema:
        return min((misordered(one, value, where) for one in schema["oneOf"] if not problems(one, value)), key=len, default=[where])
    if isinstance(value, list):
        return [found for index, one in enumerate(value) for found in misordered(schema.get("items", {}), one, f"{where}[{index}]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    wanted = [name for name in schema["properties"] if name in value]
    found = [] if list(value) == wanted else [f"{where}: {list(value)} and not {wanted}"]
    for name, one in schema["properties"].items():
        if name in value:
            found += misordered(one, value[name], f"{where}.{name}")
    return found
