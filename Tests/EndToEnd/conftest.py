"""The fixtures of the end-to-end tests: one private stack for the whole run, without rate limits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stack import Simulator, SimulatorRequests, Stack  # noqa: E402


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A running stack with its limits lifted; its logs are shown when a test failed."""
    running = Stack.start("--lift-limits")
    yield running
    if request.session.testsfailed:
        sys.stderr.write(running.logs() + "\n")
    running.stop()


@pytest.fixture(scope="session")
def simulator(stack: Stack) -> Simulator:
    """The simulator that belongs to the stack."""
    return Simulator(url=stack.simulator_url, ca=stack.ca)


@pytest.fixture
def simulator_requests(simulator: Simulator) -> Iterator[SimulatorRequests]:
    """What the simulator was asked by the stack."""
    seen = SimulatorRequests(simulator)
    yield seen
    seen.client.close()


@pytest.fixture
def client(stack: Stack) -> Iterator:
    """An administrator's client."""
    with stack.client(stack.admin_token) as opened:
        yield opened
