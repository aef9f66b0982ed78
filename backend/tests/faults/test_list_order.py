"""Twilio documents no order of its list by creation, and its list lags: whatever it does, nothing is sent twice."""

from pathlib import Path

import pytest

from tests.faults.environment import RECONCILE_AFTER_SECONDS, World, running_world

ABSENCE_CONFIRMED_AFTER_SECONDS = 4
LAG_SECONDS = RECONCILE_AFTER_SECONDS + 0.5 * ABSENCE_CONFIRMED_AFTER_SECONDS
"""Longer than until the first look that counts, shorter than until the second."""


@pytest.mark.parametrize("order", ["created", "sent_unsent_first", "sent_unsent_last"])
async def test_a_lost_answer_doubles_nothing_in_any_order(tmp_path: Path, order: str) -> None:
    confirmed_after = str(ABSENCE_CONFIRMED_AFTER_SECONDS)
    async with running_world(tmp_path, name=order, ABSENCE_CONFIRMED_AFTER_SECONDS=confirmed_after) as world:
        control = world.simulator.control
        await control.set_fault("list_order", order=order)
        await _send_one_that_was_queued_for_hours(world)
        # The message stays queued: no callback ever tells of it, and it has no DateSent.
        await control.set_pace(1000)
        await control.set_fault("lose_201")
        lost = await world.post("+13235551001", "Only once")
        assert lost["status"] == "unconfirmed"
        await control.reset_faults()
        await control.set_fault("list_order", order=order)
        await control.set_fault("list_lag", seconds=LAG_SECONDS)
        found = await world.eventually(lost["_id"], "queued")
        assert [found["twilio_sid"]] == await world.sids_at_carrier("Only once")


async def _send_one_that_was_queued_for_hours(world: World) -> None:
    """It was created long before everything else, and sent just now."""
    control = world.simulator.control
    await control.set_fault("skew_dates", seconds=-6 * 3600, times=1)
    await world.eventually((await world.post("+13235551002", "Queued for hours"))["_id"], "delivered")
