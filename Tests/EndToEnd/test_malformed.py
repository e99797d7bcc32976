"""Ten thousand random and malformed requests, as FastCGI records and as HTTP, leave all workers alive and get no 500.

Every request is made from the seed and its own number alone. A failure prints both and the octets that were sent;
MALFORMED_SEED=... in the environment takes another seed.
"""

from __future__ import annotations

import json
import os
import random
import socket
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import yaml

import malformed_fastcgi as fastcgi
import malformed_http
from malformed_http import Target

SEED = os.environ.get("MALFORMED_SEED", "1")
COUNT = 5_000
THREADS = 16
OPENAPI = Path(__file__).resolve().parents[2] / "docs/openapi.yaml"
ERROR = yaml.safe_load(OPENAPI.read_text())["components"]["schemas"]["Error"]
VALID = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-4o"}}


class Workers:
    """The worker processes of a stack: children of the master."""

    def __init__(self, stack) -> None:
        self.master = int((stack.run / "pid/providerd").read_text().split()[0])
        self.before = self.resident()

    def identifiers(self) -> set[int]:
        children = Path(f"/proc/{self.master}/task").glob("*/children")
        found = {int(word) for file in children for word in file.read_text().split()}
        return {pid for pid in found if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")}

    def resident(self) -> dict[int, int]:
        """Resident megabytes by process."""
        pages = {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.identifiers()}
        return {pid: count * os.sysconf("SC_PAGE_SIZE") // 1_048_576 for pid, count in pages.items()}


@pytest.fixture(scope="module")
def workers(stack) -> Workers:
    return Workers(stack)


@pytest.fixture(scope="module")
def nobody(stack) -> dict:
    """An owner who never configures anything."""
    subject = f"nobody-{uuid.uuid4()}"
    return {"subject": subject, "token": stack.token(sub=subject)}


@pytest.fixture(scope="module")
def somebody(stack) -> dict:
    """An owner with one connection."""
    subject = f"somebody-{uuid.uuid4()}"
    token = stack.token(sub=subject)
    with stack.client(token) as client:
        created = client.post(fastcgi.ROUTE, json=VALID)
    assert created.status_code == 201, created.text
    return {"subject": subject, "token": token, "identifier": created.json()["data"]["id"]}


def in_parallel(count: int, attempt: Callable[[list[int]], list[str]]) -> None:
    """Hands the numbers out to threads and fails with the first of what they complain of."""
    with ThreadPoolExecutor(THREADS) as pool:
        complaints = [text for found in pool.map(attempt, [range(first, count, THREADS) for first in range(THREADS)]) for text in found]
    if complaints:
        pytest.fail(f"{len(complaints)} of {count} with seed {SEED}:\n\n" + "\n\n".join(complaints[:5]), pytrace=False)


def complaint(number: int, problem: str, octets: bytes) -> str:
    return f"seed {SEED}, number {number}: {problem}\n{octets!r}"


def wrong_error(body: bytes) -> str | None:
    """What is wrong with an error of contract 1."""
    try:
        answer = json.loads(body)
    except ValueError:
        return "the error is not JSON"
    if not isinstance(answer, dict) or not set(ERROR["required"]) <= set(answer) <= set(ERROR["properties"]):
        return "the error does not have the documented members"
    if answer["success"] is not False or not isinstance(answer["message"], str) or not answer["message"].strip():
        return "the error does not say what is wrong"
    return None


def wrong_cgi(answer: fastcgi.Answer, is_head: bool) -> tuple[str | None, int]:
    """What is wrong with a CGI answer, and its status."""
    if not answer.is_ended:
        return "the answer has no end", 0
    head, separator, body = answer.output.partition(b"\r\n\r\n")
    lines = [line.partition(b": ") for line in head.split(b"\r\n")]
    fields = {name.lower(): text for name, colon, text in lines if colon}
    # A reason may follow the number (RFC 3875, 6.3.3).
    number = fields.get(b"status", b"")[:3]
    if not separator or len(fields) != len(lines) or not number.isdigit():
        return "the head of the answer is not one", 0
    status = int(number)
    if not 200 <= status < 500:
        return f"the status is {status}", status
    if status in (204, 304) or is_head:
        return ("there is a body" if body else None), status
    if fields.get(b"content-type") != b"application/json" or int(fields.get(b"content-length", b"-1")) != len(body):
        return "the body is not announced as what it is", status
    if status >= 400:
        return wrong_error(body), status
    return (None if isinstance(json.loads(body), dict) else "the body is not an object"), status


def test_malformed_fastcgi_is_answered_in_good_order_or_not_at_all(stack, workers, nobody):
    seen: Counter = Counter()

    def attempt(numbers) -> list[str]:
        complaints = []
        for number in numbers:
            choice = random.Random(f"{SEED}/fastcgi/{number}")
            sent = fastcgi.stream(choice, nobody["token"])
            half_close = not sent.answers and choice.randrange(5) > 0
            answer = fastcgi.exchange(stack.environment["PROVIDERD_SOCKET"], sent, 5 if sent.answers or half_close else 0.15, half_close)
            problem = None
            if answer.output or answer.is_ended or sent.answers:
                problem, status = wrong_cgi(answer, sent.is_head)
                seen[status] += 1
            elif half_close and not answer.is_closed:
                problem = "a request that can never be whole is still waited for"
            else:
                seen["closed" if answer.is_closed else "silent"] += 1
            if problem:
                complaints.append(complaint(number, f"{problem}: {answer}", sent.octets))
        return complaints

    in_parallel(COUNT, attempt)
    print(f"FastCGI: {dict(seen)}")
    assert sum(seen.values()) == COUNT
    assert {200, 400, 401, 404, 405, "closed"} <= set(seen), seen


def test_malformed_http_gets_a_clear_refusal(stack, workers, nobody, somebody):
    targets = [Target(nobody["token"], fastcgi.NOBODY), Target(nobody["token"], fastcgi.NOBODY), Target(somebody["token"], somebody["identifier"])]
    seen: Counter = Counter()

    def attempt(numbers) -> list[str]:
        complaints = []
        client = malformed_http.Client(stack.port, stack.ca)
        for number in numbers:
            sent = malformed_http.request(random.Random(f"{SEED}/http/{number}"), targets)
            try:
                status, content_type, body = client.ask(sent)
            except Exception as error:  # Whatever it is, the request that caused it must be told.
                if sent.is_oversized and isinstance(error, OSError):
                    seen["cut off"] += 1
                    continue
                complaints.append(complaint(number, repr(error), sent.octets))
                continue
            seen[status] += 1
            problem = wrong_http(status, content_type, body, sent)
            if problem:
                complaints.append(complaint(number, f"{problem}: {status} {body!r}", sent.octets))
        client.close()
        return complaints

    in_parallel(COUNT, attempt)
    print(f"HTTP: {dict(seen)}")
    assert sum(seen.values()) == COUNT
    assert {200, 400, 401, 404, 405, 415} <= set(seen), seen


def wrong_http(status: int, content_type: str, body: bytes, sent: malformed_http.Sent) -> str | None:
    if status == 304 and sent.is_conditional:
        return "there is a body" if body else None
    if not (200 <= status < 300 or 400 <= status < 500):
        return "a status that is neither success nor refusal"
    if sent.method == "HEAD" or status == 204:
        return "there is a body" if body else None
    if content_type != "application/json":
        return f"the body is announced as {content_type}"
    if status >= 400 and sent.in_contract:
        return wrong_error(body)
    try:
        return None if isinstance(json.loads(body), dict) else "the body is not an object"
    except ValueError:
        return "the body is not JSON"


def halves(token: str) -> list[bytes]:
    """What clients send who stop halfway."""
    body = json.dumps(VALID).encode()
    found = fastcgi.replaced(fastcgi.parameters(random.Random(SEED), token, body), b"REQUEST_METHOD", b"POST")
    parameters = fastcgi.pairs(found)
    head = fastcgi.begin() + fastcgi.record(fastcgi.PARAMETERS, parameters)
    return [
        b"",
        fastcgi.begin()[:5],
        head[: len(head) // 2],
        head + fastcgi.record(fastcgi.PARAMETERS) + fastcgi.record(fastcgi.INPUT, body)[: len(body) // 2],
    ]


def stopped_halfway(stack, token: str, count: int) -> list[socket.socket]:
    sent = halves(token)
    connections = []
    for number in range(count):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(stack.environment["PROVIDERD_SOCKET"])
        connection.sendall(sent[number % len(sent)])
        connections.append(connection)
    return connections


def test_clients_that_stop_halfway_hold_nobody_up(stack, workers, nobody):
    connections = stopped_halfway(stack, nobody["token"], 64)
    slowest = 0.0
    began = time.monotonic()
    with stack.client(nobody["token"]) as client:
        client.get(fastcgi.ROUTE)
        for number in range(50):
            asked = time.monotonic()
            answer = client.get(fastcgi.ROUTE)
            slowest = max(slowest, time.monotonic() - asked)
            assert answer.status_code == 200, answer.text
            time.sleep(max(0.0, began + 3 * (number + 1) / 50 - time.monotonic()))
    for connection in connections:
        connection.close()
    print(f"slowest beside 64 clients that wait: {slowest:.3f} s")
    # They are cut off after ten seconds: whoever waited for them would wait for most of that.
    assert slowest < 5


def test_clients_that_stop_halfway_are_cut_off_after_ten_seconds(stack, workers, nobody):
    began = time.monotonic()
    connections = stopped_halfway(stack, nobody["token"], 8)
    # Without an octet it is a connection that waits for its first request, as a web server may keep one.
    silent, halfway = connections[::4], [connection for number, connection in enumerate(connections) if number % 4]
    ended = []
    for connection in halfway:
        connection.settimeout(max(0.1, began + 13 - time.monotonic()))
        try:
            assert connection.recv(1) == b"", "an answer to half a request"
        except ConnectionError:
            pass
        ended.append(time.monotonic() - began)
        connection.close()
    assert min(ended) > 9, ended
    assert max(ended) < 13, ended
    found = fastcgi.parameters(random.Random(SEED), nobody["token"], b"")
    for connection in silent:
        connection.settimeout(5)
        connection.sendall(fastcgi.begin() + b"".join(fastcgi.records(fastcgi.PARAMETERS, fastcgi.pairs(found)) + fastcgi.records(fastcgi.INPUT, b"")))
        assert fastcgi.read_answer(connection).is_ended
        connection.close()


def test_a_condition_that_is_not_text_is_refused_and_not_ignored(stack, workers, somebody):
    one = f"{fastcgi.ROUTE}/{somebody['identifier']}"
    with stack.client(somebody["token"]) as client:
        for tag in (b"\xff", b'"\xff"', b"\xff, *"):
            refused = client.delete(one, headers={b"If-Match": tag})
            assert refused.status_code in (400, 412), refused.text
        for key in (b"\xff", b"key-\xc3"):
            refused = client.post(fastcgi.ROUTE, json={**VALID, "provider": "Claude"}, headers={b"Idempotency-Key": key})
            assert (refused.status_code, refused.json()["success"]) == (400, False)
            assert "Idempotency-Key" in refused.json()["message"]
        assert client.get(one).status_code == 200
        assert client.get(fastcgi.ROUTE).json()["count"] == 1


def test_thousands_of_nameless_parameters_cost_no_more_than_others(stack, workers, nobody):
    found = fastcgi.replaced(fastcgi.parameters(random.Random(SEED), nobody["token"], b""), b"REQUEST_METHOD", b"GET")
    # In front, so that whatever is looked for is looked for behind them.
    found = [(b"", b"")] * 30_000 + fastcgi.replaced(found, b"REQUEST_URI", fastcgi.ROUTE.encode())
    sent = fastcgi.Stream(fastcgi.begin() + b"".join(fastcgi.records(fastcgi.PARAMETERS, fastcgi.pairs(found)) + fastcgi.records(fastcgi.INPUT, b"")))
    began = time.monotonic()
    assert fastcgi.exchange(stack.environment["PROVIDERD_SOCKET"], sent, 10, False).is_ended
    assert time.monotonic() - began < 1


def test_afterwards_all_is_as_it_was(stack, workers, nobody, somebody):
    resident = workers.resident()
    print(f"resident megabytes: {workers.before} before, {resident} after")
    assert resident.keys() == workers.before.keys(), "a worker has ended"
    for pid, megabytes in resident.items():
        assert megabytes - workers.before[pid] <= 30, f"worker {pid} grew from {workers.before[pid]} MB to {megabytes} MB"
    for owner, count in ((nobody, 0), (somebody, 1)):
        with stack.client(owner["token"]) as client:
            assert client.get(fastcgi.ROUTE).json()["count"] == count
    with psycopg.connect(stack.database_url) as database:
        rows = database.execute("SELECT count(*) FROM connections WHERE owner = %s", (f"user:{nobody['subject']}",)).fetchone()
    assert rows == (0,)
    for line in (stack.run / "log/providerd.log").read_bytes().splitlines():
        assert isinstance(json.loads(line), dict), line
