"""Contract 1 through nginx, PostgreSQL and the simulator: every route, every answer to the letter."""

from __future__ import annotations

import uuid

import httpx
import psycopg
import pytest
from golden import check

ROUTE = "/api/v1/ai/providers"
KEYED = {"OpenAI": "gpt-3.5-turbo", "Claude": "claude-haiku-4-5", "Gemini": "gemini-2.5-flash-lite", "Cohere": "command-r7b-12-2024"}


@pytest.fixture
def owner(stack) -> httpx.Client:
    """A client of an owner that nobody else has used."""
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as opened:
        yield opened


def body_for(stack, provider: str, key: str = "sk-test-4711", **config) -> dict:
    if provider == "Ollama":
        return {
            "provider": provider,
            "credentials": {"baseUrl": f"{stack.simulator_url}/ollama"},
            "modelConfig": {"model": "llama2", **config},
        }
    return {"provider": provider, "credentials": {"apiKey": key}, "modelConfig": {"model": KEYED[provider], **config}}


def configure(stack, client, provider="OpenAI", key="sk-test-4711", **config) -> dict:
    response = client.post(ROUTE, json=body_for(stack, provider, key, **config))
    assert response.status_code == 201, response.text
    return response.json()["data"]


# The six routes


@pytest.mark.parametrize("provider", [*KEYED, "Ollama"])
def test_each_provider_is_configured_listed_tested_and_deleted(stack, owner, provider):
    name = provider.lower()
    check(owner.post(ROUTE, json=body_for(stack, provider, temperature=0.7, maxTokens=1000)), f"{name}-create")
    check(owner.get(ROUTE), f"{name}-list")
    identifier = owner.get(ROUTE).json()["data"][0]["id"]
    check(owner.post(f"{ROUTE}/{identifier}/test", json={"message": "Hello, are you working?"}), f"{name}-test")
    check(owner.get(f"{ROUTE}/{identifier}"), f"{name}-show")
    check(owner.delete(f"{ROUTE}/{identifier}"), f"{name}-delete")
    assert owner.get(ROUTE).json() == {"success": True, "data": [], "count": 0}


def test_the_empty_list(owner):
    check(owner.get(ROUTE), "empty-list")


def test_all_settings_come_back_as_they_were_given(stack, owner):
    body = body_for(stack, "OpenAI", temperature=0.7, maxTokens=1000, topP=1.0, frequencyPenalty=0, presencePenalty=-1.5)
    check(owner.post(ROUTE, json=body), "create-all-settings")


def test_posting_again_updates_the_same_configuration(stack, owner):
    first = configure(stack, owner, temperature=0.5)
    second = owner.post(ROUTE, json=body_for(stack, "OpenAI", key="sk-other-0815", maxTokens=5))
    check(second, "create-again")
    assert second.json()["data"]["id"] == first["id"]
    assert owner.get(ROUTE).json()["count"] == 1


def test_the_list_is_newest_first(stack, owner):
    for provider in ("OpenAI", "Claude", "Ollama"):
        configure(stack, owner, provider)
    assert [row["provider"] for row in owner.get(ROUTE).json()["data"]] == ["Ollama", "Claude", "OpenAI"]


def test_an_empty_update_changes_nothing(stack, owner):
    before = configure(stack, owner)
    response = owner.put(f"{ROUTE}/{before['id']}", json={})
    check(response, "update-empty")
    assert response.json()["data"] == before


def test_a_partial_model_config_is_merged_and_keeps_the_model(stack, owner):
    identifier = configure(stack, owner, temperature=0.7)["id"]
    response = owner.put(f"{ROUTE}/{identifier}", json={"modelConfig": {"maxTokens": 2000}})
    check(response, "update-merge")
    assert response.json()["data"]["modelConfig"] == {"model": "gpt-3.5-turbo", "temperature": 0.7, "maxTokens": 2000}


