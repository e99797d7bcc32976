"""Cancelling a request asks its provider: the job there is stopped, one that had finished is accounted, and a provider
that cannot be asked changes nothing."""

from __future__ import annotations

import concurrent.futures
import ssl
import time

import httpx
import psycopg
import pytest
from golden import check
from stack import free_port_pair
from traffic import BASE, post, price, record

MODEL = "black-forest-labs/flux-1.1-pro"
KEY = "r8_cancellation"


@pytest.fixture(scope="module")
def own_stack(own_stack):
    price(own_stack, "replicate", "owner/cancelled")
    with own_stack.client(own_stack.admin_token) as client:
        answer = client.put(f"{BASE}/replicate/api-key", json={"apiKey": KEY, "testConnection": False})
        assert answer.status_code == 200, answer.text
    return own_stack


@pytest.fixture
def replicate(own_stack):
    """The provider itself, as the simulator has it."""
    trust = ssl.create_default_context(cafile=own_stack.ca)
    with httpx.Client(
        base_url=f"{own_stack.simulator_url}/replicate/v1", verify=trust, trust_env=False, timeout=20,
        headers={"Authorization": f"Bearer {KEY}"},
    ) as client:
        yield client


@pytest.fixture
def simulated(own_stack):
    """All providers, as the simulator has them."""
    trust = ssl.create_default_context(cafile=own_stack.ca)
    with httpx.Client(base_url=own_stack.simulator_url, verify=trust, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def orders(own_stack):
    """What the simulator is told to do."""
    trust = ssl.create_default_context(cafile=own_stack.ca)
    with httpx.Client(base_url=f"{own_stack.simulator_url}/_sim", verify=trust, trust_env=False) as client:
        yield client
        client.delete("/faults/replicate").raise_for_status()


def submit(replicate: httpx.Client, prompt: str = "a boat") -> str:
    """Starts a job; its ID."""
    answer = replicate.post(f"/models/{MODEL}/predictions", json={"input": {"prompt": prompt}})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["id"]


def test_the_job_at_the_provider_is_stopped(own_stack, admin, replicate):
    job = submit(replicate)
    record(admin, "replicate", {"id": "stop", "model": "owner/cancelled", "status": "processing", "providerRequestId": job})
    check(admin.post(f"{BASE}/replicate/requests/stop/cancel"), "request-cancelled-at-provider")
    assert replicate.get(f"/predictions/{job}").json()["status"] == "canceled"
    shown = admin.get(f"{BASE}/replicate/requests/stop").json()["data"]
    assert (shown["status"], shown["cost"]) == ("cancelled", None)


def test_a_job_that_had_finished_is_accounted(own_stack, admin, replicate):
    job = submit(replicate)
    end = time.monotonic() + 30
    while replicate.get(f"/predictions/{job}").json()["status"] != "succeeded":
        assert time.monotonic() < end
        time.sleep(0.2)
    record(admin, "replicate", {"id": "late", "model": "owner/cancelled", "status": "processing", "providerRequestId": job})
    answer = admin.post(f"{BASE}/replicate/requests/late/cancel")
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, "The request is already completed")
    shown = admin.get(f"{BASE}/replicate/requests/late").json()["data"]
    assert (shown["status"], shown["cost"]) == ("completed", 0.05)
    assert shown["response"]
    post(own_stack)


def test_a_job_that_the_provider_does_not_know_is_over(admin):
    record(
        admin, "replicate",
        {"id": "lost", "model": "owner/cancelled", "status": "processing", "providerRequestId": "zzzzzzzzzzzzzzzzzzzzzzzzzz"},
    )
    assert admin.post(f"{BASE}/replicate/requests/lost/cancel").json()["data"]["status"] == "cancelled"


def test_a_provider_that_cannot_be_asked_changes_nothing(admin, replicate, orders):
    job = submit(replicate)
    record(admin, "replicate", {"id": "asked", "model": "owner/cancelled", "status": "processing", "providerRequestId": job})
    orders.put("/faults/replicate", json={"fault": "overloaded", "paths": ["cancel"]}).raise_for_status()
    check(admin.post(f"{BASE}/replicate/requests/asked/cancel"), "request-cancel-overloaded")
    assert admin.get(f"{BASE}/replicate/requests/asked").json()["data"]["status"] == "processing"
    orders.delete("/faults/replicate").raise_for_status()
    assert admin.post(f"{BASE}/replicate/requests/asked/cancel").status_code == 200


