"""Twilio's list has no documented order by creation, and it lags: no order may cause a duplicate."""

from pathlib import Path

import pytest

from tests.faults.environment import RECONCILE_AFTER_SECONDS, Environment, running_environment

ABSENCE_CONFIRMED_AFTER_SECONDS = 4
LAG_SECONDS = RECONCILE_AFTER_SECONDS + 0.5 * ABSENCE_CONFIRMED_AFTER_SECONDS
"""The lag ends after the first check that counts and before the second."""


@pytest.mark.parametrize("order", ["created", "sent_unsent_first", "sent_unsent_last"])
async def test_a_lost_response_causes_no_duplicate_in_any_list_order(tmp_path: Path, order: str) -> None:
    confirmed_after = str(ABSENCE_CONFIRMED_AFTER_SECONDS)
    async with running_environment(tmp_path, name=order, ABSENCE_CONFIRMED_AFTER_SECONDS=confirmed_after) as env:
        control = env.simulator.control
        await control.set_fault("list_order", order=order)
        await _send_message_queued_for_hours(env)
        # The message stays queued: there is no callback, and it has no DateSent.
        await control.set_pace(1000)
        await control.set_fault("lose_201")
        lost = await env.post("+13235551001", "Only once")
        assert lost["status"] == "unconfirmed"
        await control.reset_faults()
        await control.set_fault("list_order", order=order)
        await control.set_fault("list_lag", seconds=LAG_SECONDS)
        found = await env.eventually(lost["_id"], "queued")
        assert [found["twilio_sid"]] == await env.sids_at_provider("Only once")


async def _send_message_queued_for_hours(env: Environment) -> None:
    """Send a message that was created hours ago and sent now."""
    control = env.simulator.control
    await control.set_fault("skew_dates", seconds=-6 * 3600, times=1)
    await env.eventually((await env.post("+13235551002", "Queued for hours"))["_id"], "delivered")
