"""Models, prices, their history and explanation through nginx and PostgreSQL: every answer to the letter."""

from __future__ import annotations

import csv
import io
import json
import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

import httpx
import pytest
from golden import check

ROUTE = "/api/admin/third-party-apis/providers"
NAME = "golden/flux 2:pro.v1"


def price_route(model: str = NAME, rest: str = "/pricing", provider: str = "fal_ai") -> str:
    return f"{ROUTE}/{provider}/models/{quote(model, safe='')}{rest}"


def details(response: httpx.Response) -> dict:
    """Of a 400 in the contract's form."""
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert (error["code"], error["message"]) == ("INVALID_REQUEST", "Invalid request parameters")
    return error["details"]


@pytest.fixture
def model(database) -> Iterator[str]:
    """The contract's example under a name with everything that has to be encoded, as long as the test runs."""
    row = database.execute(
        """INSERT INTO models (provider_id, name, display_name, kind)
           SELECT id, %s, 'Flux 2 Pro', 'image' FROM providers WHERE slug = 'fal_ai' RETURNING id""", (NAME,)
    ).fetchone()
    price = database.execute(
        """INSERT INTO prices (model_id, effective_from, per_generation, credits_per_generation, source)
           VALUES (%s, '2025-11-01', 0.050, 100, 'test') RETURNING id""", row
    ).fetchone()
    database.execute("INSERT INTO price_tiers VALUES (%(p)s, 1, 'standard', 0.05), (%(p)s, 100, 'bulk', 0.04)", {"p": price[0]})
    database.execute(
        "INSERT INTO price_resolutions VALUES (%(p)s, '2048x2048', 0.10), (%(p)s, '1024x1024', 0.05)", {"p": price[0]}
    )
    yield NAME
    for table in ("price_tiers", "price_resolutions"):
        database.execute(f"DELETE FROM {table} USING prices WHERE price_id = prices.id AND model_id = %s", row)
    database.execute("DELETE FROM prices WHERE model_id = %s", row)
    database.execute("DELETE FROM models WHERE id = %s", row)


@pytest.fixture
def unpriced(database) -> Iterator[str]:
    """A model whose price is not known yet, as long as the test runs."""
    row = database.execute(
        """INSERT INTO models (provider_id, name, display_name, kind)
           SELECT id, 'unpriced/model', 'Unpriced', 'image' FROM providers WHERE slug = 'fal_ai' RETURNING id"""
    ).fetchone()
    yield "unpriced/model"
    database.execute("DELETE FROM prices WHERE model_id = %s", row)
    database.execute("DELETE FROM models WHERE id = %s", row)


# Models


def test_the_list_of_models(client):
    check(client.get(f"{ROUTE}/minimax/models"), "models-list")


def test_a_provider_without_models_of_its_own_has_an_empty_list(client):
    check(client.get(f"{ROUTE}/ollama/models"), "models-empty")


def test_retired_models_are_listed_on_demand_only(client):
    active = client.get(f"{ROUTE}/runway_ml/models").json()["data"]
    everything = client.get(f"{ROUTE}/runway_ml/models", params={"activeOnly": "false"}).json()["data"]
    assert everything["total"] == active["total"] + 2
    retired = {row["modelId"] for row in everything["models"] if not row["isActive"]}
    assert retired == {"gen3a_turbo", "gen4_aleph"}
    assert all(row["isActive"] for row in active["models"])


def test_pages_of_the_list_make_the_list(client):
    whole = client.get(f"{ROUTE}/openai/models", params={"limit": 500, "activeOnly": "false"}).json()["data"]
    pages = [
        client.get(f"{ROUTE}/openai/models", params={"limit": 7, "offset": offset, "activeOnly": "false"}).json()["data"]
        for offset in range(0, whole["total"] + 7, 7)
    ]
    assert [row for page in pages for row in page["models"]] == whole["models"]
    assert {page["total"] for page in pages} == {whole["total"]} == {len(whole["models"])}


