import asyncio
import contextlib
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException

from devservers.twilio.account import DEFAULT_FROM_NUMBER
from devservers.twilio.control import ControlError
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator, eventually, start_process

Start = Callable[..., Coroutine[Any, Any, tuple[Simulator, Library]]]


@pytest.fixture
async def start(data: Path) -> AsyncIterator[Start]:
    started: list[tuple[Simulator, Library]] = []

    async def start(*options: str) -> tuple[Simulator, Library]:
        simulator = await Simulator.start(data, *options)
        started.append((simulator, Library(simulator.url)))
        return started[-1]

    yield start
    for simulator, library in started:
        library.close()
        await simulator.stop()


async def startup_error(*options: str) -> str:
    process = await start_process(*options)
    out, err = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    text = err.decode()
    assert text.count("\n") == 1
    return text


async def test_accepted_messages_survive_kill_9(start: Start, receiver: Receiver) -> None:
    """The progress of a pending message continues after the restart."""
    simulator, twilio = await start("--pace", "0")
    arrived = await twilio.create(body="arrived", status_callback=receiver.url())
    await receiver.wait_for(2)
    async with simulator.control() as control:
        await control.set_pace(1000)
    pending = await twilio.create(body="pending", status_callback=receiver.url())
    assert await simulator.stop(signal.SIGKILL) == -signal.SIGKILL
    assert receiver.statuses() == ["sent", "delivered"]

    simulator, twilio = await start("--pace", "0")
    await receiver.wait_for(4)
    assert receiver.statuses() == ["sent", "delivered"] * 2
    assert [message.sid for message in await twilio.list()] == [pending.sid, arrived.sid]
    async with simulator.control() as control:
        assert [entry.request["Body"] for entry in await control.ledger()] == ["arrived", "pending"]

        async def all_recorded() -> bool:
            return len(await control.callbacks()) == 4

        await eventually(all_recorded)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_process_promptly(start: Start, receiver: Receiver, number: int) -> None:
    simulator, twilio = await start("--pace", "0")
    async with simulator.control() as control:
        await control.set_fault("delay_callbacks", times=1, seconds=60)
        await control.set_fault("hang", times=1, on="fetch", seconds=60)
    receiver.script.append(5.0)
    message = await twilio.create(status_callback=receiver.url())
    hanging = asyncio.create_task(twilio.fetch(message.sid))
    await receiver.wait_for(1)
    begun = time.monotonic()
    assert await simulator.stop(number) == 0
    assert time.monotonic() - begun < 3
    with pytest.raises(OSError, match="Connection"):
        await hanging


async def test_a_data_file_in_use_and_a_taken_port(start: Start, data: Path) -> None:
    simulator, _ = await start()
    port = simulator.url.rpartition(":")[2]
    assert "database is locked" in await startup_error("--port", "0", "--data", str(data))
    assert f"cannot listen on 127.0.0.1:{port}" in await startup_error("--port", port, "--data", str(data) + "2")
    assert "cannot listen on" in await startup_error("--port", "0", "--control-port", port, "--data", str(data) + "2")


