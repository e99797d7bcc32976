"""A client of contract 5, with an installation that has no compute provider configured when it begins."""

from __future__ import annotations

import httpx
import psycopg
from stack import Stack

FORGET = """
    DELETE FROM credentials WHERE type = 'config';
    UPDATE providers SET enabled = false, endpoint_url = vendor_endpoint_url, timeout_ms = 60000 WHERE kind = 'compute';
"""


class Machines:
    """What an administrator does with virtual machines."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = stack.client(stack.admin_token, timeout=120)

    def __enter__(self) -> "Machines":
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection:
            self.endpoints = connection.execute("SELECT endpoint_url, id FROM providers WHERE kind = 'compute'").fetchall()
        self.forget()
        return self

    def __exit__(self, *_) -> None:
        self.client.close()
        self.forget()
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.executemany("UPDATE providers SET endpoint_url = %s WHERE id = %s", self.endpoints)

    def forget(self) -> None:
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection:
            connection.execute(FORGET)

    def point(self, provider: str, url: str) -> None:
        """Sends all calls of a provider to another address."""
        self.stack.control("provider", "set", provider, "--endpoint", url)

    def post(self, path: str, body: dict, **headers: str) -> httpx.Response:
        return self.client.post(path, json=body, headers=headers)

    def add(self, provider: str, config: dict) -> None:
        response = self.post("/api/providers/add", {"provider": provider, "config": config})
        assert response.status_code == 200, response.text
        assert response.json() == {"success": True, "provider": provider, "message": "Provider added successfully"}

    def test(self, provider: str) -> dict:
        response = self.post("/api/providers/test", {"provider": provider})
        assert response.status_code == 200, response.text
        return response.json()

    def list(self, provider: str, **words: str) -> list[dict]:
        response = self.post("/api/vms/list", {"provider": provider, "filter": words})
        assert response.status_code == 200, response.text
        return response.json()

    def provider(self, name: str) -> dict:
        """The provider as the list of the configured ones has it."""
        found = [row for row in self.client.get("/api/providers/list").json() if row["provider"] == name]
        assert len(found) == 1
        return found[0]

    @staticmethod
    def detail(response: httpx.Response) -> dict:
        """What only development mode adds to an error."""
        return {"detail": response.json()["detail"]} if "detail" in response.json() else {}
