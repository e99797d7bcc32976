"""FastCGI from a client that is not a web server: streams of records, each from its own seed, and what answers them."""

from __future__ import annotations

import random
import socket
import struct
from dataclasses import dataclass

import malformed_json

BEGIN, ABORT, END, PARAMETERS, INPUT, OUTPUT, ERRORS = 1, 2, 3, 4, 5, 6, 7
ROUTE = "/api/v1/ai/providers"
NOBODY = "018f6b1c-0000-7000-8000-000000000000"

URIS = [
    b"/%00", b"/api/v1/ai/providers/%00", b"/api/v1/ai/providers/%ff%fe", b"/api/v1/ai/providers/\xff\xfe",
    b"/api/v1/ai/providers?\xc0\xaf=1", b"/api/v1/ai/providers?a=%00", b"/api/v1/ai/providers?%", b"/api/v1/ai/providers?a&a",
    b"/api/v1/ai/providers/" + b"a" * 9000, b"/api/v1/ai/providers?" + b"a=1&" * 5000, b"/" * 5000, b"", b"?", b"/?",
    b"api/v1", b"http://x/api/v1/ai/providers", b"/api/v1/ai/../ai/providers", b"/api/v1/ai/providers/..%2f..%2f", b"*",
    b"/api/v1/ai//providers", b"/api/v1/ai/providers/", b"/api/v1/ai/providers#x", b"/\r\nSet-Cookie: x=1", b"/\xed\xa0\x80",
    b"/api/v1/ai/providers/" + NOBODY.encode() + b"/test/test", b"/api/v1/ai/providers/" + NOBODY.upper().encode(),
]
LENGTHS = [b"", b"0", b"-1", b"1", b"+5", b" 5", b"5 ", b"0x10", b"1e3", b"9" * 30, b"9223372036854775807", b"1048577", b"\xff", b"5,5"]
NAMES = [b"", b"\x00", b"\xff\xfe", b"=", b"REQUEST_METHOD=DELETE", b"HTTP_AUTHORIZATION=", b"N" * 300, b"HTTP_\xc3\xa9", b"\r\n", b"PATH"]
METHODS = [b"", b"get", b"TRACE", b"CONNECT", b"HEAD", b"OPTIONS", b"PATCH", b"\xff", b"GET\r\nX: y", b"G" * 5000]


def record(kind: int, content: bytes = b"", identifier: int = 1, version: int = 1, padding: int = 0, length: int | None = None) -> bytes:
    """One record; `length` is what its header says when that is not the truth."""
    said = len(content) if length is None else length
    return struct.pack(">BBHHBB", version, kind, identifier, said, padding, 0) + content + b"\x00" * padding


def begin(role: int = 1, flags: int = 0, **fields) -> bytes:
    return record(BEGIN, struct.pack(">HB5x", role, flags), **fields)


def size(count: int) -> bytes:
    return bytes([count]) if count < 128 else struct.pack(">I", count | 0x8000_0000)


def pairs(parameters: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(size(len(name)) + size(len(text)) + name + text for name, text in parameters)


def records(kind: int, content: bytes, most: int = 60_000) -> list[bytes]:
    """The content in as many records as it takes, and the empty one that ends it."""
    return [record(kind, content[at : at + most]) for at in range(0, len(content), most)] + [record(kind)]


@dataclass
class Stream:
    """What is sent. `answers` says that a web server could have sent it, so that an answer must come."""

    octets: bytes
    answers: bool = False
    is_head: bool = False


def parameters(choice: random.Random, token: str, body: bytes) -> list[tuple[bytes, bytes]]:
    """Those of a request that a web server sends."""
    method, uri = choice.choice([
        ("GET", ROUTE), ("GET", f"{ROUTE}/{NOBODY}"), ("POST", ROUTE), ("POST", ROUTE), ("POST", f"{ROUTE}/{NOBODY}/test"),
        ("PUT", f"{ROUTE}/{NOBODY}"), ("DELETE", f"{ROUTE}/{NOBODY}"), ("GET", "/healthz"), ("GET", "/readyz"), ("OPTIONS", ROUTE),
    ])
    return [
        (b"REQUEST_METHOD", method.encode()), (b"REQUEST_URI", uri.encode()), (b"QUERY_STRING", b""),
        (b"CONTENT_TYPE", b"application/json"), (b"CONTENT_LENGTH", str(len(body)).encode()),
        (b"SERVER_PROTOCOL", b"HTTP/1.1"), (b"REMOTE_ADDR", b"127.0.0.1"), (b"REQUEST_ID", choice.randbytes(16).hex().encode()),
        (b"HTTP_AUTHORIZATION", b"Bearer " + token.encode()), (b"HTTP_HOST", b"localhost"),
    ]


def replaced(found: list[tuple[bytes, bytes]], name: bytes, text: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, text) if entry[0] == name else entry for entry in found]


