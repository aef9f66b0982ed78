"""The figures on the page about performance are those that were recorded, and worse ones fail the short bench."""

from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.comparison import Comparison, Spread
from tests.bench.lines import Line


def line(ratio: float, *, tool_share: float = 0.1) -> Line:
    ratios, other = Spread(ratio, ratio, ratio), Spread(1, 1, 1)
    return Line("1 unchanged poll", "bare route", 0.5, Comparison(ratios, other, other, other, 0, tool_share))


def test_the_page_shows_what_was_recorded() -> None:
    assert report.section(report.read_recorded()) in report.PAGE.read_text()


@pytest.mark.parametrize(
    ("measured", "is_worse"),
    [(line(0.36), False), (line(0.34), True), (line(0.9), False), (line(0.9, tool_share=0.81), True)],
)
def test_a_ratio_more_than_30_percent_below_the_recorded_one_is_a_regression(
    measured: Line, is_worse: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = tmp_path / "reference.json"
    recorded.write_text('{"lines": {"1 unchanged poll": {"by_processor_time": {"median": 0.5}}}}')
    monkeypatch.setattr(report, "REFERENCE", recorded)
    assert ("1 unchanged poll" in report.regressions([measured])) is is_worse
