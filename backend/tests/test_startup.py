"""Startup: without a reachable database, and of several processes at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
from pymongo import AsyncMongoClient

from mysms.core.security_events import SecurityEvents
from mysms.core.settings import Settings
from mysms.services import build_services
from mysms.web.graceful_shutdown import ShutdownState
from tests.support.api_user import ApiUser
from tests.support.database import running_database
from tests.support.processes import Process, free_port
from tests.support.servers import Mongo, api_environment, has_started, running_api, running_mongodb

UNREACHABLE_URL = "http://127.0.0.1:9"
PROCESSES = 4

REQUIRED_INDEXES = {
    "users": {"email", "deleting"},
    "deleted_accounts": {"deleted_at"},
    "sessions": {"user", "expires_at"},
    "invites": {"account"},
    "mails": {"account", "due", "expires_at"},
    "password_resets": {"user", "expires_at"},
    "messages": {"client_id", "history", "changes", "outbox", "checks"},
    "provider_message_ids": {"message"},
    "rate_limits": {"expires_at"},
}
"""Indexes without which queries would be slow or values not unique; there may be others."""


async def indexes_of(mongodb_uri: str) -> dict[str, dict[str, Any]]:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client.get_default_database()
        names = await database.list_collection_names()
        return {name: dict(await database[name].index_information()) for name in names}


async def test_several_processes_start_at_once_on_an_empty_database(mongodb: Mongo, tmp_path: Path) -> None:
    uri = mongodb.other_database("start_at_once")
    async with AsyncExitStack() as stack:
        environments = [
            api_environment(port=free_port(), mongodb_uri=uri, twilio_url=UNREACHABLE_URL) for _ in range(PROCESSES)
        ]
        apis = await asyncio.gather(
            *(
                stack.enter_async_context(running_api(tmp_path / environment["PORT"], environment))
                for environment in environments
            )
        )
        for api in apis:
            # There is no provider either, which the catch-up says.
            warnings = [line for line in api.process.text().splitlines() if "warning" in line]
            assert all("The inbound catch-up could not query Twilio" in line for line in warnings), warnings
            assert "error " not in api.process.text()
        found = await indexes_of(uri)
        for collection, names in REQUIRED_INDEXES.items():
            assert names <= found[collection].keys(), collection
        api_user = await ApiUser.sign_up(apis[0])
        for api in apis[1:]:
            answer = await api.http.get("/users", headers={"Authorization": f"Bearer {api_user.access_token}"})
            assert answer.status_code == 200
    # A process that starts later changes no index.
    async with running_api(
        tmp_path / "later", api_environment(port=free_port(), mongodb_uri=uri, twilio_url=UNREACHABLE_URL)
    ):
        assert await indexes_of(uri) == found


async def test_the_log_of_changes_is_read_before_requests_are_answered(mongodb: Mongo) -> None:
    """A list would tell revision 0, and its reader load everything that has ever changed."""
    uri = mongodb.other_database("start_with_the_log")
    environment = api_environment(port=free_port(), mongodb_uri=uri, twilio_url=UNREACHABLE_URL)
    known = {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}
    settings = Settings(_env_file=None, **known)  # type: ignore[arg-type]
    services = build_services(settings, ShutdownState(), SecurityEvents.of(settings))
    async with services.running():
        assert services.changes.feed.position > 0


@asynccontextmanager
async def starting(directory: Path, environment: dict[str, str]) -> AsyncIterator[Process]:
    process = Process("api", ["mysms", "serve"], directory, environment)
    try:
        yield process
    finally:
        process.stop()


async def test_startup_waits_for_the_database(tmp_path: Path) -> None:
    """The wait is logged once and without a traceback; then the process starts without intervention.

    The database is a development server also if TEST_MONGODB_URI is set, since it must not run yet.
    """
    port = free_port()
    environment = api_environment(
        port=free_port(),
        mongodb_uri=f"mongodb://127.0.0.1:{port}/mysms",
        twilio_url=UNREACHABLE_URL,
    )
    async with starting(tmp_path, environment) as process:

        async def is_waiting() -> bool:
            return "MongoDB does not respond yet" in process.text()

        await process.wait_until(is_waiting)
        waiting_since = time.monotonic()

        async def several_tries_have_failed() -> bool:
            # Each try takes five seconds, and there is one second between two tries.
            return time.monotonic() - waiting_since > 13

        await process.wait_until(several_tries_have_failed)
        assert process.text().count("MongoDB does not respond yet") == 1
        assert "Traceback" not in process.text()
        async with (
            running_mongodb(tmp_path, port),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{environment['PORT']}", trust_env=False) as http,
        ):
            await process.wait_until(lambda: has_started(http))
            assert "MongoDB responds." in process.text()
            assert (await http.get("/ready")).status_code == 200
            process.stop()


async def test_a_waiting_process_can_be_stopped(tmp_path: Path) -> None:
    environment = api_environment(
        port=free_port(), mongodb_uri="mongodb://127.0.0.1:9/mysms", twilio_url=UNREACHABLE_URL
    )
    async with starting(tmp_path, environment) as process:

        async def is_waiting() -> bool:
            return "MongoDB does not respond yet" in process.text()

        await process.wait_until(is_waiting)
        # Fails if the process does not end.
        await asyncio.to_thread(process.stop)


async def test_production_warns_of_an_unencrypted_connection_to_a_public_host(tmp_path: Path) -> None:
    """127.1 is loopback, but looks like the name of a public host."""
    environment = api_environment(
        port=free_port(),
        mongodb_uri="mongodb://somebody:hunter2@127.1:9/mysms",
        twilio_url=UNREACHABLE_URL,
        ENVIRONMENT="production",
        JWT_SECRET=token_hex(32),
        TWILIO_AUTH_TOKEN=token_hex(16),
        TWILIO_STATUS_CALLBACK_URL="",
    )
    async with starting(tmp_path, environment) as process:

        async def is_waiting() -> bool:
            return "MongoDB does not respond yet" in process.text()

        await process.wait_until(is_waiting)
        assert "MONGODB_URI leads to 127.1 without TLS" in process.text()
        assert "hunter2" not in process.text()


async def test_an_index_that_has_changed_is_rebuilt(tmp_path: Path) -> None:
    async with running_database(tmp_path) as mongodb, AsyncMongoClient[dict[str, Any]](mongodb.uri) as client:
        messages = client.get_default_database()["messages"]
        await messages.create_index([("content", 1)], name="client_id")
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=UNREACHABLE_URL)
        async with running_api(tmp_path, environment):
            index = (await messages.index_information())["client_id"]
            assert (index["key"], index["unique"]) == ([("user_id", 1), ("client_id", 1)], True)


async def test_an_index_that_cannot_be_built_is_reported_in_one_sentence(tmp_path: Path) -> None:
    """Two messages have the same idempotency key. Without the index, one key could create two messages."""
    async with running_database(tmp_path) as mongodb:
        async with AsyncMongoClient[dict[str, Any]](mongodb.uri) as client:
            row = {"user_id": 1, "client_id": "key:1", "schema_version": 2}
            await client.get_default_database()["messages"].insert_many([{**row}, {**row}])
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=UNREACHABLE_URL)
        process = Process("api", ["mysms", "serve"], tmp_path, environment)
        assert await process.wait_for_exit() == 1
        assert "MongoDB refused to migrate the database or to create its indexes (error 11000)." in process.text()
        assert "Traceback" not in process.text()
