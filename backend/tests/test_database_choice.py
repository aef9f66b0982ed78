"""The tests say which database they use, and take a mongod on the PATH."""

import subprocess
import sys
from pathlib import Path

from tests.support import fake_mongod
from tests.support.processes import BACKEND, clean_environment

NEEDS_A_DATABASE = "tests/devservers/mongodb/test_concurrency.py::test_one_of_many_concurrent_inserts_gets_a_unique_key"
NEEDS_NONE = "tests/core/test_blank.py"


def output_of(test: str, tmp_path: Path, executables: Path, **variables: str) -> str:
    environment = {**clean_environment(TMPDIR=str(tmp_path)), "PATH": str(executables), **variables}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test]
    run = subprocess.run(command, cwd=BACKEND, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_tests_take_a_mongod_on_the_path(tmp_path: Path) -> None:
    executables = tmp_path / "executables"
    fake_mongod.install(executables)
    output = output_of(NEEDS_A_DATABASE, tmp_path, executables)
    assert f"\ndatabase: MongoDB ({executables / 'mongod'})\n" in output
    assert "1 passed" in output
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in running
    assert list(tmp_path.glob("mysms-mongod-*")) == []


def test_without_a_mongod_they_take_the_development_server(tmp_path: Path) -> None:
    output = output_of(NEEDS_A_DATABASE, tmp_path, tmp_path)
    assert "\ndatabase: the development server, since there is no mongod on the PATH\n" in output
    assert "1 passed" in output


def test_a_configured_server_takes_precedence(tmp_path: Path) -> None:
    (tmp_path / "mongod").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "mongod").chmod(0o755)
    output = output_of(NEEDS_NONE, tmp_path, tmp_path, TEST_MONGODB_URI="mongodb://127.0.0.1:9")
    assert "\ndatabase: that of TEST_MONGODB_URI\n" in output
