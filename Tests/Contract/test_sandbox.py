"""Every route of contract 2 on a sandbox: it shows something that somebody could believe."""

from __future__ import annotations

import json

import psycopg
import pytest

MEDIA = ["fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"]


def test_how_providers_are(sandbox):
    listed = sandbox.ask("listHealth")
    assert [one["provider"] for one in listed][:5] == MEDIA
    for one in listed[:5]:
        assert one["status"] in ("healthy", "degraded") and one["responseTime"] > 0
        assert all(90 <= one[name] <= 100 for name in ("successRate", "uptime24h", "uptime7d", "uptime30d")), one
    shown = [sandbox.ask("showHealth", provider=slug) for slug in MEDIA]
    assert all(one["errorMessage"] is None for one in shown)
    assert all(one["recentErrors"] for one in shown)


@pytest.mark.parametrize("slug", MEDIA)
def test_a_provider_is_asked_now(sandbox, slug):
    assert sandbox.ask("checkHealth", provider=slug)["status"] == "healthy"
    tested = sandbox.ask("testProviderConnection", provider=slug)
    assert (tested["success"], tested["message"]) == (True, "Connection successful")


def test_what_is_left_to_spend(sandbox):
    low = {one["provider"]: one["isLowBalance"] for one in sandbox.ask("listBalances")}
    assert set(low) >= set(MEDIA) and [slug for slug in MEDIA if low[slug]] == ["minimax"]
    for slug in MEDIA:
        balance = sandbox.ask("showBalance", provider=slug)
        assert balance["currentBalance"] > 0 and balance["consumptionRate"] > 0 and balance["currency"] == "USD"
        assert balance["estimatedDaysUntilDepletion"] >= 0 and balance["lowBalanceThreshold"] == 100
        assert balance["isLowBalance"] == (slug == "minimax")
        entries = sandbox.ask("listTransactions", provider=slug, query={"limit": "500"})
        assert {one["type"] for one in entries["transactions"]} >= {"consumption"} and entries["total"] > 20
        newest = next(one for one in entries["transactions"] if one["type"] == "consumption")
        assert set(newest["metadata"]) == {"requestId", "model"} and newest["amount"] < 0
        assert newest["description"].endswith(" - " + newest["metadata"]["model"])
        assert sandbox.ask("listTransactions", provider=slug, query={"type": "purchase"})["total"] >= 1
    assert {"providerBalance", "drift"} <= set(sandbox.ask("showBalance", provider="fal_ai"))


def test_what_models_cost(sandbox):
    tiers, resolutions = 0, 0
    for slug in MEDIA:
        models = sandbox.ask("listModels", provider=slug)
        assert models["total"] == len(models["models"]) >= 3
        assert sum(one["pricing"]["costPerGeneration"] is not None for one in models["models"]) >= 3
        for one in models["models"]:
            shown = sandbox.ask("showModel", provider=slug, modelId=one["modelId"])
            assert shown["pricing"]["costPerGeneration"] == one["pricing"]["costPerGeneration"]
            tiers += len(shown["pricing"]["tieredPricing"]) > 0
            resolutions += len(shown["pricing"]["resolutionBased"]) > 0
        changed = [sandbox.ask("listPrices", provider=slug, modelId=one["modelId"]) for one in models["models"]]
        newest = max(changed, key=lambda history: history["total"])["history"][0]
        assert newest["oldPricing"]["costPerGeneration"] > newest["newPricing"]["costPerGeneration"] and newest["reason"], slug
    assert tiers >= 1 and resolutions >= 3
    explained = sandbox.ask("explainPrice", provider="fal_ai", modelId="flux-2-pro", query={"quantity": "2"})
    assert explained["total"] > 0


def test_how_providers_are_called(sandbox):
    for slug in MEDIA:
        shown = sandbox.ask("showConfiguration", provider=slug)
        assert shown["apiKey"] == "***masked***" and shown["enabled"] is True
        assert all(limit > 0 for limit in shown["rateLimit"].values())
        assert shown["activeModel"] in shown["models"]


