"""Pending messages of another sender identity, and messages that expire."""

import asyncio
from pathlib import Path

from tests.faults.environment import running_environment


async def test_a_message_of_another_sender_waits_for_that_sender(tmp_path: Path) -> None:
    async with running_environment(tmp_path, processes=1, name="lines") as env:
        (api,) = env.apis
        await env.simulator.control.set_fault("refuse_connections")
        waiting = await env.post("+13235550001", "For the other sender")
        await api.kill_and_wait()
        await env.simulator.control.reset_faults()

        # Another API URL of the same simulator is another sender identity.
        await api.start(TWILIO_API_BASE_URL=env.simulator.url.replace("127.0.0.1", "localhost"))
        await env.make_all_due()
        await env.eventually((await env.post("+13235550002", "For this sender"))["_id"], "delivered")
        await asyncio.sleep(2)
        assert (await env.detail(waiting["_id"]))["status"] == "pending"
        assert await env.sids_at_provider("For the other sender") == []

        await api.kill_and_wait()
        await api.start()
        await env.eventually(waiting["_id"], "delivered")
        assert len(await env.sids_at_provider("For the other sender")) == 1


async def test_an_expired_message_fails_and_is_never_sent(tmp_path: Path) -> None:
    async with running_environment(tmp_path, processes=1, name="expiry", SEND_TTL_SECONDS="2") as env:
        await env.simulator.control.set_fault("refuse_connections")
        message = await env.post("+13235550003", "While it matters")
        expired = await env.eventually(message["_id"], "failed", within=10)
        assert expired["error_code"] == "expired"
        await env.simulator.control.reset_faults()
        await env.eventually((await env.post("+13235550004", "Still in time"))["_id"], "delivered")
        assert await env.sids_at_provider("While it matters") == []


async def test_without_a_callback_url_statuses_are_polled(tmp_path: Path) -> None:
    async with running_environment(tmp_path, processes=1, name="polling", TWILIO_STATUS_CALLBACK_URL="") as env:
        message = await env.post("+13235550005", "Nobody calls back")
        assert message["status"] == "queued"
        delivered = await env.eventually(message["_id"], "delivered", within=10)
        assert {event["source"] for event in delivered["timeline"]} == {"send", "reconciler"}
        (entry,) = await env.simulator.control.ledger()
        assert "StatusCallback" not in entry.request
        fetches = [each for each in await env.simulator.control.requests() if each["operation"] == "fetch"]
        assert len(fetches) == 1
