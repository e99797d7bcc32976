"""Contract 2, alerts: made by people, raised and settled by the system, through nginx, PostgreSQL and the jobs."""

from __future__ import annotations

import time
import uuid

import pytest
from administration import BASE, csv_rows, empty_ledger, run_sql
from golden import check

ALERTS = f"{BASE}/runway_ml/alerts"


@pytest.fixture(autouse=True)
def clean(stack) -> None:
    empty_ledger(stack, "runway_ml", "minimax")


def make(client, message: str = "Look at this", severity: str = "medium", provider: str = "runway_ml") -> dict:
    answer = client.post(f"{BASE}/{provider}/alerts", json={"severity": severity, "type": "custom", "message": message})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def until(condition, seconds: float = 25) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


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
    resolved = client.get(ALERTS, params={"resolved": "true"}).json()["data"]
    assert (resolved["total"], resolved["alerts"][0]["resolved"]) == (1, True)


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
    until(lambda: client.get(ALERTS, params={"type": "provider_down"}).json()["data"]["total"] == 1)
    run_sql(
        stack,
        "INSERT INTO health_checks (provider_id, checked_at, status, reason)"
        " SELECT id, clock_timestamp(), 'healthy', 'manual' FROM providers WHERE slug = 'runway_ml'",
    )
    until(lambda: [row["type"] for row in client.get(ALERTS).json()["data"]["alerts"]] == ["provider_recovered"])
    check(client.get(ALERTS), "alerts-recovered")
