"""Line 6: requests of a user with many messages, compared with those of a user with a thousand."""

import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import population
from tests.bench.callbacks import write_callbacks
from tests.bench.comparison import Contender, compare
from tests.bench.lines import Effort, Line, each_once
from tests.bench.population import Person, Row
from tests.bench.servers import Bench, running_bench
from tests.bench.wrk import Load
from tests.support.api_user import ApiUser, Json
from tests.support.status_callbacks import PATH as CALLBACK_PATH
from tests.support.status_callbacks import report

FEW = 1_000
_CALLBACKS_PER_SECOND = 400
_STARTS_WITHIN_SECONDS = 600.0


@dataclass
class _Owner:
    """A person, and those of their messages that wait for their callbacks."""

    count: int
    person: Person
    accepted: deque[Json]


async def compare_sizes(directory: Path, sizes: tuple[int, ...], effort: Effort) -> AsyncIterator[Line]:
    """Measures each request at each size."""
    async with running_bench(directory) as bench:
        templates = await population.read_templates(bench)
    waiting = (effort.rounds * effort.seconds + 1) * _CALLBACKS_PER_SECOND // 3
    owners = []
    for count in (FEW, *sizes):
        person, rows = templates.person()
        owner = _Owner(count, person, deque(maxlen=waiting))
        # The smallest one is the ceiling of each of the others.
        messages = templates.messages(person.user_id, count, accepted=min(waiting, count))
        population.store(directory, bench.api.mongodb_uri, iter(rows))
        population.store(directory, bench.api.mongodb_uri, _remembering(messages, owner))
        owners.append(owner)
    async with running_bench(directory, starts_within=_STARTS_WITHIN_SECONDS) as bench:
        few, *others = [await _requests(bench, owner, effort, repeats=len(sizes)) for owner in owners]
        for name in few:
            for count, many in zip(sizes, others, strict=True):
                # Both processes, since a scan would cost the database most.
                compared = await compare(few[name], many[name], rounds=effort.rounds, seconds=effort.seconds)
                yield Line(f"6 {name}, {count:,} messages", f"{FEW:,} messages", compared)


def _remembering(rows: Iterator[Row], owner: _Owner) -> Iterator[Row]:
    for name, document in rows:
        if name == "messages":
            owner.accepted.append(document)
        yield name, document


async def _requests(bench: Bench, owner: _Owner, effort: Effort, *, repeats: int) -> dict[str, Contender]:
    api_user = ApiUser(bench.api, str(owner.person.user_id), "", owner.person.new_token(), "")
    known = (await api_user.call("GET", "/api/messages")).headers["X-Revision"]
    await report(bench.api, owner.accepted.pop(), "sent")
    etag = await api_user.settled_etag("/api/messages")
    changes = f"/api/messages/changes?since={known}&limit=200"
    assert len((await api_user.call("GET", changes)).json()) == 1, "the page of changes has not the one change"
    pids = (bench.api.process.pid, *(() if bench.database_pid is None else (bench.database_pid,)))
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())

    def get(path: str, **headers: str) -> Contender:
        def load() -> Load:
            # A token does not last for all rounds.
            signed = {"Authorization": f"Bearer {owner.person.new_token()}"}
            return Load(bench.api.url + path, {**signed, **headers})

        return Contender(pids, load)

    files = write_callbacks(
        bench, CALLBACK_PATH, list(owner.accepted), files=(effort.rounds + 1) * repeats, name=str(owner.count)
    )
    return {
        "unchanged poll": get("/api/messages", **{"If-None-Match": etag}),
        "page of 50": get("/api/messages"),
        "poll for changes": get(changes),
        "poll with updated_since": get(f"/api/messages?limit=200&updated_since={now}"),
        "search, many matches": get("/api/messages?search=number%2077"),
        "search, one match": get("/api/messages?search=321%20number"),
        "conversations": get("/api/conversations"),
        "status callback": Contender(pids, each_once(bench.api.url, list(files))),
    }
