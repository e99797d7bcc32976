"""Contract 3: models with prices, lists that providers publish, and why a provider is chosen."""

from __future__ import annotations

import json

import pytest
from golden import check
from integration import add, audit, golden, route

MODELS = "/api/models"
SELECTION = "/api/models/selection"
MEMBERS = [
    "id", "provider", "name", "capability", "version", "context_tokens", "is_available", "is_default", "pricing",
    "retired_at", "listed_at",
]  # fmt: skip
RATES = ["currency", "input", "output", "cached_input", "per_generation", "unit", "effective_from", "source"]


pytestmark = pytest.mark.usefixtures("catalogue_as_installed")


def models(client, path: str = MODELS, **query) -> list[dict]:
    answer = client.get(path, params={"limit": 500, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def model_id(database, provider: str, name: str) -> int:
    return database.execute(
        "SELECT m.id FROM models m JOIN providers p ON p.id = m.provider_id WHERE p.slug = %s AND m.name = %s", (provider, name)
    ).fetchone()[0]


# Lists


def test_the_models_of_all_providers_have_prices(client):
    answer = client.get(MODELS, params={"limit": 500}).json()
    assert list(answer) == ["data", "meta", "status", "message"]
    assert answer["meta"]["total"] == len(answer["data"]) > 50
    assert all(list(model) == MEMBERS and model["is_available"] for model in answer["data"])
    assert all(model["id"] != "*" for model in answer["data"])
    assert {model["provider"] for model in answer["data"]} >= {"openai", "claude", "fal_ai", "runway_ml"}
    priced = [model["pricing"] for model in answer["data"] if model["pricing"]]
    assert all(list(price) == RATES for price in priced) and len(priced) > 50


def test_a_model_to_the_letter(client):
    golden(client.get(MODELS, params={"q": "gpt-5.4-mini", "provider": "openai"}), "integration-model-openai")
    golden(client.get(MODELS, params={"q": "flux schnell", "provider": "fal_ai"}), "integration-model-fal_ai")


def test_filters_and_pages(client):
    everything = models(client)
    for capability in ("chat", "embedding", "image", "video"):
        found = models(client, capability=capability)
        assert found == [model for model in everything if model["capability"] == capability] and found
    assert models(client, provider="claude") == [model for model in everything if model["provider"] == "claude"]
    assert models(client, provider="claude") == models(client, route("claude", "models"))
    assert {model["id"] for model in models(client, q="FLUX")} == {
        model["id"] for model in everything if "flux" in (model["id"] + " " + model["name"]).lower()
    }
    first = client.get(MODELS, params={"limit": 3, "offset": 2}).json()
    assert first["data"] == everything[2:5]
    assert first["meta"] == {"total": len(everything), "count": 3, "limit": 3, "offset": 2}
    assert models(client, capability="virtual_machines") == []
    check(client.get(MODELS, params={"q": "no such model"}), "integration-models-empty")


def test_what_is_not_offered_is_shown_on_demand(client, database):
    total = len(models(client, provider="openai"))
    database.execute("UPDATE models SET is_active = false WHERE id = %s", (model_id(database, "openai", "gpt-5.4"),))
    database.execute(
        "UPDATE models SET retired_at = now() - interval '1 day' WHERE id = %s", (model_id(database, "openai", "gpt-5.4-mini"),)
    )
    assert len(models(client, provider="openai")) == total - 2
    hidden = models(client, provider="openai", available="false")
    assert {"gpt-5.4", "gpt-5.4-mini"} <= {model["id"] for model in hidden}
    assert not any(model["is_available"] for model in hidden)
    assert len(models(client, provider="openai", available="all")) == total - 2 + len(hidden)


def test_models_of_a_provider_that_is_switched_off_are_not_among_all(client):
    client.post(route("claude", "toggle"), json={"enabled": False}).raise_for_status()
    assert "claude" not in {model["provider"] for model in models(client)}
    assert models(client, provider="claude") == models(client, route("claude", "models")) != []


def test_a_price_of_contract_2_is_seen_at_once(client):
    path = "/api/admin/third-party-apis/providers/fal_ai/models/fal-ai%2Fflux%2Fdev/pricing"
    answer = client.put(path, json={"pricing": {"costPerGeneration": 0.0375}})
    assert answer.status_code == 200, answer.text
    [model] = [model for model in models(client, provider="fal_ai") if model["id"] == "fal-ai/flux/dev"]
    assert model["pricing"]["per_generation"] == 0.0375


WRONG = {
    "capability": {"capability": "cook"}, "provider": {"provider": "nobody"}, "provider-form": {"provider": "../x"},
    "available": {"available": "maybe"}, "limit": {"limit": 501}, "q": {"q": ""}, "sort": {"sort": "price"},
    "refresh": {"refresh": "true"},
}  # fmt: skip


@pytest.mark.parametrize("query", WRONG.values(), ids=WRONG)
def test_a_wrong_query_is_refused_by_name(client, query):
    answer = client.get(MODELS, params=query)
    assert (answer.status_code, list(answer.json()["meta"]["errors"])) == (400, list(query))


# Lists that providers publish


def test_a_list_is_refreshed_at_most_once_an_hour(client, database, simulator_requests):
    add(client, "fal_ai", "key-id:key-secret-0123")
    before = client.get(route("fal_ai", "models"), params={"limit": 500}).json()
    assert (before["meta"]["listed_at"], before["meta"]["refreshed"]) == (None, False)
    first = client.get(route("fal_ai", "models"), params={"limit": 500, "available": "all", "refresh": "true"}).json()
    assert first["meta"]["refreshed"] is True and first["meta"]["listed_at"] is not None
    listed = [model for model in first["data"] if model["listed_at"]]
    assert listed
    # What is new is not offered before an administrator says so.
    assert models(client, route("fal_ai", "models")) == [
        {**model, "listed_at": next(one["listed_at"] for one in first["data"] if one["id"] == model["id"])}
        for model in before["data"]
    ]
    simulator_requests.clear("fal_ai")
    second = client.get(route("fal_ai", "models"), params={"refresh": "true"}).json()
    assert (second["meta"]["refreshed"], second["meta"]["listed_at"]) == (False, first["meta"]["listed_at"])
    assert simulator_requests.client.get("/requests", params={"provider": "fal_ai"}).json()["requests"] == []
    database.execute("UPDATE providers SET models_listed_at = now() - interval '61 minutes' WHERE slug = 'fal_ai'")
    assert client.get(route("fal_ai", "models"), params={"refresh": "true"}).json()["meta"]["refreshed"] is True
    assert audit(database, "models.refresh")[1] == "fal_ai"


def test_a_refresh_that_fails_changes_nothing(client, fault):
    assert client.get(route("fal_ai", "models"), params={"refresh": "true"}).status_code == 409
    add(client, "fal_ai", "key-id:key-secret-0123")
    before = models(client, route("fal_ai", "models"), available="all")
    fault("fal_ai", "server-error")
    answer = client.get(route("fal_ai", "models"), params={"refresh": "true"})
    golden(answer, "integration-models-server-error")
    assert models(client, route("fal_ai", "models"), available="all") == before


def test_a_provider_without_a_list_shows_what_is_stored(client):
    answer = client.get(route("claude", "models"), params={"refresh": "true"}).json()
    assert answer["meta"]["refreshed"] is False and answer["data"]


def sync(stack, *arguments: str, status: int = 0) -> dict:
    finished = stack.control("catalogue", "sync", *arguments, "--json", check=False)
    assert finished.returncode == status, finished.stdout + finished.stderr
    return json.loads(finished.stdout) if finished.stdout else {}


def test_published_prices_become_new_versions(client, stack, database):
    add(client, "fal_ai", "key-id:key-secret-0123")
    add(client, "replicate")
    dev = model_id(database, "fal_ai", "fal-ai/flux/dev")
    database.execute("INSERT INTO prices (model_id, effective_from, per_generation, source) VALUES (%s, now(), 0.5, 'test')", (dev,))
    versions = database.execute("SELECT count(*) FROM prices").fetchone()[0]
    dry = sync(stack, "--dry-run")
    assert dry["dryRun"] is True and {one["provider"] for one in dry["providers"]} == {"fal_ai", "replicate"}
    assert database.execute("SELECT count(*) FROM prices").fetchone()[0] == versions
    fal = next(one for one in dry["providers"] if one["provider"] == "fal_ai")
    change = next(one for one in fal["changes"] if one["model"] == "fal-ai/flux/dev")
    assert (change["change"], change["before"]["amount"]) == ("priced", 0.5)
    done = sync(stack, "fal_ai")["providers"][0]
    assert done["changes"] == fal["changes"] and done["newPrices"] > 0 and done["error"] is None
    published = change["published"]
    [model] = [model for model in models(client, provider="fal_ai") if model["id"] == "fal-ai/flux/dev"]
    assert (model["pricing"]["per_generation"], model["pricing"]["source"]) == (published["amount"], "sync")
    # What was is still there, and a second run finds nothing to do.
    assert database.execute("SELECT count(*) FROM prices WHERE model_id = %s", (dev,)).fetchone()[0] == 3
    again = sync(stack, "fal_ai")["providers"][0]
    assert again["newPrices"] == 0 and not [one for one in again["changes"] if one["change"] in ("added", "priced")]
    assert audit(database, "catalogue.sync")[1] == "fal_ai"
    assert client.get(route("fal_ai", "credentials")).json()["data"][0]["last_used_at"] is not None


def test_a_price_that_was_set_by_hand_stays(client, stack, database):
    add(client, "fal_ai", "key-id:key-secret-0123")
    client.put(
        "/api/admin/third-party-apis/providers/fal_ai/models/fal-ai%2Fflux%2Fdev/pricing", json={"pricing": {"costPerGeneration": 0.9}}
    ).raise_for_status()
    changes = {one["model"]: one["change"] for one in sync(stack, "fal_ai")["providers"][0]["changes"]}
    assert changes["fal-ai/flux/dev"] == "kept_by_hand"
    [model] = [model for model in models(client, provider="fal_ai") if model["id"] == "fal-ai/flux/dev"]
    assert model["pricing"]["per_generation"] == 0.9


def test_the_table_of_changes_is_for_people(client, stack):
    add(client, "fal_ai", "key-id:key-secret-0123")
    text = stack.control("catalogue", "sync", "fal_ai", "--dry-run").stdout
    assert "models listed" in text and "would be added" in text


def test_what_cannot_be_synchronised_says_why(client, stack, fault):
    assert "there is no provider nobody" in stack.control("catalogue", "sync", "nobody", check=False).stderr
    assert "claude does not list its models" in stack.control("catalogue", "sync", "claude", check=False).stderr
    assert sync(stack) == {"dryRun": False, "providers": []}
    assert sync(stack, "fal_ai", status=3)["providers"][0]["error"] == "there is no key for it"
    add(client, "fal_ai", "key-id:key-secret-0123")
    fault("fal_ai", "server-error")
    assert sync(stack, status=3)["providers"][0]["error"].startswith("Fal.ai")


# The choice of a provider


def selection(client, **query) -> dict:
    answer = client.get(SELECTION, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def reasons(data: dict) -> dict[str, list[str]]:
    return {one["provider"]: [reason["kind"] for reason in one["reasons"]] for one in data["candidates"]}


def test_the_choice_is_explained(client, database, fault):
    data = selection(client, capability="embedding")
    assert data["selected"] is None
    assert reasons(data)["openai"] == ["keyless"]
    for provider in ("openai", "gemini"):
        add(client, provider)
    client.put(route("openai"), json={"priority": 5}).raise_for_status()
    assert selection(client, capability="embedding")["selected"]["provider"] == "gemini"
    fault("gemini", "server-error")
    client.post(route("gemini", "test")).raise_for_status()
    # A provider that has too much to do is degraded, which is not down.
    assert selection(client, capability="embedding")["selected"]["provider"] == "gemini"
    fault("gemini", "html")
    client.post(route("gemini", "test")).raise_for_status()
    data = selection(client, capability="embedding")
    assert (data["selected"]["provider"], reasons(data)["gemini"]) == ("openai", ["down"])
    database.execute("UPDATE health_checks SET checked_at = now() - interval '61 minutes'")
    assert selection(client, capability="embedding")["selected"]["provider"] == "gemini"
    client.post(route("gemini", "toggle"), json={"enabled": False}).raise_for_status()
    data = selection(client, capability="embedding")
    assert (data["selected"]["provider"], reasons(data)["gemini"]) == ("openai", ["disabled"])


def test_a_choice_to_the_letter(client):
    add(client, "openai")
    client.put(route("cohere"), json={"priority": 2}).raise_for_status()
    check(client.get(SELECTION, params={"capability": "embedding"}), "integration-selection")
    check(client.get(SELECTION, params={"capability": "virtual_machines", "environment": "prod"}), "integration-selection-nothing")


def test_a_provider_of_any_model_has_the_one_that_is_asked_for(client):
    add(client, "ollama", "http://127.0.0.1:11434")
    assert selection(client, capability="chat")["selected"] == {"provider": "ollama", "model": "llama3.2"}
    assert selection(client, capability="chat", model="qwen3")["selected"] == {"provider": "ollama", "model": "qwen3"}


def test_the_key_of_another_environment_does_not_count(client, database):
    add(client, "claude", environment="prod")
    assert reasons(selection(client, capability="chat"))["claude"] == ["keyless"]
    data = selection(client, capability="chat", environment="prod")
    assert (data["selected"]["provider"], data["environment"]) == ("claude", "prod")
    credential = client.get(route("claude", "credentials")).json()["data"][0]["id"]
    client.put(route("claude", f"credentials/{credential}"), json={"is_active": False}).raise_for_status()
    assert reasons(selection(client, capability="chat", environment="prod"))["claude"] == ["key_unusable"]
    ended = add(client, "claude", environment="prod", expires_at="2999-01-01")["id"]
    assert selection(client, capability="chat", environment="prod")["selected"]["provider"] == "claude"
    database.execute("UPDATE credentials SET expires_at = now() - interval '1 second' WHERE id = %s", (ended,))
    assert reasons(selection(client, capability="chat", environment="prod"))["claude"] == ["key_unusable"]


def test_the_next_one_of_the_order_stands_in_for_the_first(client, fault):
    """Disabled, down, keyless: each is passed over with its reason, and the order of the others stays."""
    order = ["cohere", "openai", "gemini"]
    for number, provider in enumerate(order, 2):
        add(client, provider)
        client.put(route(provider), json={"priority": number}).raise_for_status()
    client.put(route("ollama"), json={"priority": 9}).raise_for_status()
    data = selection(client, capability="embedding")
    assert [one["provider"] for one in data["candidates"]] == [*order, "ollama"]
    assert [one["position"] for one in data["candidates"]] == [1, 2, 3, 4]
    assert data["selected"]["provider"] == "cohere"
    client.post(route("cohere", "toggle"), json={"enabled": False}).raise_for_status()
    assert selection(client, capability="embedding")["selected"]["provider"] == "openai"
    fault("openai", "html")
    client.post(route("openai", "test")).raise_for_status()
    assert selection(client, capability="embedding")["selected"]["provider"] == "gemini"
    credential = client.get(route("gemini", "credentials"), params={"owner": "installation"}).json()["data"][0]["id"]
    client.delete(route("gemini", f"credentials/{credential}")).raise_for_status()
    data = selection(client, capability="embedding")
    assert (data["selected"], reasons(data)) == (
        None, {"cohere": ["disabled"], "openai": ["down"], "gemini": ["keyless"], "ollama": ["keyless", "no_model"]},
    )  # fmt: skip


def test_the_routing_rule_of_a_model_goes_before_priorities(client, database):
    for provider in ("fal_ai", "black_forest_labs", "replicate"):
        add(client, provider)
    data = selection(client, capability="image", model="flux-2-pro")
    assert data["ordered_by"] == "priority"
    assert reasons(data)["replicate"] == ["no_model"]
    database.execute("INSERT INTO routing_versions (version) VALUES (2)")
    database.execute(
        """INSERT INTO routing_targets (version, rule, position, model, provider_id, priority, weight, enabled)
           SELECT 2, 1, row_number() OVER (), 'flux-2-pro', p.id, t.priority, 100, t.enabled
           FROM (VALUES ('black_forest_labs', 1, true), ('fal_ai', 2, false)) AS t (slug, priority, enabled)
           JOIN providers p USING (slug)"""
    )
    data = selection(client, capability="image", model="flux-2-pro")
    assert (data["ordered_by"], data["selected"]) == ("routing_rule", {"provider": "black_forest_labs", "model": "flux-2-pro"})
    assert [one["provider"] for one in data["candidates"]][:2] == ["black_forest_labs", "fal_ai"]
    assert reasons(data)["fal_ai"] == ["not_routed"]
    assert reasons(data)["replicate"] == ["not_routed", "no_model"]


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "capability"), ({"capability": "cook"}, "capability"), ({"capability": "chat", "model": ""}, "model"),
     ({"capability": "chat", "environment": "a b"}, "environment"), ({"capability": "chat", "limit": 1}, "limit")],
)  # fmt: skip
def test_a_wrong_question_is_refused_by_name(client, query, field):
    answer = client.get(SELECTION, params=query)
    assert (answer.status_code, list(answer.json()["meta"]["errors"])) == (400, [field])
