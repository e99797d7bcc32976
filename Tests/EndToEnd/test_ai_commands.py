"""The `ai:*` commands and `setup`, by scripts and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

SLUGS = ["claude", "cohere", "gemini", "openai", "openrouter", "requesty"]
KEY = "sk-simulated-0123456789"


@pytest.fixture
def database(stack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        clean = "DELETE FROM credentials WHERE owner IS NULL"
        connection.execute(clean)
        models = connection.execute("SELECT slug, default_model FROM providers").fetchall()
        yield connection
        connection.execute(clean)
        for slug, model in models:
            connection.execute("UPDATE providers SET enabled = true, default_model = %s WHERE slug = %s", [model, slug])


def keys(database) -> list[tuple]:
    return database.execute(
        "SELECT p.slug, k.environment, k.hint, k.state, k.is_active FROM credentials k JOIN providers p ON p.id = k.provider_id"
        " WHERE k.owner IS NULL ORDER BY p.slug, k.environment, k.created_at"
    ).fetchall()


def last_audit(database) -> tuple:
    return database.execute("SELECT actor, action, provider, outcome, details::text FROM audit_log ORDER BY seq DESC LIMIT 1").fetchone()


def set_key(stack, slug: str, key: str = KEY, *options: str):
    return stack.control("ai:credentials:set", slug, "--stdin", *options, input=key + "\n", check=False)


class Terminal:
    """A program at a terminal of its own, as a person would use it."""

    def __init__(self, stack, *arguments: str, program: str | None = None) -> None:
        self.shown = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            folder = stack.run / "bin"
            environment = {
                **os.environ, "PROVIDERD_CONFIG": stack.environment["PROVIDERD_CONFIG"], "PATH": f"{folder}:{os.environ['PATH']}",
            }
            program = program or str(folder / "providerctl")
            os.execve(program, [program, *arguments], environment)

    def expect(self, text: str, seconds: float = 15) -> None:
        """Waits until the terminal shows the text after what was expected before."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} was not shown, but {self.shown!r}"
            if select.select([self.descriptor], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self.descriptor, 4096).decode()
                except OSError:
                    assert text in self.shown, f"{text!r} was not shown, but {self.shown!r}"
        self.everything = self.shown
        self.shown = self.shown.split(text, 1)[1]

    def answer(self, text: str) -> None:
        os.write(self.descriptor, text.encode() + b"\n")

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.descriptor)[3] & termios.ECHO)

    def wait_for_echo(self, on: bool) -> None:
        end = time.monotonic() + 10
        while self.echoes != on:
            assert time.monotonic() < end
            time.sleep(0.02)

    def end(self) -> int:
        """Reads until the program has ended; its status as `subprocess` gives it. One that goes on is killed."""
        deadline = time.monotonic() + 15
        while True:
            if not select.select([self.descriptor], [], [], 0.2)[0]:
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                continue
            try:
                data = os.read(self.descriptor, 4096)
            except OSError:
                break
            if not data:
                break
            self.shown += data.decode()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)


# Keys


def test_a_key_is_tested_stored_and_shown_masked(stack, database):
    stored = set_key(stack, "openai", KEY, "--environment", "prod")
    assert stored.returncode == 0 and "accepted and stored" in stored.stdout, stored
    assert keys(database) == [("openai", "prod", "…6789", "valid", True)]
    actor, action, provider, outcome, details = last_audit(database)
    assert actor.startswith("cli:") and (action, provider, outcome) == ("api_key.replace", "openai", "success")
    assert json.loads(details)["environment"] == "prod" and KEY not in details
    listed = stack.control("ai:credentials:list")
    assert KEY not in listed.stdout
    header, row = listed.stdout.splitlines()
    assert header.split()[:3] == ["PROVIDER", "ENVIRONMENT", "KEY"] and row.split()[:5] == ["openai", "prod", "…6789", "valid", "yes"]
    (shown,) = json.loads(stack.control("ai:credentials:list", "openai", "--json").stdout)
    assert (shown["hint"], shown["state"], shown["active"], shown["lastUsedAt"]) == ("…6789", "valid", True, None)
    assert json.loads(stack.control("ai:credentials:list", "claude", "--json").stdout) == []


