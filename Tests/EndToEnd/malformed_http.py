"""HTTP from a client that follows no rules: requests, each from its own seed, on connections that are kept when possible."""

from __future__ import annotations

import http.client
import random
import socket
import ssl
from dataclasses import dataclass

import malformed_json
from malformed_fastcgi import NOBODY, ROUTE

METHODS = [b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH"]
ODD_METHODS = [b"TRACE", b"CONNECT", b"PROPFIND", b"get", b"G\x00T", b"\xff", b"M" * 3000, b"_"]
SEGMENTS = [
    b"%00", b"%ff%fe", b"\xff\xfe", b"..", b"%2e%2e%2f", b"%", b"%zz", b"a" * 9000, b"a" * 20_000, b"'; DROP TABLE x; --".replace(b" ", b"%20"),
    b"\xc0\xaf", b"%ed%a0%80", b"1", b"null", b"-1", b"\x01", b"a\tb", b"{}", b"%252f", b";x=1", b"#", b"\\", b"+",
]
QUERIES = [b"a=1", b"limit=5", b"a&a", b"%zz=1", b"a=%00", b"\xff=\xfe", b"=", b"&" * 200, b"a=" + b"b" * 9000, b"x[]=1", b"?", b"a=1#b", b"%ff"]
OTHER_PATHS = [b"/", b"//", b"/api", b"/api/v1", b"/api/v2/ai/providers", b"/readyz/x", b"/.error/nginx", b"*", b"/api/v1/ai", b"/api/v1/ai/"]
TYPES = [b"text/plain", b"", b"application/json; charset=latin1", b"application/json;" + b"x" * 3000, b"\xff", b"multipart/form-data; boundary=x", b"*/*"]


@dataclass
class Target:
    """Whose requests these are and which connection of theirs they may change."""

    token: str
    identifier: str


@dataclass
class Sent:
    """One request. `in_contract` says that its errors have the form of docs/openapi.yaml."""

    octets: bytes
    method: str
    in_contract: bool
    is_conditional: bool

    @property
    def is_oversized(self) -> bool:
        """nginx closes the connection on a head that does not fit; what it did not read then takes its answer along."""
        return self.octets.find(b"\r\n\r\n") > 16_384


def line(choice: random.Random, target: Target) -> tuple[bytes, bytes]:
    """Method and path; more often than not a route that reads a body."""
    route = ROUTE.encode()
    one = route + b"/" + (target.identifier if choice.randrange(3) else NOBODY).encode()
    kind = choice.randrange(20)
    if kind < 11:
        return choice.choice([(b"POST", route), (b"POST", route), (b"PUT", one), (b"PUT", one), (b"POST", one + b"/test")])
    method = choice.choice(METHODS)
    if kind == 11:
        method = choice.choice(ODD_METHODS)
    if kind < 14:
        return method, choice.choice([route, one]) + b"/" + choice.choice(SEGMENTS)
    if kind == 14:
        return method, choice.choice(OTHER_PATHS + [b"/" + choice.choice(SEGMENTS)])
    return method, choice.choice([route, one, one + b"/test"])


def authorization(choice: random.Random, token: str) -> bytes:
    junk = bytes(octet for octet in choice.randbytes(60) if octet not in b"\r\n\x00")
    return choice.choice([
        b"", b"Bearer", b"Bearer ", b"Bearer " + junk, junk, b"Basic YTpi", b"Bearer " + token.encode()[:-5], b"Bearer " + b"A" * 8192,
        b"Bearer " + b".".join([b"e30"] * 3), b"Bearer eyJhbGciOiJub25lIn0.e30.", b"bearer  " + token.encode() + b" x", b"\xff" * 8000, b"B" * 15_000,
    ])


def odd_headers(choice: random.Random) -> list[tuple[bytes, bytes]]:
    junk = bytes(octet for octet in choice.randbytes(30) if octet not in b"\r\n\x00")
    tags = [b"*", b'"1-0"', b'"', b'""', b"W/\"1-0\"", b'"1-0", "2-0"', b",", b'"99999999999999999999-0"', b'"-1"', b'"' + b"9" * 3000 + b'"', junk]
    keys = [b"", junk, b"k" * 256, b'"quoted"', b'"', b"key-%d" % choice.randrange(40), b"key-%d" % choice.randrange(40), b"with space", b"\xc3\xa9"]
    found = []
    if choice.randrange(3) == 0:
        found.append((choice.choice([b"If-Match", b"If-None-Match"]), choice.choice(tags)))
    if choice.randrange(3) == 0:
        found.append((b"Idempotency-Key", choice.choice(keys)))
    if choice.randrange(8) == 0:
        found.append(choice.choice([
            (b"Origin", junk), (b"Proxy", b"http://bad"), (b"X-Request-Id", junk), (b"Accept-Encoding", b"gzip;q=" + junk), (b"Cookie", junk * 50),
            (b"X-Under_score", b"1"), (b"X-Long", b"x" * 17_000), (b"Range", b"bytes=0-0,5-"), (b"Expect", b"100-continue"), (b"Host", b"other"),
            (b"Bad Name", b"x"), (b"X-Nul", b"a\x00b"), (b"Content-Length", b"5"), (b"Accept", b"\xff"), (b"Upgrade", b"h2c"),
        ]))
    return found


def framed(body: bytes, choice: random.Random, may_break: bool) -> tuple[tuple[bytes, bytes], bytes]:
    """The header that says how the body ends, and the body as it is sent."""
    if choice.randrange(10):
        return (b"Content-Length", str(len(body)).encode()), body
    chunk = choice.choice([b"%x" % len(body), b"zz", b"ffffffffffffffff", b"-1"]) if may_break else b"%x" % len(body)
    return (b"Transfer-Encoding", b"chunked"), chunk + b"\r\n" + body + b"\r\n0\r\n\r\n" if body else b"0\r\n\r\n"


def request(choice: random.Random, targets: list[Target]) -> Sent:
    """A request to somewhere with something, most of them far enough from nonsense to reach a handler."""
    target = choice.choice(targets)
    method, where = line(choice, target)
    if method == b"DELETE":
        # The one connection that is there is needed until the end.
        where = where.replace(target.identifier.encode(), NOBODY.encode())
    query = b"?" + choice.choice(QUERIES) if choice.randrange(8) == 0 else b""
    # nginx has no second error page for a request that it refuses already, and then finds to have a broken body.
    may_break = method in METHODS and where == ROUTE.encode() and not query
    length, body = framed(malformed_json.body(choice) if choice.randrange(5) else b"", choice, may_break)
    headers = [(b"Host", b"localhost"), length, *([] if may_break else odd_headers(choice))]
    headers.append((b"Content-Type", b"application/json" if choice.randrange(8) else choice.choice(TYPES)))
    trusted = b"Bearer " + target.token.encode()
    headers.append((b"Authorization", trusted if choice.randrange(6) else authorization(choice, target.token)))
    head = method + b" " + where + query + b" HTTP/1.1\r\n" + b"".join(name + b": " + text + b"\r\n" for name, text in headers)
    in_contract = where == ROUTE.encode() or where.startswith(ROUTE.encode() + b"/")
    return Sent(head + b"\r\n" + body, method.decode("latin-1"), in_contract, b"\r\nIf-None-Match: *" in head)


class Client:
    """One connection over TLS at a time; a new one whenever the server has closed the last."""

    def __init__(self, port: int, ca: str) -> None:
        self.port = port
        self.trust = ssl.create_default_context(cafile=ca)
        self.session: ssl.SSLSession | None = None
        self.connection: ssl.SSLSocket | None = None

    def ask(self, sent: Sent) -> tuple[int, str, bytes]:
        """The status, the content type and the body of the answer."""
        try:
            if self.connection is None:
                raw = socket.create_connection(("localhost", self.port), timeout=10)
                self.connection = self.trust.wrap_socket(raw, server_hostname="localhost", session=self.session)
            self.session = self.connection.session
            try:
                self.connection.sendall(sent.octets)
            except ConnectionError:
                pass  # The server may refuse a request that it has not wholly read: its answer is there.
            answer = http.client.HTTPResponse(self.connection, method=sent.method)
            answer.begin()
            body = answer.read()
            if answer.will_close:
                self.close()
            return answer.status, answer.getheader("Content-Type") or "", body
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
