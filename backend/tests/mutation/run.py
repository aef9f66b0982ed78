# ruff: noqa: T201  # a command prints
"""`python -m tests.mutation.run [NAME …]`: apply each patch to a copy of the backend, and check that its tests fail.

The first line of a `*.patch` describes the defect. Each line that starts with `Red:` names a test that must fail.
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
    """The mutant cannot be tested; the message gives the reason."""


@dataclass(frozen=True)
class Mutant:
    """A patch, the description of its defect, and the tests that must fail."""

    name: str
    patch: Path
    description: str
    tests: Sequence[str]

    @classmethod
    def read(cls, patch: Path) -> "Mutant":
        description, *lines = patch.read_text(encoding="utf-8").partition("\n--- ")[0].splitlines()
        tests = [line.removeprefix("Red: ") for line in lines if line.startswith("Red: ")]
        if not tests:
            raise BrokenMutantError(f"{patch.name} names no test.")
        return cls(patch.stem, patch, description, tests)


@dataclass(frozen=True)
class Run:
    """The result of a test run."""

    exit_code: int
    failures: Sequence[str]
    errors: Sequence[str]
    output: str

    @property
    def is_red(self) -> bool:
        """Whether tests failed by assertions only. Errors, as in a copy that does not start, prove nothing."""
        failed = bool(self.failures) and not self.errors and self.exit_code == _TESTS_FAILED
        return failed and all("AssertionError" in failure or "assert " in failure for failure in self.failures)


def main(names: Sequence[str]) -> int:
    mutants = [Mutant.read(patch) for patch in sorted(Path(__file__).parent.glob("*.patch"))]
    mutants = [mutant for mutant in mutants if not names or mutant.name in names]
    if not mutants:
        print("No mutant has this name.", file=sys.stderr)
        return 1
    print(f"{len(mutants)} mutants. Running their tests on unchanged code first ...", flush=True)
    _require_that_tests_use_the_copy()
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    with _copy() as scratch:
        run = _test(scratch, tests)
    if run.exit_code:
        print(run.output, "The tests fail on unchanged code.", sep="\n")
        return 1
    survived = [mutant.name for mutant in mutants if not _is_killed(mutant)]
    print(f"All {len(mutants)} mutants were killed." if not survived else f"Survived: {', '.join(survived)}")
    return 1 if survived else 0


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
    tests = ", ".join(test.rpartition("::")[2] for test in mutant.tests)
    cells = (text.ljust(width) for text, width in zip((mutant.name, verdict, seconds), _WIDTHS, strict=True))
    print(f"| {' | '.join(cells)} | {mutant.description} | {tests} |", flush=True)
    if verdict == "BROKEN" and run is not None:
        print(run.output)
    return verdict == "killed"


class _copy:  # noqa: N801  # used as a function
    """A temporary copy of the backend."""

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
    # Outside of a repository `git apply` is a strict `patch`: the context must match exactly.
    command = ["git", "apply", "--whitespace=nowarn", str(mutant.patch)]
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(scratch.parent)}
    result = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BrokenMutantError(f"The patch does not apply: {result.stderr.strip()}")


def _test(scratch: Path, tests: Sequence[str]) -> Run:
    report = scratch / "report.xml"
    # The copy precedes the installed package, also in the processes that the tests start.
    environment = {**os.environ, "PYTHONPATH": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
    result = subprocess.run(
        command, cwd=scratch, env=environment, capture_output=True, text=True, check=False, timeout=_TEST_SECONDS
    )
    found = ElementTree.parse(report).getroot() if report.exists() else None
    # pytest writes to stderr what keeps it from collecting any test.
    output = f"{result.stdout}{result.stderr}"[-6000:]
    return Run(result.returncode, list(_texts(found, "failure")), list(_texts(found, "error")), output)


def _texts(report: ElementTree.Element | None, kind: str) -> Iterator[str]:
    for element in report.iter(kind) if report is not None else ():
        yield f"{element.get('message')} {element.text}"


def _require_that_tests_use_the_copy() -> None:
    """Break the package in a copy: tests must fail both in this process and in started processes."""
    message = "this is the copy"
    with _copy() as scratch:
        (scratch / "mysms" / "__init__.py").write_text(f"raise RuntimeError({message!r})\n", encoding="utf-8")
        in_process = _test(scratch, ["tests/faults/test_races.py"])
    with _copy() as scratch:
        (scratch / "mysms" / "__main__.py").write_text(f"raise RuntimeError({message!r})\n", encoding="utf-8")
        in_subprocess = _test(
            scratch, ["tests/faults/test_unconfirmed_actions.py::test_a_delivered_message_cannot_be_retried"]
        )
    for run in (in_process, in_subprocess):
        if run.exit_code == 0 or run.is_red or message not in " ".join([run.output, *run.errors]):
            raise BrokenMutantError(f"The tests do not use the copy:\n{run.output}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
