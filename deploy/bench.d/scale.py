"""Contract 2 on many requests: usage, lists, exports and recording. Wrong totals and refused requests end it."""

from __future__ import annotations

import csv
import json
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from load import resident_megabytes

if TYPE_CHECKING:
    from measure import Stack

BASE = "/api/admin/third-party-apis/providers"
DAYS = 90
BATCH = 1_000


@dataclass
class Question:
    """One reading endpoint of the table: a name for people and an address."""

    name: str
    path: str


def fill(stack: Stack, requests: int) -> dict:
    """Sample traffic of three months; a stack that was filled before is left as it is."""
    began = time.monotonic()
    stack.control("sandbox", "fill", "--requests", str(requests), "--days", str(DAYS), timeout=3_600)
    seconds = time.monotonic() - began
    print(f"\nfilled with {requests} requests in {seconds:.1f} s ({requests / seconds:.0f} a second)", flush=True)
    return {"requests": requests, "seconds": round(seconds, 2)}


def busiest(stack: Stack) -> str:
    """The provider with the most requests: the hardest one to page through."""
    rows = csv.DictReader(stack.control("report", "spend-by-provider", *period(DAYS), "--format", "csv").splitlines())
    return max(rows, key=lambda row: int(row["requests"]))["provider"]


def period(days: int) -> list[str]:
    today = datetime.now(timezone.utc).date()
    return ["--from", str(today - timedelta(days=days)), "--to", str(today)]


