"""Checks of delivery: compares the clients' messages with the simulator's ledger, the database and the API."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from devservers.twilio.control import AcceptedMessage
from tests.faults.environment import Environment
from tests.faults.figures import DELIVERIES
from tests.faults.load_clients import SentMessage
from tests.support.polling import eventually

_IN_FLIGHT = ["pending", "claimed", "unconfirmed"]
_CALLBACKS_TAKE_SECONDS = 1.5
_ROUND_SECONDS = 0.5
_FINAL = {"delivered", "undelivered", "failed", "canceled", "read"}


@dataclass
class DeliveryReport:
    """Counts of messages by outcome. The texts in `lost`, `duplicated` and `wrong` describe the messages."""

    list_order: str
    acknowledged: int = 0
    rejected: int = 0
    unanswered: int = 0
    at_provider: int = 0
    unconfirmed: int = 0
    outdated: int = 0
    reported_duplicates: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add_to_figures(self, scenario: str) -> None:
        """Add a row to the table of results."""
        duplicated = len(self.duplicated) + self.reported_duplicates
        duplicates = f"{duplicated} (reported)" if self.reported_duplicates else duplicated
        DELIVERIES.add(
            f"{scenario}; list: {self.list_order}",
            self.acknowledged,
            self.rejected,
            self.unanswered,
            self.at_provider,
            len(self.lost),
            duplicates,
            self.unconfirmed,
            self.outdated,
        )

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.duplicated or self.wrong or self.outdated)

    def require_exactly_once(self) -> None:
        assert not self.lost, f"{len(self.lost)} lost: {self.lost[:3]}"
        assert not self.duplicated, f"{len(self.duplicated)} duplicated: {self.duplicated[:3]}"
        assert not self.wrong, f"{len(self.wrong)} wrong: {self.wrong[:3]}"
        assert not self.outdated, f"{self.outdated} statuses are older than the provider's"


async def wait_for_empty_outbox(env: Environment, *, unconfirmable: Collection[str] = (), within: float = 90) -> None:
    """Wait until no message is in flight. Messages to `unconfirmable` numbers may stay unconfirmed."""
    query = {"outbound.state": {"$in": _IN_FLIGHT}, "recipient_number": {"$nin": list(unconfirmable)}}

    async def in_flight() -> list[dict[str, Any]]:
        fields = {"content": 1, "outbound.state": 1, "outbound.attempt": 1, "recipient_number": 1, "events": 1}
        return [row async for row in env.database["messages"].find(query, fields)]

    await eventually(in_flight, lambda rows: not rows, within=within, what="an empty outbox")


async def final_report(
    env: Environment, messages: Sequence[SentMessage], *, unconfirmable: Collection[str] = (), within: float = 90
) -> DeliveryReport:
    """The report once the outbox is empty and all statuses are final, by callbacks or by status checks."""
    await wait_for_empty_outbox(env, unconfirmable=unconfirmable, within=within)
    begun = time.monotonic()
    while True:
        report = await compare_deliveries(env, messages, unconfirmable=unconfirmable)
        waited = time.monotonic() - begun
        if report.is_good or waited > within:
            return report
        if waited > _CALLBACKS_TAKE_SECONDS:
            # Status checks replace lost callbacks after up to an hour: make them due now.
            await env.make_all_due()
        await asyncio.sleep(_ROUND_SECONDS)


async def compare_deliveries(
    env: Environment, messages: Sequence[SentMessage], *, unconfirmable: Collection[str] = ()
) -> DeliveryReport:
    """Compare the responses with the provider's messages. The outbox must be empty, except for `unconfirmable`."""
    ledger: defaultdict[str, list[AcceptedMessage]] = defaultdict(list)
    for entry in await env.simulator.control.ledger():
        ledger[entry.request["Body"]].append(entry)
    rows = {row["client_id"]: row async for row in env.database["messages"].find({})}
    shown = await env.statuses()
    report = DeliveryReport(list_order=env.list_order)
    for message in messages:
        _compare_message(report, message, ledger[message.text], rows.get(f"key:{message.key}"), shown, unconfirmable)
    return report


def _compare_message(
    report: DeliveryReport,
    message: SentMessage,
    entries: Sequence[AcceptedMessage],
    row: dict[str, Any] | None,
    shown: dict[str, str],
    unconfirmable: Collection[str],
) -> None:
    description = (
        f"{message.text!r} to {message.number}: response {message.status}, stored as {row}, at the provider {entries}"
    )
    report.at_provider += len(entries)
    if message.rejected:
        report.rejected += 1
        if entries:
            report.wrong.append(f"rejected, but sent: {description}")
        return
    report.acknowledged += message.acknowledged
    report.unanswered += message.status is None
    if row is None:
        if message.acknowledged or entries:
            report.lost.append(f"acknowledged or sent, but not stored: {description}")
        return
    duplicate_sids = row["outbound"]["duplicate_sids"]
    report.reported_duplicates += len(duplicate_sids)
    if len(entries) > 1 + len(duplicate_sids):
        report.duplicated.append(description)
    if row["outbound"]["state"] == "rejected" and not entries:
        # Acknowledged with 202 first and rejected later.
        report.rejected += 1
        return
    if row["outbound"]["state"] == "unconfirmed" and message.number in unconfirmable:
        report.unconfirmed += 1
        return
    if not entries:
        report.lost.append(description)
        return
    if row["twilio_sid"] not in {entry.sid for entry in entries}:
        report.wrong.append(f"another SID: {description}")
    _compare_status(report, description, entries, str(row["twilio_sid"]), shown[str(row["_id"])])


def _compare_status(
    report: DeliveryReport, description: str, entries: Sequence[AcceptedMessage], sid: str, status: str
) -> None:
    truth = next((str(entry.message["status"]) for entry in entries if entry.sid == sid), "")
    if status == truth:
        return
    if status in _FINAL or status in {"pending", "unconfirmed"}:
        report.wrong.append(f"shown as {status}: {description}")
    else:
        report.outdated += 1
