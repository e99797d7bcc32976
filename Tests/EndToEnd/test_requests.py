"""Contract 2, section 6: requests are recorded, listed, shown, taken on and cancelled; what they cost is in the ledger."""

from __future__ import annotations

import concurrent.futures
import csv
import io
import os
import signal
import subprocess
import threading
import time
import uuid
from decimal import Decimal
from pathlib import Path

import httpx
import psycopg
import pytest
from golden import check
from traffic import BASE, MODEL, balance, moment, post, price, record, report


@pytest.fixture(scope="module")
def own_stack(own_stack):
    for provider in ("fal_ai", "replicate", "minimax", "runway_ml"):
        price(own_stack, provider)
    return own_stack


def listed(client: httpx.Client, provider: str, **query) -> dict:
    answer = client.get(f"{BASE}/{provider}/requests", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


# Recording one


def test_a_recorded_request_is_shown_as_it_was_reported(admin):
    body = {
        "id": "order/4711: a b.c", "model": MODEL, "status": "completed", "userId": "user_456",
        "createdAt": moment(1, hour=10, minute=0, second=0), "completedAt": moment(1, hour=10, minute=0, second=5),
        "metadata": {"prompt": "A beautiful landscape", "resolution": "1024x1024"},
        "request": {"prompt": "A beautiful landscape", "resolution": "1024x1024", "n": 3},
        "response": {"images": ["https://example.org/1.png"], "metadata": {}}, "error": None,
    }
    created = admin.post(f"{BASE}/fal_ai/requests", json=body)
    check(created, "request-recorded")
    shown = admin.get(f"{BASE}/fal_ai/requests/order%2F4711%3A%20a%20b.c")
    check(shown, "request-shown")
    assert shown.json() == created.json()
    data = shown.json()["data"]
    assert (data["responseTime"], data["cost"]) == (5000, 0.15)
    again = admin.post(f"{BASE}/fal_ai/requests", json=body)
    assert (again.status_code, again.json()) == (200, created.json())
    check(admin.post(f"{BASE}/fal_ai/requests", json={**body, "userId": "somebody else"}), "request-other-content")
    # The order of members says nothing.
    assert admin.post(f"{BASE}/fal_ai/requests", json=dict(reversed(body.items()))).status_code == 200


def test_the_least_that_a_report_can_have(admin):
    identifier = str(uuid.uuid4())
    answer = admin.post(f"{BASE}/replicate/requests", json={"id": identifier, "model": "unheard of"})
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["createdAt"] == data["completedAt"]
    assert {**data, "createdAt": "", "completedAt": ""} == {
        "id": identifier, "provider": "replicate", "model": "unheard of", "status": "completed", "userId": None,
        "createdAt": "", "completedAt": "", "responseTime": None, "cost": None, "request": None, "response": None,
        "error": None,
    }


@pytest.mark.parametrize(
    ("members", "cost"),
    [
        ({}, 0.05),
        ({"request": {"n": 4}}, 0.2),
        ({"metadata": {"n": 2}}, 0.1),
        ({"request": {"n": 100}}, 4),
        ({"metadata": {"resolution": "2048x2048"}}, 0.1),
        ({"request": {"resolution": "2048x2048", "n": 200}}, 20),
        ({"cost": 1.0000000001}, 1.0000000001),
        ({"cost": 0}, 0),
        ({"status": "failed"}, None),
        ({"status": "failed", "cost": 0.3}, 0.3),
        ({"status": "pending"}, None),
    ],
)
def test_what_a_request_costs(admin, members, cost):
    answer = admin.post(f"{BASE}/runway_ml/requests", json=report(**members))
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["cost"] == cost


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("no-id", {"id": None}), ("long-id", {"id": "x" * 201}), ("empty-model", {"model": ""}),
        ("status", {"status": "done"}), ("too-old", {"createdAt": "2020-01-01T00:00:00Z"}),
        ("future", {"createdAt": "2999-01-01T00:00:00Z"}), ("day", {"createdAt": "2026-01-01"}),
        ("negative-cost", {"cost": -1}), ("fine-cost", {"cost": 0.12345678901}), ("text-cost", {"cost": "1"}),
        ("pending-cost", {"status": "pending", "cost": 1}), ("quantity", {"request": {"n": 0}}),
        ("metadata", {"metadata": []}), ("unknown-field", {"colour": "red"}), ("response-time", {"responseTime": -1}),
    ],
)
def test_a_report_that_is_wrong_is_refused(admin, name, members):
    body = {"id": "wrong", "model": MODEL, **members}
    check(admin.post(f"{BASE}/fal_ai/requests", json=body), f"request-refused-{name}")
    assert admin.get(f"{BASE}/fal_ai/requests/wrong").status_code == 404


