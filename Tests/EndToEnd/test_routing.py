"""The routing configuration through nginx and PostgreSQL: every answer to the letter."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from golden import check

ROUTE = "/api/admin/third-party-apis/providers/routing"


def target(provider: str = "fal_ai", **changes: object) -> dict:
    return {"provider": provider, "priority": 1, "weight": 70, "enabled": True, **changes}


def rule(*targets: dict, model: str = "flux-2-pro") -> dict:
    return {"model": model, "providers": list(targets)}


RULES = {
    "rules": [
        rule(target(), target("black_forest_labs", priority=2, weight=30)),
        rule(target("openai", weight=1000), model="gpt-4o"),
    ]
}


@pytest.fixture(autouse=True)
def no_rules(client) -> Iterator[None]:
    """Each test begins and ends without rules."""
    client.put(ROUTE, json={"rules": []}).raise_for_status()
    yield
    client.put(ROUTE, json={"rules": []}).raise_for_status()


def details(response: httpx.Response) -> dict:
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert (error["code"], error["message"]) == ("INVALID_REQUEST", "Invalid request parameters")
    return error["details"]


def test_without_rules(client):
    check(client.get(ROUTE), "routing-empty")


def test_rules_replace_each_other_whole(client):
    answer = client.put(ROUTE, json=RULES)
    check(answer, "routing-put")
    shown = client.get(ROUTE)
    check(shown, "routing-get")
    assert (shown.text, shown.headers["etag"]) == (answer.text, answer.headers["etag"])
    again = client.get(ROUTE, headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    client.put(ROUTE, json={"rules": [rule(target())]}).raise_for_status()
    assert client.get(ROUTE).json() == {"data": {"rules": [rule(target())]}}


def test_enabled_is_the_default(client):
    short = {"provider": "fal_ai", "priority": 1, "weight": 1}
    assert client.put(ROUTE, json={"rules": [rule(short)]}).json()["data"]["rules"] == [rule(target(weight=1))]


def test_if_match(client):
    first = client.get(ROUTE).headers["etag"]
    assert client.put(ROUTE, json=RULES, headers={"If-Match": first}).status_code == 200
    check(client.put(ROUTE, json={"rules": []}, headers={"If-Match": first}), "routing-precondition-failed")
    assert client.get(ROUTE).json()["data"] == RULES
    assert client.put(ROUTE, json=RULES, headers={"If-Match": "*"}).status_code == 200


def test_of_two_administrators_with_the_same_tag_one_succeeds(stack, client):
    clients = [stack.client(stack.token(sub=f"admin_{number}")) for number in range(2)]
    for turn in range(20):
        tag = client.get(ROUTE).headers["etag"]
        statuses: list[int] = []
        start = threading.Barrier(2)

        def put(opened: httpx.Client, weight: int) -> None:
            start.wait(timeout=20)
            body = {"rules": [rule(target(weight=weight))]}
            statuses.append(opened.put(ROUTE, json=body, headers={"If-Match": tag}).status_code)

        threads = [threading.Thread(target=put, args=(one, turn + 1 + n)) for n, one in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(statuses) == [200, 412], f"round {turn}"
    for opened in clients:
        opened.close()


@pytest.mark.parametrize("body, field", [
    ({}, "rules"), ({"rules": {}}, "rules"), ({"rules": [1]}, "rules[0]"), ({"rules": [], "version": 1}, "version"),
    ({"rules": [rule(target(), model=f"m{n}") for n in range(501)]}, "rules"),
    ({"rules": [{"providers": [target()]}]}, "rules[0].model"), ({"rules": [{"model": "flux-2-pro"}]}, "rules[0].providers"),
    ({"rules": [rule()]}, "rules[0].providers"), ({"rules": [rule(*[target(f"p{n}") for n in range(21)])]}, "rules[0].providers"),
    ({"rules": [rule(target()), rule(target())]}, "rules[1].model"),
    ({"rules": [rule(target(), target())]}, "rules[0].providers[1].provider"),
    ({"rules": [rule(target("nobody"))]}, "rules[0].providers[0].provider"),
    ({"rules": [rule(target("No Slug"))]}, "rules[0].providers[0].provider"),
    ({"rules": [rule(target(), target("runway_ml"))]}, "rules[0].providers[1].provider"),
    ({"rules": [rule(target(), model="no such model")]}, "rules[0].providers[0].provider"),
    ({"rules": [rule(target(weight=0))]}, "rules[0].providers"),
    ({"rules": [rule(target(weight=0), target("black_forest_labs", enabled=False))]}, "rules[0].providers"),
    ({"rules": [rule(target(weight=-1))]}, "rules[0].providers[0].weight"),
    ({"rules": [rule(target(weight=1001))]}, "rules[0].providers[0].weight"),
    ({"rules": [rule(target(weight=0.5))]}, "rules[0].providers[0].weight"),
    ({"rules": [rule(target(priority=0))]}, "rules[0].providers[0].priority"),
    ({"rules": [rule(target(enabled="yes"))]}, "rules[0].providers[0].enabled"),
    ({"rules": [rule(target(cost=1))]}, "rules[0].providers[0].cost"),
    ({"rules": [{**rule(target()), "name": "x"}]}, "rules[0].name"),
])
def test_a_bad_configuration_names_its_field_and_changes_nothing(client, body, field):
    before = client.get(ROUTE)
    assert set(details(client.put(ROUTE, json=body))) == {field}
    assert client.get(ROUTE).headers["etag"] == before.headers["etag"]


def test_priorities_and_weights_at_their_ends_are_taken(client):
    rules = [rule(target(priority=1000, weight=0, enabled=False), target("black_forest_labs", priority=1, weight=1))]
    assert client.put(ROUTE, json={"rules": rules}).json()["data"]["rules"] == rules


def test_a_bad_configuration_to_the_letter(client):
    check(client.put(ROUTE, json={"rules": [rule(target("nobody"))]}), "routing-unknown-provider")
    check(client.put(ROUTE, json={"rules": [rule(target("runway_ml"))]}), "routing-unknown-model")
    check(client.put(ROUTE, json={"rules": [rule(target(weight=0))]}), "routing-no-weight")


@pytest.mark.parametrize("query, field", [("limit=5", "limit"), ("format=xml", "format")])
def test_a_bad_query_names_its_parameter(client, query, field):
    assert set(details(client.get(f"{ROUTE}?{query}"))) == {field}


def test_other_methods_are_not_allowed(client):
    check(client.delete(ROUTE), "routing-delete")


def test_the_largest_configuration_is_taken(client, stack):
    """500 rules: as many models as that of the provider that has every one."""
    rules = [rule(target("ollama"), model=f"model-{number}") for number in range(500)]
    assert client.put(ROUTE, json={"rules": rules}).status_code == 200
    assert client.get(ROUTE).json()["data"]["rules"] == rules


def test_exports_have_a_line_for_each_rule_and_provider(client):
    client.put(ROUTE, json=RULES).raise_for_status()
    exported = client.get(f"{ROUTE}?format=csv")
    assert exported.headers["content-disposition"] == 'attachment; filename="routing.csv"'
    check(exported, "routing-csv")
    lines = list(csv.reader(io.StringIO(exported.text, newline=""), strict=True))
    assert lines[0] == ["model", "providers.provider", "providers.priority", "providers.weight", "providers.enabled"]
    expected = [[one["model"], *entry.values()] for one in RULES["rules"] for entry in one["providers"]]
    assert lines[1:] == [[model, provider, str(priority), str(weight), str(enabled).lower()] for model, provider, priority, weight, enabled in expected]
    assert client.get(f"{ROUTE}?format=json").json() == {"data": {**RULES, "total": 2}}


def test_a_change_is_in_the_audit_log_with_before_and_after(client, stack):
    client.put(ROUTE, json=RULES).raise_for_status()
    with psycopg.connect(stack.database_url) as database:
        action, written = database.execute("SELECT action, details FROM audit_log ORDER BY seq DESC LIMIT 1").fetchone()
    assert action == "routing.update"
    assert written["before"]["rules"] == []
    assert written["after"] == {"version": written["before"]["version"] + 1, **RULES}
