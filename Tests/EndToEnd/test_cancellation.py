"""Cancelling a request asks its provider: the job there is stopped, one that had finished is accounted, and a provider
that cannot be asked changes nothing."""

from __future__ import annotations

import ssl
import time

import httpx
import pytest
from golden import check
from stack import Stack
from traffic import BASE, post, price, record

MODEL = "black-forest-labs/flux-1.1-pro"
KEY = "r8_cancellation"


@pytest.fixture(scope="module")
def own_stack():
    running = Stack.start("--lift-limits")
    price(running, "replicate", "owner/cancelled")
    with running.client(running.admin_token) as client:
        answer = client.put(f"{BASE}/replicate/api-key", json={"apiKey": KEY, "testConnection": False})
        assert answer.status_code == 200, answer.text
    yield running
    running.stop()


@pytest.fixture
def admin(own_stack):
    with own_stack.client(own_stack.admin_token) as client:
        yield client


@pytest.fixture
def replicate(own_stack):
    """The provider itself, as the simulator has it."""
    trust = ssl.create_default_context(cafile=own_stack.ca)
    with httpx.Client(
        base_url=f"{own_stack.simulator_url}/replicate/v1", verify=trust, trust_env=False, timeout=20,
        headers={"Authorization": f"Bearer {KEY}"},
    ) as client:
        yield client


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


def test_a_provider_that_cannot_be_asked_changes_nothing(own_stack, admin, replicate):
    job = submit(replicate)
    record(admin, "replicate", {"id": "asked", "model": "owner/cancelled", "status": "processing", "providerRequestId": job})
    simulator = httpx.Client(
        base_url=f"{own_stack.simulator_url}/_sim", verify=ssl.create_default_context(cafile=own_stack.ca), trust_env=False
    )
    with simulator:
        simulator.put("/faults/replicate", json={"fault": "overloaded", "paths": ["cancel"]}).raise_for_status()
        try:
            check(admin.post(f"{BASE}/replicate/requests/asked/cancel"), "request-cancel-overloaded")
            assert admin.get(f"{BASE}/replicate/requests/asked").json()["data"]["status"] == "processing"
        finally:
            simulator.delete("/faults/replicate").raise_for_status()
    assert admin.post(f"{BASE}/replicate/requests/asked/cancel").status_code == 200
