"""Real processes: started with an explicit environment, awaited with a deadline, ended without a trace."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tests.support.polling import eventually

BACKEND = Path(__file__).resolve().parents[2]

_TAIL_LINES = 30
_STOP_WITHIN_SECONDS = 15.0
_CHANCE = random.SystemRandom()


def free_port() -> int:
    """A port of loopback that nobody listens on now, and that stays free until our process is (again) there.

    It is below those that Linux gives to outgoing connections (`ip_local_port_range`): one of these could take it
    meanwhile, or be connected to itself, which looks as if somebody listened.
    """
    while True:
        port = _CHANCE.randrange(20_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def clean_environment(**variables: str) -> dict[str, str]:
    """These variables and what any process needs: nothing that a developer has configured gets into a test."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(BACKEND),
        "PYTHONUNBUFFERED": "1",
        **variables,
    }


class Process:
    """A process, in a group of its own, with its output in a file."""

    def __init__(self, name: str, module: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = directory / f"{name}.log"
        self._read_up_to = 0
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", *module],
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
        """None while it runs."""
        return self._popen.poll()

    def text(self) -> str:
        """Everything that it has written."""
        return self.log.read_text(errors="replace")

    def news(self) -> str:
        """What it has written since this was last asked."""
        with self.log.open("rb") as log:
            log.seek(self._read_up_to)
            news = log.read()
        self._read_up_to += len(news)
        return news.decode(errors="replace")

    async def wait_until(self, answers: Callable[[], Awaitable[bool]], *, within: float = 30.0) -> None:
        """Until it answers. Fails at once, with the end of its log, if it dies instead."""

        async def look() -> bool:
            assert self.exit_code is None, f"{self.name} died ({self.exit_code}):\n{self._tail()}"
            return await answers()

        await eventually(look, bool, within=within, what=f"an answer of {self.name}")

    async def wait_for_end(self, *, within: float = 30.0) -> int:
        """Its exit code, once it has ended by itself."""

        async def look() -> int | None:
            return self.exit_code

        code = await eventually(look, lambda seen: seen is not None, within=within, what=f"the end of {self.name}")
        assert code is not None
        return code

    def send_signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def stop(self) -> None:
        """Ends it as an operator would, and fails if it does not obey. One that has ended already is left alone."""
        self._popen.terminate()
        try:
            self._popen.wait(_STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end on SIGTERM:\n{self._tail()}") from None

    def kill(self) -> None:
        """As a crash or a lost machine would."""
        self._popen.kill()
        self._popen.wait()

    def _tail(self) -> str:
        return "\n".join(self.text().splitlines()[-_TAIL_LINES:])
