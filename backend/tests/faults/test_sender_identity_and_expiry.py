"""Messages that wait: for their own line to come back, or for the end of their time."""

import asyncio
from pathlib import Path

from tests.faults.environment import running_world


async def test_what_was_stored_for_another_line_waits_for_it(tmp_path: Path) -> None:
    async with running_world(tmp_path, processes=1, name="lines") as world:
        (api,) = world.apis
        await world.simulator.control.set_fault("refuse_connections")
        waiting = await world.post("+13235550001", "For the other line")
        await api.kill()
        await world.simulator.control.reset_faults()

        # The same carrier under another address: for all that the API knows, another one.
        await api.start(TWILIO_API_BASE_URL=world.simulator.url.replace("127.0.0.1", "localhost"))
        await world.let_time_pass()
        await world.eventually((await world.post("+13235550002", "For this line"))["_id"], "delivered")
        await asyncio.sleep(2)
        assert (await world.detail(waiting["_id"]))["status"] == "pending"
        assert await world.sids_at_carrier("For the other line") == []

        await api.kill()
        await api.start()
        await world.eventually(waiting["_id"], "delivered")
        assert len(await world.sids_at_carrier("For the other line")) == 1


async def test_what_could_not_be_sent_in_time_fails_and_is_never_sent(tmp_path: Path) -> None:
    async with running_world(tmp_path, processes=1, name="expiry", SEND_EXPIRES_AFTER_SECONDS="2") as world:
        await world.simulator.control.set_fault("refuse_connections")
        message = await world.post("+13235550003", "While it matters")
        expired = await world.eventually(message["_id"], "failed", within=10)
        assert expired["error_code"] == "expired"
        await world.simulator.control.reset_faults()
        await world.eventually((await world.post("+13235550004", "Still in time"))["_id"], "delivered")
        assert await world.sids_at_carrier("While it matters") == []


async def test_without_a_callback_url_the_carrier_is_asked(tmp_path: Path) -> None:
    async with running_world(tmp_path, processes=1, name="polling", TWILIO_STATUS_CALLBACK_URL="") as world:
        message = await world.post("+13235550005", "Nobody calls back")
        assert message["status"] == "queued"
        delivered = await world.eventually(message["_id"], "delivered", within=10)
        assert {event["source"] for event in delivered["timeline"]} == {"send", "reconciler"}
        (entry,) = await world.simulator.control.ledger()
        assert "StatusCallback" not in entry.request
        fetches = [each for each in await world.simulator.control.requests() if each["operation"] == "fetch"]
        assert len(fetches) == 1
