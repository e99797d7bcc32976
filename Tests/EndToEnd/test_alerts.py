"""Contract 2, alerts: made by people, raised and settled by the system, through nginx, PostgreSQL and the jobs."""

from __future__ import annotations

import concurrent.futures
import threading
import uuid
from collections.abc import Iterator

import pytest
from administration import BASE, csv_rows, empty_ledger, run_sql
from golden import check
from processes import until
from traffic import moment, record, report

ALERTS = f"{BASE}/runway_ml/alerts"


@pytest.fixture(autouse=True)
def clean(stack) -> None:
    empty_ledger(stack, "runway_ml", "minimax")


def make(client, message: str = "Look at this", severity: str = "medium", provider: str = "runway_ml") -> dict:
    answer = client.post(f"{BASE}/{provider}/alerts", json={"severity": severity, "type": "custom", "message": message})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def open_types(client) -> list[str]:
    return [row["type"] for row in client.get(ALERTS).raise_for_status().json()["data"]["alerts"]]


def key(client, text: str, **more) -> None:
    """Stores a key without a test."""
    body = {"apiKey": text, "testConnection": False, **more}
    client.put(f"{BASE}/runway_ml/api-key", json=body).raise_for_status()


@pytest.fixture
def keyless(stack) -> Iterator[None]:
    """Takes the keys of Runway away when the test has ended."""
    yield
    run_sql(
        stack, "DELETE FROM credentials WHERE owner IS NULL AND provider_id = (SELECT id FROM providers WHERE slug = 'runway_ml')"
    )


@pytest.fixture
def no_requests(stack) -> Iterator[None]:
    """Takes the requests of Runway away when the test has ended."""
    yield
    runway = "provider_id = (SELECT id FROM providers WHERE slug = 'runway_ml')"
    for table in ("usage_tail", "request_keys", "requests"):
        run_sql(stack, f"DELETE FROM {table} WHERE {runway}")
    run_sql(stack, f"DELETE FROM prices WHERE model_id = (SELECT id FROM models WHERE name = 'unheard-of' AND {runway})")
    run_sql(stack, f"DELETE FROM models WHERE name = 'unheard-of' AND {runway}")


# By hand


def test_there_are_none_at_first(client):
    check(client.get(ALERTS), "alerts-empty")


def test_a_custom_alert_is_made_listed_and_resolved(client):
    made = client.post(ALERTS, json={"severity": "medium", "type": "custom", "message": "Custom alert message"})
    check(made, "alerts-add")
    check(client.get(ALERTS), "alerts")
    identifier = made.json()["data"]["id"]
    resolve = f"{ALERTS}/{identifier}/resolve"
    check(client.post(resolve, json={"resolutionNote": "Credits added to account"}), "alerts-resolve")
    check(client.post(resolve, json={}), "alerts-resolve-again")
    assert client.get(ALERTS).json()["data"] == {"alerts": [], "total": 0}
    check(client.get(ALERTS, params={"resolved": "true"}), "alerts-resolved")


def test_the_note_who_and_when_are_kept_and_audited(stack, client):
    identifier = make(client)["id"]
    assert client.post(f"{ALERTS}/{identifier}/resolve", json={"resolutionNote": "done"}).status_code == 200
    rows = run_sql(stack, "SELECT resolved_by, resolution_note, resolved_at IS NOT NULL FROM alerts WHERE id = %s", int(identifier[6:]))
    assert rows == [("administrator", "done", True)]
    actions = run_sql(stack, "SELECT action, provider FROM audit_log WHERE subject = %s ORDER BY seq", identifier)
    assert actions == [("alert.add", "runway_ml"), ("alert.resolve", "runway_ml")]


def test_an_alert_is_resolved_without_a_body(client):
    assert client.post(f"{ALERTS}/{make(client)['id']}/resolve").status_code == 200


@pytest.mark.parametrize("identifier", ["alert_999999999", "alert_0", "alert_01", "alert_", "alert_x", "1", "alert_99999999999999999999"])
def test_an_unknown_alert_is_not_found(client, identifier):
    check(client.post(f"{ALERTS}/{identifier}/resolve", json={}), "alert-not-found")


