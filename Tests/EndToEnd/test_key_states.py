"""Contract 4: what happens to keys and providers by itself, whoever makes the call, and how keys are told."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time

import pytest
from integration import KEY, add, route

MEDIA = "/api/admin/third-party-apis/providers"
OWNED = "/api/v1/ai/providers"


pytestmark = pytest.mark.usefixtures("as_installed")


def states(database, provider: str) -> list[tuple]:
    """State, whether it is on, whether it was used; the newest first."""
    return database.execute(
        "SELECT k.state, k.is_active, k.last_used_at IS NOT NULL FROM credentials k JOIN providers p ON p.id = k.provider_id"
        " WHERE p.slug = %s AND k.owner IS NULL ORDER BY k.created_at DESC", (provider,),
    ).fetchall()


def turns(database, since: int) -> list[tuple]:
    return database.execute(
        "SELECT action, provider, actor, owner, outcome, details ->> 'reason' FROM audit_log"
        " WHERE seq > %s AND action IN ('credential.deactivate', 'credential.reactivate') ORDER BY seq", (since,),
    ).fetchall()


def head(database) -> int:
    return database.execute("SELECT seq FROM audit_head").fetchone()[0]


def painted(stack, tmp_path, provider: str):
    return stack.control(
        "image", "generate", "--provider", provider, "--prompt", "x", "--output", str(tmp_path / "a.png"), "--force", check=False
    )


# Everything that calls a provider with the installation's key, and whether it answers for the key.
CALLS = {
    "a check": lambda stack, client, path: client.post(f"{MEDIA}/openrouter/test-connection"),
    "a test": lambda stack, client, path: client.post(route("openrouter", "test")),
    "a refreshed health": lambda stack, client, path: client.get(route("openrouter", "health"), params={"refresh": "true"}),
    "ai:health": lambda stack, client, path: stack.control("ai:health", "openrouter", check=False),
    "a picture": lambda stack, client, path: painted(stack, path, "openrouter"),
    "the job of checks": lambda stack, client, path: stack.control("jobs", "run", "health_checks", check=False),
    "the job of balances": lambda stack, client, path: stack.control("jobs", "run", "balances", check=False),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_key_that_its_provider_refuses_is_switched_off_and_that_is_in_the_audit_log(stack, client, database, tmp_path, call):
    add(client, "openrouter", "sk-or-v1-revoked-management")
    since = head(database)
    call(stack, client, tmp_path)
    assert states(database, "openrouter") == [("invalid", False, False)]
    assert turns(database, since) == [
        ("credential.deactivate", "openrouter", "system", None, "success", "refused by the provider")
    ]
    assert stack.control("audit", "verify").returncode == 0


@pytest.mark.parametrize("name", ["forbidden", "no-money", "rate-limit", "overloaded", "server-error", "html", "garbage"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_is_not_the_keys_fault_leaves_it_on(stack, client, database, tmp_path, fault, call, name):
    add(client, "openrouter", "sk-or-v1-management-0123")
    since = head(database)
    fault("openrouter", name)
    call(stack, client, tmp_path)
    assert states(database, "openrouter") == [("untested", True, False)]
    assert turns(database, since) == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_that_succeeds_is_a_use(stack, client, database, tmp_path, call):
    add(client, "openrouter", "sk-or-v1-management-0123")
    call(stack, client, tmp_path)
    assert states(database, "openrouter") == [("valid", True, True)]


@pytest.mark.parametrize(("key", "state"), [("r8_revoked_0123456789", ("invalid", False, False)), ("r8_good_0123456789", ("valid", True, True))])
def test_cancelling_a_job_says_whether_the_key_is_good(client, database, key, state):
    add(client, "replicate", key)
    request = {"id": f"cancel-{key}", "model": "minimax/video-01", "status": "processing", "providerRequestId": "z" * 26}
    client.post(f"{MEDIA}/replicate/requests", json=request).raise_for_status()
    answer = client.post(f"{MEDIA}/replicate/requests/cancel-{key}/cancel")
    assert answer.status_code == (200 if state[1] else 502), answer.text
    assert states(database, "replicate") == [state]


def test_the_default_data_has_the_three_providers_of_contract_4(client):
    expected = {
        "gemini": ("api_key", "Gemini", "gemini-2.5-flash-lite"),
        "openrouter": ("bearer", "OpenRouter", "google/gemini-2.5-flash-image"),
        "requesty": ("bearer", "Requesty", "google/gemini-2.5-flash-image"),
    }
    for slug, (auth_type, name, model) in expected.items():
        shown = client.get(route(slug)).json()["data"]
        assert (shown["auth_type"], shown["display_name"], shown["default_model"], shown["enabled"]) == (auth_type, name, model, True)
        assert "image" in shown["capabilities"]


def test_the_newest_key_of_an_environment_is_used_and_the_next_one_when_it_is_refused(stack, client, database, tmp_path, simulator_requests):
    keys = ["sk-or-v1-first-0123456789", "sk-or-v1-second-0123456789", "sk-or-v1-revoked-0123456789"]
    for key in keys:
        add(client, "openrouter", key)
    used = []
    for _ in range(3):
        simulator_requests.clear("openrouter")
        painted(stack, tmp_path, "openrouter")
        used.append(simulator_requests.last("openrouter")["keySHA256"])
    hashes = [hashlib.sha256(key.encode()).hexdigest()[:16] for key in keys]
    assert used == [hashes[2], hashes[1], hashes[1]]
    assert states(database, "openrouter") == [("invalid", False, False), ("valid", True, True), ("untested", True, False)]


def test_a_balance_that_a_key_may_not_see_says_nothing_about_it(stack, client, database):
    add(client, "openrouter", KEY)
    stack.control("jobs", "run", "balances")
    assert states(database, "openrouter") == [("untested", True, False)]


def test_a_refused_key_that_works_again_is_switched_on_and_that_is_in_the_audit_log(stack, client, database, fault):
    add(client, "openrouter")
    fault("openrouter", "bad-key", times=1)
    client.post(route("openrouter", "test")).raise_for_status()
    since = head(database)
    client.post(route("openrouter", "test")).raise_for_status()
    assert states(database, "openrouter") == [("valid", True, True)]
    assert [turn[0] for turn in turns(database, since)] == ["credential.reactivate"]


def test_a_list_that_asks_nobody_is_no_use(client, database, stack):
    add(client, "black_forest_labs")
    client.get(route("black_forest_labs", "models"), params={"refresh": "true"}).raise_for_status()
    stack.control("catalogue", "sync", "black_forest_labs")
    assert states(database, "black_forest_labs") == [("untested", True, False)]


def test_a_key_that_was_switched_off_by_hand_while_it_was_used_stays_off(stack, client, database, tmp_path, fault):
    """The call is under way when somebody switches the key off; what comes of it does not undo that."""
    credential = add(client, "openrouter")["id"]
    fault("openrouter", "slow=2000", paths=["chat"])
    running = subprocess.Popen(
        [str(stack.run / "bin/providerctl"), "image", "generate", "--provider", "openrouter", "--prompt", "x", "--output",
         str(tmp_path / "a.png")],
        env={**stack.environment, "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(1)
    database.execute("UPDATE credentials SET is_active = false WHERE id = %s", (credential,))
    assert running.wait(30) == 0, running.stderr.read()
    running.stdout.close()
    running.stderr.close()
    assert states(database, "openrouter") == [("untested", False, True)]


# Providers that are switched off


def test_a_provider_that_is_switched_off_is_not_called_at_all(stack, client, database, tmp_path, simulator_requests):
    add(client, "replicate", "r8_simulated_0123456789")
    add(client, "openrouter")
    client.post(
        f"{MEDIA}/replicate/requests",
        json={"id": "off", "model": "minimax/video-01", "status": "processing", "providerRequestId": "abcdefghijklmnopqrstuvwxyz"},
    ).raise_for_status()
    client.post(OWNED, json={"provider": "OpenAI", "credentials": {"apiKey": KEY}, "modelConfig": {"model": "gpt-4o"}})
    (owned,) = [one for one in client.get(OWNED).json()["data"] if one["provider"] == "OpenAI"]
    for slug in ("replicate", "openrouter", "openai"):
        database.execute("UPDATE providers SET enabled = false WHERE slug = %s", (slug,))
        simulator_requests.clear(slug)
    refused = [
        client.post(f"{MEDIA}/replicate/requests/off/cancel"),
        client.post(f"{MEDIA}/replicate/test-connection"),
        client.post(f"{MEDIA}/replicate/health-check"),
        client.post(route("replicate", "test")),
        client.get(route("replicate", "health"), params={"refresh": "true"}),
        client.get(route("replicate", "models"), params={"refresh": "true"}),
        client.post(route("replicate", "credentials"), json={"credentials": {"apiKey": KEY}, "test": True}),
        client.put(f"{MEDIA}/replicate/api-key", json={"apiKey": KEY}),
        client.get(route("openrouter", "models"), params={"refresh": "true"}),
    ]
    # In contract 1 it is 400.
    refused_to_owners = [
        client.post(f"{OWNED}/{owned['id']}/test", json={}),
        client.post(OWNED, json={"provider": "OpenAI", "credentials": {"apiKey": KEY}, "modelConfig": {"model": "gpt-4o"}}),
    ]
    assert [answer.status_code for answer in refused] == [409] * len(refused), [answer.text for answer in refused]
    assert all(answer.status_code == 400 and "inactive" in answer.text for answer in refused_to_owners)
    assert painted(stack, tmp_path, "openrouter").returncode == 1
    assert stack.control("catalogue", "sync", "openrouter", check=False).returncode == 3
    assert stack.control("ai:credentials:set", "openrouter", "--stdin", check=False, input=KEY + "\n").returncode == 1
    stack.control("ai:health", "--all", check=False)
    for job in ("health_checks", "balances"):
        stack.control("jobs", "run", job)
    for slug in ("replicate", "openrouter", "openai"):
        assert simulator_requests.client.get("/requests", params={"provider": slug}).json()["requests"] == []
    client.delete(f"{OWNED}/{owned['id']}").raise_for_status()
    # What is stored can still be changed: a key without a test.
    assert client.put(f"{MEDIA}/replicate/api-key", json={"apiKey": KEY, "testConnection": False}).status_code == 200


# An owner's key


def test_an_owners_key_that_an_administrator_switched_off_is_not_used(stack, client):
    body = {"provider": "OpenAI", "credentials": {"apiKey": KEY}, "modelConfig": {"model": "gpt-4o"}}
    with stack.client(stack.token(sub="owner of a key")) as owner:
        assert owner.post(OWNED, json=body).status_code == 201
        (owned,) = owner.get(OWNED).json()["data"]
        listed = client.get(route("openai", "credentials")).json()["data"]
        (record,) = [one for one in listed if one["owner"] and "owner of a key" in one["owner"]]
        client.put(route("openai", f"credentials/{record['id']}"), json={"is_active": False}).raise_for_status()
        answer = owner.post(f"{OWNED}/{owned['id']}/test", json={})
        assert answer.status_code == 400 and "inactive" in answer.text
        # Nor can its owner bring it back.
        owner.put(f"{OWNED}/{owned['id']}", json={"isActive": True}).raise_for_status()
        assert owner.post(f"{OWNED}/{owned['id']}/test", json={}).json() == answer.json()
        owner.delete(f"{OWNED}/{owned['id']}").raise_for_status()


# How keys are told


def sent(simulator_requests, provider: str) -> set[str]:
    return {name.lower() for name in simulator_requests.last(provider)["headers"]}


def test_auth_type_decides_which_header_carries_the_key(stack, client, database, simulator_requests):
    add(client, "gemini")
    for word, header, other in [
        ("oauth", "authorization", "x-goog-api-key"), ("bearer", "authorization", "x-goog-api-key"),
        ("api_key", "x-goog-api-key", "authorization"),
    ]:
        changed = json.loads(stack.control("provider", "set", "gemini", "--auth-type", word, "--json").stdout)
        assert changed["authType"] == word
        assert client.get(route("gemini")).json()["data"]["auth_type"] == word
        assert client.post(route("gemini", "test")).json()["data"]["success"] is True
        assert header in sent(simulator_requests, "gemini") and other not in sent(simulator_requests, "gemini")
    details = database.execute("SELECT details FROM audit_log WHERE action = 'provider.set' ORDER BY seq DESC LIMIT 1").fetchone()[0]
    assert details == {"before": {"authType": "bearer"}, "after": {"authType": "api_key"}}


def test_claudes_other_headers_stay(stack, client, simulator_requests):
    add(client, "claude")
    stack.control("provider", "set", "claude", "--auth-type", "bearer")
    assert client.post(route("claude", "test")).json()["data"]["success"] is True
    assert {"authorization", "anthropic-version"} <= sent(simulator_requests, "claude")
    assert "x-api-key" not in sent(simulator_requests, "claude")


def test_a_provider_without_keys_has_no_way_to_tell_them(stack):
    for slug in ("ollama", "aws"):
        refused = stack.control("provider", "set", slug, "--auth-type", "bearer", check=False)
        assert refused.returncode == 1 and "has no keys" in refused.stderr
    assert stack.control("provider", "set", "gemini", "--auth-type", "basic", check=False).returncode == 2
