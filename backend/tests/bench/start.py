"""How long a start takes, and how much memory the process has."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import SERVER_CORE, pinned_to, resident_megabytes
from tests.bench.servers import Bench
from tests.support.processes import free_port
from tests.support.servers import running_api


@dataclass(frozen=True)
class Start:
    seconds: float
    """To the first response of /up."""
    megabytes: float
    """At rest."""


async def measure_start(bench: Bench) -> Start:
    """Starts another process on the same database."""
    environment = {**bench.api.environment, "PORT": str(free_port())}
    with pinned_to(SERVER_CORE):
        began_at = time.monotonic()
        async with running_api(Path(bench.directory) / "start", environment) as api:
            return Start(time.monotonic() - began_at, resident_megabytes(api.process.pid))
