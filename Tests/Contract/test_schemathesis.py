"""The OpenAPI document against a running stack: schemathesis makes requests from it, right and wrong ones, and compares
what comes back with what stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from contract_data import credentials, fill, health_runs, machines
from stack import PROJECT, Stack

HERE = Path(__file__).parent
DOCUMENT = PROJECT / "docs/openapi.yaml"
SECONDS = 360


def operations() -> set[tuple[str, str]]:
    """The method and path of each operation in the document, as the log of the application has them."""
    return {
        (method.upper(), re.sub(r"\{(\w+)\}", r":\1", path))
        for path, item in yaml.safe_load(DOCUMENT.read_text())["paths"].items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    }


def succeeded(stack: Stack) -> set[tuple[str, str]]:
    """The operations that were answered with 2xx, by the log."""
    lines = (json.loads(line) for line in (stack.run / "log/providerd.log").read_text().splitlines())
    return {
        (line["method"], line["route"])
        for line in lines
        if line.get("message") == "request" and 200 <= line["status"] < 300 and line.get("route")
    }


def test_every_operation_keeps_what_the_document_promises(stack: Stack, tmp_path: Path):
    with stack.client(stack.admin_token) as client:
        machines(client)
        dictionaries = {"connections": fill(client), "credentials": credentials(client), "jobs": health_runs(client)}
    for name, values in dictionaries.items():
        (tmp_path / f"{name}.txt").write_text("".join(f'"{value}"\n' for value in values))
    for name in ("schemathesis.toml", "reasons.py"):
        shutil.copy(HERE / name, tmp_path)
    finished = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run", str(DOCUMENT), "--url", stack.url,
            "--tls-verify", stack.ca, "--header", f"Authorization: Bearer {stack.admin_token}",
        ],
        cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
        stdin=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "120", "NO_PROXY": "localhost,127.0.0.1"},
    )
    assert finished.returncode == 0, f"schemathesis found something:\n{finished.stdout}"
    # It says nothing about a route that only ever refused.
    assert operations() - succeeded(stack) == set()
