"""Contract 3: providers, listed, shown, changed and switched."""

from __future__ import annotations

import uuid

import pytest
from golden import check
from integration import ROOT, add, audit, golden, route

MEMBERS = [
    "id", "provider", "display_name", "kind", "auth_type", "status", "enabled", "priority", "timeout", "default_model",
    "capabilities", "ui_preferences", "usage_count", "last_health_check", "health_status", "credentials_count",
    "has_credentials", "models_count", "created_at", "updated_at",
]  # fmt: skip
ORDER = [
    "fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs", "claude", "cohere", "gemini", "ollama",
    "openai", "openrouter", "requesty",
]  # fmt: skip


pytestmark = pytest.mark.usefixtures("never_used")


def slugs(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [provider["provider"] for provider in answer.json()["data"]]


# Lists


def test_the_list_has_every_provider_with_its_state(client):
    answer = client.get(ROOT, params={"limit": 500}).json()
    assert list(answer) == ["data", "meta", "status", "message"]
    assert (answer["status"], answer["message"]) == ("success", "Providers retrieved successfully")
    found = [provider["provider"] for provider in answer["data"] if provider["kind"] != "compute"]
    assert found == ORDER
    assert all(list(provider) == MEMBERS for provider in answer["data"])
    assert answer["meta"] == {"total": len(answer["data"]), "count": len(answer["data"]), "limit": 500, "offset": 0}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "FAL"}, ["fal_ai"]),
        ({"q": "forest l"}, ["black_forest_labs"]),
        ({"q": "100%"}, []),
        ({"capability": "embedding"}, ["cohere", "gemini", "ollama", "openai"]),
        ({"capability": "video", "q": "r"}, ["replicate", "runway_ml"]),
        ({"capability": "image", "limit": 2, "offset": 1}, ["replicate", "minimax"]),
        ({"enabled": "false", "q": "openai"}, []),
        ({"enabled": "true", "q": "openai"}, ["openai"]),
    ],
    ids=lambda value: "&".join(f"{name}={part}" for name, part in value.items()) if isinstance(value, dict) else "",
)
def test_filters_find_their_own(client, query, expected):
    assert slugs(client.get(ROOT, params=query)) == expected


def test_an_empty_list_is_a_list(client):
    check(client.get(ROOT, params={"q": "no such provider"}), "integration-providers-empty")


def test_what_is_preferred_comes_first(client):
    client.put(route("openai"), json={"priority": 2}).raise_for_status()
    client.put(route("claude"), json={"priority": 3}).raise_for_status()
    found = [slug for slug in slugs(client.get(ROOT, params={"capability": "chat"}))]
    assert found[-2:] == ["openai", "claude"]


BAD_QUERIES = {
    "limit-zero": {"limit": 0}, "limit-large": {"limit": 501}, "limit-text": {"limit": "ten"},
    "offset-negative": {"offset": -1}, "capability": {"capability": "teleport"}, "enabled": {"enabled": "yes"},
    "q-empty": {"q": ""}, "q-long": {"q": "x" * 201}, "unknown": {"sort": "name"}, "cursor": {"cursor": "x"},
}  # fmt: skip


@pytest.mark.parametrize("query", BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_a_wrong_query_is_refused_by_name(client, query):
    answer = client.get(ROOT, params=query)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["data"], body["status"]) == (None, "error")
    assert list(body["meta"]["errors"]) == list(query)


# One provider


