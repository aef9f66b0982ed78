"""docs/asvs.md judges every requirement once; the tests and sections that it and docs/security.md name exist."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import BACKEND

FRONTEND = BACKEND.parent / "frontend"
DOCS = BACKEND / "docs"
ASVS = (DOCS / "asvs.md").read_text()
PAGES = {name: (DOCS / name).read_text() for name in ("asvs.md", "security.md", "logging.md")}
NAMED = sorted({named for page in PAGES.values() for named in re.findall(r"`((?:tests|e2e|src)/[^`]+)`", page)})
LINKS = sorted({(name, link) for name, page in PAGES.items() for link in re.findall(r"\]\(([^):]+)\)", page)})

REQUIREMENTS = dict(
    line.split()
    for line in (BACKEND / "tests" / "asvs_requirements.txt").read_text().splitlines()
    if not line.startswith("#")
)
"""The level of each requirement of levels 1 and 2, by its number."""
ASK_FOR_DOCUMENTS = ("2.1.", "5.1.", "6.1.", "7.1.", "8.1.", "11.1.", "13.1.", "14.1.", "15.1.", "16.1.")
"""Requirements that a section of our documentation can meet, without a test."""


@dataclass(frozen=True)
class Row:
    """A row of a table: the requirements that it judges, and how they are met, or why they are not."""

    section: str
    numbers: tuple[str, ...]
    text: str

    @property
    def names_a_test(self) -> bool:
        return bool(re.search(r"`(tests|e2e|src)/", self.text))

    @property
    def names_a_section(self) -> bool:
        return "](security.md" in self.text or "](deploying.md" in self.text or "](logging.md" in self.text


def rows_of(page: str) -> Iterator[Row]:
    for section in page.split("\n## ")[1:]:
        title = section.splitlines()[0]
        for line in section.splitlines():
            if line.startswith("| ") and line[2].isdigit():
                numbers, *others = line.strip("| ").split(" | ")
                yield Row(title, tuple(numbers.split(", ")), others[-1] if others else "")


ROWS = list(rows_of(ASVS))


def unjudged(rows: list[Row]) -> list[str]:
    """What is wrong with the judgements: requirements that are missing, unknown, or judged twice."""
    counts = Counter(number for row in rows for number in row.numbers)
    return sorted(
        [
            *(f"{number} is missing" for number in REQUIREMENTS if number not in counts),
            *(f"{number} is no requirement of levels 1 and 2" for number in counts if number not in REQUIREMENTS),
            *(f"{number} is judged {count} times" for number, count in counts.items() if count > 1),
        ]
    )


def exists(named: str) -> bool:
    """Whether there is such a test or test file."""
    path, _, test = named.partition("::")
    if test:
        function = test.rpartition("::")[2]
        return bool(re.search(rf"^ *(async )?def {function}\(", _read(BACKEND / path), re.MULTILINE))
    path, _, title = named.partition(" › ")
    if title:
        return any(f"{quote}{title}{quote}" in _read(FRONTEND / path) for quote in "'\"`")
    return (BACKEND / path).is_file()


def leads_somewhere(page: str, link: str) -> bool:
    """Whether the linked file exists, and has the linked heading."""
    path, _, anchor = link.partition("#")
    file = DOCS / (path or page)
    return file.is_file() and (not anchor or anchor in _anchors_of(file.read_text()))


def _anchors_of(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def test_every_requirement_is_judged_once() -> None:
    assert unjudged(ROWS) == []


def test_the_list_of_requirements_is_whole() -> None:
    assert Counter(REQUIREMENTS.values()) == {"1": 70, "2": 183}
    assert {int(number.split(".")[0]) for number in REQUIREMENTS} == set(range(1, 18))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.numbers[0])
def test_every_judgement_has_its_proof_or_reason(row: Row) -> None:
    chapter = re.search(r"\(V(\d+)\)", row.section)
    if chapter is None:
        assert row.section in {"Not met", "Left to the operator", "Not applicable"}
        assert row.text
        assert row.names_a_section or row.section != "Left to the operator"
    else:
        assert {number.split(".")[0] for number in row.numbers} == {chapter[1]}
        asks_for_documents = all(number.startswith(ASK_FOR_DOCUMENTS) for number in row.numbers)
        assert row.names_a_test or (asks_for_documents and row.names_a_section)


@pytest.mark.parametrize("named", NAMED)
def test_each_test_that_the_pages_name_exists(named: str) -> None:
    assert exists(named)


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_each_link_of_the_pages_leads_somewhere(page: str, link: str) -> None:
    assert leads_somewhere(page, link)


def test_a_missing_test_is_noticed() -> None:
    assert not exists("tests/test_security_pages.py::test_nothing")
    assert not exists("tests/nowhere.py::test_nothing")
    assert not exists("e2e/account.spec.ts › nothing")
    assert not exists("tests/nowhere.py")


def test_a_missing_judgement_is_noticed() -> None:
    first, *others = ROWS
    assert unjudged(others) == sorted(f"{number} is missing" for number in first.numbers)
    assert f"{first.numbers[0]} is judged 2 times" in unjudged([first, *ROWS])
    assert unjudged([*ROWS, Row("", ("6.3.8",), "")]) == ["6.3.8 is no requirement of levels 1 and 2"]


def test_a_missing_section_is_noticed() -> None:
    assert leads_somewhere("asvs.md", "security.md#connections")
    assert not leads_somewhere("asvs.md", "security.md#nothing")
    assert not leads_somewhere("asvs.md", "nowhere.md")
