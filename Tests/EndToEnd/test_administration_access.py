"""Who may call contract 2, and what every route of it refuses: for each row of the program's own route table."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import httpx
import pytest
from golden import check
from own_server import OwnServer

ROOT = "/api/admin/third-party-apis"
FIRST = {"provider": "openai", "modelId": "gpt-5.4-mini", "requestId": "nothing", "alertId": "alert_1"}
# A body that a route takes, for what comes after the body is read; the others take an empty object.
BODIES = {
    "/api-key": {"apiKey": "sk-test", "testConnection": False},
    "/config": {"priority": 1},
    "/credits/add": {"amount": 1, "description": "x"},
    "/pricing": {"pricing": {"costPerGeneration": 1, "currency": "USD"}, "reason": "x"},
    "/bulk-pricing-update": {
        "updates": [{"modelId": "gpt-5.4-mini", "pricing": {"costPerGeneration": 1}}], "reason": "x",
    },
    "/resolve": {"resolutionNote": "x"},
    "/alerts": {"severity": "low", "type": "custom", "message": "x"},
    "/requests": {"id": "x", "model": "gpt-5.4-mini", "status": "pending"},
    "/routing": {"rules": []},
}  # fmt: skip


class Row(NamedTuple):
    """One route of the table."""

    method: str
    path: str
    access: str
    query: list[str]

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def names_more(self) -> bool:
        """Whether the path names something besides the provider, which may be what is missing."""
        return len(re.findall(r":\w+", self.path)) > 1

    def url(self, **names: str) -> str:
        values = {**FIRST, **names}
        return re.sub(r":(\w+)", lambda match: values.get(match[1], "1"), self.path)

    @property
    def body(self) -> dict | None:
        if not self.writes:
            return None
        return next((body for end, body in BODIES.items() if self.path.endswith(end)), {})

    def send(self, client: httpx.Client, **names: str) -> httpx.Response:
        return client.request(self.method, self.url(**names), json=self.body)


@pytest.fixture(scope="module")
def table(stack) -> list[Row]:
    routes = json.loads(stack.control("routes", "--json").stdout)
    rows = [
        Row(route["method"], route["path"], route["access"], route["query"])
        for route in routes
        if route["surface"] == "administration"
    ]
    assert len(rows) >= 8
    return rows


def assert_error(answer: httpx.Response, status: int, code: str, message: str) -> dict:
    """The contract's error form; `details` where there are some."""
    name = f"{answer.request.method} {answer.request.url}: {answer.text}"
    assert answer.status_code == status, name
    document = answer.json()
    assert list(document) == ["error"] and list(document["error"])[:2] == ["code", "message"], name
    # The contract's other errors have no details.
    assert list(document["error"])[2:] == (["details"] if status == 400 else []), name
    assert (document["error"]["code"], document["error"]["message"]) == (code, message), name
    return document["error"].get("details", {})


# Who


def test_every_route_is_for_administrators(table):
    for row in table:
        assert row.path.startswith(ROOT)
        assert row.access == ("ai:manage + admin" if row.writes else "ai:read + admin"), row


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Basic YTpi", "Bearer x", "Bearer a.b.c", "expired", "changed"]
)
def test_without_a_good_token_every_route_is_401_to_the_letter(stack, table, authorization):
    if authorization == "expired":
        authorization = "Bearer " + stack.token(ttl="-1h")
    if authorization == "changed":
        head, claims, signature = stack.token().split(".")
        authorization = f"Bearer {head}.{claims}.{signature[::-1]}"
    headers = {} if authorization is None else {"Authorization": authorization}
    with stack.client() as anonymous:
        for row in table:
            answer = anonymous.request(row.method, row.url(), json=row.body, headers=headers)
            assert_error(answer, 401, "UNAUTHORIZED", "Authentication required")
            assert answer.headers["www-authenticate"] == 'Bearer realm="providerd"'
            # Nothing is told before the token: neither of the provider nor of the query.
            other = anonymous.request(row.method, row.url(provider="nobody") + "?x=1", json=row.body, headers=headers)
            assert other.text == answer.text
        check(anonymous.get(f"{ROOT}/providers", headers=headers), "administration-unauthenticated")


