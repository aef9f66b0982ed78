"""The loop that finds out what became of messages when nobody said so.

It ends the leases of processes that are gone, resolves what is unconfirmed from the carrier's own list, asks for
statuses that no callback brought, and fails what could not be sent in time. Any number of processes may run it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bson import ObjectId

from mysms.carrier.base import Carrier, CarrierMessage, CarrierUnavailableError
from mysms.core.database import DatabaseError
from mysms.core.heartbeat import Heartbeat
from mysms.core.logging import bound
from mysms.core.metrics import RECONCILED
from mysms.core.timestamps import Clock
from mysms.delivery.cancellation import was_cancelled
from mysms.delivery.erasure import Erasure
from mysms.delivery.evidence import is_absent, look_back_to, match
from mysms.delivery.outbox import Outbox
from mysms.delivery.questions import Questions
from mysms.delivery.records import StatusCheck, Undecided
from mysms.delivery.repairs import Repairs
from mysms.delivery.sids import SidOwners
from mysms.messages import repository
from mysms.messages.status import Dispatch, is_final

ROUND_SECONDS = 1.0
_BATCH = 100
"""How many messages of each kind a round takes on, so that none starves the others."""

_Answer = TypeVar("_Answer")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Lease:
    """An owner's claim, as this process has watched it on its own monotonic clock."""

    owner: str | None
    attempt: int
    seen_since: float


class Reconciler:
    """Repairs the messages of one line."""

    def __init__(
        self,
        outbox: Outbox,
        repairs: Repairs,
        questions: Questions,
        erasure: Erasure,
        sids: SidOwners,
        carrier: Carrier,
        from_number: str,
        clock: Clock,
        *,
        lease: timedelta,
        reconcile_after: timedelta,
        heart: Heartbeat,
    ) -> None:
        self._outbox = outbox
        self._repairs = repairs
        self._questions = questions
        self._erasure = erasure
        self._sids = sids
        self._carrier = carrier
        self._from_number = from_number
        self._clock = clock
        self.heart = heart
        self._lease_seconds = lease.total_seconds()
        self._reconcile_after = reconcile_after
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reconciler")
        self._leases: dict[ObjectId, _Lease] = {}

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            for task in (self._outbox_chores, self._resolve_unconfirmed, self._ask_for_statuses):
                if was_cancelled():
                    return
                self.heart.beat()
                try:
                    await task()
                except DatabaseError as error:
                    _log.warning("The database does not answer (%s); trying again.", type(error).__name__)
                except CarrierUnavailableError as error:
                    _log.warning("The carrier could not be asked: %s", error)
                except Exception:  # noqa: BLE001  # one message that cannot be read must not end the care for all others
                    _log.exception("Repairing failed; going on.")
            await asyncio.sleep(ROUND_SECONDS)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _outbox_chores(self) -> None:
        await self._outbox.expire_overdue(_BATCH)
        await self._erasure.erase_abandoned(_BATCH)
        await self._end_leases(await self._repairs.list_claimed(_BATCH))

    async def _end_leases(self, claimed: Sequence[Undecided]) -> None:
        """A lease is over once the same claim was seen unchanged for its whole length, by our own clock alone."""
        now = time.monotonic()
        self._leases = {message.message_id: self._watch(message, now) for message in claimed}
        for message in claimed:
            if now - self._leases[message.message_id].seen_since >= self._lease_seconds:
                await self._repairs.end_lease(message)
                _report("lease_over", message)

    def _watch(self, message: Undecided, now: float) -> _Lease:
        known = self._leases.get(message.message_id)
        if known is not None and (known.owner, known.attempt) == (message.owner, message.attempt):
            return known
        return _Lease(message.owner, message.attempt, now)

    async def _resolve_unconfirmed(self) -> None:
        """Finds unconfirmed messages at the carrier, or finds that it does not have them."""
        looking = await self._questions.claim_looks(_BATCH)
        remaining = [message for message in looking if not await self._adopt_own_sid(message)]
        if not remaining:
            return
        begun = self._clock()
        listed = await self._ask(self._carrier.list_sent, self._from_number, look_back_to(remaining))
        # Read only now: whatever the list shows was claimed before, so it is among these, or it has an owner already.
        undecided = await self._repairs.list_undecided_to({row.to_number for row in listed})
        owned = await self._sids.owned_among([row.sid for row in listed])
        found = {await self._adopt(row, message) for row, message in match(listed, owned, undecided)}
        for message in remaining:
            if message.message_id not in found and self._is_certainly_absent(message, listed, owned, begun):
                await self._repairs.return_absent(message)
                _report("absent", message)

    async def _adopt_own_sid(self, message: Undecided) -> bool:
        """Finishes what a process that ended had begun: the SID was owned, but not yet recorded on the message."""
        sid = await self._sids.sid_of(message.message_id)
        if sid is None:
            return False
        await self._outbox.accept(message.message_id, message.attempt, message.text_key, sid)
        row = await self._ask(self._carrier.fetch, sid)
        if row is not None:
            await self._record(message.message_id, row)
        return True

    async def _adopt(self, row: CarrierMessage, message: Undecided) -> ObjectId | None:
        """The id of the message that the SID now belongs to."""
        if message.dispatch is not Dispatch.UNCONFIRMED:
            # It is being sent at this moment: whoever sends it will hear of the SID.
            return None
        if not await self._outbox.accept(message.message_id, message.attempt, message.text_key, row.sid):
            return None
        await self._record(message.message_id, row)
        # What lost the answer may have lost callbacks too.
        await self._questions.ask_soon(message.message_id)
        _report("found", message)
        return message.message_id

    def _is_certainly_absent(
        self, message: Undecided, listed: Sequence[CarrierMessage], owned: set[str], begun: datetime
    ) -> bool:
        """In doubt it is not: it then stays unconfirmed."""
        is_late_enough = message.unknown_since is not None and begun >= message.unknown_since + self._reconcile_after
        return is_late_enough and is_absent(listed, owned, message)

    async def _ask_for_statuses(self) -> None:
        for check in await self._questions.claim_status_checks(_BATCH):
            await self._ask_for_status(check)

    async def _ask_for_status(self, check: StatusCheck) -> None:
        row = await self._ask(self._carrier.fetch, check.sid)
        if row is not None:
            await self._record(check.message_id, row)
        # What the operator has deleted at the carrier has no more to tell.
        await self._questions.end_check(check, is_last=row is None or is_final(row.status))

    async def _record(self, message_id: ObjectId, row: CarrierMessage) -> None:
        event = await self._outbox.record(
            message_id, row.sid, row.status, "reconciler", row.error_code, row.error_message
        )
        if is_final(row.status):
            await repository.replace_final_status(message_id, event)

    async def _ask(self, question: Callable[..., _Answer], *arguments: object) -> _Answer:
        answer = await asyncio.get_running_loop().run_in_executor(self._thread, lambda: question(*arguments))
        self.heart.beat()
        return answer


def _report(result: str, message: Undecided) -> None:
    RECONCILED.labels(result).inc()
    with bound(**message.log_context):
        _log.info("What was in doubt is found out: %s.", result)
