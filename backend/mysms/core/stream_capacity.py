"""How many event streams a process may have open: they are long, so they are not counted with other requests."""

from dataclasses import dataclass

MOST_STREAMS = 10_000


@dataclass
class StreamCapacity:
    """The limit of one process, and how many streams are open."""

    most: int = MOST_STREAMS
    open: int = 0

    @property
    def is_full(self) -> bool:
        return self.open >= self.most
