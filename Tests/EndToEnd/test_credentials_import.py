"""`providerctl credentials import`: the rows of an older installation's SQLite database, with Fernet tokens of Python."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import sqlite3
import subprocess
import time
import uuid
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

SCHEMA = """
CREATE TABLE api_providers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, endpoint_url TEXT NOT NULL,
    auth_type TEXT NOT NULL, model_name TEXT, is_active BOOLEAN DEFAULT 1,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY, provider_id TEXT NOT NULL, key_value TEXT NOT NULL, environment TEXT DEFAULT 'default',
    is_active BOOLEAN DEFAULT 1, last_used_at DATETIME, created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME DEFAULT CURRENT_TIMESTAMP, FOREIGN KEY (provider_id) REFERENCES api_providers(id)
);
"""
PROVIDERS = {
    "gemini": ("Google Gemini", "https://generativelanguage.googleapis.com/v1beta", "api_key", "gemini-2.5-flash-image"),
    "openrouter": ("OpenRouter", "https://openrouter.ai/api/v1", "bearer", "google/gemini-2.5-flash-image"),
    "requesty": ("Requesty", "https://router.requesty.ai/v1", "bearer", None),
}


class OldInstallation:
    """A database of the older schema and what is exported from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = Fernet.generate_key()
        self.key_file = folder / "fernet.key"
        self.key_file.write_bytes(self.key + b"\n")
        self.key_file.chmod(0o600)
        self.database = sqlite3.connect(folder / "old.db")
        self.database.row_factory = sqlite3.Row
        self.database.executescript(SCHEMA)
        self.provider_ids = {}
        for name, values in PROVIDERS.items():
            self.provider_ids[name] = str(uuid.uuid4())
            self.database.execute(
                "INSERT INTO api_providers (id, name, display_name, endpoint_url, auth_type, model_name) VALUES (?, ?, ?, ?, ?, ?)",
                [self.provider_ids[name], name, *values],
            )

    def add(self, provider: str, secret: str, **columns) -> str:
        row = {
            "id": str(uuid.uuid4()), "provider_id": self.provider_ids[provider],
            "key_value": Fernet(self.key).encrypt(secret.encode()).decode(), "created_at": "2025-09-02 10:00:00",
        } | columns
        self.database.execute(
            f"INSERT INTO api_keys ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
        )
        return row["id"]

    def rows(self, table: str) -> list[dict]:
        return [dict(row) for row in self.database.execute(f"SELECT * FROM {table}")]

    def json_files(self) -> list[str]:
        """What `sqlite3 -json` writes, nothing at all for a table without rows."""
        for table in ("api_providers", "api_keys"):
            rows = self.rows(table)
            (self.folder / f"{table}.json").write_text(json.dumps(rows) + "\n" if rows else "")
        return ["--providers", str(self.folder / "api_providers.json"), str(self.folder / "api_keys.json")]

    def csv_files(self) -> list[str]:
        """What `sqlite3 -csv -header` writes."""
        for table in ("api_providers", "api_keys"):
            with (self.folder / f"{table}.csv").open("w", newline="") as file:
                cursor = self.database.execute(f"SELECT * FROM {table}")
                writer = csv.writer(file)
                writer.writerow([column[0] for column in cursor.description])
                writer.writerows(cursor)
        return ["--providers", str(self.folder / "api_providers.csv"), str(self.folder / "api_keys.csv")]

    def one_file(self) -> list[str]:
        file = self.folder / "both.json"
        file.write_text(json.dumps({table: self.rows(table) for table in ("api_providers", "api_keys")}))
        return [str(file)]


@pytest.fixture
def old(tmp_path):
    return OldInstallation(tmp_path)


@pytest.fixture
def database(stack):
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        yield connection
        connection.execute(
            "DELETE FROM credentials k USING providers p WHERE p.id = k.provider_id AND k.owner IS NULL AND p.slug = ANY (%s)",
            [list(PROVIDERS)],
        )
        connection.execute("UPDATE providers SET enabled = true WHERE slug = ANY (%s)", [list(PROVIDERS)])


def run(stack, old: OldInstallation, files: list[str], *options: str):
    return stack.control("credentials", "import", "--fernet-key-file", str(old.key_file), *options, *files, check=False)