def test_a_new_key_replaces_that_of_its_environment_only(stack, database):
    for environment, key in (("dev", KEY), ("prod", KEY), ("dev", "sk-simulated-9876543210")):
        assert set_key(stack, "openai", key, "--environment", environment).returncode == 0
    assert keys(database) == [
        ("openai", "dev", "…6789", "valid", False), ("openai", "dev", "…3210", "valid", True), ("openai", "prod", "…6789", "valid", True),
    ]


def test_a_refused_key_is_not_stored(stack, database):
    for slug in SLUGS:
        refused = set_key(stack, slug, "sk-revoked-0123456789")
        assert refused.returncode == 1 and refused.stdout == "", slug
        assert "refused the API key; nothing was stored" in refused.stderr and "revoked-0123" not in refused.stderr
        assert last_audit(database)[1:4] == ("api_key.replace", slug, "refused")
    assert keys(database) == []


def test_every_provider_accepts_a_good_key(stack, database):
    for slug in SLUGS:
        assert set_key(stack, slug).returncode == 0, slug
    assert [row[0] for row in keys(database)] == SLUGS


def test_without_a_test_a_key_is_untested(stack, database):
    stored = set_key(stack, "openai", "sk-revoked-0123456789", "--no-test", "--json")
    assert json.loads(stored.stdout) == {"provider": "openai", "environment": "default", "hint": "…6789", "tested": False}
    assert keys(database) == [("openai", "default", "…6789", "untested", True)]


@pytest.mark.parametrize("key", ["", "two words", "ü-key-0123456789", "x" * 4097])
def test_what_cannot_be_a_key_is_refused_without_being_repeated(stack, database, key):
    refused = set_key(stack, "openai", key)
    assert refused.returncode == 1 and "the API key " in refused.stderr
    assert not key or key not in refused.stderr
    assert keys(database) == []


def test_a_key_is_removed(stack, database):
    set_key(stack, "openai")
    (shown,) = json.loads(stack.control("ai:credentials:list", "--json").stdout)
    assert stack.control("ai:credentials:remove", shown["id"], check=False).returncode == 2, "nobody can be asked"
    removed = stack.control("ai:credentials:remove", shown["id"], "--yes")
    assert "deleted the key …6789 of openai (default)" in removed.stdout
    assert keys(database) == [] and last_audit(database)[1:4] == ("credential.delete", "openai", "success")
    again = stack.control("ai:credentials:remove", shown["id"], "--yes", check=False)
    assert again.returncode == 1 and "there is no key" in again.stderr


def test_an_owners_key_is_not_the_installations(stack, database, client):
    body = {"provider": "OpenAI", "credentials": {"apiKey": KEY}, "modelConfig": {"model": "gpt-4o"}}
    connection = client.post("/api/v1/ai/providers", json=body).json()["data"]
    (owned,) = database.execute("SELECT id::text FROM credentials WHERE owner IS NOT NULL ORDER BY created_at DESC LIMIT 1").fetchone()
    assert stack.control("ai:credentials:list").stdout.count("\n") <= 1
    assert stack.control("ai:credentials:remove", owned, "--yes", check=False).returncode == 1
    assert client.get(f"/api/v1/ai/providers/{connection['id']}").status_code == 200
    client.delete(f"/api/v1/ai/providers/{connection['id']}")


