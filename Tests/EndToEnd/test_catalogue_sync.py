"""`providerctl catalogue sync`: the lists of models and prices that providers publish, against the whole stack."""

from __future__ import annotations

import json
import threading
from decimal import Decimal

import pytest
from integration import KEY, add, route

ROUTERS = ("openrouter", "requesty")
PICTURE = "google/gemini-2.5-flash-image"
LONG = "google/gemini-2.5-pro"
FREE = "meta-llama/llama-4-maverick:free"
VARIABLE = "openrouter/auto"


pytestmark = pytest.mark.usefixtures("catalogue_as_installed")


def sync(stack, *arguments: str, status: int = 0) -> dict:
    """The result of the only provider that is named."""
    finished = stack.control("catalogue", "sync", *arguments, "--json", check=False)
    assert finished.returncode == status, finished.stdout + finished.stderr
    (result,) = json.loads(finished.stdout, parse_float=Decimal)["providers"]
    return result


def changes(result: dict, *kinds: str) -> dict[str, dict]:
    return {one["model"]: one for one in result["changes"] if one["change"] in kinds}


def model(database, provider: str, name: str) -> dict:
    cursor = database.execute(
        "SELECT m.* FROM models m JOIN providers p ON p.id = m.provider_id WHERE p.slug = %s AND m.name = %s", (provider, name)
    )
    found = cursor.fetchone()
    return dict(zip([column.name for column in cursor.description], found, strict=True)) if found else {}


def prices(database, provider: str, name: str) -> list[dict]:
    """The versions, the newest first."""
    cursor = database.execute(
        "SELECT c.* FROM prices c WHERE c.model_id = %s ORDER BY c.effective_from DESC", (model(database, provider, name)["id"],)
    )
    return [dict(zip([column.name for column in cursor.description], row, strict=True)) for row in cursor.fetchall()]


def everything(database) -> list:
    """All that a synchronisation may change, the time of the last listing excepted."""
    return [
        database.execute("SELECT id, name, display_name, kind, is_active, retired_at, context_tokens FROM models ORDER BY id").fetchall(),
        database.execute("SELECT * FROM prices ORDER BY id").fetchall(),
    ]


def last_audit(database, action: str = "catalogue.sync") -> tuple[str, str, str, dict]:
    return database.execute(
        "SELECT actor, provider, outcome, details FROM audit_log WHERE action = %s ORDER BY seq DESC LIMIT 1", (action,)
    ).fetchone()


def audited(database, action: str) -> int:
    return database.execute("SELECT count(*) FROM audit_log WHERE action = %s", (action,)).fetchone()[0]


@pytest.mark.parametrize("slug", ROUTERS)
def test_a_public_list_is_taken_over_without_a_key(stack, database, simulator_requests, slug):
    percent = Decimal("1.05") if slug == "requesty" else Decimal(1)
    simulator_requests.clear(slug)
    result = sync(stack, slug)
    asked = simulator_requests.last(slug)
    assert (asked["path"].endswith("/models"), asked["keySHA256"]) == (True, None)
    added = changes(result, "added")
    assert LONG in added and FREE in added and PICTURE not in added
    # The price of a million tokens, to the last digit, and the one of prompts beyond the threshold.
    (price,) = prices(database, slug, LONG)
    assert (price["input"], price["output"], price["cached_input"]) == tuple(
        percent * Decimal(text) for text in ("1.25", "10", "0.125")
    )
    assert (price["above_tokens"], price["above_input"], price["above_output"]) == (200_000, percent * Decimal("2.5"), percent * 15)
    assert (price["currency"], price["source"], price["per_generation"], price["created_by"]) == ("USD", "sync", None, None)
    # Free is a price.
    (free,) = prices(database, slug, FREE)
    assert (free["input"], free["output"], free["cached_input"]) == (0, 0, None)
    # What is new is not offered before somebody says so.
    new = model(database, slug, LONG)
    assert (new["is_active"], new["kind"], new["context_tokens"]) == (False, "chat", 1_048_576)
    actor, provider, outcome, details = last_audit(database)
    assert actor.startswith("cli:") and (provider, outcome) == (slug, "success")
    assert (details["added"], details["priced"], details["listed"]) == (len(added), result["newPrices"], result["listed"])
    # The catalogue that comes with the program says the same of the models that paint.
    assert not [one for one in result["changes"] if one["model"] == PICTURE]


