"""The table, the file of results, and the comparison with the recorded ones."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.lines import Line
from tests.support.api_user import Json
from tests.support.processes import BACKEND

REFERENCE = Path(__file__).with_name("reference.json")
PAGE = BACKEND / "docs" / "performance.md"
_BEGIN, _END = "<!-- Recorded by make bench. -->\n", "<!-- End of what is recorded. -->\n"
_TOLERANCE = 0.7
"""A ratio that falls below this share of the recorded one is a regression."""
_TOOL_LIMIT = 0.8
"""The load tool has a core of its own; with less than this for each second of the server's, it is not the limit."""

HEAD = """\
| work | ceiling | goal | ratio of processor time | ms each | ceiling | ratio of rate | added latency | load tool |
|---|---|---|---|---|---|---|---|---|"""


def comparison_row(name: str, found: Json) -> str:
    """Returns a row of the table in Markdown, with medians, and the least and greatest ratio."""
    return (
        f"| {name} | {found['ceiling']} | {found['goal']} | {_spread(found['by_processor_time'])} "
        f"| {found['milliseconds']['median']:.2f} | {found['ceiling_milliseconds']['median']:.2f} "
        f"| {_spread(found['by_rate'])} | {found['added_latency_milliseconds']:.0f} ms | {found['tool_share']:.2f} |"
    )


def of_line(line: Line) -> Json:
    found = {"ceiling": line.ceiling, "goal": line.goal, **asdict(line.comparison)}
    rounded: Json = _rounded(found)
    return rounded


def other_rows(results: Json) -> Iterator[str]:
    """Returns rows for the lines without a ceiling: number, work and result."""
    if crowd := results.get("streams"):
        yield (
            f"| 7 | {crowd['people']:,} event streams, {crowd['per_second']:.0f} changes a second for "
            f"{crowd['seconds']:.0f} s | {_crowd(crowd)}; {crowd['kilobytes_each']:.0f} kB and "
            f"{crowd['open_milliseconds_each']:.1f} ms to open each |"
        )
    if crowd := results.get("polls"):
        yield (
            f"| 8 | {crowd['people']:,} people polling every 10 s, {crowd['per_second']:.0f} sends a second, for "
            f"{crowd['seconds']:.0f} s | {_crowd(crowd)}; sends {_times(crowd['requests'])}; "
            f"{crowd['kilobytes_each']:.0f} kB each |"
        )
    if start := results.get("start"):
        yield (
            f"| 9 | start to first response; memory | {start['seconds']:.1f} s, "
            f"{start['processor_seconds']:.1f} s of them processor time; {start['megabytes']} MB at rest, "
            f"{start['megabytes_after_load']} MB after lines 1 to 5 |"
        )
    if pixel := results.get("pixel"):
        yield (
            f"| 10 | callback to pixel, in Chromium | by events {pixel['stream']['median']:.0f} ms "
            f"(most {pixel['stream']['most']:.0f}); by the poll {pixel['poll']['median'] / 1000:.1f} s "
            f"(most {pixel['poll']['most'] / 1000:.1f}) |"
        )
    for name, cost in results.get("database", {}).items():
        processor = "" if cost["processor"] is None else f", {cost['processor']:.0f} µs of them processor time"
        yield f"| – | the database: {name} | {cost['elapsed']:.0f} µs{processor} |"


def record(results: Json) -> None:
    """Makes these results the recorded ones, in reference.json and on the page. What was not measured stays."""
    recorded = read_recorded()
    recorded |= {**results, "lines": {**recorded["lines"], **results["lines"]}}
    recorded["lines"] = dict(sorted(recorded["lines"].items()))
    REFERENCE.write_text(json.dumps(recorded, indent=2) + "\n")
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    PAGE.write_text(before + section(recorded) + rest.partition(_END)[2])


def read_recorded() -> Json:
    found: Json = json.loads(REFERENCE.read_text())
    return found


def section(recorded: Json) -> str:
    """Returns the part of the page that shows these results."""
    rows = [comparison_row(name, found) for name, found in recorded["lines"].items()]
    others = ["| # | work | result |", "|---|---|---|", *other_rows(recorded)]
    return "\n".join([_BEGIN.strip(), "", HEAD, *rows, "", *others, "", _END])


def regressions(lines: Iterable[Line]) -> dict[str, str]:
    """Returns what is worse than the recorded results, by line: by processor time, which has the least noise."""
    recorded = read_recorded()["lines"]
    return {
        line.name: f"{ratio:.2f}, recorded {before:.2f}"
        for line in lines
        if line.name in recorded
        and (ratio := line.comparison.by_processor_time.median)
        < _TOLERANCE * (before := recorded[line.name]["by_processor_time"]["median"])
    } | {
        line.name: "the load tool may have been the limit" for line in lines if line.comparison.tool_share > _TOOL_LIMIT
    }


def _crowd(crowd: Json) -> str:
    shares = crowd["shares_of_a_core"]
    return (
        f"{crowd['errors']} errors; {_times(crowd['answers'])}; the API takes {shares['api']:.0%} of its core, "
        f"the client {shares['client']:.0%} of the other"
    )


def _times(found: Json) -> str:
    return f"median {found['p50']:.0f} ms, p99 {found['p99']:.0f} ms"


def _spread(found: Json) -> str:
    return f"{found['median']:.2f} ({found['least']:.2f}–{found['most']:.2f})"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value
