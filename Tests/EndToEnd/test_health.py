"""Contract 2, section 1, and the test of a connection: what is asked, stored and shown."""

from __future__ import annotations

import csv
import io
import time

import pytest
from golden import check

ROOT = "/api/admin/third-party-apis"
MEDIA = ["fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"]
KEYED = ["openai", "claude", *MEDIA]
NAMES = {
    "openai": "OpenAI", "claude": "Claude", "fal_ai": "Fal.ai", "replicate": "Replicate", "minimax": "MiniMax",
    "runway_ml": "Runway ML", "black_forest_labs": "Black Forest Labs",
}  # fmt: skip
FIGURES = ["provider", "status", "lastChecked", "responseTime", "successRate", "uptime24h", "uptime7d", "uptime30d"]


def route(provider: str, rest: str) -> str:
    return f"{ROOT}/providers/{provider}/{rest}"


@pytest.fixture(autouse=True)
def nothing_known(database):
    """Every test begins without checks and without keys of the installation."""
    def clear() -> None:
        database.execute("DELETE FROM health_checks")
        database.execute("DELETE FROM credentials WHERE owner IS NULL")
        database.execute("UPDATE providers SET enabled = kind <> 'compute', timeout_ms = 30000")

    clear()
    yield
    clear()


@pytest.fixture
def keyed(client):
    """Gives providers a key without a test."""
    def give(*providers: str, key: str = "sk-test-0123456789") -> None:
        for provider in providers:
            answer = client.put(route(provider, "api-key"), json={"apiKey": key, "testConnection": False})
            assert answer.status_code == 200, answer.text

    return give


def credential(database, provider: str) -> tuple:
    """State and activity of the installation's newest credential."""
    return database.execute(
        """SELECT k.state, k.is_active FROM credentials k JOIN providers p ON p.id = k.provider_id
           WHERE k.owner IS NULL AND p.slug = %s ORDER BY k.created_at DESC LIMIT 1""",
        (provider,),
    ).fetchone()


def checks(database, provider: str) -> list[tuple]:
    return database.execute(
        """SELECT h.status, h.error_kind, h.reason FROM health_checks h JOIN providers p ON p.id = h.provider_id
           WHERE p.slug = %s ORDER BY h.checked_at""",
        (provider,),
    ).fetchall()


# Without anything


def test_the_overview_before_the_first_check(client):
    check(client.get(f"{ROOT}/providers"), "health-overview-empty")


@pytest.mark.parametrize("provider", KEYED)
def test_the_status_before_the_first_check(client, provider):
    answer = client.get(route(provider, "status"))
    assert answer.json()["data"] == {
        **dict.fromkeys(FIGURES), "provider": provider, "status": "unknown", "errorMessage": None, "recentErrors": [],
    }  # fmt: skip


def test_without_a_key_nothing_is_asked_and_nothing_is_stored(client, database, simulator_requests):
    simulator_requests.clear("openai")
    check(client.post(route("openai", "health-check")), "health-check-no-key")
    check(client.post(route("openai", "test-connection")), "test-connection-no-key")
    assert checks(database, "openai") == []
    assert client.get(route("openai", "status")).json()["data"]["status"] == "unknown"


# Checks


@pytest.mark.parametrize("provider", KEYED)
def test_a_healthy_provider(client, keyed, database, provider):
    keyed(provider)
    checked = client.post(route(provider, "health-check"))
    check(checked, f"health-check-{provider}")
    check(client.get(route(provider, "status")), f"health-status-{provider}")
    data = client.get(route(provider, "status")).json()["data"]
    assert data["lastChecked"] == checked.json()["data"]["timestamp"]
    assert data["responseTime"] == checked.json()["data"]["responseTime"]
    assert checks(database, provider) == [("healthy", None, "manual")]
    assert credential(database, provider) == ("valid", True)


def test_the_overview_shows_what_was_found(client, keyed, fault):
    keyed("openai", "claude")
    fault("claude", "html")
    client.post(route("openai", "health-check"))
    client.post(route("claude", "health-check"))
    rows = client.get(f"{ROOT}/providers").json()["data"]
    assert [row["provider"] for row in rows[:5]] == MEDIA
    assert [row["provider"] for row in rows[5:]] == sorted(row["provider"] for row in rows[5:])
    assert all(list(row) == FIGURES for row in rows)
    found = {row["provider"]: row for row in rows}
    assert (found["openai"]["status"], found["openai"]["uptime24h"]) == ("healthy", 100)
    check(client.get(f"{ROOT}/providers"), "health-overview")
    check(client.get(route("claude", "status")), "health-status-down")
    assert (found["claude"]["status"], found["claude"]["uptime24h"], found["claude"]["successRate"]) == ("down", 0, 0)


