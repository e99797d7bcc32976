"""Contract 3: the list of providers, and a check of thirty of which ten hang. Wrong answers end it, slow ones do not."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from load import Window

if TYPE_CHECKING:
    from measure import Stack

LIST = "/api/providers"
CLIENTS = 16
DEADLINE = 10.0
# A pause between two requests of a client, as people and panels make it: the answers' own time without a queue.
PAUSE = Path(__file__).with_name("pause.lua")

ANSWERING = ["openai", "claude", "ollama", "openrouter", "requesty", "fal_ai", "replicate", "black_forest_labs"]
HANGING = ["gemini", "cohere", "minimax", "runway_ml"]
# A provider stands in a set once, and a set has one check at a time: three sets make thirty checks at once.
SETS = [ANSWERING + HANGING, ANSWERING[1:] + HANGING, ANSWERING[:5] + HANGING[:2]]


def give_keys(stack: Stack) -> None:
    """A key for each provider that the simulator plays; those that hang have one that makes them."""
    for provider in ANSWERING + HANGING:
        if provider == "ollama":
            credentials = {"baseUrl": f"{stack.simulator}/ollama"}
        else:
            credentials = {"apiKey": f"sk-bench-{'fault=hang-' if provider in HANGING else ''}0123456789"}
        stack.call("providerd", "POST", f"{LIST}/{provider}/credentials", {"credentials": credentials})


def shown(name: str, window: Window) -> dict:
    """A row of the table, printed."""
    print(
        f"{name:<46}{window.per_second:>10.0f} requests/s, p50 {window.p50:.2f} ms, p99 {window.p99:.2f} ms", flush=True
    )
    return {
        "name": name, "clients": CLIENTS, "perSecond": round(window.per_second), "p50": window.p50, "p99": window.p99,
        "cpu": {program: round(microseconds) for program, microseconds in window.cpu.items()},
        "failures": window.failures,
    }  # fmt: skip


def listing(stack: Stack, seconds: int) -> list[dict]:
    """The list of all providers, first as often as sixteen clients can, then with a pause."""
    count = stack.call("providerd", "GET", LIST)["meta"]["total"]
    print(f"\ncontract 3, {count} providers, {CLIENTS} clients", flush=True)
    # Plans and connections are made once.
    stack.window("providerd", LIST, CLIENTS, 1)
    return [
        shown("list of providers", stack.window("providerd", LIST, CLIENTS, seconds)),
        shown("list of providers, paced", stack.window("providerd", LIST, CLIENTS, seconds, PAUSE)),
    ]


@dataclass
class Check:
    """Checks of several sets of providers that run at once."""

    runs: list[str]
    began: float
    ended: float = 0.0
    found: dict[str, int] = field(default_factory=dict)


def progress(stack: Stack, connection: http.client.HTTPSConnection, run: str) -> dict:
    connection.request("GET", f"{LIST}/health-check/{run}", headers=stack.headers())
    return json.load(connection.getresponse())["data"]


def checked(stack: Stack) -> Check:
    """Asks for all sets and waits until the last one has ended."""
    began = time.monotonic()
    runs = [
        stack.call("providerd", "POST", f"{LIST}/health-check", {"providers": providers})["data"]["id"]
        for providers in SETS
    ]
    check = Check(runs, began)
    results: list[dict] = []
    # One that is kept open: a handshake for every look would be a load of its own.
    connection = stack.connect()
    while time.monotonic() - began < 60:
        data = [progress(stack, connection, run) for run in runs]
        if all(one["status"] == "completed" for one in data):
            check.ended = time.monotonic()
            results = [result for one in data for result in one["results"]]
            break
        time.sleep(0.1)
    connection.close()
    for result in results:
        kind = result["error"]["kind"] if result["error"] else "healthy"
        check.found[kind] = check.found.get(kind, 0) + 1
    wanted = {"timed_out": sum(provider in HANGING for one in SETS for provider in one)}
    wanted["healthy"] = sum(map(len, SETS)) - wanted["timed_out"]
    if check.found != wanted:
        raise SystemExit(f"the checks found {check.found} and not {wanted}")
    return check


def checking(stack: Stack) -> dict:
    """How long thirty checks take of which ten hang, and what the list's answers take before and beside them."""
    window: list[Window] = []

    def read(seconds: int) -> None:
        window.append(stack.window("providerd", LIST, CLIENTS, seconds, PAUSE))

    read(int(DEADLINE))
    reader = threading.Thread(target=read, args=(int(DEADLINE),))
    reader.start()
    check = checked(stack)
    reader.join()
    rows = [shown("list, paced, before the checks", window[0]), shown("list, paced, beside the checks", window[1])]
    seconds = check.ended - check.began
    print(
        f"{sum(map(len, SETS))} checks of which {check.found['timed_out']} hang: {seconds:.2f} s, "
        f"{'within' if seconds <= DEADLINE else 'NOT within'} one deadline of {DEADLINE:.0f} s", flush=True,
    )  # fmt: skip
    return {"checks": sum(map(len, SETS)), "found": check.found, "seconds": round(seconds, 2), "reading": rows}


def measure(stack: Stack, seconds: int) -> dict:
    """Everything of this file. Leaves the providers without keys, as they were."""
    give_keys(stack)
    found = {"list": listing(stack, seconds), "check": checking(stack)}
    rows = found["list"] + found["check"]["reading"]
    if failures := sum(row["failures"] for row in rows):
        raise SystemExit(f"{failures} requests failed")
    for provider in ANSWERING + HANGING:
        for credential in stack.call("providerd", "GET", f"{LIST}/{provider}/credentials")["data"]:
            if credential["owner"] is None:
                stack.call("providerd", "DELETE", f"{LIST}/{provider}/credentials/{credential['id']}")
    return found