def test_new_credentials_are_proved_before_they_replace_the_old_ones(stack, owner):
    identifier = configure(stack, owner, key="sk-first-1111")["id"]
    check(owner.put(f"{ROUTE}/{identifier}", json={"credentials": {"apiKey": "sk-invalid-2222"}}), "update-refused")
    assert owner.post(f"{ROUTE}/{identifier}/test").status_code == 200
    assert owner.put(f"{ROUTE}/{identifier}", json={"credentials": {"apiKey": "sk-third-3333"}}).status_code == 200
    assert owner.post(f"{ROUTE}/{identifier}/test").status_code == 200


def test_an_inactive_provider_refuses_the_test(stack, owner):
    identifier = configure(stack, owner)["id"]
    assert owner.put(f"{ROUTE}/{identifier}", json={"isActive": False}).json()["data"]["isActive"] is False
    check(owner.post(f"{ROUTE}/{identifier}/test"), "test-inactive")
    assert owner.put(f"{ROUTE}/{identifier}", json={"isActive": True}).json()["data"]["isActive"] is True
    assert owner.post(f"{ROUTE}/{identifier}/test").status_code == 200


def test_the_default_message_and_limit_are_the_contracts(stack, owner, simulator_requests):
    identifier = configure(stack, owner)["id"]
    simulator_requests.clear("openai")
    assert owner.post(f"{ROUTE}/{identifier}/test").status_code == 200
    sent = simulator_requests.last("openai")
    assert sent["body"]["messages"] == [{"role": "user", "content": "Hello, this is a test message."}]
    assert sent["body"]["max_completion_tokens"] == 50


# Usage and cost


def test_tokens_cost_and_last_use_add_up_exactly(stack, owner):
    identifier = configure(stack, owner)["id"]
    tokens, calls = 0, 3
    for number in range(calls):
        usage = owner.post(f"{ROUTE}/{identifier}/test", json={"message": "word " * (number + 1)}).json()["data"]["usage"]
        assert usage["totalTokens"] == usage["promptTokens"] + usage["completionTokens"]
        tokens += usage["totalTokens"]
    shown = owner.get(f"{ROUTE}/{identifier}").json()["data"]
    assert (shown["usageCount"], shown["totalTokens"]) == (calls, tokens)
    assert shown["lastUsedAt"] is not None
    with psycopg.connect(stack.database_url) as database:
        # The published price: 0.50 a million tokens in, 1.50 out.
        row = database.execute(
            """SELECT sum(cost), sum(prompt_tokens * 0.50 + completion_tokens * 1.50) / 1000000, count(price_id)
               FROM requests WHERE connection_id = %s""",
            (identifier,),
        ).fetchone()
        total = database.execute("SELECT total_cost FROM connections WHERE id = %s", (identifier,)).fetchone()[0]
    assert row[0] == row[1] == total
    assert row[2] == calls
    assert f'"totalCost":{total.normalize():f}' in owner.get(f"{ROUTE}/{identifier}").text


def test_proving_a_key_is_not_usage(stack, owner):
    identifier = configure(stack, owner)["id"]
    shown = owner.put(f"{ROUTE}/{identifier}", json={"credentials": {"apiKey": "sk-new-1234"}}).json()["data"]
    assert (shown["usageCount"], shown["totalTokens"], shown["totalCost"], shown["lastUsedAt"]) == (0, 0, 0, None)


def test_cached_tokens_are_charged_at_their_own_rate(stack, owner):
    response = owner.post(ROUTE, json={"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-4o"}})
    identifier = response.json()["data"]["id"]
    message = "[[cached 20]] " + "word " * 50
    assert owner.post(f"{ROUTE}/{identifier}/test", json={"message": message}).status_code == 200
    with psycopg.connect(stack.database_url) as database:
        cost, expected, cached = database.execute(
            """SELECT cost,
                      ((prompt_tokens - cached_prompt_tokens) * 2.50 + cached_prompt_tokens * 1.25
                       + completion_tokens * 10) / 1000000,
                      cached_prompt_tokens
               FROM requests WHERE connection_id = %s""",
            (identifier,),
        ).fetchone()
    assert cached == 20
    assert cost == expected