def test_what_was_used(sandbox):
    summary = sandbox.ask("showUsageSummary")
    assert {one["provider"] for one in summary["byProvider"]} >= set(MEDIA)
    assert sum(round(one["percentage"] * 100) for one in summary["byProvider"]) == 10_000
    for slug in MEDIA:
        usage = sandbox.ask("showUsage", provider=slug)
        for total, name in (("totalRequests", "requests"), ("successfulRequests", "successful"), ("failedRequests", "failed")):
            assert usage[total] == sum(one[name] for one in usage["byDay"]) > 0
        assert len(usage["byDay"]) >= 6 and usage["totalCost"] > 0 and usage["averageResponseTime"] > 0
        for unit in ("week", "month"):
            assert sandbox.ask("showUsage", provider=slug, query={"groupBy": unit})["totalRequests"] == usage["totalRequests"]
        models = sandbox.ask("showUsageByModel", provider=slug)["byModel"]
        assert sum(one["requests"] for one in models) == usage["totalRequests"] and all(one["modelName"] for one in models)


def test_single_requests(sandbox):
    seen: set[str] = set()
    paid, answered, failed = 0, 0, 0
    for slug in MEDIA:
        for status in ("completed", "failed", "pending", "processing", "cancelled"):
            listed = sandbox.ask("listRequests", provider=slug, query={"status": status, "limit": "100"})
            for one in listed["requests"]:
                assert (one["provider"], one["status"]) == (slug, status) and one["userId"]
                seen.add(status)
                if "prompt" in one["metadata"] or one["id"].startswith("job-"):
                    detail = sandbox.ask("showRequest", provider=slug, requestId=one["id"])
                    paid += status == "completed" and detail["cost"] > 0
                    answered += detail["request"] is not None and detail["response"] is not None
                    failed += detail["error"] is not None
    assert seen == {"completed", "failed", "pending", "processing", "cancelled"}
    assert paid > 20 and answered > 20 and failed > 0


def test_what_somebody_should_look_at(sandbox):
    open_ones = {slug: sandbox.ask("listAlerts", provider=slug)["alerts"] for slug in MEDIA}
    assert [slug for slug in MEDIA if "low_balance" in [one["type"] for one in open_ones[slug]]] == ["minimax"]
    assert "custom" in [one["type"] for one in open_ones["fal_ai"]]
    over = [one for slug in MEDIA for one in sandbox.ask("listAlerts", provider=slug, query={"resolved": "true"})["alerts"]]
    assert "provider_down" in [one["type"] for one in over] and all(one["resolved"] for one in over)


def test_which_providers_answer_for_a_model(sandbox):
    rules = {rule["model"]: rule["providers"] for rule in sandbox.ask("showRouting")["rules"]}
    assert rules["flux-2-pro"] == [
        {"provider": "fal_ai", "priority": 1, "weight": 70, "enabled": True},
        {"provider": "black_forest_labs", "priority": 2, "weight": 30, "enabled": True},
    ]


def test_who_did_what(sandbox):
    entries = sandbox.ask("listAudit", query={"limit": "500"})["entries"]
    assert {"sandbox.fill", "routing.update", "api_key.replace"} <= {one["action"] for one in entries}
    [change] = [one for one in entries if one["action"] == "routing.update"]
    assert change["details"]["before"]["rules"] == []
    assert change["details"]["after"]["rules"] == sandbox.ask("showRouting")["rules"]


