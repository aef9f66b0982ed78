"""The gap that cannot be closed: a carrier that commits later than RECONCILE_AFTER_SECONDS. It must be seen."""

from pathlib import Path

from tests.faults.environment import running_world
from tests.faults.figures import DELIVERIES
from tests.support.polling import eventually

NUMBER = "+13165550001"
TOO_LATE_SECONDS = 7.0
TEXT = "Sent twice, and known to be"


async def test_a_commit_that_comes_too_late_is_detected_and_reported(tmp_path: Path, list_order: str) -> None:
    async with running_world(tmp_path, list_order=list_order, name="beyond", RECONCILE_AFTER_SECONDS="1") as world:
        await world.simulator.control.set_fault("late_commit", to=NUMBER, times=1, seconds=TOO_LATE_SECONDS)
        message = await world.post(NUMBER, TEXT)
        assert message["status"] == "unconfirmed"
        await world.eventually(message["_id"], "delivered")
        sids = await eventually(
            lambda: world.sids_at_carrier(TEXT), lambda found: len(found) == 2, within=20, what="the late commit"
        )
        row = await eventually(
            lambda: world.document(message["_id"]), lambda row: bool(row["second_sids"]), what="that it is detected"
        )
        assert [row["twilio_sid"], *row["second_sids"]] == sids
        assert await world.metric("mysms_second_sids_total") == 1
        shown = await world.detail(message["_id"])
        assert {event["sid"] for event in shown["timeline"]} >= set(sids)
        DELIVERIES.add("committed later than RECONCILE_AFTER_SECONDS", 1, 0, 0, 2, 0, "1 (reported)", 0, 0)