def test_an_unknown_price_is_null_and_a_warning_never_zero(stack, owner):
    body = {"provider": "Cohere", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "command-a-plus-05-2026"}}
    identifier = owner.post(ROUTE, json=body).json()["data"]["id"]
    answer = owner.post(f"{ROUTE}/{identifier}/test")
    check(answer, "test-unpriced")
    assert answer.json()["data"]["cost"] is None
    shown = owner.get(f"{ROUTE}/{identifier}").json()["data"]
    assert (shown["usageCount"], shown["totalCost"]) == (1, 0)
    assert shown["totalTokens"] > 0


def test_the_model_that_the_provider_reports_is_charged(stack, owner):
    body = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-6-astra"}}
    identifier = owner.post(ROUTE, json=body).json()["data"]["id"]
    assert owner.post(f"{ROUTE}/{identifier}/test", json={"message": "[[fault wrong-model]]"}).status_code == 200
    with psycopg.connect(stack.database_url) as database:
        asked, reported, priced = database.execute(
            """SELECT r.model, r.reported_model, m.name
               FROM requests r JOIN prices p ON p.id = r.price_id JOIN models m ON m.id = p.model_id
               WHERE r.connection_id = %s""",
            (identifier,),
        ).fetchone()
    assert asked == "gpt-6-astra" != reported
    assert priced == reported


# Whose it is and who may call


def test_another_owners_provider_does_not_exist(stack, owner):
    identifier = configure(stack, owner)["id"]
    with stack.client(stack.token(sub="stranger")) as stranger:
        assert stranger.get(ROUTE).json()["count"] == 0
        check(stranger.get(f"{ROUTE}/{identifier}"), "not-found")
        for response in (
            stranger.put(f"{ROUTE}/{identifier}", json={"isActive": False}),
            stranger.delete(f"{ROUTE}/{identifier}"),
            stranger.post(f"{ROUTE}/{identifier}/test"),
        ):
            assert response.status_code == 404
            assert response.json()["message"] == "AI provider not found"
    assert owner.get(f"{ROUTE}/{identifier}").json()["data"]["isActive"] is True


def test_a_tenant_is_shared_and_is_not_the_user_of_the_same_name(stack):
    tenant = f"tenant-{uuid.uuid4()}"
    with (
        stack.client(stack.token(sub="alice", tenant=tenant)) as alice,
        stack.client(stack.token(sub="bob", tenant=tenant, role="Manager")) as bob,
        stack.client(stack.token(sub=tenant)) as namesake,
    ):
        identifier = configure(stack, alice)["id"]
        assert bob.get(f"{ROUTE}/{identifier}").status_code == 200
        assert namesake.get(f"{ROUTE}/{identifier}").status_code == 404


def test_permissions(stack, owner):
    identifier = configure(stack, owner)["id"]
    subject = owner.headers["Authorization"]
    with stack.client(stack.token(role="Manager")) as manager, stack.client(stack.token(role="Nobody")) as nobody:
        assert manager.get(ROUTE).status_code == 200
        check(manager.post(ROUTE, json=body_for(stack, "OpenAI")), "forbidden")
        for response in (
            manager.put(f"{ROUTE}/{identifier}", json={}),
            manager.delete(f"{ROUTE}/{identifier}"),
            manager.post(f"{ROUTE}/{identifier}/test"),
            nobody.get(ROUTE),
            nobody.get(f"{ROUTE}/{identifier}"),
        ):
            assert response.status_code == 403
    assert subject


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic YTpi", "Bearer a.b.c", "Bearer x"])
def test_all_401_look_alike(stack, authorization):
    with stack.client() as anonymous:
        headers = {"Authorization": authorization} if authorization is not None else {}
        check(anonymous.get(ROUTE, headers=headers), "unauthenticated")


