"""Contract 2, credits: balances, transactions and additions through nginx and PostgreSQL, every answer to the letter."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
import uuid
from decimal import Decimal

import httpx
import psycopg
import pytest
from administration import BASE, csv_rows, empty_ledger, run_sql
from golden import check
from processes import workers

FAL = f"{BASE}/fal_ai"


@pytest.fixture(autouse=True)
def clean(stack) -> None:
    empty_ledger(stack, "fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs")


def add(client: httpx.Client, provider: str = "fal_ai", **body) -> dict:
    answer = client.post(f"{BASE}/{provider}/credits/add", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def consume(stack, cost: str, days_ago: int = 0, model: str = "flux-2-pro") -> str:
    """A completed request, as the poster would find it; its ID."""
    made = run_sql(
        stack,
        """
        INSERT INTO requests (id, provider_id, purpose, model, status, created_at, completed_at, cost, currency)
        SELECT overlay(
                   gen_random_uuid()::text placing left(uuid_floor(m.at)::text, 13) || '-7' from 1 for 15)::uuid, p.id,
               'recorded', %s, 'completed', m.at, m.at, %s, 'USD'
        FROM providers p, (SELECT now() - make_interval(days => %s) AS at) AS m
        WHERE p.slug = 'fal_ai'
        RETURNING id::text
        """,
        model, cost, days_ago,
    )
    return made[0][0]


# Balances


def test_a_provider_without_ledger_has_nothing_and_is_not_low(client):
    check(client.get(f"{FAL}/balance"), "balance-empty")


def test_a_balance_says_how_long_it_lasts(stack, client):
    add(client, amount=1500.50, type="purchase")
    consume(stack, "51", days_ago=1)
    deadline = time.monotonic() + 15
    while client.get(f"{FAL}/transactions").json()["data"]["total"] < 2:
        assert time.monotonic() < deadline, "the usage was not posted"
        time.sleep(0.1)
    check(client.get(f"{FAL}/balance"), "balance")


def test_what_the_provider_reports_stands_beside_the_ledger(stack, client):
    add(client, amount=50)
    run_sql(
        stack,
        "INSERT INTO provider_balances SELECT id, '2026-01-02 03:04:05Z'::timestamptz, 47.5, 'USD' FROM providers WHERE slug = 'fal_ai'",
    )
    check(client.get(f"{FAL}/balance"), "balance-reported")


def test_the_flag_goes_up_below_the_threshold(client):
    def low() -> list[bool]:
        listed = {row["provider"]: row["isLowBalance"] for row in client.get(f"{BASE}/balances").json()["data"]}
        return [client.get(f"{FAL}/balance").json()["data"]["isLowBalance"], listed["fal_ai"]]

    add(client, amount=100)
    assert low() == [False, False]
    add(client, amount=-0.0000000001)
    assert low() == [True, True]
    client.put(f"{FAL}/config", json={"lowBalanceThreshold": 99.9999999999}).raise_for_status()
    assert low() == [False, False]
    assert client.get(f"{FAL}/balance").json()["data"]["lowBalanceThreshold"] == 99.9999999999


def test_the_balances_of_all_providers(client):
    add(client, amount=99.99)
    answer = client.get(f"{BASE}/balances")
    shown = [("fal_ai", "99.99", "true")] + [(slug, "0", "false") for slug in ("replicate", "minimax", "runway_ml", "black_forest_labs")]
    rows = [f'{{"provider":"{slug}","currentBalance":{amount},"currency":"USD","isLowBalance":{low}}}' for slug, amount, low in shown]
    # The language providers follow, by name; other tests use them.
    assert answer.text.startswith('{"data":[' + ",".join(rows) + ',{"provider":"claude",')
    assert [row["provider"] for row in answer.json()["data"]][5:] == ["claude", "cohere", "gemini", "ollama", "openai", "openrouter", "requesty"]


def test_the_balances_are_exported(client):
    add(client, amount=1234.5, provider="replicate")
    answer = client.get(f"{BASE}/balances", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text.startswith(
        "provider,currentBalance,currency,isLowBalance\r\nfal_ai,0,USD,false\r\nreplicate,1234.5,USD,false\r\n")
    assert answer.headers["content-disposition"] == 'attachment; filename="balances.csv"'
    assert client.get(f"{BASE}/balances", params={"format": "json"}).json() == client.get(f"{BASE}/balances").json()


@pytest.mark.parametrize("path", ["nobody/balance", "Fal/balance", "nobody/transactions", "nobody/transactions?format=csv", "-/alerts"])
def test_an_unknown_provider_is_not_found(client, path):
    check(client.get(f"{BASE}/{path}"), "provider-not-found")


def test_nobody_sees_a_balance_without_a_token_or_the_role(stack):
    with stack.client() as nobody:
        check(nobody.get(f"{FAL}/balance"), "administration-unauthenticated")
    with stack.client(stack.token(role="Manager")) as manager:
        check(manager.get(f"{FAL}/balance"), "administration-forbidden")
        check(manager.post(f"{FAL}/credits/add", json={"amount": 1}), "administration-forbidden")


# Additions


def test_credits_are_added(client):
    check(client.post(f"{FAL}/credits/add", json={"amount": 100.00, "description": "Manual credit addition", "metadata": {}}), "credits-add")
    check(client.post(f"{FAL}/credits/add", json={"amount": -0.05}), "credits-add-negative")
    check(client.post(f"{FAL}/credits/add", json={"amount": 3, "type": "refund", "metadata": {"invoice": "R-1", "n": [1.10, None]}}), "credits-add-refund")
    check(client.get(f"{FAL}/transactions"), "transactions")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("zero", {"amount": 0}), ("zero-decimal", {"amount": 0.0}), ("missing", {}), ("text", {"amount": "1"}),
        ("null", {"amount": None}), ("negative-purchase", {"amount": -1, "type": "purchase"}),
        ("negative-refund", {"amount": -1, "type": "refund"}), ("consumption", {"amount": 1, "type": "consumption"}),
        ("unknown-type", {"amount": 1, "type": "gift"}), ("description-empty", {"amount": 1, "description": ""}),
        ("description-long", {"amount": 1, "description": "x" * 501}), ("metadata-list", {"amount": 1, "metadata": []}),
        ("metadata-large", {"amount": 1, "metadata": {"a": "x" * 8_192}}), ("unknown-field", {"amount": 1, "currency": "USD"}),
    ],
)
def test_a_wrong_addition_is_refused_and_changes_nothing(stack, client, name, body):
    check(client.post(f"{FAL}/credits/add", json=body), f"credits-add-{name}")
    assert client.get(f"{FAL}/transactions").json()["data"]["total"] == 0
    assert run_sql(stack, "SELECT count(*) FROM credit_accounts a JOIN providers p ON p.id = a.provider_id WHERE p.slug = 'fal_ai'") == [(0,)]


@pytest.mark.parametrize("amount", ["0.12345678901", "1e-11", "1234567890123456", "1e15", "-0", "NaN"])
def test_an_amount_that_is_not_exact_is_refused(client, amount):
    answer = client.post(f"{FAL}/credits/add", content='{"amount": ' + amount + "}", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_REQUEST"), answer.text


def test_amounts_come_back_as_they_went_in(client):
    numbers = random.Random(18)
    total = Decimal(0)
    for _ in range(40):
        digits = numbers.randint(0, 10)
        amount = Decimal(numbers.randrange(1, 10 ** numbers.randint(1, 15))).scaleb(-digits).normalize()
        text = format(amount if numbers.random() < 0.5 else -amount, "f")
        answer = client.post(f"{FAL}/credits/add", content='{"amount": ' + text + "}", headers={"Content-Type": "application/json"})
        assert answer.status_code == 201, answer.text
        data = json.loads(answer.text, parse_float=str, parse_int=str)["data"]
        total += Decimal(text)
        assert data["amount"] == text
        assert Decimal(data["balanceAfter"]) == total
    assert Decimal(json.loads(client.get(f"{FAL}/balance").text, parse_float=str, parse_int=str)["data"]["currentBalance"]) == total


def test_a_retry_adds_once(client):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.post(f"{FAL}/credits/add", json={"amount": 5}, headers=headers)
    again = client.post(f"{FAL}/credits/add", json={"amount": 5}, headers=headers)
    assert (first.status_code, again.status_code, again.text) == (201, 201, first.text)
    assert again.headers["idempotency-replayed"] == "true"
    check(client.post(f"{FAL}/credits/add", json={"amount": 6}, headers=headers), "credits-add-key-reused")
    assert client.get(f"{FAL}/transactions").json()["data"]["total"] == 1


def test_of_fifty_with_the_same_key_one_adds(stack, client):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answers: list[httpx.Response] = []

    def send() -> None:
        with stack.client(stack.admin_token) as opened:
            answers.append(opened.post(f"{FAL}/credits/add", json={"amount": 5}, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == 50 and {answer.status_code for answer in answers} <= {201, 409}
    added = {answer.text for answer in answers if answer.status_code == 201}
    assert len(added) == 1
    assert client.get(f"{FAL}/balance").json()["data"]["currentBalance"] == 5
    assert client.get(f"{FAL}/transactions").json()["data"]["total"] == 1
    # Another caller's key of the same name is another key.
    with stack.client(stack.token(sub=f"admin-{uuid.uuid4()}")) as other:
        assert other.post(f"{FAL}/credits/add", json={"amount": 5}, headers=headers).status_code == 201
    assert client.get(f"{FAL}/balance").json()["data"]["currentBalance"] == 10


def test_an_addition_is_in_the_audit_log_with_before_and_after(stack, client):
    made = add(client, amount=7.5, type="purchase")
    rows = run_sql(stack, "SELECT action, provider, outcome, details FROM audit_log WHERE subject = %s", made["transactionId"])
    details = {
        "type": "purchase", "amount": 7.5, "description": "Credits purchased", "before": {"balance": 0}, "after": {"balance": 7.5},
    }
    assert rows == [("credits.add", "fal_ai", "success", details)]


# Transactions


def test_an_empty_history(client):
    check(client.get(f"{FAL}/transactions"), "transactions-empty")


def test_pages_cursors_and_filters(stack, client):
    for number in range(1, 8):
        add(client, amount=number, type="purchase" if number % 3 == 0 else "adjustment", description=f"d{number}")

    def described(**query) -> tuple[list[str], int]:
        data = client.get(f"{FAL}/transactions", params=query).raise_for_status().json()["data"]
        return [row["description"] for row in data["transactions"]], data["total"]

    assert described() == (["d7", "d6", "d5", "d4", "d3", "d2", "d1"], 7)
    assert described(limit=2, offset=3) == (["d4", "d3"], 7)
    assert described(type="purchase") == (["d6", "d3"], 2)
    assert described(type="consumption") == ([], 0)
    assert described(offset=100) == ([], 7)
    seen, cursor = [], None
    while True:
        data = client.get(f"{FAL}/transactions", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()["data"]
        seen += [row["description"] for row in data["transactions"]]
        cursor = data["cursor"]
        if cursor is None:
            break
    assert seen == ["d7", "d6", "d5", "d4", "d3", "d2", "d1"]
    today = run_sql(stack, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')")[0][0]
    assert described(startDate=today, endDate=today)[1] == 7
    assert described(endDate="2020-01-01")[1] == 0
    assert described(startDate="2020-01-01", tz="Asia/Kolkata", limit=1) == (["d7"], 7)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("limit-0", {"limit": 0}), ("limit-501", {"limit": 501}), ("offset", {"offset": -1}), ("type", {"type": "gift"}),
        ("date", {"startDate": "2025-13-01"}), ("reversed", {"startDate": "2025-02-02", "endDate": "2025-02-01"}),
        ("zone", {"tz": "Mars/Olympus"}), ("cursor", {"cursor": "eA"}), ("format", {"format": "xml"}), ("unknown", {"page": 1}),
    ],
)
def test_a_wrong_question_is_refused(client, name, query):
    check(client.get(f"{FAL}/transactions", params=query), f"transactions-{name}")


def test_the_history_is_exported_as_it_is_listed(stack, client):
    add(client, amount=10, type="purchase", description='=1+1, "quoted"', metadata={"a": 1})
    consume(stack, "0.05")
    deadline = time.monotonic() + 15
    while (listed := client.get(f"{FAL}/transactions").json()["data"])["total"] < 2:
        assert time.monotonic() < deadline, "the usage was not posted"
        time.sleep(0.1)
    exported = client.get(f"{FAL}/transactions", params={"format": "json", "startDate": "2020-01-01"})
    assert exported.json()["data"] == {"transactions": listed["transactions"], "total": 2}
    assert exported.headers["content-disposition"] == 'attachment; filename="fal_ai-transactions-from-2020-01-01.json"'
    answer = client.get(f"{FAL}/transactions", params={"format": "csv"})
    check(answer, "transactions-csv")
    rows = csv_rows(answer.text)
    assert [row["id"] for row in rows] == [row["id"] for row in listed["transactions"]]
    assert rows[0]["metadata.model"] == "flux-2-pro" and rows[1]["description"] == "'=1+1, \"quoted\""
    assert csv_rows(client.get(f"{FAL}/transactions", params={"format": "csv", "type": "purchase"}).text) == rows[1:]


# Under fire


def test_many_writers_with_workers_killed_in_the_middle_leave_a_ledger_that_adds_up(stack):
    acknowledged: list[str] = []
    made: list[str] = []
    stop = threading.Event()

    def write(number: int) -> None:
        with stack.client(stack.admin_token) as client:
            while not stop.is_set():
                key = str(uuid.uuid4())
                try:
                    answer = client.post(
                        f"{FAL}/credits/add", json={"amount": 1, "description": key}, headers={"Idempotency-Key": key})
                    if answer.status_code == 201:
                        acknowledged.append(key)
                    if number % 8 == 0:
                        made.append(consume(stack, "0.25"))
                except (httpx.TransportError, psycopg.Error):
                    time.sleep(0.05)

    writers = [threading.Thread(target=write, args=[number]) for number in range(64)]
    for writer in writers:
        writer.start()
    for _ in range(4):
        time.sleep(1.5)
        for worker in workers(stack)[:1]:
            os.kill(worker, signal.SIGKILL)
    time.sleep(1)
    stop.set()
    for writer in writers:
        writer.join(timeout=60)
    deadline = time.monotonic() + 30
    while run_sql(stack, "SELECT count(*) FROM usage_tail WHERE cost <> 0") != [(0,)]:
        assert time.monotonic() < deadline, "the usage was not posted"
        time.sleep(0.2)
    assert len(acknowledged) > 50
    assert run_sql(stack, "SELECT * FROM credit_ledger_faults") == []
    entries = [row[0] for row in run_sql(stack, "SELECT description FROM credit_transactions WHERE type = 'adjustment'")]
    assert len(entries) == len(set(entries))
    assert set(acknowledged) <= set(entries)
    uncharged = run_sql(
        stack,
        "SELECT count(*) FROM requests r WHERE r.id = ANY (%s::uuid[])"
        " AND 1 <> (SELECT count(*) FROM credit_transactions t WHERE t.request_id = r.id AND t.amount = -0.25)",
        made,
    )
    assert made and uncharged == [(0,)]
