"""Contract 3: credentials per environment, masked always, tried on demand, and the same for every contract."""

from __future__ import annotations

import hashlib
import time
import uuid

import pytest
from golden import check
from integration import KEY, OTHER_KEY, ROOT, add, audit, golden, route

ADMIN = "/api/admin/third-party-apis"
BAD_KEY = "sk-bad-0123456789"
MEMBERS = [
    "id", "provider", "name", "credential_type", "credentials", "hint", "owner", "environment", "metadata",
    "ui_metadata", "state", "is_active", "expires_at", "last_used_at", "created_at", "updated_at",
]  # fmt: skip


pytestmark = pytest.mark.usefixtures("as_installed")


def listed(client, provider: str = "openai", **query) -> list[dict]:
    """The installation's own, whatever owners other tests left."""
    answer = client.get(route(provider, "credentials"), params={"owner": "installation", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def sent_key(simulator_requests, provider: str = "openai") -> str:
    """What the simulator tells of the key of the newest request to the provider."""
    return simulator_requests.last(provider)["keySHA256"]


def digest(key: str) -> str:
    """The simulator's word for a key."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


# Adding


def test_the_empty_list(client):
    check(client.get(route("openai", "credentials"), params={"owner": "installation"}), "integration-credentials-empty")


@pytest.mark.parametrize(
    ("provider", "credentials", "kind"),
    [("openai", {"apiKey": KEY}, "api_key"), ("ollama", {"baseUrl": "http://127.0.0.1:11434"}, "base_url"),
     ("requesty", {"apiKey": KEY}, "api_key"), ("fal_ai", {"apiKey": "key-id:key-secret"}, "api_key")],
)  # fmt: skip
def test_a_credential_is_stored_and_masked(client, database, provider, credentials, kind):
    body = {
        "credentials": credentials, "credential_type": kind, "name": "Main", "environment": "prod_eu-1",
        "metadata": {"team": "images"}, "ui_metadata": {"order": 1}, "expires_at": "2999-01-01T00:00:00Z",
    }  # fmt: skip
    answer = client.post(route(provider, "credentials"), json=body)
    assert answer.headers["etag"].startswith('"1-')
    golden(answer, f"integration-credential-added-{provider}")
    data = answer.json()["data"]
    assert list(data) == MEMBERS
    assert data["credentials"] == {name: "***masked***" for name in credentials}
    assert listed(client, provider) == [data]
    sealed = database.execute("SELECT sealed, owner, version FROM credentials WHERE id = %s", (data["id"],)).fetchone()
    secret = next(iter(credentials.values())).encode()
    assert secret not in sealed[0] and sealed[1:] == (None, 1)
    outcome, subject, details = audit(database, "credential.add")
    assert (outcome, subject, details["after"]["environment"]) == ("success", data["id"], "prod_eu-1")


def test_nothing_shows_the_key(client, database, stack):
    record = add(client, "openai", OTHER_KEY)
    client.put(route("openai", f"credentials/{record['id']}"), json={"credentials": {"apiKey": KEY}}).raise_for_status()
    client.post(route("openai", "test")).raise_for_status()
    texts = [
        client.get(route("openai", "credentials")).text, client.get(route("openai")).text, client.get(ROOT).text,
        client.get(f"{ADMIN}/providers/openai/config").text, client.get(f"{ADMIN}/audit").text,
        str(database.execute("SELECT array_agg(c) FROM credentials c").fetchall()),
        str(database.execute("SELECT array_agg(a) FROM audit_log a").fetchall()),
        stack.logs(2000),
    ]  # fmt: skip
    for text in texts:
        assert KEY not in text and OTHER_KEY not in text
    assert listed(client)[0]["hint"] == "…" + KEY[-4:]


REFUSED = {
    "nothing": ({}, ["credentials"]),
    "text": ({"credentials": "sk-test"}, ["credentials"]),
    "empty": ({"credentials": {}}, ["credentials.apiKey"]),
    "key-empty": ({"credentials": {"apiKey": ""}}, ["credentials.apiKey"]),
    "key-number": ({"credentials": {"apiKey": 1}}, ["credentials.apiKey"]),
    "key-space": ({"credentials": {"apiKey": "sk test"}}, ["credentials.apiKey"]),
    "key-line": ({"credentials": {"apiKey": "sk\r\nHost: x"}}, ["credentials.apiKey"]),
    "key-long": ({"credentials": {"apiKey": "k" * 4097}}, ["credentials.apiKey"]),
    "field": ({"credentials": {"apiKey": KEY, "secret": "x"}}, ["credentials.secret"]),
    "other-field": ({"credentials": {"baseUrl": "http://x"}}, ["credentials.baseUrl", "credentials.apiKey"]),
    "type": ({"credentials": {"apiKey": KEY}, "credential_type": "base_url"}, ["credential_type"]),
    "environment-empty": ({"credentials": {"apiKey": KEY}, "environment": ""}, ["environment"]),
    "environment-space": ({"credentials": {"apiKey": KEY}, "environment": "my env"}, ["environment"]),
    "environment-accent": ({"credentials": {"apiKey": KEY}, "environment": "pröd"}, ["environment"]),
    "environment-long": ({"credentials": {"apiKey": KEY}, "environment": "e" * 51}, ["environment"]),
    "name-long": ({"credentials": {"apiKey": KEY}, "name": "n" * 101}, ["name"]),
    "metadata-list": ({"credentials": {"apiKey": KEY}, "metadata": []}, ["metadata"]),
    "metadata-large": ({"credentials": {"apiKey": KEY}, "metadata": {"x": "y" * 8192}}, ["metadata"]),
    "ui-large": ({"credentials": {"apiKey": KEY}, "ui_metadata": {"x": "y" * 8192}}, ["ui_metadata"]),
    "expiry-past": ({"credentials": {"apiKey": KEY}, "expires_at": "2020-01-01"}, ["expires_at"]),
    "expiry-text": ({"credentials": {"apiKey": KEY}, "expires_at": "soon"}, ["expires_at"]),
    "active": ({"credentials": {"apiKey": KEY}, "is_active": "yes"}, ["is_active"]),
    "test": ({"credentials": {"apiKey": KEY}, "test": 1}, ["test"]),
    "unknown": ({"credentials": {"apiKey": KEY}, "colour": "red"}, ["colour"]),
    "owner": ({"credentials": {"apiKey": KEY}, "owner": "tenant:t1"}, ["owner"]),
}


@pytest.mark.parametrize(("body", "fields"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_credential_names_the_field_and_stores_nothing(client, body, fields):
    answer = client.post(route("openai", "credentials"), json=body)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["meta"]["errors"]) == fields
    assert KEY not in answer.text
    assert listed(client) == []


def test_metadata_of_the_largest_size_is_kept_to_the_letter(client):
    metadata = {"x": "y" * (8192 - len('{"x":""}'))}
    record = add(client, "openai", metadata=metadata, ui_metadata={"a": {"b": [1.10, None, "\u0001\\"]}})
    assert record["metadata"] == metadata
    assert record["ui_metadata"] == {"a": {"b": [1.1, None, "\u0001\\"]}}


# A real call on demand


def test_a_credential_is_tried_before_it_is_stored(client, database, simulator_requests):
    simulator_requests.clear("openai")
    record = add(client, "openai", KEY, test=True)
    assert record["state"] == "valid"
    assert sent_key(simulator_requests) == digest(KEY)
    refused = client.post(route("openai", "credentials"), json={"credentials": {"apiKey": BAD_KEY}, "test": True})
    check(refused, "integration-credential-refused")
    assert listed(client) == [record]
    assert audit(database, "credential.add")[:2] == ("refused", "openai")


@pytest.mark.parametrize(("name", "status"), [("no_money", 502), ("server_error", 502), ("rate_limit", 429), ("html", 502)])
def test_what_cannot_be_tried_is_not_stored(client, fault, name, status):
    fault("openai", name.replace("_", "-"))
    answer = client.post(route("openai", "credentials"), json={"credentials": {"apiKey": KEY}, "test": True})
    assert (answer.status_code, answer.json()["status"]) == (status, "error"), answer.text
    golden(answer, f"integration-credential-{name}")
    assert listed(client) == []


@pytest.mark.parametrize("provider", ["openrouter", "requesty", "replicate", "claude"])
def test_every_kind_of_provider_can_be_asked(client, provider):
    answer = client.post(route(provider, "credentials"), json={"credentials": {"apiKey": KEY}, "test": True})
    assert (answer.status_code, answer.json()["data"]["state"]) == (201, "valid"), answer.text


def test_a_provider_that_hangs_is_given_up_after_ten_seconds(client):
    began = time.monotonic()
    body = {"credentials": {"apiKey": "sk-test-fault=hang-0123456789"}, "test": True}
    answer = client.post(route("openai", "credentials"), json=body)
    assert 9 < time.monotonic() - began < 14
    golden(answer, "integration-credential-hang")
    assert listed(client) == []


# Several


def test_the_newest_active_one_of_an_environment_is_used(client, simulator_requests):
    old = add(client, "openai", "sk-old-0123456789")
    new = add(client, "openai", "sk-new-0123456789")
    add(client, "openai", "sk-dev-0123456789", environment="dev")

    def used(**body) -> str:
        simulator_requests.clear("openai")
        answer = client.post(route("openai", "test"), json=body)
        assert answer.json()["data"]["success"], answer.text
        sent = sent_key(simulator_requests)
        return next(name for name in ("old", "new", "dev") if digest(f"sk-{name}-0123456789") == sent)

    assert used() == "new"
    assert used(environment="dev") == "dev"
    assert used(credential_id=old["id"]) == "old"
    client.put(route("openai", f"credentials/{new['id']}"), json={"is_active": False}).raise_for_status()
    assert used() == "old"
    assert client.post(route("openai", "test"), json={"credential_id": new["id"]}).status_code == 409
    client.delete(route("openai", f"credentials/{old['id']}")).raise_for_status()
    answer = client.post(route("openai", "test")).json()
    assert (answer["data"]["success"], answer["message"]) == (False, "No API key is configured for OpenAI")
    client.put(route("openai", f"credentials/{new['id']}"), json={"is_active": True}).raise_for_status()
    assert used() == "new"


def test_a_list_has_filters_and_pages(client):
    names = ["one", "two", "three"]
    for name in names:
        add(client, "openai", name=name, environment="dev" if name == "two" else "default")
    assert [record["name"] for record in listed(client)] == names[::-1]
    assert [record["name"] for record in listed(client, environment="dev")] == ["two"]
    assert [record["name"] for record in listed(client, limit=1, offset=1)] == ["two"]
    assert [record["name"] for record in listed(client, q="T")] == ["three", "two", "one"], "the environment counts too"
    assert [record["name"] for record in listed(client, q="THR")] == ["three"]
    assert [record["name"] for record in listed(client, q="dev")] == ["two"]
    assert listed(client, q=KEY) == [] and len(listed(client, q=KEY[-4:])) == 3, "the key itself cannot be searched for"
    client.put(route("openai", f"credentials/{listed(client)[0]['id']}"), json={"is_active": False}).raise_for_status()
    assert [record["name"] for record in listed(client, is_active="false")] == ["three"]
    meta = client.get(route("openai", "credentials"), params={"limit": 1, "is_active": "true", "owner": "installation"}).json()["meta"]
    assert meta == {"total": 2, "count": 1, "limit": 1, "offset": 0}
    for query in ({"environment": "a b"}, {"is_active": "1"}, {"limit": 0}, {"owner": ""}):
        assert client.get(route("openai", "credentials"), params=query).status_code == 400


def test_one_that_has_expired_is_not_used(client, database):
    record = add(client, "openai", expires_at="2999-01-01")
    database.execute("UPDATE credentials SET expires_at = now() - interval '1 second' WHERE id = %s", (record["id"],))
    assert client.post(route("openai", "test")).json()["data"]["error"]["kind"] == "no_credentials"
    answer = client.post(route("openai", "test"), json={"credential_id": record["id"]})
    assert (answer.status_code, answer.json()["message"]) == (409, "The credential has expired")
    again = client.put(route("openai", f"credentials/{record['id']}"), json={"expires_at": None})
    assert again.json()["data"]["expires_at"] is None
    assert client.post(route("openai", "test")).json()["data"]["success"] is True


# Changing and deleting


def test_what_is_named_is_changed_and_nothing_else(client, database, simulator_requests):
    record = add(client, "openai", name="a", metadata={"x": 1})
    path = route("openai", f"credentials/{record['id']}")
    body = {"name": "b", "environment": "dev", "ui_metadata": {"y": 2}, "expires_at": "2999-12-31", "is_active": False}
    answer = client.put(path, json=body)
    golden(answer, "integration-credential-changed")
    after = answer.json()["data"]
    expected = {**record, **body, "expires_at": "2999-12-31T00:00:00Z", "updated_at": after["updated_at"]}
    assert after == expected
    _, subject, details = audit(database, "credential.update")
    assert (subject, details["before"]["name"], details["after"]["name"], details["newSecret"]) == (record["id"], "a", "b", False)
    client.put(path, json={"name": None, "is_active": True, "environment": "default"}).raise_for_status()
    simulator_requests.clear("openai")
    changed = client.put(path, json={"credentials": {"apiKey": OTHER_KEY}}).json()["data"]
    assert (changed["name"], changed["hint"], changed["state"]) == (None, "…" + OTHER_KEY[-4:], "untested")
    assert client.post(route("openai", "test")).json()["data"]["success"] is True
    assert sent_key(simulator_requests) == digest(OTHER_KEY)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"credential_type": "api_key"}, "credential_type"), ({"test": True}, "test"), ({"environment": ""}, "environment"),
     ({"credentials": {}}, "credentials.apiKey"), ({"is_active": None}, "is_active"), ({"metadata": None}, "metadata"),
     ({"hint": "x"}, "hint")],
)  # fmt: skip
def test_a_wrong_change_names_the_field_and_changes_nothing(client, body, field):
    record = add(client, "openai")
    answer = client.put(route("openai", f"credentials/{record['id']}"), json={**body, "name": "changed"})
    assert (answer.status_code, list(answer.json()["meta"]["errors"])) == (400, [field])
    assert listed(client) == [record]


def test_a_change_with_a_test_needs_the_providers_consent(client):
    record = add(client, "openai")
    path = route("openai", f"credentials/{record['id']}")
    refused = client.put(path, json={"credentials": {"apiKey": BAD_KEY}, "test": True})
    assert (refused.status_code, list(refused.json()["meta"]["errors"])) == (400, ["credentials"])
    assert listed(client) == [record]
    accepted = client.put(path, json={"credentials": {"apiKey": OTHER_KEY}, "test": True})
    assert (accepted.status_code, accepted.json()["data"]["state"]) == (200, "valid")


def test_tags_protect_what_was_read(client):
    created = client.post(route("openai", "credentials"), json={"credentials": {"apiKey": KEY}})
    path = route("openai", f"credentials/{created.json()['data']['id']}")
    tag = created.headers["etag"]
    # A call changes when it was used, which is no change of the credential.
    client.post(route("openai", "test")).raise_for_status()
    changed = client.put(path, json={"name": "x"}, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert client.put(path, json={"name": "y"}, headers={"If-Match": tag}).status_code == 412
    assert client.delete(path, headers={"If-Match": tag}).status_code == 412
    deleted = client.delete(path, headers={"If-Match": changed.headers["etag"]})
    golden(deleted, "integration-credential-deleted")
    check(client.delete(path), "integration-credential-not-found")


def test_one_of_another_provider_does_not_exist(client):
    record = add(client, "claude")
    for name in (record["id"], str(uuid.uuid4()), "1", "x" * 300):
        path = route("openai", f"credentials/{name}")
        answers = [client.put(path, json={"name": "x"}), client.delete(path), client.put(path, json={"colour": 1})]
        for answer in answers:
            assert (answer.status_code, answer.json()["message"]) == (404, "Credential not found")
    assert client.post(route("openai", "test"), json={"credential_id": record["id"]}).status_code == 404
    assert listed(client, "claude") == [record]


def test_a_repeated_addition_with_the_same_key_adds_one(client):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"credentials": {"apiKey": KEY}}
    first = client.post(route("openai", "credentials"), json=body, headers=headers)
    second = client.post(route("openai", "credentials"), json=body, headers=headers)
    assert (first.status_code, second.status_code, first.text) == (201, 201, second.text)
    assert len(listed(client)) == 1


# States


def test_a_refused_key_is_switched_off_and_can_come_back(client, database, fault):
    record = add(client, "openai", BAD_KEY)
    answer = client.post(route("openai", "test"))
    golden(answer, "integration-test-refused")
    found = listed(client)[0]
    assert (found["state"], found["is_active"], found["last_used_at"]) == ("invalid", False, None)
    assert audit(database, "provider.test")[0] == "refused"
    # A new key in its place is used at once.
    path = route("openai", f"credentials/{record['id']}")
    changed = client.put(path, json={"credentials": {"apiKey": KEY}}).json()["data"]
    assert (changed["state"], changed["is_active"]) == ("untested", True)
    golden(client.post(route("openai", "test")), "integration-test-openai")
    used = listed(client)[0]
    assert used["state"] == "valid" and used["last_used_at"] is not None


@pytest.mark.parametrize("name", ["no-money", "rate-limit", "server-error", "html", "forbidden"])
def test_trouble_that_is_not_the_keys_leaves_it_on(client, fault, name):
    add(client, "openai")
    fault("openai", name)
    answer = client.post(route("openai", "test"))
    assert (answer.status_code, answer.json()["status"], answer.json()["data"]["success"]) == (200, "success", False)
    golden(answer, f"integration-test-{name}")
    found = listed(client)[0]
    assert (found["state"], found["is_active"]) == ("untested", True)


def test_one_that_was_switched_off_by_hand_stays_off(client):
    record = add(client, "openai", BAD_KEY)
    client.post(route("openai", "test")).raise_for_status()
    path = route("openai", f"credentials/{record['id']}")
    client.put(path, json={"is_active": False}).raise_for_status()
    answer = client.post(route("openai", "test")).json()["data"]
    assert answer["error"]["kind"] == "no_credentials"
    assert listed(client)[0]["is_active"] is False


@pytest.mark.parametrize(
    "body",
    [{"environment": "a b"}, {"environment": 1}, {"credential_id": 1}, {"colour": 1},
     {"credential_id": "0", "environment": "dev"}, {"credentials": {"apiKey": KEY}}],
)  # fmt: skip
def test_a_wrong_test_is_refused(client, body):
    assert client.post(route("openai", "test"), json=body).status_code == 400


# The other contracts


def test_a_key_of_this_contract_is_seen_and_used_by_contract_2(client, simulator_requests):
    assert client.get(f"{ADMIN}/providers/openai/config").json()["data"]["apiKey"] is None
    add(client, "openai")
    assert client.get(f"{ADMIN}/providers/openai/config").json()["data"]["apiKey"] == "***masked***"
    simulator_requests.clear("openai")
    answer = client.post(f"{ADMIN}/providers/openai/test-connection").json()["data"]
    assert answer["success"] is True
    assert sent_key(simulator_requests) == digest(KEY)
    assert listed(client)[0]["state"] == "valid"


def test_a_key_of_contract_2_is_seen_and_used_by_this_one(client, simulator_requests):
    first = add(client, "openai")
    client.put(f"{ADMIN}/providers/openai/api-key", json={"apiKey": OTHER_KEY, "testConnection": False}).raise_for_status()
    newest, former = listed(client)
    assert (newest["hint"], newest["environment"], newest["is_active"]) == ("…" + OTHER_KEY[-4:], "default", True)
    assert (former["id"], former["is_active"]) == (first["id"], False)
    simulator_requests.clear("openai")
    data = client.post(route("openai", "test")).json()["data"]
    assert (data["success"], data["credential_id"]) == (True, newest["id"])
    assert sent_key(simulator_requests) == digest(OTHER_KEY)


def test_a_key_of_an_owner_is_seen_masked_and_can_be_switched_off(client, stack, simulator_requests):
    with stack.client(stack.token(sub="carol", tenant="t-integration")) as owner:
        body = {"provider": "OpenAI", "credentials": {"apiKey": KEY}}
        connection = owner.post("/api/v1/ai/providers", json=body).raise_for_status().json()["data"]
        try:
            record = next(one for one in client.get(route("openai", "credentials")).json()["data"] if one["owner"] == "tenant:t-integration")
            assert listed(client, owner="tenant:t-integration") == [record]
            assert record not in listed(client)
            assert record["credentials"] == {"apiKey": "***masked***"}
            path = route("openai", f"credentials/{record['id']}")
            # It is not the installation's.
            assert client.post(route("openai", "test")).json()["data"]["error"]["kind"] == "no_credentials"
            check(client.delete(path), "integration-credential-owned-delete")
            simulator_requests.clear("openai")
            for body in ({"credentials": {"apiKey": OTHER_KEY}}, {"credentials": {"apiKey": OTHER_KEY}, "test": True}):
                check(client.put(path, json=body), "integration-credential-owned")
            # Nobody is asked about what will not be stored.
            asked = simulator_requests.client.get("/requests", params={"provider": "openai"}).json()["requests"]
            assert asked == []
            client.put(path, json={"is_active": False}).raise_for_status()
            assert owner.get(f"/api/v1/ai/providers/{connection['id']}").json()["data"]["isActive"] is False
        finally:
            owner.delete(f"/api/v1/ai/providers/{connection['id']}").raise_for_status()
