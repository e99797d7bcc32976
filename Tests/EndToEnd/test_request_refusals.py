"""What recording, showing, taking on and listing requests refuses, and that nothing is changed by it."""

from __future__ import annotations

import concurrent.futures

import httpx
import psycopg
import pytest
from golden import check
from traffic import BASE, MODEL, moment, price, record, report


@pytest.fixture(scope="module")
def own_stack(own_stack):
    for provider in ("fal_ai", "replicate"):
        price(own_stack, provider)
    return own_stack


TABLES = ("requests", "request_keys", "request_payloads", "usage_tail", "usage_rollups", "credit_transactions", "audit_log")


def rows(own_stack) -> dict[str, int]:
    """How many rows there are of everything that a request leaves. The poster is kept away meanwhile."""
    with psycopg.connect(own_stack.database_url) as database:
        return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


@pytest.fixture
def unposted(own_stack):
    """Nothing is posted while the test runs: what it counts stays where it is."""
    with psycopg.connect(own_stack.database_url) as database:
        database.execute("SELECT pg_advisory_xact_lock(hashtext('post_usage'))")
        yield


def details(answer: httpx.Response) -> dict:
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("INVALID_REQUEST", "Invalid request parameters")
    return error["details"]


# Each member, wrong: what it is, and where the answer says so.
WRONG = [
    ({"id": None}, "id"), ({"id": ""}, "id"), ({"id": 5}, "id"), ({"id": "x" * 201}, "id"), ({"model": None}, "model"),
    ({"model": ""}, "model"), ({"model": 1}, "model"), ({"model": "m" * 201}, "model"), ({"provider": "replicate"}, "provider"),
    ({"provider": 1}, "provider"), ({"status": "done"}, "status"), ({"status": ""}, "status"), ({"status": 1}, "status"),
    ({"status": "Completed"}, "status"), ({"userId": ""}, "userId"), ({"userId": 7}, "userId"), ({"userId": "u" * 201}, "userId"),
    ({"createdAt": "yesterday"}, "createdAt"), ({"createdAt": "2026-01-01"}, "createdAt"), ({"createdAt": 1}, "createdAt"),
    ({"createdAt": "2026-02-30T00:00:00Z"}, "createdAt"), ({"createdAt": moment(91)}, "createdAt"),
    ({"createdAt": moment(-1)}, "createdAt"), ({"createdAt": "2026-11-20T10:00:00"}, "createdAt"),
    ({"createdAt": moment(1), "completedAt": moment(2)}, "completedAt"), ({"completedAt": moment(-1)}, "completedAt"),
    ({"completedAt": "soon"}, "completedAt"), ({"completedAt": moment(91)}, "completedAt"),
    ({"status": "pending", "completedAt": moment(0)}, "completedAt"), ({"status": "processing", "responseTime": 1}, "responseTime"),
    ({"status": "pending", "cost": 0}, "cost"), ({"responseTime": -1}, "responseTime"), ({"responseTime": 1.5}, "responseTime"),
    ({"responseTime": "1"}, "responseTime"), ({"responseTime": 2**31}, "responseTime"), ({"cost": -0.01}, "cost"), ({"cost": "1"}, "cost"),
    ({"cost": 0.00000000001}, "cost"), ({"cost": 1_000_000_000_001}, "cost"), ({"cost": True}, "cost"), ({"metadata": "x"}, "metadata"),
    ({"metadata": [1]}, "metadata"), ({"request": {"n": 0}}, "request.n"), ({"request": {"n": -1}}, "request.n"),
    ({"request": {"n": 1e30}}, "request.n"), ({"metadata": {"n": 0}}, "metadata.n"), ({"providerRequestId": ""}, "providerRequestId"),
    ({"providerRequestId": "p" * 501}, "providerRequestId"), ({"colour": "red"}, "colour"), ({"createdat": moment(1)}, "createdat"),
    ({"totalCost": 1}, "totalCost"),
]  # fmt: skip


@pytest.mark.parametrize(("members", "field"), WRONG, ids=[f"{field}={str(members[list(members)[-1]])[:12]}" for members, field in WRONG])
def test_a_wrong_member_is_named_and_nothing_is_recorded(own_stack, admin, unposted, members, field):
    before = rows(own_stack)
    alone = {key: value for key, value in {"id": "wrong", "model": MODEL, **members}.items() if value is not None}
    assert list(details(admin.post(f"{BASE}/fal_ai/requests", json=alone))) == [field]
    batch = {"requests": [report(), alone, report()]}
    assert list(details(admin.post(f"{BASE}/fal_ai/requests", json=batch))) == [f"requests[1].{field}"]
    assert rows(own_stack) == before


def test_the_provider_may_be_named_again(admin):
    body = {"id": "named", "model": MODEL, "provider": "fal_ai"}
    created = admin.post(f"{BASE}/fal_ai/requests", json=body)
    assert (created.status_code, created.json()["data"]["provider"]) == (201, "fal_ai")
    del body["provider"]
    assert admin.post(f"{BASE}/fal_ai/requests", json=body).status_code == 200, "it is the same call"


