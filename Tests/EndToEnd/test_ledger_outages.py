"""The ledger when what it stands on falls over: PostgreSQL and workers killed while many write. On a stack of its own."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from administration import BASE, run_sql
from golden import check
from processes import database, kill_database, until, workers
from stack import Stack

FAL = f"{BASE}/fal_ai"


class Writer(threading.Thread):
    """Adds 1, or reports a call that cost 0.25, again and again; each until it is acknowledged, under the same key."""

    def __init__(self, stack: Stack, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.stack, self.adds, self.stopping = stack, number % 4 != 0, stop
        self.done: list[str] = []
        self.repeated = 0
        self.strange: list[str] = []

    def run(self) -> None:
        with self.stack.client(self.stack.admin_token) as client:
            while not self.stopping.is_set():
                self.write(client, str(uuid.uuid4()))

    def write(self, client: httpx.Client, key: str) -> None:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                answer = self.send(client, key)
                if answer.status_code in (200, 201):
                    self.done.append(key)
                    return
                # 409: the first attempt is still being processed, as far as anybody knows.
                if answer.status_code not in (409, 502, 503, 504):
                    self.strange.append(f"{answer.status_code} {answer.text}")
                    return
            except httpx.TransportError:
                pass
            self.repeated += 1
            time.sleep(0.2)
        self.strange.append(f"{key} was never acknowledged")

    def send(self, client: httpx.Client, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        if self.adds:
            return client.post(f"{FAL}/credits/add", json={"amount": 1, "description": key}, headers=headers)
        return client.post(f"{FAL}/requests", json={"id": key, "model": "flux-2-pro", "cost": 0.25}, headers=headers)


def test_a_ledger_whose_database_is_killed_has_every_acknowledged_entry_once(own_stack):
    stack, stop = own_stack, threading.Event()
    writers = [Writer(stack, number, stop) for number in range(64)]
    for writer in writers:
        writer.start()
    for _ in range(2):
        time.sleep(2)
        kill_database(stack)
        time.sleep(2)
        for worker in workers(stack)[:1]:
            os.kill(worker, signal.SIGKILL)
    time.sleep(1)
    stop.set()
    for writer in writers:
        writer.join(timeout=120)
    assert [problem for writer in writers for problem in writer.strange] == []
    assert sum(writer.repeated for writer in writers) > 0, "nothing was disturbed"
    until(lambda: run_sql(stack, "SELECT count(*) FROM usage_tail WHERE cost <> 0") == [(0,)], 30, "the posting")
    added = sorted(key for writer in writers if writer.adds for key in writer.done)
    called = sorted(key for writer in writers if not writer.adds for key in writer.done)
    assert len(added) > 100 and len(called) > 20
    # Each was repeated until it was acknowledged, so that there are no others either.
    entries = run_sql(stack, "SELECT description FROM credit_transactions WHERE type = 'adjustment'")
    assert sorted(row[0] for row in entries) == added
    charged = run_sql(
        stack, "SELECT metadata->>'requestId' FROM credit_transactions WHERE type = 'consumption' AND amount = -0.25")
    assert sorted(row[0] for row in charged) == called
    assert run_sql(stack, "SELECT * FROM credit_ledger_faults") == []
    total = len(added) + len(called)
    numbers = run_sql(stack, "SELECT min(seq), max(seq), count(DISTINCT seq), count(*) FROM credit_transactions")
    assert numbers == [(1, total, total, total)]
    with stack.client(stack.admin_token) as client:
        shown = client.get(f"{FAL}/balance").json()["data"]["currentBalance"]
        assert shown == len(added) - len(called) * 0.25
        assert client.get(f"{FAL}/transactions").json()["data"]["total"] == total


@pytest.mark.parametrize("method, path, body", [
    ("GET", "/fal_ai/balance", None), ("GET", "/balances", None), ("GET", "/fal_ai/transactions", None),
    ("POST", "/fal_ai/credits/add", {"amount": 1}), ("GET", "/fal_ai/models", None),
    ("GET", "/fal_ai/models/flux-2-pro", None), ("GET", "/fal_ai/models/flux-2-pro/pricing/history", None),
    ("GET", "/fal_ai/models/flux-2-pro/pricing/explain", None),
    ("PUT", "/fal_ai/models/flux-2-pro/pricing", {"pricing": {"costPerGeneration": 1}}),
    ("POST", "/fal_ai/models/bulk-pricing-update", {"updates": [{"modelId": "flux-2-pro", "pricing": {"costPerGeneration": 1}}]}),
])
def test_without_the_database_every_route_about_money_says_so(stopped, method, path, body):
    with stopped.client(stopped.admin_token) as client:
        check(client.request(method, BASE + path, json=body), "administration-unavailable")


@pytest.fixture(scope="module")
def stopped(own_stack) -> Iterator[Stack]:
    """The stack while its database is stopped."""
    database(own_stack, "stop", "-m", "immediate")
    try:
        yield own_stack
    finally:
        database(own_stack, "start")
