"""What a call would cost, worked out here by hand, explained, charged and entered in the ledger: four times the same."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal, localcontext
from urllib.parse import quote

import httpx
import pytest
from administration import BASE, empty_ledger, run_sql
from processes import until

PROVIDER = f"{BASE}/runway_ml"
RESOLUTIONS = ["1024x1024", "2048x2048", "4K"]


@pytest.fixture
def models(stack) -> Iterator[list[str]]:
    """Names of models that the provider has while the test runs; those with prices are a fresh start each."""
    names = [f"shapes/{uuid.uuid4()} v{number}:x" for number in range(6)]
    for name in names:
        run_sql(stack, "INSERT INTO models (provider_id, name, display_name, kind) SELECT id, %s, 'M', 'image' FROM providers WHERE slug = 'runway_ml'", name)
    empty_ledger(stack, "runway_ml")
    yield names
    empty_ledger(stack, "runway_ml")
    run_sql(stack, "DELETE FROM request_keys WHERE request_id IN (SELECT id FROM requests WHERE model = ANY (%s))", names)
    run_sql(stack, "DELETE FROM requests WHERE model = ANY (%s)", names)
    versions = "price_id IN (SELECT p.id FROM prices p JOIN models m ON m.id = p.model_id WHERE m.name = ANY (%s))"
    for table in ("price_tiers", "price_resolutions"):
        run_sql(stack, f"DELETE FROM {table} WHERE {versions}", names)
    run_sql(stack, "DELETE FROM prices WHERE model_id IN (SELECT id FROM models WHERE name = ANY (%s))", names)
    run_sql(stack, "DELETE FROM models WHERE name = ANY (%s)", names)


def amount(numbers: random.Random) -> float:
    """A price of up to ten decimals, now and then so small that JSON libraries write it with an exponent."""
    return float(Decimal(numbers.randrange(1, 10 ** numbers.choice([2, 5, 11]))).scaleb(-10))


def shape(numbers: random.Random) -> dict:
    quantities = numbers.sample(range(1, 9), numbers.randint(0, 3))
    return {
        "costPerGeneration": amount(numbers),
        "tieredPricing": [{"tier": f"from {q}", "minQuantity": q, "costPerGeneration": amount(numbers)} for q in quantities],
        "resolutionBased": [
            {"resolution": name, "costPerGeneration": amount(numbers)} for name in RESOLUTIONS if numbers.random() < 0.5
        ],
    }


def worked_out(pricing: dict, quantity: str, resolution: str | None) -> Decimal:
    """The resolution's price, else that of the highest tier that is reached, else the plain one; times the quantity."""
    rate = pricing["costPerGeneration"]
    for tier in sorted(pricing["tieredPricing"], key=lambda tier: tier["minQuantity"]):
        if tier["minQuantity"] <= Decimal(quantity):
            rate = tier["costPerGeneration"]
    for row in pricing["resolutionBased"]:
        if row["resolution"] == resolution:
            rate = row["costPerGeneration"]
    with localcontext() as context:
        context.prec = 60
        return Decimal(str(rate)) * Decimal(quantity)


def exact(response: httpx.Response) -> dict:
    assert response.status_code in (200, 201), response.text
    return json.loads(response.text, parse_float=Decimal, parse_int=Decimal)["data"]


def test_every_call_costs_what_was_explained(stack, client, models):
    numbers = random.Random(5)
    expected: dict[str, tuple[Decimal, str]] = {}
    for turn in range(24):
        model, pricing = models[turn % len(models)], shape(numbers)
        route = f"{PROVIDER}/models/{quote(model, safe='')}/pricing"
        client.put(route, json={"pricing": pricing}).raise_for_status()
        reports = []
        for _ in range(5):
            quantity = numbers.choice([str(numbers.randint(1, 12)), f"{numbers.randint(0, 9)}.{numbers.randint(1, 9999999999):010}"])
            resolution = numbers.choice([None, "8K", *RESOLUTIONS])
            query = {"quantity": quantity} | ({"resolution": resolution} if resolution else {})
            explained = exact(client.get(f"{route}/explain", params=query))
            assert explained["total"] == worked_out(pricing, quantity, resolution), (pricing, query)
            assert sum(meter["amount"] for meter in explained["meters"]) == explained["total"]
            identifier = f"explained {uuid.uuid4()}"
            expected[identifier] = (explained["total"], explained["price"]["id"])
            # As text: the number keeps its digits.
            asked = {"n": "QUANTITY", "resolution": resolution}
            reports.append(json.dumps({"id": identifier, "model": model, "request": asked}).replace('"QUANTITY"', quantity))
        body = '{"requests": [' + ", ".join(reports) + "]}"
        exact(client.post(f"{PROVIDER}/requests", content=body, headers={"Content-Type": "application/json"}))
    charged = {identifier: total for identifier, (total, _) in expected.items()}
    assert entered(client, len(charged)) == charged
    kept = run_sql(stack, "SELECT external_id, 'ph_' || price_id FROM requests WHERE external_id = ANY (%s)", list(expected))
    assert dict(kept) == {identifier: version for identifier, (_, version) in expected.items()}
    assert run_sql(stack, "SELECT * FROM credit_ledger_faults") == []


