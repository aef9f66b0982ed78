"""The looks at the provider's list of inbound messages: when the next one is due, and up to when they are complete."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.outbox.sender_identity import SenderIdentity

FORMER_FOR = timedelta(days=30)
"""How long there are looks for a sender after another has taken its place."""
_MOST_FORMER = 5


@dataclass
class Look:
    """A look that this process holds until `held_until`."""

    started_at: datetime
    held_until: datetime
    looked_from: datetime
    """When this sender was first looked for: what its number received on earlier days is not ours to store."""
    complete_until: datetime
    """When the last complete deep look began; `looked_from` if there was none."""
    is_deep: bool


class InboundLooks:
    """The looks for one sender, in one document. A process holds a look for `hold`, and extends it between requests.

    Those for a former sender leave rows out. How far they are complete is kept apart, so that nothing is missed if it
    is in use again.
    """

    def __init__(
        self,
        database: Database,
        identity: SenderIdentity,
        clock: Clock,
        *,
        hold: timedelta,
        deep_every: timedelta,
        is_former: bool = False,
    ) -> None:
        self._looks = database["inbound_looks"]
        self._identity = identity
        self._id = identity.key
        self._is_former = is_former
        self._complete_until = "answers_complete_until" if is_former else "complete_until"
        self._clock = clock
        self._hold = hold
        self._deep_every = deep_every

    async def claim(self) -> Look | None:
        """Claims the next look, if it is due."""
        now = self._clock()
        held_until = now + self._hold
        due: dict[str, object] = {"_id": self._id, "next_look_at": {"$lte": now}}
        if self._is_former:
            due["in_use_at"] = {"$gt": now - FORMER_FOR}
        row = await self._looks.find_one_and_update(due, {"$set": {"next_look_at": held_until}})
        if row is None and not self._is_former and await self._begin(now, held_until):
            row = {"looked_from": now, "complete_until": now, "next_deep_look_at": now}
        if row is None:
            return None
        is_deep = row["next_deep_look_at"] <= now
        complete_until = max(row["complete_until"], row.get(self._complete_until, row["complete_until"]))
        return Look(now, held_until, row["looked_from"], complete_until, is_deep)

    async def extend(self, look: Look) -> bool:
        """Extends the hold; returns False if this process does not hold the look any more."""
        held_until = self._clock() + self._hold
        if not await self._update(look, {"next_look_at": held_until}):
            return False
        look.held_until = held_until
        return True

    async def give_back(self, look: Look) -> None:
        """Makes a look without an answer due again."""
        await self._update(look, {"next_look_at": self._clock()})

    async def end(self, look: Look, following: timedelta, *, is_complete: bool) -> None:
        """Records a look, and schedules the next one. An incomplete deep look is repeated as the next one."""
        now = self._clock()
        values: dict[str, object] = {"next_look_at": now + following}
        if not self._is_former:
            values |= {"sender": asdict(self._identity), "in_use_at": now}
        if look.is_deep and is_complete:
            values |= {self._complete_until: look.started_at, "next_deep_look_at": now + self._deep_every}
        await self._update(look, values)

    async def find_former_senders(self) -> list[SenderIdentity]:
        """Returns the other senders of the account that were in use until recently, the newest first."""
        query = {
            "_id": {"$ne": self._id},
            "sender.account_sid": self._identity.account_sid,
            "sender.api_base_url": self._identity.api_base_url,
            "in_use_at": {"$gt": self._clock() - FORMER_FOR},
        }
        found = self._looks.find(query, {"sender": 1}, sort=[("in_use_at", DESCENDING)], limit=_MOST_FORMER)
        senders = [row["sender"] for row in await found.to_list()]
        return [SenderIdentity(each["account_sid"], each["from_number"], each["api_base_url"]) for each in senders]

    async def _begin(self, now: datetime, held_until: datetime) -> bool:
        """Creates the document with the first look; returns False if there is one, whose look is not due."""
        first = {"_id": self._id, "looked_from": now, "complete_until": now}
        try:
            await self._looks.insert_one({**first, "next_deep_look_at": now, "next_look_at": held_until})
        except DuplicateKeyError:
            return False
        return True

    async def _update(self, look: Look, values: Mapping[str, object]) -> bool:
        updated = await self._looks.update_one(
            {"_id": self._id, "next_look_at": look.held_until}, {"$set": dict(values)}
        )
        return bool(updated.matched_count)
