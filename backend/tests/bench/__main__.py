# ruff: noqa: T201  # a command prints
"""`python -m tests.bench`: how the API's speed compares with that of servers that do one thing by hand.

See docs/performance.md. The exit code is 1 after a regression with `--short`, and 2 if the load tool is missing.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench import report
from tests.bench.lines import Effort, Line, compare_all
from tests.bench.processes import resident_megabytes
from tests.bench.servers import running_bench, running_ceiling
from tests.bench.start import measure_start
from tests.bench.wrk import LoadToolError

_SHORT, _FULL = Effort(rounds=3, seconds=1), Effort(rounds=5, seconds=3)


async def run(effort: Effort, only: Collection[str] = ()) -> tuple[list[Line], dict[str, Any]]:
    """Prints the table and returns what was measured."""
    with tempfile.TemporaryDirectory() as name:
        async with (
            running_bench(Path(name)) as bench,
            running_ceiling(bench, "bare") as bare,
            running_ceiling(bench, "by_hand") as by_hand,
        ):
            start = await measure_start(bench)
            print(report.HEAD, flush=True)
            lines = []
            async for line in compare_all(bench, bare, by_hand, effort, only):
                print(report.row(line), flush=True)
                lines.append(line)
            loaded = resident_megabytes(bench.api.process.pid)
    print(f"\nStart to first response: {start.seconds:.1f} s.")
    print(f"Memory at rest: {start.megabytes:.0f} MB; after this load: {loaded:.0f} MB.")
    return lines, {"start": asdict(start), "megabytes_after_load": loaded}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--short", action="store_true", help="a minute, for CI: fails if a ratio has fallen")
    parser.add_argument("--results", type=Path, default=Path("bench.json"), help="where to write the results")
    parser.add_argument("--only", nargs="+", default=(), metavar="NUMBER", help="measure these lines of the table only")
    given = parser.parse_args()
    try:
        lines, others = asyncio.run(run(_SHORT if given.short else _FULL, given.only))
    except LoadToolError as error:
        print(error, file=sys.stderr)
        return 2
    given.results.write_text(report.as_json(lines, others))
    found = report.regressions(lines)
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found and given.short else 0


if __name__ == "__main__":
    sys.exit(main())
