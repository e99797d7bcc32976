"""Every route of contracts 3 and 5, and the commands beside them, on a sandbox: all providers that are simulated answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from processes import until

MODELS = [
    "black_forest_labs", "claude", "cohere", "fal_ai", "gemini", "minimax", "openai", "openrouter", "replicate", "requesty",
    "runway_ml",
]  # fmt: skip
MACHINES = ["openstack", "vsphere"]
KEY = {"credentials": {"apiKey": "sk-of-another-environment"}, "environment": "dev", "name": "Another"}


@pytest.fixture(scope="module", autouse=True)
def replicate_has_a_key(sandbox) -> None:
    """Another module takes it away."""
    sandbox.ask("addCredential", {"credentials": {"apiKey": "sk-sandbox"}}, provider="replicate")


def test_providers(sandbox):
    listed = {one["provider"]: one for one in sandbox.ask("listProfiles")}
    assert len(listed) == 21 and {slug for slug in MODELS + MACHINES if not listed[slug]["enabled"]} == set()
    shown = sandbox.ask("showProfile", provider="fal_ai")
    assert shown == listed["fal_ai"] and shown["usage_count"] > 0 and shown["capabilities"]
    changed = sandbox.ask("updateProfile", {"ui_preferences": {"colour": "teal"}}, provider="fal_ai")
    assert changed["ui_preferences"] == {"colour": "teal"}
    assert [sandbox.ask("toggleProfile", provider="cohere")["enabled"] for _ in range(2)] == [False, True]


@pytest.mark.parametrize("slug", MODELS + MACHINES)
def test_every_simulated_provider_accepts_its_credential(sandbox, slug):
    assert sandbox.ask("testProvider", provider=slug)["success"] is True
    assert sandbox.ask("showProviderHealth", provider=slug, query={"refresh": "true"})["status"] == "healthy"


def test_credentials(sandbox):
    [first] = sandbox.ask("listCredentials", provider="openai", query={"environment": "default"})
    added = sandbox.ask("addCredential", KEY, provider="openai")
    assert {one["id"] for one in sandbox.ask("listCredentials", provider="openai")} == {first["id"], added["id"]}
    assert sandbox.ask("updateCredential", {"is_active": False}, provider="openai", id=added["id"])["is_active"] is False
    sandbox.ask("deleteCredential", provider="openai", id=added["id"])
    assert sandbox.ask("listCredentials", provider="openai") == [first]


def test_many_are_checked_at_once(sandbox):
    run = sandbox.ask("startHealthRun", {"providers": MODELS + MACHINES})
    assert run["total"] == len(MODELS + MACHINES)
    done = until(lambda: (found := sandbox.ask("showHealthRun", job=run["id"]))["status"] == "completed" and found, 20)
    assert {one["provider"]: one["status"] for one in done["results"]} == dict.fromkeys(MODELS + MACHINES, "healthy")


def test_a_check_is_cancelled(sandbox):
    hanging = sandbox.ask("addCredential", {"credentials": {"apiKey": "sk-sandbox-fault=hang"}}, provider="cohere")
    run = sandbox.ask("startHealthRun", {"providers": ["cohere"]})
    assert sandbox.ask("cancelHealthRun", job=run["id"])["status"] == "cancelled"
    sandbox.ask("deleteCredential", provider="cohere", id=hanging["id"])


def test_models(sandbox):
    everywhere = sandbox.ask("listAllModels", query={"capability": "image", "limit": "500"})
    own = sandbox.ask("listProviderModels", provider="fal_ai", query={"capability": "image", "limit": "500"})
    assert own and [one for one in everywhere if one["provider"] == "fal_ai"] == own
    chosen = sandbox.ask("explainSelection", query={"capability": "image"})["selected"]
    assert chosen["provider"] in MODELS and chosen["model"] in {one["id"] for one in everywhere if one["provider"] == chosen["provider"]}


@pytest.mark.parametrize("slug", MACHINES)
def test_virtual_machines(sandbox, slug):
    [shown] = [one for one in sandbox.ask("listComputeProviders") if one["provider"] == slug]
    assert shown["connected"] is True and "password" not in shown["config"]
    assert sandbox.ask("testComputeProvider", {"provider": slug})["details"]["vms"] == 5
    machines = sandbox.ask("listMachines", {"provider": slug})
    running = sandbox.ask("listMachines", {"provider": slug, "filter": {"status": "poweredOn"}})
    assert len(machines) == 5 and running == [one for one in machines if one["status"] == "running"] != []


def test_a_provider_of_machines_is_added(sandbox):
    config = {"host": "vcenter.example.com", "username": "machines=7", "password": "secret-4711-long-enough"}
    assert sandbox.ask("addComputeProvider", {"provider": "vsphere", "config": config})["success"] is True
    assert len(sandbox.ask("listMachines", {"provider": "vsphere"})) == 7


def test_commands(sandbox, tmp_path: Path):
    health = json.loads(sandbox.stack.control("ai:health", "--json").stdout)
    assert {one["provider"]: one["status"] for one in health} == dict.fromkeys(MODELS + MACHINES, "healthy")
    listed = json.loads(sandbox.stack.control("ai:credentials:list", "--json").stdout)
    assert {one["provider"] for one in listed} == set(MODELS + MACHINES)
    sandbox.stack.control("ai:credentials:set", "claude", "--environment", "script", "--stdin", input="sk-of-a-script\n")
    [stored] = sandbox.ask("listCredentials", provider="claude", query={"environment": "script"})
    assert stored["state"] == "valid"
    sandbox.stack.control("ai:credentials:remove", stored["id"], "--yes")
    assert sandbox.ask("listCredentials", provider="claude", query={"environment": "script"}) == []
    for slug in ("gemini", "openrouter", "requesty"):
        picture = tmp_path / f"{slug}.png"
        sandbox.stack.control("image", "generate", "--provider", slug, "--prompt", "A lighthouse", "--output", str(picture))
        assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_that_was_every_route(sandbox):
    assert sandbox.not_called("/api/providers", "/api/models", "/api/vms") == set()
