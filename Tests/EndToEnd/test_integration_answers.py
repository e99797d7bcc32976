"""Contract 3: the whole answer of every route to the letter: success, each error, the empty state."""

from __future__ import annotations

import uuid

import httpx
import pytest
from golden import check
from integration import KEY, ROOT, add, finished, golden, route

RUN = f"{ROOT}/health-check"
NOBODY = "00000000-0000-4000-8000-000000000000"

# Every route with a body that it takes.
ROUTES = {
    "providers": ("GET", ROOT, None),
    "provider": ("GET", route("openai"), None),
    "provider-change": ("PUT", route("openai"), {}),
    "toggle": ("POST", route("openai", "toggle"), {}),
    "credentials": ("GET", route("openai", "credentials"), None),
    "credential-add": ("POST", route("openai", "credentials"), {"credentials": {"apiKey": KEY}}),
    "credential-change": ("PUT", route("openai", f"credentials/{NOBODY}"), {"name": "x"}),
    "credential-delete": ("DELETE", route("openai", f"credentials/{NOBODY}"), None),
    "test": ("POST", route("openai", "test"), {}),
    "health": ("GET", route("openai", "health"), None),
    "run-start": ("POST", RUN, {"providers": ["openai"]}),
    "run": ("GET", f"{RUN}/{NOBODY}", None),
    "run-cancel": ("DELETE", f"{RUN}/{NOBODY}", None),
    "provider-models": ("GET", route("openai", "models"), None),
    "models": ("GET", "/api/models", None),
    "selection": ("GET", "/api/models/selection?capability=chat", None),
}
WITH_BODY = [name for name, (method, _, _) in ROUTES.items() if method in ("POST", "PUT")]
OF_A_PROVIDER = [name for name, (_, path, _) in ROUTES.items() if path.startswith(route("openai"))]
CHANGES = [name for name, (method, _, _) in ROUTES.items() if method != "GET"]


pytestmark = pytest.mark.usefixtures("never_used")


def ask(client: httpx.Client, name: str, **settings) -> httpx.Response:
    method, path, body = ROUTES[name]
    return client.request(method, path, **({"json": body} if body is not None else {}), **settings)


# Who may


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_is_for_administrators_only(stack, name):
    with stack.client() as stranger:
        check(ask(stranger, name), "integration-unauthenticated")
    for role in ("Manager", "User"):
        with stack.client(stack.token(role=role)) as other:
            check(ask(other, name), "integration-forbidden")


def test_a_refused_caller_changes_nothing(stack, database):
    with stack.client(stack.token(role="Manager")) as other:
        for name in CHANGES:
            assert ask(other, name).status_code == 403
    assert database.execute("SELECT count(*) FROM credentials WHERE owner IS NULL").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM health_runs").fetchone() == (0,)
    assert database.execute("SELECT enabled, version FROM providers WHERE slug = 'openai'").fetchone() == (True, 1)


# What every route says alike


@pytest.mark.parametrize("name", OF_A_PROVIDER)
def test_an_unknown_provider_is_not_found(client, name):
    method, path, body = ROUTES[name]
    answer = client.request(method, path.replace("/openai", "/nobody"), json=body)
    check(answer, "integration-provider-not-found")


@pytest.mark.parametrize("name", ["credential-change", "credential-delete", "run", "run-cancel"])
def test_what_is_not_there_is_not_found(client, name):
    check(ask(client, name), "integration-credential-not-found" if "credential" in name else "integration-run-not-found")


@pytest.mark.parametrize("name", ROUTES)
def test_an_unknown_parameter_is_named(client, name):
    method, path, body = ROUTES[name]
    answer = client.request(method, path + ("&" if "?" in path else "?") + "colour=red", json=body)
    check(answer, "integration-unknown-parameter")


@pytest.mark.parametrize("name", ["providers", "credentials", "provider-models", "models"])
@pytest.mark.parametrize(("limit", "status"), [("0", 400), ("1", 200), ("500", 200), ("501", 400), ("-1", 400), ("ten", 400)])
def test_every_list_takes_1_to_500(client, name, limit, status):
    answer = client.get(ROUTES[name][1], params={"limit": limit})
    assert answer.status_code == status
    if status == 400:
        check(answer, "integration-providers-bad-limit")
    else:
        assert answer.json()["meta"]["limit"] == int(limit) and answer.json()["meta"]["count"] <= int(limit)


