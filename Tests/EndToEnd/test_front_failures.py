"""What nginx answers when the application is too slow or not there, and every other error of its own: to the letter.

On a stack of its own whose nginx waits for a second only and has a path for every status that it can answer with.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from golden import check
from stack import Stack

ADMINISTRATION = "/api/admin/third-party-apis"
STATUSES = [400, 403, 404, 405, 411, 413, 414, 415, 421, 429, 500, 501, 502, 503, 504, 505]


@pytest.fixture(scope="module")
def impatient() -> Iterator[Stack]:
    with Stack.started("--lift-limits") as running:
        folder = running.run / "nginx/providerd"
        waiting = folder / "fastcgi.conf"
        text = waiting.read_text()
        assert "fastcgi_read_timeout      180s;" in text
        waiting.write_text(text.replace("fastcgi_read_timeout      180s;", "fastcgi_read_timeout 1s;"))
        with (folder / "server.conf").open("a") as server:
            for status in STATUSES:
                server.write(f"location = {ADMINISTRATION}/failure/{status} {{ return {status}; }}\n")
        os.kill(int((running.run / "nginx/nginx.pid").read_text()), signal.SIGHUP)
        end = time.monotonic() + 20
        with running.client() as client:
            while client.get(f"{ADMINISTRATION}/failure/503").status_code != 503:
                assert time.monotonic() < end, "nginx has not read its configuration again"
                time.sleep(0.1)
        yield running


@pytest.mark.parametrize("status", STATUSES)
def test_every_error_of_nginx_has_the_contracts_form(impatient: Stack, status: int) -> None:
    with impatient.client() as client:
        answer = client.get(f"{ADMINISTRATION}/failure/{status}")
    check(answer, f"front-{status}")
    assert answer.status_code == status


def test_an_application_that_takes_too_long_is_504(impatient: Stack) -> None:
    master = (impatient.run / "pid/providerd").read_text().split()[0]
    listed = subprocess.run(["pgrep", "-P", master, "-f", "worker"], capture_output=True, text=True, check=True)
    workers = [int(word) for word in listed.stdout.split()]
    assert workers
    with impatient.client(impatient.admin_token) as client:
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            check(client.get(f"{ADMINISTRATION}/providers"), "front-504")
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)
        assert client.get(f"{ADMINISTRATION}/providers").status_code == 200
