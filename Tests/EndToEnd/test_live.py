"""`deploy/up --live`: production mode, the vendors' own endpoints, no simulator, loopback refused."""

from __future__ import annotations

import json

import pytest
from stack import Stack

ROUTE = "/api/v1/ai/providers"


@pytest.fixture(scope="module")
def live():
    with Stack.started("--live") as running:
        yield running


def test_error_details_are_for_development_only(live):
    with live.client(live.token()) as client:
        assert client.get("/nothing").json() == {"success": False, "message": "Resource not found"}
        answer = client.post(ROUTE, json={"provider": "OpenAI", "credentials": {}})
        assert set(answer.json()) == {"success", "message"}


def test_the_providers_are_the_vendors_own(live):
    endpoints = {row["slug"]: row["endpoint"] for row in json.loads(live.control("provider", "list", "--json").stdout)}
    assert endpoints["openai"] == "https://api.openai.com/v1"
    assert endpoints["claude"] == "https://api.anthropic.com"
    assert live.simulator_url == ""


@pytest.mark.parametrize("url", ["http://localhost:11434", "http://127.0.0.1:11434", "http://[::1]:11434", "http://10.0.0.1:11434"])
def test_addresses_of_the_inside_are_refused(live, url):
    with live.client(live.token()) as client:
        body = {"provider": "Ollama", "credentials": {"baseUrl": url}, "modelConfig": {"model": "llama2"}}
        answer = client.post(ROUTE, json=body)
        assert answer.status_code == 400
        assert "does not allow" in answer.json()["message"]
    refused = live.control("provider", "set", "openai", "--endpoint", "http://127.0.0.1:9000/v1", check=False)
    assert refused.returncode != 0