@pytest.mark.parametrize("name", ["providers", "credentials", "provider-models", "models"])
def test_every_list_takes_a_text(client, name):
    method, path, _ = ROUTES[name]
    empty = client.request(method, path, params={"q": "no such thing 100%_"})
    assert (empty.status_code, empty.json()["data"], empty.json()["meta"]["total"]) == (200, [], 0)
    for text in ("", "x" * 201):
        answer = client.request(method, path, params={"q": text})
        assert (answer.status_code, list(answer.json()["meta"]["errors"])) == (400, ["q"])


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_has_to_be_json(client, name):
    method, path, _ = ROUTES[name]
    if "credentials/" in path:
        path = route("openai", f"credentials/{add(client, 'openai')['id']}")
    text = client.request(method, path, content="{}", headers={"Content-Type": "text/plain"})
    check(text, "integration-media-type")
    broken = client.request(method, path, content='{"a":', headers={"Content-Type": "application/json"})
    check(broken, "integration-broken-body")
    twice = client.request(method, path, content='{"a":1,"a":2}', headers={"Content-Type": "application/json"})
    assert (twice.status_code, twice.json()["status"]) == (400, "error")


@pytest.mark.parametrize("name", WITH_BODY)
def test_an_unknown_member_is_named(client, name):
    method, path, body = ROUTES[name]
    if "credentials/" in path:
        path = route("openai", f"credentials/{add(client, 'openai')['id']}")
    check(client.request(method, path, json={**body, "colour": "red"}), "integration-unknown-member")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("DELETE", ROOT, "integration-method-not-allowed"), ("POST", route("openai"), "integration-method-provider"),
        ("GET", route("openai", "toggle"), "integration-method-post"), ("GET", route("openai", "test"), "integration-method-post"),
        ("PATCH", route("openai", "credentials"), "integration-method-credentials"),
        ("GET", route("openai", f"credentials/{NOBODY}"), "integration-method-credential"),
        ("PUT", route("openai", "health"), "integration-method-not-allowed"), ("GET", RUN, "integration-method-post"),
        ("PUT", f"{RUN}/{NOBODY}", "integration-method-run"), ("POST", "/api/models", "integration-method-not-allowed"),
        ("POST", route("openai", "models"), "integration-method-not-allowed"),
        ("DELETE", "/api/models/selection", "integration-method-not-allowed"),
    ],
)
def test_another_method_is_refused_with_those_that_there_are(client, method, path, name):
    check(client.request(method, path), name)


@pytest.mark.parametrize("name", ["toggle", "credential-add", "test", "run-start"])
def test_a_key_of_another_request_is_refused(client, name):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    assert ask(client, name, headers=headers).status_code in (200, 201, 202)
    method, path, _ = ROUTES[name]
    other = {"credentials": {"apiKey": KEY}, "name": "other"} if name == "credential-add" else None
    answer = client.request(method, path, json=other, headers=headers) if other else client.request(method, path, headers=headers)
    check(answer, "integration-key-reused")


@pytest.mark.parametrize("name", ["provider-change", "toggle", "credential-change", "credential-delete"])
def test_a_stale_tag_changes_nothing(client, name):
    method, path, body = ROUTES[name]
    if "credentials/" in path:
        path = route("openai", f"credentials/{add(client, 'openai')['id']}")
    check(client.request(method, path, json=body, headers={"If-Match": '"99-x"'}), "integration-stale")


# Success and the empty state, of each


def test_providers(client):
    golden(client.get(ROOT, params={"q": "openai"}), "integration-providers")
    check(client.get(ROOT, params={"q": "no such provider"}), "integration-providers-empty")


def test_a_change_and_the_switch(client):
    golden(client.put(route("cohere"), json={"priority": 7, "ui_preferences": {"colour": "#0a0"}}), "integration-provider-changed")
    golden(client.put(route("cohere"), json={}), "integration-provider-changed")
    golden(client.post(route("cohere", "toggle")), "integration-toggled-off")
    golden(client.post(route("cohere", "toggle"), json={"enabled": False}), "integration-toggled-off")
    golden(client.post(route("cohere", "toggle"), json={"enabled": True}), "integration-toggled-on")
    check(client.post(route("cohere", "toggle"), json={"enabled": "yes"}), "integration-toggle-refused")
    check(client.put(route("cohere"), json={"capabilities": ["chat", "cook"]}), "integration-provider-capability")
    check(client.put(route("cohere"), json={"default_model": "no-such-model"}), "integration-provider-model")