@pytest.mark.parametrize("slug", ROUTERS)
def test_a_second_run_changes_nothing(stack, database, slug):
    sync(stack, slug)
    before = everything(database)
    again = sync(stack, slug)
    assert (again["newPrices"], again["changes"], again["error"]) == (0, [], None)
    assert everything(database) == before


def test_a_price_that_varies_is_unknown(stack, database):
    result = sync(stack, "openrouter")
    assert changes(result, "added")[VARIABLE]["published"] is None
    assert model(database, "openrouter", VARIABLE)["kind"] == "chat"
    assert prices(database, "openrouter", VARIABLE) == []


@pytest.mark.parametrize("slug", ROUTERS)
def test_only_a_changed_price_is_a_new_version(stack, database, slug):
    sync(stack, slug)
    for name in (LONG, PICTURE):
        database.execute(
            "INSERT INTO prices (model_id, effective_from, input, output, per_generation, source)"
            " VALUES (%s, now(), 7, 8, 0.5, 'test')", (model(database, slug, name)["id"],),
        )
    total = database.execute("SELECT count(*) FROM prices").fetchone()[0]
    result = sync(stack, slug)
    assert set(changes(result, "priced")) == {LONG, PICTURE} and result["newPrices"] == 2
    shown = changes(result, "priced")[LONG]
    assert (shown["before"]["input"], shown["before"]["output"], shown["before"]["aboveTokens"]) == (7, 8, None)
    assert shown["published"]["aboveTokens"] == 200_000
    assert database.execute("SELECT count(*) FROM prices").fetchone()[0] == total + 2
    newest, former, *_ = prices(database, slug, LONG)
    assert (former["input"], newest["input"]) == (7, shown["published"]["input"])
    # What a picture costs is not published: that part of the price stays.
    picture = prices(database, slug, PICTURE)[0]
    assert (picture["per_generation"], picture["source"], picture["input"] < 1) == (Decimal("0.5"), "sync", True)
    # History is as it was: a call of before is explained by the price of before.
    assert prices(database, slug, PICTURE)[1]["input"] == 7


def test_tokens_alone_do_not_price_a_picture(stack, database):
    """Without the price of a picture the rates of tokens would make it look cheap."""
    identifier = model(database, "openrouter", PICTURE)["id"]
    database.execute("INSERT INTO prices (model_id, effective_from, input, source) VALUES (%s, now(), 9, 'test')", (identifier,))
    assert PICTURE not in changes(sync(stack, "openrouter"), "priced")
    assert prices(database, "openrouter", PICTURE)[0]["input"] == 9


def test_a_price_that_was_set_by_hand_stays(client, stack, database):
    path = f"/api/admin/third-party-apis/providers/openrouter/models/{PICTURE.replace('/', '%2F')}/pricing"
    client.put(path, json={"pricing": {"costPerGeneration": 0.9}}).raise_for_status()
    database.execute(
        "UPDATE prices SET input = 5 WHERE id = (SELECT max(id) FROM prices WHERE model_id = %s)",
        (model(database, "openrouter", PICTURE)["id"],),
    )
    assert changes(sync(stack, "openrouter"), "kept_by_hand").keys() == {PICTURE}
    assert prices(database, "openrouter", PICTURE)[0]["input"] == 5


@pytest.mark.parametrize("slug", ROUTERS)
def test_a_model_that_vanishes_is_retired_and_comes_back(stack, database, client, slug):
    sync(stack, slug)
    provider = database.execute("SELECT id FROM providers WHERE slug = %s", (slug,)).fetchone()[0]
    gone = database.execute(
        "INSERT INTO models (provider_id, name, display_name, kind, listed_at)"
        " VALUES (%s, 'vendor/gone', 'Gone', 'chat', now() - interval '1 day') RETURNING id", (provider,),
    ).fetchone()[0]
    never = database.execute(
        "INSERT INTO models (provider_id, name, display_name, kind) VALUES (%s, 'vendor/never', 'Never', 'chat') RETURNING id",
        (provider,),
    ).fetchone()[0]
    database.execute(
        "UPDATE models SET listed_at = now() - interval '2 days', retired_at = now() - interval '1 day' WHERE id = %s",
        (model(database, slug, LONG)["id"],),
    )
    dry = sync(stack, slug, "--dry-run")
    assert {one["model"]: one["change"] for one in dry["changes"]} == {"vendor/gone": "vanished", LONG: "returned"}
    assert model(database, slug, "vendor/gone")["retired_at"] is None
    assert sync(stack, slug)["changes"] == dry["changes"]
    assert last_audit(database)[3] | {"retired": 1, "returned": 1} == last_audit(database)[3]
    retired = dict(database.execute("SELECT id, retired_at IS NOT NULL FROM models WHERE provider_id = %s", (provider,)).fetchall())
    # One that was never on the list is not judged by it.
    assert (retired[gone], retired[never], retired[model(database, slug, LONG)["id"]]) == (True, False, False)
    offered = client.get(route(slug, "models"), params={"limit": 500}).json()["data"]
    assert "vendor/gone" not in {one["id"] for one in offered} and "vendor/never" in {one["id"] for one in offered}
    assert sync(stack, slug)["changes"] == []
    # An upgrade loads the catalogue again and does not bring it back.
    stack.control("migrate")
    assert model(database, slug, "vendor/gone")["retired_at"] is not None


