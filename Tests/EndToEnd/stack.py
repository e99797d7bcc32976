"""A private providerd stack for the tests: started by deploy/up, stopped by deploy/down --purge."""

from __future__ import annotations

import json
import os
import random
import shlex
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 120


def free_port_pair() -> int:
    """A port that is free together with the one after it; below the range that the kernel gives out by itself."""
    for _ in range(200):
        port = random.randrange(20000, 32000)
        try:
            with socket.socket() as first, socket.socket() as second:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            return port
        except OSError:
            continue
    raise RuntimeError("no two free ports next to each other")


def read_environment(file: Path) -> dict[str, str]:
    """The `export NAME='value'` lines of a stack's env file."""
    found = {}
    for line in file.read_text().splitlines():
        words = shlex.split(line, comments=True)
        if len(words) == 2 and words[0] == "export" and "=" in words[1]:
            name, value = words[1].split("=", 1)
            found[name] = value
    return found


@dataclass
class Simulator:
    """Where the simulator of the providers listens, and the authority that signed its certificate."""

    url: str
    ca: str


class SimulatorRequests:
    """What the simulator was asked, through its own API."""

    def __init__(self, simulator: Simulator) -> None:
        trust = ssl.create_default_context(cafile=simulator.ca)
        self.client = httpx.Client(base_url=f"{simulator.url}/_sim", verify=trust, trust_env=False, timeout=20)

    def clear(self, provider: str) -> None:
        """Forgets the requests so far; the simulator has one log for all providers."""
        self.client.delete("/requests").raise_for_status()

    def last(self, provider: str) -> dict:
        """The newest request to that provider, its body parsed. There has to be one."""
        found = self.client.get("/requests", params={"provider": provider, "limit": 1}).raise_for_status().json()
        request = found["requests"][0]
        return {**request, "body": json.loads(request["body"]) if request["body"] else None}


@dataclass
class Stack:
    """A running stack. `run` is its folder, `ca` the file of its authority."""

    run: Path
    port: int
    options: list[str] = field(default_factory=list)
    # With sample traffic and keys, as people get it.
    is_filled: bool = False
    url: str = ""
    ca: str = ""
    admin_token: str = ""
    database_url: str = ""
    simulator_url: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, *options: str, is_filled: bool = False) -> "Stack":
        """Starts a stack in a folder of its own on free ports. Another test run can take the ports first: then again."""
        parent = Path(os.environ.get("PROVIDERD_TEST_FOLDER") or tempfile.gettempdir())
        for attempt in range(3):
            run = Path(tempfile.mkdtemp(prefix="stack.", dir=parent))
            run.rmdir()
            stack = cls(run=run, port=free_port_pair(), options=list(options), is_filled=is_filled)
            finished = stack.up()
            if finished.returncode == 0:
                return stack
            sys.stderr.write(finished.stdout + finished.stderr)
            stack.stop()
            if "is taken by another program" not in finished.stderr and "Address already in use" not in finished.stderr:
                break
        raise RuntimeError(f"deploy/up failed with {finished.returncode}, see above")

    @classmethod
    @contextmanager
    def started(cls, *options: str, is_filled: bool = False) -> Iterator["Stack"]:
        """A stack that is stopped at the end."""
        stack = cls.start(*options, is_filled=is_filled)
        try:
            yield stack
        finally:
            stack.stop()

    def up(self) -> subprocess.CompletedProcess:
        """Runs deploy/up for this folder, also a second time to bring it up to date."""
        command = [str(PROJECT / "deploy/up"), "--run", str(self.run), "--port", str(self.port), "--no-build"]
        command += [] if self.is_filled else ["--empty"]
        if binaries := os.environ.get("PROVIDERD_BINARIES"):
            command += ["--binaries", binaries]
        finished = subprocess.run(
            command + self.options, capture_output=True, text=True, timeout=START_SECONDS, stdin=subprocess.DEVNULL
        )
        if finished.returncode == 0:
            self.environment = read_environment(self.run / "env")
            self.url = self.environment["PROVIDERD_URL"]
            self.ca = self.environment["PROVIDERD_CA"]
            self.admin_token = self.environment["PROVIDERD_ADMIN_TOKEN"]
            self.database_url = self.environment["DATABASE_URL"]
            self.simulator_url = self.environment["SIMULATOR_URL"]
        return finished

    def stop(self) -> None:
        """Stops the stack and removes its folder."""
        subprocess.run(
            [str(PROJECT / "deploy/down"), "--run", str(self.run), "--purge"],
            check=False, capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
        )

    def control(self, *arguments: str, check: bool = True, input: str | None = None) -> subprocess.CompletedProcess:
        """Runs providerctl with the stack's configuration."""
        return subprocess.run(
            [str(self.run / "bin/providerctl"), *arguments],
            check=check, capture_output=True, text=True, timeout=60, input=input or "",
            env={**os.environ, "PROVIDERD_CONFIG": self.environment["PROVIDERD_CONFIG"]},
        )

    def token(self, sub: str = "alice", role: str = "Admin", tenant: str | None = None, ttl: str = "1h") -> str:
        """A token that the stack accepts."""
        arguments = ["token", "--sub", sub, "--role", role, "--ttl", ttl]
        if tenant is not None:
            arguments += ["--tenant", tenant]
        return self.control(*arguments).stdout.strip()

    def client(self, token: str | None = None, **settings) -> httpx.Client:
        """A client that trusts the stack's authority; with a token, it sends that one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        settings.setdefault("timeout", 30)
        return httpx.Client(
            base_url=self.url, verify=ssl.create_default_context(cafile=self.ca), headers=headers,
            trust_env=False, **settings,
        )

    def logs(self, lines: int = 25) -> str:
        """The ends of the stack's logs."""
        parts = []
        for file in sorted((self.run / "log").glob("*.log")):
            end = file.read_text(errors="replace").splitlines()[-lines:]
            if end:
                parts.append(f"--- {file.name}\n" + "\n".join(end))
        return "\n".join(parts)
