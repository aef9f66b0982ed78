"""The state that commands share."""

import time
from dataclasses import dataclass, field

from devservers.mongodb.cursors import Cursors
from devservers.mongodb.store import Store


@dataclass
class Context:
    """The state of one server process."""

    store: Store
    cursors: Cursors = field(default_factory=Cursors)
    started_at: float = field(default_factory=time.monotonic)
    connections: int = 0
