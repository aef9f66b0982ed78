"""Processes with an explicit environment, deadlines for start and end, and their output in a file."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path

from tests.support.polling import eventually

BACKEND = Path(__file__).resolve().parents[2]

_TAIL_LINES = 30
_STOP_WITHIN_SECONDS = 15.0
_PORTS = range(*map(int, os.environ.get("TEST_PORTS", "20000-32768").split("-")))
_PORTS_IN_TURN = cycle(random.SystemRandom().sample(_PORTS, len(_PORTS)))


def free_port() -> int:
    """A free port on loopback that stays free until a process of the test listens on it (again).

    None is returned again before all others were: two are often taken before either is listened on.
    It is below Linux's range for outgoing connections (`ip_local_port_range`): such a connection could use the port
    meanwhile, or connect to itself, which looks like a listening server. Of several test runs at a time each has
    a range of its own in TEST_PORTS.
    """
    while True:
        port = next(_PORTS_IN_TURN)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def clean_environment(**variables: str) -> dict[str, str]:
    """These variables and those that any process needs, without the developer's own configuration."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(BACKEND),
        "PYTHONUNBUFFERED": "1",
        **variables,
    }


def _limiting(open_files: tuple[int, int] | None) -> Sequence[str]:
    """The start of a command line whose rest runs with these limits."""
    if open_files is None:
        return ()
    soft, hard = open_files
    return ("sh", "-c", f'ulimit -S -n {soft} && ulimit -H -n {hard} && exec "$0" "$@"')


class Process:
    """A process in its own process group, with its output in a file."""

    def __init__(
        self,
        name: str,
        module: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        open_files: tuple[int, int] | None = None,
    ) -> None:
        """`open_files`: the soft and the hard limit (`ulimit -n`), if not those of this process."""
        directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = directory / f"{name}.log"
        self._read_position = 0
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(
                [*_limiting(open_files), sys.executable, "-m", *module],
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while the process runs."""
        return self._popen.poll()

    def text(self) -> str:
        """All output so far."""
        return self.log.read_text(errors="replace")

    def new_output(self) -> str:
        """The output since the last call."""
        with self.log.open("rb") as log:
            log.seek(self._read_position)
            output = log.read()
        self._read_position += len(output)
        return output.decode(errors="replace")

    async def wait_until(self, is_ready: Callable[[], Awaitable[bool]], *, within: float = 30.0) -> None:
        """Wait until the process is ready. Fails at once, with the end of the log, if it exits."""

        async def poll() -> bool:
            assert self.exit_code is None, f"{self.name} exited ({self.exit_code}):\n{self._tail()}"
            return await is_ready()

        await eventually(poll, bool, within=within, what=f"{self.name} to be ready")

    async def wait_for_exit(self, *, within: float = 30.0) -> int:
        """Wait until the process exits. Returns the exit code."""

        async def poll() -> int | None:
            return self.exit_code

        code = await eventually(poll, lambda seen: seen is not None, within=within, what=f"{self.name} to exit")
        assert code is not None
        return code

    def send_signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def stop(self) -> None:
        """Send SIGTERM and wait. Fails if the process does not exit. Does nothing if it has exited already."""
        self._popen.terminate()
        try:
            self._popen.wait(_STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not exit after SIGTERM:\n{self._tail()}") from None

    def kill(self) -> None:
        """Send SIGKILL and wait."""
        self._popen.kill()
        self._popen.wait()

    def _tail(self) -> str:
        return "\n".join(self.text().splitlines()[-_TAIL_LINES:])