def test_an_expired_token_is_a_401_like_any_other(stack):
    with stack.client(stack.token(ttl="-1h")) as late:
        check(late.get(ROUTE), "unauthenticated")


def test_the_scheme_is_matched_without_case(stack):
    token = stack.token()
    with stack.client() as client:
        for scheme in ("bearer", "BEARER", "bEaReR"):
            assert client.get(ROUTE, headers={"Authorization": f"{scheme} {token}"}).status_code == 200


# What a provider may do


@pytest.mark.parametrize("provider", KEYED)
def test_a_refused_credential_is_400_and_stores_nothing(stack, owner, provider):
    check(owner.post(ROUTE, json=body_for(stack, provider, key="sk-invalid-9999")), f"{provider.lower()}-refused")
    assert owner.get(ROUTE).json()["count"] == 0
    with psycopg.connect(stack.database_url) as database:
        owner_key = owner.get(ROUTE).request.headers["Authorization"]
        assert owner_key
        assert database.execute("SELECT count(*) FROM credentials k LEFT JOIN connections c ON c.credential_id = k.id WHERE c.id IS NULL").fetchone()[0] == 0


@pytest.mark.parametrize("fault", ["no-money", "overloaded", "server-error", "html", "empty", "garbage", "cut", "redirect", "deep-json", "forbidden"])
def test_a_provider_that_fails_is_400_with_a_message_of_its_own(stack, owner, fault):
    check(owner.post(ROUTE, json=body_for(stack, "OpenAI", key=f"sk-fault={fault}")), f"create-{fault}")
    assert owner.get(ROUTE).json()["count"] == 0


@pytest.mark.parametrize("fault", ["bad-key", "no-money", "overloaded", "server-error", "html", "cut", "model-gone"])
def test_a_failed_test_is_400_and_counts_no_use(stack, owner, fault):
    identifier = configure(stack, owner)["id"]
    check(owner.post(f"{ROUTE}/{identifier}/test", json={"message": f"[[fault {fault}]]"}), f"test-{fault}")
    assert owner.get(f"{ROUTE}/{identifier}").json()["data"]["usageCount"] == 0
    with psycopg.connect(stack.database_url) as database:
        assert database.execute("SELECT status FROM requests WHERE connection_id = %s", (identifier,)).fetchone() == ("failed",)


@pytest.mark.parametrize("provider", KEYED)
def test_a_providers_429_is_passed_on_with_its_wait(stack, owner, provider):
    identifier = configure(stack, owner, provider)["id"]
    response = owner.post(f"{ROUTE}/{identifier}/test", json={"message": "[[fault rate-limit]]"})
    check(response, f"{provider.lower()}-rate-limit")
    assert int(response.headers["retry-after"]) >= 1


def test_a_credential_that_is_refused_later_is_switched_off_and_comes_back(stack, owner):
    identifier = configure(stack, owner)["id"]
    assert owner.post(f"{ROUTE}/{identifier}/test", json={"message": "[[fault bad-key]]"}).status_code == 400
    assert owner.get(f"{ROUTE}/{identifier}").json()["data"]["isActive"] is False
    assert owner.post(f"{ROUTE}/{identifier}/test").status_code == 200
    assert owner.get(f"{ROUTE}/{identifier}").json()["data"]["isActive"] is True


@pytest.mark.parametrize("fault", ["no-money", "rate-limit", "overloaded", "server-error"])
def test_money_limits_and_outages_never_switch_a_credential_off(stack, owner, fault):
    identifier = configure(stack, owner)["id"]
    assert owner.post(f"{ROUTE}/{identifier}/test", json={"message": f"[[fault {fault}]]"}).status_code in (400, 429)
    assert owner.get(f"{ROUTE}/{identifier}").json()["data"]["isActive"] is True