def stored(database) -> list[tuple]:
    return database.execute(
        "SELECT k.id::text, p.slug, k.environment, k.is_active, k.hint, k.state, k.created_at::text, k.last_used_at::text, k.sealed"
        " FROM credentials k JOIN providers p ON p.id = k.provider_id WHERE k.owner IS NULL AND p.slug = ANY (%s) ORDER BY k.id",
        [list(PROVIDERS)],
    ).fetchall()


def audits(database) -> int:
    return database.execute("SELECT seq FROM audit_head").fetchone()[0]


def outcomes(finished) -> list[str]:
    return [row["result"] for row in json.loads(finished.stdout)["rows"] if row["table"] == "api_keys"]


@pytest.mark.parametrize("export", ["json_files", "csv_files", "one_file"])
def test_keys_are_taken_over_sealed_anew_and_usable(stack, database, old, tmp_path, export):
    first = old.add("openrouter", "sk-or-v1-simulated-4321", environment="prod", last_used_at="2025-11-26 17:00:00")
    second = old.add("gemini", "AIza-simulated-8765", is_active=0)
    before = audits(database)
    finished = run(stack, old, getattr(old, export)())
    assert finished.returncode == 0, finished
    assert "2 imported, 0 here already" in finished.stdout
    found = {row[0]: row[1:] for row in stored(database)}
    assert found[first][:7] == (
        "openrouter", "prod", True, "…4321", "untested", "2025-09-02 10:00:00+00", "2025-11-26 17:00:00+00",
    )
    assert found[second][:4] == ("gemini", "default", False, "…8765")
    for row in found.values():
        assert b"simulated" not in bytes(row[7])
    rows = database.execute("SELECT actor, action, subject, details FROM audit_log WHERE seq > %s ORDER BY seq", [before]).fetchall()
    assert sorted(row[2] for row in rows) == sorted([first, second])
    assert all(row[0].startswith("cli:") and row[1] == "credential.import" for row in rows)
    assert "simulated" not in json.dumps([row[3] for row in rows])
    # What was taken over is used.
    file = tmp_path / "a.png"
    painted = stack.control(
        "image", "generate", "--provider", "openrouter", "--environment", "prod", "--prompt", "x", "--output", str(file), check=False
    )
    assert painted.returncode == 0 and file.read_bytes().startswith(b"\x89PNG")
    assert stack.control("audit", "verify").returncode == 0


def test_a_second_run_changes_nothing(stack, database, old):
    old.add("openrouter", "sk-or-v1-simulated-4321")
    old.add("requesty", "rqsty-simulated-1234", environment="dev")
    files = old.json_files()
    assert run(stack, old, files).returncode == 0
    before, seen = stored(database), audits(database)
    again = run(stack, old, files, "--json")
    assert again.returncode == 0 and outcomes(again) == ["present", "present"]
    assert json.loads(again.stdout)["imported"] == 0
    assert (stored(database), audits(database)) == (before, seen)


def test_the_same_key_under_another_id_is_recognised(stack, database, old):
    stack.control("ai:credentials:set", "openrouter", "--stdin", "--no-test", input="sk-or-v1-simulated-4321")
    (own,) = stored(database)
    old.add("openrouter", "sk-or-v1-simulated-4321")
    finished = run(stack, old, old.json_files(), "--json")
    assert outcomes(finished) == ["present"]
    assert own[0] in [row["note"] for row in json.loads(finished.stdout)["rows"]][-1]
    assert stored(database) == [own]


def test_an_id_that_is_taken_stops_everything(stack, database, old):
    taken = old.add("openrouter", "sk-or-v1-simulated-4321")
    assert run(stack, old, old.json_files()).returncode == 0
    before, seen = stored(database), audits(database)
    old.database.execute("UPDATE api_keys SET key_value = ?", [Fernet(old.key).encrypt(b"sk-another-0123456789").decode()])
    old.add("requesty", "rqsty-simulated-1234")
    finished = run(stack, old, old.json_files(), "--json")
    assert finished.returncode == 1 and outcomes(finished) == ["refused", "not imported"]
    assert [row["id"] for row in json.loads(finished.stdout)["rows"] if row["result"] == "refused"] == [taken]
    assert (stored(database), audits(database)) == (before, seen)


