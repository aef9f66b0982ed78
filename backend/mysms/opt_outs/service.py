"""Opt-outs as inbound messages, refusals of the provider and users report them."""

import logging
from datetime import datetime

from bson import ObjectId

from mysms.core.timestamps import Clock
from mysms.opt_outs.keywords import wish_of
from mysms.opt_outs.records import OptOutChange, OptOutRecord
from mysms.opt_outs.repository import OptOutRepository

_log = logging.getLogger(__name__)


class OptOutService:
    """Records opt-outs and opt-ins."""

    def __init__(self, repository: OptOutRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def heed(
        self, sid: str, *, sender: str, number: str, content: str, opt_out_type: str | None, at: datetime
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
                opted_out=wish == "opt_out",
                at=at,
                source="provider" if opt_out_type else "keyword",
                reason=None if opt_out_type else content.strip().upper(),
                spares_manual=wish == "assent",
            )
        )
        _log.info("Recorded an %s.", "opt-out" if wish == "opt_out" else "opt-in")

    async def set_by_hand(self, user_id: ObjectId, number: str, reason: str, *, opted_out: bool) -> None:
        """Records what a user has been told. Without it, the provider's own block stays: it refuses what is sent."""
        now, key = self._clock(), f"manual:{ObjectId()}"
        for sender in await self._repository.senders_of(number):
            await self._repository.record(
                OptOutChange(key, sender, number, opted_out, now, "manual", reason=reason, recorded_by=user_id)
            )

    async def find(self, number: str) -> OptOutRecord | None:
        """Returns the record that decides about the number; None if it has never opted out."""
        return await self._repository.find(number)
