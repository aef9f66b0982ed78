"""Providers rewrite phone numbers in reports: the message must still be recognised and sent once."""

import asyncio
import itertools
from pathlib import Path

from tests.faults.environment import Environment, running_environment

KNOWN_REWRITES = {"+525512345678": "+5215512345678", "+541123456789": "+5491123456789"}
UNKNOWN_REWRITES = {"+33612345678": "+15550001111"}
REWRITTEN = KNOWN_REWRITES | UNKNOWN_REWRITES
"""The requested number and the number that the provider shows."""
LISTED_UNDER = ("shown", "requested", "both")
"""Which of the two numbers the list's filter matches: Twilio does not document it."""


async def test_a_callback_with_a_rewritten_number_confirms_the_message(tmp_path: Path) -> None:
    async with running_environment(tmp_path, processes=1, name="rewritten") as env:
        for requested, shown in REWRITTEN.items():
            await env.simulator.control.set_fault("rewrite_to", to=requested, number=shown)
            await env.simulator.control.set_fault("lose_201", to=requested)
            message = await env.post(requested, f"To {requested}")
            delivered = await env.eventually(message["_id"], "delivered")
            assert [delivered["twilio_sid"]] == await env.sids_at_provider(f"To {requested}")
            assert delivered["recipient_number"] == message["recipient_number"]


async def test_without_callbacks_the_list_confirms_the_message_or_it_stays_unconfirmed(tmp_path: Path) -> None:
    async with running_environment(tmp_path, processes=1, name="rewritten") as env:
        cases = list(itertools.product(REWRITTEN, LISTED_UNDER))
        await asyncio.gather(*(_is_sent_once(env, requested, listed_under) for requested, listed_under in cases))


async def _is_sent_once(env: Environment, requested: str, listed_under: str) -> None:
    control, number = env.simulator.control, f"{requested[:-1]}{LISTED_UNDER.index(listed_under)}"
    text = f"{requested} listed under {listed_under}"
    shown = f"{REWRITTEN[requested][:-1]}{number[-1]}"
    await control.set_fault("rewrite_to", to=number, number=shown, listed_under=listed_under)
    await control.set_fault("drop_callbacks", to=number)
    await control.set_fault("lose_201", to=number)
    message = await env.post(number, text)
    if requested in UNKNOWN_REWRITES and listed_under == "shown":
        # The row may be this message or another one, so it must not be sent again.
        await env.run_list_checks(message["_id"])
        assert (await env.detail(message["_id"]))["status"] == "unconfirmed"
    else:
        found = await env.eventually(message["_id"], "delivered")
        assert "callback" not in {event["source"] for event in found["timeline"]}
    assert len(await env.sids_at_provider(text)) == 1