@pytest.mark.parametrize("provider", ["openai", "fal_ai", "requesty"])
def test_a_provider_is_shown_whole(client, database, provider):
    shown = client.get(route(provider))
    assert list(shown.json()["data"]) == MEMBERS
    assert shown.json()["data"]["id"] == str(
        database.execute("SELECT id FROM providers WHERE slug = %s", (provider,)).fetchone()[0]
    )
    assert shown.headers["etag"].startswith('"1-')
    again = client.get(route(provider), headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")
    if provider != "requesty":
        golden(client.get(route(provider)), f"integration-provider-{provider}")


def test_the_usage_count_is_what_was_called(client, database, stack):
    openai = database.execute("SELECT id FROM providers WHERE slug = 'openai'").fetchone()[0]
    database.execute(
        """INSERT INTO usage_rollups (provider_id, grain, model, bucket, currency, requests, pending, processing, completed,
               failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
           SELECT %s, grain, model, '2019-01-01', 'USD', 7, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0
           FROM (VALUES ('day', ''), ('day', 'm'), ('quarter', '')) AS one (grain, model)""",
        (openai,),
    )
    try:
        assert client.get(route("openai")).json()["data"]["usage_count"] == 7
        database.execute("UPDATE usage_rollups SET requests = requests + 4 WHERE bucket = '2019-01-01'")
        assert client.get(route("openai")).json()["data"]["usage_count"] == 11
    finally:
        database.execute("DELETE FROM usage_rollups WHERE bucket = '2019-01-01'")


def test_state_says_what_keeps_a_provider_from_being_called(client):
    before = client.get(route("openai")).json()["data"]
    assert (before["status"], before["health_status"], before["has_credentials"]) == ("unknown", "unknown", False)
    add(client, "openai")
    client.post(route("openai", "test")).raise_for_status()
    after = client.get(route("openai")).json()["data"]
    assert (after["status"], after["has_credentials"], after["credentials_count"]) == ("healthy", True, 1)
    assert after["last_health_check"] is not None
    client.post(route("openai", "toggle")).raise_for_status()
    off = client.get(route("openai")).json()["data"]
    assert (off["status"], off["health_status"], off["enabled"]) == ("disabled", "healthy", False)


@pytest.mark.parametrize("name", ["nobody", "OpenAI", "usage", "routing", "%2e%2e", "a" * 51])
def test_an_unknown_provider_is_not_found(client, name):
    for answer in (
        client.get(route(name)), client.put(route(name), json={}), client.post(route(name, "toggle")),
        client.get(route(name, "credentials")), client.post(route(name, "credentials"), json={"credentials": {"apiKey": "k"}}),
        client.get(route(name, "health")), client.get(route(name, "models")),
    ):  # fmt: skip
        if name == "test" or answer.status_code == 405:
            continue
        assert answer.status_code == 404, (name, answer.text)
        assert answer.json() == {"data": None, "meta": {}, "status": "error", "message": "Provider not found"}


# Changes


def test_what_is_named_is_changed_and_nothing_else(client, database):
    before = client.get(route("openai")).json()["data"]
    body = {
        "enabled": True, "priority": 4, "timeout": 9000, "default_model": "gpt-5.4", "capabilities": ["image", "chat"],
        "ui_preferences": {"colour": "#0a0", "order": [3, 1.50], "name": "Größe"},
    }  # fmt: skip
    answer = client.put(route("openai"), json=body)
    assert answer.status_code == 200, answer.text
    after = answer.json()["data"]
    assert after == {**before, **body, "capabilities": ["chat", "image"], "updated_at": after["updated_at"]}
    assert '"order":[3,1.5]' in answer.text
    assert client.get(route("openai")).json()["data"] == after
    outcome, subject, details = audit(database, "provider.update")
    assert (outcome, subject) == ("success", "openai")
    assert (details["before"]["priority"], details["after"]["priority"]) == (1, 4)
    # The other contract shows the same provider.
    config = client.get("/api/admin/third-party-apis/providers/openai/config").json()["data"]
    assert (config["priority"], config["timeout"], config["activeModel"]) == (4, 9000, "gpt-5.4")


def test_an_empty_change_changes_nothing(client):
    before = client.get(route("claude"))
    answer = client.put(route("claude"), json={})
    assert (answer.status_code, answer.json()["data"]) == (200, before.json()["data"])
    assert answer.headers["etag"] == before.headers["etag"]


REFUSED = {
    "enabled": ({"enabled": "true"}, "enabled"),
    "priority": ({"priority": 0}, "priority"),
    "priority-fraction": ({"priority": 1.5}, "priority"),
    "timeout": ({"timeout": 99}, "timeout"),
    "timeout-null": ({"timeout": None}, "timeout"),
    "capabilities": ({"capabilities": "chat"}, "capabilities"),
    "capability": ({"capabilities": ["chat", "cook"]}, "capabilities[1]"),
    "capability-twice": ({"capabilities": ["chat", "chat"]}, "capabilities[1]"),
    "preferences-list": ({"ui_preferences": []}, "ui_preferences"),
    "preferences-large": ({"ui_preferences": {"x": "y" * 8192}}, "ui_preferences"),
    "model-unknown": ({"default_model": "no-such-model"}, "default_model"),
    "model-star": ({"default_model": "*"}, "default_model"),
    "endpoint": ({"endpoint_url": "https://evil.example"}, "endpoint_url"),
    "provider": ({"provider": "other"}, "provider"),
    "usage": ({"usage_count": 0}, "usage_count"),
}


@pytest.mark.parametrize(("body", "field"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_change_names_the_field_and_changes_nothing(client, body, field):
    before = client.get(route("openai")).text
    answer = client.put(route("openai"), json={**body, "timeout": body.get("timeout", 1234)})
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["meta"]["errors"]) == [field]
    assert client.get(route("openai")).text == before


def test_errors_to_the_letter(client, stack):
    check(client.put(route("openai"), json={"priority": 0, "colour": 1}), "integration-provider-refused")
    check(client.get(route("nobody")), "integration-provider-not-found")
    check(client.get(ROOT, params={"limit": 0}), "integration-providers-bad-limit")
    check(client.delete(ROOT), "integration-method-not-allowed")
    check(client.get("/api/providers/openai/nothing"), "integration-path-not-found")
    check(client.put(route("openai"), content="{}", headers={"Content-Type": "text/plain"}), "integration-media-type")
    check(client.put(route("openai"), json={"priority": 2}, headers={"If-Match": '"99-x"'}), "integration-stale")
    with stack.client() as stranger:
        check(stranger.get(ROOT), "integration-unauthenticated")
    with stack.client(stack.token(role="Manager")) as manager:
        check(manager.get(ROOT), "integration-forbidden")


def test_if_match_protects_what_was_read(client):
    tag = client.get(route("openai")).headers["etag"]
    first = client.put(route("openai"), json={"priority": 2}, headers={"If-Match": tag})
    assert first.status_code == 200
    second = client.put(route("openai"), json={"priority": 3}, headers={"If-Match": tag})
    assert (second.status_code, second.json()["status"]) == (412, "error")
    assert client.get(route("openai")).json()["data"]["priority"] == 2
    assert client.put(route("openai"), json={}, headers={"If-Match": tag}).status_code == 412
    assert client.post(route("openai", "toggle"), headers={"If-Match": tag}).status_code == 412


# The switch


def test_the_switch_flips_and_sets(client, database):
    first = client.post(route("cohere", "toggle"))
    assert (first.json()["data"]["enabled"], first.json()["message"]) == (False, "Provider disabled successfully")
    second = client.post(route("cohere", "toggle"), json={})
    assert (second.json()["data"]["enabled"], second.json()["message"]) == (True, "Provider enabled successfully")
    for wanted in (True, False, False, True):
        answer = client.post(route("cohere", "toggle"), json={"enabled": wanted})
        assert answer.json()["data"]["enabled"] is wanted
    assert audit(database, "provider.toggle")[2]["after"]["enabled"] is True
    for body in ({"enabled": 1}, {"enabled": None}, {"on": True}):
        assert client.post(route("cohere", "toggle"), json=body).status_code == 400


def test_a_repeated_switch_with_the_same_key_flips_once(client):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.post(route("cohere", "toggle"), headers=headers)
    second = client.post(route("cohere", "toggle"), headers=headers)
    assert first.json() == second.json() and second.headers["idempotency-replayed"] == "true"
    assert client.get(route("cohere")).json()["data"]["enabled"] is False


def test_a_provider_that_is_switched_off_refuses_every_call(client, database, simulator_requests):
    add(client, "openai")
    client.post(route("openai", "toggle"), json={"enabled": False}).raise_for_status()
    simulator_requests.clear("openai")
    answers = [
        client.post(route("openai", "test")),
        client.get(route("openai", "health"), params={"refresh": "true"}),
        client.get(route("openai", "models"), params={"refresh": "true"}),
        client.post(route("openai", "credentials"), json={"credentials": {"apiKey": "sk-test-x"}, "test": True}),
        client.post(f"{ROOT}/health-check", json={"providers": ["openai"]}),
    ]
    check(answers[0], "integration-inactive")
    for answer in answers:
        assert (answer.status_code, answer.json()["message"]) == (409, "The provider OpenAI is inactive")
    assert database.execute("SELECT count(*) FROM health_checks").fetchone() == (0,)
    # What is stored can still be read, and a key can be stored for later.
    assert client.get(route("openai", "health")).status_code == 200
    assert client.get(route("openai", "models")).status_code == 200
    add(client, "openai", environment="later")
