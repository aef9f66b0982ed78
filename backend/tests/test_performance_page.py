"""The figures on the page about performance are those that were recorded, and worse ones fail the bench."""

import json
import sys
from pathlib import Path

import pytest

from tests.bench import goals, report
from tests.bench.__main__ import main
from tests.bench.comparison import Comparison, Spread
from tests.bench.lines import Line, is_among
from tests.support.api_user import Json

NO_SIZES: tuple[int, ...] = ()


def line(ratio: float = 0.5, *, name: str = "1 unchanged poll", tool_share: float = 0.1) -> Line:
    ratios, other = Spread(ratio, ratio, ratio), Spread(1, 1, 1)
    return Line(name, "bare route", Comparison(ratios, other, other, other, 0, tool_share))


def test_the_page_shows_what_was_recorded() -> None:
    assert report.section(report.read_recorded()) in report.PAGE.read_text()


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded of lines 1 and 2."""
    file = tmp_path / "reference.json"
    rows = {name: {"by_processor_time": {"median": 0.5}} for name in ("1 unchanged poll", "2 page of 50")}
    file.write_text(json.dumps({"lines": rows}))
    monkeypatch.setattr(report, "REFERENCE", file)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("measured", "is_worse"),
    [(line(0.36), False), (line(0.34), True), (line(0.9), False), (line(0.9, tool_share=0.81), True)],
)
def test_a_ratio_more_than_30_percent_below_the_recorded_one_is_a_regression(measured: Line, is_worse: bool) -> None:
    assert ("1 unchanged poll" in report.regressions([measured], (1,), NO_SIZES)) is is_worse


@pytest.mark.usefixtures("recorded")
def test_a_renamed_line_is_told_by_both_names() -> None:
    measured = [line(), line(name="2 page of fifty")]
    assert set(report.regressions(measured, (1, 2), NO_SIZES)) == {"2 page of 50", "2 page of fifty"}


@pytest.mark.usefixtures("recorded")
def test_only_lines_that_were_to_be_measured_are_missed() -> None:
    assert report.regressions([line()], (1,), NO_SIZES) == {}
    assert set(report.regressions([], (1, 5), NO_SIZES)) == {"1 unchanged poll"}


def test_a_row_of_line_6_is_among_those_of_its_size() -> None:
    name = "6 page of 50, 1,000,000 messages"
    assert is_among(name, (6,), (1_000_000,))
    assert not is_among(name, (6,), (1_000, 100_000))
    assert not is_among(name, (1, 5), (1_000_000,))


def crowd(p99: float = 100.0, *, errors: tuple[str, ...] = ()) -> Json:
    return {"answers": {"count": 9, "p50": 1.0, "p99": p99}, "errors": len(errors), "first_errors": list(errors)}


def pixel(stream: float, poll: float) -> Json:
    return {"stream": {"most": stream}, "poll": {"most": poll}}


@pytest.mark.parametrize(
    ("results", "missed"),
    [
        ({}, {}),
        ({"streams": crowd(249.9), "polls": crowd(4_000), "pixel": pixel(299, 10_499)}, {}),
        ({"streams": crowd(250)}, {"Line 7": "p99 is 250 ms, and has to be below 250 ms"}),
        ({"streams": crowd(errors=("no event for 3",))}, {"Line 7": "1 errors, such as 'no event for 3'"}),
        ({"polls": crowd(errors=("poll: 503", "poll: 500"))}, {"Line 8": "2 errors, such as 'poll: 503'"}),
        ({"polls": {**crowd(), "answers": {"count": 0}}}, {"Line 8": "nobody was answered"}),
        ({"pixel": pixel(300, 9)}, {"Line 10": "by stream it took up to 300 ms, and has to be below 300 ms"}),
        ({"pixel": pixel(9, 10_500)}, {"Line 10": "by poll it took up to 10500 ms, and has to be below 10500 ms"}),
    ],
)
def test_errors_and_missed_goals_fail_the_bench(results: Json, missed: dict[str, str]) -> None:
    assert goals.misses(results) == missed


def test_the_short_form_is_not_for_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: list[Json] = []
    monkeypatch.setattr(report, "record", recorded.append)
    monkeypatch.setattr(sys, "argv", ["bench", "--short", "--record"])
    with pytest.raises(SystemExit) as exited:
        main()
    assert (exited.value.code, recorded) == (2, [])


def test_a_crowd_that_nobody_answered_has_a_row() -> None:
    silent = {**report.read_recorded()["streams"], "answers": {"count": 0}}
    (row,) = report.other_rows({"streams": silent})
    assert "none" in row


def test_recording_writes_the_reference_and_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = report.read_recorded()
    page = tmp_path / "performance.md"
    page.write_text(report.PAGE.read_text())
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "REFERENCE", tmp_path / "reference.json")
    report.REFERENCE.write_text(json.dumps(found))
    new = "6 poll for changes, 100,000 messages"
    report.record({"lines": {new: found["lines"]["6 page of 50, 100,000 messages"]}})
    assert report.read_recorded()["lines"].keys() == {*found["lines"], new}
    assert report.section(report.read_recorded()) in page.read_text()
    assert f"| {new} |" in page.read_text()


@pytest.mark.parametrize(
    ("ratio", "added", "goal"),
    [
        (0.8, 15.0, "0.8, ≤ 15 ms more"),
        (0.79, 15.0, "0.8 (missed), ≤ 15 ms more"),
        (0.8, 15.1, "0.8, ≤ 15 ms more (missed)"),
    ],
)
def test_a_row_tells_which_of_its_goals_it_misses(ratio: float, added: float, goal: str) -> None:
    found = {"by_processor_time": {"median": ratio}, "added_latency_milliseconds": added}
    assert goals.of_row("4 send to 201", found) == goal
