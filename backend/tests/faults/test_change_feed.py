"""A client that repeats its ETag learns of every change, although the process that made it is killed at any write."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import httpx
import pytest

from mysms.changes.change import UNPUBLISHED
from tests.faults.environment import ApiProcess, Environment, Json, running_environment
from tests.faults.mongo_proxy import Command, PausePoint, changes_of_messages
from tests.support.polling import eventually
from tests.support.servers import callback_url_of
from tests.support.status_callbacks import PATH, form_of, query_of, signature_of

STAYS_QUEUED = "+15005551002"


async def report_sent(env: Environment, api: ApiProcess, message: Json) -> httpx.Response:
    """Post a status callback to this process, signed for the public address."""
    query, form = query_of(message), form_of(message, "sent")
    signature = signature_of(f"{callback_url_of(f'http://127.0.0.1:{env.callback_proxy.port}')}?{query}", form)
    return await env.http.post(f"{api.url}{PATH}?{query}", data=form, headers={"X-Twilio-Signature": signature})


def is_status_change(command: Command) -> bool:
    return any("provider_status" in changes for changes in changes_of_messages(command))


def is_publication(command: Command) -> bool:
    return bool(command.get("insert") == "changes")


def is_numbering(command: Command) -> bool:
    return any(list(changes) == ["revision"] for changes in changes_of_messages(command))


STEPS: Mapping[str, Callable[[Command], bool]] = {
    "the status": is_status_change,
    "the log entry": is_publication,
    "the revision": is_numbering,
}


def is_insert(command: Command) -> bool:
    return bool(command.get("insert") == "messages")


def is_count(command: Command) -> bool:
    updates = command["updates"] if command.get("update") == "conversations" else []
    return any("messages" in each["u"].get("$inc", {}) for each in updates)


STEPS_OF_A_SEND: Mapping[str, Callable[[Command], bool]] = {"the message": is_insert, "the count": is_count}


class Watcher:
    """A client that polls one process with the ETag of its last answer."""

    def __init__(self, env: Environment, api: ApiProcess) -> None:
        self._env = env
        self._url = f"{api.url}/api/messages"
        self._etag = ""
        self.rows: list[Json] = []

    async def poll(self) -> int:
        headers = {**self._env.headers, "If-None-Match": self._etag}
        answer = await self._env.http.get(self._url, headers=headers)
        if answer.status_code == 200:
            self._etag, self.rows = answer.headers["ETag"], answer.json()
        return answer.status_code

    async def revision(self) -> int:
        answer = await self._env.http.get(self._url, headers=self._env.headers)
        return int(answer.headers["X-Revision"])

    async def settle(self) -> None:
        await eventually(self.poll, lambda status: status == 304, what="an unchanged page")

    async def see(self, status: str) -> None:
        async def poll() -> list[str]:
            await self.poll()
            return [row["status"] for row in self.rows]

        await eventually(poll, lambda statuses: statuses == [status], within=20, what=f"the status {status}")


@pytest.mark.parametrize("at", ["request", "reply"])
@pytest.mark.parametrize("step", STEPS)
async def test_no_change_is_missed_if_its_process_is_killed(
    tmp_path: Path, step: str, at: Literal["request", "reply"]
) -> None:
    async with running_environment(tmp_path, processes=2, name=f"feed {step} {at}") as env:
        writer, reader = env.apis
        message = await env.post(STAYS_QUEUED, "Hello", to=writer)
        watcher = Watcher(env, reader)
        await watcher.settle()
        assert [row["status"] for row in watcher.rows] == ["queued"]

        pause_point = writer.mongo_proxy.add(PausePoint(STEPS[step], at))
        callback = asyncio.create_task(report_sent(env, writer, message))
        async with asyncio.timeout(10):
            await pause_point.reached.wait()
        writer.kill()
        await writer.mongo_proxy.drop_connections()
        await writer.wait()
        await asyncio.gather(callback, return_exceptions=True)

        if step == "the status" and at == "request":
            # Nothing has changed; the provider repeats its callback.
            await report_sent(env, reader, message)
        await watcher.see("sent")


@pytest.mark.parametrize("step", STEPS_OF_A_SEND)
async def test_a_new_message_is_not_missed_if_its_process_is_killed(tmp_path: Path, step: str) -> None:
    # With a long lease: nothing changes before another process takes the message over.
    name, timeout = f"feed send {step}", "10"
    async with running_environment(tmp_path, processes=2, name=name, TWILIO_TIMEOUT_SECONDS=timeout) as env:
        writer, reader = env.apis
        await env.post(STAYS_QUEUED, "Hello", to=writer)
        watcher = Watcher(env, reader)
        # Also what follows the send, which would make the watcher look for another reason.
        published = {"revision": {"$ne": UNPUBLISHED}}
        last = await eventually(lambda: env.database["messages"].find_one(published), bool, what="its publication")
        assert last is not None
        await eventually(watcher.revision, lambda revision: revision >= last["revision"], what="its revision")
        await watcher.settle()

        pause_point = writer.mongo_proxy.add(PausePoint(STEPS_OF_A_SEND[step], "reply"))
        sending = asyncio.create_task(env.post(STAYS_QUEUED, "Hello again", to=writer))
        async with asyncio.timeout(10):
            await pause_point.reached.wait()
        writer.kill()
        await writer.mongo_proxy.drop_connections()
        await writer.wait()
        await asyncio.gather(sending, return_exceptions=True)

        await eventually(watcher.poll, lambda status: status == 200, within=20, what="a change")
        assert [row["status"] for row in watcher.rows] == ["pending", "queued"]
