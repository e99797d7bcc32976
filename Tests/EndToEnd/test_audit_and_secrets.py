"""The audit log, the sealing of credentials, and that no secret is seen anywhere."""

from __future__ import annotations

import base64
import json
import subprocess
import uuid
from pathlib import Path

import psycopg
import pytest

ROUTE = "/api/v1/ai/providers"


@pytest.fixture
def owner(stack):
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as opened:
        yield opened


def body(key: str) -> dict:
    return {"provider": "OpenAI", "credentials": {"apiKey": key}, "modelConfig": {"model": "gpt-4o"}}


def verify(stack) -> tuple[int, dict]:
    finished = stack.control("audit", "verify", "--json", check=False)
    return finished.returncode, json.loads(finished.stdout)


def test_every_change_leaves_a_row_with_who_what_and_from_where(stack, owner):
    created = owner.post(ROUTE, json=body("sk-test"))
    identifier = created.json()["data"]["id"]
    owner.put(f"{ROUTE}/{identifier}", json={"isActive": True})
    owner.post(f"{ROUTE}/{identifier}/test")
    owner.post(f"{ROUTE}/{identifier}/test", json={"message": "[[fault bad-key]]"})
    owner.put(f"{ROUTE}/{identifier}", json={"credentials": {"apiKey": "sk-invalid"}})
    deleted = owner.delete(f"{ROUTE}/{identifier}")
    with psycopg.connect(stack.database_url) as database:
        rows = database.execute(
            "SELECT action, outcome, provider, remote_address, request_id FROM audit_log WHERE subject = %s ORDER BY seq",
            (identifier,),
        ).fetchall()
    assert [(row[0], row[1]) for row in rows] == [
        ("connection.configure", "success"),
        ("connection.update", "success"),
        ("connection.test", "success"),
        ("connection.test", "refused"),
        ("connection.update", "refused"),
        ("connection.delete", "success"),
    ]
    assert {row[2] for row in rows} == {"openai"}
    assert {row[3] for row in rows} == {"127.0.0.1"}
    assert rows[0][4] == created.headers["x-request-id"]
    assert rows[-1][4] == deleted.headers["x-request-id"]


@pytest.mark.parametrize(
    ("tamper", "mend"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE seq = %(seq)s", "UPDATE audit_log SET actor = %(actor)s WHERE seq = %(seq)s"),
        ("UPDATE audit_log SET details = '{}' WHERE seq = %(seq)s", "UPDATE audit_log SET details = %(details)s WHERE seq = %(seq)s"),
        ("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE seq = %(seq)s", "UPDATE audit_log SET at = at - interval '1 microsecond' WHERE seq = %(seq)s"),
        ("UPDATE audit_log SET seq = -seq WHERE seq = %(seq)s", "UPDATE audit_log SET seq = -seq WHERE seq = -%(seq)s"),
    ],
)
def test_a_row_that_was_changed_or_removed_is_named(stack, owner, tamper, mend):
    for number in range(3):
        owner.post(ROUTE, json=body(f"sk-test-{number}"))
    assert verify(stack)[0] == 0
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        seq, actor, details = database.execute("SELECT seq, actor, details::text FROM audit_log ORDER BY seq DESC OFFSET 1 LIMIT 1").fetchone()
        values = {"seq": seq, "actor": actor, "details": details}
        try:
            database.execute(tamper, values)
            status, verdict = verify(stack)
            assert status == 1
            assert verdict["intact"] is False
            # A removed row is seen at the row behind it.
            assert verdict["row"] in (seq, seq + 1)
        finally:
            database.execute(mend, values)
    assert verify(stack)[0] == 0


def test_rows_that_are_missing_at_the_end_are_noticed(stack, owner):
    owner.post(ROUTE, json=body("sk-test"))
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        last = database.execute("SELECT max(seq) FROM audit_log").fetchone()[0]
        database.execute("UPDATE audit_log SET seq = -seq WHERE seq = %s", (last,))
        try:
            assert verify(stack) == (1, {"intact": False, "row": last, "reason": "rows are missing at the end of the log"})
        finally:
            database.execute("UPDATE audit_log SET seq = -seq WHERE seq = %s", (-last,))


def test_the_application_cannot_rewrite_history(stack):
    with psycopg.connect(stack.database_url, user="providerd_app", autocommit=True) as database:
        for statement in (
            "UPDATE audit_log SET actor = 'x'",
            "DELETE FROM audit_log",
            "TRUNCATE audit_log",
            "UPDATE prices SET input = 0",
            "DELETE FROM prices",
            "DELETE FROM requests",
            "UPDATE sealing_keys SET sealed = ''",
            "CREATE TABLE t (i int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                database.execute(statement)


def test_a_sealed_credential_opens_for_its_own_row_only(stack, owner):
    first = owner.post(ROUTE, json=body("sk-one-1111")).json()["data"]["id"]
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as other:
        second = other.post(ROUTE, json=body("sk-two-2222")).json()["data"]["id"]
        with psycopg.connect(stack.database_url, autocommit=True) as database:
            database.execute(
                """UPDATE credentials SET sealed = (SELECT k.sealed FROM credentials k JOIN connections c ON c.credential_id = k.id WHERE c.id = %s)
                   WHERE id = (SELECT credential_id FROM connections WHERE id = %s)""",
                (first, second),
            )
        response = other.post(f"{ROUTE}/{second}/test")
        assert response.status_code == 500
        assert response.json()["message"] == "An internal error occurred"
    assert owner.post(f"{ROUTE}/{first}/test").status_code == 200


def test_no_secret_is_seen_anywhere(stack, owner):
    canary = f"sk-canary-{uuid.uuid4().hex}"
    refused = f"sk-invalid-{uuid.uuid4().hex}"
    identifier = owner.post(ROUTE, json=body(canary)).json()["data"]["id"]
    seen = [owner.get(ROUTE).text, owner.get(f"{ROUTE}/{identifier}").text, owner.post(f"{ROUTE}/{identifier}/test").text]
    seen += [owner.post(ROUTE, json=body(refused)).text, owner.put(f"{ROUTE}/{identifier}", json={"credentials": {"apiKey": refused}}).text]
    seen += [owner.post(f"{ROUTE}/{identifier}/test", json={"message": "[[fault bad-key]]"}).text]
    seen += [owner.delete(f"{ROUTE}/{identifier}").text]
    for number in range(3):
        owner.post(ROUTE, content=json.dumps(body(canary))[:-number - 1], headers={"Content-Type": "application/json"})
    owner.post(ROUTE, json=body(canary))
    seen += [file.read_text(errors="replace") for file in Path(stack.run, "log").glob("*")]
    seen.append(subprocess.run(["pg_dump", stack.database_url], capture_output=True, text=True, check=True).stdout)
    seen += command_lines()
    forms = []
    for secret in (canary, refused, owner.headers["Authorization"].split(".")[2]):
        forms += [secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode().rstrip("="), secret[:24]]
    for text in seen:
        for form in forms:
            assert form not in text


def command_lines() -> list[str]:
    """What the process list shows."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text(errors="replace"))
        except OSError:
            continue  # The process has ended meanwhile.
    return lines