@pytest.mark.parametrize(
    "line",
    [
        "ai:credentials:set", "ai:credentials:set openai", f"ai:credentials:set openai {KEY}", "ai:credentials:set openai --key x", f"ai:credentials:set openai --key={KEY}", f"ai:credentials:remove {KEY}",
        "ai:credentials:set Open! --stdin", "ai:credentials:set openai --stdin --environment a.b", "ai:credentials:list a b",
        "ai:credentials:remove", "ai:credentials:remove 17 --yes", "ai:health a b", "ai:health openai --all", "ai:health --fast",
        "setup extra",
    ],
)
def test_a_mistake_on_the_line_is_said(stack, line):
    finished = stack.control(*line.split(), check=False)
    assert finished.returncode == 2 and "usage: providerctl" in finished.stderr
    assert finished.stdout == "" and KEY not in finished.stderr


def test_an_unknown_provider_is_refused_with_the_list(stack):
    for line in ("ai:credentials:list nobody", "ai:credentials:set nobody --stdin --no-test", "ai:health nobody"):
        finished = stack.control(*line.split(), check=False, input="x\n")
        assert finished.returncode == 2 and finished.stdout == ""
        listed = finished.stderr.split("there is no provider nobody; there are ")[1].splitlines()[0]
        assert {"claude", "fal_ai", "openrouter", "vsphere"} <= set(listed.split(", "))


def test_a_provider_that_is_switched_off_is_not_asked(stack, database, simulator_requests):
    database.execute("UPDATE providers SET enabled = false WHERE slug = 'openai'")
    simulator_requests.clear("openai")
    refused = set_key(stack, "openai")
    assert refused.returncode == 1 and "OpenAI is switched off" in refused.stderr
    assert keys(database) == []
    assert simulator_requests.client.get("/requests", params={"provider": "openai"}).json()["requests"] == []
    assert set_key(stack, "openai", KEY, "--no-test").returncode == 0


def test_the_mask_of_a_key_is_not_a_key(stack, database):
    refused = set_key(stack, "openai", "***masked***", "--no-test")
    assert refused.returncode == 1 and "the API key is the mask" in refused.stderr
    assert keys(database) == []


def test_when_a_key_ends_is_listed(stack, database):
    set_key(stack, "openai", KEY, "--no-test")
    database.execute("UPDATE credentials SET expires_at = '2001-02-03' WHERE owner IS NULL")
    assert "2001-02-03T00:00:00Z" in stack.control("ai:credentials:list").stdout
    alone = stack.control("ai:health", "openai", check=False)
    assert alone.returncode == 1 and "OpenAI has no key" in alone.stderr, "one that has ended is not used"


# At a terminal


