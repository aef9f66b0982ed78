"""Providers rewrite numbers in what they report: the message is recognised all the same, and sent once."""

from pathlib import Path

import pytest

from tests.faults.world import running_world

REWRITTEN = {"+525512345678": "+5215512345678", "+4402079460958": "+442079460958", "+33612345678": "+15550001111"}
"""What was asked for, and what is shown. The last one is a rewriting that nobody foresees."""


async def test_a_callback_with_another_number_proves_what_a_lost_answer_did_not(tmp_path: Path) -> None:
    async with running_world(tmp_path, processes=1, name="rewritten") as world:
        for asked, shown in REWRITTEN.items():
            await world.simulator.control.set_fault("rewrite_to", to=asked, number=shown)
            await world.simulator.control.set_fault("lose_201", to=asked)
            message = await world.post(asked, f"To {asked}")
            delivered = await world.eventually(message["_id"], "delivered")
            assert [delivered["twilio_sid"]] == await world.sids_at_carrier(f"To {asked}")
            assert delivered["recipient_number"] == message["recipient_number"]


@pytest.mark.parametrize("asked", REWRITTEN)
async def test_without_callbacks_the_list_proves_it_or_leaves_it_in_doubt(tmp_path: Path, asked: str) -> None:
    async with running_world(tmp_path, processes=1, name="rewritten") as world:
        control, shown = world.simulator.control, REWRITTEN[asked]
        await control.set_fault("rewrite_to", to=asked, number=shown)
        await control.set_fault("drop_callbacks")
        await control.set_fault("lose_201", to=asked)
        message = await world.post(asked, "Written otherwise")
        if shown.startswith(asked[:3]):
            await world.eventually(message["_id"], "delivered")
        else:
            # It could be the message, and could be another's: nobody may send it again.
            await world.let_looks_pass(message["_id"])
            assert (await world.detail(message["_id"]))["status"] == "unconfirmed"
        assert len(await world.sids_at_carrier("Written otherwise")) == 1