def test_credentials(client, database):
    first = add(client, "openai", name="one", metadata={"a": 1})
    add(client, "openai", name="two", environment="dev", is_active=False, expires_at="2999-01-01")
    golden(client.get(route("openai", "credentials"), params={"owner": "installation"}), "integration-credentials")
    path = route("openai", f"credentials/{first['id']}")
    golden(client.put(path, json={}), "integration-credential-unchanged")
    check(client.put(path, json={"environment": "a b"}), "integration-credential-environment")
    check(client.post(route("openai", "credentials"), json={}), "integration-credential-missing")
    wrong = {"credentials": {"apiKey": "sk test", "secret": "x"}}
    check(client.post(route("openai", "credentials"), json=wrong), "integration-credential-form")
    check(client.put(path, json={"credentials": {"apiKey": "***masked***"}}), "integration-credential-mask")
    masked = {"credentials": first["credentials"]}
    assert client.post(route("openai", "credentials"), json=masked).status_code == 400
    assert database.execute("SELECT count(*) FROM credentials WHERE owner IS NULL").fetchone() == (2,)


def test_tests(client):
    check(client.post(route("openai", "test")), "integration-test-no-key")
    check(client.post(route("openai", "test"), json={"environment": "a b"}), "integration-credential-environment")
    check(client.post(route("openai", "test"), json={"credential_id": NOBODY}), "integration-credential-not-found")
    ended = add(client, "openai", expires_at="2999-01-01")
    off = add(client, "openai", is_active=False)
    check(client.post(route("openai", "test"), json={"credential_id": off["id"]}), "integration-test-off")
    golden(client.post(route("openai", "test"), json={"credential_id": ended["id"]}), "integration-test-openai")


def test_health_after_trouble(client):
    add(client, "openai", "sk-fault=no-money-0123456789")
    client.post(route("openai", "test")).raise_for_status()
    golden(client.get(route("openai", "health")), "integration-health-down")
    check(client.get(route("openai", "health"), params={"refresh": "maybe"}), "integration-health-refresh-refused")


def test_runs(client, database):
    check(client.post(RUN, json={"providers": ["openai", "nobody"]}), "integration-run-unknown-provider")
    check(client.post(RUN, json={"providers": []}), "integration-run-empty-list")
    started = client.post(RUN, json={"providers": ["cohere"]})
    run = started.json()["data"]["id"]
    finished(client, run)
    golden(client.get(f"{RUN}/{run}"), "integration-run-without-keys")
    database.execute("UPDATE providers SET enabled = false")
    check(client.post(RUN), "integration-run-nothing-enabled")
    check(client.post(RUN, json={"providers": ["openai"]}), "integration-inactive")


def test_models(client):
    golden(client.get(route("black_forest_labs", "models"), params={"q": "flux-2-pro"}), "integration-provider-models")
    golden(client.get(route("vsphere", "models")), "integration-provider-models-empty")
    check(client.get("/api/models", params={"provider": "nobody"}), "integration-models-unknown-provider")
    check(client.get("/api/models", params={"capability": "cook"}), "integration-models-capability")
    check(client.get(route("fal_ai", "models"), params={"refresh": "true"}), "integration-models-no-key")
    check(client.get("/api/models/selection"), "integration-selection-capability")


# The others


def test_an_application_without_a_database_is_unavailable(stack):
    from own_server import OwnServer

    with OwnServer(stack, {"database": "host=/nonexistent dbname=none"}) as server:
        for name, (method, path, _) in ROUTES.items():
            answer = server.ask(method, path, {"Authorization": f"Bearer {stack.admin_token}"})
            assert answer.status == 503, name
            body = answer.json()
            assert list(body) == ["data", "meta", "status", "message"]
            assert (body["data"], body["status"]) == (None, "error")
            assert int(answer.header("Retry-After")) > 0


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_large_body_is_refused_in_the_same_form(client, name):
    method, path, _ = ROUTES[name]
    answer = client.request(method, path, content=b'{"x":"' + b"y" * 1_100_000 + b'"}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert list(answer.json()) == ["data", "meta", "status", "message"] and answer.json()["status"] == "error"
