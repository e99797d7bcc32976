"""The audit log as administrators read it."""

from __future__ import annotations

import csv
import io
import json
import uuid

import psycopg
import pytest
from golden import check

ROOT = "/api/admin/third-party-apis"
AUDIT = f"{ROOT}/audit"
MEMBERS = [
    "id", "timestamp", "actor", "action", "provider", "subject", "outcome", "owner", "remoteAddress", "requestId", "details",
]  # fmt: skip


@pytest.fixture
def who() -> str:
    """An actor that nobody else is."""
    return f"auditor-{uuid.uuid4()}"


@pytest.fixture
def owner(stack, who):
    with stack.client(stack.token(sub=who)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def provider_as_before(stack):
    yield
    with psycopg.connect(stack.database_url) as database:
        database.execute("UPDATE providers SET priority = 1 WHERE slug = 'openai'")


def entries(client, **query) -> list[dict]:
    answer = client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["entries"]


def act(owner, times: int = 1) -> None:
    """Leaves rows of the actor."""
    for number in range(times):
        body = {"priority": number + 2}
        assert owner.put(f"{ROOT}/providers/openai/config", json=body).status_code == 200


def test_nothing_that_fits(client):
    check(client.get(AUDIT, params={"actor": "nobody at all"}), "audit-empty")


def test_the_log_to_the_letter(client, owner, who):
    alerts = f"{ROOT}/providers/openai/alerts"
    made = owner.post(alerts, json={"severity": "low", "message": "Look at this"}).json()["data"]["id"]
    owner.post(f"{alerts}/{made}/resolve", json={"resolutionNote": "Looked"}).raise_for_status()
    owner.put(f"{ROOT}/providers/openai/api-key", json={"apiKey": "sk-invalid-0123456789"})
    check(client.get(AUDIT, params={"actor": who}), "audit")
    check(client.get(AUDIT, params={"actor": who, "outcome": "refused", "format": "json"}), "audit-export")
    check(client.get(AUDIT, params={"actor": who, "outcome": "refused", "format": "csv"}), "audit-csv")


def test_a_long_name_can_be_looked_for(stack, client):
    who = f"{uuid.uuid4()}".ljust(255, "x")
    with stack.client(stack.token(sub=who)) as owner:
        act(owner)
    assert [entry["actor"] for entry in entries(client, actor=who)] == [who]


def test_a_row_has_everything_but_secrets(client, owner, who):
    act(owner)
    answer = client.get(AUDIT, params={"actor": who})
    data = answer.json()["data"]
    assert list(data) == ["entries", "total", "limit", "offset", "cursor"]
    assert (data["total"], data["limit"], data["offset"], data["cursor"]) == (1, 50, 0, None)
    [entry] = data["entries"]
    assert list(entry) == MEMBERS
    assert (entry["actor"], entry["action"], entry["provider"], entry["subject"]) == (who, "provider.configure", "openai", "openai")
    assert (entry["outcome"], entry["owner"], entry["remoteAddress"]) == ("success", f"user:{who}", "127.0.0.1")
    assert (entry["details"]["before"]["priority"], entry["details"]["after"]["priority"]) == (1, 2)
    assert entry["id"].startswith("audit_")


def test_the_actions_of_contract_1_are_in_it_with_before_and_after(client, owner, who):
    route = "/api/v1/ai/providers"
    body = {"provider": "OpenAI", "credentials": {"apiKey": "sk-canary-4711"}, "modelConfig": {"model": "gpt-5.4"}}
    identifier = owner.post(route, json=body).json()["data"]["id"]
    owner.put(f"{route}/{identifier}", json={"modelConfig": {"model": "gpt-5.4-mini", "maxTokens": 7}})
    owner.post(f"{route}/{identifier}/test")
    owner.put(f"{route}/{identifier}", json={"credentials": {"apiKey": "sk-invalid"}})
    owner.delete(f"{route}/{identifier}")
    found = entries(client, actor=who)
    assert [(entry["action"], entry["outcome"]) for entry in found] == [
        ("connection.delete", "success"), ("connection.update", "refused"), ("connection.test", "success"),
        ("connection.update", "success"), ("connection.configure", "success"),
    ]  # fmt: skip
    assert {entry["subject"] for entry in found} == {identifier}
    deleted, _, _, updated, created = [entry["details"] for entry in found]
    first = {"isActive": True, "modelConfig": {"model": "gpt-5.4"}, "version": 1}
    second = {"isActive": True, "modelConfig": {"model": "gpt-5.4-mini", "maxTokens": 7}, "version": 2}
    assert created == {"before": None, "after": first, "newCredential": True}
    assert updated == {"before": first, "after": second, "newCredential": False}
    assert deleted == {"before": second, "after": None, "newCredential": False}
    assert "canary" not in json.dumps(found)


def test_configuring_again_shows_what_there_was(client, owner, who):
    body = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-5.4"}}
    for model in ("gpt-5.4", "gpt-5.4-mini"):
        body["modelConfig"]["model"] = model
        assert owner.post("/api/v1/ai/providers", json=body).status_code in (200, 201)
    details = entries(client, actor=who)[0]["details"]
    assert (details["before"]["modelConfig"]["model"], details["after"]["modelConfig"]["model"]) == ("gpt-5.4", "gpt-5.4-mini")


# Pages


def test_pages_follow_each_other_without_a_gap(client, owner, who):
    act(owner, 7)
    whole = entries(client, actor=who)
    assert [entry["details"]["after"]["priority"] for entry in whole] == [8, 7, 6, 5, 4, 3, 2]
    collected, cursor = [], None
    for _ in range(5):
        page = client.get(AUDIT, params={"actor": who, "limit": 3, **({"cursor": cursor} if cursor else {})}).json()["data"]
        assert page["total"] == 7
        collected += page["entries"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert collected == whole
    assert entries(client, actor=who, limit=2, offset=5) == whole[5:]
    assert entries(client, actor=who, offset=7) == []


def test_without_a_filter_the_total_is_exact(stack, client, owner):
    act(owner)
    with psycopg.connect(stack.database_url) as database:
        count = database.execute("SELECT count(*) FROM audit_log").fetchone()[0]
    data = client.get(AUDIT, params={"limit": 1}).json()["data"]
    assert data["total"] == count and "totalIsEstimate" not in data
    assert data["entries"][0]["id"] == f"audit_{count}"


# Filters


def test_each_filter_finds_its_own_and_no_others(client, owner, who):
    act(owner)
    owner.put(f"{ROOT}/providers/openai/api-key", json={"apiKey": "sk-invalid-0123456789"})
    owner.post(f"{ROOT}/providers/claude/health-check")

    def found(**query) -> list[str]:
        return [entry["action"] for entry in entries(client, actor=who, **query)]

    assert found() == ["provider.check", "api_key.replace", "provider.configure"]
    assert found(action="provider.check") == ["provider.check"]
    assert found(provider="openai") == ["api_key.replace", "provider.configure"]
    assert found(provider="fal_ai") == []
    assert found(outcome="refused") == ["api_key.replace"]
    assert found(outcome="success", provider="claude") == ["provider.check"]
    assert all(entry["action"] == "provider.check" for entry in entries(client, action="provider.check"))


def test_times_are_included_and_days_are_whole(stack, client, owner, who):
    act(owner, 2)
    with psycopg.connect(stack.database_url) as database:
        today, tomorrow = database.execute(
            "SELECT (now() AT TIME ZONE 'UTC')::date::text, ((now() AT TIME ZONE 'UTC')::date + 1)::text"
        ).fetchone()
    newest = entries(client, actor=who)[0]["timestamp"]
    assert len(entries(client, actor=who, startDate=today, endDate=tomorrow)) == 2
    assert entries(client, actor=who, startDate=newest, endDate=newest)[0]["timestamp"] == newest
    assert entries(client, actor=who, startDate="2031-01-01") == []
    assert entries(client, actor=who, endDate="2020-01-01", tz="Europe/Berlin") == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("outcome", "good"), ("provider", "Fal AI"), ("provider", ""), ("actor", ""), ("actor", "a" * 256), ("action", ""),
        ("limit", "501"), ("offset", "-1"), ("cursor", "nonsense"), ("tz", "Mars"), ("startDate", "today"), ("format", "xml"),
        ("who", "alice"),
    ],
)  # fmt: skip
def test_a_bad_filter_is_named(client, name, value):
    answer = client.get(AUDIT, params={name: value})
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["error"]["details"]) == [name]


