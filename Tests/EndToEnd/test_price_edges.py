"""Money routes at their edges: names of models that paths mind, numbers that no type holds, numbers with an exponent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from decimal import Decimal, localcontext
from urllib.parse import quote

import httpx
import pytest
from administration import BASE, csv_rows, empty_ledger, run_sql

REPLICATE = f"{BASE}/replicate"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def made(stack) -> Iterator:
    """Makes models without a price; they are gone after the test, with whatever it did with them."""
    names: list[str] = []

    def make(name: str) -> str:
        run_sql(stack, "INSERT INTO models (provider_id, name, display_name, kind) SELECT id, %s, 'M', 'image' FROM providers WHERE slug = 'replicate'", name)
        names.append(name)
        return name

    empty_ledger(stack, "replicate")
    yield make
    empty_ledger(stack, "replicate")
    run_sql(stack, "DELETE FROM request_keys WHERE request_id IN (SELECT id FROM requests WHERE model = ANY (%s))", names)
    run_sql(stack, "DELETE FROM requests WHERE model = ANY (%s)", names)
    models = "model_id IN (SELECT m.id FROM models m JOIN providers p ON p.id = m.provider_id WHERE p.slug = 'replicate' AND m.name = ANY (%s))"
    for table in ("price_tiers", "price_resolutions"):
        run_sql(stack, f"DELETE FROM {table} WHERE price_id IN (SELECT id FROM prices WHERE {models})", names)
    run_sql(stack, f"DELETE FROM prices WHERE {models}", names)
    run_sql(stack, "DELETE FROM models USING providers p WHERE p.id = provider_id AND p.slug = 'replicate' AND name = ANY (%s)", names)


def encoded(model: str) -> str:
    """A segment of a path; dots too, which clients and proxies take for folders."""
    return quote(model, safe="").replace(".", "%2E")


# Names


NAMES = [
    "black-forest-labs/flux 1.1:pro", "a/../b", "..", ".", "a//b", "/", ":", "%2F", "a%2Fb", "100%", "a?b#c", "a&b=c;d+e",
    '"quoted"', "back\\slash", "it's {not} [a] <template>", "~!@$^()|`", "pricing", "models", "x" * 200, "-- DROP TABLE models",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_found_by_any_name_in_every_route(client, made, name):
    model = made(f"{name}")
    path = f"{REPLICATE}/models/{encoded(model)}"
    assert model in [row["modelId"] for row in client.get(f"{REPLICATE}/models", params={"limit": 500}).json()["data"]["models"]]
    assert client.get(path).json()["data"]["modelId"] == model
    body = {"pricing": {"costPerGeneration": 0.25}}
    assert client.put(f"{path}/pricing", json=body).json()["data"]["modelId"] == model
    updates = {"updates": [{"modelId": model, "pricing": {"costPerGeneration": 0.5}}]}
    answer = client.post(f"{REPLICATE}/models/bulk-pricing-update", json=updates)
    assert (answer.status_code, answer.json()["data"]["models"][0]["modelId"]) == (200, model)
    history = client.get(f"{path}/pricing/history").json()["data"]
    assert (history["modelId"], history["total"]) == (model, 2)
    exported = client.get(f"{path}/pricing/history", params={"format": "csv"})
    assert [row["newPricing.costPerGeneration"] for row in csv_rows(exported.text)] == ["0.5", "0.25"]
    assert exported.headers["content-disposition"].count('"') == 2
    explained = client.get(f"{path}/pricing/explain", params={"quantity": 3}).json()["data"]
    assert (explained["modelId"], explained["total"]) == (model, 1.5)
    identifier = str(uuid.uuid4())
    recorded = client.post(f"{REPLICATE}/requests", json={"id": identifier, "model": model})
    assert (recorded.status_code, recorded.json()["data"]["cost"]) == (201, 0.5)
    listed = client.get(f"{REPLICATE}/requests", params={"model": model}).json()["data"]
    assert [row["id"] for row in listed["requests"]] == [identifier]


# Numbers that are too large, too long or too fine


HUGE = [
    "1e30", "-1e30", "1e400", "1e-30", "1e-400", "1e99999999999999999999", "9" * 20, "-" + "9" * 20, "9" * 400, "0." + "1" * 400,
    "1" + "0" * 62, "18446744073709551616", "9223372036854775808",
]
PRICE = '{"pricing": {"costPerGeneration": 1, %s}}'
BODIES = {
    "amount": ("POST", "/credits/add", '{"amount": %s}'),
    "pricing.costPerGeneration": ("PUT", "/pricing", '{"pricing": {"costPerGeneration": %s}}'),
    "pricing.creditsPerGeneration": ("PUT", "/pricing", PRICE % '"creditsPerGeneration": %s'),
    "creditsPerGeneration": ("PUT", "/pricing", '{"pricing": {"costPerGeneration": 1}, "creditsPerGeneration": %s}'),
    "pricing.tieredPricing[0].minQuantity": (
        "PUT", "/pricing", PRICE % '"tieredPricing": [{"tier": "t", "minQuantity": %s, "costPerGeneration": 1}]'),
    "pricing.tieredPricing[0].costPerGeneration": (
        "PUT", "/pricing", PRICE % '"tieredPricing": [{"tier": "t", "minQuantity": 1, "costPerGeneration": %s}]'),
    "pricing.resolutionBased[0].costPerGeneration": (
        "PUT", "/pricing", PRICE % '"resolutionBased": [{"resolution": "r", "costPerGeneration": %s}]'),
    "updates[0].pricing.costPerGeneration": (
        "POST", "/models/bulk-pricing-update", '{"updates": [{"modelId": "MODEL", "pricing": {"costPerGeneration": %s}}]}'),
    "updates[0].creditsPerGeneration": (
        "POST", "/models/bulk-pricing-update",
        '{"updates": [{"modelId": "MODEL", "pricing": {"costPerGeneration": 1}, "creditsPerGeneration": %s}]}'),
    "lowBalanceThreshold": ("PUT", "/config", '{"lowBalanceThreshold": %s}'),
    "cost": ("POST", "/requests", '{"id": "huge", "model": "MODEL", "cost": %s}'),
    "request.n": ("POST", "/requests", '{"id": "huge", "model": "MODEL", "request": {"n": %s}}'),
}  # fmt: skip


@pytest.mark.parametrize("field", BODIES)
def test_a_number_that_no_type_holds_is_refused_by_its_field_and_changes_nothing(client, made, field):
    method, route, body = BODIES[field]
    model = made(f"huge {uuid.uuid4()}")
    path = f"{REPLICATE}{route}" if route != "/pricing" else f"{REPLICATE}/models/{encoded(model)}/pricing"
    watched = (
        f"{REPLICATE}/models/{encoded(model)}", f"{REPLICATE}/models/{encoded(model)}/pricing/history", f"{REPLICATE}/balance",
        f"{REPLICATE}/transactions", f"{REPLICATE}/config",
    )  # fmt: skip
    before = [client.get(address).text for address in watched]
    for number in HUGE:
        content = body.replace("MODEL", model) % number
        answer = client.request(method, path, content=content, headers=JSON)
        assert answer.status_code == 400, f"{content}: {answer.text}"
        error = answer.json()["error"]
        assert (error["code"], list(error["details"])) == ("INVALID_REQUEST", [field]), content
    assert [client.get(address).text for address in watched] == before


@pytest.mark.parametrize("field", ["quantity", "promptTokens", "cachedTokens", "cacheWriteTokens", "completionTokens"])
def test_a_number_that_no_type_holds_is_no_question(client, made, field):
    path = f"{REPLICATE}/models/{encoded(made(f'huge {uuid.uuid4()}'))}/pricing/explain"
    for number in [*HUGE, "0x10", "1_000", "٣", "1,5", "+1", " 1", "Infinity"]:
        answer = client.get(path, params={field: number})
        assert answer.status_code == 400, f"{number}: {answer.text}"
        assert list(answer.json()["error"]["details"]) == [field]


def test_the_largest_numbers_are_exact(client, made):
    model = made(f"large {uuid.uuid4()}")
    path = f"{REPLICATE}/models/{encoded(model)}/pricing"
    cost = "999999999998.9999999999"
    assert client.put(path, content='{"pricing": {"costPerGeneration": %s}}' % cost, headers=JSON).status_code == 200
    explained = client.get(f"{path}/explain", params={"quantity": "999999999.9999999999"}).text
    with localcontext() as context:
        context.prec = 60
        total = Decimal(cost) * Decimal("999999999.9999999999")
    assert json.loads(explained, parse_float=Decimal)["data"]["total"] == total
    amount = "999999999999999.9999999999"
    for _ in range(3):
        assert client.post(f"{REPLICATE}/credits/add", content='{"amount": %s}' % amount, headers=JSON).status_code == 201
    shown = json.loads(client.get(f"{REPLICATE}/balance").text, parse_float=Decimal, parse_int=Decimal)["data"]
    assert shown["currentBalance"] == 3 * Decimal(amount)


# Exponents


@pytest.mark.parametrize("written, plain", [
    ("1e-7", "0.0000001"), ("1e-07", "0.0000001"), ("2.5E-3", "0.0025"), ("1e2", "100"), ("1.50e+1", "15"), ("1e-10", "0.0000000001"),
])
def test_a_number_with_an_exponent_is_the_same_number(client, made, written, plain):
    path = f"{REPLICATE}/models/{encoded(made(f'small {uuid.uuid4()}'))}"

    def exact(response: httpx.Response) -> dict:
        assert response.status_code in (200, 201), response.text
        return json.loads(response.text, parse_float=str, parse_int=str)["data"]

    exact(client.put(f"{path}/pricing", content='{"pricing": {"costPerGeneration": %s}}' % written, headers=JSON))
    assert exact(client.get(path))["pricing"]["costPerGeneration"] == plain
    added = exact(client.post(f"{REPLICATE}/credits/add", content='{"amount": %s}' % written, headers=JSON))
    assert (added["amount"], added["balanceAfter"]) == (plain, plain)
