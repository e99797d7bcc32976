"""Idempotency-Key, ETag, If-Match and If-None-Match."""

from __future__ import annotations

import threading
import uuid

import psycopg
import pytest
from golden import check

ROUTE = "/api/v1/ai/providers"
BODY = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-4o"}}


@pytest.fixture
def owner(stack):
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as opened:
        yield opened


@pytest.fixture
def connection(owner) -> str:
    return owner.post(ROUTE, json=BODY).json()["data"]["id"]


def test_a_retry_gets_the_first_answer_and_has_no_second_effect(stack, owner, connection):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = owner.post(f"{ROUTE}/{connection}/test", json={"message": "once"}, headers=key)
    second = owner.post(f"{ROUTE}/{connection}/test", json={"message": "once"}, headers=key)
    assert (second.status_code, second.text) == (first.status_code, first.text)
    assert second.headers["idempotency-replayed"] == "true"
    assert owner.get(f"{ROUTE}/{connection}").json()["data"]["usageCount"] == 1


def test_the_same_key_for_another_request_is_422(owner, connection):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert owner.post(f"{ROUTE}/{connection}/test", json={"message": "one"}, headers=key).status_code == 200
    check(owner.post(f"{ROUTE}/{connection}/test", json={"message": "two"}, headers=key), "key-reused")


def test_a_refused_request_does_not_use_the_key_up(owner):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert owner.post(ROUTE, json={**BODY, "credentials": {"apiKey": "sk-invalid"}}, headers=key).status_code == 400
    assert owner.post(ROUTE, json=BODY, headers=key).status_code == 201
    assert owner.post(ROUTE, json=BODY, headers=key).status_code == 201


def test_the_key_of_another_caller_is_another_key(stack, owner):
    key = {"Idempotency-Key": "shared"}
    assert owner.post(ROUTE, json=BODY, headers=key).status_code == 201
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as other:
        response = other.post(ROUTE, json=BODY, headers=key)
        assert response.status_code == 201
        assert "idempotency-replayed" not in response.headers


@pytest.mark.parametrize("key", ["", "a" * 256, "with space", '"'])
def test_a_malformed_key_is_400(owner, key):
    if key == '"':
        key = '"\t"'
    response = owner.post(ROUTE, json=BODY, headers={"Idempotency-Key": key})
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["message"]


def test_fifty_at_once_have_one_effect(stack, owner, connection):
    token = owner.headers["Authorization"].removeprefix("Bearer ")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answers = []

    def send() -> None:
        with stack.client(token) as client:
            answers.append(client.post(f"{ROUTE}/{connection}/test", json={"message": "at once"}, headers=key))

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = {answer.text for answer in answers if answer.status_code == 200}
    assert len(done) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert owner.get(f"{ROUTE}/{connection}").json()["data"]["usageCount"] == 1
    with psycopg.connect(stack.database_url) as database:
        assert database.execute("SELECT count(*) FROM requests WHERE connection_id = %s", (connection,)).fetchone()[0] == 1


def test_an_update_with_the_seen_version_succeeds_and_with_an_older_one_is_412(owner, connection):
    tag = owner.get(f"{ROUTE}/{connection}").headers["etag"]
    first = owner.put(f"{ROUTE}/{connection}", json={"isActive": False}, headers={"If-Match": tag})
    assert first.status_code == 200
    assert first.headers["etag"] != tag
    second = owner.put(f"{ROUTE}/{connection}", json={"isActive": True}, headers={"If-Match": tag})
    check(second, "precondition-failed")
    assert owner.delete(f"{ROUTE}/{connection}", headers={"If-Match": tag}).status_code == 412
    assert owner.delete(f"{ROUTE}/{connection}", headers={"If-Match": first.headers["etag"]}).status_code == 200


def test_two_writers_with_the_same_version_one_wins(stack, owner, connection):
    token = owner.headers["Authorization"].removeprefix("Bearer ")
    for _ in range(20):
        tag = owner.get(f"{ROUTE}/{connection}").headers["etag"]
        statuses = []

        def write(value: float) -> None:
            with stack.client(token) as client:
                answer = client.put(f"{ROUTE}/{connection}", json={"modelConfig": {"temperature": value}}, headers={"If-Match": tag})
                statuses.append(answer.status_code)

        threads = [threading.Thread(target=write, args=(value,)) for value in (0.1, 0.2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200, 412]


def test_a_call_that_was_counted_does_not_outdate_the_version(owner, connection):
    tag = owner.get(f"{ROUTE}/{connection}").headers["etag"]
    assert owner.post(f"{ROUTE}/{connection}/test").status_code == 200
    assert owner.get(f"{ROUTE}/{connection}").headers["etag"] != tag
    assert owner.put(f"{ROUTE}/{connection}", json={"isActive": True}, headers={"If-Match": tag}).status_code == 200


@pytest.mark.parametrize(("header", "status"), [("*", 200), ('"999-0"', 412), ('W/"1-0"', 412), ('"x", "1-0"', 200), ("1-0", 400), ("", 400)])
def test_forms_of_if_match(owner, connection, header, status):
    assert owner.put(f"{ROUTE}/{connection}", json={"isActive": True}, headers={"If-Match": header}).status_code == status


def test_a_known_version_is_304_without_a_body(owner, connection):
    seen = owner.get(f"{ROUTE}/{connection}")
    again = owner.get(f"{ROUTE}/{connection}", headers={"If-None-Match": seen.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == seen.headers["etag"]
    assert owner.get(f"{ROUTE}/{connection}", headers={"If-None-Match": '"0-0"'}).status_code == 200


def test_head_is_get_without_a_body(owner, connection):
    shown, head = owner.get(f"{ROUTE}/{connection}"), owner.head(f"{ROUTE}/{connection}")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "content-length"):
        assert head.headers.get(name) == shown.headers.get(name)


def test_options_says_which_methods_there_are(owner, connection):
    response = owner.options(f"{ROUTE}/{connection}")
    assert response.status_code == 204
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