MISTAKES = {
    "a damaged token": "UPDATE api_keys SET key_value = substr(key_value, 1, 60) || 'AAAA' || substr(key_value, 65) WHERE id = :id",
    "no token": "UPDATE api_keys SET key_value = 'sk-or-v1-plain' WHERE id = :id",
    "an empty token": "UPDATE api_keys SET key_value = '' WHERE id = :id",
    "an environment": "UPDATE api_keys SET environment = 'a b' WHERE id = :id",
    "a time": "UPDATE api_keys SET created_at = 'yesterday' WHERE id = :id",
    "a boolean": "UPDATE api_keys SET is_active = 'maybe' WHERE id = :id",
    "an unknown provider": "UPDATE api_keys SET provider_id = 'nobody' WHERE id = :id",
    "a provider's name": "UPDATE api_providers SET name = 'stability' WHERE name = 'requesty'",
    "a provider's address": "UPDATE api_providers SET endpoint_url = 'nonsense' WHERE name = 'requesty'",
    "a provider's authentication": "UPDATE api_providers SET auth_type = 'magic' WHERE name = 'requesty'",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_damaged_row_stops_everything_and_is_named(stack, database, old, mistake):
    old.add("openrouter", "sk-or-v1-simulated-4321")
    damaged = old.add("requesty", "rqsty-simulated-1234")
    old.database.execute(MISTAKES[mistake], {"id": damaged} if ":id" in MISTAKES[mistake] else {})
    before = audits(database)
    finished = run(stack, old, old.json_files())
    assert finished.returncode == 1
    assert "nothing was imported" in finished.stdout and "refused" in finished.stdout
    table = "api_providers" if "provider's" in mistake else "api_keys"
    refused = [line.split() for line in finished.stdout.splitlines() if " refused " in line]
    assert [line[:2] for line in refused if line[0] == table] == [[table, "3" if table == "api_providers" else "2"]]
    assert "simulated" not in finished.stdout + finished.stderr and "sk-or" not in finished.stdout
    assert stored(database) == [] and audits(database) == before


def test_a_wrong_fernet_key_imports_nothing_and_names_every_row(stack, database, old):
    for number in range(3):
        old.add("openrouter", f"sk-or-v1-simulated-{number}", environment=f"e{number}")
    old.key_file.write_bytes(Fernet.generate_key())
    finished = run(stack, old, old.json_files(), "--json")
    assert finished.returncode == 1 and outcomes(finished) == ["refused"] * 3
    assert all("another Fernet key" in row["note"] for row in json.loads(finished.stdout)["rows"] if row["result"] == "refused")
    assert stored(database) == []


def test_what_is_no_fernet_key_is_refused(stack, database, old):
    old.add("openrouter", "sk-or-v1-simulated-4321")
    for text in ("", "short", "A" * 44, Fernet.generate_key().decode()[:-1]):
        old.key_file.write_text(text)
        finished = run(stack, old, old.json_files())
        assert finished.returncode == 1 and "does not hold a Fernet key" in finished.stderr, text
    old.key_file.write_bytes(old.key)
    old.key_file.chmod(0o644)
    assert "open to others" in run(stack, old, old.json_files()).stderr
    old.key_file.unlink()
    assert run(stack, old, old.json_files()).returncode == 1
    assert stored(database) == []


def test_a_provider_that_was_off_is_switched_off_with_its_keys_and_only_then(stack, database, old):
    old.add("requesty", "rqsty-simulated-1234")
    old.database.execute("UPDATE api_providers SET is_active = 0 WHERE name IN ('requesty', 'gemini')")
    finished = run(stack, old, old.json_files(), "--json")
    assert finished.returncode == 0
    shown = {row["provider"]: row["result"] for row in json.loads(finished.stdout)["rows"] if row["table"] == "api_providers"}
    assert shown == {"gemini": "known", "openrouter": "known", "requesty": "disabled"}
    enabled = dict(database.execute("SELECT slug, enabled FROM providers WHERE slug = ANY (%s)", [list(PROVIDERS)]).fetchall())
    assert enabled == {"gemini": True, "openrouter": True, "requesty": False}
    # Switched on again, it stays on: the second run has nothing to take over.
    database.execute("UPDATE providers SET enabled = true WHERE slug = 'requesty'")
    assert run(stack, old, old.json_files()).returncode == 0
    assert database.execute("SELECT enabled FROM providers WHERE slug = 'requesty'").fetchone() == (True,)


def test_an_empty_installation_is_imported(stack, database, old):
    finished = run(stack, old, old.json_files())
    assert finished.returncode == 0 and "0 imported, 0 here already" in finished.stdout


def test_files_that_are_no_tables_are_refused(stack, database, old, tmp_path):
    providers = old.json_files()[:2]
    for text in ("[1]", "{", '{"api_keys": []}', '[{"id": {}}]', "id,name\n1\n"):
        file = tmp_path / "wrong"
        file.write_text(text)
        finished = run(stack, old, [str(file)] if text.startswith("{") else [*providers, str(file)])
        assert finished.returncode == 1 and "nothing was imported" in finished.stderr, (text, finished)
    assert run(stack, old, [str(tmp_path / "nonexistent")]).returncode == 1
    assert run(stack, old, [old.json_files()[2]]).returncode in (1, 2)


@pytest.mark.parametrize("line", ["", "file", "--fernet-key-file", "--fernet-key-file k", "--fernet-key-file k a b"])
def test_a_mistake_on_the_line_is_said(stack, line):
    finished = stack.control("credentials", "import", *line.split(), check=False)
    assert finished.returncode == 2 and "usage: providerctl credentials import" in finished.stderr


# What sqlite3 itself writes


@pytest.mark.parametrize("form", ["-json", "-csv"])
def test_what_sqlite3_writes_is_read(stack, database, old, form):
    """Quotation marks, commas and line breaks in names, NULL and the lines' ends are as that program has them."""
    old.add("openrouter", "sk-or-v1-simulated-4321", environment="prod", last_used_at=None)
    old.add("requesty", "rqsty-simulated-1234", last_used_at="2025-11-26 17:00:00.250000")
    old.database.execute("UPDATE api_providers SET display_name = 'The \"Router\", open' || char(10) || 'to all' WHERE name = 'openrouter'")
    old.database.commit()
    files = []
    for table in ("api_providers", "api_keys"):
        file = old.folder / f"{table}.out"
        finished = subprocess.run(
            ["sqlite3", form, *(["-header"] if form == "-csv" else []), str(old.folder / "old.db"), f"SELECT * FROM {table}"],
            capture_output=True, check=True, timeout=30,
        )
        file.write_bytes(finished.stdout)
        files.append(str(file))
    finished = run(stack, old, ["--providers", *files])
    assert finished.returncode == 0, finished
    assert "2 imported, 0 here already" in finished.stdout
    used = {row[1]: row[7] for row in stored(database)}
    assert used == {"openrouter": None, "requesty": "2025-11-26 17:00:00.25+00"}


def test_killed_in_the_middle_it_imports_all_or_nothing(stack, database, old):
    """A thousand keys, and SIGKILL at whatever moment; the next run does the rest or has nothing to do."""
    for number in range(1_000):
        old.add("openrouter", f"sk-or-v1-simulated-{number:04}", environment=f"e{number}")
    files = old.json_files()
    command = [str(stack.run / "bin/providerctl"), "credentials", "import", "--fernet-key-file", str(old.key_file), *files]
    for seconds in (0.05, 0.3, 0.6, 1.0):
        running = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **stack.environment}
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(seconds)
        running.kill()
        running.wait()
        # The server notices a moment later that nobody listens any more.
        assert until_settled(database) in (0, 1_000)
    finished = run(stack, old, files)
    assert finished.returncode == 0, finished
    assert len(stored(database)) == 1_000
    assert stack.control("audit", "verify").returncode == 0


