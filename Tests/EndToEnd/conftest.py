"""The fixtures of the end-to-end tests: one private stack for the whole run, and what they change in it and put back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fixtures import stack  # noqa: E402, F401
from integration import faults, providers_kept, wipe  # noqa: E402
from stack import Simulator, SimulatorRequests, Stack  # noqa: E402


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A stack of the module's own, without rate limits."""
    with Stack.started("--lift-limits") as running:
        yield running


@pytest.fixture
def admin(own_stack: Stack) -> Iterator[httpx.Client]:
    """An administrator's client of the module's own stack."""
    with own_stack.client(own_stack.admin_token) as opened:
        yield opened


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
def client(stack: Stack) -> Iterator[httpx.Client]:
    """An administrator's client."""
    with stack.client(stack.admin_token) as opened:
        yield opened


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection]:
    """The stack's database, as its superuser."""
    with psycopg.connect(stack.database_url, autocommit=True) as opened:
        yield opened


@pytest.fixture
def fault(simulator: Simulator) -> Iterator:
    """Makes providers of the simulator fail until the test has ended."""
    with faults(simulator) as order:
        yield order


@pytest.fixture
def as_installed(database: psycopg.Connection) -> Iterator[None]:
    """A test begins and ends without keys of the installation and without checks, and with the providers as they came."""
    wipe(database)
    with providers_kept(database):
        yield
    wipe(database)


@pytest.fixture
def never_used(database: psycopg.Connection, as_installed: None) -> None:
    """The providers as they are before anybody has changed or used one."""
    database.execute("DELETE FROM provider_usage")
    database.execute("DELETE FROM usage_tail")
    database.execute("UPDATE providers SET version = 1, enabled = kind <> 'compute', priority = 1, models_listed_at = NULL")


@pytest.fixture
def catalogue_as_installed(database: psycopg.Connection, as_installed: None) -> Iterator[None]:
    """A test ends with the models and prices with which it began, and without routing rules."""
    last_price = database.execute("SELECT max(id) FROM prices").fetchone()[0]
    last_model = database.execute("SELECT max(id) FROM models").fetchone()[0]
    states = database.execute("SELECT is_active, retired_at, listed_at, id FROM models").fetchall()
    yield
    database.execute("DELETE FROM routing_targets")
    database.execute("DELETE FROM routing_versions WHERE version > 1")
    for table in ("price_tiers", "price_resolutions"):
        database.execute(f"DELETE FROM {table} WHERE price_id > %s", (last_price,))
    database.execute("DELETE FROM prices WHERE id > %s", (last_price,))
    database.execute("DELETE FROM models WHERE id > %s", (last_model,))
    with database.pipeline(), database.cursor() as cursor:
        cursor.executemany("UPDATE models SET is_active = %s, retired_at = %s, listed_at = %s WHERE id = %s", states)
