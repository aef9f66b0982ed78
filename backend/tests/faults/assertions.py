"""What became of every message, by the simulator's ledger, by the database and by the API."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from devservers.twilio.control import AcceptedMessage
from tests.faults.environment import World
from tests.faults.figures import DELIVERIES
from tests.faults.load_clients import Letter
from tests.support.polling import eventually

_UNDECIDED = ["pending", "claimed", "unconfirmed"]
_CALLBACKS_TAKE_SECONDS = 1.5
_ROUND_SECONDS = 0.5
_FINAL = {"delivered", "undelivered", "failed", "canceled", "read"}


@dataclass
class Verdict:
    list_order: str
    answered: int = 0
    refused: int = 0
    unanswered: int = 0
    at_carrier: int = 0
    in_doubt: int = 0
    not_final: int = 0
    reported_doubles: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def enter(self, what: str) -> None:
        """Into the table."""
        doubled = len(self.doubled) + self.reported_doubles
        told = f"{doubled} (reported)" if self.reported_doubles else doubled
        DELIVERIES.add(
            f"{what}; list: {self.list_order}",
            self.answered,
            self.refused,
            self.unanswered,
            self.at_carrier,
            len(self.lost),
            told,
            self.in_doubt,
            self.not_final,
        )

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.not_final)

    def require_exactly_once(self) -> None:
        assert not self.lost, f"{len(self.lost)} lost: {self.lost[:3]}"
        assert not self.doubled, f"{len(self.doubled)} doubled: {self.doubled[:3]}"
        assert not self.wrong, f"{len(self.wrong)} wrong: {self.wrong[:3]}"
        assert not self.not_final, f"{self.not_final} statuses are behind the carrier's"


async def all_decided(world: World, *, doubtful: Collection[str] = (), within: float = 90) -> None:
    """Waits until nothing is on its way any more; `doubtful` numbers may stay unconfirmed."""
    query = {"dispatch": {"$in": _UNDECIDED}, "recipient_number": {"$nin": list(doubtful)}}

    async def undecided() -> list[dict[str, Any]]:
        fields = {"content": 1, "dispatch": 1, "attempt": 1, "recipient_number": 1, "events": 1}
        return [row async for row in world.database["messages"].find(query, fields)]

    await eventually(undecided, lambda rows: not rows, within=within, what="the end of all sending")


async def final_verdict(
    world: World, letters: Sequence[Letter], *, doubtful: Collection[str] = (), within: float = 90
) -> Verdict:
    """The verdict once everything is decided and the carrier has said, or been asked for, its last word."""
    await all_decided(world, doubtful=doubtful, within=within)
    begun = time.monotonic()
    while True:
        verdict = await judge(world, letters, doubtful=doubtful)
        waited = time.monotonic() - begun
        if verdict.is_good or waited > within:
            return verdict
        if waited > _CALLBACKS_TAKE_SECONDS:
            # Callbacks that are lost are made up for in an hour; so an hour passes.
            await world.let_time_pass()
        await asyncio.sleep(_ROUND_SECONDS)


async def judge(world: World, letters: Sequence[Letter], *, doubtful: Collection[str] = ()) -> Verdict:
    """Compares what was answered with what the carrier has. Everything must be decided, but for `doubtful` numbers."""
    ledger: defaultdict[str, list[AcceptedMessage]] = defaultdict(list)
    for entry in await world.simulator.control.ledger():
        ledger[entry.request["Body"]].append(entry)
    rows = {row["client_id"]: row async for row in world.database["messages"].find({})}
    shown = await world.statuses()
    verdict = Verdict(list_order=world.list_order)
    for letter in letters:
        _judge_letter(verdict, letter, ledger[letter.text], rows.get(f"key:{letter.key}"), shown, doubtful)
    return verdict


def _judge_letter(
    verdict: Verdict,
    letter: Letter,
    entries: Sequence[AcceptedMessage],
    row: dict[str, Any] | None,
    shown: dict[str, str],
    doubtful: Collection[str],
) -> None:
    what = f"{letter.text!r} to {letter.number}: answered {letter.status}, stored as {row}, at the carrier {entries}"
    verdict.at_carrier += len(entries)
    if letter.refused:
        verdict.refused += 1
        if entries:
            verdict.wrong.append(f"refused, but sent: {what}")
        return
    verdict.answered += letter.answered
    verdict.unanswered += letter.status is None
    if row is None:
        if letter.answered or entries:
            verdict.lost.append(f"answered or sent, but not stored: {what}")
        return
    second_sids = row["second_sids"]
    verdict.reported_doubles += len(second_sids)
    if len(entries) > 1 + len(second_sids):
        verdict.doubled.append(what)
    if row["dispatch"] == "refused" and not entries:
        # Answered 202 first, and refused afterwards.
        verdict.refused += 1
        return
    if row["dispatch"] == "unconfirmed" and letter.number in doubtful:
        verdict.in_doubt += 1
        return
    if not entries:
        verdict.lost.append(what)
        return
    if row["twilio_sid"] not in {entry.sid for entry in entries}:
        verdict.wrong.append(f"another SID: {what}")
    _judge_status(verdict, what, entries, str(row["twilio_sid"]), shown[str(row["_id"])])


def _judge_status(verdict: Verdict, what: str, entries: Sequence[AcceptedMessage], sid: str, status: str) -> None:
    truth = next((str(entry.message["status"]) for entry in entries if entry.sid == sid), "")
    if status == truth:
        return
    if status in _FINAL or status in {"pending", "unconfirmed"}:
        verdict.wrong.append(f"shown as {status}: {what}")
    else:
        verdict.not_final += 1
