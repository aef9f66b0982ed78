"""A provider that commits later than the absence check: the duplicate cannot be prevented, but must be reported."""

from pathlib import Path

from tests.faults.environment import running_environment
from tests.faults.figures import DELIVERIES
from tests.support.polling import eventually

NUMBER = "+13165550001"
TOO_LATE_SECONDS = 7.0
TEXT = "Sent twice and reported"


async def test_a_commit_after_the_absence_check_is_reported_as_a_duplicate(tmp_path: Path, list_order: str) -> None:
    async with running_environment(
        tmp_path, list_order=list_order, name="late commit", RECONCILE_AFTER_SECONDS="1"
    ) as env:
        await env.simulator.control.set_fault("late_commit", to=NUMBER, times=1, seconds=TOO_LATE_SECONDS)
        message = await env.post(NUMBER, TEXT)
        assert message["status"] == "unconfirmed"
        await env.eventually(message["_id"], "delivered")
        sids = await eventually(
            lambda: env.sids_at_provider(TEXT), lambda found: len(found) == 2, within=20, what="the late commit"
        )
        row = await eventually(
            lambda: env.document(message["_id"]),
            lambda row: bool(row["outbound"]["duplicate_sids"]),
            what="the detection of the duplicate",
        )
        assert [row["twilio_sid"], *row["outbound"]["duplicate_sids"]] == sids
        assert await env.metric("mysms_duplicate_sends_total") == 1
        shown = await env.detail(message["_id"])
        assert {event["sid"] for event in shown["timeline"]} >= set(sids)
        DELIVERIES.add("committed later than RECONCILE_AFTER_SECONDS", 1, 0, 0, 2, 0, "1 (reported)", 0, 0)
