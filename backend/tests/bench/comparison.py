"""Compares a server with its ceiling, in alternating rounds."""

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from tests.bench import wrk
from tests.bench.processes import processor_seconds

_WARM_UP_SECONDS = 1
_FEWEST_REQUESTS = 30
"""Of a round: the kernel counts processor time in hundredths of a second."""
_MOST_RUNS = 6
"""Of a round, until it has so many, each twice as long as the one before."""


@dataclass(frozen=True)
class Contender:
    """A server under load."""

    pids: tuple[int, ...]
    """The processes whose processor time counts."""
    load: Callable[[], wrk.Load]
    """The load of the next round."""


@dataclass(frozen=True)
class Round:
    rate: float
    """Responses per second."""
    milliseconds: float
    """Processor time of the server for each response."""
    tool_share: float
    """Processor time of the load tool, for each second of the server's."""
    latency_milliseconds: float


@dataclass(frozen=True)
class Spread:
    """The median of some values, the least and the greatest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Comparison:
    """The ratios of a server to its ceiling; 1 is as fast."""

    by_processor_time: Spread
    by_rate: Spread
    milliseconds: Spread
    ceiling_milliseconds: Spread
    added_latency_milliseconds: float
    tool_share: float
    """The load tool's processor time for each second of that of the server for which it was greatest."""


async def compare(ceiling: Contender, server: Contender, *, rounds: int, seconds: int) -> Comparison:
    """Loads both in turn."""
    for contender in (ceiling, server):
        await _measure(contender, _WARM_UP_SECONDS)
    pairs = [(await _measure(ceiling, seconds), await _measure(server, seconds)) for _ in range(rounds)]
    return Comparison(
        by_processor_time=Spread.of([best.milliseconds / own.milliseconds for best, own in pairs]),
        by_rate=Spread.of([own.rate / best.rate for best, own in pairs]),
        milliseconds=Spread.of([own.milliseconds for _, own in pairs]),
        ceiling_milliseconds=Spread.of([best.milliseconds for best, _ in pairs]),
        added_latency_milliseconds=statistics.median(
            own.latency_milliseconds - best.latency_milliseconds for best, own in pairs
        ),
        tool_share=max(each.tool_share for pair in pairs for each in pair),
    )


async def _measure(contender: Contender, seconds: int) -> Round:
    before = sum(map(processor_seconds, contender.pids))
    results = [await asyncio.to_thread(wrk.run, contender.load(), seconds)]
    while sum(each.requests for each in results) < _FEWEST_REQUESTS:
        # On a busy machine a slow server may not even answer once in a second.
        if len(results) == _MOST_RUNS:
            raise wrk.LoadToolError(f"{contender.load().url} hardly answers.")
        results.append(await asyncio.to_thread(wrk.run, contender.load(), seconds * 2 ** len(results)))
    used = sum(map(processor_seconds, contender.pids)) - before
    requests = sum(each.requests for each in results)
    return Round(
        rate=requests / sum(each.seconds for each in results),
        milliseconds=used / requests * 1000,
        tool_share=sum(each.tool_processor_seconds for each in results) / used,
        latency_milliseconds=statistics.median(each.median_latency_seconds for each in results) * 1000,
    )
