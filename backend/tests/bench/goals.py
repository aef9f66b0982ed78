"""The goals of the table, and which of the lines without a ceiling miss theirs."""

from collections.abc import Iterator, Mapping

from tests.support.api_user import Json

_RATIOS: Mapping[str, float] = {
    "1 unchanged poll": 0.5,
    "2 page of 50": 0.8,
    "3 status callback": 0.5,
    "4 send to 201": 0.8,
    "4 send to 201, stored": 0.8,
    "5 GET /users": 0.4,
    "5 GET /up": 0.6,
}
_ADDED_MILLISECONDS: Mapping[str, int] = {"4 send to 201": 15}
_GROWTH = 0.9
"""The ratio of each row of line 6."""
_EVENT_MILLISECONDS = 250
"""From a callback to its event, for 99 % of them."""
_PIXEL_MILLISECONDS = {"stream": 300, "poll": 10_500}
"""From a callback to the screen, at most."""
_SCORE = 95

OTHERS: Mapping[int, str] = {
    7: f"no error, p99 < {_EVENT_MILLISECONDS} ms",
    8: "no error",
    9: "–",
    10: f"< {_PIXEL_MILLISECONDS['stream'] / 1000} s by events, < {_PIXEL_MILLISECONDS['poll'] / 1000} s by the poll",
    11: f"≥ {_SCORE} in all four, both pages",
}


def of_row(name: str, found: Json) -> str:
    """Returns the goals of a row that has a ceiling, of its ratio and of the latency it adds, and which are missed."""
    ratio = _GROWTH if name.startswith("6 ") else _RATIOS[name]
    goals = [_marked(str(ratio), is_missed=found["by_processor_time"]["median"] < ratio)]
    if (most := _ADDED_MILLISECONDS.get(name)) is not None:
        goals.append(_marked(f"≤ {most} ms more", is_missed=found["added_latency_milliseconds"] > most))
    return ", ".join(goals)


def _marked(goal: str, *, is_missed: bool) -> str:
    return f"{goal} (missed)" if is_missed else goal


def misses(results: Json) -> dict[str, str]:
    """Returns the errors and missed goals of lines 7, 8 and 10, by line, of those that were measured."""
    found: dict[str, list[str]] = {}
    for line, kind in (("Line 7", "streams"), ("Line 8", "polls")):
        if kind in results:
            found[line] = list(_misses_of_crowd(results[kind]))
    if (p99 := results.get("streams", {}).get("answers", {}).get("p99", 0)) >= _EVENT_MILLISECONDS:
        found["Line 7"].append(f"p99 is {p99:.0f} ms, and has to be below {_EVENT_MILLISECONDS} ms")
    if "pixel" in results:
        found["Line 10"] = [
            f"by {way} it took up to {most:.0f} ms, and has to be below {limit} ms"
            for way, limit in _PIXEL_MILLISECONDS.items()
            if (most := results["pixel"][way]["most"]) >= limit
        ]
    return {line: "; ".join(sentences) for line, sentences in found.items() if sentences}


def _misses_of_crowd(crowd: Json) -> Iterator[str]:
    if crowd["errors"]:
        yield f"{crowd['errors']} errors, such as {crowd['first_errors'][0]!r}"
    if not crowd["answers"]["count"]:
        yield "nobody was answered"
