"""What the end-to-end tests and the contract tests begin with."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from stack import Stack


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A running stack with its limits lifted; its logs are shown when a test failed."""
    with Stack.started("--lift-limits") as running:
        yield running
        if request.session.testsfailed:
            sys.stderr.write(running.logs() + "\n")