# Recording many


def test_a_batch_is_recorded_at_once(own_stack, admin):
    before = listed(admin, "fal_ai")["total"]
    reports = [
        {"id": "batch-1", "model": MODEL}, {"id": "batch-2", "model": MODEL, "status": "processing"},
        {"id": "batch-3", "model": "unheard of"},
    ]
    check(record(admin, "fal_ai", *reports), "request-batch")
    check(record(admin, "fal_ai", *reports, {"id": "batch-4", "model": MODEL, "cost": 7}), "request-batch-again")
    check(record(admin, "fal_ai", *reports), "request-batch-known")
    assert listed(admin, "fal_ai")["total"] == before + 4
    with psycopg.connect(own_stack.database_url) as database:
        details = database.execute("SELECT details FROM audit_log WHERE action = 'request.record' ORDER BY seq DESC LIMIT 3").fetchall()
    assert [row[0] for row in details] == [
        {"recorded": 0, "alreadyRecorded": 3}, {"recorded": 1, "alreadyRecorded": 3}, {"recorded": 3, "alreadyRecorded": 0},
    ]


def test_one_contradiction_in_a_batch_records_nothing(admin):
    record(admin, "fal_ai", {"id": "contradiction", "model": MODEL})
    before = listed(admin, "fal_ai")["total"]
    body = {"requests": [report(), report(), {"id": "contradiction", "model": MODEL, "cost": 3}]}
    check(admin.post(f"{BASE}/fal_ai/requests", json=body), "request-batch-conflict")
    assert listed(admin, "fal_ai")["total"] == before


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("empty", {"requests": []}), ("no-array", {"requests": 1}), ("no-object", {"requests": [1]}),
        ("twice", {"requests": [{"id": "a", "model": "m"}, {"id": "a", "model": "m"}]}),
        ("field", {"requests": [{"id": "a", "model": "m"}, {"id": "b"}]}),
        ("beside", {"requests": [{"id": "a", "model": "m"}], "id": "b"}),
        ("many", {"requests": [{"id": str(number), "model": "m"} for number in range(1001)]}),
    ],
)
def test_a_batch_that_is_wrong_is_refused(admin, name, body):
    check(admin.post(f"{BASE}/fal_ai/requests", json=body), f"request-batch-refused-{name}")


def test_a_thousand_small_reports_fit(admin):
    reports = [report(userId=f"user {number}", createdAt=moment(2), responseTime=number) for number in range(1000)]
    answer = record(admin, "minimax", *reports)
    data = answer.json()["data"]
    assert (data["recorded"], data["alreadyRecorded"]) == (1000, 0)
    assert [row["id"] for row in data["requests"]] == [one["id"] for one in reports]
    assert {row["cost"] for row in data["requests"]} == {0.05}


def test_many_who_report_the_same_record_it_once(own_stack):
    reports = [report(cost=0.25) for _ in range(20)]
    before = Decimal(balance(own_stack, "replicate"))

    def send(number: int) -> tuple[int, int, int]:
        with own_stack.client(own_stack.admin_token) as client:
            # Every client in another order, so that they would wait for each other in a circle.
            mine = reports[number % 20:] + reports[:number % 20]
            answer = client.post(f"{BASE}/replicate/requests", json={"requests": mine})
            data = answer.json()["data"]
            return answer.status_code, data["recorded"], data["alreadyRecorded"]

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(send, range(64)))
    assert {status for status, _, _ in answers} <= {200, 201}
    assert sum(new for _, new, _ in answers) == 20
    assert sum(known for _, _, known in answers) == 63 * 20
    while post(own_stack):
        pass
    assert Decimal(balance(own_stack, "replicate")) == before - 5


