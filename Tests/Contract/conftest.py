"""A private stack without rate limits for the contract tests, as the end-to-end tests have one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "EndToEnd")]

from sandbox import Sandbox  # noqa: E402
from stack import Stack  # noqa: E402


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A running stack with its limits lifted; its logs are shown when a test failed."""
    with Stack.started("--lift-limits") as running:
        yield running
        if request.session.testsfailed:
            sys.stderr.write(running.logs() + "\n")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A stack with traffic and keys, as `deploy/up` makes it."""
    with Stack.started("--lift-limits", is_filled=True) as running, running.client(running.admin_token) as client:
        yield Sandbox(running, client)
