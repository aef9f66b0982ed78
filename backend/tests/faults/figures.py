"""The figures that a run has found, as tables in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Row = Sequence[object]


@dataclass
class Table:
    title: str
    columns: Sequence[str]
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """A row; one with the same first cell is replaced, so that a repeated test does not add up."""
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


KILLS = Table("Kills by phase", ["phase that the kill struck", "kills", "messages caught"])
DELIVERIES = Table(
    "What became of the messages",
    [
        "what was broken",
        "answered",
        "refused",
        "unanswered",
        "at the carrier",
        "lost",
        "doubled",
        "in doubt",
        "not final",
    ],
)
CALLBACKS = Table(
    "Callbacks",
    ["callbacks", "messages", "genuine", "forged", "rejected", "statuses as the carrier's"],
)
ANSWERS = Table("The carrier is dead", ["dead for", "POSTs meanwhile", "median", "slowest", "all delivered after"])
TABLES = [KILLS, DELIVERIES, CALLBACKS, ANSWERS]


def _text(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