# Lists


def test_an_empty_list(admin):
    check(admin.get(f"{BASE}/black_forest_labs/requests"), "requests-empty")
    check(admin.get(f"{BASE}/black_forest_labs/requests", params={"format": "json"}), "requests-empty-export")
    assert listed(admin, "black_forest_labs", userId="nobody")["total"] == 0


def test_lists_are_newest_first_filtered_and_paged(own_stack, admin):
    statuses = ["completed", "failed", "pending", "processing", "cancelled"]
    reports = [
        report(
            id=f"page {number}", model="m1" if number % 3 else "m2", status=statuses[number % 5],
            userId=f"reader {number % 2}", createdAt=moment(30 + number / 100), metadata={"number": number},
        )
        for number in range(120)
    ]
    record(admin, "openai", *reports[:70])
    post(own_stack)
    record(admin, "openai", *reports[70:])
    names = [one["id"] for one in reports]
    first = listed(admin, "openai", limit=3)
    assert [row["id"] for row in first["requests"]] == names[:3]
    assert first["total"] == 120
    assert [row["id"] for row in listed(admin, "openai")["requests"]] == names[:50]
    for offset in (0, 1, 49, 69, 70, 71, 117, 119, 120, 500):
        page = listed(admin, "openai", limit=3, offset=offset)
        assert [row["id"] for row in page["requests"]] == names[offset:offset + 3], offset
        assert (page["total"], page["limit"], page["offset"]) == (120, 3, offset)
    walked, cursor = [], None
    while True:
        page = listed(admin, "openai", limit=25, **({"cursor": cursor} if cursor else {}))
        walked += [row["id"] for row in page["requests"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert walked == names
    for query, wanted in [
        ({"status": "failed"}, lambda one: one["status"] == "failed"),
        ({"status": "completed"}, lambda one: one["status"] == "completed"),
        ({"model": "m2"}, lambda one: one["model"] == "m2"),
        ({"model": "m2", "status": "pending"}, lambda one: one["model"] == "m2" and one["status"] == "pending"),
        ({"userId": "reader 1"}, lambda one: one["userId"] == "reader 1"),
        ({"userId": "reader 1", "status": "failed"}, lambda one: one["userId"] == "reader 1" and one["status"] == "failed"),
        ({"startDate": reports[40]["createdAt"]}, lambda one: one["createdAt"] >= reports[40]["createdAt"]),
        ({"endDate": reports[40]["createdAt"]}, lambda one: one["createdAt"] <= reports[40]["createdAt"]),
        ({"endDate": reports[9]["createdAt"], "status": "failed"}, lambda one: one["createdAt"] <= reports[9]["createdAt"] and one["status"] == "failed"),
        ({"model": "none such"}, lambda one: False),
    ]:
        expected = [one["id"] for one in reports if wanted(one)]
        page = listed(admin, "openai", limit=7, offset=2, **query)
        assert (page["total"], [row["id"] for row in page["requests"]]) == (len(expected), expected[2:9]), query
        exported = admin.get(f"{BASE}/openai/requests", params={**query, "format": "csv"})
        rows = list(csv.DictReader(io.StringIO(exported.text)))
        assert [row["id"] for row in rows] == expected, query
        assert admin.get(f"{BASE}/openai/requests", params={**query, "format": "json"}).json()["data"]["total"] == len(expected)


def test_the_columns_of_an_export(admin):
    record(admin, "gemini", {"id": "=1+1", "model": "m", "cost": 0.5, "metadata": {"a": [1, 2]}, "userId": "a,b"})
    check(admin.get(f"{BASE}/gemini/requests", params={"format": "csv", "status": "completed"}), "requests-export-csv")
    check(admin.get(f"{BASE}/gemini/requests", params={"format": "json"}), "requests-export-json")
    check(admin.get(f"{BASE}/gemini/requests"), "requests-list")
    answer = admin.get(f"{BASE}/gemini/requests", params={"format": "csv", "status": "completed", "startDate": "2020-01-01"})
    assert answer.headers["content-disposition"] == 'attachment; filename="gemini-requests-completed-from-2020-01-01.csv"'


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("limit", "limit=501"), ("offset", "offset=-1"), ("status", "status=done"), ("dates", "startDate=2026-02-02&endDate=2026-02-01"),
        ("date", "startDate=2026-02-30"), ("zone", "tz=Mars/Olympus"), ("format", "format=xml"), ("cursor", "cursor=x"), ("unknown", "colour=red"),
    ],
)
def test_a_query_that_is_wrong_is_refused(admin, name, query):
    check(admin.get(f"{BASE}/fal_ai/requests?{query}"), f"requests-refused-{name}")


