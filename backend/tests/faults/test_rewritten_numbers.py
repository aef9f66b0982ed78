"""Providers rewrite numbers in what they report: the message is recognised all the same, and sent once."""

import asyncio
import itertools
from pathlib import Path

from tests.faults.environment import World, running_world

FORESEEN = {"+525512345678": "+5215512345678", "+541123456789": "+5491123456789"}
UNFORESEEN = {"+33612345678": "+15550001111"}
REWRITTEN = FORESEEN | UNFORESEEN
"""What was asked for, and what is shown."""
LISTED_UNDER = ("shown", "requested", "both")
"""By which of the two the list's filter finds the message: Twilio does not say."""


async def test_a_callback_with_another_number_proves_what_a_lost_answer_did_not(tmp_path: Path) -> None:
    async with running_world(tmp_path, processes=1, name="rewritten") as world:
        for asked, shown in REWRITTEN.items():
            await world.simulator.control.set_fault("rewrite_to", to=asked, number=shown)
            await world.simulator.control.set_fault("lose_201", to=asked)
            message = await world.post(asked, f"To {asked}")
            delivered = await world.eventually(message["_id"], "delivered")
            assert [delivered["twilio_sid"]] == await world.sids_at_carrier(f"To {asked}")
            assert delivered["recipient_number"] == message["recipient_number"]


async def test_without_callbacks_the_list_proves_it_or_leaves_it_in_doubt(tmp_path: Path) -> None:
    async with running_world(tmp_path, processes=1, name="rewritten") as world:
        cases = list(itertools.product(REWRITTEN, LISTED_UNDER))
        await asyncio.gather(*(_is_sent_once(world, asked, listed_under) for asked, listed_under in cases))


async def _is_sent_once(world: World, asked: str, listed_under: str) -> None:
    control, number = world.simulator.control, f"{asked[:-1]}{LISTED_UNDER.index(listed_under)}"
    text = f"{asked} listed under {listed_under}"
    shown = f"{REWRITTEN[asked][:-1]}{number[-1]}"
    await control.set_fault("rewrite_to", to=number, number=shown, listed_under=listed_under)
    await control.set_fault("drop_callbacks", to=number)
    await control.set_fault("lose_201", to=number)
    message = await world.post(number, text)
    if asked in UNFORESEEN and listed_under == "shown":
        # It could be the message, and could be somebody else's: nobody may send it again.
        await world.let_looks_pass(message["_id"])
        assert (await world.detail(message["_id"]))["status"] == "unconfirmed"
    else:
        found = await world.eventually(message["_id"], "delivered")
        assert "callback" not in {event["source"] for event in found["timeline"]}
    assert len(await world.sids_at_carrier(text)) == 1
