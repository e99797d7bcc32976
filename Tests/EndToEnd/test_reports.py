"""Sample traffic and reports: the API, the reports, their CSV and the rows themselves give the same totals."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import psycopg
import pytest
from stack import Stack

BASE = "/api/admin/third-party-apis/providers"
REQUESTS = 4_000
DAYS = 20


@pytest.fixture(scope="module")
def filled() -> Iterator[Stack]:
    """A stack of its own with three weeks of sample traffic."""
    running = Stack.start("--lift-limits")
    try:
        running.control("sandbox", "fill", "--days", str(DAYS), "--requests", str(REQUESTS), "--seed", "3")
        yield running
    finally:
        running.stop()


def days() -> tuple[str, str]:
    today = datetime.now(timezone.utc).date()
    return str(today - timedelta(days=DAYS + 1)), str(today + timedelta(days=1))


def report(stack: Stack, name: str, *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(stack.control("report", name, *arguments, "--format", "csv").stdout.splitlines()))


def raw(stack: Stack, statement: str) -> list[tuple]:
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(statement).fetchall()


def exact(answer) -> dict:
    return json.loads(answer.raise_for_status().text, parse_float=Decimal)["data"]


def test_the_sample_has_what_was_asked_for(filled):
    assert raw(filled, "SELECT count(*) FROM requests") == [(REQUESTS,)]
    assert len(raw(filled, "SELECT DISTINCT provider_id FROM requests")) == 11
    assert raw(filled, "SELECT * FROM credit_ledger_faults") == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("provider", ["fal_ai", "openai"])
def test_api_reports_csv_and_rows_give_the_same_totals(filled, zone, provider):
    start, end = days()
    scope = ["--from", start, "--to", end, "--zone", zone, "--provider", provider]
    query = {"startDate": start, "endDate": end, "tz": zone}
    with filled.client(filled.admin_token) as client:
        usage = exact(client.get(f"{BASE}/{provider}/usage", params=query))
        models = exact(client.get(f"{BASE}/{provider}/usage/by-model", params=query))["byModel"]
        lines = client.get(f"{BASE}/{provider}/requests", params={"format": "csv"}).raise_for_status().text
    listed = list(csv.DictReader(lines.splitlines()))
    rows = raw(
        filled,
        "SELECT count(*), count(*) FILTER (WHERE status = 'completed'), coalesce(sum(cost), 0)"
        f" FROM requests r JOIN providers p ON p.id = r.provider_id WHERE p.slug = '{provider}'",
    )[0]
    found = {
        "api": (usage["totalRequests"], usage["successfulRequests"], Decimal(usage["totalCost"])),
        "models": (sum(m["requests"] for m in models), sum(m["successful"] for m in models), sum(Decimal(m["totalCost"]) for m in models)),
        "list": (len(listed), sum(r["status"] == "completed" for r in listed), sum(Decimal(r["cost"] or 0) for r in listed)),
    }  # fmt: skip
    for name in ("spend-by-day", "spend-by-model", "spend-by-provider"):
        sums = report(filled, name, *scope)
        found[name] = (
            sum(int(r["requests"]) for r in sums), sum(int(r["completed"]) for r in sums), sum(Decimal(r["cost"]) for r in sums),
        )  # fmt: skip
    owners = report(filled, "spend-by-owner", *scope)
    found["owners"] = (
        sum(int(r["requests"]) for r in owners), sum(int(r["completed"]) for r in owners), sum(Decimal(r["cost"]) for r in owners),
    )  # fmt: skip
    assert rows[0] > 300
    assert set(found.values()) == {rows}, found


def test_the_balances_of_the_report_are_those_of_the_api(filled):
    reported = {row["provider"]: Decimal(row["balance"]) for row in report(filled, "balances")}
    with filled.client(filled.admin_token) as client:
        listed = exact(client.get(f"{BASE}/balances"))
    assert {row["provider"]: Decimal(row["currentBalance"]) for row in listed if row["provider"] in reported} == reported
    assert [row["provider"] for row in listed if row["provider"] in reported and row["isLowBalance"]] == ["minimax"]


def test_every_report_is_listed_and_printed_in_three_forms(filled):
    listed = json.loads(filled.control("report", "--json").stdout)
    assert len(listed) == 11
    for entry in listed:
        table = filled.control("report", entry["name"]).stdout.splitlines()
        assert table[0].split() == [name.upper() for name in entry["columns"]]
        rows = json.loads(filled.control("report", entry["name"], "--format", "json").stdout, parse_float=Decimal)
        lines = report(filled, entry["name"])
        assert len(table) - 1 == len(rows) == len(lines)
        for row, line in zip(rows, lines):
            assert list(row) == list(line) == entry["columns"]
            for name, value in row.items():
                expected = {None: "", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else str(value)
                assert line[name] == expected, (entry["name"], name)


def test_what_a_report_cannot_be_asked_is_said(filled):
    for arguments, status, words in [
        (["nothing"], 2, "there is no report 'nothing'"), (["balances", "--from", "2026-01-01"], 2, "is about now"),
        (["balances", "--format", "xml"], 2, "table, csv or json"), (["balances", "--format", "csv", "--json"], 2, "exclude"),
        (["spend-by-day", "--zone", "Mars/Olympus"], 3, "Mars/Olympus"), (["spend-by-day", "--from", "soon"], 3, "soon"),
    ]:  # fmt: skip
        finished = filled.control("report", *arguments, check=False)
        assert (finished.returncode, finished.stdout) == (status, "")
        assert words in finished.stderr


def test_traffic_is_not_mixed_with_traffic_that_is_there(filled):
    finished = filled.control("sandbox", "fill", "--requests", "10", "--providers", "fal_ai", check=False)
    assert finished.returncode == 1 and "there is traffic already: fal_ai" in finished.stderr
    finished = filled.control("sandbox", "fill", "--providers", "nobody", check=False)
    assert finished.returncode == 2 and "there is no provider 'nobody'" in finished.stderr
    for arguments in (["--days", "0"], ["--requests", "x"], ["--seed", "-1"]):
        assert filled.control("sandbox", "fill", *arguments, check=False).returncode == 2
    assert raw(filled, "SELECT count(*) FROM requests") == [(REQUESTS,)]


def test_an_installation_in_production_is_never_filled(filled, tmp_path):
    configuration = tmp_path / "providerd.conf"
    text = (filled.run / "conf/providerd.conf").read_text()
    configuration.write_text(text.replace("mode = development", "mode = production"))
    finished = subprocess.run(
        [str(filled.run / "bin/providerctl"), "sandbox", "fill", "--config", str(configuration)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert finished.returncode == 1 and "production" in finished.stderr


def test_traffic_is_replaced_on_request(filled):
    filled.control("sandbox", "fill", "--days", "3", "--requests", "50", "--providers", "replicate,cohere", "--replace")
    counts = dict(raw(filled, "SELECT p.slug, count(*) FROM requests r JOIN providers p ON p.id = r.provider_id GROUP BY 1"))
    assert counts["replicate"] + counts["cohere"] == 50 and counts["fal_ai"] > 300
    assert raw(filled, "SELECT * FROM credit_ledger_faults") == []
    rows = report(filled, "spend-by-provider", "--from", days()[0])
    assert {row["provider"]: int(row["requests"]) for row in rows} == counts
    last = raw(filled, "SELECT details->'replaced' FROM audit_log WHERE action = 'sandbox.fill' ORDER BY seq DESC LIMIT 1")
    assert last == [(["cohere", "replicate"],)]
