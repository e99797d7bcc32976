"""What nginx answers by itself: always JSON, in the envelope of the surface, with the request's ID once."""

from __future__ import annotations

import json
import socket
import ssl

import pytest

from stack import Stack

CLOSE = b"Host: localhost\r\nConnection: close\r\n"
CONTRACT_1 = "/api/v1/ai/providers"
CONTRACT_2 = "/api/admin/third-party-apis/providers"
CONTRACT_3 = "/api/providers/openai"
CONTRACT_5 = "/api/vms/list"


def is_whole(answer: bytes) -> bool:
    """Whether the announced length has arrived: nginx lingers for seconds after it refused a request."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(separator and lengths and len(body) >= int(lengths[0]))


def exchange(
    stack: Stack, request: bytes, tls: bool = True, source: str = "127.0.0.1"
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Sends octets as they are and reads one answer to its end."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=30, source_address=(source, 0)) as plain:
        connection = plain
        if tls:
            context = ssl.create_default_context(cafile=stack.ca)
            connection = context.wrap_socket(plain, server_hostname="localhost")
        answer = b""
        try:
            connection.sendall(request)
            while not is_whole(answer) and (chunk := connection.recv(65536)):
                answer += chunk
        except (ConnectionError, ssl.SSLError):
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    return int(first.split(" ")[1]), headers, body


def message_of(path: str, document: dict) -> str:
    """The message in the envelope of the path's contract; fails when it is another envelope."""
    if path.startswith("/api/admin/"):
        error = document["error"]
        # Only a 400 has details; nginx names no field.
        names = ["code", "message"] + (["details"] if error["code"] == "INVALID_REQUEST" else [])
        assert list(document) == ["error"] and list(error) == names and not error.get("details")
        return error["message"]
    if path.startswith(("/api/vms", "/api/providers/add")):
        assert list(document) == ["success", "provider", "error"] and document["success"] is False
        return document["error"]
    if path.startswith(("/api/providers", "/api/models")):
        assert document == {"data": None, "meta": {}, "status": "error", "message": document["message"]}
        return document["message"]
    assert list(document) == ["success", "message"] and document["success"] is False
    return document["message"]


REFUSED = {
    "no host": (400, "GET {} HTTP/1.1\r\nConnection: close\r\n\r\n"),
    "two hosts": (400, "GET {} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    "a broken escape": (400, "GET {}/%zz HTTP/1.1\r\n" + CLOSE.decode() + "\r\n"),
    "a NUL in the path": (400, "GET {}/%00 HTTP/1.1\r\n" + CLOSE.decode() + "\r\n"),
    "a negative length": (400, "POST {} HTTP/1.1\r\n" + CLOSE.decode() + "Content-Length: -3\r\n\r\n"),
    "two lengths": (400, "POST {} HTTP/1.1\r\n" + CLOSE.decode() + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
    "both framings": (
        400,
        "POST {} HTTP/1.1\r\n" + CLOSE.decode() + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    ),
    "broken chunks": (400, "POST {} HTTP/1.1\r\n" + CLOSE.decode() + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"),
    "TRACE": (405, "TRACE {} HTTP/1.1\r\n" + CLOSE.decode() + "\r\n"),
    "an unknown method": (405, "BREW {}?x=1 HTTP/1.1\r\n" + CLOSE.decode() + "\r\n"),
    "a large body": (413, "POST {} HTTP/1.1\r\n" + CLOSE.decode() + "Content-Length: 1048577\r\n\r\n"),
    "a large body announced": (
        413,
        "POST {} HTTP/1.1\r\n" + CLOSE.decode() + "Expect: 100-continue\r\nContent-Length: 20000000\r\n\r\n",
    ),
    "a long address": (414, "GET {}/" + "a" * 20000 + " HTTP/1.1\r\n" + CLOSE.decode() + "\r\n"),
    "a large header": (431, "GET {} HTTP/1.1\r\n" + CLOSE.decode() + "X-Large: " + "a" * 20000 + "\r\n\r\n"),
    "an unknown coding": (501, "POST {} HTTP/1.1\r\n" + CLOSE.decode() + "Transfer-Encoding: gzip\r\n\r\n"),
    "an unknown version": (505, "GET {} HTTP/3.7\r\n" + CLOSE.decode() + "\r\n"),
}


@pytest.mark.parametrize("path", [CONTRACT_1, CONTRACT_2, CONTRACT_3, CONTRACT_5, "/elsewhere"])
@pytest.mark.parametrize("case", REFUSED)
def test_what_nginx_refuses_has_the_envelope_of_the_surface(stack: Stack, case: str, path: str) -> None:
    status, request = REFUSED[case]
    found, headers, body = exchange(stack, request.replace("{}", path, 1).encode("latin-1"))
    assert found == status
    names = [name for name, _ in headers]
    assert dict(headers)["content-type"] == "application/json"
    assert names.count("x-request-id") == 1
    assert len(names) == len(set(names))
    assert message_of(path, json.loads(body))
    assert ("allow" in names) == (status == 405)


@pytest.mark.parametrize("request_bytes", [b"GARBAGE\r\n\r\n", b"\x16\x03\x01 x\r\n\r\n", b"get / HTTP/1.1\r\n\r\n"])
def test_what_is_not_http_is_answered_in_json(stack: Stack, request_bytes: bytes) -> None:
    status, _, body = exchange(stack, request_bytes)
    assert status == 400
    assert json.loads(body) == {"success": False, "message": "The request is not valid HTTP"}


def test_plain_http_is_told_to_speak_https(stack: Stack) -> None:
    status, _, body = exchange(stack, b"GET /api/admin/third-party-apis/x HTTP/1.1\r\n" + CLOSE + b"\r\n", tls=False)
    assert status == 400
    assert "HTTPS" in json.loads(body)["error"]["message"]


def test_every_answer_has_the_security_headers_once(stack: Stack) -> None:
    for path in ("/readyz", "/.error/nginx", CONTRACT_1):
        _, headers, _ = exchange(stack, f"GET {path} HTTP/1.1\r\n".encode() + CLOSE + b"\r\n")
        names = [name for name, _ in headers]
        for name in (
            "strict-transport-security", "x-content-type-options", "x-frame-options",
            "referrer-policy", "content-security-policy", "x-request-id",
        ):  # fmt: skip
            assert names.count(name) == 1, (path, name)


def test_a_body_at_the_limit_reaches_the_application(stack: Stack) -> None:
    body = b" " * 1048576
    request = b"POST /elsewhere HTTP/1.1\r\n" + CLOSE + b"Content-Length: 1048576\r\n\r\n" + body
    status, _, _ = exchange(stack, request)
    assert status != 413


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"TRACE /api/v1/ai/providers HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"FOO /api/v1/ai/providers HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/v1/ai/providers HTTP/1.1\r\n" + CLOSE + b"Content-Length: 5000000\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_a_refused_request_whose_body_is_broken_too_is_answered_in_json(stack: Stack, request_bytes: bytes) -> None:
    status, headers, body = exchange(stack, request_bytes)
    assert status in (400, 405, 413)
    assert dict(headers)["content-type"] == "application/json"
    assert message_of(CONTRACT_1, json.loads(body))
