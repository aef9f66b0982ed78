"""docs/security.md names tests: each of them is there."""

import re
from pathlib import Path

import pytest

from tests.support.processes import BACKEND

FRONTEND = BACKEND.parent / "frontend"
PAGE = (BACKEND / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:tests|e2e|src)/[^`]+)`", PAGE)))


def is_there(named: str) -> bool:
    """Whether there is such a test, or such a file of tests."""
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
def test_a_test_that_the_page_names_is_there(named: str) -> None:
    assert is_there(named)


def test_every_row_of_the_standard_names_a_test() -> None:
    met = PAGE.partition("### Authentication (V6)")[2]
    rows = [line for line in met.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 30
    assert [row for row in rows if "`" not in row] == []


def test_what_is_not_there_is_noticed() -> None:
    assert not is_there("tests/test_security_page.py::test_nothing")
    assert not is_there("tests/nowhere.py::test_nothing")
    assert not is_there("e2e/account.spec.ts › nothing")
    assert not is_there("tests/nowhere.py")