def settle(own_stack) -> None:
    while post(own_stack):
        pass


def charges(own_stack, name: str) -> list[str]:
    """What the ledger has of a request."""
    with psycopg.connect(own_stack.database_url) as database:
        rows = database.execute(
            "SELECT trim_scale(amount)::text FROM credit_transactions WHERE metadata->>'requestId' = %s", (name,)
        ).fetchall()
    return [row[0] for row in rows]


def test_of_many_who_cancel_a_job_one_does(own_stack, admin, replicate):
    job = submit(replicate, "[[job endless]]")
    record(admin, "replicate", {"id": "popular", "model": "owner/cancelled", "status": "processing", "providerRequestId": job})

    def cancel(_: int) -> tuple[int, str]:
        with own_stack.client(own_stack.admin_token) as client:
            answer = client.post(f"{BASE}/replicate/requests/popular/cancel")
            return answer.status_code, answer.json().get("error", {}).get("message", "")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(cancel, range(8)))
    assert answers == [(200, "")] + [(409, "The request is already cancelled")] * 7
    assert replicate.get(f"/predictions/{job}").json()["status"] == "canceled"
    settle(own_stack)
    assert charges(own_stack, "popular") == []


def test_a_job_that_ends_while_it_is_cancelled_is_paid_for_or_stopped(own_stack, admin, replicate):
    """Three seconds after its submission a job has ended: the wishes to cancel come from just before to just after."""
    def race(number: int) -> tuple[str, int, str]:
        job, began, name = submit(replicate), time.monotonic(), f"race {number}"
        with own_stack.client(own_stack.admin_token) as client:
            record(client, "replicate", {"id": name, "model": "owner/cancelled", "status": "processing", "providerRequestId": job})
            time.sleep(max(0.0, began + 2.75 + number * 0.05 - time.monotonic()))
            answer = client.post(f"{BASE}/replicate/requests/{name}/cancel")
        return name, answer.status_code, replicate.get(f"/predictions/{job}").json()["status"]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        raced = list(pool.map(race, range(12)))
    settle(own_stack)
    for name, status, at_provider in raced:
        shown = admin.get(f"{BASE}/replicate/requests/{name}").json()["data"]
        assert (status, at_provider, shown["status"], shown["cost"], charges(own_stack, name)) in [
            (200, "canceled", "cancelled", None, []), (409, "succeeded", "completed", 0.05, ["-0.05"]),
        ], name


def test_who_ends_a_request_while_it_is_cancelled_wins_or_loses_whole(own_stack, admin, replicate):
    for number in range(6):
        name, job = f"both {number}", submit(replicate, "[[job endless]]")
        record(admin, "replicate", {"id": name, "model": "owner/cancelled", "status": "processing", "providerRequestId": job})

        def end(kind: str, name: str = name) -> int:
            with own_stack.client(own_stack.admin_token) as client:
                url = f"{BASE}/replicate/requests/{name}"
                return (client.post(f"{url}/cancel") if kind == "cancel" else client.put(url, json={"status": "completed"})).status_code

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            cancelled, completed = pool.map(end, ["cancel", "complete"])
        shown = admin.get(f"{BASE}/replicate/requests/{name}").json()["data"]
        assert (cancelled, completed, shown["status"], shown["cost"]) in [
            (200, 409, "cancelled", None), (409, 200, "completed", 0.05),
        ]


@pytest.mark.parametrize("fault", ["overloaded", "bad-key", "cut", "garbage", "empty"])
def test_whatever_the_provider_fails_with_nothing_is_changed(own_stack, admin, replicate, orders, fault):
    name, job = f"fails {fault}", submit(replicate, "[[job endless]]")
    record(admin, "replicate", {"id": name, "model": "owner/cancelled", "status": "processing", "providerRequestId": job})
    orders.put("/faults/replicate", json={"fault": fault, "paths": ["cancel"]}).raise_for_status()
    answer = admin.post(f"{BASE}/replicate/requests/{name}/cancel")
    orders.delete("/faults/replicate").raise_for_status()
    assert (answer.status_code, answer.json()["error"]["code"]) in [(502, "PROVIDER_ERROR"), (400, "INVALID_REQUEST")], answer.text
    assert admin.get(f"{BASE}/replicate/requests/{name}").json()["data"]["status"] == "processing"
    # One that was refused is switched off.
    admin.put(f"{BASE}/replicate/api-key", json={"apiKey": KEY, "testConnection": False}).raise_for_status()
    assert admin.post(f"{BASE}/replicate/requests/{name}/cancel").status_code == 200
    assert replicate.get(f"/predictions/{job}").json()["status"] == "canceled"


