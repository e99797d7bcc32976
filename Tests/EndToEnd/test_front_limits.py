"""The rate limits of nginx, on a stack of its own that has them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import Stack
from test_front_errors import CLOSE, exchange


@pytest.fixture(scope="module")
def limited() -> Iterator[Stack]:
    with Stack.started() as running:
        yield running


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


ADMINISTRATION = "/api/admin/third-party-apis"
LIMITED = {"error": {"code": "RATE_LIMITED", "message": "Too many requests: try again later"}}


@pytest.mark.parametrize(
    "method, path",
    [("POST", "health-check"), ("POST", "test-connection"), ("PUT", "api-key"), ("PUT", "api-key?x=1")],
)
def test_what_asks_a_provider_is_limited_more_tightly_than_the_rest_of_the_administration(
    limited: Stack, method: str, path: str
) -> None:
    who = f"administrator {method} {path}"
    with limited.client(limited.token(sub=who)) as administrator:
        answers = [
            administrator.request(method, f"{ADMINISTRATION}/providers/nobody/{path}", json={}) for _ in range(40)
        ]
        assert all(answer.status_code in (400, 404) for answer in answers[:30])
        refused = [answer for answer in answers[30:] if answer.status_code == 429]
        assert refused and refused[-1].json() == LIMITED
        assert refused[-1].headers["Retry-After"] == "1"
        # The same administrator can still look at things.
        looks = [administrator.get(f"{ADMINISTRATION}/providers/openai/config").status_code for _ in range(60)]
    assert looks == [200] * 60


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "nobody/test"), ("POST", "health-check"), ("POST", "nobody/credentials"), ("PUT", "nobody/credentials/1"),
        ("GET", "nobody/health?refresh=true"), ("GET", "nobody/models?limit=1&refresh=true"),
    ],
)  # fmt: skip
def test_what_asks_a_provider_through_contract_3_is_limited_too(limited: Stack, method: str, path: str) -> None:
    with limited.client(limited.token(sub=f"integrator {method} {path}")) as administrator:
        answers = [administrator.request(method, f"/api/providers/{path}", json={"colour": 1}) for _ in range(40)]
        assert all(answer.status_code in (400, 404) for answer in answers[:30])
        refused = [answer for answer in answers[30:] if answer.status_code == 429]
        assert refused and refused[-1].headers["Retry-After"] == "1"
        assert refused[-1].json() == {
            "data": None, "meta": {}, "status": "error", "message": "Too many requests: try again later",
        }
        looks = [administrator.get("/api/providers/openai/credentials").status_code for _ in range(60)]
    assert looks == [200] * 60


@pytest.mark.parametrize(
    "method, path",
    [
        ("HEAD", "/api/providers/nobody/models?limit=1&refresh=true"), ("POST", "/api/providers/test"),
        ("POST", "/api/vms/list"),
    ],
)  # fmt: skip
def test_what_asks_a_provider_through_the_other_contracts_is_limited_as_tightly(
    limited: Stack, method: str, path: str
) -> None:
    body = {"provider": "nobody"} if method == "POST" else None
    with limited.client(limited.token(sub=f"administrator {method} {path}")) as administrator:
        statuses = [administrator.request(method, path, json=body).status_code for _ in range(40)]
    assert set(statuses[:30]) <= {400, 404}
    assert 429 in statuses[30:]


@pytest.mark.parametrize("beginning", ["POST https://localhost", "POST HTTPS://localhost:1", "POST a+b://x", "POST    "])
@pytest.mark.parametrize("path, burst", [("providers/nobody/health-check", 30), ("providers/nobody/credits/add", 201)])
def test_no_form_of_the_request_line_is_without_its_limit(limited: Stack, beginning: str, path: str, burst: int) -> None:
    token = limited.token(sub=f"line {beginning} {burst}")
    rest = CLOSE + f"Authorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n".encode()
    line = f"{beginning}{ADMINISTRATION}/{path} HTTP/1.1\r\n".encode()
    statuses, bodies = [], []
    # A place flows back each second, or ten of them.
    while 429 not in statuses and len(statuses) < 4 * burst:
        # From an address of its own: the others' bucket has no room for so many.
        status, _, body = exchange(limited, line + rest, source="127.0.0.2")
        statuses.append(status)
        bodies.append(body)
    assert set(statuses[:burst]) <= {404, 415}
    assert statuses[-1] == 429 and json.loads(bodies[-1]) == LIMITED


def test_another_spelling_of_a_parameter_asks_nobody(limited: Stack) -> None:
    with limited.client(limited.token(sub="speller of parameters")) as administrator:
        answer = administrator.get("/api/providers/openai/health?%72efresh=true")
    assert answer.status_code == 400
    assert list(answer.json()["meta"]["errors"]) == ["%72efresh"]


@pytest.mark.parametrize("path", ["health%2Dcheck", "test%2dconnection", "%74est-connection"])
def test_another_spelling_of_a_limited_path_leads_nowhere(limited: Stack, path: str) -> None:
    with limited.client(limited.token(sub=f"speller {path}")) as administrator:
        answers = {administrator.post(f"{ADMINISTRATION}/providers/openai/{path}").status_code for _ in range(60)}
    assert answers == {404}


def test_an_administrator_has_two_hundred_requests_at_once(limited: Stack) -> None:
    with limited.client(limited.token(sub="busy")) as administrator:
        statuses = [administrator.get(f"{ADMINISTRATION}/nothing").status_code for _ in range(600)]
    assert statuses[:200] == [404] * 200
    assert 429 in statuses[200:]


def test_an_application_that_is_away_is_unavailable(limited: Stack) -> None:
    """nginx answers by itself, with the code that the application has for what is away."""
    socket = next(
        Path(line.partition("=")[2].strip())
        for line in Path(limited.environment["PROVIDERD_CONFIG"]).read_text().splitlines()
        if line.partition("=")[0].strip() == "socket"
    )
    hidden = socket.with_name("hidden")
    socket.rename(hidden)
    try:
        # nginx keeps connections: they end with the workers.
        master = (limited.run / "pid/providerd").read_text().split()[0]
        listed = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=True)
        for worker in listed.stdout.split():
            os.kill(int(worker), signal.SIGKILL)
        with limited.client(limited.token(sub="patient")) as administrator:
            answer = administrator.get(f"{ADMINISTRATION}/providers")
    finally:
        hidden.rename(socket)
    assert answer.status_code == 502
    assert answer.json() == {
        "error": {"code": "UNAVAILABLE", "message": "The application did not answer: try again later"}
    }
    assert answer.headers["Retry-After"] == "2"


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
