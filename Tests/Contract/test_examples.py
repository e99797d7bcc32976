"""The requests of docs/api.md, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from stack import PROJECT, Stack


def test_the_examples_of_the_documentation_work(stack: Stack, tmp_path: Path):
    text = (PROJECT / "docs/api.md").read_text()
    (script,) = re.findall(r"### Examples\n\n```sh\n(.*?)```", text, flags=re.DOTALL)
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f". {stack.run}/env\n{script}"], capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL, cwd=tmp_path, env={**os.environ, "PATH": f"{stack.run}/bin:{os.environ['PATH']}"},
    )
    assert finished.returncode == 0, finished.stderr
    assert '"error":{' not in finished.stdout, finished.stdout
    assert finished.stdout.count('{"data":{') == 5, finished.stdout
    (file,) = tmp_path.glob("fal_ai-requests-failed-from-2025-11-01.csv")
    assert "\r\norder-124,fal_ai,flux-2-pro,failed," in file.read_bytes().decode()
