"""Every route and every command that changes something leaves a row in the audit log, with before and after.

What changes something is read from the program itself, so that a new route or command without a row fails here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from integration import faults, providers_kept, wipe
from machine_client import Machines
from stack import Simulator, Stack
from traffic import price, report

ADMIN = "/api/admin/third-party-apis"
MEDIA = f"{ADMIN}/providers/replicate"
OWN = "/api/v1/ai/providers"
SERVICE = "/api/providers/replicate"
MODEL = "audited/model"
KEY = "sk-test-0123456789"
VCENTER = {"host": "vcenter.example.com", "username": "administrator@vsphere.local", "password": "secret-4711-long-enough"}
# Asks for machines and keeps nothing.
READS = {"POST /api/vms/list"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack of its own: its log has nobody else's rows."""
    with Stack.started("--lift-limits") as running:
        yield running


@pytest.fixture(scope="module")
def simulator(stack: Stack) -> Simulator:
    return Simulator(url=stack.simulator_url, ca=stack.ca)


@pytest.fixture
def database(stack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(stack.database_url, autocommit=True) as opened:
        wipe(opened)
        with providers_kept(opened):
            yield opened
        wipe(opened)


class Auditor:
    """Does things and looks for their rows."""

    def __init__(self, client: httpx.Client, database: psycopg.Connection, who: str) -> None:
        self.client = client
        self.database = database
        self.who = who
        self.done: set[str] = set()

    def act(self, pattern: str, action: str, url: str, body: dict | None = None, *, names: set[str] | None = None) -> dict:
        """One request, which has to succeed, and the one row that it has to leave. `names` are members of its details."""
        method = pattern.split()[0]
        answer = self.client.request(method, url, json=body)
        assert answer.is_success, f"{pattern}: {answer.text}"
        rows = self.database.execute(
            "SELECT actor, action, outcome, subject, details FROM audit_log WHERE request_id = %s", (answer.headers["x-request-id"],)
        ).fetchall()
        assert len(rows) == 1, f"{pattern}: {rows}"
        actor, found, outcome, subject, details = rows[0]
        assert (actor, found, outcome) == (self.who, action, "success"), pattern
        assert subject or action in ("request.record", "price.bulk-update"), pattern
        assert set(details) >= (names or set()), f"{pattern}: {details}"
        self.done.add(pattern)
        return answer.json()


CHANGED = {"before", "after"}


def contract_1(auditor: Auditor) -> None:
    body = {"provider": "OpenAI", "credentials": {"apiKey": KEY}, "modelConfig": {"model": "gpt-5.4"}}
    made = auditor.act(f"POST {OWN}", "connection.configure", OWN, body, names=CHANGED)["data"]["id"]
    auditor.act(f"PUT {OWN}/:id", "connection.update", f"{OWN}/{made}", {"modelConfig": {"maxTokens": 7}}, names=CHANGED)
    auditor.act(f"POST {OWN}/:id/test", "connection.test", f"{OWN}/{made}/test")
    auditor.act(f"DELETE {OWN}/:id", "connection.delete", f"{OWN}/{made}", names=CHANGED)


def contract_2(auditor: Auditor) -> None:
    pattern = f"{ADMIN}/providers/:provider"
    auditor.act(f"PUT {pattern}/api-key", "api_key.replace", f"{MEDIA}/api-key", {"apiKey": KEY}, names=CHANGED)
    auditor.act(f"POST {pattern}/health-check", "provider.check", f"{MEDIA}/health-check")
    auditor.act(f"POST {pattern}/test-connection", "provider.test", f"{MEDIA}/test-connection")
    auditor.act(f"PUT {pattern}/config", "provider.configure", f"{MEDIA}/config", {"priority": 2}, names=CHANGED)
    auditor.act(f"POST {pattern}/credits/add", "credits.add", f"{MEDIA}/credits/add", {"amount": 1}, names=CHANGED)
    change = {"pricing": {"costPerGeneration": 0.06, "currency": "USD"}}
    model = f"{MEDIA}/models/{MODEL.replace('/', '%2F')}/pricing"
    auditor.act(f"PUT {pattern}/models/:modelId/pricing", "price.update", model, {**change, "reason": "x"}, names={"prices"})
    auditor.act(
        f"POST {pattern}/models/bulk-pricing-update", "price.bulk-update", f"{MEDIA}/models/bulk-pricing-update",
        {"updates": [{"modelId": MODEL, **change}], "reason": "x"}, names={"prices"},
    )  # fmt: skip
    names = []
    for status in ("pending", "pending"):
        made = auditor.act(f"POST {pattern}/requests", "request.record", f"{MEDIA}/requests", report(model=MODEL, status=status))
        names.append(made["data"]["id"].replace(" ", "%20"))
    auditor.act(f"PUT {pattern}/requests/:requestId", "request.update", f"{MEDIA}/requests/{names[0]}", {"status": "failed"}, names=CHANGED)
    auditor.act(f"POST {pattern}/requests/:requestId/cancel", "request.cancel", f"{MEDIA}/requests/{names[1]}/cancel", names=CHANGED)
    body = {"severity": "low", "type": "custom", "message": "m"}
    alert = auditor.act(f"POST {pattern}/alerts", "alert.add", f"{MEDIA}/alerts", body, names=CHANGED)["data"]["id"]
    resolve = f"{MEDIA}/alerts/{alert}/resolve"
    auditor.act(f"POST {pattern}/alerts/:alertId/resolve", "alert.resolve", resolve, {"resolutionNote": "n"}, names=CHANGED)
    routing = f"{ADMIN}/providers/routing"
    auditor.act(f"PUT {routing}", "routing.update", routing, {"rules": []}, names=CHANGED)


def contract_3(auditor: Auditor, fault) -> None:
    pattern = "/api/providers/:provider"
    auditor.act(f"PUT {pattern}", "provider.update", SERVICE, {"priority": 3}, names=CHANGED)
    auditor.act(f"POST {pattern}/toggle", "provider.toggle", f"{SERVICE}/toggle", {"enabled": True}, names=CHANGED)
    body = {"credentials": {"apiKey": KEY}, "environment": "dev"}
    made = auditor.act(f"POST {pattern}/credentials", "credential.add", f"{SERVICE}/credentials", body, names={"after"})["data"]["id"]
    one = f"{SERVICE}/credentials/{made}"
    auditor.act(f"PUT {pattern}/credentials/:id", "credential.update", one, {"name": "n"}, names=CHANGED)
    auditor.act(f"DELETE {pattern}/credentials/:id", "credential.delete", one, names={"before"})
    auditor.act(f"POST {pattern}/test", "provider.test", f"{SERVICE}/test")
    auditor.act(f"GET {pattern}/health", "provider.check", f"{SERVICE}/health?refresh=true")
    auditor.act(f"GET {pattern}/models", "models.refresh", f"{SERVICE}/models?refresh=true")
    # Slow, so that there is something to cancel.
    fault("replicate", "slow=3000")
    check = "/api/providers/health-check"
    run = auditor.act(f"POST {check}", "health_check.start", check, {"providers": ["replicate"]})["data"]["id"]
    auditor.act(f"DELETE {check}/:job", "health_check.cancel", f"{check}/{run}", names=CHANGED)


def contract_5(auditor: Auditor, machines: Machines) -> None:
    add = {"provider": "vsphere", "config": VCENTER}
    auditor.act("POST /api/providers/add", "compute.configure", "/api/providers/add", add, names=CHANGED)
    auditor.act("POST /api/providers/test", "compute.test", "/api/providers/test", {"provider": "vsphere"})


def test_every_route_that_changes_something_leaves_one_row(stack, simulator, database):
    routes = json.loads(stack.control("routes", "--json").stdout)
    changing = {
        f"{route['method']} {route['path']}" for route in routes if route["method"] != "GET" or "refresh" in route["query"]
    } - READS
    price(stack, "replicate", MODEL)
    who = f"auditor-{uuid.uuid4()}"
    with stack.client(stack.token(sub=who)) as client, faults(simulator) as fault, Machines(stack) as machines:
        auditor = Auditor(client, database, who)
        contract_1(auditor)
        contract_2(auditor)
        contract_3(auditor, fault)
        machines.point("vsphere", f"{stack.simulator_url}/vsphere")
        contract_5(auditor, machines)
    assert auditor.done == changing


# Commands


LOOK_ONLY = {
    "token", "token verify", "provider list", "routes", "audit verify", "egress check", "jobs", "ai:credentials:list", "keys generate",
    "doctor", "report",
}  # fmt: skip
# Their rows are looked for where the rest of what they do is.
ELSEWHERE = {"credentials import": "test_credentials_import.py", "sandbox fill": "test_reports.py"}


def newest(database: psycopg.Connection, after: int) -> list[tuple[str, dict]]:
    rows = database.execute("SELECT actor, action, details FROM audit_log WHERE seq > %s ORDER BY seq", (after,)).fetchall()
    return [(action, details) for actor, action, details in rows if actor.startswith("cli:")]


def test_every_command_that_changes_something_leaves_a_row(stack, database, tmp_path):
    overview = stack.control("--help").stdout
    commands = {line[2:].split("  ")[0] for line in overview.splitlines() if line.startswith("  ") and line[2:3] != " "}
    done: dict[str, tuple[str, dict]] = {}

    def run(command: str, *words: str, input: str | None = None) -> None:
        last = database.execute("SELECT seq FROM audit_head").fetchone()[0]
        finished = stack.control(*command.split(), *words, input=input, check=False)
        assert finished.returncode == 0, f"{command}: {finished.stderr}"
        rows = newest(database, last)
        assert len(rows) == 1, f"{command}: {rows}"
        done[command] = rows[0]

    endpoint = database.execute("SELECT endpoint_url FROM providers WHERE slug = 'openai'").fetchone()[0]
    run("provider set", "openai", "--endpoint", endpoint + "/")
    database.execute("UPDATE providers SET endpoint_url = %s WHERE slug = 'openai'", (endpoint,))
    run("ai:credentials:set", "openai", "--stdin", input=KEY + "\n")
    key = json.loads(stack.control("ai:credentials:list", "openai", "--json").stdout)[0]["id"]
    run("ai:health", "openai")
    run("ai:credentials:remove", key, "--yes")
    run("setup", input=f"openrouter\n\n{KEY}\nopenai/gpt-5-image\n")
    run("image generate", "--provider", "openrouter", "--prompt", "x", "--model", "google/gemini-2.5-flash-image", "--output", str(tmp_path / "a.png"))
    stack.control("ai:credentials:set", "fal_ai", "--stdin", input="key-id:key-secret-0123\n")
    run("catalogue sync", "fal_ai")
    run("jobs run", "partitions")
    expected = {
        "provider set": ("provider.set", CHANGED), "ai:credentials:set": ("api_key.replace", CHANGED),
        "ai:credentials:remove": ("credential.delete", CHANGED), "setup": ("api_key.replace", CHANGED),
        "ai:health": ("provider.check", {"status"}), "image generate": ("image.generate", {"images"}),
        "catalogue sync": ("catalogue.sync", {"prices"}), "jobs run": ("job.run", set()),
    }  # fmt: skip
    for command, (action, names) in expected.items():
        assert done[command][0] == action and set(done[command][1]) >= names, f"{command}: {done[command]}"
    assert done["provider set"][1] == {"before": {"endpoint": endpoint}, "after": {"endpoint": endpoint + "/"}}
    assert KEY not in json.dumps(done)
    assert commands == LOOK_ONLY | set(ELSEWHERE) | set(expected) | {"migrate", "post-usage"}


def test_a_migration_is_in_the_log_with_what_it_applied(stack, database):
    [(details,)] = database.execute("SELECT details FROM audit_log WHERE action = 'installation.migrate' ORDER BY seq LIMIT 1").fetchall()
    files = sorted(file.stem for file in (Path(__file__).parents[2] / "sql/migrations").glob("*.sql"))
    assert [Path(name).stem for name in details["migrations"]] == files
    assert details["prices"] > 0


def test_posting_by_hand_is_in_the_log(stack, database, client):
    master = Path(stack.run, "pid/providerd").read_text().split()[0]
    jobs = int(subprocess.run(["pgrep", "-P", master, "-f", "jobs"], capture_output=True, text=True, check=True).stdout.split()[0])
    price(stack, "replicate", MODEL)
    for _ in range(5):
        os.kill(jobs, signal.SIGSTOP)
        try:
            client.post(f"{MEDIA}/requests", json=report(model=MODEL)).raise_for_status()
            last = database.execute("SELECT seq FROM audit_head").fetchone()[0]
            posted = int(stack.control("post-usage").stdout.split()[0])
            rows = newest(database, last)
        finally:
            os.kill(jobs, signal.SIGCONT)
        # The process may have been stopped while it was posting: then the rest was left to it.
        if posted > 0:
            break
    assert posted > 0 and rows == [("usage.post", {"posted": posted})]
