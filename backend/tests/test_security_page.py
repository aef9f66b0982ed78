"""The tests that docs/security.md and docs/asvs.md name exist."""

import re
from pathlib import Path

import pytest

from tests.support.processes import BACKEND

FRONTEND = BACKEND.parent / "frontend"
SECURITY = (BACKEND / "docs" / "security.md").read_text()
ASVS = (BACKEND / "docs" / "asvs.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:tests|e2e|src)/[^`]+)`", SECURITY + ASVS)))


def exists(named: str) -> bool:
    """Whether there is such a test or test file."""
    path, _, test = named.partition("::")
    if test:
        return bool(re.search(rf"^(async )?def {test}\(", _read(BACKEND / path), re.MULTILINE))
    path, _, title = named.partition(" › ")
    if title:
        return any(f"{quote}{title}{quote}" in _read(FRONTEND / path) for quote in "'\"`")
    return (BACKEND / path).is_file()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


@pytest.mark.parametrize("named", NAMED)
def test_each_test_that_the_pages_name_exists(named: str) -> None:
    assert exists(named)


def test_every_row_of_the_standard_names_a_test() -> None:
    met = ASVS.partition("## Authentication (V6)")[2]
    rows = [line for line in met.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 30
    assert [row for row in rows if "`" not in row] == []


def test_a_missing_test_is_noticed() -> None:
    assert not exists("tests/test_security_page.py::test_nothing")
    assert not exists("tests/nowhere.py::test_nothing")
    assert not exists("e2e/account.spec.ts › nothing")
    assert not exists("tests/nowhere.py")
