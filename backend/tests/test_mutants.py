"""The patches of `tests.mutation` still fit the code. What they break, and that a test notices, is for its long run."""

import subprocess
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
