"""The table, the file of results, and the comparison with the recorded ones."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.comparison import Spread
from tests.bench.lines import Line

REFERENCE = Path(__file__).with_name("reference.json")
_TOLERANCE = 0.7
"""A ratio that falls below this share of the recorded one is a regression."""
_TOOL_LIMIT = 0.8
"""The load tool has a core of its own; with less than this for each second of the server's, it is not the limit."""


HEAD = """\
| work | ceiling | goal | ratio of processor time | ms each | its ceiling | ratio of rate | added latency | load tool |
|---|---|---|---|---|---|---|---|---|"""


def row(line: Line) -> str:
    """Returns a row of the table in Markdown, with medians, and the least and greatest ratio."""
    found = line.comparison
    return (
        f"| {line.name} | {line.ceiling} | {line.goal} | {_written(found.by_processor_time)} "
        f"| {found.milliseconds.median:.2f} | {found.ceiling_milliseconds.median:.2f} | {_written(found.by_rate)} "
        f"| {found.added_latency_milliseconds:.0f} ms | {found.tool_share:.2f} |"
    )


def as_json(lines: Sequence[Line], others: dict[str, Any]) -> str:
    found = {line.name: {"goal": line.goal, **asdict(line.comparison)} for line in lines}
    return json.dumps({"lines": found, **others}, indent=2) + "\n"


def regressions(lines: Iterable[Line]) -> list[str]:
    """Returns what is worse than the recorded results by more than noise: by processor time, which has the least."""
    recorded = json.loads(REFERENCE.read_text())["lines"]
    return [
        f"{line.name}: {ratio:.2f}, recorded {before:.2f}"
        for line in lines
        if line.name in recorded
        and (ratio := line.comparison.by_processor_time.median)
        < _TOLERANCE * (before := recorded[line.name]["by_processor_time"]["median"])
    ] + [
        f"{line.name}: the load tool may have been the limit"
        for line in lines
        if line.comparison.tool_share > _TOOL_LIMIT
    ]


def _written(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.least:.2f}–{spread.most:.2f})"