def test_another_providers_alert_is_not_found(client):
    check(client.post(f"{ALERTS}/{make(client, provider='minimax')['id']}/resolve", json={}), "alert-not-found")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("empty", {}), ("severity", {"severity": "urgent", "message": "m"}), ("no-message", {"severity": "low"}),
        ("message-empty", {"severity": "low", "message": ""}), ("message-long", {"severity": "low", "message": "x" * 1_001}),
        ("type", {"severity": "low", "type": "low_balance", "message": "m"}), ("unknown-field", {"severity": "low", "message": "m", "to": "x"}),
    ],
)
def test_a_wrong_alert_is_refused(client, name, body):
    check(client.post(ALERTS, json=body), f"alerts-add-{name}")
    assert client.get(ALERTS).json()["data"]["total"] == 0


def test_a_wrong_note_is_refused(client):
    identifier = make(client)["id"]
    check(client.post(f"{ALERTS}/{identifier}/resolve", json={"resolutionNote": ""}), "alerts-resolve-wrong")
    assert client.get(ALERTS).json()["data"]["total"] == 1


def test_who_only_reads_changes_nothing(stack, client):
    identifier = make(client)["id"]
    with stack.client(stack.token(role="Manager")) as manager:
        assert manager.post(ALERTS, json={"severity": "low", "message": "m"}).status_code == 403
        assert manager.post(f"{ALERTS}/{identifier}/resolve", json={}).status_code == 403


def test_of_many_who_resolve_an_alert_at_once_one_does(stack, client):
    identifier = make(client)["id"]
    token = stack.token()
    start = threading.Barrier(8)

    def resolve(number: int) -> int:
        with stack.client(token) as administrator:
            start.wait(timeout=30)
            return administrator.post(f"{ALERTS}/{identifier}/resolve", json={"resolutionNote": f"note {number}"}).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(resolve, range(8))) == [200] + [409] * 7
    assert run_sql(stack, "SELECT count(*) FROM audit_log WHERE subject = %s AND action = 'alert.resolve'", identifier) == [(1,)]


def test_a_retry_makes_one_alert(client):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"severity": "low", "message": "once"}
    answers = [client.post(ALERTS, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].text == answers[1].text
    assert client.get(ALERTS).json()["data"]["total"] == 1


def test_filters_pages_and_cursors(client):
    for number in range(5):
        make(client, f"m{number}", "high" if number % 2 else "low")

    def messages(**query) -> list[str]:
        return [row["message"] for row in client.get(ALERTS, params=query).raise_for_status().json()["data"]["alerts"]]

    assert messages() == ["m4", "m3", "m2", "m1", "m0"]
    assert messages(severity="high") == ["m3", "m1"]
    assert messages(type="custom", limit=2, offset=1) == ["m3", "m2"]
    assert messages(type="low_balance") == []
    first = client.get(ALERTS, params={"limit": 3}).json()["data"]
    assert (len(first["alerts"]), first["total"]) == (3, 5)
    second = client.get(ALERTS, params={"limit": 3, "cursor": first["cursor"]}).json()["data"]
    assert [row["message"] for row in second["alerts"]] == ["m1", "m0"] and "cursor" not in second


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("severity", {"severity": "urgent"}), ("type", {"type": "x"}), ("resolved", {"resolved": "yes"}), ("limit", {"limit": 0}),
        ("offset", {"offset": -1}), ("cursor", {"cursor": "eA"}), ("unknown", {"tz": "UTC"}),
    ],
)
def test_a_wrong_question_is_refused(client, name, query):
    check(client.get(ALERTS, params=query), f"alerts-query-{name}")