def test_a_cursor_of_another_list_and_one_with_an_offset_are_refused(client, owner, who):
    act(owner, 2)
    cursor = client.get(AUDIT, params={"actor": who, "limit": 1}).json()["data"]["cursor"]
    assert client.get(AUDIT, params={"cursor": cursor, "offset": 1}).status_code == 400
    assert client.get(AUDIT, params={"cursor": cursor[:-1]}).status_code in (200, 400)
    check(client.get(AUDIT, params={"cursor": "bm90aGluZw"}), "audit-bad-cursor")


# Export


def test_the_export_has_the_same_rows(client, owner, who):
    act(owner, 3)
    rows = entries(client, actor=who)
    as_json = client.get(AUDIT, params={"actor": who, "format": "json"})
    assert as_json.json() == {"data": {"entries": rows, "total": 3}}
    assert as_json.headers["content-disposition"] == f'attachment; filename="audit-{who}.json"'
    as_csv = client.get(AUDIT, params={"actor": who, "format": "csv", "startDate": "2026-01-01"})
    assert as_csv.headers["content-disposition"] == f'attachment; filename="audit-{who}-from-2026-01-01.csv"'
    lines = list(csv.DictReader(io.StringIO(as_csv.text, newline="")))
    assert list(lines[0]) == MEMBERS
    assert [{**line, "details": json.loads(line["details"])} for line in lines] == rows


def test_a_formula_in_an_export_stays_text(stack, client):
    who = f"=cmd|'x'!{uuid.uuid4()}"
    with stack.client(stack.token(sub=who)) as owner:
        act(owner)
    [line] = csv.DictReader(io.StringIO(client.get(AUDIT, params={"actor": who, "format": "csv"}).text))
    assert line["actor"] == "'" + who


def test_the_log_is_still_a_chain(stack, owner):
    act(owner)
    assert stack.control("audit", "verify", check=False).returncode == 0