def entered(client: httpx.Client, count: int) -> dict[str, Decimal]:
    """What the ledger says that each call cost, once that many are in it."""
    deadline = time.monotonic() + 20
    while True:
        data = exact(client.get(f"{PROVIDER}/transactions", params={"type": "consumption", "limit": 500}))
        if data["total"] >= count:
            return {row["metadata"]["requestId"]: -row["amount"] for row in data["transactions"]}
        assert time.monotonic() < deadline, "the usage was not posted"
        time.sleep(0.1)


def test_a_later_price_changes_no_earlier_call(stack, client, models):
    model = models[0]
    route = f"{PROVIDER}/models/{quote(model, safe='')}/pricing"
    client.put(route, json={"pricing": {"costPerGeneration": 0.5}}).raise_for_status()
    first = exact(client.post(f"{PROVIDER}/requests", json={"id": f"first {uuid.uuid4()}", "model": model}))
    client.put(route, json={"pricing": {"costPerGeneration": 2}}).raise_for_status()
    second = exact(client.post(f"{PROVIDER}/requests", json={"id": f"second {uuid.uuid4()}", "model": model}))
    assert (first["cost"], second["cost"]) == (Decimal("0.5"), 2)
    assert exact(client.get(f"{PROVIDER}/requests/{quote(first['id'])}"))["cost"] == Decimal("0.5")
    kept = run_sql(
        stack,
        "SELECT p.per_generation FROM requests r JOIN prices p ON p.id = r.price_id WHERE r.model = %s ORDER BY r.id", model)
    assert kept == [(Decimal("0.5"),), (2,)]


def test_a_price_of_soon_holds_from_its_moment_on(stack, client, models):
    route = f"{PROVIDER}/models/{quote(models[0], safe='')}"
    client.put(f"{route}/pricing", json={"pricing": {"costPerGeneration": 1}}).raise_for_status()
    moment = datetime.now(timezone.utc) + timedelta(seconds=2)
    body = {"pricing": {"costPerGeneration": 3}, "reason": "announced", "effectiveFrom": moment.isoformat()}
    announced = client.put(f"{route}/pricing", json=body)
    assert announced.json()["data"]["oldPricing"]["costPerGeneration"] == 1
    assert exact(client.get(route))["pricing"]["costPerGeneration"] == 1

    def recorded(seconds: int) -> Decimal:
        at = (moment + timedelta(seconds=seconds)).isoformat()
        assert exact(client.get(f"{route}/pricing/explain", params={"at": at}))["total"] == (3 if seconds >= 0 else 1)
        report = {"id": f"soon {uuid.uuid4()}", "model": models[0], "createdAt": at}
        return exact(client.post(f"{PROVIDER}/requests", json=report))["cost"]

    until(lambda: exact(client.get(route))["pricing"]["costPerGeneration"] == 3, 10, "the new price")
    assert datetime.now(timezone.utc) >= moment
    assert [recorded(-1), recorded(0), recorded(1)] == [1, 3, 3]
    newest = exact(client.get(f"{route}/pricing/history"))["history"][0]
    assert (newest["reason"], newest["oldPricing"]["costPerGeneration"]) == ("announced", 1)


@pytest.mark.parametrize("moment, isAccepted", [
    ("-1 second", False), ("-1 day", False), ("366 days", True), ("367 days", False), ("10 seconds", True),
])
def test_a_price_begins_now_or_within_a_year(stack, client, models, moment, isAccepted):
    at = run_sql(stack, "SELECT to_char((now() + %s::interval) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", moment)[0][0]
    route = f"{PROVIDER}/models/{quote(models[1], safe='')}/pricing"
    answer = client.put(route, json={"pricing": {"costPerGeneration": 1}, "effectiveFrom": at})
    assert (answer.status_code == 200) == isAccepted, answer.text
    if not isAccepted:
        assert list(answer.json()["error"]["details"]) == ["effectiveFrom"]
    updates = [{"modelId": models[2], "pricing": {"costPerGeneration": 1}}]
    many = client.post(f"{PROVIDER}/models/bulk-pricing-update", json={"updates": updates, "effectiveFrom": at})
    assert many.status_code == answer.status_code
    assert exact(client.get(f"{PROVIDER}/models/{quote(models[2], safe='')}/pricing/history"))["total"] == int(isAccepted)