def odd_parameters(found: list[tuple[bytes, bytes]], choice: random.Random) -> list[tuple[bytes, bytes]]:
    """One change that keeps the records well formed."""
    kind = choice.randrange(13)
    junk = choice.randbytes(choice.randrange(1, 40))
    if kind == 0:
        return [entry for entry in found if entry[0] != choice.choice([b"REQUEST_METHOD", b"REQUEST_URI", b"CONTENT_LENGTH"])]
    if kind < 4:
        return replaced(found, b"REQUEST_URI", choice.choice(URIS))
    if kind == 4:
        return replaced(found, b"CONTENT_LENGTH", choice.choice(LENGTHS))
    if kind == 5:
        return replaced(found, b"REQUEST_METHOD", choice.choice(METHODS))
    if kind == 6:
        return replaced(found, b"HTTP_AUTHORIZATION", choice.choice([b"", b"Bearer ", b"Bearer " + junk, b"bearer a.b.c", b"A" * 8192]))
    if kind == 7:
        return replaced(found, choice.choice([b"REMOTE_ADDR", b"REQUEST_ID", b"CONTENT_TYPE"]), choice.choice([b"", junk, b"x" * 20_000]))
    if kind == 8:
        header = choice.choice([b"HTTP_IF_MATCH", b"HTTP_IDEMPOTENCY_KEY", b"HTTP_IF_NONE_MATCH", b"HTTP_ORIGIN"])
        return found + [(header, choice.choice([b"", junk, b"*", b'"', b'""', b'"1-9"', b"," * 9000, b'"k%d"' % choice.randrange(9)]))]
    if kind == 9:
        return found + [(choice.choice(NAMES), junk) for _ in range(choice.choice([1, 3, 2000]))]
    if kind == 10:
        return found + choice.sample(found, min(3, len(found)))
    if kind == 11:
        return found + [(b"HTTP_X_LONG", b"x" * choice.choice([127, 128, 65_535, 65_536, 150_000, 262_145]))]
    return choice.sample(found, choice.randrange(len(found) + 1))


def odd_records(parts: list[bytes], choice: random.Random) -> list[bytes]:
    """One change to the order or the headers of the records."""
    parts = list(parts)
    at = choice.randrange(len(parts))
    kind = choice.randrange(11)
    if kind == 0:
        parts[0] = begin(role=choice.choice([0, 2, 3, 4, 255, 65_535]), flags=choice.randrange(256))
    elif kind == 1:
        parts[at] = parts[at][:1] + bytes([choice.choice([0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 255])]) + parts[at][2:]
    elif kind == 2:
        parts.insert(at, parts[at])
    elif kind == 3:
        del parts[at]
    elif kind == 4:
        choice.shuffle(parts)
    elif kind == 5:
        other = begin(identifier=2) + record(PARAMETERS, choice.randbytes(9), identifier=2)
        parts.insert(at + 1, choice.choice([other, record(INPUT, b"x", identifier=7), record(ABORT), record(9, identifier=0)]))
    elif kind == 6:
        parts[at] = parts[at][:4] + struct.pack(">H", choice.choice([0, 1, 7, 9, 255, 32_768, 65_535])) + parts[at][6:]
    elif kind == 7:
        parts[at] = parts[at][:6] + bytes([choice.randrange(1, 256)]) + parts[at][7:]
    elif kind == 8:
        parts[at] = bytes([choice.choice([0, 2, 255])]) + parts[at][1:]
    elif kind == 9:
        parts.insert(1, record(PARAMETERS, choice.choice([b"\xff\xff\xff\xff", b"\x8f\xff\xff\xff\x01", b"\x01\xff\xff\xff\xff", b"\x80\x00\x00"])))
    else:
        parts.append(choice.choice([b"".join(parts), parts[at], b"\x01", b"GET / HTTP/1.1\r\n\r\n"]))
    return parts


