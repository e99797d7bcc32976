"""A sandbox as `deploy/up` makes it, and its routes by the names of their operations: what they answer keeps to the document
and has its members in the contract's order."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
from document import misordered, operation, operations, problems
from stack import Stack


class Sandbox:
    """Calls routes by the names of their operations, and notes which were called."""

    def __init__(self, stack: Stack, client: httpx.Client) -> None:
        self.stack = stack
        self.client = client
        self.called: set[str] = set()

    def ask(self, name: str, body: Any = None, query: dict | None = None, **names: str) -> Any:
        """The answer's `data`, or the answer that has none, which is as the document says."""
        wanted = operation(name)
        path = wanted.path.format(**{key: quote(value, safe="") for key, value in names.items()})
        answer = self.client.request(wanted.method, path, params=query, json=body)
        assert answer.is_success, f"{name}: {answer.status_code} {answer.text}"
        schema = wanted.responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        found = json.loads(answer.text)
        assert problems(schema, found) == [], name
        assert misordered(schema, found) == [], name
        self.called.add(name)
        return found["data"] if isinstance(found, dict) and "data" in found else found

    def not_called(self, *prefixes: str) -> set[str]:
        """The operations below these paths that nobody has asked for."""
        return {one.name for one in operations() if one.path.startswith(prefixes)} - self.called
