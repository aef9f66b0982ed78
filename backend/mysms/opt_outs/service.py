"""Opt-outs as inbound messages and users report them."""

import logging
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta

from bson import ObjectId

from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.timestamps import Clock
from mysms.opt_outs.errors import OptedOutByRecipientError
from mysms.opt_outs.keywords import wish_of
from mysms.opt_outs.records import OptOutChange, OptOutRecord, StoredOptOut
from mysms.opt_outs.repository import OptOutRepository
from mysms.opt_outs.schemas import OptOutResponse

_LIMIT = Limit("opt_outs", 100, timedelta(hours=1))

_log = logging.getLogger(__name__)


class OptOutService:
    """Records opt-outs and opt-ins."""

    def __init__(self, repository: OptOutRepository, limiter: RateLimiter, clock: Clock) -> None:
        self._repository = repository
        self._limiter = limiter
        self._clock = clock

    async def heed(
        self,
        sid: str,
        *,
        sender: str,
        number: str,
        content: str,
        opt_out_type: str | None,
        at: datetime,
        is_dated_by_provider: bool,
    ) -> None:
        """Records what an inbound message says about opting out, if it says anything. May be repeated."""
        wish = wish_of(content, opt_out_type)
        # Nobody can write to a short code, a name or another channel.
        if wish is None or not number.startswith("+"):
            return
        await self._repository.record(
            OptOutChange(
                key=f"inbound:{sid}",
                sender=sender,
                number=number,
                wish=wish,
                at=at,
                source="provider" if opt_out_type else "keyword",
                reason=None if opt_out_type else content.strip().upper(),
                is_dated_by_provider=is_dated_by_provider,
            )
        )
        _log.info("Recorded an %s.", "opt-out" if wish == "opt_out" else "opt-in")

    async def set_by_hand(self, user_id: ObjectId, number: str, reason: str, *, opted_out: bool) -> OptOutRecord | None:
        """Records what a user has been told; returns what decides then.

        Raises RateLimitedError, and OptedOutByRecipientError if the number has opted out itself.
        """
        await self._limiter.hit(_LIMIT, str(user_id))
        now, key = self._clock(), f"manual:{ObjectId()}"
        for sender in await self._repository.senders_of(number):
            await self._repository.record(
                OptOutChange(key, sender, number, "opt_out" if opted_out else "opt_in", now, "manual", reason)
            )
        _log.info("Recorded an %s by hand.", "opt-out" if opted_out else "opt-in")
        record = await self._repository.find(number)
        if not opted_out and record is not None and record.opted_out_by_recipient:
            raise OptedOutByRecipientError
        return record

    async def find(self, number: str) -> OptOutRecord | None:
        """Returns what decides about the number; None if nothing was ever recorded."""
        return await self._repository.find(number)

    async def describe_all(self, numbers: Collection[str]) -> dict[str, OptOutResponse]:
        """Returns what is known of those of the numbers of which anything was ever recorded."""
        found = await self._repository.find_all(numbers)
        return {number: OptOutResponse.of(number, record) for number, record in found.items()}

    def list_all(self) -> AsyncIterator[StoredOptOut]:
        """Yields what is known about all numbers and all of our numbers."""
        return self._repository.list_all()