def test_the_alerts_are_exported_as_they_are_listed(client):
    make(client, "+1, \"two\"\nlines", "high")
    make(client, "second")
    listed = client.get(ALERTS).json()["data"]
    assert client.get(ALERTS, params={"format": "json"}).json()["data"] == {"alerts": listed["alerts"], "total": 2}
    answer = client.get(ALERTS, params={"format": "csv"})
    check(answer, "alerts-csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="runway_ml-alerts-open.csv"'
    assert [row["id"] for row in csv_rows(answer.text)] == [row["id"] for row in listed["alerts"]]


# By the system


def test_a_low_balance_is_raised_and_settled_with_the_ledger(client):
    assert client.post(f"{BASE}/runway_ml/credits/add", json={"amount": 50}).status_code == 201
    check(client.get(ALERTS), "alerts-low-balance")
    assert client.post(f"{BASE}/runway_ml/credits/add", json={"amount": 50}).status_code == 201
    assert client.get(ALERTS).json()["data"]["total"] == 0
    settled = client.get(ALERTS, params={"resolved": "true"}).json()["data"]["alerts"]
    assert [(row["type"], row["resolved"]) for row in settled] == [("low_balance", True)]


def test_the_jobs_notice_what_nobody_asked_about(stack, client):
    run_sql(
        stack,
        "INSERT INTO health_checks (provider_id, checked_at, status, error_kind, reason)"
        " SELECT id, now(), 'down', 'unreachable', 'manual' FROM providers WHERE slug = 'runway_ml'",
    )
    until(lambda: client.get(ALERTS, params={"type": "provider_down"}).json()["data"]["total"] == 1, 25)
    run_sql(
        stack,
        "INSERT INTO health_checks (provider_id, checked_at, status, reason)"
        " SELECT id, clock_timestamp(), 'healthy', 'manual' FROM providers WHERE slug = 'runway_ml'",
    )
    until(lambda: [row["type"] for row in client.get(ALERTS).json()["data"]["alerts"]] == ["provider_recovered"], 25)
    check(client.get(ALERTS), "alerts-recovered")


def test_a_refused_key_is_raised_and_settled_with_the_next_one(client, keyless):
    key(client, "sk-invalid-0123456789")
    client.post(f"{BASE}/runway_ml/test-connection").raise_for_status()
    check(client.get(ALERTS, params={"type": "invalid_key"}), "alerts-invalid-key")
    check(client.get(ALERTS, params={"type": "provider_down"}), "alerts-provider-down")
    key(client, "sk-test-0123456789")
    assert open_types(client) == ["provider_down"]
    client.post(f"{BASE}/runway_ml/health-check").raise_for_status()
    assert open_types(client) == ["provider_recovered"]


def test_a_key_that_ends_soon_is_raised_and_settled_with_the_next_one(client, keyless):
    key(client, "sk-test-0123456789", expiresAt=moment(-2))
    check(client.get(ALERTS), "alerts-key-expiring")
    key(client, "sk-test-9876543210", expiresAt=moment(-200))
    assert open_types(client) == []


def test_a_high_error_rate_is_raised_and_settled_by_the_jobs(client, no_requests):
    record(client, "runway_ml", *[report(status="failed") for _ in range(21)])
    until(lambda: open_types(client) == ["error_rate"], 25)
    check(client.get(ALERTS), "alerts-error-rate")
    record(client, "runway_ml", *[report(status="completed", cost=0) for _ in range(200)])
    until(lambda: open_types(client) == [], 25)


def test_an_unpriced_model_is_raised_and_settled_with_its_price(stack, client, no_requests):
    record(client, "runway_ml", report(model="unheard-of"), report(model="unheard-of"))
    until(lambda: open_types(client) == ["unpriced_model"], 25)
    check(client.get(ALERTS), "alerts-unpriced-model")
    run_sql(
        stack,
        "INSERT INTO models (provider_id, name, display_name, kind) SELECT id, 'unheard-of', 'Unheard of', 'video' FROM providers"
        " WHERE slug = 'runway_ml'",
    )
    body = {"pricing": {"costPerGeneration": 0.5, "currency": "USD"}, "reason": "The invoice says so"}
    client.put(f"{BASE}/runway_ml/models/unheard-of/pricing", json=body).raise_for_status()
    until(lambda: open_types(client) == [], 25)


def test_of_many_findings_at_once_one_alert_of_a_kind_is_made(stack, client, keyless):
    key(client, "sk-invalid-0123456789")
    client.post(f"{BASE}/runway_ml/credits/add", json={"amount": 1}).raise_for_status()
    token = stack.token()
    start = threading.Barrier(12)

    def act(number: int) -> int:
        with stack.client(token) as administrator:
            start.wait(timeout=30)
            if number % 2:
                return administrator.post(f"{BASE}/runway_ml/test-connection").status_code
            return administrator.post(f"{BASE}/runway_ml/credits/add", json={"amount": 0.5}).status_code

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert set(pool.map(act, range(12))) == {200, 201}
    assert sorted(open_types(client)) == ["invalid_key", "low_balance", "provider_down"]
    made = "SELECT count(*) FROM alerts WHERE provider_id = (SELECT id FROM providers WHERE slug = 'runway_ml')"
    assert run_sql(stack, made) == [(3,)]
