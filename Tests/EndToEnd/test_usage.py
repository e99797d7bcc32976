"""Contract 2, section 5: usage by day, week, month, model and provider, equal to what the list of requests adds up to."""

from __future__ import annotations

import collections
import csv
import datetime
import io
import re
import threading
import time
from decimal import Decimal
from zoneinfo import ZoneInfo

import psycopg
import pytest
from golden import check
from traffic import BASE, MODEL, moment, post, price, record, report, waiting


@pytest.fixture(scope="module")
def own_stack(own_stack):
    price(own_stack, "fal_ai")
    price(own_stack, "replicate")
    with own_stack.client(own_stack.admin_token) as client:
        # Before anything is recorded.
        check(client.get(f"{BASE}/fal_ai/usage", params=MARCH), "usage-empty")
        check(client.get(f"{BASE}/fal_ai/usage/by-model", params=MARCH), "usage-by-model-empty")
        check(client.get(f"{BASE}/usage/summary", params=MARCH), "usage-summary-empty")
        check(client.get(f"{BASE}/fal_ai/usage", params={**MARCH, "format": "csv"}), "usage-empty-csv")
        fill(own_stack, client)
    past(own_stack)
    return own_stack


MARCH = {"startDate": "2025-03-01", "endDate": "2025-03-31"}
STATUSES = ["completed"] * 6 + ["failed", "cancelled", "pending", "processing"]


def fill(stack, client) -> None:
    """Eighty days of two providers, half of it posted."""
    for provider, count in [("fal_ai", 600), ("replicate", 300)]:
        reports = []
        for number in range(count):
            status = STATUSES[number * 7 % 10]
            ended = {"responseTime": 100 + number} if status in ("completed", "failed") else {}
            reports.append(
                report(
                    status=status, createdAt=moment(1 + number * 80 / count), model=MODEL if number % 4 else "unheard of",
                    request={"n": 1 + number % 3}, **ended,
                )
            )
        record(client, provider, *reports[::2])
        post(stack)
        record(client, provider, *reports[1::2])


def past(stack) -> None:
    """Requests of two providers on known days, around the change of the clock in Berlin on 30 March 2025."""
    with psycopg.connect(stack.database_url) as database:
        database.execute(
            """INSERT INTO requests (id, provider_id, purpose, model, status, created_at, completed_at, response_ms, cost, currency)
               SELECT overlay(gen_random_uuid()::text placing left(uuid_floor(made.at)::text, 13) from 1 for 13)::uuid, p.id, 'recorded',
                      made.model, made.status, made.at, CASE WHEN made.status <> 'pending' THEN made.at END, made.ms, made.cost,
                      CASE WHEN made.cost IS NOT NULL THEN 'USD' END
               FROM (VALUES
                   ('claude', 'a/b:1 c', 'completed', '2025-03-29 22:59:59Z'::timestamptz, 100, 0.1),
                   ('claude', 'a/b:1 c', 'completed', '2025-03-29 23:00:00Z', 201, 0.0000000001),
                   ('claude', 'a/b:1 c', 'failed', '2025-03-30 00:59:59Z', 300, NULL),
                   ('claude', 'other', 'completed', '2025-03-30 21:59:59Z', NULL, 2),
                   ('claude', 'other', 'cancelled', '2025-03-30 22:00:00Z', NULL, NULL),
                   ('claude', 'other', 'pending', '2025-03-31 21:59:59Z', NULL, NULL),
                   ('cohere', 'm', 'completed', '2025-03-31 10:00:00Z', 50, 0.5),
                   ('gemini', 'm', 'failed', '2025-03-31 10:00:00Z', 50, 0.25)
               ) AS made (slug, model, status, at, ms, cost)
               JOIN providers p USING (slug)"""
        )


