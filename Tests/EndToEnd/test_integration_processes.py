"""Contract 3 and the processes behind it, on a stack of its own: what is asked for survives every kill -9, is begun at
once, and what is changed is seen by all."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from integration import KEY, ROOT, add, finished, route
from processes import until
from stack import Stack

RUN = f"{ROOT}/health-check"
HANGING = "sk-test-fault=hang-0123456789"
LISTENER = "providerd listener"


@pytest.fixture
def database(own_stack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(own_stack.database_url, autocommit=True) as opened:
        opened.execute("DELETE FROM health_runs")
        opened.execute("DELETE FROM credentials")
        # A process that a test has killed holds its job for twenty seconds.
        recent = "SELECT FROM jobs WHERE name = 'health_runs' AND locked_by IS NULL AND last_finished_at > now() - interval '5 seconds'"
        until(lambda: opened.execute(recent).fetchone() is not None, 60)
        yield opened


@pytest.fixture
def client(own_stack) -> Iterator[httpx.Client]:
    with own_stack.client(own_stack.admin_token) as opened:
        yield opened


def processes(stack: Stack) -> list[int]:
    """The master and all its children."""
    master = (stack.run / "pid/providerd").read_text().split()[0]
    found = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=False).stdout.split()
    return [int(master), *map(int, found)]


def backends(database: psycopg.Connection, *names: str) -> list[int]:
    """The processes of PostgreSQL that serve connections of these names."""
    found = database.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = ANY (%s) AND datname = current_database()", (list(names),)
    )
    return [pid for (pid,) in found.fetchall()]


def end(pids: list[int]) -> None:
    """As `pg_terminate_backend`, which the owner of the tables may not call for another role."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue


# Killed


def test_a_run_survives_the_end_of_every_process(own_stack, database, client):
    add(client, "openai", HANGING)
    add(client, "claude", KEY)
    run = client.post(RUN, json={"providers": ["openai", "claude", "cohere"]}).raise_for_status().json()["data"]
    until(lambda: client.get(f"{RUN}/{run['id']}").json()["data"]["done"] == 2, 20)
    victims = processes(own_stack)
    assert len(victims) >= 3, "a master, workers and the process of the jobs"
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{victim}").exists() for victim in victims), 20)
    assert own_stack.up().returncode == 0
    with own_stack.client(own_stack.admin_token) as again:
        # Still the one run of this set.
        second = again.post(RUN, json={"providers": ["claude", "cohere", "openai"]})
        assert (second.status_code, second.json()["meta"]) == (409, {"job": run["id"]})
        data = finished(again, run["id"], 60)
        results = {result["provider"]: (result["status"], (result["error"] or {}).get("kind")) for result in data["results"]}
        assert (data["status"], data["done"]) == ("completed", 3)
        assert results == {"claude": ("healthy", None), "cohere": ("unknown", "no_credentials"), "openai": ("down", "timed_out")}
        assert again.post(RUN, json={"providers": ["claude", "cohere", "openai"]}).status_code == 202


@pytest.mark.parametrize("role", ["worker", "jobs"])
def test_a_run_is_shown_and_cancelled_whoever_was_killed(own_stack, database, role):
    with own_stack.client(own_stack.admin_token) as client:
        add(client, "openai", HANGING)
        run = client.post(RUN, json={"providers": ["openai"]}).json()["data"]["id"]
    for process in processes(own_stack)[1:]:
        if role.encode() in Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0"):
            os.kill(process, signal.SIGKILL)

    def cancelled() -> dict | None:
        with own_stack.client(own_stack.admin_token) as again:
            answer = again.delete(f"{RUN}/{run}")
            return answer.json()["data"] if answer.status_code == 200 else None

    data = until(cancelled, 20)
    assert (data["status"], data["results"][0]["state"]) == ("cancelled", "cancelled")


# Heard of


def test_a_run_begins_at_once(own_stack, database, client):
    until(lambda: backends(database, LISTENER), 20)
    began = time.monotonic()
    run = client.post(RUN, json={"providers": ["cohere"]}).json()["data"]["id"]
    finished(client, run, 5)
    assert time.monotonic() - began < 2


def test_without_its_listening_connection_a_run_begins_a_little_later(own_stack, database, client):
    [before] = until(lambda: backends(database, LISTENER), 20)
    stop = threading.Event()

    def cut() -> None:
        with psycopg.connect(own_stack.database_url, autocommit=True) as other:
            while not stop.is_set():
                end(backends(other, LISTENER))
                time.sleep(0.02)

    cutting = threading.Thread(target=cut)
    cutting.start()
    try:
        for _ in range(3):
            run = client.post(RUN, json={"providers": ["cohere"]}).json()["data"]["id"]
            assert finished(client, run, 8)["status"] == "completed"
    finally:
        stop.set()
        cutting.join()
    [after] = until(lambda: backends(database, LISTENER), 20)
    assert after != before
    log = own_stack.logs(2000)
    assert "notifications are missing" in log and "notifications are heard" in log


def test_a_change_is_seen_by_every_process_at_once(own_stack, database, client):
    """Nothing is held in memory, so there is nothing that a lost notification could leave behind."""
    workers = [process for process in processes(own_stack)[1:] if b"worker" in Path(f"/proc/{process}/cmdline").read_bytes()]
    assert len(workers) >= 2
    for number in range(2, 12):
        client.put(route("cohere"), json={"priority": number, "timeout": 1000 + number}).raise_for_status()
        if number == 6:
            idle = backends(database, "providerd", "providerd jobs", LISTENER)
            assert len(idle) >= 3
            end(idle)
        for _ in range(8):
            # Another connection of nginx each time, so any of the workers.
            with own_stack.client(own_stack.admin_token) as other:
                shown = other.get(route("cohere")).raise_for_status().json()["data"]
                assert (shown["priority"], shown["timeout"]) == (number, 1000 + number)


def test_a_key_that_was_replaced_is_not_used_again_by_any_process(own_stack, database, client):
    record = add(client, "openai", KEY)
    path = route("openai", f"credentials/{record['id']}")
    for key, succeeds in (("sk-bad-0123456789", False), (KEY, True)) * 2:
        client.put(path, json={"credentials": {"apiKey": key}}).raise_for_status()
        for _ in range(4):
            with own_stack.client(own_stack.admin_token) as other:
                tested = other.post(route("openai", "test"), json={"credential_id": record["id"]})
                assert tested.json()["data"]["success"] is succeeds, tested.text
