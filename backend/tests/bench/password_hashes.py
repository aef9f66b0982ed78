# ruff: noqa: T201  # a command prints
"""`python -m tests.bench.password_hashes`: the cost of a password hash, and of a flood of sign-ins to others."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from passlib.context import CryptContext

from tests.support.api_user import ApiUser, sign_in
from tests.support.database import running_database
from tests.support.processes import free_port
from tests.support.servers import Api, api_environment, running_api, running_simulator

RECOMMENDED = ((47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5))
"""KiB and passes, of equal strength: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"""
_HASHES = 30
_FLOODERS = 32
_SAMPLES = 200


def measure_hashes() -> None:
    print("argon2id, one lane    median    slowest")
    for memory, passes in RECOMMENDED:
        context = CryptContext(
            schemes=["argon2"], argon2__memory_cost=memory, argon2__time_cost=passes, argon2__parallelism=1
        )
        times = []
        for _ in range(_HASHES):
            begun = time.perf_counter()
            context.hash("correct horse battery")
            times.append(time.perf_counter() - begun)
        print(f"{memory / 1024:3.0f} MiB, {passes} passes  {_ms(statistics.median(times))}  {_ms(max(times))}")


async def measure_flood(api: Api) -> None:
    api_user = await ApiUser.sign_up(api)
    requests: dict[str, Callable[[], Awaitable[object]]] = {
        "GET /up": lambda: api.http.get("/up"),
        "GET /api/messages": api_user.list,
    }
    idle = {name: await _latencies(request) for name, request in requests.items()}
    ended = asyncio.Event()
    sign_ins: list[float] = []

    async def flood() -> None:
        while not ended.is_set():
            begun = time.perf_counter()
            await sign_in(api, api_user.email, "wrong password")
            sign_ins.append(time.perf_counter() - begun)

    flooders = [asyncio.create_task(flood()) for _ in range(_FLOODERS)]
    begun = time.perf_counter()
    loaded = {name: await _latencies(request) for name, request in requests.items()}
    seconds = time.perf_counter() - begun
    ended.set()
    await asyncio.gather(*flooders)

    print(f"\n{_FLOODERS} clients sign in continuously: {len(sign_ins) / seconds:.0f} sign-ins per second")
    print("                      idle               under load (median, 95th percentile)")
    for name in requests:
        print(f"{name:20}  {_median_and_p95(idle[name])}  {_median_and_p95(loaded[name])}")
    print(f"a sign-in                                {_median_and_p95(sign_ins)}")
    status = (Path("/proc") / str(api.process.pid) / "status").read_text()
    print(next(line for line in status.splitlines() if line.startswith("VmHWM")))


async def _latencies(request: Callable[[], Awaitable[object]]) -> list[float]:
    times = []
    for _ in range(_SAMPLES):
        begun = time.perf_counter()
        await request()
        times.append(time.perf_counter() - begun)
    return times


def _median_and_p95(times: list[float]) -> str:
    return f"{_ms(statistics.median(times))} {_ms(statistics.quantiles(times, n=20)[-1])}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:6.1f} ms"


async def main() -> None:
    measure_hashes()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with running_database(directory) as mongodb, running_simulator(directory) as simulator:
            environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=simulator.url)
            async with running_api(directory, environment) as api:
                await measure_flood(api)


if __name__ == "__main__":
    asyncio.run(main())