ENDINGS = [
    ("no-status", {}), ("status", {"status": "over"}), ("status-type", {"status": 1}), ("cost-early", {"status": "processing", "cost": 1}),
    ("completed-early", {"status": "processing", "completedAt": moment(0)}), ("time-early", {"status": "pending", "responseTime": 5}),
    ("before", {"status": "failed", "completedAt": "2020-01-01T00:00:00Z"}), ("future", {"status": "failed", "completedAt": "2999-01-01T00:00:00Z"}),
    ("cost", {"status": "completed", "cost": -1}), ("fine-cost", {"status": "completed", "cost": 0.12345678901}),
    ("time", {"status": "completed", "responseTime": -5}), ("provider-id", {"status": "processing", "providerRequestId": ""}),
    ("unknown", {"status": "completed", "model": "other"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body"), ENDINGS, ids=[name for name, _ in ENDINGS])
def test_a_wrong_end_is_named_and_nothing_is_changed(own_stack, admin, unposted, name, body):
    record(admin, "fal_ai", {"id": "under way", "model": MODEL, "status": "processing"})
    before = rows(own_stack)
    url = f"{BASE}/fal_ai/requests/under%20way"
    shown = admin.get(url).json()
    check(admin.put(url, json=body), f"request-progress-refused-{name}")
    assert admin.get(url).json() == shown
    assert rows(own_stack) == before


def test_a_cancel_takes_no_members(own_stack, admin):
    record(admin, "fal_ai", {"id": "with a body", "model": MODEL, "status": "pending"})
    url = f"{BASE}/fal_ai/requests/with%20a%20body"
    assert details(admin.post(f"{url}/cancel", json={"reason": "x"})) == {"reason": "is not a known field"}
    assert admin.get(url).json()["data"]["status"] == "pending"
    assert admin.post(f"{url}/cancel", json={}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "", None), ("PUT", "", {"status": "failed"}), ("POST", "/cancel", {})],
)
def test_what_is_not_there_is_404_to_the_letter(admin, method, path, body):
    for name in ("nothing", "req_0198a0a0-0000-7000-8000-000000000000", "req_x", "%2F", "a%20b"):
        check(admin.request(method, f"{BASE}/fal_ai/requests/{name}{path}", json=body), "requests-no-request")
    check(admin.request(method, f"{BASE}/nobody/requests/nothing{path}", json=body), "requests-no-provider")


# The caller's ID


def test_one_id_with_different_contents_at_once_is_recorded_once(own_stack, admin):
    def send(number: int) -> tuple[int, str]:
        with own_stack.client(own_stack.admin_token) as client:
            answer = client.post(f"{BASE}/replicate/requests", json={"id": "contested", "model": MODEL, "cost": number})
            return answer.status_code, answer.json().get("error", {}).get("message", "")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = sorted(pool.map(send, range(1, 17)))
    assert answers == [(201, "")] + [(409, "id was recorded before with other content")] * 15
    with psycopg.connect(own_stack.database_url) as database:
        assert database.execute("SELECT count(*) FROM requests WHERE external_id = 'contested'").fetchone() == (1,)


def test_an_id_names_one_call_across_months(own_stack, admin):
    old = report(createdAt=moment(85), cost=0.5)
    assert admin.post(f"{BASE}/replicate/requests", json=old).status_code == 201
    assert admin.post(f"{BASE}/replicate/requests", json=old).status_code == 200
    assert admin.post(f"{BASE}/replicate/requests", json={**old, "createdAt": moment(1)}).status_code == 409
    # Another provider's caller has IDs of his own.
    assert admin.post(f"{BASE}/fal_ai/requests", json=old).status_code == 201


# When


def test_a_call_without_a_beginning_began_its_response_time_before_its_end(admin):
    ended = admin.post(f"{BASE}/fal_ai/requests", json=report(completedAt=moment(3, hour=4, minute=5, second=6), responseTime=5000)).json()["data"]
    assert (ended["createdAt"], ended["completedAt"]) == (moment(3, hour=4, minute=5, second=1), moment(3, hour=4, minute=5, second=6))
    now = admin.post(f"{BASE}/fal_ai/requests", json=report(responseTime=60_000)).json()["data"]
    assert moment(2 / 1440) < now["createdAt"] < moment(0.5 / 1440) < now["completedAt"] <= moment(-1 / 1440)


def test_an_end_in_the_second_of_the_beginning_is_one(admin):
    begun = admin.post(f"{BASE}/fal_ai/requests", json=report(id="quick", status="processing")).json()["data"]
    # As the answer writes it, the beginning has lost its fraction.
    ended = admin.put(f"{BASE}/fal_ai/requests/quick", json={"status": "completed", "completedAt": begun["createdAt"]})
    assert ended.status_code == 200, ended.text
    data = ended.json()["data"]
    assert (data["completedAt"], data["responseTime"]) == (begun["createdAt"], 0)
    exact = report(createdAt=moment(1)[:-1] + ".500Z", completedAt=moment(1))
    assert admin.post(f"{BASE}/fal_ai/requests", json=exact).json()["data"]["responseTime"] == 0


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_everything_since_1970_is_everything_in_every_zone(admin, zone):
    page = admin.get(f"{BASE}/fal_ai/requests", params={"startDate": "1970-01-01", "endDate": "9999-12-31", "tz": zone}).json()["data"]
    everything = admin.get(f"{BASE}/fal_ai/requests").json()["data"]
    assert page["total"] == everything["total"] > 0
    assert page["requests"] == everything["requests"]
