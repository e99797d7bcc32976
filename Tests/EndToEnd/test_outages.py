"""Promises: a killed worker loses no acknowledged write, a database that goes away heals without a restart, a wrong
master key seals, and slow providers hold up nobody else. These tests have stacks of their own."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from pathlib import Path

import httpx
import psycopg
from processes import database, until, workers

ROUTE = "/api/v1/ai/providers"
BODY = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-4o"}}


def test_killing_workers_under_load_loses_no_acknowledged_write(own_stack):
    stack = own_stack
    token = stack.token(sub=f"user-{uuid.uuid4()}")
    with stack.client(token) as client:
        identifier = client.post(ROUTE, json=BODY).json()["data"]["id"]
    acknowledged, other = [], []
    stop = threading.Event()

    def write() -> None:
        with stack.client(token) as client:
            while not stop.is_set():
                key = str(uuid.uuid4())
                try:
                    answer = client.post(f"{ROUTE}/{identifier}/test", json={"message": key}, headers={"Idempotency-Key": key})
                except httpx.TransportError:
                    other.append("transport")
                    continue
                (acknowledged if answer.status_code == 200 else other).append(key)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    kills = 0
    for _ in range(10):
        time.sleep(1.1)
        victims = workers(stack)
        if victims:
            os.kill(victims[kills % len(victims)], signal.SIGKILL)
            kills += 1
    time.sleep(1.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert kills == 10
    assert len(acknowledged) > 100
    with psycopg.connect(stack.database_url) as database:
        stored = database.execute("SELECT count(*) FROM idempotency_keys WHERE key = ANY(%s) AND status = 200", (acknowledged,)).fetchone()[0]
        calls, used = database.execute(
            "SELECT (SELECT count(*) FROM requests WHERE connection_id = c.id), usage_count FROM connections c WHERE id = %s", (identifier,)
        ).fetchone()
    assert stored == len(acknowledged)
    assert calls == used >= len(acknowledged)
    until(lambda: len(workers(stack)) == 2)
    assert stack.control("audit", "verify", check=False).returncode == 0


def test_a_reload_loses_no_request(own_stack):
    stack = own_stack
    token = stack.token(sub=f"user-{uuid.uuid4()}")
    master = int(Path(stack.run, "pid/providerd").read_text().split()[0])
    failed, count = [], [0]
    stop = threading.Event()

    def read() -> None:
        with stack.client(token) as client:
            while not stop.is_set():
                answer = client.get(ROUTE)
                count[0] += 1
                if answer.status_code != 200:
                    failed.append(answer.status_code)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        before = set(workers(stack))
        os.kill(master, signal.SIGHUP)
        until(lambda: not before & set(workers(stack)) and len(workers(stack)) == 2, 30)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert count[0] > 100


def test_a_stopped_database_is_503_and_heals_without_a_restart(own_stack):
    stack = own_stack
    before = set(workers(stack))
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as client:
        assert client.get(ROUTE).status_code == 200
        database(stack, "stop", "-m", "immediate")
        try:
            for _ in range(3):
                answer = client.get(ROUTE)
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.json()["success"] is False
            until(lambda: client.get("/readyz").status_code == 503)
            assert client.get("/readyz").json()["database"] == "away"
            assert client.get("/healthz").status_code == 200
            assert client.post(ROUTE, json=BODY).status_code == 503
        finally:
            database(stack, "start")
        until(lambda: client.get(ROUTE).status_code == 200, 10)
        until(lambda: client.get("/readyz").status_code == 200, 10)
    assert set(workers(stack)) == before


def test_a_slow_provider_holds_up_nobody_else(own_stack):
    stack = own_stack
    token = stack.token(sub=f"user-{uuid.uuid4()}")
    with stack.client(token) as client:
        identifier = client.post(ROUTE, json=BODY).json()["data"]["id"]
    slow = []

    def call() -> None:
        with stack.client(token) as client:
            slow.append(client.post(f"{ROUTE}/{identifier}/test", json={"message": "[[fault slow=3000]]"}).status_code)

    threads = [threading.Thread(target=call) for _ in range(40)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    times = []
    with stack.client(token) as client:
        for _ in range(50):
            begin = time.monotonic()
            assert client.get(ROUTE).status_code == 200
            times.append(time.monotonic() - begin)
    for thread in threads:
        thread.join()
    # Each call takes three seconds, and there are more of them than threads for requests like these.
    assert sorted(times)[45] < 2, "reading waits for providers"
    assert slow == [200] * 40


def test_a_wrong_master_key_seals_and_overwrites_nothing(own_stack):
    stack = own_stack
    owner = stack.token(sub=f"user-{uuid.uuid4()}")
    with stack.client(owner) as client:
        identifier = client.post(ROUTE, json=BODY).json()["data"]["id"]
        keys = Path(configuration(stack)["master_keys_file"])
        right = keys.read_text()
        wrong = stack.control("keys", "generate", "--id", right.split()[0]).stdout
        with psycopg.connect(stack.database_url) as connected:
            before = connected.execute("SELECT array_agg(sealed ORDER BY id) FROM credentials").fetchone()
        master = int(Path(stack.run, "pid/providerd").read_text().split()[0])
        keys.write_text(wrong)
        try:
            os.kill(master, signal.SIGHUP)
            until(lambda: client.get("/readyz").status_code == 503, 30)
            assert client.get("/readyz").json()["status"] == "sealed"
            for answer in (client.get(ROUTE), client.post(ROUTE, json=BODY), client.post(f"{ROUTE}/{identifier}/test")):
                assert answer.status_code == 503
            assert stack.control("migrate", check=False).returncode != 0
            assert client.get("/readyz").status_code == 503
        finally:
            keys.write_text(right)
            os.kill(master, signal.SIGHUP)
        until(lambda: client.get("/readyz").status_code == 200, 30)
        assert client.post(f"{ROUTE}/{identifier}/test").status_code == 200
        with psycopg.connect(stack.database_url) as connected:
            assert connected.execute("SELECT array_agg(sealed ORDER BY id) FROM credentials").fetchone() == before


def configuration(stack) -> dict[str, str]:
    lines = Path(stack.environment["PROVIDERD_CONFIG"]).read_text().splitlines()
    return {name.strip(): value.strip() for name, value in (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))}