def odd_octets(octets: bytes, choice: random.Random) -> bytes:
    """One change that knows nothing of records."""
    at, count = choice.randrange(len(octets)), choice.choice([1, 2, 8, 100])
    kind = choice.randrange(6)
    if kind == 0:
        for place in (choice.randrange(len(octets)) for _ in range(count)):
            octets = octets[:place] + bytes([octets[place] ^ 1 << choice.randrange(8)]) + octets[place + 1 :]
        return octets
    if kind == 1:
        return octets[:at]
    if kind == 2:
        return octets[:at] + octets[at : at + count] + octets[at:]
    if kind == 3:
        return octets[:at] + choice.randbytes(count) + octets[at:]
    if kind == 4:
        return octets[:at] + octets[at + count :]
    return choice.choice([choice.randbytes(count), b"\x00" * 500, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\x01"])


def stream(choice: random.Random, token: str) -> Stream:
    """A valid request, or one after changes to its parameters, its records or its octets."""
    body = malformed_json.body(choice) if choice.randrange(3) else b""
    found = parameters(choice, token, body)
    kind = choice.randrange(20)
    for _ in range(choice.randrange(1, 3) if 1 <= kind < 12 else 0):
        found = odd_parameters(found, choice)
    content = pairs(found)
    # Long ones in small records would not fit into the socket, and no server would read them before they end.
    most = choice.choice([60_000, 60_000, 100, 7]) if len(content) < 20_000 else 60_000
    parts = [begin(flags=choice.randrange(2)), *records(PARAMETERS, content, most), *records(INPUT, body)]
    for _ in range(choice.randrange(1, 3) if 12 <= kind < 16 else 0):
        parts = odd_records(parts, choice) if parts else parts
    octets = b"".join(parts) or b"\x01"
    if kind >= 16:
        octets = odd_octets(octets, choice)
    is_plain = kind == 0
    return Stream(octets, answers=is_plain, is_head=any(entry == (b"REQUEST_METHOD", b"HEAD") for entry in found))


@dataclass
class Answer:
    """What came back: the standard output, and whether the request was ended in good order."""

    output: bytes
    is_ended: bool
    is_closed: bool


def read_answer(connection: socket.socket) -> Answer:
    """Reads until the request's end, the connection's end or the socket's time limit."""
    received = b""
    output = b""
    while True:
        while len(received) >= 8:
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", received[:8])
            if len(received) < 8 + length + padding:
                break
            if kind == OUTPUT:
                output += received[8 : 8 + length]
            if kind == END:
                return Answer(output, True, False)
            received = received[8 + length + padding :]
        try:
            more = connection.recv(65_536)
        except TimeoutError:
            return Answer(output, False, False)
        except ConnectionError:
            return Answer(output, False, True)
        if not more:
            return Answer(output, False, True)
        received += more


def exchange(path: str, sent: Stream, seconds: float, half_close: bool) -> Answer:
    """Sends a stream on a connection of its own; the server may cut it off while it is still being sent."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        try:
            connection.sendall(sent.octets)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except (ConnectionError, TimeoutError):
            pass
        return read_answer(connection)
