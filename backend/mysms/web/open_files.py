"""How many connections a process may have, by the number of files that it may open (`ulimit -n`)."""

import contextlib
import sys

from mysms.core.stream_capacity import MOST_STREAMS

MOST_CONNECTIONS = 20_000
"""With event streams. An idle one takes 17 kB of memory and a stream 42 kB, so they take 600 MB at most. Who has less
sets `ulimit -n`."""
_OTHER_FILES = 100
"""For the database, the provider, log files and the SPA's files."""


def most_open() -> tuple[int, int]:
    """Returns how many connections the process can have beside its other open files, and how many may be event streams.

    Raises the soft limit as far as needed and allowed, as Go and Java do: it is low (256 on macOS, 1,024 on Linux) for
    programs that call select(2), and uvloop does not. The hard limit is the operator's.
    """
    connections = min(MOST_CONNECTIONS, _free_files())
    # The others are left for requests.
    return connections, min(MOST_STREAMS, connections * 2 // 3)


def _free_files() -> int:
    if sys.platform == "win32":
        return MOST_CONNECTIONS
    import resource  # noqa: PLC0415  # does not exist on Windows

    wanted = MOST_CONNECTIONS + _OTHER_FILES
    files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if files != resource.RLIM_INFINITY and files < allowed:
        # macOS refuses more than the kernel's own limit.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(files - _OTHER_FILES, files // 2)