def test_a_provider_that_is_switched_off_is_not_in_the_overview_unless_it_is_a_media_provider(client, database):
    database.execute("UPDATE providers SET enabled = false WHERE slug IN ('openai', 'minimax')")
    slugs = [row["provider"] for row in client.get(f"{ROOT}/providers").json()["data"]]
    assert "openai" not in slugs and slugs[:5] == MEDIA
    assert client.get(route("openai", "status")).status_code == 200
    check(client.post(route("openai", "health-check")), "health-check-disabled")
    check(client.post(route("openai", "test-connection")), "test-connection-disabled")


@pytest.mark.parametrize("provider", KEYED)
@pytest.mark.parametrize(
    "name, status, kind",
    [
        ("bad-key", "down", "invalid_credential"), ("forbidden", "down", "forbidden"),
        ("no-money", "down", "out_of_money"), ("rate-limit", "degraded", "rate_limited"),
        ("overloaded", "degraded", "overloaded"), ("server-error", "degraded", "overloaded"),
        ("html", "down", "malformed"), ("cut", "down", None),
    ],
)  # fmt: skip
def test_each_way_to_fail_has_its_status(client, keyed, fault, database, provider, name, status, kind):
    keyed(provider)
    fault(provider, name)
    answer = client.post(route(provider, "health-check"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["status"] == status
    [(stored, stored_kind, reason)] = checks(database, provider)
    assert (stored, reason) == (status, "manual") and stored_kind
    if kind:
        assert stored_kind == kind
    shown = client.get(route(provider, "status")).json()["data"]
    assert shown["status"] == status and NAMES[provider] in shown["errorMessage"]
    [error] = shown["recentErrors"]
    assert list(error) == ["timestamp", "status", "kind", "message", "responseTime"]
    assert (error["kind"], error["message"]) == (stored_kind, shown["errorMessage"])
    # Only a key that the provider does not know is switched off.
    assert credential(database, provider) == (("invalid", False) if name == "bad-key" else ("untested", True))


def test_a_check_that_finds_something_to_the_letter(client, keyed, fault):
    keyed("fal_ai")
    for name in ("bad-key", "overloaded"):
        fault("fal_ai", name)
        check(client.post(route("fal_ai", "health-check")), f"health-check-{name}")


def test_a_key_that_does_not_open_is_an_error_of_ours(client, keyed, database):
    keyed("openai")
    database.execute("UPDATE credentials SET sealed = decode(repeat('00', octet_length(sealed)), 'hex') WHERE owner IS NULL")
    for action in ("health-check", "test-connection"):
        check(client.post(route("openai", action)), "health-check-internal-error")
    assert checks(database, "openai") == []


def test_a_slow_provider_is_degraded_and_its_key_good(client, keyed, fault, database):
    keyed("openai")
    fault("openai", "slow=5200")
    answer = client.post(route("openai", "test-connection"), timeout=40).json()["data"]
    assert (answer["success"], answer["status"], answer["message"]) == (True, "degraded", "Connection successful")
    assert answer["responseTime"] >= 5200
    assert checks(database, "openai") == [("degraded", "slow", "connection")]
    assert credential(database, "openai") == ("valid", True)


def test_a_provider_that_does_not_answer_in_time_is_down_without_a_response_time(client, keyed, fault, database):
    database.execute("UPDATE providers SET timeout_ms = 300 WHERE slug = 'openai'")
    keyed("openai")
    fault("openai", "hang")
    answer = client.post(route("openai", "health-check")).json()["data"]
    assert (answer["status"], answer["responseTime"]) == ("down", None)
    check(client.get(route("openai", "status")), "health-status-timed-out")
    assert checks(database, "openai") == [("down", "timed_out", "manual")]


def test_the_error_message_goes_when_the_provider_is_healthy_again(client, keyed, fault, simulator):
    keyed("openai")
    fault("openai", "overloaded")
    client.post(route("openai", "health-check"))
    fault("openai", "slow=1")
    client.post(route("openai", "health-check"))
    shown = client.get(route("openai", "status")).json()["data"]
    assert (shown["status"], shown["errorMessage"], shown["successRate"]) == ("healthy", None, 100)
    assert [error["kind"] for error in shown["recentErrors"]] == ["overloaded"]


def test_percentages_have_two_decimals(client, database):
    database.execute(
        """INSERT INTO health_checks (provider_id, checked_at, status, error_kind, reason, held_status, held_ms)
           SELECT p.id, now() - make_interval(mins => n), CASE n WHEN 20 THEN 'down' ELSE 'healthy' END,
                  CASE n WHEN 20 THEN 'unreachable' END, 'scheduled',
                  CASE n WHEN 30 THEN NULL WHEN 10 THEN 'down' ELSE 'healthy' END, CASE n WHEN 30 THEN 0 ELSE 600000 END
           FROM providers p CROSS JOIN (VALUES (30), (20), (10)) AS made (n) WHERE p.slug = 'openai'"""
    )
    shown = client.get(route("openai", "status")).json()["data"]
    assert (shown["successRate"], shown["uptime24h"], shown["uptime30d"]) == (66.67, 66.67, 66.67)


# The test of a connection


@pytest.mark.parametrize("provider", KEYED)
def test_a_connection_that_works(client, keyed, database, provider):
    keyed(provider)
    check(client.post(route(provider, "test-connection")), f"test-connection-{provider}")
    assert checks(database, provider) == [("healthy", None, "connection")]
    assert credential(database, provider) == ("valid", True)


@pytest.mark.parametrize("provider", KEYED)
def test_a_refused_key_is_switched_off_and_comes_back(client, keyed, fault, database, provider):
    keyed(provider)
    fault(provider, "bad-key")
    check(client.post(route(provider, "test-connection")), f"test-connection-{provider}-refused")
    assert credential(database, provider) == ("invalid", False)
    fault(provider, "slow=1")
    assert client.post(route(provider, "test-connection")).json()["data"]["success"] is True
    assert credential(database, provider) == ("valid", True)


@pytest.mark.parametrize("name", ["no-money", "rate-limit", "overloaded", "server-error", "garbage", "forbidden"])
def test_a_connection_that_fails_is_an_answer(client, keyed, fault, database, name):
    keyed("openai")
    fault("openai", name)
    check(client.post(route("openai", "test-connection")), f"test-connection-{name}")
    assert credential(database, "openai") == ("untested", True)


def test_a_retry_with_the_same_key_asks_once(client, keyed, database):
    keyed("openai")
    for action in ("health-check", "test-connection"):
        database.execute("DELETE FROM health_checks")
        headers = {"Idempotency-Key": f"{action}-{time.time_ns()}"}
        first = client.post(route("openai", action), headers=headers)
        second = client.post(route("openai", action), headers=headers)
        assert (first.status_code, second.text) == (200, first.text)
        assert second.headers["idempotency-replayed"] == "true"
        assert len(checks(database, "openai")) == 1


# Export and bad input


def test_the_overview_is_exported_with_the_same_rows(client, keyed):
    keyed("openai")
    client.post(route("openai", "health-check"))
    rows = client.get(f"{ROOT}/providers").json()["data"]
    as_json = client.get(f"{ROOT}/providers", params={"format": "json"})
    assert as_json.headers["content-disposition"] == 'attachment; filename="providers.json"'
    assert as_json.json()["data"] == rows
    as_csv = client.get(f"{ROOT}/providers", params={"format": "csv"})
    assert as_csv.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert list(lines[0]) == FIGURES
    assert lines == [{name: "" if row[name] is None else str(row[name]) for name in FIGURES} for row in rows]


@pytest.mark.parametrize("slug", ["nobody", "Fal_AI", "fal-ai", "1", "a" * 51, "fal_ai%00", "routing"])
def test_an_unknown_provider_is_not_found(client, slug):
    for method, rest in [("GET", "status"), ("POST", "health-check"), ("POST", "test-connection")]:
        answer = client.request(method, route(slug, rest))
        assert answer.status_code in (404, 405) or "%00" in slug, answer.text
        if slug == "nobody":
            check(answer, "provider-not-found")


def test_a_body_that_says_something_is_refused(client):
    for action in ("health-check", "test-connection"):
        check(client.post(route("openai", action), json={"deep": True}), "health-check-unknown-field")


# Alerts


def test_what_a_check_finds_raises_and_settles_alerts_at_once(client, keyed, fault, database):
    database.execute("DELETE FROM alerts")

    def open_alerts() -> list[str]:
        rows = database.execute(
            """SELECT a.type FROM alerts a JOIN providers p ON p.id = a.provider_id
               WHERE p.slug = 'openai' AND a.resolved_at IS NULL AND a.type IN ('provider_down', 'invalid_key') ORDER BY 1"""
        )
        return [kind for (kind,) in rows]

    keyed("openai")
    fault("openai", "bad-key")
    client.post(route("openai", "test-connection"))
    assert open_alerts() == ["invalid_key", "provider_down"]
    fault("openai", "slow=1")
    client.post(route("openai", "health-check"))
    assert open_alerts() == []
    database.execute("DELETE FROM alerts")
