"""How many connections a process may have, by the number of files that it may open (`ulimit -n`)."""

import contextlib
import sys

from mysms.core.stream_capacity import MOST_STREAMS

MOST_CONNECTIONS = 10_000
"""Without event streams. With a response behind it an idle one takes 10 to 20 kB of memory, so all of them 200 MB at
most: what a small machine has. Who has less lowers `ulimit -n`."""
_OTHER_FILES = 100
"""For the database, the provider, log files and the SPA's files."""


def most_open() -> tuple[int, int]:
    """Returns how many connections, and how many event streams, the process can have beside its other open files.

    Raises the soft limit as far as needed and allowed, as Go and Java do: it is low (256 on macOS, 1,024 on Linux) for
    programs that call select(2), and uvloop does not. The hard limit is the operator's.
    """
    if sys.platform == "win32":
        return MOST_CONNECTIONS, MOST_STREAMS
    import resource  # noqa: PLC0415  # does not exist on Windows

    wanted = MOST_CONNECTIONS + MOST_STREAMS + _OTHER_FILES
    files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if files != resource.RLIM_INFINITY and files < allowed:
        # macOS refuses more than the kernel's own limit.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS, MOST_STREAMS
    free = max(files - _OTHER_FILES, files // 2)
    # A visible tab has one of each.
    connections = min(MOST_CONNECTIONS, free // 2)
    return connections, min(MOST_STREAMS, free - connections)
