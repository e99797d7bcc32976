"""The processes of a stack, for tests that take some of them away."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")


def workers(stack) -> list[int]:
    """The worker processes of this stack's master."""
    master = int(Path(stack.run, "pid/providerd").read_text().split()[0])
    listed = subprocess.run(["pgrep", "-P", str(master), "-f", "worker"], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def until(condition: Callable[[], Value], seconds: float = 15, what: str = "it") -> Value:
    """Waits until a condition gives something, which is returned; the test fails when it takes longer."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"{what} did not happen in time"
        time.sleep(0.05)
    return value


def database(stack, *command: str, check: bool = True) -> int:
    """Stops or starts the stack's PostgreSQL as its owner; the exit status."""
    folder = Path(stack.run).resolve() / "postgres"
    program = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
    log = Path(stack.run).resolve() / "log/postgres.log"
    words = [str(program), "-D", str(folder), "-w", "-t", "30", "-l", str(log), *command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", folder.owner(), "--", *words]
    quiet = subprocess.DEVNULL
    return subprocess.run(words, check=check, stdout=quiet, stderr=quiet, stdin=quiet, timeout=60).returncode


def kill_database(stack) -> None:
    """Ends PostgreSQL as a crash does, and starts it again, which needs the last of its processes to be gone."""
    os.kill(int((Path(stack.run) / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    until(lambda: database(stack, "start", check=False) == 0, 60, "the start of the database")