def test_a_key_is_typed_without_being_shown(stack, database):
    terminal = Terminal(stack, "ai:credentials:set", "openai")
    terminal.expect("API key for OpenAI (default): ")
    terminal.wait_for_echo(False)
    terminal.answer(KEY)
    terminal.expect("accepted and stored")
    assert KEY not in terminal.everything
    assert terminal.end() == 0
    assert keys(database) == [("openai", "default", "…6789", "valid", True)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_the_terminal_as_it_was(stack, database, number):
    terminal = Terminal(stack, "ai:credentials:set", "openai")
    terminal.expect("API key for OpenAI")
    terminal.wait_for_echo(False)
    os.kill(terminal.pid, number)
    terminal.wait_for_echo(True)
    assert terminal.end() == -number
    assert keys(database) == []


def test_a_key_is_nowhere_but_sealed_in_the_database(stack, database):
    terminal = Terminal(stack, "ai:credentials:set", "openai", "--no-test")
    terminal.expect("API key for OpenAI")
    terminal.wait_for_echo(False)
    os.write(terminal.descriptor, KEY.encode())
    for process in Path("/proc").glob("[0-9]*"):
        try:
            seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        # This run of the tests was given no key in its line or environment either.
        assert KEY.encode() not in seen, process
    terminal.answer("")
    terminal.expect("stored, not tested")
    assert terminal.end() == 0 and KEY not in terminal.everything + terminal.shown
    assert keys(database) == [("openai", "default", "…6789", "untested", True)]
    rows = database.execute("SELECT c::text FROM credentials c UNION ALL SELECT a::text FROM audit_log a").fetchall()
    assert rows and not [row for row in rows if KEY in row[0]]
    assert KEY not in stack.logs(100_000)


def test_stdin_at_a_terminal_shows_nothing_either(stack, database):
    terminal = Terminal(stack, "ai:credentials:set", "openai", "--stdin")
    terminal.expect("API key for OpenAI")
    terminal.wait_for_echo(False)
    terminal.answer(KEY)
    terminal.expect("accepted and stored")
    assert terminal.end() == 0 and KEY not in terminal.everything


@pytest.mark.parametrize("moment", ["Environment [default]: ", "which is not shown: ", "Default model ["])
def test_control_c_at_any_question_stores_nothing(stack, database, moment):
    terminal = Terminal(stack, "setup", "--no-test")
    for question, answer in (("[gemini]: ", "openai"), ("Environment [default]: ", ""), ("which is not shown: ", KEY), ("Default model [", "")):
        terminal.expect(question)
        if question == moment:
            break
        if "not shown" in question:
            terminal.wait_for_echo(False)
        terminal.answer(answer)
    time.sleep(0.2)
    os.write(terminal.descriptor, b"\x03")
    terminal.wait_for_echo(True)
    assert terminal.end() == -signal.SIGINT and keys(database) == []


def test_control_c_while_a_provider_hangs_ends_at_once(stack, database):
    set_key(stack, "openai", "sk-fault=hang-0123456789", "--no-test")
    terminal = Terminal(stack, "ai:health")
    terminal.expect("asking 1")
    began = time.monotonic()
    os.write(terminal.descriptor, b"\x03")
    assert terminal.end() == -signal.SIGINT and time.monotonic() - began < 3
    assert keys(database) == [("openai", "default", "…6789", "untested", True)]


VCENTER = {"host": "vcenter.example.com", "username": "administrator@vsphere.local", "password": "secret-4711-long-enough"}


def test_a_configuration_is_asked_for_field_by_field(stack, database):
    terminal = Terminal(stack, "ai:credentials:set", "vsphere", "--no-test")
    terminal.expect("the configuration of VMware vSphere (default)")
    terminal.expect("host: ")
    terminal.answer("https://vcenter.example.com/")
    terminal.expect("host must be a host")
    terminal.expect("host: ")
    terminal.answer(VCENTER["host"])
    terminal.expect("username: ")
    terminal.answer(VCENTER["username"])
    terminal.expect("password, which is not shown: ")
    terminal.wait_for_echo(False)
    terminal.answer(VCENTER["password"])
    terminal.expect("datacenter, empty for none: ")
    assert terminal.echoes
    terminal.answer("")
    terminal.expect("insecure, empty for none: ")
    terminal.answer("")
    terminal.expect("stored, not tested")
    assert terminal.end() == 0 and VCENTER["password"] not in terminal.everything + terminal.shown
    try:
        shown = json.loads(stack.control("ai:credentials:list", "vsphere", "--json").stdout)
        assert [(one["type"], one["state"]) for one in shown] == [("config", "untested")]
        assert "configuration" in stack.control("ai:credentials:list", "vsphere").stdout
        metadata = database.execute("SELECT metadata FROM credentials WHERE type = 'config'").fetchone()[0]
        assert metadata == {"host": VCENTER["host"], "username": VCENTER["username"]}
    finally:
        database.execute("UPDATE providers SET enabled = false WHERE slug = 'vsphere'")


def test_a_document_is_read_from_its_file(stack, database, tmp_path):
    file = tmp_path / "account.json"
    file.write_text('{"type":\n"service_account"}\n')
    terminal = Terminal(stack, "ai:credentials:set", "gcp", "--no-test")
    terminal.expect("project_id: ")
    terminal.answer("my-project")
    terminal.expect("file with the credentials_json: ")
    terminal.answer(str(file) + ".gone")
    terminal.expect("cannot be read")
    terminal.expect("file with the credentials_json: ")
    terminal.answer(str(file))
    terminal.expect("zone, empty for none: ")
    terminal.answer("")
    status = terminal.end()
    # What the file holds is the provider's own matter: either it is stored, or the reason is said.
    assert (status, "stored" in terminal.shown) in ((0, True), (1, False)), terminal.shown
    assert "service_account" not in terminal.shown
    database.execute("UPDATE providers SET enabled = false WHERE slug = 'gcp'")


def test_control_c_at_a_secret_field_leaves_the_terminal_as_it_was(stack, database):
    terminal = Terminal(stack, "ai:credentials:set", "vsphere")
    terminal.expect("host: ")
    terminal.answer(VCENTER["host"])
    terminal.expect("username: ")
    terminal.answer(VCENTER["username"])
    terminal.expect("password, which is not shown: ")
    terminal.wait_for_echo(False)
    os.write(terminal.descriptor, b"half\x03")
    terminal.wait_for_echo(True)
    assert terminal.end() == -signal.SIGINT and keys(database) == []


def test_control_c_leaves_the_terminal_as_it_was(stack, database):
    terminal = Terminal(stack, "setup")
    terminal.expect("Provider, by number or name [gemini]: ")
    terminal.answer("openai")
    terminal.expect("Environment [default]: ")
    terminal.answer("")
    terminal.expect("which is not shown: ")
    terminal.wait_for_echo(False)
    os.write(terminal.descriptor, b"half a key\x03")
    terminal.wait_for_echo(True)
    assert terminal.end() == -signal.SIGINT
    assert "half a key" not in terminal.shown
    assert keys(database) == []


def test_a_stopped_program_gives_the_terminal_back_and_asks_again(stack, database):
    # Only a program that a shell waits for can be stopped.
    script = 'providerctl ai:credentials:set openai; echo "[stopped $?]"; read -r answer; fg >/dev/null'
    terminal = Terminal(stack, "-m", "-c", script, program="/bin/bash")
    terminal.expect("API key for OpenAI")
    terminal.wait_for_echo(False)
    os.write(terminal.descriptor, b"\x1a")
    terminal.expect(f"[stopped {128 + signal.SIGTSTP}]")
    assert terminal.echoes
    terminal.answer("")
    terminal.expect("API key for OpenAI")
    terminal.wait_for_echo(False)
    terminal.answer(KEY)
    terminal.expect("accepted and stored")
    assert terminal.end() == 0


def test_the_end_of_the_input_stores_nothing(stack, database):
    terminal = Terminal(stack, "ai:credentials:set", "openai")
    terminal.expect("API key for OpenAI")
    terminal.wait_for_echo(False)
    os.write(terminal.descriptor, b"\x04")
    terminal.expect("nothing is stored")
    assert terminal.end() == 1 and keys(database) == []


def test_a_removal_is_asked_about(stack, database):
    set_key(stack, "openai")
    (shown,) = json.loads(stack.control("ai:credentials:list", "--json").stdout)
    for answer, status, left in (("", 1, 1), ("n", 1, 1), ("y", 0, 0)):
        terminal = Terminal(stack, "ai:credentials:remove", shown["id"])
        terminal.expect("Delete the key …6789 of openai (default)? [y/N] ")
        terminal.answer(answer)
        assert terminal.end() == status
        assert len(keys(database)) == left


# Set-up


def test_a_person_is_led_through_the_set_up(stack, database):
    terminal = Terminal(stack, "setup")
    terminal.expect("openrouter  (OpenRouter)")
    terminal.expect("Provider, by number or name [gemini]: ")
    terminal.answer("nobody")
    terminal.expect("there is no provider 'nobody'")
    terminal.expect("Provider, by number or name [gemini]: ")
    terminal.answer("openrouter")
    terminal.expect("Environment [default]: ")
    terminal.answer("a b c!")
    terminal.expect("must have 1 to 50 letters")
    terminal.expect("Environment [default]: ")
    terminal.answer("dev")
    terminal.expect("API key, which is not shown: ")
    terminal.wait_for_echo(False)
    terminal.answer(KEY)
    terminal.expect("Default model [google/gemini-2.5-flash-image]: ")
    assert terminal.echoes and KEY not in terminal.everything
    terminal.answer("google/gemini-3.1-flash-image")
    terminal.expect("OpenRouter is set up: environment dev, model google/gemini-3.1-flash-image, key accepted")
    assert terminal.end() == 0
    assert keys(database) == [("openrouter", "dev", "…6789", "valid", True)]
    assert database.execute("SELECT default_model FROM providers WHERE slug = 'openrouter'").fetchone() == ("google/gemini-3.1-flash-image",)
    assert json.loads(last_audit(database)[4])["defaultModel"] == {
        "before": "google/gemini-2.5-flash-image", "after": "google/gemini-3.1-flash-image",
    }  # fmt: skip


def test_answers_can_be_piped(stack, database):
    finished = stack.control("setup", "--json", input=f"requesty\n\n{KEY}\n\n")
    assert json.loads(finished.stdout) == {
        "provider": "requesty", "environment": "default", "defaultModel": "google/gemini-2.5-flash-image", "hint": "…6789", "tested": True,
    }
    assert keys(database) == [("requesty", "default", "…6789", "valid", True)]


@pytest.mark.parametrize("answers", ["", "openai\n", "openai\n\n", "nobody\n", "openai\na b!\n", f"openai\n\n{KEY}\n", "openai\n\nsk-revoked-0123456789\n\n"])
def test_a_script_with_wrong_answers_stores_nothing(stack, database, answers):
    finished = stack.control("setup", input=answers, check=False)
    assert finished.returncode == 1 and finished.stdout == ""
    assert keys(database) == []


# Health


def test_providers_are_asked_at_once_and_their_answers_kept(stack, database):
    for slug in SLUGS:
        set_key(stack, slug, "sk-fault=slow=4000-0123456789", "--no-test")
    began = time.monotonic()
    finished = stack.control("ai:health", "--json", check=False)
    assert time.monotonic() - began < 4 * len(SLUGS), "not one after the other"
    assert finished.returncode == 0, finished
    shown = {row["provider"]: row for row in json.loads(finished.stdout)}
    assert sorted(shown) == SLUGS
    for row in shown.values():
        assert row["status"] == "healthy" and row["responseTime"] >= 4000 and row["message"] == "accepts the key"
    kept = database.execute(
        "SELECT p.slug, h.status, h.reason FROM health_checks h JOIN providers p ON p.id = h.provider_id"
        " WHERE h.checked_at > now() - interval '30 seconds' AND h.reason = 'manual' ORDER BY p.slug"
    ).fetchall()
    assert [row for row in kept if row[0] in SLUGS] == [(slug, "healthy", "manual") for slug in SLUGS]
    assert {row[3] for row in keys(database)} == {"valid"}
    assert last_audit(database)[1] == "provider.check"


def test_one_that_is_down_makes_the_exit_status_1(stack, database):
    set_key(stack, "openai")
    set_key(stack, "claude", "sk-revoked-0123456789", "--no-test")
    set_key(stack, "cohere", "sk-fault=overloaded", "--no-test")
    finished = stack.control("ai:health", check=False)
    assert finished.returncode == 1
    states = {line.split()[0]: line.split()[1] for line in finished.stdout.splitlines()[1:]}
    assert states == {"openai": "healthy", "claude": "down", "cohere": "degraded"}
    assert {row[0]: (row[3], row[4]) for row in keys(database)} == {
        "openai": ("valid", True), "claude": ("invalid", False), "cohere": ("untested", True),
    }
    assert stack.control("ai:health", "openai").returncode == 0
    assert stack.control("ai:health", "claude", check=False).returncode == 1
    assert stack.control("ai:health", "cohere", check=False).returncode == 0, "slow or busy is not down"


def test_one_that_hangs_is_given_up_after_ten_seconds(stack, database):
    set_key(stack, "openai", "sk-fault=hang-0123456789", "--no-test")
    set_key(stack, "claude")
    began = time.monotonic()
    finished = stack.control("ai:health", "--json", check=False)
    assert 9 < time.monotonic() - began < 14 and finished.returncode == 1
    shown = {row["provider"]: (row["status"], row["error"]) for row in json.loads(finished.stdout)}
    assert shown == {"openai": ("down", "timed_out"), "claude": ("healthy", None)}


def test_a_key_that_cannot_be_opened_does_not_hide_the_others(stack, database):
    set_key(stack, "openai")
    set_key(stack, "claude")
    database.execute(
        "UPDATE credentials SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)"
        " WHERE owner IS NULL AND provider_id = (SELECT id FROM providers WHERE slug = 'claude')"
    )
    finished = stack.control("ai:health", "--json", check=False)
    assert finished.returncode == 3
    shown = {row["provider"]: (row["status"], "could not be asked" in row["message"]) for row in json.loads(finished.stdout)}
    assert shown == {"openai": ("healthy", False), "claude": (None, True)}


def test_a_key_that_was_changed_meanwhile_is_not_judged(stack, database, client):
    record = client.post("/api/providers/openai/credentials", json={"credentials": {"apiKey": "sk-slow-0123456789"}}).json()["data"]
    path = f"/api/providers/openai/credentials/{record['id']}"
    client.put(path, json={"credentials": {"apiKey": "sk-bad-fault=slow=1500-0123456789"}}).raise_for_status()
    running = subprocess.Popen(
        [stack.run / "bin/providerctl", "ai:health", "openai"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PROVIDERD_CONFIG": stack.environment["PROVIDERD_CONFIG"]},
    )
    time.sleep(0.7)
    client.put(path, json={"credentials": {"apiKey": KEY}}).raise_for_status()
    running.communicate(timeout=30)
    assert keys(database) == [("openai", "default", "…6789", "untested", True)]


def test_all_shows_those_that_are_not_asked(stack, database):
    set_key(stack, "openai")
    database.execute("UPDATE providers SET enabled = false WHERE slug = 'cohere'")
    assert len(json.loads(stack.control("ai:health", "--json").stdout)) == 1
    rows = {row["provider"]: row for row in json.loads(stack.control("ai:health", "--all", "--json").stdout)}
    assert rows["openai"]["status"] == "healthy"
    assert rows["cohere"]["status"] is None and "switched off" in rows["cohere"]["message"]
    assert rows["claude"]["status"] is None and "has no key" in rows["claude"]["message"]
    alone = stack.control("ai:health", "claude", check=False)
    assert alone.returncode == 1 and "Claude has no key" in alone.stderr


def test_progress_is_shown_at_a_terminal_only(stack, database):
    set_key(stack, "openai")
    terminal = Terminal(stack, "ai:health")
    terminal.expect("1 of 1 answered: openai")
    terminal.expect("healthy")
    assert terminal.end() == 0
    environment = {**os.environ, "PROVIDERD_CONFIG": stack.environment["PROVIDERD_CONFIG"]}
    plain = subprocess.run([stack.run / "bin/providerctl", "ai:health"], env=environment, capture_output=True, timeout=30, check=True)
    assert plain.stderr == b""
    piped = stack.control("setup", input=f"openai\n\n{KEY}\n\n")
    assert piped.stderr == "", "nobody reads the questions"
    with (stack.run / "nothing").open("w+") as file:
        quiet = subprocess.run([stack.run / "bin/providerctl", "ai:health", "--json"], env=environment, stdout=file, stderr=subprocess.PIPE, timeout=30, check=True)
        file.seek(0)
        assert json.load(file)[0]["provider"] == "openai" and quiet.stderr == b""
