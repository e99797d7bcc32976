"""The OpenAPI document against a running stack: schemathesis makes requests from it, right and wrong ones, and compares
what comes back with what stands there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from contract_data import fill
from stack import PROJECT, Stack

HERE = Path(__file__).parent
DOCUMENT = PROJECT / "docs/openapi.yaml"
SECONDS = 360


def test_every_operation_keeps_what_the_document_promises(stack: Stack, tmp_path: Path):
    with stack.client(stack.admin_token) as client:
        connections = fill(client)
    (tmp_path / "connections.txt").write_text("".join(f'"{connection}"\n' for connection in connections))
    shutil.copy(HERE / "schemathesis.toml", tmp_path)
    finished = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run", str(DOCUMENT), "--url", stack.url,
            "--tls-verify", stack.ca, "--header", f"Authorization: Bearer {stack.admin_token}",
            "--phases", "examples,coverage,fuzzing",
        ],
        cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
        stdin=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "120", "NO_PROXY": "localhost,127.0.0.1"},
    )
    operations = sum(
        method in ("get", "post", "put", "delete")
        for path in yaml.safe_load(DOCUMENT.read_text())["paths"].values() for method in path
    )
    assert finished.returncode == 0, f"schemathesis found something:\n{finished.stdout}"
    assert f"Operations:  {operations}" in finished.stdout, finished.stdout
