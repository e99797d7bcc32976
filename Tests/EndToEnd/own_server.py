"""A providerd of a test's own, with a changed copy of a stack's configuration, and a FastCGI client to ask it."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from stack import Stack

BEGIN, END, PARAMETERS, BODY, OUTPUT = 1, 3, 4, 5, 6


@dataclass
class Answer:
    """A response as the application gave it, before nginx."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)


def record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def parameter(name: str, value: str) -> bytes:
    """Always with the long form of a length."""
    name, value = name.encode(), value.encode()
    return struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value


def read_exactly(connection: socket.socket, count: int) -> bytes:
    parts = b""
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise ConnectionError(f"the connection ended after {len(parts)} of {count} bytes")
        parts += part
    return parts


def ask(path: Path | str, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    """One request on a connection of its own."""
    values = {"REQUEST_METHOD": method, "REQUEST_URI": target, "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1"}
    if body:
        values |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    for name, value in (headers or {}).items():
        values["HTTP_" + name.upper().replace("-", "_")] = value
    parameters = b"".join(parameter(name, value) for name, value in values.items())
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(15)
        connection.connect(str(path))
        connection.sendall(
            record(BEGIN, struct.pack(">HB5x", 1, 0)) + record(PARAMETERS, parameters) + record(PARAMETERS)
            + (record(BODY, body) if body else b"") + record(BODY)
        )
        output = b""
        while True:
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", read_exactly(connection, 8))
            content = read_exactly(connection, length + padding)[:length]
            if kind == OUTPUT:
                output += content
            if kind == END:
                break
    head, _, rest = output.partition(b"\r\n\r\n")
    lines = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
    status = next(int(value.split()[0]) for name, value in lines if name == "Status")
    return Answer(status, [line for line in lines if line[0] != "Status"], rest)


def configuration(stack: Stack, changes: dict[str, str | None]) -> str:
    """The stack's configuration with other values; None takes a setting out."""
    lines = []
    for line in Path(stack.environment["PROVIDERD_CONFIG"]).read_text().splitlines():
        if line.partition("=")[0].strip() not in changes:
            lines.append(line)
    lines += [f"{name} = {value}" for name, value in changes.items() if value is not None]
    return "\n".join(lines) + "\n"


class OwnServer:
    """`providerd api` in a folder of its own. Use it in a `with` statement."""

    def __init__(self, stack: Stack, changes: dict[str, str | None] | None = None, environment: dict | None = None) -> None:
        # Short, since a socket's address has room for 107 octets.
        self.folder = Path(tempfile.mkdtemp(prefix="own."))
        self.socket = self.folder / "socket"
        self.configuration = self.folder / "providerd.conf"
        self.program = str(stack.run / "bin/providerd")
        self.environment = {"PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "registers=none", **(environment or {})}
        self.stack = stack
        self.log = self.folder / "log"
        self.process: subprocess.Popen | None = None
        self.write(changes or {})

    def write(self, changes: dict[str, str | None]) -> None:
        self.configuration.write_text(configuration(self.stack, {"socket": str(self.socket), **changes}))

    def command(self) -> list[str]:
        return [self.program, "api", "--config", str(self.configuration)]

    def __enter__(self) -> "OwnServer":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )
        try:
            self.wait_until_healthy()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_healthy(self, seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                if self.ask("GET", "/healthz").status == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > end or (self.process is not None and self.process.poll() is not None):
                raise RuntimeError(f"providerd does not answer: {self.log.read_text()}")
            time.sleep(0.02)

    def ask(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        return ask(self.socket, method, target, headers, body)

    def with_token(self, token: str, target: str = "/api/v1/ai/providers") -> Answer:
        return self.ask("GET", target, {"Authorization": f"Bearer {token}"})

    def __exit__(self, *_) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
                raise
        shutil.rmtree(self.folder, ignore_errors=True)