def test_a_list_that_has_lost_most_of_its_models_is_not_believed(stack, database):
    sync(stack, "requesty")
    database.execute(
        "INSERT INTO models (provider_id, name, display_name, kind, listed_at)"
        " SELECT p.id, 'vendor/m' || n, 'M', 'chat', now() FROM providers p, generate_series(1, 40) n WHERE p.slug = 'requesty'"
    )
    before = everything(database)
    refused = sync(stack, "requesty", status=3)
    assert "lost 40 of" in refused["error"] and refused["changes"] == []
    assert everything(database) == before
    assert len(changes(sync(stack, "requesty", "--allow-losses"), "vanished")) == 40


BROKEN = ["garbage", "html", "empty", "cut", "deep-json", "endless", "redirect", "server-error", "rate-limit", "overloaded"]


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("slug", ROUTERS)
def test_a_broken_or_endless_answer_changes_nothing(stack, database, fault, slug, name):
    database.execute("UPDATE providers SET timeout_ms = 3000 WHERE slug = %s", (slug,))
    before = everything(database)
    fault(slug, name, paths=["models"])
    assert sync(stack, slug, status=3)["error"]
    assert everything(database) == before
    assert last_audit(database)[1:3] == (slug, "failed")


def test_the_key_is_neither_shown_to_a_public_list_nor_judged_by_it(client, stack, database, fault):
    credential = add(client, "openrouter")["id"]
    sync(stack, "openrouter")
    assert client.get(route("openrouter", "credentials")).json()["data"][0]["last_used_at"] is None
    fault("openrouter", "bad-key", paths=["models"])
    sync(stack, "openrouter", status=3)
    (kept,) = client.get(route("openrouter", "credentials")).json()["data"]
    assert (kept["id"], kept["is_active"], kept["state"]) == (credential, True, "untested")


def test_a_key_that_a_list_refuses_is_switched_off(client, stack, database):
    add(client, "replicate", "r8_revoked_0123456789")
    before = audited(database, "credential.deactivate")
    assert "refused the API key" in sync(stack, "replicate", status=3)["error"]
    (refused,) = client.get(route("replicate", "credentials")).json()["data"]
    assert (refused["is_active"], refused["state"]) == (False, "invalid")
    assert last_audit(database)[1:3] == ("replicate", "refused")
    assert audited(database, "credential.deactivate") == before + 1
    assert last_audit(database, "credential.deactivate")[:3] == ("system", "replicate", "success")


def test_without_names_only_providers_with_keys_are_asked(client, stack, database):
    finished = stack.control("catalogue", "sync", "--json")
    assert json.loads(finished.stdout)["providers"] == []
    add(client, "requesty", KEY)
    assert sync(stack)["provider"] == "requesty"
    database.execute("UPDATE providers SET enabled = false WHERE slug = 'requesty'")
    assert sync(stack, "requesty", status=3)["error"] == "it is disabled"


def test_two_at_once_make_one_version(stack, database):
    results = []
    threads = [threading.Thread(target=lambda: results.append(sync(stack, "openrouter"))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result["newPrices"] for result in results)[:4] == [0] * 4
    assert len(prices(database, "openrouter", LONG)) == 1


def test_the_list_is_refreshed_through_contract_3_too(client, database):
    first = client.get(route("openrouter", "models"), params={"limit": 500, "available": "all", "refresh": "true"}).json()
    assert first["meta"]["refreshed"] is True
    assert LONG in {one["id"] for one in first["data"] if one["listed_at"]}
    second = client.get(route("openrouter", "models"), params={"refresh": "true"}).json()
    assert second["meta"]["refreshed"] is False


def test_people_read_prices_for_a_million_tokens(stack):
    text = stack.control("catalogue", "sync", "openrouter", "--dry-run").stdout
    assert "1.25 + 10 USD/M tokens" in text and "would be added" in text
