"""The results of a test run, as Markdown tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Row = Sequence[object]


@dataclass
class Table:
    title: str
    columns: Sequence[str]
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row. It replaces a row with the same first cell, so that a repeated test has one row."""
        self.rows = [row for row in self.rows if row[0] != cells[0]] + [cells]

    def markdown(self) -> list[str]:
        lines = [list(self.columns), *([_text(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        rule = ["-" * width for width in widths]
        return [
            f"**{self.title}**",
            "",
            *(_line(cells, widths) for cells in (lines[0], rule, *lines[1:])),
        ]


KILLS = Table("Kills by phase", ["phase", "kills", "messages in this phase"])
DELIVERIES = Table(
    "Delivery results",
    [
        "scenario",
        "acknowledged",
        "rejected",
        "without response",
        "at the provider",
        "lost",
        "duplicated",
        "unconfirmed",
        "outdated status",
    ],
)
CALLBACKS = Table(
    "Callbacks",
    ["callbacks", "messages", "genuine", "forged", "rejected", "statuses equal to the provider's"],
)
RESPONSE_TIMES = Table(
    "Response times during a provider outage", ["outage", "POSTs", "median", "slowest", "all delivered after"]
)
TABLES = [KILLS, DELIVERIES, CALLBACKS, RESPONSE_TIMES]


def _text(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