def until_settled(database) -> int:
    """How many keys are there when no import is under way any more."""
    end = time.monotonic() + 30
    while database.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'providerctl' AND state <> 'idle'"
    ).fetchone()[0]:
        assert time.monotonic() < end
        time.sleep(0.05)
    return len(stored(database))


def test_another_way_to_tell_keys_is_said(stack, database, old):
    old.add("gemini", "AIza-simulated-8765")
    old.database.execute("UPDATE api_providers SET auth_type = 'oauth' WHERE name = 'gemini'")
    finished = run(stack, old, old.json_files(), "--json")
    assert finished.returncode == 0
    (row,) = [row for row in json.loads(finished.stdout)["rows"] if row["table"] == "api_providers" and row["provider"] == "gemini"]
    assert row["note"] == "auth_type was oauth, here it is api_key: see 'providerctl provider set'"


def test_the_key_file_and_the_rows_are_in_no_message(stack, database, old):
    old.add("openrouter", "sk-or-v1-simulated-4321")
    old.add("openrouter", "sk-or-v1-simulated-4321")
    finished = run(stack, old, old.json_files())
    assert finished.returncode == 1 and "the same key is there twice" in finished.stdout
    shown = finished.stdout + finished.stderr
    assert "simulated" not in shown and old.key.decode() not in shown
    assert not any(row["key_value"] in shown for row in old.rows("api_keys"))
