"""The development server as a process, for tests."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

BACKEND = Path(__file__).parents[3]


class ServerProcess:
    """A process of `python -m devservers.mongodb` that is ready for connections."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self.data = data
        self.stderr = ""
        self._process = spawn(data, port)
        assert self._process.stdout is not None
        self.ready_line = self._process.stdout.readline()
        assert self.ready_line.startswith("mongodb: listening on "), self._process.communicate()
        self.port = int(self.ready_line.partition(",")[0].rpartition(":")[2])

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        self._process.kill()
        self.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end. Returns the exit code."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end. Returns the exit code."""
        _, self.stderr = self._process.communicate(timeout=5)
        return self._process.returncode

    def restart(self) -> "ServerProcess":
        """Start a new process with the same data and port, after this one has ended."""
        return ServerProcess(self.data, self.port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()


def spawn(data: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "devservers.mongodb", "--port", str(port), "--data", str(data)]
    return subprocess.Popen(command, cwd=BACKEND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