def test_a_provider_that_is_away_changes_nothing(own_stack, admin, replicate):
    job = submit(replicate, "[[job endless]]")
    record(admin, "replicate", {"id": "away", "model": "owner/cancelled", "status": "processing", "providerRequestId": job})
    with psycopg.connect(own_stack.database_url) as database:
        endpoint = database.execute("SELECT endpoint_url FROM providers WHERE slug = 'replicate'").fetchone()[0]
    own_stack.control("provider", "set", "replicate", "--endpoint", f"http://127.0.0.1:{free_port_pair()}")
    try:
        check(admin.post(f"{BASE}/replicate/requests/away/cancel"), "request-cancel-away")
        assert admin.get(f"{BASE}/replicate/requests/away").json()["data"]["status"] == "processing"
        with psycopg.connect(own_stack.database_url) as database:
            assert database.execute(
                "SELECT outcome FROM audit_log WHERE action = 'request.cancel' AND subject = 'away'"
            ).fetchall() == [("failed",)]
    finally:
        own_stack.control("provider", "set", "replicate", "--endpoint", endpoint)
    assert admin.post(f"{BASE}/replicate/requests/away/cancel").status_code == 200


def test_a_job_that_no_one_can_stop_costs_its_price(own_stack, admin, simulated):
    """Black Forest Labs has no way to cancel: what runs is paid for, what has ended is accounted."""
    costs = {
        row["modelId"]: row["pricing"]["costPerGeneration"]
        for row in admin.get(f"{BASE}/black_forest_labs/models").json()["data"]["models"]
    }
    cost = costs["flux-2-pro"]
    admin.put(f"{BASE}/black_forest_labs/api-key", json={"apiKey": "bfl-key", "testConnection": False}).raise_for_status()
    for name, prompt, status, shown in [
        ("running", "[[job endless]]", 200, ("cancelled", cost)), ("done", "[[job instant]]", 409, ("completed", cost)),
    ]:
        job = simulated.post(
            "/black_forest_labs/v1/flux-2-pro", headers={"x-key": "bfl-key"}, json={"prompt": prompt}
        ).json()["id"]
        record(admin, "black_forest_labs", {"id": name, "model": "flux-2-pro", "status": "processing", "providerRequestId": job})
        answer = admin.post(f"{BASE}/black_forest_labs/requests/{name}/cancel")
        assert answer.status_code == status, answer.text
        found = admin.get(f"{BASE}/black_forest_labs/requests/{name}").json()["data"]
        assert (found["status"], found["cost"]) == shown
        settle(own_stack)
        assert charges(own_stack, name) == [f"-{cost}"]
    usage = admin.get(f"{BASE}/black_forest_labs/usage").json()["data"]
    assert [usage[name] for name in ("totalRequests", "successfulRequests", "failedRequests", "totalCost")] == [2, 1, 0, 2 * cost]


def test_a_wish_that_is_only_passed_on_waits_for_its_end(own_stack, admin, simulated):
    """fal says of a job that runs that its end was asked for; it is asked how that went."""
    price(own_stack, "fal_ai", "fal-ai/flux/schnell")
    admin.put(f"{BASE}/fal_ai/api-key", json={"apiKey": "id:secret", "testConnection": False}).raise_for_status()
    created = simulated.post("/fal_ai/fal-ai/flux/schnell", headers={"Authorization": "Key id:secret"}, json={"prompt": "a boat [[job endless]]"})
    job = created.json()["request_id"]
    record(admin, "fal_ai", {"id": "passed on", "model": "fal-ai/flux/schnell", "status": "processing", "providerRequestId": job})
    time.sleep(1.2)
    answer = admin.post(f"{BASE}/fal_ai/requests/passed%20on/cancel")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "cancelled"), answer.text
    status = simulated.get(f"/fal_ai/fal-ai/flux/requests/{job}/status", headers={"Authorization": "Key id:secret"})
    assert status.json()["error_type"] == "client_cancelled"
