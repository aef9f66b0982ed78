"""The lines of the table that compare the API with a ceiling in the same run."""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

from tests.bench.callbacks import store_messages, write_callbacks
from tests.bench.comparison import Comparison, Contender, compare
from tests.bench.processes import SERVER_CORE, pinned_to
from tests.bench.servers import Bench, Ceiling
from tests.bench.wrk import Load
from tests.support.api_user import ApiUser
from tests.support.processes import free_port
from tests.support.servers import Api, running_api
from tests.support.status_callbacks import PATH as CALLBACK_PATH

_SCRIPTS = Path(__file__).parent
_PAGE = 50
GROWTH = 6
"""The line of growth.py."""
_SENDERS = 8
_CALLBACKS_PER_SECOND = 1500
"""More than either server answers."""


@dataclass(frozen=True)
class Effort:
    """How long the rounds are, and how many."""

    rounds: int
    seconds: int


@dataclass(frozen=True)
class Line:
    name: str
    ceiling: str
    comparison: Comparison


def is_among(name: str, numbers: Collection[int], sizes: Collection[int]) -> bool:
    """Tells whether a line of this name belongs to those numbers of the table, and to those sizes in line 6."""
    number = int(name.split(maxsplit=1)[0])
    return number in numbers and (number != GROWTH or any(name.endswith(f", {size:,} messages") for size in sizes))


async def compare_all(
    bench: Bench, bare: Ceiling, by_hand: Ceiling, effort: Effort, numbers: Collection[int]
) -> AsyncIterator[Line]:
    """Measures each of these lines in turn."""
    api_user = await ApiUser.sign_up(bench.api)
    await store_messages(bench, api_user, _PAGE + 10)
    etag = await api_user.settled_etag("/api/messages")
    token = {"Authorization": f"Bearer {api_user.access_token}"}

    def api(path: str, headers: dict[str, str]) -> Contender:
        return Contender((bench.api.process.pid,), lambda: Load(bench.api.url + path, headers))

    constant = Contender((bare.pid,), lambda: Load(f"{bare.url}/constant", {}))
    page = Contender((by_hand.pid,), lambda: Load(f"{by_hand.url}/page?user={api_user.id}", {}))
    unchanged = api("/api/messages", {**token, "If-None-Match": etag})
    for number, name, ceiling, best, own in (
        (1, "1 unchanged poll", "a bare FastAPI route", constant, unchanged),
        (2, "2 page of 50", "Starlette, PyMongo and orjson by hand", page, api("/api/messages", token)),
        (5, "5 GET /users", "a bare FastAPI route", constant, api("/users", token)),
        (5, "5 GET /up", "a bare FastAPI route", constant, api("/up", {})),
    ):
        if number in numbers:
            yield Line(name, ceiling, await compare(best, own, rounds=effort.rounds, seconds=effort.seconds))
        if number == 1:
            answer = await api_user.call("GET", "/api/messages", headers={"If-None-Match": etag})
            assert answer.status_code == HTTPStatus.NOT_MODIFIED, "the polls were not unchanged"
    if 3 in numbers:
        yield await _status_callbacks(bench, by_hand, api_user, effort)
    if 4 in numbers:
        async for line in _sends(bench, by_hand, api_user, effort):
            yield line


async def _status_callbacks(bench: Bench, by_hand: Ceiling, api_user: ApiUser, effort: Effort) -> Line:
    runs = effort.rounds + 1
    count = (effort.rounds * effort.seconds + 1) * _CALLBACKS_PER_SECOND // 3

    async def contender(pid: int, url: str, path: str) -> Contender:
        files = write_callbacks(bench, path, await store_messages(bench, api_user, count), files=runs)
        return Contender((pid,), each_once(url, list(files)))

    return Line(
        "3 status callback",
        "Starlette and PyMongo by hand, signature checked",
        await compare(
            await contender(by_hand.pid, by_hand.url, "/status_callback"),
            await contender(bench.api.process.pid, bench.api.url, CALLBACK_PATH),
            rounds=effort.rounds,
            seconds=effort.seconds,
        ),
    )


def each_once(url: str, files: list[Path]) -> Callable[[], Load]:
    """Returns the loads of prepared requests, one file after the other."""
    # More runs than planned only repeat callbacks.
    waiting = itertools.cycle(files)
    return lambda: Load(url, {}, _SCRIPTS / "requests.lua", str(next(waiting)))


async def _sends(bench: Bench, by_hand: Ceiling, api_user: ApiUser, effort: Effort) -> AsyncIterator[Line]:
    """Of a process that asks for no status callbacks, whose processor time would count, too."""
    numbers, run = itertools.count(), secrets.token_hex(4)
    environment = {**bench.api.environment, "PORT": str(free_port()), "TWILIO_STATUS_CALLBACK_URL": ""}
    # As at the ceiling, each client has a thread: without one, a message would wait for another to be sent.
    environment["TWILIO_MAX_CONCURRENCY"] = str(_SENDERS)
    token = {"Authorization": f"Bearer {api_user.access_token}"}

    async def compared(api: Api, path: str, connections: int) -> Comparison:
        def contender(pid: int, url: str, headers: dict[str, str]) -> Contender:
            script = _SCRIPTS / "messages.lua"
            return Contender((pid,), lambda: Load(url, headers, script, f"{run}-{next(numbers)}", connections))

        return await compare(
            contender(by_hand.pid, f"{by_hand.url}{path}", {}),
            contender(api.process.pid, f"{api.url}/api/messages", token),
            rounds=effort.rounds,
            seconds=effort.seconds,
        )

    with pinned_to(SERVER_CORE):
        async with running_api(bench.directory / "sending", environment) as api:
            for name, ceiling, path in (
                ("4 send to 201", "the twilio library in a thread", "/send"),
                ("4 send to 201, stored", "the same, after an insert and before an update", "/stored_send"),
            ):
                # Of one client: with several, the latency is only another form of the rate.
                added = (await compared(api, path, connections=1)).added_latency_milliseconds
                found = replace(await compared(api, path, connections=_SENDERS), added_latency_milliseconds=added)
                yield Line(name, ceiling, found)
