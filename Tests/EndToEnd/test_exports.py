"""Exports of every list: the rows of its pages to the last one, in their order; files that are cut off show it, and
clients that leave or dawdle hold nothing up. On a stack of its own with sample traffic."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import psycopg
import pytest
from administration import BASE, run_sql
from stack import Stack
from test_outages import until, workers

ROOT = "/api/admin/third-party-apis"
ALERTS = f"{BASE}/cohere/alerts"
LARGE = 40_000


class List(NamedTuple):
    """A list: its path, its name in the answer, None where the answer is the list, and a question that finds rows."""

    path: str
    name: str | None
    query: dict = {}
    paged: bool = False


LISTS = [
    List("/providers", None), List("/providers/balances", None), List("/providers/fal_ai/transactions", "transactions", paged=True),
    List("/providers/minimax/transactions", "transactions", {"type": "purchase"}, paged=True),
    List("/providers/fal_ai/models", "models", {"activeOnly": "false"}, paged=True),
    List("/providers/replicate/models/black-forest-labs%2Fflux-1.1-pro/pricing/history", "history", paged=True),
    List("/providers/openai/usage", "byDay", {"tz": "America/St_Johns"}), List("/providers/fal_ai/usage", "byDay", {"groupBy": "week"}),
    List("/providers/fal_ai/usage/by-model", "byModel"), List("/providers/usage/summary", "byProvider"),
    List("/providers/replicate/requests", "requests", paged=True), List("/providers/openai/requests", "requests", {"status": "failed"}, paged=True),
    List("/providers/fal_ai/alerts", "alerts", paged=True), List("/providers/openai/alerts", "alerts", {"resolved": "true"}, paged=True),
    List("/providers/routing", "rules"), List("/audit", "entries", paged=True),
]  # fmt: skip


@pytest.fixture(scope="module")
def filled() -> Iterator[Stack]:
    """A stack of its own with a few days of sample traffic."""
    with Stack.started("--lift-limits") as running:
        running.control("sandbox", "fill", "--days", "12", "--requests", "2500", "--seed", "4")
        yield running


@pytest.fixture(scope="module")
def large(filled) -> Stack:
    """The same with one list of some forty megabytes."""
    run_sql(
        filled,
        "INSERT INTO alerts (provider_id, severity, type, message, created_at, last_seen_at, created_by)"
        " SELECT p.id, 'low', 'custom', repeat('Somebody look at this. ', 40) || n, now(), now(), 'test'"
        " FROM providers p CROSS JOIN generate_series(1, %s) AS n WHERE p.slug = 'cohere'",
        LARGE,
    )
    return filled


@pytest.fixture
def client(filled) -> Iterator[httpx.Client]:
    with filled.client(filled.admin_token, timeout=120) as opened:
        yield opened


def exact(answer: httpx.Response) -> Any:
    return json.loads(answer.raise_for_status().text, parse_float=Decimal)["data"]


def rows_of_pages(client: httpx.Client, one: List) -> list[dict]:
    """Every row, page by page: by cursor where there is one, else by offset."""
    if not one.paged:
        data = exact(client.get(ROOT + one.path, params=one.query))
        return data if one.name is None else data[one.name]
    rows, position = [], {}
    while True:
        data = exact(client.get(ROOT + one.path, params={**one.query, "limit": 100, **position}))
        rows += data[one.name]
        if data.get("cursor"):
            position = {"cursor": data["cursor"]}
        elif "cursor" in data or len(data[one.name]) < 100:
            assert data["total"] == len(rows)
            return rows
        else:
            position = {"offset": len(rows)}


def value_at(row: dict, column: str) -> Any:
    """What a column shows: a member, or one of an object inside."""
    value: Any = row
    for name in column.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def lines_of(row: dict, columns: list[str]) -> list[dict[str, Any]]:
    """The lines that stand for a row: one, or one for each element of a list inside."""
    inner = next((name for name, value in row.items() if isinstance(value, list)), None)
    parts = [{**row, inner: element} for element in row[inner]] if inner else [row]
    return [{column: value_at(part, column) for column in columns} for part in parts]


def is_shown(value: Any, cell: str) -> bool:
    match value:
        case None: return cell == ""
        case bool(): return cell == str(value).lower()
        case int() | Decimal(): return Decimal(cell) == value and not cell.startswith("'")
        case dict(): return json.loads(cell, parse_float=Decimal) == value
        case str(): return cell == ("'" + value if value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else value)
    return False


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.path + "".join(f"?{name}={value}" for name, value in one.query.items()))
def test_a_list_is_exported_with_the_rows_of_its_pages_in_their_order(client, one):
    rows = rows_of_pages(client, one)
    assert rows, "a list without rows shows nothing"
    exported = exact(client.get(ROOT + one.path, params={**one.query, "format": "json"}))
    assert exported == (rows if one.name is None else {one.name: rows, "total": len(rows)})
    answer = client.get(ROOT + one.path, params={**one.query, "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.content.endswith(b"\r\n") and not answer.content.startswith(b"\xef\xbb\xbf")
    columns, *lines = csv.reader(io.StringIO(answer.content.decode(), newline=""), strict=True)
    expected = [line for row in rows for line in lines_of(row, columns)]
    assert len(lines) == len(expected)
    for line, wanted in zip(lines, expected):
        assert len(line) == len(columns)
        assert all(is_shown(value, cell) for value, cell in zip(wanted.values(), line)), (line, wanted)


def test_every_list_of_the_route_table_is_among_them(filled):
    routes = json.loads(filled.control("routes", "--json").stdout)
    exported = {route["path"] for route in routes if "format" in route["query"]}
    tried = {re.sub(r"/models/[^/]+/", "/models/:modelId/", re.sub(r"/providers/(?!balances|usage|routing)[^/]+/", "/providers/:provider/", ROOT + one.path)) for one in LISTS}
    assert exported == tried
    # What has pages has an export; contract 3 names none.
    assert {route["path"] for route in routes if "limit" in route["query"] and route["surface"] == "administration"} <= exported


@pytest.mark.parametrize("path, query, name", [
    ("/providers", {}, "providers"), ("/providers/balances", {}, "balances"), ("/providers/routing", {}, "routing"),
    ("/providers/fal_ai/models", {}, "fal_ai-models"), ("/providers/fal_ai/models", {"activeOnly": "false"}, "fal_ai-models-all"),
    ("/providers/replicate/models/black-forest-labs%2Fflux-1.1-pro/pricing/history", {}, "replicate-pricing-history-black-forest-labs_flux-1.1-pro"),
    ("/providers/fal_ai/transactions", {"type": "purchase", "endDate": "2025-01-31"}, "fal_ai-transactions-until-2025-01-31-purchase"),
    ("/providers/fal_ai/requests", {"startDate": "2025-01-01", "endDate": "2025-01-31T12:00:00Z", "tz": "Asia/Kolkata", "status": "failed"}, "fal_ai-requests-failed-2025-01-01-2025-01-31T12_00_00Z-Asia_Kolkata"),
    ("/providers/fal_ai/requests", {"model": 'a/b"; x=\r\n\u00e9', "userId": "../../etc"}, "fal_ai-requests-a_b___x_____-.._.._etc"),
    ("/providers/fal_ai/requests", {"model": "m" * 200, "userId": "u" * 200}, "fal_ai-requests-" + "m" * 184),
    ("/providers/fal_ai/alerts", {"resolved": "true", "severity": "high", "type": "low_balance"}, "fal_ai-alerts-resolved-high-low_balance"),
    ("/providers/fal_ai/usage", {"groupBy": "week", "startDate": "2025-01-01", "endDate": "2025-02-01"}, "fal_ai-usage-week-2025-01-01-2025-02-01"),
    ("/providers/fal_ai/usage/by-model", {"startDate": "2025-01-01", "endDate": "2025-02-01", "tz": "Etc/GMT+5"}, "fal_ai-usage-by-model-2025-01-01-2025-02-01-Etc_GMT_5"),
    ("/audit", {"provider": "fal_ai", "action": "credits.add", "outcome": "success", "startDate": "2025-01-01"}, "fal_ai-audit-credits.add-success-from-2025-01-01"),
])  # fmt: skip
@pytest.mark.parametrize("format", ["csv", "json"])
def test_the_name_of_a_file_says_what_is_in_it(client, path, query, name, format):
    answer = client.get(ROOT + path, params={**query, "format": format}).raise_for_status()
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.{format}"'


def test_paging_goes_on_where_it_was_while_rows_come_in(client):
    path = f"{BASE}/runway_ml/alerts"
    for number in range(6):
        client.post(path, json={"severity": "low", "message": f"m{number}"}).raise_for_status()
    first = exact(client.get(path, params={"limit": 3, "type": "custom"}))
    client.post(path, json={"severity": "low", "message": "later"}).raise_for_status()
    second = exact(client.get(path, params={"limit": 500, "type": "custom", "cursor": first["cursor"]}))
    seen = [row["message"] for row in first["alerts"] + second["alerts"]]
    assert seen[:6] == ["m5", "m4", "m3", "m2", "m1", "m0"] and "later" not in seen


def test_a_cursor_of_another_list_or_provider_is_refused(client):
    paths = [f"{BASE}/{provider}/{noun}" for provider in ("fal_ai", "replicate") for noun in ("requests", "transactions")] + [f"{ROOT}/audit"]
    cursors = {path: exact(client.get(path, params={"limit": 1}))["cursor"] for path in paths}
    assert len(set(cursors.values())) == len(paths) and None not in cursors.values()
    for path in paths:
        for owner, cursor in cursors.items():
            answer = client.get(path, params={"limit": 1, "cursor": cursor})
            assert answer.status_code == (200 if owner == path else 400), (path, owner)
            if owner != path:
                assert answer.json()["error"]["details"] == {"cursor": "is not a cursor of this list"}


def active_exports(stack: Stack) -> list[int]:
    """The server processes that read the large list, as a superuser sees them."""
    with psycopg.connect(stack.database_url.replace("providerd_owner@", "postgres@")) as database:
        found = database.execute("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%%Store.eachAlert%%' AND pid <> pg_backend_pid()")
        return [row[0] for row in found]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_file_that_is_cut_off_shows_it(large, client, format, encoding):
    received = 0
    with client.stream("GET", ALERTS, params={"format": format}, headers={"Accept-Encoding": encoding}) as answer:
        assert answer.status_code == 200
        pieces = answer.iter_bytes()
        received += len(next(pieces))
        until(lambda: len(active_exports(large)) == 1)
        with psycopg.connect(large.database_url.replace("providerd_owner@", "postgres@")) as database:
            assert database.execute("SELECT pg_terminate_backend(%s)", active_exports(large)).fetchone() == (True,)
        with pytest.raises(httpx.RemoteProtocolError):
            for piece in pieces:
                received += len(piece)
    assert received < LARGE * 900
    assert client.get(ALERTS, params={"limit": 1}).status_code == 200


def test_a_client_that_leaves_releases_what_its_export_held(large, client):
    for _ in range(8):
        with client.stream("GET", ALERTS, params={"format": "json"}) as answer:
            assert answer.status_code == 200
            # Held, since an iterator that nobody holds ends the stream.
            pieces = answer.iter_bytes()
            assert next(pieces)
            until(lambda: active_exports(large) != [])
        # What is still read is on its way out.
        until(lambda: active_exports(large) == [])


def test_dawdling_exports_take_no_place_from_others(large, client):
    """Two at a time in each worker: more are told to come back, and everything else goes on."""
    with ExitStack() as open_streams:
        statuses = []
        for _ in range(24):
            opened = open_streams.enter_context(large.client(large.admin_token))
            answer = open_streams.enter_context(opened.stream("GET", ALERTS, params={"format": "csv"}))
            statuses.append(answer.status_code)
            if answer.status_code != 200:
                answer.read()
                assert answer.status_code == 503 and answer.json()["error"]["code"] == "UNAVAILABLE"
                assert answer.headers["retry-after"] == "10"
        assert 1 <= statuses.count(200) <= 2 * len(workers(large)) and 503 in statuses
        began = time.monotonic()
        for _ in range(20):
            client.get(ALERTS, params={"limit": 1}).raise_for_status()
        assert time.monotonic() - began < 10
    until(lambda: active_exports(large) == [])
    until(lambda: client.get(f"{BASE}/balances", params={"format": "csv"}).status_code == 200)


def test_asking_for_the_head_of_a_file_takes_no_place(large, client):
    for _ in range(20):
        answer = client.head(ALERTS, params={"format": "csv"})
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-disposition"] == 'attachment; filename="cohere-alerts-open.csv"'
    assert active_exports(large) == []


def memory(process: int, field: str) -> int:
    """Of a process, in KiB."""
    return next(int(line.split()[1]) for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith(field))


def test_an_export_takes_no_more_memory_when_it_is_longer(large, client):
    processes = workers(large)
    client.get(ALERTS, params={"format": "json", "severity": "high"}).raise_for_status()
    before = {process: memory(process, "VmRSS") for process in processes}
    largest = dict(before)
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for process in processes:
                largest[process] = max(largest[process], memory(process, "VmRSS"))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        received = 0
        with client.stream("GET", ALERTS, params={"format": "json"}) as answer:
            for piece in answer.iter_bytes():
                received += len(piece)
    finally:
        done.set()
        watcher.join(timeout=10)
    assert received > LARGE * 900
    grown = max(largest[process] - before[process] for process in processes)
    assert grown < 8 * 1_024, f"a worker grew by {grown} KiB for a file of {received // 1_024} KiB"


def test_text_with_quotes_and_line_breaks_survives_a_spreadsheet(client):
    awkward = ['say "no", then\r\nleave', "=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\ttab", "\u65e5\u672c \U0001f600, caf\u00e9"]
    for message in awkward:
        client.post(f"{BASE}/gemini/alerts", json={"severity": "low", "message": message}).raise_for_status()
    text = client.get(f"{BASE}/gemini/alerts", params={"format": "csv"}).content.decode()
    cells = [row["message"] for row in csv.DictReader(io.StringIO(text, newline=""), strict=True)][: len(awkward)]
    assert cells == [("'" + message if message[0] in "=+-@\t" else message) for message in reversed(awkward)]
    # None of them begins a cell with what is computed, however it is quoted.
    assert not re.search(r'(^|,)"?[=+@\t]', text, re.MULTILINE)


def test_an_odd_model_has_a_harmless_file_name_and_its_own_rows(client):
    model = quote("black-forest-labs/flux-1.1-pro", safe="")
    answer = client.get(f"{BASE}/replicate/models/{model}/pricing/history", params={"format": "csv"})
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]{1,250}"', answer.headers["content-disposition"])
    assert client.get(f"{BASE}/replicate/models/{quote('no/such model', safe='')}/pricing/history", params={"format": "csv"}).status_code == 404
