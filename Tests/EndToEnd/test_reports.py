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
    with Stack.started("--lift-limits") as running:
        running.control("sandbox", "fill", "--days", str(DAYS), "--requests", str(REQUESTS), "--seed", "3")
        yield running


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
        (["spend-by-day", "--zone", "Mars/Olympus"], 2, "there is no time zone 'Mars/Olympus'"), (["spend-by-day", "--zone", "UTC+3"], 2, "UTC+3"),
        (["spend-by-day", "--from", "soon"], 2, "--from must be a day"), (["spend-by-day", "--to", "infinity"], 2, "--to must be a day"),
        (["spend-by-day", "--from", "2026-02-30"], 2, "2026-02-30"), (["spend-by-day", "--to", "2026-02-01T00:00:00Z"], 2, "--to must be a day"),
        (["reliability", "--from", "2026-02-02", "--to", "2026-02-01"], 2, "--to must not be before --from"),
        (["balances", "--provider", "nobody"], 2, "there is no provider 'nobody'"), (["partitions", "--provider", "fal_ai"], 2, "takes no --provider"),
        (["balances", "fal_ai"], 2, "one word too many"), (["balances", "--limit", "5"], 2, "no option '--limit'"),
        (["spend-by-day", "--from"], 2, "--from needs a value"),
    ]:  # fmt: skip
        finished = filled.control("report", *arguments, check=False)
        assert (finished.returncode, finished.stdout) == (status, "")
        assert words in finished.stderr


def test_a_last_day_alone_has_the_thirty_days_before_it(filled):
    end = datetime.now(timezone.utc).date() - timedelta(days=5)
    alone = report(filled, "spend-by-provider", "--to", str(end))
    assert alone == report(filled, "spend-by-provider", "--from", str(end - timedelta(days=29)), "--to", str(end)) != []
    assert sum(int(row["requests"]) for row in alone) < REQUESTS


def test_a_report_that_cannot_be_written_is_no_success(filled):
    for format in ("csv", "json"):
        with open("/dev/full", "wb") as full:
            finished = subprocess.run(
                [str(filled.run / "bin/providerctl"), "report", "spend-by-day", "--format", format, "--config", filled.environment["PROVIDERD_CONFIG"]],
                stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False,
            )  # fmt: skip
        assert finished.returncode == 3 and finished.stderr.startswith("providerctl: report: "), finished.stderr


def test_the_role_for_reports_reads_reports_and_does_nothing_else(filled):
    """Not even where a role of its own would be let: what it is set to it can set back, what it may not do it cannot."""
    url = filled.database_url.replace("providerd_owner@", "providerd_reports@")
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        connection.execute("SET default_transaction_read_only = off")
        assert connection.execute("SELECT count(*) > 0 FROM reports.balances").fetchone() == (True,)
        for statement in (
            "SELECT FROM public.requests", "SELECT sealed FROM public.credentials", "SELECT details FROM public.audit_log",
            "SELECT public.create_request_partitions(now(), 1)", "SELECT public.quarter_of(now())", "DELETE FROM reports.providers",
            "CREATE TEMPORARY TABLE mine (n integer)", "CREATE TABLE reports.mine (n integer)", "CREATE SCHEMA mine",
            "SELECT lo_create(0)", "SELECT lo_creat(-1)", "SELECT lo_from_bytea(0, 'x')", "SELECT pg_logical_emit_message(false, 'a', 'b')",
            "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_xact_lock(1, 2)", "SELECT pg_read_file('/etc/passwd')",
            "COPY (SELECT 1) TO PROGRAM 'true'", "SET ROLE providerd_app", "SET ROLE providerd_owner", "ALTER ROLE providerd_reports SUPERUSER",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


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


def test_rules_are_made_once_and_audited(filled):
    changes = raw(filled, "SELECT actor, details FROM audit_log WHERE action = 'routing.update' ORDER BY seq")
    assert len(changes) == 1 and changes[0][0].startswith("cli:")
    with filled.client(filled.admin_token) as client:
        shown = exact(client.get(f"{BASE}/routing"))["rules"]
    assert changes[0][1]["before"] == {"version": 1, "rules": []} and changes[0][1]["after"] == {"version": 2, "rules": shown}
    assert {"model": "flux-2-pro", "providers": [
        {"provider": "fal_ai", "priority": 1, "weight": 70, "enabled": True},
        {"provider": "black_forest_labs", "priority": 2, "weight": 30, "enabled": True},
    ]} in shown  # fmt: skip
