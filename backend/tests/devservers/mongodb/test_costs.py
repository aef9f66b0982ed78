"""The command that measures what operations cost runs."""

import subprocess
import sys

from tests.support.processes import BACKEND


def test_costs_are_printed() -> None:
    command = [sys.executable, "-m", "tests.devservers.mongodb.costs", "60"]
    done = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "| send |" in done.stdout