def usage(client, path: str = "fal_ai/usage", **query) -> dict:
    answer = client.get(f"{BASE}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json(parse_float=Decimal)["data"]


def requests(client, provider: str, **query) -> list[dict]:
    """Every request, from the export of their list."""
    answer = client.get(f"{BASE}/{provider}/requests", params={**query, "format": "json"})
    return answer.json(parse_float=Decimal)["data"]["requests"]


def figures(rows: list[dict]) -> dict:
    """What the rows add up to, with the names of `byDay`."""
    times = [row["responseTime"] for row in rows if row["responseTime"] is not None]
    return {
        "requests": len(rows), "successful": sum(row["status"] == "completed" for row in rows),
        "failed": sum(row["status"] == "failed" for row in rows),
        "cost": sum((Decimal(row["cost"]) for row in rows if row["cost"] is not None), Decimal(0)),
        "averageResponseTime": int(Decimal(sum(times)) / len(times) + Decimal("0.5")) if times else None,
    }


def label(row: dict, unit: str, zone: str) -> str:
    day = datetime.datetime.fromisoformat(row["createdAt"]).astimezone(ZoneInfo(zone)).date()
    if unit == "week":
        day -= datetime.timedelta(days=day.weekday())
    return (day.replace(day=1) if unit == "month" else day).isoformat()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_usage_is_what_the_requests_add_up_to(admin, zone, unit):
    period = {"startDate": moment(70, minute=7, second=13), "endDate": moment(3, minute=41, second=59), "tz": zone}
    rows = requests(admin, "fal_ai", **period)
    assert len(rows) > 400
    parts = collections.defaultdict(list)
    for row in rows:
        parts[label(row, unit, zone)].append(row)
    data = usage(admin, groupBy=unit, **period)
    assert data["byDay"] == [{"date": day, **figures(parts[day])} for day in sorted(parts, reverse=True)]
    total = figures(rows)
    assert [data["totalRequests"], data["successfulRequests"], data["failedRequests"], data["averageResponseTime"], data["totalCost"]] == [
        total["requests"], total["successful"], total["failed"], total["averageResponseTime"], total["cost"],
    ]
    exported = admin.get(f"{BASE}/fal_ai/usage", params={"groupBy": unit, **period, "format": "csv"})
    assert [row["date"] for row in csv.DictReader(io.StringIO(exported.text))] == [part["date"] for part in data["byDay"]]
    assert admin.get(f"{BASE}/fal_ai/usage", params={"groupBy": unit, **period, "format": "json"}).json(parse_float=Decimal)["data"]["byDay"] == data["byDay"]


def test_usage_by_model_is_what_the_requests_add_up_to(admin):
    models = collections.defaultdict(list)
    for row in requests(admin, "fal_ai"):
        models[row["model"]].append(row)
    data = usage(admin, "fal_ai/usage/by-model", startDate=moment(88))
    assert [row["modelId"] for row in data["byModel"]] == [MODEL, "unheard of"]
    assert [row["modelName"] for row in data["byModel"]] == ["A test model", None]
    for row in data["byModel"]:
        expected = figures(models[row["modelId"]])
        expected["totalCost"] = expected.pop("cost")
        assert {name: row[name] for name in expected} == expected
    assert list(data["byModel"][0]) == ["modelId", "modelName", "requests", "successful", "failed", "totalCost", "averageResponseTime"]


def test_the_summary_adds_up(admin):
    data = usage(admin, "usage/summary", startDate=moment(88))
    assert [(row["provider"], row["requests"], row["percentage"]) for row in data["byProvider"]] == [
        ("fal_ai", 600, Decimal("66.67")), ("replicate", 300, Decimal("33.33")),
    ]
    assert data["totalRequests"] == 900
    assert data["totalCost"] == sum(row["cost"] for row in data["byProvider"])
    for row in data["byProvider"]:
        assert row["cost"] == usage(admin, f"{row['provider']}/usage", startDate=moment(88))["totalCost"]
    assert list(data) == ["period", "totalRequests", "totalCost", "byProvider"]


BERLIN = {"startDate": "2025-03-29", "endDate": "2025-03-31", "tz": "Europe/Berlin"}


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_usage_to_the_letter(admin, unit):
    check(admin.get(f"{BASE}/claude/usage", params={**BERLIN, "groupBy": unit}), f"usage-{unit}")
    check(admin.get(f"{BASE}/claude/usage", params={**BERLIN, "groupBy": unit, "format": "csv"}), f"usage-{unit}-csv")
    check(admin.get(f"{BASE}/claude/usage", params={**BERLIN, "groupBy": unit, "format": "json"}), f"usage-{unit}-json")
    assert usage(admin, "claude/usage", **BERLIN)["period"] == {"start": "2025-03-28T23:00:00Z", "end": "2025-03-31T21:59:59Z"}


def test_usage_by_model_and_of_all_providers_to_the_letter(admin):
    for path, name in [("claude/usage/by-model", "usage-by-model"), ("usage/summary", "usage-summary")]:
        check(admin.get(f"{BASE}/{path}", params=BERLIN), name)
        check(admin.get(f"{BASE}/{path}", params={**BERLIN, "format": "csv"}), f"{name}-csv")
        check(admin.get(f"{BASE}/{path}", params={**BERLIN, "format": "json"}), f"{name}-json")


def test_posting_changes_no_answer(own_stack, admin):
    paths = ["minimax/usage", "minimax/usage/by-model", "usage/summary"]
    period = {"startDate": moment(80, minute=3), "endDate": moment(1)}
    with psycopg.connect(own_stack.database_url) as held:
        # There is one poster at a time, so that the jobs, which post every second, wait as well.
        held.execute("SELECT pg_advisory_xact_lock(hashtext('post_usage'))")
        record(admin, "minimax", *[report(status="completed", createdAt=moment(2 + number)) for number in range(50)])
        before = [usage(admin, path, **period) for path in paths]
        assert waiting(own_stack) > 0
    post(own_stack)
    assert waiting(own_stack) == 0
    assert [usage(admin, path, **period) for path in paths] == before
    assert re.fullmatch(r'\{"posted":\d+\}\n', own_stack.control("post-usage", "--json").stdout)
    for batch in ("0", "x", "1000001"):
        assert own_stack.control("post-usage", "--batch", batch, check=False).returncode == 2


def test_posting_by_hand_ends_while_traffic_does_not(own_stack):
    """It posts what waits when it begins; what comes meanwhile never ends."""
    stop = threading.Event()

    def traffic() -> None:
        with own_stack.client(own_stack.admin_token) as client:
            while not stop.is_set():
                record(client, "runway_ml", *[report(cost=0.01) for _ in range(5)])

    writers = [threading.Thread(target=traffic) for _ in range(6)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            time.sleep(0.5)
            began = time.monotonic()
            own_stack.control("post-usage")
            assert time.monotonic() - began < 15
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_the_period_is_thirty_days_unless_told(admin):
    today = datetime.datetime.now(datetime.UTC).date()
    data = usage(admin)
    assert data["period"] == {"start": f"{today - datetime.timedelta(days=29)}T00:00:00Z", "end": f"{today}T23:59:59Z"}
    assert list(data) == ["provider", "period", "totalRequests", "successfulRequests", "failedRequests", "averageResponseTime", "totalCost", "byDay"]
    kolkata = usage(admin, startDate="2025-11-01", endDate="2025-11-26", tz="Asia/Kolkata")["period"]
    assert kolkata == {"start": "2025-10-31T18:30:00Z", "end": "2025-11-26T18:29:59Z"}
    moments = usage(admin, startDate="2025-11-01T10:00:00Z", endDate="2025-11-01T17:00:00Z")["period"]
    assert moments == {"start": "2025-11-01T10:00:00Z", "end": "2025-11-01T17:00:00Z"}
    assert usage(admin, endDate="2025-03-30", tz="Europe/Berlin")["period"] == {"start": "2025-02-28T23:00:00Z", "end": "2025-03-30T21:59:59Z"}


def test_ten_years_at_once(admin):
    data = usage(admin, startDate=moment(3650)[:10], groupBy="month")
    assert data["totalRequests"] == sum(part["requests"] for part in data["byDay"]) == 600


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("group", "groupBy=hour"), ("range", "startDate=2010-01-01&endDate=2026-01-01"), ("order", "startDate=2026-02-02&endDate=2026-02-01"),
        ("future", "startDate=2999-01-01"), ("date", "endDate=yesterday"), ("zone", "tz=Europe/Atlantis"), ("format", "format=pdf"), ("unknown", "model=x"),
    ],
)
def test_a_query_that_is_wrong_is_refused(admin, name, query):
    check(admin.get(f"{BASE}/fal_ai/usage?{query}"), f"usage-refused-{name}")
    if name != "group":
        for path in ("fal_ai/usage/by-model", "usage/summary"):
            check(admin.get(f"{BASE}/{path}?{query}"), f"usage-refused-{name}")


