"""What runs by itself: once per installation however many processes there are, whoever dies, and after an outage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from administration import BASE, empty_ledger, run_sql
from processes import database, until
from traffic import moment

JOBS = ["alert_review", "balances", "health_checks", "health_runs", "partitions", "retention", "usage_posting"]


def listed(stack) -> dict[str, dict]:
    return {job["name"]: job for job in json.loads(stack.control("jobs", "--json").stdout)}


def jobs_process(stack) -> int | None:
    """The process beside the workers."""
    master = Path(stack.run, "pid/providerd").read_text().split()[0]
    found = subprocess.run(["pgrep", "-P", master, "-f", "jobs"], capture_output=True, text=True, check=False).stdout.split()
    return int(found[0]) if found else None


def key(stack, client, provider: str, text: str) -> None:
    answer = client.put(f"{BASE}/{provider}/api-key", json={"apiKey": text, "testConnection": False})
    assert answer.status_code == 200, answer.text


def request_of(stack, cost: str) -> str:
    """A request that somebody paid for; its ID."""
    return run_sql(
        stack,
        """
        INSERT INTO requests (id, provider_id, purpose, model, status, created_at, completed_at, cost, currency)
        SELECT overlay(gen_random_uuid()::text placing left(uuid_floor(now())::text, 13) from 1 for 13)::uuid, id,
               'recorded', 'm', 'completed', now(), now(), %s, 'USD'
        FROM providers WHERE slug = 'fal_ai'
        RETURNING id::text
        """,
        cost,
    )[0][0]


def is_posted(stack, identifier: str) -> bool:
    return run_sql(stack, "SELECT count(*) FROM credit_transactions WHERE request_id = %s::uuid", identifier) == [(1,)]


# The command line


def test_all_jobs_are_listed_and_have_run(own_stack):
    until(lambda: sorted(name for name, job in listed(own_stack).items() if job["lastFinishedAt"]) == JOBS, 20)
    for job in listed(own_stack).values():
        assert job["lastError"] is None, job
        assert job["nextRunAt"] >= job["lastStartedAt"]
    table = own_stack.control("jobs").stdout.splitlines()
    assert table[0].split() == ["JOB", "EVERY", "LAST", "RUN", "NEXT", "RUN", "STATE", "LAST", "ERROR"]
    assert [line.split()[0] for line in table[1:]] == JOBS


def test_a_job_is_run_now(own_stack):
    before = listed(own_stack)["partitions"]["lastFinishedAt"]
    assert own_stack.control("jobs", "run", "partitions").stdout == "partitions has run\n"
    assert listed(own_stack)["partitions"]["lastFinishedAt"] > before
    assert run_sql(own_stack, "SELECT subject FROM audit_log WHERE action = 'job.run'") == [("partitions",)]


def test_an_unknown_job_is_refused(own_stack):
    answer = own_stack.control("jobs", "run", "nothing", check=False)
    assert (answer.returncode, answer.stdout) == (1, "") and "there is no job nothing" in answer.stderr
    for words in (["jobs", "run"], ["jobs", "run", "a", "b"], ["jobs", "run", "partitions", "--timeout", "0"], ["jobs", "x"]):
        assert own_stack.control(*words, check=False).returncode == 2


# What they do


def test_usage_is_posted_within_two_seconds(own_stack):
    identifier = request_of(own_stack, "0.5")
    until(lambda: is_posted(own_stack, identifier), seconds=2.5)
    assert run_sql(own_stack, "SELECT * FROM credit_ledger_faults") == []


def test_health_is_checked_and_balances_are_asked_with_the_installations_key(own_stack):
    stack = own_stack
    with stack.client(stack.admin_token) as client:
        empty_ledger(stack, "fal_ai", "runway_ml")
        key(stack, client, "runway_ml", "key_" + "a" * 64)
        stack.control("jobs", "run", "health_checks")
        rows = "SELECT h.status, h.reason FROM health_checks h JOIN providers p ON p.id = h.provider_id WHERE p.slug = 'runway_ml'"
        assert run_sql(stack, rows) == [("healthy", "scheduled")]
        asked = stack.control("jobs", "run", "balances", check=False)
        assert asked.returncode == 0, asked.stderr
        data = client.get(f"{BASE}/runway_ml/balance").json()["data"]
        assert data["drift"] == pytest.approx(-data["providerBalance"]) and data["providerBalance"] > 0
        others = run_sql(stack, "SELECT count(*) FROM health_checks h JOIN providers p ON p.id = h.provider_id WHERE p.slug <> 'runway_ml'")
        assert others == [(0,)], "providers without a key of the installation are not asked"


def test_a_key_that_is_refused_raises_an_alert_which_goes_with_a_good_one(own_stack):
    stack = own_stack
    with stack.client(stack.admin_token) as client:
        empty_ledger(stack, "replicate")
        key(stack, client, "replicate", "r8_invalid" + "0" * 30)
        stack.control("jobs", "run", "health_checks")
        shown = client.get(f"{BASE}/replicate/alerts").json()["data"]["alerts"]
        assert sorted(row["type"] for row in shown) == ["invalid_key", "provider_down"]
        key(stack, client, "replicate", "r8_" + "a" * 37)
        stack.control("jobs", "run", "health_checks")
        shown = client.get(f"{BASE}/replicate/alerts").json()["data"]["alerts"]
        assert [row["type"] for row in shown] == ["provider_recovered"]


def test_retention_ends_what_is_no_longer_kept(own_stack):
    stack = own_stack
    run_sql(
        stack,
        """
        INSERT INTO idempotency_keys (caller, key, fingerprint, claim, locked_until, created_at)
        SELECT 'c', 'old-' || n, ''::bytea, gen_random_uuid(), now(), now() - interval '25 hours' FROM generate_series(1, 12000) AS n
        UNION ALL SELECT 'c', 'new', ''::bytea, gen_random_uuid(), now(), now()
        """,
    )
    run_sql(
        stack,
        """
        INSERT INTO health_checks (provider_id, checked_at, status, reason)
        SELECT id, now() - make_interval(days => d), 'healthy', 'manual'
        FROM providers, unnest('{40,35,29,1}'::int[]) AS d WHERE slug IN ('minimax')
        UNION ALL SELECT id, now() - interval '90 days', 'healthy', 'manual' FROM providers WHERE slug = 'black_forest_labs'
        """,
    )
    stack.control("jobs", "run", "retention")
    assert run_sql(stack, "SELECT key FROM idempotency_keys WHERE caller = 'c'") == [("new",)]
    counts = run_sql(
        stack,
        "SELECT p.slug, count(*) FROM health_checks h JOIN providers p ON p.id = h.provider_id"
        " WHERE p.slug IN ('minimax', 'black_forest_labs') GROUP BY 1 ORDER BY 1",
    )
    assert counts == [("black_forest_labs", 1), ("minimax", 2)], "the newest check of a provider stays"


def test_late_reports_of_a_month_that_is_gone_are_kept_and_go_in_their_turn(own_stack):
    stack = own_stack
    late = {"id": "late", "model": "m", "cost": 0.5, "createdAt": moment(80), "request": {"prompt": "a boat"}, "metadata": {"a": 1}}
    month = moment(80)[:7].replace("-", "_")
    run_sql(stack, "SELECT drop_request_partitions(now() - interval '1 month', now() - interval '1 month')")
    where = "SELECT r.tableoid::regclass::text, y.tableoid::regclass::text FROM requests r LEFT JOIN request_payloads y ON y.request_id = r.id WHERE r.external_id = 'late'"
    with stack.client(stack.admin_token) as client:
        url = f"{BASE}/cohere/requests"
        created = client.post(url, json=late)
        assert created.status_code == 201
        assert run_sql(stack, where) == [("requests_other", "request_payloads_other")]
        assert client.get(f"{url}/late").json()["data"]["request"] == {"prompt": "a boat"}
        stack.control("jobs", "run", "partitions")
        assert run_sql(stack, where) == [(f"requests_{month}", f"request_payloads_{month}")]
        assert client.post(url, json=late).status_code == 200
        assert client.get(url).json()["data"]["total"] == 1
        # What was asked and answered goes before the request does.
        run_sql(stack, "SELECT drop_request_partitions(NULL, now() - interval '1 month')")
        assert run_sql(stack, where) == [(f"requests_{month}", None)]
        shown = client.get(f"{url}/late").json()["data"]
        assert [shown[name] for name in ("cost", "request", "response", "error")] == [0.5, None, None, None]
        assert client.get(url).json()["data"]["requests"][0]["metadata"] == {}
        # The usage and the charge of a request outlive it.
        run_sql(stack, "SELECT drop_request_partitions(now() - interval '1 month', NULL)")
        assert client.get(f"{url}/late").status_code == 404
        assert client.get(url).json()["data"]["total"] == 0
        assert client.get(f"{BASE}/cohere/usage", params={"startDate": moment(85)}).json()["data"]["totalCost"] == 0.5
        # It is known still, as it was reported.
        again = client.post(url, json=late)
        assert (again.status_code, again.json()) == (200, created.json())
        assert client.post(url, json={"requests": [late]}).json()["data"]["requests"] == [{"id": "late", "status": "completed", "cost": 0.5}]


# Who runs them


def test_two_processes_share_the_jobs(own_stack):
    stack = own_stack
    second = subprocess.Popen(
        [str(stack.run / "bin/providerd"), "jobs", "--config", stack.environment["PROVIDERD_CONFIG"]],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        run_sql(
            stack,
            """
            CREATE TABLE job_runs (name text, at timestamptz DEFAULT clock_timestamp(), who text, started timestamptz);
            GRANT INSERT ON job_runs TO providerd_app;
            CREATE FUNCTION note_job() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.last_started_at IS DISTINCT FROM OLD.last_started_at THEN
                    INSERT INTO job_runs (name, who, started) VALUES (NEW.name, NEW.locked_by, NEW.last_started_at);
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER note_job AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION note_job();
            """,
        )
        until(lambda: run_sql(stack, "SELECT count(*) > 3 FROM job_runs WHERE name = 'usage_posting'") == [(True,)], 20)
        # One that stands still keeps what it has claimed for twenty seconds; the other one has the jobs then. Which of
        # them has had the job so far is chance, and it can have been one alone: that one. Its name is HOST:PROCESS:NUMBER.
        [(busy,)] = run_sql(stack, "SELECT who FROM job_runs WHERE name = 'usage_posting' ORDER BY at DESC LIMIT 1")
        stopped = int(busy.split(":")[-2])
        os.kill(stopped, signal.SIGSTOP)
        try:
            until(lambda: run_sql(stack, "SELECT count(DISTINCT who) FROM job_runs WHERE name = 'usage_posting'") == [(2,)], seconds=40)
        finally:
            os.kill(stopped, signal.SIGCONT)
        time.sleep(4)
        # A second after the end of a run, whoever does it: two processes do not double the pace.
        closest = run_sql(
            stack,
            "SELECT min(gap) FROM (SELECT started - lag(started) OVER (ORDER BY started) AS gap FROM job_runs WHERE name = 'usage_posting') AS g",
        )
        assert closest[0][0].total_seconds() >= 1
        assert run_sql(stack, "SELECT * FROM credit_ledger_faults") == []
    finally:
        second.terminate()
        assert second.wait(timeout=20) == 0
        run_sql(stack, "DROP TRIGGER IF EXISTS note_job ON jobs; DROP FUNCTION IF EXISTS note_job(); DROP TABLE IF EXISTS job_runs")
    assert run_sql(stack, "SELECT count(*) FROM jobs WHERE locked_until > now() + interval '25 seconds'") == [(0,)]


def test_a_process_that_is_killed_is_replaced_and_its_jobs_go_on(own_stack):
    stack = own_stack
    for _ in range(3):
        before = jobs_process(stack)
        os.kill(before, signal.SIGKILL)
        until(lambda: jobs_process(stack) not in (None, before), 20)
    # Whatever it held when it died is free after the time that a claim holds.
    identifier = request_of(stack, "0.25")
    until(lambda: is_posted(stack, identifier), seconds=30)
    assert run_sql(stack, "SELECT * FROM credit_ledger_faults") == []


def test_a_reload_replaces_the_process(own_stack):
    stack = own_stack
    before = jobs_process(stack)
    os.kill(int(Path(stack.run, "pid/providerd").read_text().split()[0]), signal.SIGHUP)
    until(lambda: jobs_process(stack) not in (None, before), 20)
    identifier = request_of(stack, "0.25")
    until(lambda: is_posted(stack, identifier), 20)


def test_a_database_that_was_away_is_used_again(own_stack):
    stack = own_stack
    folder = Path(stack.run).resolve()
    before = jobs_process(stack)

    database(stack, "stop", "-m", "immediate")
    time.sleep(4)
    database(stack, "start")
    identifier = request_of(stack, "0.25")
    # At most five seconds until it asks again, and what was claimed when the database went is free after 20.
    until(lambda: is_posted(stack, identifier), seconds=30)
    assert jobs_process(stack) == before
    log = (folder / "log/providerd.log").read_text()
    assert 1 <= log.count("jobs wait for the database") <= 5
    assert "jobs have the database again" in log
    with psycopg.connect(stack.database_url) as connection:
        assert connection.execute("SELECT * FROM credit_ledger_faults").fetchall() == []
