"""The state that commands share."""

import time
from dataclasses import dataclass, field

from devservers.mongodb.cursors import Cursors
from devservers.mongodb.store import Store


@dataclass
class Context:
    """The state of one server process."""

    store: Store
    cursors: Cursors = field(init=False)
    started_at: float = field(default_factory=time.monotonic)
    connections: int = 0

    def __post_init__(self) -> None:
        self.cursors = Cursors(self.store.turn)
