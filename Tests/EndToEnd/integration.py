"""What the tests of contract 3 share."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
from golden import check
from psycopg.types.json import Json

ROOT = "/api/providers"
KEY = "sk-test-0123456789"
OTHER_KEY = "sk-test-9876543210"


def route(provider: str, rest: str = "") -> str:
    return f"{ROOT}/{provider}" + (f"/{rest}" if rest else "")


def wipe(database: psycopg.Connection) -> None:
    """No checks, no runs and no keys of the installation."""
    database.execute("DELETE FROM health_runs")
    database.execute("DELETE FROM health_checks")
    database.execute("DELETE FROM credentials WHERE owner IS NULL")


@contextmanager
def providers_kept(database: psycopg.Connection) -> Iterator[None]:
    """Gives the providers back what the migrations made."""
    cursor = database.execute("SELECT * FROM providers")
    columns = [column.name for column in cursor.description]
    before = cursor.fetchall()
    yield
    names = ", ".join(f"{name} = %s" for name in columns if name != "id")
    for row in before:
        values = dict(zip(columns, row, strict=True))
        identifier = values.pop("id")
        given = [Json(value) if isinstance(value, dict) else value for value in values.values()]
        database.execute(f"UPDATE providers SET {names} WHERE id = %s", [*given, identifier])


@contextmanager
def faults(simulator) -> Iterator:
    """Makes providers of the simulator fail until the end."""
    trust = ssl.create_default_context(cafile=simulator.ca)
    with httpx.Client(base_url=f"{simulator.url}/_sim", verify=trust, trust_env=False) as control:
        def order(provider: str, name: str, **parameters) -> None:
            control.put(f"/faults/{provider}", json={"fault": name, **parameters}).raise_for_status()

        yield order
        control.delete("/faults").raise_for_status()


def add(client: httpx.Client, provider: str, key: str = KEY, **properties) -> dict:
    """A stored credential."""
    field = "baseUrl" if provider == "ollama" else "apiKey"
    answer = client.post(route(provider, "credentials"), json={"credentials": {field: key}, **properties})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def audit(database: psycopg.Connection, action: str) -> tuple[str, str, dict]:
    """Outcome, subject and details of the newest row of an action."""
    return database.execute(
        "SELECT outcome, subject, details FROM audit_log WHERE action = %s ORDER BY seq DESC LIMIT 1", (action,)
    ).fetchone()


def finished(client: httpx.Client, run: str, seconds: float = 30) -> dict:
    """A bulk check that has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = client.get(route("health-check", run)).raise_for_status().json()["data"]
        if data["status"] in ("completed", "cancelled"):
            return data
        time.sleep(0.1)
    raise AssertionError(f"the run has not ended within {seconds} s: {data}")


def golden(answer: httpx.Response, name: str) -> None:
    """Compares a whole answer with its golden file; its tag is a digest over IDs and times."""
    answer.headers.pop("etag", None)
    check(answer, name)
