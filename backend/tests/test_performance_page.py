"""The figures on the page about performance are those that were recorded."""

from tests.bench import report


def test_the_page_shows_what_was_recorded() -> None:
    assert report.section(report.read_recorded()) in report.PAGE.read_text()