def test_what_is_not_there_is_404(admin):
    check(admin.get(f"{BASE}/nobody/requests"), "requests-no-provider")
    check(admin.get(f"{BASE}/fal_ai/requests/req_0198a0a0-0000-7000-8000-000000000000"), "requests-no-request")
    for method, path in [
        ("GET", "/nobody/requests?format=csv"), ("GET", "/nobody/requests/x"), ("POST", "/nobody/requests/x/cancel"),
        ("POST", "/fal_ai/requests/x/cancel"), ("GET", "/fal_ai/requests/req_x"),
    ]:
        assert admin.request(method, BASE + path).status_code == 404, path
    assert admin.put(f"{BASE}/fal_ai/requests/x", json={"status": "failed"}).status_code == 404
    assert admin.post(f"{BASE}/nobody/requests", json=report()).status_code == 404
    record(admin, "fal_ai", {"id": "fal's own", "model": MODEL})
    assert admin.get(f"{BASE}/replicate/requests/fal's own").status_code == 404


def test_permissions(own_stack):
    routes = [
        ("GET", "/fal_ai/requests", True), ("GET", "/fal_ai/requests/x", True), ("POST", "/fal_ai/requests", False),
        ("PUT", "/fal_ai/requests/x", False), ("POST", "/fal_ai/requests/x/cancel", False),
    ]
    with own_stack.client() as anonymous, own_stack.client(own_stack.token(role="Nobody")) as nobody:
        check(anonymous.get(f"{BASE}/fal_ai/requests"), "requests-unauthenticated")
        check(nobody.get(f"{BASE}/fal_ai/requests"), "requests-forbidden")
        for method, path, _ in routes:
            assert anonymous.request(method, BASE + path, json={}).status_code == 401
            assert nobody.request(method, BASE + path, json={}).status_code == 403


def test_a_call_of_our_own_is_found_by_its_own_id(own_stack, admin):
    body = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-4o"}}
    with own_stack.client(own_stack.token(sub="someone")) as owner:
        identifier = owner.post("/api/v1/ai/providers", json=body).json()["data"]["id"]
        assert owner.post(f"/api/v1/ai/providers/{identifier}/test").status_code == 200
        assert owner.post(f"/api/v1/ai/providers/{identifier}/test", json={"message": "[[fault overloaded]]"}).status_code == 400
    failed, good = listed(admin, "openai", userId="someone", limit=2)["requests"]
    assert good["id"].startswith("req_")
    assert good["metadata"] == {}
    shown = admin.get(f"{BASE}/openai/requests/{good['id']}").json()["data"]
    assert (shown["status"], shown["request"], shown["error"]) == ("completed", None, None)
    assert admin.get(f"{BASE}/openai/requests/{failed['id']}").json()["data"]["error"] == {"code": "overloaded"}


# To the end