def test_language_models_have_no_cost_per_generation(client):
    rows = client.get(f"{ROUTE}/claude/models").json()["data"]["models"]
    assert rows and all(row["pricing"]["costPerGeneration"] is None for row in rows)
    assert all(row["pricing"]["currency"] == "USD" for row in rows)


def test_the_contracts_own_models_are_in_the_catalogue(client):
    rows = {row["modelId"]: row for row in client.get(f"{ROUTE}/fal_ai/models").json()["data"]["models"]}
    assert (rows["flux-2-pro"]["modelName"], rows["flux-2-pro"]["modelVersion"]) == ("Flux 2 Pro", "1.0")
    assert "flux-1.1-pro" in rows
    bfl = client.get(f"{ROUTE}/black_forest_labs/models/flux-2-pro").json()["data"]
    assert [row["resolution"] for row in bfl["pricing"]["resolutionBased"]] == ["1024x1024", "2048x2048"]


def test_a_model_in_detail(client, model):
    response = client.get(price_route(rest=""))
    check(response, "model-show")
    again = client.get(price_route(rest=""), headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_model_without_tiers_has_empty_lists(client):
    pricing = client.get(price_route("flux-1.1-pro", "")).json()["data"]["pricing"]
    assert (pricing["tieredPricing"], pricing["resolutionBased"]) == ([], [])


@pytest.mark.parametrize("query, field", [
    ("activeOnly=yes", "activeOnly"), ("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"),
    ("offset=-1", "offset"), ("format=xml", "format"), ("page=2", "page"), ("cursor=x", "cursor"),
])
def test_bad_queries_of_the_list_name_the_parameter(client, query, field):
    assert set(details(client.get(f"{ROUTE}/fal_ai/models?{query}"))) == {field}


@pytest.mark.parametrize("method, path", [
    ("GET", "/nobody/models"), ("GET", "/Fal.ai/models"), ("GET", "/nobody/models/m"),
    ("GET", "/nobody/models?format=csv"), ("PUT", "/nobody/models/m/pricing"),
    ("GET", "/nobody/models/m/pricing/history"), ("GET", "/nobody/models/m/pricing/history?format=json"),
    ("GET", "/nobody/models/m/pricing/explain"), ("POST", "/nobody/models/bulk-pricing-update"),
])
def test_an_unknown_provider_is_not_found(client, method, path):
    body = {"pricing": {"costPerGeneration": 1}}
    if method == "POST":
        body = {"updates": [{"modelId": "m", **body}]}
    response = client.request(method, ROUTE + path, json=None if method == "GET" else body)
    check(response, "prices-unknown-provider")


@pytest.mark.parametrize("method, rest", [
    ("GET", ""), ("PUT", "/pricing"), ("GET", "/pricing/history"), ("GET", "/pricing/history?format=csv"),
    ("GET", "/pricing/explain"),
])
@pytest.mark.parametrize("name", ["no/such model", "*", "../flux-2-pro", "flux-2-pro ", "x" * 300])
def test_an_unknown_model_is_not_found(client, method, rest, name):
    body = None if method == "GET" else {"pricing": {"costPerGeneration": 1}}
    check(client.request(method, price_route(name, rest, "ollama"), json=body), "prices-unknown-model")


@pytest.mark.parametrize("method, path", [
    ("GET", "/fal_ai/models"), ("GET", "/fal_ai/models/flux-2-pro"), ("PUT", "/fal_ai/models/flux-2-pro/pricing"),
    ("GET", "/fal_ai/models/flux-2-pro/pricing/history"), ("POST", "/fal_ai/models/bulk-pricing-update"),
    ("GET", "/fal_ai/models/flux-2-pro/pricing/explain"), ("GET", "/routing"), ("PUT", "/routing"),
])
def test_administrators_only(stack, method, path):
    with stack.client() as nobody:
        check(nobody.request(method, ROUTE + path), "prices-unauthorized")
    with stack.client(stack.token(role="Manager")) as manager:
        check(manager.request(method, ROUTE + path), "prices-forbidden")


# Setting a price


def test_a_price_is_set_and_is_in_the_history(client, model):
    body = {
        "pricing": {"costPerGeneration": 0.06, "currency": "USD"}, "creditsPerGeneration": 120,
        "reason": "Provider increased pricing",
    }
    answer = client.put(price_route(), json=body)
    check(answer, "price-update")
    shown = client.get(price_route(rest=""))
    check(shown, "model-show-updated")
    assert shown.headers["etag"] == answer.headers["etag"]
    check(client.get(price_route(rest="/pricing/history")), "price-history")


def test_what_is_left_out_is_carried_over(client, model):
    client.put(price_route(), json={"pricing": {"costPerGeneration": 0.07}}).raise_for_status()
    pricing = client.get(price_route(rest="")).json()["data"]
    assert pricing["creditsPerGeneration"] == 100
    assert [tier["costPerGeneration"] for tier in pricing["pricing"]["tieredPricing"]] == [0.07, 0.04]
    assert len(pricing["pricing"]["resolutionBased"]) == 2
    cleared = {"costPerGeneration": 0, "tieredPricing": [], "resolutionBased": [], "currency": "EUR"}
    client.put(price_route(), json={"pricing": cleared}).raise_for_status()
    shown = client.get(price_route(rest="")).json()["data"]["pricing"]
    assert shown == {"costPerGeneration": 0, "currency": "EUR", "tieredPricing": [], "resolutionBased": []}


def test_tiers_and_resolutions_come_back(client, model):
    tiers = [
        {"tier": "bulk", "minQuantity": 50, "costPerGeneration": 0.0123456789},
        {"tier": "standard", "minQuantity": 1, "costPerGeneration": 0.02},
    ]
    resolutions = [{"resolution": "4K", "costPerGeneration": 0.4}, {"resolution": "1K", "costPerGeneration": 0.1}]
    body = {"pricing": {"costPerGeneration": 0.02, "tieredPricing": tiers, "resolutionBased": resolutions}}
    client.put(price_route(), json=body).raise_for_status()
    text = client.get(price_route(rest="")).text
    shown = json.loads(text, parse_float=Decimal)["data"]["pricing"]
    assert shown["tieredPricing"][1]["costPerGeneration"] == Decimal("0.0123456789")
    assert [tier["tier"] for tier in shown["tieredPricing"]] == ["standard", "bulk"]
    assert [row["resolution"] for row in shown["resolutionBased"]] == ["1K", "4K"]


def test_a_price_of_later_does_not_hold_yet(client, model, database):
    soon = database.execute("SELECT to_char(now() AT TIME ZONE 'UTC' + interval '90 days', 'YYYY-MM-DD')").fetchone()[0]
    seen = client.get(price_route(rest="")).headers["etag"]
    body = {"pricing": {"costPerGeneration": 9}, "effectiveFrom": soon}
    answer = client.put(price_route(), json=body, headers={"If-Match": seen})
    assert answer.status_code == 200
    shown = client.get(price_route(rest=""))
    assert shown.headers["etag"] == answer.headers["etag"]
    assert shown.json()["data"]["pricing"]["costPerGeneration"] == 0.05
    assert client.put(price_route(), json=body, headers={"If-Match": seen}).status_code == 412
    explained = client.get(price_route(rest="/pricing/explain"), params={"at": soon, "quantity": 2}).json()["data"]
    assert explained["total"] == 18
    assert client.get(price_route(rest="/pricing/explain")).json()["data"]["total"] == 0.05


def test_if_match(client, model):
    first = client.get(price_route(rest="")).headers["etag"]
    body = {"pricing": {"costPerGeneration": 0.06}}
    second = client.put(price_route(), json=body, headers={"If-Match": first})
    assert second.status_code == 200 and second.headers["etag"] != first
    check(client.put(price_route(), json=body, headers={"If-Match": first}), "price-precondition-failed")
    for tags in (f'"0-0", {second.headers["etag"]}', "*"):
        second = client.put(price_route(), json=body, headers={"If-Match": tags})
        assert second.status_code == 200
    assert client.put(price_route(), json=body, headers={"If-Match": f'W/{second.headers["etag"]}'}).status_code == 412
    assert set(details(client.put(price_route(), json=body, headers={"If-Match": "17"}))) == {"If-Match"}


def test_of_two_administrators_with_the_same_tag_one_succeeds(stack, client, model):
    clients = [stack.client(stack.token(sub=f"admin_{number}")) for number in range(2)]
    for turn in range(20):
        tag = client.get(price_route(rest="")).headers["etag"]
        statuses: list[int] = []
        start = threading.Barrier(2)

        def put(opened: httpx.Client, cost: float) -> None:
            start.wait(timeout=20)
            body = {"pricing": {"costPerGeneration": cost}}
            statuses.append(opened.put(price_route(), json=body, headers={"If-Match": tag}).status_code)

        threads = [threading.Thread(target=put, args=(one, turn + number / 10)) for number, one in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(statuses) == [200, 412], f"round {turn}"
    history = client.get(price_route(rest="/pricing/history")).json()["data"]
    assert history["total"] == 21
    # Whoever succeeded is named beside what they set.
    assert all(row["updatedBy"] == f"admin_{round(row['newPricing']['costPerGeneration'] % 1 * 10)}" for row in history["history"][:20])
    for opened in clients:
        opened.close()


GOOD = {"costPerGeneration": 0.06}
TIER = {"tier": "bulk", "minQuantity": 10, "costPerGeneration": 1}
BAD_PRICES = [
    ({}, "pricing"), ({"pricing": None}, "pricing"), ({"pricing": []}, "pricing"),
    ({"pricing": {}}, "pricing.costPerGeneration"), ({"pricing": {"costPerGeneration": -0.01}}, "pricing.costPerGeneration"),
    ({"pricing": {"costPerGeneration": "0.06"}}, "pricing.costPerGeneration"),
    ({"pricing": {"costPerGeneration": None}}, "pricing.costPerGeneration"),
    ({"pricing": {**GOOD, "currency": "usd"}}, "pricing.currency"), ({"pricing": {**GOOD, "currency": "ZZZ"}}, "pricing.currency"),
    ({"pricing": {**GOOD, "currency": "XAU"}}, "pricing.currency"), ({"pricing": {**GOOD, "currency": 840}}, "pricing.currency"),
    ({"pricing": {**GOOD, "currency": "EUR"}}, "pricing.currency"),
    ({"pricing": {**GOOD, "unit": "hour"}}, "pricing.unit"), ({"pricing": {**GOOD, "price": 1}}, "pricing.price"),
    ({"pricing": {**GOOD, "creditsPerGeneration": -1}}, "pricing.creditsPerGeneration"),
    ({"pricing": {**GOOD, "creditsPerGeneration": 1}, "creditsPerGeneration": 2}, "creditsPerGeneration"),
    ({"pricing": GOOD, "creditsPerGeneration": -1}, "creditsPerGeneration"), ({"pricing": GOOD, "reason": ""}, "reason"),
    ({"pricing": GOOD, "reason": "x" * 1001}, "reason"), ({"pricing": GOOD, "cost": 1}, "cost"),
    ({"pricing": GOOD, "effectiveFrom": "2020-01-01"}, "effectiveFrom"), ({"pricing": GOOD, "effectiveFrom": "soon"}, "effectiveFrom"),
    ({"pricing": GOOD, "effectiveFrom": "2099-01-01T00:00:00Z"}, "effectiveFrom"),
    ({"pricing": {**GOOD, "tieredPricing": {}}}, "pricing.tieredPricing"),
    ({"pricing": {**GOOD, "tieredPricing": [1]}}, "pricing.tieredPricing[0]"),
    ({"pricing": {**GOOD, "tieredPricing": [TIER, TIER]}}, "pricing.tieredPricing[1].minQuantity"),
    ({"pricing": {**GOOD, "tieredPricing": [{**TIER, "minQuantity": 0}]}}, "pricing.tieredPricing[0].minQuantity"),
    ({"pricing": {**GOOD, "tieredPricing": [{**TIER, "costPerGeneration": -1}]}}, "pricing.tieredPricing[0].costPerGeneration"),
    ({"pricing": {**GOOD, "resolutionBased": [{"resolution": "4K"}]}}, "pricing.resolutionBased[0].costPerGeneration"),
    ({"pricing": {**GOOD, "resolutionBased": [{"resolution": "", "costPerGeneration": 1}]}}, "pricing.resolutionBased[0].resolution"),
    ({"pricing": {**GOOD, "resolutionBased": [{"resolution": "4K", "costPerGeneration": 1}] * 2}},
     "pricing.resolutionBased[1].resolution"),
]


@pytest.mark.parametrize("body, field", BAD_PRICES)
def test_a_bad_price_names_its_field_and_changes_nothing(client, model, body, field):
    before = client.get(price_route(rest="")).text
    assert set(details(client.put(price_route(), json=body))) == {field}
    assert client.get(price_route(rest="")).text == before


@pytest.mark.parametrize("digits", ["0.00000000001", "1e-11", "1234567890123456"])
def test_a_price_has_at_most_ten_decimals(client, model, digits):
    response = client.put(
        price_route(), content='{"pricing":{"costPerGeneration":%s}}' % digits,
        headers={"Content-Type": "application/json"},
    )
    assert set(details(response)) == {"pricing.costPerGeneration"}


def test_a_model_without_a_price(client, unpriced):
    check(client.get(price_route(unpriced, "")), "model-show-unpriced")
    check(client.get(price_route(unpriced, "/pricing/history")), "price-history-empty")
    check(client.get(price_route(unpriced, "/pricing/history?format=csv")), "price-history-empty-csv")
    check(client.get(price_route(unpriced, "/pricing/explain")), "explain-unpriced")
    tag = client.get(price_route(unpriced, "")).headers["etag"]
    first = client.put(price_route(unpriced), json={"pricing": {"costPerGeneration": 0.5}}, headers={"If-Match": tag})
    check(first, "price-update-first")


def test_a_bad_price_to_the_letter(client, model):
    check(client.put(price_route(), json={"pricing": {"costPerGeneration": -1}}), "price-update-negative")


def test_a_new_price_is_in_the_audit_log_with_before_and_after(client, model, database):
    tiers = [{"tier": "bulk", "minQuantity": 10, "costPerGeneration": 0.0123456789}]
    body = {"pricing": {"costPerGeneration": 0.06, "tieredPricing": tiers}, "reason": "why"}
    client.put(price_route(), json=body).raise_for_status()
    action, subject, provider, written = database.execute(
        "SELECT action, subject, provider, details FROM audit_log ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    assert (action, subject, provider, written["reason"]) == ("price.update", NAME, "fal_ai", "why")
    price = written["prices"][0]
    figures = {"costPerGeneration": 0.05, "currency": "USD", "creditsPerGeneration": 100}
    resolutions = [{"resolution": "1024x1024", "costPerGeneration": 0.05}, {"resolution": "2048x2048", "costPerGeneration": 0.1}]
    former = [{"tier": "standard", "minQuantity": 1, "costPerGeneration": 0.05}, {"tier": "bulk", "minQuantity": 100, "costPerGeneration": 0.04}]
    assert price["before"] == {**figures, "unit": "generation", "tieredPricing": former, "resolutionBased": resolutions}
    assert price["after"] == {
        **figures, "costPerGeneration": 0.06, "unit": "generation", "tieredPricing": tiers, "resolutionBased": resolutions,
    }


# History


def test_the_history_is_newest_first_in_pages(client, model):
    for cost in (1, 2, 3):
        client.put(price_route(), json={"pricing": {"costPerGeneration": cost}}).raise_for_status()
    history = client.get(price_route(rest="/pricing/history")).json()["data"]
    assert [row["newPricing"]["costPerGeneration"] for row in history["history"]] == [3, 2, 1, 0.05]
    assert [row["oldPricing"]["costPerGeneration"] for row in history["history"]] == [2, 1, 0.05, None]
    second = client.get(price_route(rest="/pricing/history"), params={"limit": 2, "offset": 2}).json()["data"]
    assert second == {**history, "history": history["history"][2:]}
    assert set(details(client.get(price_route(rest="/pricing/history?limit=501")))) == {"limit"}


# Many prices


def bulk(client: httpx.Client, body: object, provider: str = "fal_ai") -> httpx.Response:
    return client.post(f"{ROUTE}/{provider}/models/bulk-pricing-update", json=body)


def update(model: str, **pricing: object) -> dict:
    return {"modelId": model, "pricing": pricing}


def test_many_prices_are_set_at_once(client, model):
    body = {
        "updates": [update(NAME, costPerGeneration=0.06, creditsPerGeneration=120)],
        "reason": "Provider-wide pricing update",
    }
    check(bulk(client, body), "prices-bulk")
    row = client.get(price_route(rest="/pricing/history")).json()["data"]["history"][0]
    assert row["reason"] == "Provider-wide pricing update"


def test_the_prices_of_two_models_to_the_letter(client, model, unpriced):
    updates = [update(unpriced, costPerGeneration=0.04, creditsPerGeneration=80, currency="EUR"), update(NAME, costPerGeneration=0.06)]
    check(bulk(client, {"updates": updates}), "prices-bulk-two")


def test_a_later_one_that_is_refused_takes_the_earlier_ones_back(client, model, unpriced):
    updates = [update(unpriced, costPerGeneration=1), update(NAME, costPerGeneration=1, currency="EUR")]
    assert set(details(bulk(client, {"updates": updates}))) == {"updates[1].pricing.currency"}
    assert client.get(price_route(unpriced, "/pricing/history")).json()["data"]["total"] == 0
    assert client.get(price_route(rest="/pricing/history")).json()["data"]["total"] == 1


def test_an_unknown_model_refuses_all(client, model):
    before = client.get(price_route(rest="/pricing/history")).text
    body = {"updates": [update(NAME, costPerGeneration=1), update("no/such model", costPerGeneration=1)]}
    check(bulk(client, body), "prices-bulk-unknown-model")
    assert client.get(price_route(rest="/pricing/history")).text == before


@pytest.mark.parametrize("body, field", [
    ({}, "updates"), ({"updates": []}, "updates"), ({"updates": {}}, "updates"), ({"updates": [7]}, "updates[0]"),
    ({"updates": [update(f"m{n}", costPerGeneration=1) for n in range(501)]}, "updates"),
    ({"updates": [update(NAME, costPerGeneration=1)] * 2}, "updates[1].modelId"),
    ({"updates": [update("*", costPerGeneration=1)]}, "updates[0].modelId"),
    ({"updates": [update("", costPerGeneration=1)]}, "updates[0].modelId"),
    ({"updates": [update(NAME, costPerGeneration=1), update("m", costPerGeneration=-1)]}, "updates[1].pricing.costPerGeneration"),
    ({"updates": [update(NAME, costPerGeneration=1, currency="EUR")]}, "updates[0].pricing.currency"),
    ({"updates": [{"modelId": NAME}]}, "updates[0].pricing"), ({"updates": [{"pricing": GOOD}]}, "updates[0].modelId"),
    ({"updates": [{**update(NAME, **GOOD), "reason": "x"}]}, "updates[0].reason"),
])
def test_a_bad_bulk_update_names_its_field_and_changes_nothing(client, model, body, field):
    assert set(details(bulk(client, body))) == {field}
    assert client.get(price_route(rest="/pricing/history")).json()["data"]["total"] == 1


def test_a_bulk_update_takes_effect_once_per_key(client, model):
    body = {"updates": [update(NAME, costPerGeneration=0.08)]}
    headers = {"Idempotency-Key": f"bulk-{uuid.uuid4()}"}
    answers = [
        client.post(f"{ROUTE}/fal_ai/models/bulk-pricing-update", json=body, headers=headers) for _ in range(2)
    ]
    assert answers[0].text == answers[1].text
    assert client.get(price_route(rest="/pricing/history")).json()["data"]["total"] == 2


# Explaining


@pytest.mark.parametrize("name, query", [
    ("plain", ""), ("tier", "?quantity=100"), ("resolution", "?quantity=3&resolution=2048x2048"),
    ("other-resolution", "?resolution=8K"), ("no-price-yet", "?at=2020-01-01"), ("tokens-without-rate", "?promptTokens=5"),
])
def test_what_a_generation_would_cost(client, model, name, query):
    check(client.get(price_route(rest=f"/pricing/explain{query}")), f"explain-{name}")


@pytest.mark.parametrize("name, query", [
    ("tokens", "?promptTokens=1000&cachedTokens=200&completionTokens=50"), ("nothing-used", ""),
    ("long-prompt", "?promptTokens=200001&completionTokens=1"),
])
def test_what_tokens_would_cost(client, name, query):
    check(client.get(price_route("claude-haiku-5-5", f"/pricing/explain{query}", "claude")), f"explain-{name}")


def test_a_chat_makes_no_unit_also_where_the_model_has_a_price_for_them(client, model, database):
    database.execute("UPDATE prices SET input = 2, cache_write = 4 FROM models m WHERE m.id = model_id AND m.name = %s", (NAME,))
    query = "?promptTokens=10&cacheWriteTokens=3"
    check(client.get(price_route(rest=f"/pricing/explain{query}")), "explain-chat")
    check(client.get(price_route(rest=f"/pricing/explain{query}&quantity=2")), "explain-both-meters")


@pytest.mark.parametrize("query, field", [
    ("promptTokens=3&cachedTokens=1&cacheWriteTokens=3", "cacheWriteTokens"), ("promptTokens=1&quantity=-1", "quantity"),
    ("quantity=0", "quantity"), ("quantity=-1", "quantity"), ("quantity=x", "quantity"), ("quantity=1000000001", "quantity"),
    ("resolution=", "resolution"), ("promptTokens=-1", "promptTokens"), ("promptTokens=1.5", "promptTokens"),
    ("promptTokens=1&cachedTokens=2", "cachedTokens"), ("at=yesterday", "at"), ("format=csv", "format"),
])
def test_a_bad_question_names_its_field(client, model, query, field):
    assert set(details(client.get(price_route(rest=f"/pricing/explain?{query}")))) == {field}


# Exports


def read_csv(response: httpx.Response) -> list[dict]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.text, newline=""), strict=True))


