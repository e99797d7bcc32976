"""The stacks of the contract tests: one without rate limits, as the end-to-end tests have it, and a sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "EndToEnd")]

from fixtures import stack  # noqa: E402, F401
from sandbox import Sandbox  # noqa: E402
from stack import Stack  # noqa: E402


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A stack with traffic and keys, as `deploy/up` makes it."""
    with Stack.started("--lift-limits", is_filled=True) as running, running.client(running.admin_token) as client:
        yield Sandbox(running, client)