def test_everything_can_be_changed(sandbox):
    credits = sandbox.ask("addCredits", {"amount": 100.00, "description": "Manual credit addition", "metadata": {}}, provider="minimax")
    assert round(credits["balanceAfter"] - credits["balanceBefore"], 6) == 100
    # The alert about it is settled by what was added.
    assert sandbox.ask("listAlerts", provider="minimax", query={"type": "low_balance"})["total"] == 0
    price = {"pricing": {"costPerGeneration": 0.06, "currency": "USD"}, "creditsPerGeneration": 120, "reason": "Provider increased pricing"}
    sandbox.ask("updatePrice", price, provider="fal_ai", modelId="flux-2-pro")
    updates = [{"modelId": name, "pricing": {"costPerGeneration": 0.04, "creditsPerGeneration": 80}} for name in ("flux-2-pro", "flux-1.1-pro")]
    assert sandbox.ask("updatePrices", {"updates": updates, "reason": "Provider-wide pricing update"}, provider="fal_ai")["updated"] == 2
    configuration = {
        "enabled": True, "priority": 1, "rateLimit": {"requestsPerMinute": 60, "requestsPerHour": 1000}, "timeout": 30000,
        "retryPolicy": {"maxRetries": 3, "retryDelay": 1000},
    }  # fmt: skip
    sandbox.ask("updateConfiguration", configuration, provider="fal_ai")
    assert sandbox.ask("replaceAPIKey", {"apiKey": "new_api_key_here", "testConnection": True}, provider="fal_ai")["testResult"]["status"] == "healthy"
    alert = sandbox.ask("addAlert", {"severity": "medium", "type": "custom", "message": "Custom alert message"}, provider="fal_ai")
    resolved = sandbox.ask("resolveAlert", {"resolutionNote": "Credits added to account"}, provider="fal_ai", alertId=alert["id"])
    assert resolved["resolved"] is True
    rules = [{"model": "flux-2-pro", "providers": [{"provider": "fal_ai", "priority": 1, "weight": 70, "enabled": True}]}]
    assert sandbox.ask("replaceRouting", {"rules": rules})["rules"] == rules
    waiting = [one for slug in MEDIA for one in sandbox.ask("listRequests", provider=slug, query={"status": "pending"})["requests"]]
    assert sandbox.ask("cancelRequest", provider=waiting[0]["provider"], requestId=waiting[0]["id"])["status"] == "cancelled"
    recorded = sandbox.ask("recordRequests", {"id": "order-123", "model": "image-01", "status": "pending"}, provider="minimax")
    assert recorded["status"] == "pending"
    done = sandbox.ask("updateRequest", {"status": "completed", "responseTime": 5000}, provider="minimax", requestId="order-123")
    assert done["cost"] > 0


def test_that_was_every_route(sandbox):
    assert sandbox.not_called("/api/admin/third-party-apis") == set()


def test_a_second_fill_is_refused_and_a_replacement_keeps_what_administrators_did(sandbox):
    refused = sandbox.stack.control("sandbox", "fill", "--days", "7", "--requests", "500", check=False)
    assert refused.returncode == 1 and "--replace takes it away" in refused.stderr
    rules = sandbox.ask("showRouting")
    sandbox.stack.control("sandbox", "fill", "--days", "7", "--requests", "500", "--replace")
    assert sandbox.ask("showRouting") == rules
    assert sum(sandbox.ask("listRequests", provider=slug)["total"] for slug in MEDIA) < 500
    with psycopg.connect(sandbox.stack.database_url) as database:
        assert database.execute("SELECT count(*) FROM requests").fetchone() == (500,)
        assert database.execute("SELECT count(*) FROM credit_ledger_faults").fetchone() == (0,)


def test_what_was_done_by_hand_is_not_done_again_by_the_next_start(sandbox):
    """Keys and traffic are given once: who took them away wants them away."""
    removed = json.loads(sandbox.stack.control("ai:credentials:list", "replicate", "--json").stdout)
    sandbox.stack.control("ai:credentials:remove", removed[0]["id"], "--yes")
    finished = sandbox.stack.up()
    assert finished.returncode == 0, finished.stderr
    assert json.loads(sandbox.stack.control("ai:credentials:list", "replicate", "--json").stdout) == []