def questions(provider: str, total: int) -> list[Question]:
    """Any page, any range."""
    today = datetime.now(timezone.utc).date()

    def span(days: int, end: date = today) -> str:
        return f"startDate={end - timedelta(days=days)}&endDate={end}"

    usage, requests = f"{BASE}/{provider}/usage", f"{BASE}/{provider}/requests"
    middle = today - timedelta(days=DAYS // 2)
    return [
        Question("usage by day, a month", f"{usage}?{span(30)}"),
        Question("usage by day, all", f"{usage}?{span(DAYS)}"),
        Question("usage by day, all, Berlin", f"{usage}?{span(DAYS)}&tz=Europe/Berlin"),
        Question("usage by week, all", f"{usage}?{span(DAYS)}&groupBy=week"),
        Question("usage by month, a year", f"{usage}?{span(365)}&groupBy=month"),
        Question("usage by model, all", f"{usage}/by-model?{span(DAYS)}"),
        Question("usage by model, all, Kathmandu", f"{usage}/by-model?{span(DAYS)}&tz=Asia/Kathmandu"),
        Question("summary of all providers", f"{BASE}/usage/summary?{span(DAYS)}"),
        Question("requests, first page", requests),
        Question("requests, middle page", f"{requests}?offset={total // 2}"),
        Question("requests, deepest page", f"{requests}?offset={max(total - 50, 0)}"),
        Question("requests, 500 in the middle", f"{requests}?limit=500&offset={total // 2}"),
        Question("requests, failed", f"{requests}?status=failed"),
        Question("requests, failed, middle page", f"{requests}?status=failed&offset={total // 80}"),
        Question("requests, one day", f"{requests}?{span(0, middle)}"),
        Question("requests, a month, deep page", f"{requests}?{span(30)}&offset={total // 6}"),
    ]


def reading(stack: Stack, provider: str, clients: list[int], seconds: int) -> list[dict]:
    """p99 of every question, alone and among sixteen."""
    total = stack.call("providerd", "GET", f"{BASE}/{provider}/requests?limit=1")["data"]["total"]
    rows = []
    for question in questions(provider, total):
        # Plans and pages are fetched once.
        stack.window("providerd", question.path, 1, 1)
        for count in clients:
            window = stack.window("providerd", question.path, count, seconds)
            rows.append(
                {
                    "question": question.name, "clients": count, "perSecond": round(window.per_second, 1),
                    "p50": window.p50, "p99": window.p99, "failures": window.failures,
                }
            )  # fmt: skip
            print_row(rows[-1], heading=len(rows) == 1)
    return rows


def print_row(row: dict, heading: bool) -> None:
    if heading:
        print(f"\n{'question':<34}{'clients':>8}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'failures':>10}")
    print(
        f"{row['question']:<34}{row['clients']:>8}{row['perSecond']:>12.0f}{row['p50']:>9.2f}{row['p99']:>9.2f}"
        f"{row['failures']:>10}", flush=True,
    )  # fmt: skip


def totals(stack: Stack, provider: str) -> dict:
    """The same totals from the API, the report's CSV and the rows themselves; they have to agree."""
    today = datetime.now(timezone.utc).date()
    span = f"startDate={today - timedelta(days=DAYS)}&endDate={today}"
    usage = stack.call("providerd", "GET", f"{BASE}/{provider}/usage?{span}", exact=True)["data"]
    lines = stack.control("report", "spend-by-provider", *period(DAYS), "--provider", provider, "--format", "csv")
    report = next(csv.DictReader(lines.splitlines()))
    raw = stack.query(
        "SELECT count(*), count(*) FILTER (WHERE status = 'completed'), trim_scale(coalesce(sum(cost), 0))"
        f" FROM requests r JOIN providers p ON p.id = r.provider_id WHERE p.slug = '{provider}'"
        f" AND r.created_at >= '{today - timedelta(days=DAYS)} 00:00+00'"
    ).split("|")
    found = {
        "api": [str(usage["totalRequests"]), str(usage["successfulRequests"]), str(usage["totalCost"])],
        "report": [report["requests"], report["completed"], report["cost"]], "rows": raw,
    }  # fmt: skip
    if not found["api"] == found["report"] == found["rows"]:
        raise SystemExit(f"the totals differ: {json.dumps(found)}")
    print(f"\ntotals of {provider} agree: {raw[0]} requests, {raw[2]} spent", flush=True)
    return found


def export(stack: Stack, provider: str) -> dict:
    """The whole list of requests as CSV, and the largest worker meanwhile."""
    highest, stopped = max(resident_megabytes(stack.roots["providerd"])), threading.Event()
    before = highest

    def watch() -> None:
        nonlocal highest
        while not stopped.wait(0.05):
            highest = max(highest, *resident_megabytes(stack.roots["providerd"]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, rows, octets = time.monotonic(), -1, 0
    try:
        connection = stack.connect()
        connection.request("GET", f"{BASE}/{provider}/requests?format=csv", headers=stack.headers())
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"the export answered {answer.status}: {answer.read(500)!r}")
        while piece := answer.read(1 << 20):
            # Line feeds: a piece can end between the two octets of a line end.
            rows += piece.count(b"\n")
            octets += len(piece)
    finally:
        stopped.set()
        watcher.join()
    seconds = time.monotonic() - began
    expected = stack.call("providerd", "GET", f"{BASE}/{provider}/requests?limit=1")["data"]
    if not expected.get("totalIsEstimate") and expected["total"] != rows:
        raise SystemExit(f"the export has {rows} rows and the list {expected['total']}")
    print(
        f"\nexport: {rows} rows, {octets / 1e6:.0f} MB in {seconds:.1f} s, {rows / seconds:.0f} rows a second,"
        f" {before:.1f} MB a worker before, at most {highest:.1f} MB", flush=True,
    )  # fmt: skip
    return {
        "rows": rows, "octets": octets, "seconds": round(seconds, 2), "rowsPerSecond": round(rows / seconds),
        "residentBefore": round(before, 1), "residentHighest": round(highest, 1),
    }  # fmt: skip


def batch(model: str, number: int) -> bytes:
    """A thousand calls that somebody else made."""
    now = datetime.now(timezone.utc) - timedelta(minutes=5)
    mark = uuid.uuid4().hex[:12]
    calls = []
    for index in range(BATCH):
        created = now - timedelta(seconds=(number * 31 + index) % 86_400)
        calls.append(
            {
                "id": f"bench-{mark}-{number}-{index}", "model": model, "status": "completed",
                "userId": f"user_{index % 50}", "createdAt": created.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "completedAt": (created + timedelta(seconds=3)).isoformat(timespec="seconds").replace("+00:00", "Z"),
                "responseTime": 3_000,
            }
        )  # fmt: skip
    return json.dumps({"requests": calls}).encode()


def recording(stack: Stack, provider: str, batches: int, clients: int = 4) -> dict:
    """Batches from several clients at a time, and how long it takes until rollups and ledger have all of them."""
    model = stack.call("providerd", "GET", f"{BASE}/{provider}/models")["data"]["models"][0]["modelId"]
    bodies = [batch(model, number) for number in range(batches)]
    refused: list[str] = []

    def send(mine: list[bytes]) -> None:
        connection = stack.connect()
        for body in mine:
            connection.request("POST", f"{BASE}/{provider}/requests", body=body, headers=stack.headers())
            answer = connection.getresponse()
            text = answer.read()
            if answer.status not in (200, 201):
                refused.append(f"{answer.status} {text[:300]!r}")
                return

    threads = [threading.Thread(target=send, args=(bodies[index::clients],)) for index in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    if refused:
        raise SystemExit(f"recording failed: {refused[0]}")
    posted = wait_until_posted(stack)
    count = batches * BATCH
    print(
        f"\nrecording: {count} requests in {seconds:.2f} s, {count / seconds:.0f} a second; "
        + (f"all posted {posted:.2f} s later" if posted is not None else "not posted within a minute"), flush=True,
    )  # fmt: skip
    return {
        "requests": count, "clients": clients, "seconds": round(seconds, 2), "perSecond": round(count / seconds),
        "postedSeconds": None if posted is None else round(posted, 2),
    }  # fmt: skip


def wait_until_posted(stack: Stack) -> float | None:
    began = time.monotonic()
    while time.monotonic() - began < 60:
        if stack.query("SELECT count(*) FROM usage_tail") == "0":
            return time.monotonic() - began
        time.sleep(0.05)
    return None


def measure(stack: Stack, requests: int, clients: list[int], seconds: int) -> dict:
    """Everything of this file, in the order in which it has to be."""
    filled = fill(stack, requests)
    provider = busiest(stack)
    found = {
        "filled": filled, "provider": provider, "totals": totals(stack, provider),
        "reading": reading(stack, provider, clients, seconds), "export": export(stack, provider),
        "recording": recording(stack, provider, batches=max(10, min(200, requests // 5_000))),
    }  # fmt: skip
    if failures := sum(row["failures"] for row in found["reading"]):
        raise SystemExit(f"{failures} requests failed")
    faults = stack.control("report", "ledger-check", "--format", "csv", timeout=600).splitlines()[1:]
    if faults:
        raise SystemExit(f"the ledger has faults: {faults[:3]}")
    found["totalsAfterwards"] = totals(stack, provider)
    return found
