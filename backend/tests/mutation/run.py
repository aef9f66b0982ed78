# ruff: noqa: T201  # a command speaks
"""`python -m tests.mutation.run [NAME …]`: take each mechanism away, in a copy, and see a test notice.

Every `*.patch` here says in its first line what is wrong with it, and behind `Red:` which tests must say so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_BACKEND = Path(__file__).resolve().parents[2]
_COPIED = ("mysms", "devservers", "tests", "pyproject.toml")
_TEST_SECONDS = 300
_TESTS_FAILED = 1
_WIDTHS = (32, 10, 8)


class BrokenMutantError(Exception):
    """It cannot be told whether a test notices; the sentence says why."""


@dataclass(frozen=True)
class Mutant:
    """A patch, what it takes away, and the tests that are there for it."""

    name: str
    patch: Path
    says: str
    tests: Sequence[str]

    @classmethod
    def read(cls, patch: Path) -> "Mutant":
        says, *lines = patch.read_text(encoding="utf-8").partition("\n--- ")[0].splitlines()
        tests = [line.removeprefix("Red: ") for line in lines if line.startswith("Red: ")]
        if not tests:
            raise BrokenMutantError(f"{patch.name} names no test.")
        return cls(patch.stem, patch, says, tests)


@dataclass(frozen=True)
class Run:
    """What the tests said."""

    exit_code: int
    failures: Sequence[str]
    errors: Sequence[str]
    output: str

    @property
    def is_red(self) -> bool:
        """By an assertion: a copy that does not even start proves nothing."""
        failed = bool(self.failures) and not self.errors and self.exit_code == _TESTS_FAILED
        return failed and all("AssertionError" in failure or "assert " in failure for failure in self.failures)


def main(names: Sequence[str]) -> int:
    mutants = [Mutant.read(patch) for patch in sorted(Path(__file__).parent.glob("*.patch"))]
    mutants = [mutant for mutant in mutants if not names or mutant.name in names]
    if not mutants:
        print("There is no such mutant.", file=sys.stderr)
        return 1
    print(f"{len(mutants)} mutants; first their tests without them ...", flush=True)
    _require_that_the_copy_is_tested()
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    with _copy() as scratch:
        run = _test(scratch, tests)
    if run.exit_code:
        print(run.output, "The tests are red without any mutant.", sep="\n")
        return 1
    alive = [mutant.name for mutant in mutants if not _is_killed(mutant)]
    print(f"All {len(mutants)} were noticed." if not alive else f"Not noticed: {', '.join(alive)}")
    return 1 if alive else 0


def _is_killed(mutant: Mutant) -> bool:
    begun = time.monotonic()
    with _copy() as scratch:
        try:
            _apply(mutant, scratch)
            run = _test(scratch, mutant.tests)
            verdict = "killed" if run.is_red else "SURVIVED" if run.exit_code == 0 else "BROKEN"
        except BrokenMutantError as error:
            verdict, run = str(error), None
    seconds = f"{time.monotonic() - begun:.0f} s"
    by = ", ".join(test.rpartition("::")[2] for test in mutant.tests)
    cells = (text.ljust(width) for text, width in zip((mutant.name, verdict, seconds), _WIDTHS, strict=True))
    print(f"| {' | '.join(cells)} | {mutant.says} | {by} |", flush=True)
    if verdict == "BROKEN" and run is not None:
        print(run.output)
    return verdict == "killed"


class _copy:  # noqa: N801  # used as a function
    """The backend as it is, where it may be changed."""

    def __enter__(self) -> Path:
        self._directory = tempfile.TemporaryDirectory(prefix="mysms-mutant-")
        scratch = Path(self._directory.name)
        for name in _COPIED:
            source = _BACKEND / name
            if source.is_dir():
                shutil.copytree(source, scratch / name, ignore=shutil.ignore_patterns("__pycache__", "*.patch"))
            else:
                shutil.copy2(source, scratch / name)
        return scratch

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()


def _apply(mutant: Mutant, scratch: Path) -> None:
    # Outside of a repository `git apply` is a strict `patch`: it takes no context but the exact one.
    command = ["git", "apply", "--whitespace=nowarn", str(mutant.patch)]
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(scratch.parent)}
    result = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BrokenMutantError(f"It no longer applies: {result.stderr.strip()}")


def _test(scratch: Path, tests: Sequence[str]) -> Run:
    report = scratch / "report.xml"
    # The copy comes before the installed package, here and in every process that the tests start.
    environment = {**os.environ, "PYTHONPATH": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
    result = subprocess.run(
        command, cwd=scratch, env=environment, capture_output=True, text=True, check=False, timeout=_TEST_SECONDS
    )
    found = ElementTree.parse(report).getroot() if report.exists() else None
    return Run(result.returncode, list(_texts(found, "failure")), list(_texts(found, "error")), result.stdout[-6000:])


def _texts(report: ElementTree.Element | None, kind: str) -> Iterator[str]:
    for element in report.iter(kind) if report is not None else ():
        yield f"{element.get('message')} {element.text}"


def _require_that_the_copy_is_tested() -> None:
    """In the copy the product cannot be imported: then no test can run, in no process."""
    sentence = "this is the copy"
    with _copy() as scratch:
        (scratch / "mysms" / "__init__.py").write_text(f"raise RuntimeError({sentence!r})\n", encoding="utf-8")
        here = _test(scratch, ["tests/faults/test_races.py"])
    with _copy() as scratch:
        (scratch / "mysms" / "__main__.py").write_text(f"raise RuntimeError({sentence!r})\n", encoding="utf-8")
        there = _test(scratch, ["tests/faults/test_unconfirmed_actions.py::test_a_delivered_message_cannot_be_retried"])
    for run in (here, there):
        if run.exit_code == 0 or run.is_red or sentence not in " ".join([run.output, *run.errors]):
            raise BrokenMutantError(f"The tests do not test the copy:\n{run.output}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
