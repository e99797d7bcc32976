"""Contract 2, section 4: the configuration of a provider and its key."""

from __future__ import annotations

import json
import uuid

import pytest
from golden import check
from psycopg.types.json import Json
from stack import Simulator, Stack

ROOT = "/api/admin/third-party-apis"
KEYED = ["openai", "claude", "fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"]
MEMBERS = ["provider", "apiKey", "enabled", "priority", "rateLimit", "timeout", "retryPolicy", "models", "activeModel"]


def route(provider: str, rest: str = "config") -> str:
    return f"{ROOT}/providers/{provider}/{rest}"


@pytest.fixture(scope="module")
def stack():
    """A stack of its own: what other tests charge to a provider fixes its currency and changes its version."""
    with Stack.started("--lift-limits") as running:
        yield running


@pytest.fixture(scope="module")
def simulator(stack):
    return Simulator(url=stack.simulator_url, ca=stack.ca)


@pytest.fixture(autouse=True)
def as_installed(database):
    """Every test begins and ends with what the migrations made, with two models for OpenAI and one for Claude."""
    models = database.execute("SELECT id, is_active, retired_at FROM models").fetchall()
    before = database.execute("SELECT * FROM providers").fetchall()
    columns = [column.name for column in database.execute("SELECT * FROM providers LIMIT 0").description]
    database.execute("DELETE FROM credentials WHERE owner IS NULL")
    database.execute("UPDATE models SET is_active = false WHERE provider_id IN (SELECT id FROM providers WHERE slug IN ('openai', 'claude'))")
    database.execute(
        """UPDATE models SET is_active = true
           WHERE name IN ('gpt-5.4', 'gpt-5.4-mini', 'claude-haiku-4-5')
             AND provider_id IN (SELECT id FROM providers WHERE slug IN ('openai', 'claude'))"""
    )
    yield
    database.execute("DELETE FROM credentials WHERE owner IS NULL")
    database.execute("DELETE FROM health_checks")
    with database.pipeline(), database.cursor() as cursor:
        cursor.executemany(
            "UPDATE models SET is_active = %s, retired_at = %s WHERE id = %s",
            [(active, retired, identifier) for identifier, active, retired in models],
        )
    names = ", ".join(f"{name} = %s" for name in columns if name != "id")
    for row in before:
        values = dict(zip(columns, row, strict=True))
        identifier = values.pop("id")
        given = [Json(value) if isinstance(value, dict) else value for value in values.values()]
        database.execute(f"UPDATE providers SET {names} WHERE id = %s", [*given, identifier])


def audit(database, action: str) -> tuple[str, dict]:
    """Outcome and details of the newest row of an action."""
    outcome, details = database.execute(
        "SELECT outcome, details FROM audit_log WHERE action = %s ORDER BY seq DESC LIMIT 1", (action,)
    ).fetchone()
    return outcome, details


def credentials(database, provider: str) -> list[tuple]:
    """State, activity and expiry of the installation's credentials, the newest first."""
    return database.execute(
        """SELECT k.state, k.is_active, k.expires_at IS NOT NULL FROM credentials k JOIN providers p ON p.id = k.provider_id
           WHERE k.owner IS NULL AND p.slug = %s ORDER BY k.created_at DESC""",
        (provider,),
    ).fetchall()


# The configuration


@pytest.mark.parametrize("provider", KEYED[:2])
def test_the_configuration_has_the_contracts_members(client, provider):
    answer = client.get(route(provider))
    check(answer, f"config-{provider}")
    assert list(answer.json()["data"]) == MEMBERS


def test_what_is_named_is_changed_and_nothing_else(client, database):
    before = client.get(route("openai")).json()["data"]
    body = {
        "enabled": True, "priority": 2, "rateLimit": {"requestsPerMinute": 30, "requestsPerDay": None}, "timeout": 5000,
        "retryPolicy": {"maxRetries": 0}, "lowBalanceThreshold": 12.50,
    }  # fmt: skip
    answer = client.put(route("openai"), json=body)
    check(answer, "config-changed")
    after = answer.json()["data"]
    assert after == client.get(route("openai")).json()["data"]
    assert after["rateLimit"] == {**before["rateLimit"], "requestsPerMinute": 30, "requestsPerDay": None}
    assert after["retryPolicy"] == {**before["retryPolicy"], "maxRetries": 0}
    threshold = database.execute("SELECT low_balance_threshold::text FROM providers WHERE slug = 'openai'").fetchone()
    assert threshold == ("12.5",)


