# ruff: noqa: T201  # a command prints
"""`python -m tests.bench`: how the API's speed compares with that of servers that do one thing by hand.

See docs/performance.md. The exit code is 1 after a regression, an error in line 7 or 8, a missed goal of line 7 or 10,
or if the load tool was the limit, and 2 if something needed is missing or an answer of lines 1 to 6 is wrong.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from tests.bench import crowd, goals, growth, lines, pixel, report
from tests.bench.database import measure_operations
from tests.bench.lines import GROWTH, Effort, Line
from tests.bench.processes import resident_megabytes
from tests.bench.servers import running_bench, running_ceiling
from tests.bench.start import measure_starts
from tests.bench.wrk import LoadToolError, find_wrk
from tests.support.api_user import Json

_SHORT, _FULL = Effort(rounds=5, seconds=1), Effort(rounds=5, seconds=3)
_COMPARED = (1, 2, 3, 4, 5)
_ALL = (*_COMPARED, GROWTH, 7, 8, 9, 10)
_IN_SHORT = (1, 2, 3, 5)
_MANY = (100_000, 1_000_000)
_PEOPLE, _CHANGES_PER_SECOND, _SENDS_PER_SECOND = 10_000, 50.0, 5.0


class Results:
    """What was measured so far, printed at once and kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[Line] = []
        self.all: Json = {"lines": {}}

    def add_line(self, line: Line) -> None:
        self.lines.append(line)
        found = self.all["lines"][line.name] = report.of_line(line)
        print(report.comparison_row(line.name, found), flush=True)
        self._write()

    def add(self, name: str, found: Json) -> None:
        self.all[name] = found
        for row in report.other_rows({name: found}):
            print(row, flush=True)
        self._write()

    def _write(self) -> None:
        self._path.write_text(json.dumps(self.all, indent=2) + "\n")


async def compare(numbers: Collection[int], effort: Effort, results: Results) -> None:
    """Measures the lines that need a server and its ceilings."""
    megabytes: Json = {}
    with tempfile.TemporaryDirectory() as name:
        async with (
            running_bench(Path(name)) as bench,
            running_ceiling(bench, "bare") as bare,
            running_ceiling(bench, "by_hand") as by_hand,
        ):
            async for line in lines.compare_all(bench, bare, by_hand, effort, numbers):
                results.add_line(line)
                megabytes.setdefault("megabytes_under_polls", round(resident_megabytes(bench.api.process.pid)))
            if 9 in numbers:
                megabytes["megabytes_after_load"] = round(resident_megabytes(bench.api.process.pid))
                results.add("start", await measure_starts(bench) | megabytes)
                operations = await asyncio.to_thread(measure_operations, bench)
                results.add("database", {operation: asdict(cost) for operation, cost in operations.items()})


async def compare_sizes(sizes: tuple[int, ...], results: Results) -> None:
    with tempfile.TemporaryDirectory() as name:
        async for line in growth.compare_sizes(Path(name), sizes, _SHORT):
            results.add_line(line)


def measure_crowd(kind: str, per_second: float, seconds: float, results: Results) -> None:
    with tempfile.TemporaryDirectory() as name:
        results.add(kind, crowd.run(Path(name), kind, crowd.Crowd(_PEOPLE, seconds, per_second)))


def measure(given: argparse.Namespace, results: Results) -> None:
    numbers = _numbers_of(given)
    print(report.HEAD, flush=True)
    if {*_COMPARED} & numbers:
        asyncio.run(compare(numbers, _SHORT if given.short else _FULL, results))
    if GROWTH in numbers:
        asyncio.run(compare_sizes(given.messages, results))
    if 7 in numbers:
        measure_crowd("streams", _CHANGES_PER_SECOND, given.crowd_seconds, results)
    if 8 in numbers:
        measure_crowd("polls", _SENDS_PER_SECOND, given.crowd_seconds, results)
    if 10 in numbers:
        results.add("pixel", pixel.measure())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--short", action="store_true", help="80 seconds, for CI: fails if a ratio has fallen")
    parser.add_argument("--lines", type=_numbers, default=_ALL, help="those of the table, such as 1,2,7")
    parser.add_argument("--messages", type=_numbers, default=_MANY, help="numbers of line 6, such as 100000")
    parser.add_argument("--crowd-seconds", type=float, default=300.0, help="of lines 7 and 8")
    parser.add_argument("--results", type=Path, help="where to write the results: bench.json, or bench-short.json")
    parser.add_argument("--record", action="store_true", help="only make the results of the last run the recorded ones")
    given = parser.parse_args()
    if given.record and given.short:
        parser.error("rounds of a second are not for the record")
    given.results = given.results or Path("bench-short.json" if given.short else "bench.json")
    if given.record:
        report.record(json.loads(given.results.read_text()))
        return 0
    try:
        find_wrk()
    except LoadToolError as error:
        print(error, file=sys.stderr)
        return 2
    began_at = time.monotonic()
    fell_once = False
    try:
        found = find_failures(given)
        fell_once = bool(found) and given.short
        if fell_once:
            print("\nMeasured again, since other work on the machine can slow one contender down:\n")
            again = find_failures(given)
            found = {name: again[name] for name in found if name in again}
    except (LoadToolError, pixel.BrowserError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        load, _, _ = os.getloadavg()
        print(f"\n{(time.monotonic() - began_at) / 60:.0f} minutes; load average {load:.1f} on {os.cpu_count()} cores.")
    for name, sentence in found.items():
        print(f"{name}: {sentence}", file=sys.stderr)
    if not found and fell_once:
        print("Passed: what failed at first did not fail again.")
    elif not found:
        print("Passed: of what was measured, no ratio is more than 30 % below the recorded one, and no error occurred.")
    return 1 if found else 0


def find_failures(given: argparse.Namespace) -> dict[str, str]:
    """Measures, and returns what fails the run."""
    results = Results(given.results)
    measure(given, results)
    return report.regressions(results.lines, _numbers_of(given), given.messages) | goals.misses(results.all)


def _numbers_of(given: argparse.Namespace) -> set[int]:
    if given.short:
        return set(_IN_SHORT)
    # Line 9 tells the memory under the load of those before.
    return {*given.lines, *(_COMPARED if 9 in given.lines else ())}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