def flat(row: dict, prefix: str = "") -> dict:
    """As a line of CSV has it."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            cells |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            cells[prefix + name] = str(value).lower()
        else:
            cells[prefix + name] = "" if value is None else str(value)
    return cells


def rows_of(response: httpx.Response, name: str) -> list[dict]:
    return json.loads(response.text, parse_float=str, parse_int=str)["data"][name]


@pytest.mark.parametrize("provider", ["minimax", "openai", "ollama"])
@pytest.mark.parametrize("active", ["true", "false"])
def test_exports_of_models_have_the_rows_of_the_list(client, provider, active):
    route, query = f"{ROUTE}/{provider}/models", {"activeOnly": active}
    listed = rows_of(client.get(route, params={**query, "limit": 500}), "models")
    exported = client.get(route, params={**query, "format": "csv"})
    assert read_csv(exported) == [flat(row) for row in listed]
    suffix = "" if active == "true" else "-all"
    assert exported.headers["content-disposition"] == f'attachment; filename="{provider}-models{suffix}.csv"'
    assert rows_of(client.get(route, params={**query, "format": "json"}), "models") == listed


def test_exports_of_the_history_have_its_rows(client, model):
    for reason in ("=1+1", 'a "quoted", reason\r\nof two lines', None):
        body = {"pricing": {"costPerGeneration": 1}, **({"reason": reason} if reason else {})}
        client.put(price_route(), json=body).raise_for_status()
    route = price_route(rest="/pricing/history")
    listed = rows_of(client.get(route), "history")
    lines = read_csv(client.get(f"{route}?format=csv"))
    assert [line.pop("reason") for line in lines] == ["", 'a "quoted", reason\r\nof two lines', "'=1+1", ""]
    assert lines == [{name: cell for name, cell in flat(row).items() if name != "reason"} for row in listed]
    assert rows_of(client.get(f"{route}?format=json"), "history") == listed
