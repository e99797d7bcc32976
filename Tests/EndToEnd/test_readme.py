"""The requests of README.md, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("as_installed")

README = Path(__file__).resolve().parents[2] / "README.md"


def blocks(heading: str) -> list[str]:
    """The shell blocks of a section."""
    section = re.split(r"^## ", README.read_text(), flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(heading))
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


def run(script: str, stack) -> str:
    script = script.replace(". .run/env", f". {stack.run}/env")
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{stack.run}/bin:{os.environ['PATH']}"}, cwd=README.parent,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_first_requests_configure_list_test_and_delete_each_of_the_five_providers(stack):
    output = run("\n".join(blocks("First requests")), stack)
    assert output.count("AI provider configured successfully") == 5
    assert output.count("AI provider test successful") == 5
    assert output.count("AI provider deleted successfully") == 5
    assert '"count":5' in output
    assert "OpenAI refused the API key" in output
    assert "OpenAI is out of credit" in output


def test_the_first_requests_give_a_media_provider_a_key_and_account_a_call(stack):
    output = run("\n".join(blocks("First requests")), stack)
    assert "API key updated and tested successfully" in output
    assert '"data":{"id":"order-123","provider":"minimax","model":"image-01","status":"completed"' in output
    assert '"byDay":[{"date":' in output
    assert "id,provider,model,status,userId,createdAt," in output
    assert "\norder-123,minimax,image-01,completed,alice," in output


def test_the_first_requests_store_a_key_for_an_environment_and_list_virtual_machines(stack):
    output = run("\n".join(blocks("First requests")), stack)
    assert '"environment":"dev"' in output and '{"provider":"openrouter","success":true,' in output
    assert '{"success":true,"provider":"vsphere","message":"Provider added successfully"}' in output
    assert '"details":{"version":"8.0.2","datacenters":2,"vms":5}' in output
    assert '"power_state":"poweredOn"' in output and '"power_state":"poweredOff"' not in output


def test_the_command_line_of_the_readme_is_understood(stack):
    script = blocks("The command line")[0].replace("https://proxy.example/v1", "https://8.8.8.8/v1")
    for line in script.splitlines():
        command = line.split("#")[0].strip()
        finished = subprocess.run(
            ["bash", "-c", f". {stack.run}/env; {command}"], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        refused = "egress check" in command
        assert finished.returncode == (1 if refused else 0), f"{command}: {finished.stdout}{finished.stderr}"
    stack.control("provider", "set", "openai", "--endpoint", f"{stack.simulator_url}/openai/v1")
