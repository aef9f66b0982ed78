"""Processes on a core of their own, and the processor time that they use."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

SERVER_CORE, OTHER_CORE = 0, min(1, (os.cpu_count() or 1) - 1)
"""The server that is measured has a core of its own; database, simulator and load tool share the other one."""


@contextlib.contextmanager
def pinned_to(core: int) -> Iterator[None]:
    """Processes that are started inside run on this core, like with taskset(1)."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def processor_seconds(pid: int) -> float:
    """The processor time of all threads of a process, in user and system mode: proc(5), utime and stime."""
    fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def resident_megabytes(pid: int) -> float:
    lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