def test_a_request_goes_on_to_its_end(own_stack, admin):
    before = Decimal(balance(own_stack, "fal_ai"))
    url = f"{BASE}/fal_ai/requests/going"
    first = {"id": "going", "model": MODEL, "status": "pending", "request": {"n": 2}, "createdAt": moment(0.5)}
    record(admin, "fal_ai", first)
    check(admin.put(url, json={"status": "processing", "providerRequestId": "abc"}), "request-processing")
    check(admin.put(url, json={"status": "pending"}), "request-back")
    answer = admin.put(url, json={"status": "completed", "responseTime": 1200, "response": {"images": []}})
    check(answer, "request-completed")
    assert answer.json()["data"]["cost"] == 0.1
    check(admin.put(url, json={"status": "failed"}), "request-finished")
    check(admin.post(f"{url}/cancel"), "request-cancel-finished")
    for name, body in [
        ("status", {"status": "over"}), ("no-status", {}), ("cost", {"status": "processing", "cost": 1}),
        ("early", {"status": "failed", "completedAt": "2020-01-01T00:00:00Z"}),
    ]:
        refused = admin.put(url, json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "INVALID_REQUEST"), name
    # The report is the same one still.
    again = record(admin, "fal_ai", first).json()["data"]
    assert (again["recorded"], again["requests"]) == (0, [{"id": "going", "status": "completed", "cost": 0.1}])
    while post(own_stack):
        pass
    assert Decimal(balance(own_stack, "fal_ai")) <= before - Decimal("0.1")
    with psycopg.connect(own_stack.database_url) as database:
        entries = database.execute(
            """SELECT trim_scale(amount)::text, description, metadata::text FROM credit_transactions
               WHERE metadata->>'requestId' = 'going'"""
        ).fetchall()
    assert entries == [("-0.1", f"Image generation - {MODEL}", f'{{"requestId":"going","model":"{MODEL}"}}')]


def test_a_failed_end_may_cost_something(admin):
    record(admin, "fal_ai", {"id": "failing", "model": MODEL, "status": "processing"})
    answer = admin.put(f"{BASE}/fal_ai/requests/failing", json={"status": "failed", "cost": 0.02, "error": {"message": "moderated"}})
    assert (answer.json()["data"]["cost"], answer.json()["data"]["error"]) == (0.02, {"message": "moderated"})


def test_a_request_without_a_job_at_its_provider_is_cancelled(admin):
    record(admin, "fal_ai", {"id": "unwanted", "model": MODEL, "status": "pending"})
    check(admin.post(f"{BASE}/fal_ai/requests/unwanted/cancel"), "request-cancelled")
    check(admin.post(f"{BASE}/fal_ai/requests/unwanted/cancel"), "request-cancelled-again")
    shown = admin.get(f"{BASE}/fal_ai/requests/unwanted").json()["data"]
    assert (shown["status"], shown["cost"]) == ("cancelled", None)


def test_of_many_who_cancel_one_does(own_stack, admin):
    record(admin, "fal_ai", {"id": "popular", "model": MODEL, "status": "processing"})

    def cancel(_: int) -> int:
        with own_stack.client(own_stack.admin_token) as client:
            return client.post(f"{BASE}/fal_ai/requests/popular/cancel").status_code

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(cancel, range(16)))
    assert sorted(statuses) == [200] + [409] * 15


# What dies


def test_killing_workers_loses_no_acknowledged_request(own_stack):
    stack = own_stack
    acknowledged: set[str] = set()
    unknown: set[str] = set()
    stop = threading.Event()
    lock = threading.Lock()

    def write() -> None:
        with stack.client(stack.admin_token) as client:
            while not stop.is_set():
                reports = [report(cost=0.01, userId="survivor") for _ in range(10)]
                names = {one["id"] for one in reports}
                try:
                    status = client.post(f"{BASE}/claude/requests", json={"requests": reports}).status_code
                except httpx.TransportError:
                    status = 0
                with lock:
                    (acknowledged if status == 201 else unknown).update(names)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    master = Path(stack.run, "pid/providerd").read_text().split()[0]
    for number in range(6):
        time.sleep(0.7)
        workers = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=False).stdout.split()
        if workers:
            os.kill(int(workers[number % len(workers)]), signal.SIGKILL)
        # Without waiting until nothing waits, which is never while they write.
        stack.control("post-usage")
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    while post(stack):
        pass
    assert len(acknowledged) > 100
    with psycopg.connect(stack.database_url) as database:
        stored = database.execute("SELECT r.external_id FROM requests r WHERE user_id = 'survivor'").fetchall()
        entries = database.execute(
            """SELECT t.metadata->>'requestId', count(*) FROM credit_transactions t
               JOIN requests r ON r.id = t.request_id AND r.user_id = 'survivor' GROUP BY 1"""
        ).fetchall()
    assert acknowledged <= {row[0] for row in stored} <= acknowledged | unknown
    assert {row[0] for row in stored} == {row[0] for row in entries}
    assert {row[1] for row in entries} == {1}
    assert Decimal(balance(stack, "claude")) == -Decimal("0.01") * len(stored)
