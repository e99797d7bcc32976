"""Recorded traffic for the tests of contract 2: reports, a priced model, and the poster."""

from __future__ import annotations

import datetime
import time
import uuid

import httpx
import psycopg
from stack import Stack

BASE = "/api/admin/third-party-apis/providers"
MODEL = "a test/model:1.0"


def moment(days_ago: float = 0, **clock: int) -> str:
    """A time so long ago, on that day at `clock` where it is given, as the API writes it."""
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days_ago)
    return (then.replace(**clock, microsecond=0) if clock else then).strftime("%Y-%m-%dT%H:%M:%SZ")


def report(**members) -> dict:
    """A call that costs what the price says, with an ID of its own."""
    return {"id": f"job {uuid.uuid4()}", "model": MODEL, **members}


def record(client: httpx.Client, provider: str, *reports: dict) -> httpx.Response:
    """Records a batch; it must be accepted."""
    answer = client.post(f"{BASE}/{provider}/requests", json={"requests": list(reports)})
    assert answer.status_code in (200, 201), answer.text
    return answer


def price(stack: Stack, provider: str, model: str = MODEL, cost: str = "0.05") -> None:
    """A model whose picture costs 0.05, from the 100th of one call on 0.04, and in 2048x2048 0.1."""
    with psycopg.connect(stack.database_url) as database:
        database.execute(
            """WITH made AS (
                   INSERT INTO models (provider_id, name, display_name, kind)
                   SELECT id, %s, 'A test model', 'image' FROM providers WHERE slug = %s
                   ON CONFLICT (provider_id, name) DO NOTHING
                   RETURNING id
               ), priced AS (
                   INSERT INTO prices (model_id, effective_from, per_generation, source)
                   SELECT id, now() - interval '1 year', %s, 'test' FROM made
                   RETURNING id
               ), tier AS (
                   INSERT INTO price_tiers (price_id, min_quantity, tier, per_generation)
                   SELECT id, 100, 'bulk', 0.04 FROM priced
               )
               INSERT INTO price_resolutions (price_id, resolution, per_generation)
               SELECT id, '2048x2048', 0.1 FROM priced""",
            (model, provider, cost),
        )


def post(stack: Stack) -> int:
    """Posts what waits, how much that was. What the jobs post at the same time is not counted, but waited for; what
    is recorded meanwhile is not.

    Asks again as long as something waits: another poster may have been at work, and nobody says that it ends well. One
    whose process was killed still keeps the others away until the server notices, and its job has no successor yet.
    """
    with psycopg.connect(stack.database_url) as database:
        last = database.execute("SELECT coalesce(max(id), 0) FROM usage_tail").fetchone()[0]
    count, end = 0, time.monotonic() + 30
    while True:
        count += int(stack.control("post-usage").stdout.split()[0])
        if not waiting(stack, last):
            return count
        assert time.monotonic() < end, "the usage was not posted"
        time.sleep(0.05)


def waiting(stack: Stack, last: int = 2**62) -> int:
    """How many differences, up to one of them, are not posted yet."""
    with psycopg.connect(stack.database_url) as database:
        return database.execute("SELECT count(*) FROM usage_tail WHERE id <= %s", (last,)).fetchone()[0]


def balance(stack: Stack, provider: str) -> str:
    """What the ledger says, and that nothing is wrong with it."""
    with psycopg.connect(stack.database_url) as database:
        assert database.execute("SELECT * FROM credit_ledger_faults").fetchall() == []
        found = database.execute(
            "SELECT trim_scale(a.balance)::text FROM credit_accounts a JOIN providers p ON p.id = a.provider_id WHERE p.slug = %s",
            (provider,),
        ).fetchone()
    return found[0] if found else "0"