def test_the_audit_row_has_before_and_after(client, database):
    client.put(route("openai"), json={"timeout": 7000, "currency": "EUR"})
    outcome, details = audit(database, "provider.configure")
    assert outcome == "success"
    assert (details["before"]["timeout"], details["after"]["timeout"]) == (30000, 7000)
    assert (details["before"]["currency"], details["after"]["currency"]) == ("USD", "EUR")
    assert "apiKey" not in details["after"]


def test_an_empty_change_changes_nothing(client):
    before = client.get(route("openai"))
    answer = client.put(route("openai"), json={})
    assert (answer.status_code, answer.text, answer.headers["etag"]) == (200, before.text, before.headers["etag"])


def test_models_are_switched_on_and_off(client, database):
    answer = client.put(route("openai"), json={"models": ["gpt-5.4", "gpt-6-sol"], "activeModel": "gpt-6-sol"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["models"] == ["gpt-5.4", "gpt-6-sol"]
    assert answer.json()["data"]["activeModel"] == "gpt-6-sol"
    database.execute(
        "UPDATE models SET retired_at = now() WHERE name = 'gpt-5.4' AND provider_id = (SELECT id FROM providers WHERE slug = 'openai')"
    )
    assert client.get(route("openai")).json()["data"]["models"] == ["gpt-6-sol"]
    refused = client.put(route("openai"), json={"models": ["gpt-6-sol", "gpt-5.4"]})
    assert refused.json()["error"]["details"] == {"models[1]": "was retired by the provider"}


REFUSED = {
    "priority": ({"priority": 0}, "priority"),
    "priority-text": ({"priority": "1"}, "priority"),
    "priority-huge": ({"priority": 2147483648}, "priority"),
    "enabled": ({"enabled": 1}, "enabled"),
    "timeout-zero": ({"timeout": 0}, "timeout"),
    "timeout-long": ({"timeout": 600001}, "timeout"),
    "timeout-null": ({"timeout": None}, "timeout"),
    "limit-zero": ({"rateLimit": {"requestsPerHour": 0}}, "rateLimit.requestsPerHour"),
    "limit-negative": ({"rateLimit": {"requestsPerMinute": -1}}, "rateLimit.requestsPerMinute"),
    "limit-fraction": ({"rateLimit": {"requestsPerDay": 1.5}}, "rateLimit.requestsPerDay"),
    "limit-unknown": ({"rateLimit": {"requestsPerSecond": 1}}, "rateLimit.requestsPerSecond"),
    "limits-text": ({"rateLimit": "60"}, "rateLimit"),
    "retries": ({"retryPolicy": {"maxRetries": 11}}, "retryPolicy.maxRetries"),
    "delay": ({"retryPolicy": {"retryDelay": 0}}, "retryPolicy.retryDelay"),
    "unknown": ({"colour": "red"}, "colour"),
    "key": ({"apiKey": "sk-test"}, "apiKey"),
    "threshold-negative": ({"lowBalanceThreshold": -1}, "lowBalanceThreshold"),
    "threshold-decimals": ({"lowBalanceThreshold": 0.12345678901}, "lowBalanceThreshold"),
    "currency": ({"currency": "usd"}, "currency"),
    "currency-unknown": ({"currency": "XYZ"}, "currency"),
    "models-text": ({"models": "gpt-5.4"}, "models"),
    "models-unknown": ({"models": ["gpt-5.4-mini", "no-such-model"]}, "models[1]"),
    "models-star": ({"models": ["gpt-5.4-mini", "*"]}, "models[1]"),
    "models-twice": ({"models": ["gpt-5.4-mini", "gpt-5.4-mini"]}, "models[1]"),
    "models-number": ({"models": [1]}, "models[0]"),
    "models-without-active": ({"models": ["gpt-5.4"]}, "models"),
    "models-none": ({"models": []}, "models"),
    "active-unknown": ({"activeModel": "no-such-model"}, "activeModel"),
    "active-of-another-provider": ({"activeModel": "claude-haiku-4-5"}, "activeModel"),
    "active-switched-off": ({"activeModel": "gpt-6-sol"}, "activeModel"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_named_and_changes_nothing(client, case):
    body, field = REFUSED[case]
    before = client.get(route("openai"))
    answer = client.put(route("openai"), json={"timeout": 9999, **body})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["message"], list(error["details"])) == ("INVALID_REQUEST", "Invalid request parameters", [field])
    after = client.get(route("openai"))
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])


def test_a_refusal_to_the_letter(client):
    check(client.put(route("openai"), json={"priority": 0}), "config-refused")


def test_two_administrators_with_the_same_tag_one_changes_it(client):
    tag = {"If-Match": client.get(route("openai")).headers["etag"]}
    first = client.put(route("openai"), json={"priority": 3}, headers=tag)
    second = client.put(route("openai"), json={"priority": 4}, headers=tag)
    assert first.status_code == 200
    check(second, "config-stale")
    assert client.put(route("openai"), json={}, headers=tag).status_code == 412
    assert client.get(route("openai")).json()["data"]["priority"] == 3
    assert client.put(route("openai"), json={"priority": 1}, headers={"If-Match": first.headers["etag"]}).status_code == 200


def test_the_tag_changes_with_everything_that_is_shown(client, database):
    first = client.get(route("openai"))
    assert client.get(route("openai"), headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    client.put(route("openai", "api-key"), json={"apiKey": "sk-test-0123456789", "testConnection": False})
    second = client.get(route("openai"), headers={"If-None-Match": first.headers["etag"]})
    assert (second.status_code, second.json()["data"]["apiKey"]) == (200, "***masked***")


def test_the_currency_stays_once_the_ledger_has_entries(client, database):
    assert client.put(route("claude"), json={"currency": "EUR"}).status_code == 200
    account = database.execute(
        """INSERT INTO credit_accounts (provider_id, currency, entries) SELECT id, 'EUR', 1 FROM providers
           WHERE slug = 'claude' RETURNING id"""
    ).fetchone()[0]
    try:
        check(client.put(route("claude"), json={"currency": "CHF"}), "config-currency-conflict")
        assert client.put(route("claude"), json={"currency": "EUR"}).status_code == 200
    finally:
        database.execute("DELETE FROM credit_accounts WHERE id = %s", (account,))


def test_a_provider_that_is_switched_off_takes_no_calls(stack, client):
    """Contract 1 asks the same configuration."""
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as owner:
        body = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-5.4"}}
        assert client.put(route("openai"), json={"enabled": False}).json()["data"]["enabled"] is False
        # Which contract 1 answers with 400.
        assert owner.post("/api/v1/ai/providers", json=body).status_code == 400
        assert client.put(route("openai"), json={"enabled": True}).json()["data"]["enabled"] is True
        assert owner.post("/api/v1/ai/providers", json=body).status_code == 201


# The key


@pytest.mark.parametrize("provider", KEYED)
def test_a_key_is_tested_and_stored(client, database, provider):
    check(client.put(route(provider, "api-key"), json={"apiKey": "sk-first-0123456789"}), f"api-key-{provider}")
    assert credentials(database, provider) == [("valid", True, False)]
    assert client.get(route(provider)).json()["data"]["apiKey"] == "***masked***"
    found = database.execute("SELECT status, reason FROM health_checks").fetchall()
    assert found == [("healthy", "key")]
    outcome, details = audit(database, "api_key.replace")
    assert outcome == "success"
    assert details == {"before": None, "after": {"hint": "…6789", "state": "valid", "expiresAt": None}}


def test_without_a_test_it_is_stored_untested(client, database, simulator_requests):
    simulator_requests.clear("openai")
    body = {"apiKey": "sk-invalid-0123456789", "testConnection": False, "expiresAt": "2099-12-31T23:59:59Z"}
    check(client.put(route("openai", "api-key"), json=body), "api-key-untested")
    assert credentials(database, "openai") == [("untested", True, True)]
    assert simulator_requests.client.get("/requests", params={"provider": "openai"}).json()["requests"] == []
    assert database.execute("SELECT count(*) FROM health_checks").fetchone() == (0,)


def test_the_former_key_is_switched_off_and_the_new_one_is_used(client, database, simulator_requests):
    for key in ("sk-first-0123456789", "sk-second-0123456789"):
        assert client.put(route("openai", "api-key"), json={"apiKey": key}).status_code == 200
    assert credentials(database, "openai") == [("valid", True, False), ("valid", False, False)]
    simulator_requests.clear("openai")
    assert client.post(route("openai", "test-connection")).json()["data"]["success"] is True
    assert len(credentials(database, "openai")) == 2


@pytest.mark.parametrize("provider", KEYED)
def test_a_refused_key_changes_nothing(client, database, provider):
    assert client.put(route(provider, "api-key"), json={"apiKey": "sk-first-0123456789"}).status_code == 200
    before = client.get(route(provider))
    check(client.put(route(provider, "api-key"), json={"apiKey": "sk-invalid-0123456789"}), f"api-key-{provider}-refused")
    assert credentials(database, provider) == [("valid", True, False)]
    assert client.get(route(provider)).headers["etag"] == before.headers["etag"]
    assert database.execute("SELECT count(*) FROM health_checks").fetchone() == (1,)
    assert client.post(route(provider, "test-connection")).json()["data"]["success"] is True
    assert audit(database, "api_key.replace")[0] == "refused"


@pytest.mark.parametrize("fault", ["server-error", "overloaded", "no-money", "rate-limit", "html", "forbidden"])
def test_a_key_that_cannot_be_tested_changes_nothing(client, database, fault):
    assert client.put(route("openai", "api-key"), json={"apiKey": "sk-first-0123456789"}).status_code == 200
    check(client.put(route("openai", "api-key"), json={"apiKey": f"sk-fault={fault}"}), f"api-key-{fault}")
    assert credentials(database, "openai") == [("valid", True, False)]
    assert audit(database, "api_key.replace")[0] == "failed"


KEYS = {
    "missing": ({}, "apiKey"),
    "null": ({"apiKey": None}, "apiKey"),
    "number": ({"apiKey": 7}, "apiKey"),
    "empty": ({"apiKey": ""}, "apiKey"),
    "long": ({"apiKey": "a" * 4097}, "apiKey"),
    "space": ({"apiKey": "sk test"}, "apiKey"),
    "line-break": ({"apiKey": "sk\r\nX: y"}, "apiKey"),
    "accent": ({"apiKey": "sk-é"}, "apiKey"),
    "test": ({"apiKey": "sk-test", "testConnection": "yes"}, "testConnection"),
    "expired": ({"apiKey": "sk-test", "expiresAt": "2020-01-01"}, "expiresAt"),
    "no-date": ({"apiKey": "sk-test", "expiresAt": "tomorrow"}, "expiresAt"),
    "unknown": ({"apiKey": "sk-test", "model": "gpt-5.4"}, "model"),
}


@pytest.mark.parametrize("case", KEYS)
def test_what_is_wrong_with_a_key_is_named(client, database, case):
    body, field = KEYS[case]
    answer = client.put(route("openai", "api-key"), json=body)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["error"]["details"]) == [field]
    assert "sk" not in answer.text and credentials(database, "openai") == []


def test_the_longest_key_is_taken(client, database):
    body = {"apiKey": "a" * 4096, "testConnection": False}
    assert client.put(route("openai", "api-key"), json=body).status_code == 200


def test_a_provider_that_takes_no_key_says_so(client):
    check(client.put(route("ollama", "api-key"), json={"apiKey": "sk-test", "testConnection": False}), "api-key-ollama")


def test_a_provider_that_is_switched_off_is_not_called_for_a_test(client, database):
    client.put(route("openai"), json={"enabled": False})
    check(client.put(route("openai", "api-key"), json={"apiKey": "sk-test"}), "api-key-disabled")
    body = {"apiKey": "sk-test", "testConnection": False}
    assert client.put(route("openai", "api-key"), json=body).status_code == 200


def test_the_key_is_nowhere_to_be_seen(stack, client, database):
    key = f"sk-canary-{uuid.uuid4().hex}"
    answers = [
        client.put(route("openai", "api-key"), json={"apiKey": key}), client.get(route("openai")),
        client.post(route("openai", "test-connection")), client.post(route("openai", "health-check")),
        client.get(f"{ROOT}/audit"), client.put(route("openai", "api-key"), json={"apiKey": key, "x": 1}),
    ]  # fmt: skip
    assert all(key not in answer.text for answer in answers)
    rows = database.execute("SELECT to_jsonb(l)::text FROM audit_log l").fetchall()
    rows += database.execute("SELECT to_jsonb(k)::text FROM credentials k").fetchall()
    assert key not in json.dumps(rows)
    for file in (stack.run / "log").glob("*.log"):
        assert key.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("method, rest", [("GET", "config"), ("PUT", "config"), ("PUT", "api-key")])
def test_an_unknown_provider_is_not_found(client, method, rest):
    body = None if method == "GET" else {"apiKey": "sk-test"} if rest == "api-key" else {"priority": 1}
    check(client.request(method, route("nobody", rest), json=body), "provider-not-found")
