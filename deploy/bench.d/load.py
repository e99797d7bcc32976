"""One window of load with wrk, and what it cost the processes of the stack."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}


def status_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on."""
    with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
        return file.read().rpartition(")")[2].split()


def family(root: int) -> list[int]:
    """A process and everything below it."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)] = int(status_fields(int(name))[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(root: int) -> float:
    """CPU time of a process and everything below it, ended children included."""
    ticks = 0
    for pid in family(root):
        try:
            fields = status_fields(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        # utime and stime; of ended children, cutime and cstime.
        ticks += sum(int(value) for value in fields[11:15])
    return ticks / TICKS


def resident_megabytes(root: int) -> list[float]:
    """Resident memory of the workers: the processes below the root, or the root itself when there are none."""
    sizes = []
    for pid in family(root)[1:] or [root]:
        with open(f"/proc/{pid}/status", encoding="latin-1") as file:
            match = re.search(r"^VmRSS:\s+(\d+) kB", file.read(), re.M)
        if match:
            sizes.append(int(match.group(1)) / 1024)
    return sizes


@dataclass
class Window:
    """What one window showed: requests a second, latencies in milliseconds, CPU in microseconds a request."""

    requests: int
    failures: int
    per_second: float
    p50: float
    p99: float
    cpu: dict[str, float] = field(default_factory=dict)


def milliseconds(text: str) -> float:
    match = re.fullmatch(r"([0-9.]+)(us|ms|s|m)", text)
    if match is None:
        raise ValueError(f"wrk wrote a time that this does not know: {text}")
    return float(match.group(1)) * UNITS[match.group(2)]


def parse_wrk(text: str) -> Window:
    """Reads what `wrk --latency` prints."""
    total = re.search(r"(\d+) requests in", text)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    percentiles = dict(re.findall(r"^\s+(\d+)%\s+(\S+)\s*$", text, re.M))
    if total is None or rate is None or "99" not in percentiles:
        raise ValueError(f"wrk wrote something that this does not know:\n{text}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failures = int(refused.group(1)) if refused else 0
    failures += sum(int(number) for number in broken.groups()) if broken else 0
    return Window(
        requests=int(total.group(1)), failures=failures, per_second=float(rate.group(1)),
        p50=milliseconds(percentiles["50"]), p99=milliseconds(percentiles["99"]),
    )  # fmt: skip


def run_window(
    url: str, token: str, clients: int, seconds: int, groups: dict[str, int], script: Path | None = None
) -> Window:
    """Loads an address for some seconds; `groups` names the processes whose CPU is counted, `script` is for wrk."""
    before = {name: cpu_seconds(root) for name, root in groups.items()}
    finished = subprocess.run(
        ["wrk", "--latency", "-t", str(min(clients, 2)), "-c", str(clients), "-d", f"{seconds}s",
         *(["-s", str(script)] if script else []), "-H", f"Authorization: Bearer {token}", url],
        capture_output=True, text=True, timeout=seconds + 60, check=True,
    )  # fmt: skip
    window = parse_wrk(finished.stdout)
    for name, root in groups.items():
        window.cpu[name] = (cpu_seconds(root) - before[name]) * 1e6 / max(window.requests, 1)
    return window