async def test_a_data_file_that_is_not_a_database(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be mistaken for one" * 50)
    assert "file is not a database" in await startup_error("--port", "0", "--data", str(text))


async def test_account_options(start: Start) -> None:
    simulator, _ = await start(
        "--account-sid", "AC" + "1" * 32, "--auth-token", "other", "--from-number", "+14155550100"
    )
    path = f"{simulator.url}/2010-04-01/Accounts/AC{'1' * 32}/Messages.json"
    form = {"From": "+14155550100", "To": "+14155552671", "Body": "hello"}
    async with httpx.AsyncClient(trust_env=False, auth=("AC" + "1" * 32, "other")) as http:
        assert (await http.post(path, data=form)).status_code == 201


async def test_without_a_control_port_the_api_port_serves_the_control_endpoint(data: Path) -> None:
    process = await start_process("--port", "0", "--data", str(data))
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[4]
    simulator = Simulator(process, url, url)
    async with simulator.control() as control:
        with pytest.raises(ControlError, match="seconds are required"):
            await control.set_fault("refuse_connections")
        await control.set_fault("refuse_connections", seconds=0.2)
        with pytest.raises(httpx.ConnectError):
            await control.ledger()
        await asyncio.sleep(0.3)
        assert await control.ledger() == []
    assert await simulator.stop() == 0


REVERSED_MIGRATIONS = {
    5: "DROP TABLE media; PRAGMA user_version = 5;",
    3: "ALTER TABLE messages DROP COLUMN direction; DROP TABLE numbers; PRAGMA user_version = 3;",
    2: """
ALTER TABLE callbacks RENAME COLUMN status_code TO answer;
ALTER TABLE callbacks RENAME COLUMN error TO problem;
UPDATE messages SET plan = replace(plan, '"callback_only"', '"announced_only"');
PRAGMA user_version = 2;
""",
    1: "ALTER TABLE messages DROP COLUMN listed_to; PRAGMA user_version = 1;",
}


@pytest.mark.parametrize("version", REVERSED_MIGRATIONS)
async def test_a_ledger_of_an_earlier_version_is_migrated(
    start: Start, data: Path, receiver: Receiver, version: int
) -> None:
    """Its messages are listed, its callbacks are kept, and pending messages continue."""
    simulator, twilio = await start("--pace", "0")
    await twilio.create(body="delivered", status_callback=receiver.url())
    await receiver.wait_for(2)
    async with simulator.control() as control:
        await control.set_pace(1000)
    await twilio.create(body="pending", status_callback=receiver.url())
    await simulator.stop()
    with contextlib.closing(sqlite3.connect(data)) as db:
        for script in [REVERSED_MIGRATIONS[old] for old in REVERSED_MIGRATIONS if old >= version]:
            db.executescript(script)
    simulator, twilio = await start("--pace", "0")
    await receiver.wait_for(4)
    assert [message.body for message in await twilio.list(to=ORDINARY)] == ["pending", "delivered"]
    async with simulator.control() as control:

        async def all_recorded() -> bool:
            return [attempt.status_code for attempt in await control.callbacks()] == [204] * 4

        await eventually(all_recorded)


async def test_an_up_to_date_ledger_is_not_migrated(start: Start, data: Path) -> None:
    for _ in range(2):
        simulator, twilio = await start()
        await twilio.create()
        await simulator.stop()
    with contextlib.closing(sqlite3.connect(data)) as db:
        assert db.execute("SELECT count(*) FROM messages").fetchone() == (2,)


async def test_a_ledger_of_an_unknown_version_is_rejected(start: Start, data: Path) -> None:
    simulator, _ = await start()
    await simulator.stop()
    with contextlib.closing(sqlite3.connect(data)) as db:
        db.execute("PRAGMA user_version = 99")
    assert "written by another version of the simulator; remove it" in await startup_error(
        "--port", "0", "--data", str(data)
    )


async def test_the_webhooks_of_a_number_can_be_set_and_outlive_the_process(
    start: Start, data: Path, receiver: Receiver
) -> None:
    simulator, twilio = await start()
    (row,) = await twilio.call(twilio.client.incoming_phone_numbers.list, phone_number=DEFAULT_FROM_NUMBER)
    assert (row.sms_url, row.sms_method, row.sms_application_sid) == ("", "POST", "")
    changes = {"sms_url": receiver.url("/inbound"), "sms_fallback_url": receiver.url("/fallback")}
    changed = await twilio.call(twilio.client.incoming_phone_numbers(row.sid).update, **changes)
    assert (changed.sms_url, changed.sms_fallback_url) == tuple(changes.values())
    await simulator.stop()
    _, twilio = await start()
    fetched = await twilio.call(twilio.client.incoming_phone_numbers(row.sid).fetch)
    assert (fetched.sms_url, fetched.sms_fallback_url) == tuple(changes.values())
    with pytest.raises(TwilioRestException, match="404"):
        await twilio.call(twilio.client.incoming_phone_numbers("PN" + "0" * 32).fetch)
