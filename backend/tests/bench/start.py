"""How long a start takes, and how much memory the process has."""

import time

from tests.bench.processes import SERVER_CORE, pinned_to, processor_seconds, resident_megabytes
from tests.bench.servers import Bench
from tests.support.api_user import Json
from tests.support.processes import free_port
from tests.support.servers import running_api

_STARTS = 5


async def measure_starts(bench: Bench) -> Json:
    """Starts further processes on the same database, one after the other."""
    found = []
    for number in range(_STARTS):
        environment = {**bench.api.environment, "PORT": str(free_port())}
        with pinned_to(SERVER_CORE):
            began_at = time.monotonic()
            async with running_api(bench.directory / f"start-{number}", environment) as api:
                seconds = time.monotonic() - began_at
                pid = api.process.pid
                found.append((seconds, processor_seconds(pid), resident_megabytes(pid)))
    seconds, processor, megabytes = (sorted(each)[_STARTS // 2] for each in zip(*found, strict=True))
    return {"seconds": round(seconds, 2), "processor_seconds": round(processor, 2), "megabytes": round(megabytes)}
