"""The lines of the table that compare the API with a ceiling in the same run."""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tests.bench.callbacks import store_messages, write_callbacks
from tests.bench.comparison import Comparison, Contender, compare
from tests.bench.servers import Bench, Ceiling
from tests.bench.wrk import Load
from tests.support.api_user import ApiUser
from tests.support.status_callbacks import PATH as CALLBACK_PATH

_SCRIPTS = Path(__file__).parent
_PAGE = 50
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
    goal: float
    comparison: Comparison


async def compare_all(
    bench: Bench, bare: Ceiling, by_hand: Ceiling, effort: Effort, only: Collection[str] = ()
) -> AsyncIterator[Line]:
    """Measures each line in turn, or only those with these numbers."""

    def is_wanted(name: str) -> bool:
        return not only or name.partition(" ")[0] in only

    api_user = await ApiUser.sign_up(bench.api)
    await store_messages(bench, api_user, _PAGE + 10)
    etag = await api_user.settled_etag("/api/messages")
    token = {"Authorization": f"Bearer {api_user.access_token}"}

    def api(path: str, headers: dict[str, str]) -> Contender:
        return Contender(bench.api.process.pid, lambda: Load(bench.api.url + path, headers))

    constant = Contender(bare.pid, lambda: Load(f"{bare.url}/constant", {}))
    page = Contender(by_hand.pid, lambda: Load(f"{by_hand.url}/page?user={api_user.id}", {}))
    unchanged = api("/api/messages", {**token, "If-None-Match": etag})
    for name, ceiling, goal, best, own in (
        ("1 unchanged poll", "a bare FastAPI route", 0.5, constant, unchanged),
        ("2 page of 50", "Starlette, PyMongo and orjson by hand", 0.8, page, api("/api/messages", token)),
        ("5 GET /users", "a bare FastAPI route", 0.4, constant, api("/users", token)),
        ("5 GET /up", "a bare FastAPI route", 0.6, constant, api("/up", {})),
    ):
        if is_wanted(name):
            yield Line(name, ceiling, goal, await compare(best, own, rounds=effort.rounds, seconds=effort.seconds))
    answer = await api_user.call("GET", "/api/messages", headers={"If-None-Match": etag})
    assert answer.status_code == HTTPStatus.NOT_MODIFIED, "the polls were not unchanged"
    if is_wanted("3"):
        yield await _status_callbacks(bench, by_hand, api_user, effort)
    if is_wanted("4"):
        yield await _sends(bench, by_hand, api_user, effort)


async def _status_callbacks(bench: Bench, by_hand: Ceiling, api_user: ApiUser, effort: Effort) -> Line:
    runs = effort.rounds + 1
    count = (effort.rounds * effort.seconds + 1) * _CALLBACKS_PER_SECOND // 3

    async def contender(pid: int, url: str, path: str) -> Contender:
        files = write_callbacks(bench, path, await store_messages(bench, api_user, count), files=runs)
        return Contender(pid, _each(url, list(files)))

    return Line(
        "3 status callback",
        "Starlette and PyMongo by hand, signature checked",
        0.5,
        await compare(
            await contender(by_hand.pid, by_hand.url, "/status_callback"),
            await contender(bench.api.process.pid, bench.api.url, CALLBACK_PATH),
            rounds=effort.rounds,
            seconds=effort.seconds,
        ),
    )


def _each(url: str, files: list[Path]) -> Callable[[], Load]:
    # More runs than planned only repeat callbacks.
    waiting = itertools.cycle(files)
    return lambda: Load(url, {}, _SCRIPTS / "requests.lua", str(next(waiting)))


async def _sends(bench: Bench, by_hand: Ceiling, api_user: ApiUser, effort: Effort) -> Line:
    numbers, run = itertools.count(), secrets.token_hex(4)

    def load(url: str, headers: dict[str, str]) -> Callable[[], Load]:
        return lambda: Load(url, headers, _SCRIPTS / "messages.lua", f"{run}-{next(numbers)}")

    token = {"Authorization": f"Bearer {api_user.access_token}"}
    return Line(
        "4 send to 201",
        "the twilio library in a thread",
        0.8,
        await compare(
            Contender(by_hand.pid, load(f"{by_hand.url}/send", {})),
            Contender(bench.api.process.pid, load(f"{bench.api.url}/api/messages", token)),
            rounds=effort.rounds,
            seconds=effort.seconds,
        ),
    )