def test_a_manager_may_not_even_look(stack, table):
    with stack.client(stack.token(sub="m", role="Manager")) as manager:
        for row in table:
            assert_error(row.send(manager), 403, "FORBIDDEN", "Insufficient permissions")
        check(manager.get(f"{ROOT}/providers"), "administration-forbidden")


def test_permissions_alone_do_not_make_an_administrator(stack, table):
    arguments = ["token", "--sub", "p", "--role", "Manager", "--permission", "ai:read", "--permission", "ai:manage"]
    with stack.client(stack.control(*arguments).stdout.strip()) as permitted:
        for row in table:
            assert_error(row.send(permitted), 403, "FORBIDDEN", "Insufficient permissions")


def test_an_administrator_who_may_only_read_changes_nothing(stack, table):
    changes = {"roles": "Auditor: ai:read; Admin: ai:read ai:manage ai:use", "admin_roles": "Auditor"}
    with OwnServer(stack, changes) as running:
        issued = stack.control("token", "--sub", "a", "--role", "Auditor", "--config", str(running.configuration))
        headers = {"Authorization": "Bearer " + issued.stdout.strip()}
        for row in table:
            body = json.dumps(row.body).encode() if row.writes else b""
            answer = running.ask(row.method, row.url(), headers, body)
            if row.writes:
                assert answer.status == 403, row
                assert answer.json()["error"]["code"] == "FORBIDDEN", row
            else:
                assert answer.status in ((200, 404) if row.names_more else (200,)), row


# What


@pytest.mark.parametrize("slug", ["nobody", "No-Such", "a" * 51, "%2F", "..%2F.."])
def test_an_unknown_provider_is_not_found(client, table, slug):
    for row in table:
        if ":provider" in row.path:
            assert_error(row.send(client, provider=slug), 404, "NOT_FOUND", "Resource not found")


def test_an_unknown_parameter_is_named(client, table):
    for row in table:
        answer = client.request(row.method, row.url() + "?colour=red", json=row.body)
        details = assert_error(answer, 400, "INVALID_REQUEST", "Invalid request parameters")
        assert details == {"colour": "is not a known parameter"}, row


def test_a_parameter_that_stands_twice_is_named(client, table):
    for row in table:
        for name in row.query[:1]:
            answer = client.get(f"{row.url()}?{name}=1&{name}=2")
            details = assert_error(answer, 400, "INVALID_REQUEST", "Invalid request parameters")
            assert details == {name: "stands twice in the query"}, row


BAD_QUERIES = [
    ("limit", "0"), ("limit", "501"), ("limit", "x"), ("limit", ""), ("limit", "1.5"), ("offset", "-1"),
    ("offset", "x"), ("cursor", "x"), ("format", "xml"), ("format", ""), ("startDate", "yesterday"),
    ("startDate", "2026-02-30"), ("endDate", "2026-13-01"), ("tz", "Mars/Olympus"), ("tz", ""),
]  # fmt: skip


@pytest.mark.parametrize("name, value", BAD_QUERIES)
def test_a_bad_value_in_the_query_is_named(client, table, name, value):
    for row in table:
        if name in row.query:
            answer = client.request(row.method, row.url(), params={name: value})
            if answer.status_code == 404 and row.names_more:
                continue
            details = assert_error(answer, 400, "INVALID_REQUEST", "Invalid request parameters")
            assert list(details) == [name], row


def test_an_end_before_its_start_is_named(client, table):
    for row in table:
        if {"startDate", "endDate"} <= set(row.query):
            answer = client.get(row.url(), params={"startDate": "2026-11-02", "endDate": "2026-11-01"})
            details = assert_error(answer, 400, "INVALID_REQUEST", "Invalid request parameters")
            assert list(details) == ["endDate"], row


