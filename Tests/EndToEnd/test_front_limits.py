"""The rate limits of nginx, on a stack of its own that has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack import Stack


@pytest.fixture(scope="module")
def limited() -> Iterator[Stack]:
    running = Stack.start()
    yield running
    running.stop()


def test_a_user_has_a_hundred_requests_and_another_user_has_his_own(limited: Stack) -> None:
    with limited.client(limited.token(sub="alice")) as alice:
        answers = [alice.get("/api/v1/ai/providers") for _ in range(102)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # One place flows back every ten seconds while the requests are sent.
    assert 1 <= len(refused) <= 2
    assert refused[-1].json() == {"success": False, "message": "Too many requests: try again later"}
    assert refused[-1].headers["Retry-After"] == "10"
    with limited.client(limited.token(sub="bob")) as bob:
        assert bob.get("/api/v1/ai/providers").status_code != 429


def test_tests_of_a_provider_are_limited_more_tightly(limited: Stack) -> None:
    with limited.client(limited.token(sub="carol")) as carol:
        statuses = [
            carol.post("/api/v1/ai/providers/00000000-0000-4000-8000-000000000000/test", json={}).status_code
            for _ in range(24)
        ]
    assert 429 not in statuses[:20]
    assert 429 in statuses[20:]


def test_the_address_bounds_made_up_tokens(limited: Stack) -> None:
    refused = None
    with limited.client() as client:
        for number in range(6000):
            answer = client.get("/api/models", headers={"Authorization": f"Bearer a.junk{number}.c"})
            if answer.status_code == 429:
                refused = answer
                break
    assert refused is not None
    assert refused.json()["status"] == "error"
    assert refused.headers["Retry-After"] == "1"
