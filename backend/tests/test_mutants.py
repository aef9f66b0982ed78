"""The patches of `tests.mutation` fit the code, and its command works. That all are noticed is for its long run."""

import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[1]
PATCHES = sorted((BACKEND / "tests" / "mutation").glob("*.patch"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_applies(patch: Path) -> None:
    command = ["git", "apply", "--check", "--directory", BACKEND.name, str(patch)]
    applied = subprocess.run(command, cwd=BACKEND.parent, capture_output=True, text=True, check=False)
    assert applied.returncode == 0, applied.stderr


def test_there_are_patches() -> None:
    assert PATCHES


def test_the_command_kills_a_mutant() -> None:
    command = [sys.executable, "-m", "tests.mutation.run", "csv-formula"]
    run = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"{run.stdout}{run.stderr}"
    assert "All 1 mutants were killed." in run.stdout
