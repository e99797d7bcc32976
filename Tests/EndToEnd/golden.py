"""Golden whole responses: status, the headers that matter and the body's text to the letter.

What differs from run to run (IDs, times, durations) is replaced by a word. RECORD_GOLDEN=1 writes the files anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import httpx

FOLDER = Path(__file__).parent / "golden"
HEADERS = ("content-type", "www-authenticate", "allow", "retry-after", "etag", "cache-control", "idempotency-replayed")
VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"), "<time>"),
    (re.compile(r"ph_\d+"), "ph_<id>"),
    (re.compile(r'"\d+-\d+\.\d+x?"'), '"<price tag>"'),
    (re.compile(r'"\d+-rules"'), '"<version>-rules"'),
    # Of a check; that of a request that was reported stands before its cost and is the same in every run.
    (re.compile(r'"(responseTime|response_time)":\d+(?!\d|,"cost")'), r'"\1":<ms>'),
    (re.compile(r'"age_seconds":\d+'), '"age_seconds":<age>'),
    (re.compile(r'"\d+ms"'), '"<duration>ms"'),
    (re.compile(r"\b(alert|tx|audit)_(\d+_)?\d+\b"), r"\1_<number>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<request>"),
    (re.compile(r"(The API key expires on )\d{4}-\d\d-\d\d"), r"\1<day>"),
)


def text_of(response: httpx.Response) -> str:
    """The response as the golden files have it."""
    lines = [f"HTTP {response.status_code}"]
    lines += [f"{name}: {response.headers[name]}" for name in HEADERS if name in response.headers]
    text = "\n".join(lines) + "\n\n" + response.text + "\n"
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text


def check(response: httpx.Response, name: str) -> None:
    """Compares a response with its golden file."""
    path = FOLDER / f"{name}.txt"
    actual = text_of(response)
    if os.environ.get("RECORD_GOLDEN") == "1":
        FOLDER.mkdir(exist_ok=True)
        path.write_bytes(actual.encode())
    assert path.exists(), f"no golden file {path.name}: run with RECORD_GOLDEN=1 and read what it writes"
    # As it is: lines of CSV end with CR and LF.
    assert actual == path.read_bytes().decode()
    assert response.headers.get("x-request-id"), "every answer has X-Request-Id"
