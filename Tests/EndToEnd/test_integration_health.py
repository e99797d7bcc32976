"""Contract 3: health from stored results, refreshed on demand, and checks of many providers at once."""

from __future__ import annotations

import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from golden import check
from integration import KEY, ROOT, add, audit, finished, golden, route

RUN = f"{ROOT}/health-check"
HANGING = "sk-test-fault=hang-0123456789"
FIGURES = ["success_rate", "uptime_24h", "uptime_7d", "uptime_30d"]
CALLED = ["openai", "claude", "gemini", "cohere", "fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"]


pytestmark = pytest.mark.usefixtures("as_installed")


def health(client, provider: str = "openai", **query) -> dict:
    answer = client.get(route(provider, "health"), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def start(client, *providers: str) -> dict:
    answer = client.post(RUN, json={"providers": list(providers)} if providers else None)
    assert answer.status_code == 202, answer.text
    assert answer.json()["meta"] == {"progress_url": f"{RUN}/{answer.json()['data']['id']}"}
    return answer.json()["data"]


# Stored results


def test_nothing_is_known_before_the_first_check(client):
    check(client.get(route("openai", "health")), "integration-health-unknown")


def test_a_stored_result_is_shown_with_its_age(client, database, simulator_requests):
    add(client, "openai")
    client.post(route("openai", "test")).raise_for_status()
    simulator_requests.clear("openai")
    found = health(client)
    assert (found["status"], found["is_fresh"], found["error"]) == ("healthy", True, None)
    assert found["age_seconds"] <= 5
    assert {found[name] for name in FIGURES} == {100}
    database.execute("UPDATE health_checks SET checked_at = now() - interval '299 seconds'")
    assert (health(client)["is_fresh"], health(client)["status"]) == (True, "healthy")
    database.execute("UPDATE health_checks SET checked_at = now() - interval '301 seconds'")
    old = health(client)
    assert (old["is_fresh"], old["status"]) == (False, "healthy")
    assert old["age_seconds"] in (301, 302, 303)
    # Nobody was asked for any of that.
    assert simulator_requests.client.get("/requests", params={"provider": "openai"}).json()["requests"] == []


def test_refresh_asks_again(client, database, fault):
    add(client, "openai")
    golden(client.get(route("openai", "health"), params={"refresh": "true"}), "integration-health-refreshed")
    fault("openai", "no-money")
    answer = client.get(route("openai", "health"), params={"refresh": "true"}).json()["data"]
    assert (answer["status"], answer["error"]["kind"], answer["is_fresh"]) == ("down", "out_of_money", True)
    assert [problem["kind"] for problem in answer["recent_errors"]] == ["out_of_money"]
    assert database.execute("SELECT count(*) FROM health_checks").fetchone() == (2,)
    assert audit(database, "provider.check")[1] == "openai"
    assert health(client, refresh="false")["status"] == "down"


def test_refresh_without_a_key_asks_nobody(client, database):
    answer = client.get(route("openai", "health"), params={"refresh": "true"})
    assert (answer.json()["data"]["status"], answer.json()["message"]) == ("unknown", "No API key is configured for OpenAI")
    assert database.execute("SELECT count(*) FROM health_checks").fetchone() == (0,)


@pytest.mark.parametrize("query", [{"refresh": "1"}, {"refresh": ""}, {"force": "true"}])
def test_a_wrong_query_is_refused(client, query):
    assert client.get(route("openai", "health"), params=query).status_code == 400


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_test_ends_after_ten_seconds(client, fault):
    add(client, "openai", HANGING.replace("hang", fault))
    began = time.monotonic()
    data = client.post(route("openai", "test")).json()["data"]
    assert 9 < time.monotonic() - began < 14
    assert (data["success"], data["status"], data["response_time"], data["error"]["kind"]) == (False, "down", None, "timed_out")


# Many at once


def test_all_enabled_providers_are_checked(client, database):
    database.execute("UPDATE providers SET enabled = slug IN ('openai', 'claude', 'cohere')")
    add(client, "openai")
    add(client, "claude", "sk-bad-0123456789")
    answer = client.post(RUN)
    golden(answer, "integration-run-started")
    run = finished(client, answer.json()["data"]["id"])
    golden(client.get(f"{RUN}/{run['id']}"), "integration-run-completed")
    assert (run["status"], run["total"], run["done"]) == ("completed", 3, 3)
    found = {result["provider"]: (result["status"], (result["error"] or {}).get("kind")) for result in run["results"]}
    assert found == {
        "claude": ("down", "invalid_credential"), "cohere": ("unknown", "no_credentials"), "openai": ("healthy", None),
    }  # fmt: skip
    # The same results stand in the health of each, and the refused key is off.
    assert health(client)["status"] == "healthy"
    assert client.get(route("claude", "credentials")).json()["data"][0]["state"] == "invalid"
    assert audit(database, "health_check.start")[2]["providers"] == ["claude", "cohere", "openai"]


def test_progress_shows_what_is_done_while_others_hang(client, stack):
    """Ten providers of which four hang end within one deadline, and others keep being answered."""
    hanging = CALLED[:4]
    for provider in CALLED:
        add(client, provider, HANGING if provider in hanging else KEY)
    began = time.monotonic()
    run = start(client, *CALLED)
    longest = 0.0
    partial: set[int] = set()
    while time.monotonic() - began < 30:
        asked = time.monotonic()
        data = client.get(f"{RUN}/{run['id']}").json()["data"]
        longest = max(longest, time.monotonic() - asked)
        partial.add(data["done"])
        if data["status"] == "completed":
            break
        time.sleep(0.05)
    took = time.monotonic() - began
    assert data["status"] == "completed", data
    assert took < 15, f"one deadline of 10 s, not {took:.1f} s"
    assert len(CALLED) - len(hanging) in partial
    # Whoever waited for a provider that hangs would wait until the deadline.
    assert longest < 5
    kinds = {result["provider"]: (result["error"] or {}).get("kind") for result in data["results"]}
    assert kinds == {provider: "timed_out" if provider in hanging else None for provider in sorted(CALLED)}


def test_a_run_has_ten_seconds_and_the_end_of_them_is_for_writing_down(client):
    """Alone the provider would have had its ten seconds; a slow machine makes it late all the more."""
    add(client, "openai", "sk-test-fault=slow=9600-0123456789")
    run = finished(client, start(client, "openai", "cohere")["id"])
    assert [result["error"]["kind"] for result in run["results"]] == ["no_credentials", "timed_out"]


def test_one_run_at_a_time_for_the_same_providers(client):
    add(client, "openai", HANGING)
    first = start(client, "openai", "cohere")
    again = client.post(RUN, json={"providers": ["cohere", "openai"]})
    golden(again, "integration-run-conflict")
    assert again.json()["meta"] == {"job": first["id"]}
    # Other providers are another set, and do not wait for the one that hangs.
    other = start(client, "cohere")
    assert finished(client, other["id"], 8)["status"] == "completed"
    cancelled = client.delete(f"{RUN}/{first['id']}")
    assert cancelled.json()["data"]["status"] == "cancelled"
    start(client, "openai", "cohere")


def test_two_at_once_make_one_run(stack, client):
    add(client, "openai", HANGING)

    def ask(_: int):
        with stack.client(stack.admin_token) as one:
            return one.post(RUN, json={"providers": ["openai"]})

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 7
    [made] = [answer.json()["data"]["id"] for answer in answers if answer.status_code == 202]
    assert {answer.json()["meta"]["job"] for answer in answers if answer.status_code == 409} == {made}


def test_a_run_is_cancelled(client, database):
    add(client, "openai", HANGING)
    run = start(client, "openai", "cohere")
    while client.get(f"{RUN}/{run['id']}").json()["data"]["done"] == 0:
        time.sleep(0.05)
    answer = client.delete(f"{RUN}/{run['id']}")
    golden(answer, "integration-run-cancelled")
    states = {result["provider"]: result["state"] for result in answer.json()["data"]["results"]}
    assert states == {"cohere": "done", "openai": "cancelled"}
    again = client.delete(f"{RUN}/{run['id']}")
    assert (again.status_code, again.json()["data"]) == (200, answer.json()["data"])
    assert audit(database, "health_check.cancel")[1] == run["id"]
    # What the provider answers afterwards changes nothing of the run.
    time.sleep(11)
    assert client.get(f"{RUN}/{run['id']}").json()["data"] == answer.json()["data"]


def test_a_completed_run_cannot_be_cancelled(client):
    run = start(client, "cohere")
    finished(client, run["id"])
    check(client.delete(f"{RUN}/{run['id']}"), "integration-run-over")


def jobs_process(stack) -> int:
    """The process of the role `jobs` below the master of the stack."""
    master = int((stack.run / "pid" / "providerd").read_text().split()[0])
    for folder in Path("/proc").iterdir():
        try:
            if not folder.name.isdigit():
                continue
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == master and b"jobs" in (folder / "cmdline").read_bytes().split(b"\0"):
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError("no process of the role jobs")


def test_a_run_survives_the_process_that_makes_it(client, stack):
    add(client, "openai", HANGING)
    run = start(client, "openai", "cohere")
    while client.get(f"{RUN}/{run['id']}").json()["data"]["done"] == 0:
        time.sleep(0.05)
    os.kill(jobs_process(stack), signal.SIGKILL)
    # The claim of the killed process ends, another one takes over, and the provider gets half of the time once more.
    data = finished(client, run["id"], 60)
    assert (data["status"], data["done"]) == ("completed", 2)
    assert [result["error"]["kind"] for result in data["results"]] == ["no_credentials", "timed_out"]


WRONG = {
    "list": ({"providers": "openai"}, "providers"),
    "empty": ({"providers": []}, "providers"),
    "many": ({"providers": [f"p{n}" for n in range(101)]}, "providers"),
    "number": ({"providers": ["openai", 1]}, "providers[1]"),
    "unknown": ({"providers": ["openai", "nobody"]}, "providers[1]"),
    "twice": ({"providers": ["openai", "openai"]}, "providers[1]"),
    "field": ({"all": True}, "all"),
}


@pytest.mark.parametrize(("body", "field"), WRONG.values(), ids=WRONG)
def test_a_wrong_run_is_refused_by_name(client, database, body, field):
    answer = client.post(RUN, json=body)
    assert (answer.status_code, list(answer.json()["meta"]["errors"])) == (400, [field])
    assert database.execute("SELECT count(*) FROM health_runs").fetchone() == (0,)


def test_without_any_enabled_provider_there_is_nothing_to_check(client, database):
    database.execute("UPDATE providers SET enabled = false")
    assert client.post(RUN).json()["message"] == "No provider is enabled"


@pytest.mark.parametrize("name", [str(uuid.uuid4()), "1", "nonsense", "models"])
def test_an_unknown_run_is_not_found(client, name):
    for answer in (client.get(f"{RUN}/{name}"), client.delete(f"{RUN}/{name}")):
        assert (answer.status_code, answer.json()["message"]) == (404, "Health check not found")


def test_a_run_is_asked_for_with_a_post(client):
    answer = client.get(RUN)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_a_repeated_request_with_the_same_key_starts_one_run(client):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.post(RUN, json={"providers": ["cohere"]}, headers=headers)
    second = client.post(RUN, json={"providers": ["cohere"]}, headers=headers)
    assert (first.status_code, second.status_code, first.text) == (202, 202, second.text)
