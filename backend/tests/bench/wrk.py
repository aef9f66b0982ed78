"""Runs wrk, the load tool: https://github.com/wg/wrk."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import OTHER_CORE, pinned_to

_CONNECTIONS = 8
_TIMEOUT_SECONDS = 30
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class LoadToolError(Exception):
    """wrk is missing, or a server answered wrongly."""


@dataclass(frozen=True)
class Load:
    """Requests to one URL, the same ones again and again, or those of a Lua script."""

    url: str
    headers: Mapping[str, str]
    script: Path | None = None
    argument: str = ""
    """For the script."""
    connections: int = _CONNECTIONS


@dataclass(frozen=True)
class Result:
    requests: int
    seconds: float
    median_latency_seconds: float
    tool_processor_seconds: float


def find_wrk() -> str:
    """Returns the path of the program. Raises LoadToolError if there is none."""
    program = shutil.which("wrk")
    if program is None:
        raise LoadToolError("`make bench` needs wrk: apt-get install wrk, or brew install wrk.")
    return program


def run(load: Load, seconds: int) -> Result:
    """Requests as fast as the server answers. Raises LoadToolError if a response is an error, or none came."""
    command = [find_wrk(), "--threads", "1", "--connections", str(load.connections), "--duration", f"{seconds}s"]
    command += ["--latency", "--timeout", f"{_TIMEOUT_SECONDS}s"]
    for name, value in load.headers.items():
        command += ["--header", f"{name}: {value}"]
    if load.script is not None:
        command += ["--script", str(load.script)]
    with pinned_to(OTHER_CORE):
        process = subprocess.Popen([*command, load.url, "--", load.argument], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    totals = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", output)
    median = re.search(r"50%\s+([\d.]+)(us|ms|s|m)", output)
    has_errors = any(sign in output for sign in ("Non-2xx", "Non-201", "Socket errors"))
    if process.returncode or totals is None or median is None or has_errors:
        raise LoadToolError(f"{load.url} was not served without errors:\n{output}")
    return Result(
        requests=int(totals[1]),
        seconds=float(totals[2]) * _UNITS[totals[3]],
        median_latency_seconds=float(median[1]) * _UNITS[median[2]],
        tool_processor_seconds=usage.ru_utime + usage.ru_stime,
    )