def test_who_may_ask_and_what_is_not_there(own_stack, admin):
    for path in ("fal_ai/usage", "fal_ai/usage/by-model", "usage/summary"):
        with own_stack.client() as anonymous, own_stack.client(own_stack.token(role="Nobody")) as nobody:
            assert anonymous.get(f"{BASE}/{path}").status_code == 401
            assert nobody.get(f"{BASE}/{path}").status_code == 403
        assert admin.get(f"{BASE}/{path}", params={"startDate": "x"}).status_code == 400
    for path in ("nobody/usage", "nobody/usage/by-model", "No%20Body/usage"):
        assert admin.get(f"{BASE}/{path}").status_code == 404, path
    check(admin.get(f"{BASE}/nobody/usage"), "usage-no-provider")


def test_the_file_of_an_export_says_what_it_is(admin):
    answer = admin.get(f"{BASE}/fal_ai/usage", params={**MARCH, "groupBy": "week", "format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="fal_ai-usage-week-2025-03-01-2025-03-31.csv"'
    answer = admin.get(f"{BASE}/usage/summary", params={"format": "csv"})
    assert re.fullmatch(r'attachment; filename="usage-summary-[-0-9TZ_]+\.csv"', answer.headers["content-disposition"])
    assert answer.text.splitlines()[0] == "provider,requests,cost,percentage"
