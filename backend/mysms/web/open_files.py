"""How many connections a process can have, by the number of files that it may open (`ulimit -n`)."""

import contextlib
import sys

from mysms.core.stream_capacity import MOST_STREAMS

_OTHER_FILES = 100
"""For the database, the provider, log files and the SPA's files."""


def most_open(wanted: int) -> tuple[int, int]:
    """Returns how many of the wanted connections the process can have beside its other open files, and how many of them
    may be event streams.

    Raises the soft limit as far as needed and allowed, as Go and Java do: it is low (256 on macOS, 1,024 on Linux) for
    programs that call select(2), and uvloop does not. The hard limit is the operator's.
    """
    connections = min(wanted, _free_files(wanted))
    # The others are left for requests.
    return connections, min(MOST_STREAMS, connections * 2 // 3)


def _free_files(connections: int) -> int:
    if sys.platform == "win32":
        return connections
    import resource  # noqa: PLC0415  # does not exist on Windows

    wanted = connections + _OTHER_FILES
    files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if files != resource.RLIM_INFINITY and files < allowed:
        # macOS refuses more than the kernel's own limit.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return connections
    return max(files - _OTHER_FILES, files // 2)
