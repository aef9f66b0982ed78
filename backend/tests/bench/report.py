"""The table, the file of results, and the comparison with the recorded ones."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench import goals
from tests.bench.lines import Line, is_among
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
| work | ceiling | goal | ratio of processor time | ms each | ceiling's ms | ratio of rate | added latency | load tool |
|---|---|---|---|---|---|---|---|---|"""
_SCORES = (
    f"| 11 | SPA: sign-in and messages page, on a throttled phone | {goals.OTHERS[11]} | `make lighthouse`: see below |"
)


def comparison_row(name: str, found: Json) -> str:
    """Returns a row of the table in Markdown, with medians, and the least and greatest ratio."""
    return (
        f"| {name} | {found['ceiling']} | {goals.of_row(name, found)} | {_spread(found['by_processor_time'])} "
        f"| {found['milliseconds']['median']:.2f} | {found['ceiling_milliseconds']['median']:.2f} "
        f"| {_spread(found['by_rate'])} | {round(found['added_latency_milliseconds'])} ms | {found['tool_share']:.2f} |"
    )


def of_line(line: Line) -> Json:
    found = {"ceiling": line.ceiling, **asdict(line.comparison)}
    rounded: Json = _rounded(found)
    return rounded


def other_rows(results: Json) -> Iterator[str]:
    """Returns rows for the lines without a ceiling: number, work, goal and result."""
    if crowd := results.get("streams"):
        yield (
            f"| 7 | {crowd['people']:,} event streams, {crowd['per_second']:.0f} changes a second for "
            f"{crowd['seconds']:.0f} s | {goals.OTHERS[7]} | {_crowd(crowd)}; {crowd['kilobytes_each']:.0f} kB and "
            f"{crowd['open_milliseconds_each']:.1f} ms to open each |"
        )
    if crowd := results.get("polls"):
        yield (
            f"| 8 | {crowd['people']:,} people polling every 10 s, {crowd['per_second']:.0f} sends a second, for "
            f"{crowd['seconds']:.0f} s | {goals.OTHERS[8]} | {_crowd(crowd)}; sends {_times(crowd['requests'])}; "
            f"{crowd['kilobytes_each']:.0f} kB each |"
        )
    if start := results.get("start"):
        yield (
            f"| 9 | start to first response; memory | {goals.OTHERS[9]} | {start['seconds']:.1f} s, "
            f"{start['processor_seconds']:.1f} s of them processor time; {start['megabytes']} MB at rest, "
            f"{start.get('megabytes_under_polls', '–')} MB under line 1, "
            f"{start['megabytes_after_load']} MB after lines 1 to 5 |"
        )
    if pixel := results.get("pixel"):
        stream, poll = pixel["stream"], pixel["poll"]
        yield (
            f"| 10 | callback to pixel, in Chromium | {goals.OTHERS[10]} "
            f"| by events {stream['median']:.0f} ms (most {stream['most']:.0f}); "
            f"by the poll {poll['median'] / 1000:.1f} s (most {poll['most'] / 1000:.1f}) |"
        )
    for name, cost in results.get("database", {}).items():
        processor = "" if cost["processor"] is None else f", {cost['processor']:.0f} µs of them processor time"
        yield f"| – | the database: {name} | – | {cost['elapsed']:.0f} µs{processor} |"


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
    others = ["| # | work | goal | result |", "|---|---|---|---|", *other_rows(recorded), _SCORES]
    return "\n".join([_BEGIN.strip(), "", HEAD, *rows, "", *others, "", _END])


def regressions(lines: Sequence[Line], numbers: Collection[int], sizes: Collection[int]) -> dict[str, str]:
    """Returns what is worse than the recorded results, by line: by processor time, which has the least noise.

    So is a line that was recorded or measured alone, of the lines with these numbers and, in line 6, sizes.
    """
    recorded = {name: row for name, row in read_recorded()["lines"].items() if is_among(name, numbers, sizes)}
    found = dict.fromkeys(recorded, "recorded, but not measured: was it renamed?")
    for line in lines:
        found.pop(line.name, None)
        ratio = line.comparison.by_processor_time.median
        if line.name not in recorded:
            found[line.name] = "measured, but not recorded, so nothing was compared"
        elif ratio < _TOLERANCE * (before := recorded[line.name]["by_processor_time"]["median"]):
            found[line.name] = f"{ratio:.2f}, recorded {before:.2f}"
        if line.comparison.tool_share > _TOOL_LIMIT:
            found[line.name] = "the load tool may have been the limit"
    return found


def _crowd(crowd: Json) -> str:
    shares = crowd["shares_of_a_core"]
    return (
        f"{crowd['errors']} errors; {_times(crowd['answers'])}; the API takes {shares['api']:.0%} of its core, "
        f"the client {shares['client']:.0%} of the other"
    )


def _times(found: Json) -> str:
    if not found["count"]:
        return "none answered"
    return f"median {found['p50']:.0f} ms, p99 {found['p99']:.0f} ms"


def _spread(found: Json) -> str:
    return f"{found['median']:.2f} ({found['least']:.2f}–{found['most']:.2f})"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value