BROKEN = [b"{", b"[]", b"null", b'"x"', b'{"a":1,"a":2}', b"\xff", b"{} {}", b'{"x":1}' + b"{" * 2000]


@pytest.mark.parametrize("content", BROKEN)
def test_a_body_that_is_no_json_object_is_400(client, table, content):
    for row in table:
        if row.writes:
            headers = {"Content-Type": "application/json"}
            answer = client.request(row.method, row.url(), content=content, headers=headers)
            if answer.status_code == 404 and row.names_more:
                continue
            assert_error(answer, 400, "INVALID_REQUEST", "Invalid request parameters")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""])
def test_another_content_type_is_415(client, table, kind):
    for row in table:
        if row.writes:
            answer = client.request(row.method, row.url(), content=b"{}", headers={"Content-Type": kind})
            if answer.status_code == 404 and row.names_more:
                continue
            assert_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE", "The request body must be application/json")


def test_another_method_is_refused_with_the_ones_there_are(client, table):
    methods: dict[str, set[str]] = {}
    for row in table:
        methods.setdefault(row.path, {"OPTIONS"}).update({row.method, "HEAD"} if row.method == "GET" else {row.method})
    for row in table:
        answer = client.request("PATCH", row.url())
        assert_error(answer, 405, "METHOD_NOT_ALLOWED", "Method not allowed")
        assert set(answer.headers["allow"].split(", ")) == methods[row.path], row


def test_an_unknown_path_is_not_found(client):
    for path in ("", "/", "/nothing", "/providers/", "/providers//status", "/providers/openai/nothing", "/audit/1"):
        assert_error(client.get(ROOT + path), 404, "NOT_FOUND", "Resource not found")
    check(client.get(f"{ROOT}/nothing"), "administration-unknown-path")


def test_another_spelling_of_a_path_leads_nowhere(client, table):
    """nginx counts requests by the path as it was written: an escaped letter must not get around the limits."""
    for row in table:
        base = row.url().replace("third-party", "third%2Dparty")
        assert client.request(row.method, base, json=row.body).status_code == 404, base
        head, _, last = row.path.rpartition("/")
        if not last.startswith(":"):
            other = row.url().removesuffix(last) + f"%{ord(last[0]):02X}{last[1:]}"
            answer = client.request(row.method, other, json=row.body)
            # The last part may be the name of a model or of a request then, which can only be looked at.
            assert answer.status_code in (404, 405), other
            assert answer.json()["error"]["code"] in ("NOT_FOUND", "METHOD_NOT_ALLOWED"), other


def test_without_the_database_every_route_is_unavailable(stack, table):
    with OwnServer(stack, {"database": "host=/nonexistent dbname=none user=none"}) as running:
        headers = {"Authorization": f"Bearer {stack.admin_token}"}
        for row in table:
            body = json.dumps(row.body).encode() if row.writes else b""
            answer = running.ask(row.method, row.url(), headers, body)
            assert answer.status == 503, row
            assert answer.json() == {"error": {"code": "UNAVAILABLE", "message": "The service is temporarily unavailable"}}
            assert int(answer.header("retry-after")) >= 1, row


def test_a_body_above_the_limit_is_413(stack, table):
    with OwnServer(stack, {"body_limit": "1024"}) as running:
        headers = {"Authorization": f"Bearer {stack.admin_token}"}
        for row in table:
            if row.writes:
                answer = running.ask(row.method, row.url(), headers, b" " * 1025)
                if answer.status == 404 and row.names_more:
                    continue
                expected = {"code": "PAYLOAD_TOO_LARGE", "message": "The request body is larger than 1024 bytes"}
                assert (answer.status, answer.json()) == (413, {"error": expected}), row


def test_every_answer_has_the_headers_of_private_data(client, table):
    for row in table:
        if not row.writes:
            answer = row.send(client)
            assert answer.headers["cache-control"] == "private, no-cache", row
            assert answer.headers["content-type"] == "application/json", row
            assert answer.headers["x-request-id"], row
