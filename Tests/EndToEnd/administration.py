"""Contract 2 from the outside: its base path, and the database that tests prepare."""

from __future__ import annotations

import csv
import io

import psycopg

BASE = "/api/admin/third-party-apis/providers"


def empty_ledger(stack, *slugs: str) -> None:
    """As if nothing had ever been added to or consumed from these providers' ledgers, and nobody alerted."""
    with psycopg.connect(stack.database_url) as database:
        for slug in slugs:
            account = "account_id IN (SELECT a.id FROM credit_accounts a JOIN providers p ON p.id = a.provider_id WHERE p.slug = %s)"
            of_provider = "provider_id = (SELECT id FROM providers WHERE slug = %s)"
            database.execute(f"DELETE FROM credit_transactions WHERE {account}", [slug])
            for table in ("credit_accounts", "provider_balances", "alerts", "usage_rollups", "usage_tail", "health_checks"):
                database.execute(f"DELETE FROM {table} WHERE {of_provider}", [slug])
            database.execute("UPDATE providers SET currency = 'USD', low_balance_threshold = 100 WHERE slug = %s", [slug])


def run_sql(stack, text: str, *values) -> list[tuple]:
    """Runs a statement as the owner of the tables; its rows, if it has any."""
    with psycopg.connect(stack.database_url) as database:
        cursor = database.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def csv_rows(text: str) -> list[dict[str, str]]:
    """The rows of an exported CSV file by column."""
    return list(csv.DictReader(io.StringIO(text, newline="")))
