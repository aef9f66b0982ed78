"""The looks at the provider's list of inbound messages: when the next one is due, and up to when they are complete.

A clock may be wrong for a moment. What it has put further into the future than a right one does is not believed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.outbox.sender_identity import SenderIdentity

_OUT_OF_USE = timedelta(days=1)
"""A sender that was used for the last time so long before another one is certainly not used any more."""
_AS_FORMER = {"replaced_at": "", "answers_complete_until": "", "over_at": ""}
"""What only the looks for a former sender have."""


def _goes_on(now: datetime) -> Mapping[str, object]:
    """Returns the condition for senders whose looks have not ended, or only by a clock that was ahead."""
    return {"over_at": {"$not": {"$lte": now}}}


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
    replaced_at: datetime | None = None
    """When another sender was found to have taken the place of this one; None while it is in use."""


class InboundLooks:
    """The looks for one sender, in one document. A process holds a look for `hold`, and extends it between requests.

    Those for a former sender leave out what is not for us. How far they are complete is kept apart, so that nothing is
    missed if it is in use again. They end with a complete deep look `former_for` or longer after it was replaced.
    """

    def __init__(
        self,
        database: Database,
        identity: SenderIdentity,
        clock: Clock,
        *,
        hold: timedelta,
        deep_every: timedelta,
        former_for: timedelta,
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
        self._former_for = former_for

    async def claim(self, every: timedelta) -> Look | None:
        """Claims the next look, if it is due: `every` after the last one, or if only a wrong clock has put it off."""
        now = self._clock()
        held_until = now + self._hold
        is_due = [{"next_look_at": {"$lte": now}}, {"next_look_at": {"$gt": held_until + every}}]
        due: dict[str, object] = {"_id": self._id, "$or": is_due}
        claim: dict[str, object]
        if self._is_former:
            due |= _goes_on(now)
            claim = {"$set": {"next_look_at": held_until, "is_held": True}}
        else:
            claim = {"$set": {"next_look_at": held_until, "is_held": True, **self._use(now)}, "$unset": _AS_FORMER}
        row: Mapping[str, Any] | None = await self._looks.find_one_and_update(due, claim)
        if row is None and not self._is_former and not await self._renew_use(now):
            row = await self._begin(now, held_until)
        if row is None:
            return None
        is_deep = not now < row["next_deep_look_at"] <= now + self._deep_every
        complete_until = max(row["complete_until"], row.get(self._complete_until, row["complete_until"]))
        if complete_until > now:
            # Recorded by a wrong clock, so it says nothing.
            complete_until = row["looked_from"]
        replaced_at = await self._replaced_at(row, now) if self._is_former else None
        return Look(now, held_until, row["looked_from"], complete_until, is_deep, replaced_at)

    async def extend(self, look: Look) -> bool:
        """Extends the hold; returns False if this process does not hold the look any more."""
        now = self._clock()
        held_until = now + self._hold
        # A look may take longer than a process with another number takes to begin.
        use = {} if self._is_former else self._use(now)
        unset = {} if self._is_former else _AS_FORMER
        if not await self._update(look, {"next_look_at": held_until, **use}, unset):
            return False
        look.held_until = held_until
        return True

    async def give_back(self, look: Look) -> None:
        """Makes a look without an answer due again."""
        await self._update(look, {"next_look_at": self._clock(), "is_held": False})

    async def end(self, look: Look, following: timedelta, *, is_complete: bool) -> None:
        """Records a look, and schedules the next one. An incomplete deep look is repeated as the next one."""
        now = self._clock()
        values: dict[str, object] = {"next_look_at": now + following, "is_held": False}
        # What a clock that was ahead has recorded must not come into force later.
        values[self._complete_until] = look.complete_until
        unset: Mapping[str, str] | None = {"over_at": ""}
        if look.is_deep and is_complete:
            values |= {self._complete_until: look.started_at, "next_deep_look_at": now + self._deep_every}
            if look.replaced_at is not None and look.started_at >= look.replaced_at + self._former_for:
                # Unless a process that had slept has just used it.
                unused = {"_id": self._id, "replaced_at": look.replaced_at}
                await self._looks.update_one(unused, {"$set": {"over_at": look.started_at}})
                unset = None
        await self._update(look, values, unset)

    async def begin_use(self) -> None:
        """Records that this sender is in use now, and when it took the place of others of the account.

        A look is due then, unless one is held. To be called once a process, before its first look.
        """
        now = self._clock()
        own = await self._looks.find_one({"_id": self._id}) or {}
        others = await self._looks.find(self._others()).to_list()
        uses = [row["in_use_at"] for row in [own, *others] if "in_use_at" in row]
        last_use = max([use for use in uses if use <= now], default=now)
        for other in others:
            if "replaced_at" in other:
                continue
            # A version that records no such time has replaced it before.
            was_before = other["in_use_at"] < last_use - _OUT_OF_USE
            replaced_at = other["in_use_at"] if was_before else now
            await self._looks.update_one({"_id": other["_id"]}, {"$min": {"replaced_at": replaced_at}})
        if own.keys() & _AS_FORMER.keys():
            # Everything since is ours, and a deep look reads what was left out.
            due = {"next_look_at": now, "next_deep_look_at": now}
            replaced = {"_id": self._id, "$or": [{name: {"$exists": True}} for name in _AS_FORMER]}
            await self._looks.update_one(replaced, {"$set": {**due, **self._use(now)}, "$unset": _AS_FORMER})
        elif await self._renew_use(now):
            # A look that is held goes on, or ends with its hold if its process was killed.
            planned = {"_id": self._id, "is_held": {"$ne": True}}
            await self._looks.update_one(planned, {"$set": {"next_look_at": now}})
        else:
            # From now on, what it receives is ours.
            await self._begin(now, now)

    async def find_former_senders(self) -> list[SenderIdentity]:
        """Returns the other senders of the account for which there are looks, those that were used last first."""
        looked_for = {**self._others(), **_goes_on(self._clock())}
        found = self._looks.find(looked_for, {"sender": 1}, sort=[("in_use_at", DESCENDING)])
        senders = [row["sender"] for row in await found.to_list()]
        return [SenderIdentity(each["account_sid"], each["from_number"], each["api_base_url"]) for each in senders]

    def _others(self) -> Mapping[str, object]:
        return {
            "_id": {"$ne": self._id},
            "sender.account_sid": self._identity.account_sid,
            "sender.api_base_url": self._identity.api_base_url,
        }

    def _use(self, now: datetime) -> Mapping[str, object]:
        return {"sender": asdict(self._identity), "in_use_at": now}

    async def _renew_use(self, now: datetime) -> bool:
        """Records that this sender is in use still; returns whether there is a document."""
        use = {"$set": self._use(now), "$unset": _AS_FORMER}
        return bool((await self._looks.update_one({"_id": self._id}, use)).matched_count)

    async def _replaced_at(self, row: Mapping[str, Any], now: datetime) -> datetime:
        """Returns when this sender was replaced, and records it if that was not known, or dated by a wrong clock."""
        recorded: datetime | None = row.get("replaced_at")
        in_use_at: datetime = row["in_use_at"]
        if recorded is not None and now < in_use_at:
            # One of the clocks is wrong, and nobody knows which.
            return recorded
        # A process that still ran with it may have taken it back.
        replaced_at = max(min(in_use_at, now), min(recorded or now, now))
        if replaced_at != recorded:
            as_read = {"_id": self._id, "replaced_at": recorded}
            await self._looks.update_one(as_read, {"$set": {"replaced_at": replaced_at}})
        return replaced_at

    async def _begin(self, now: datetime, held_until: datetime) -> Mapping[str, Any] | None:
        """Creates the document with the first look; returns None if another process has just done so."""
        first = {"_id": self._id, "looked_from": now, "complete_until": now, "next_deep_look_at": now, **self._use(now)}
        try:
            await self._looks.insert_one({**first, "next_look_at": held_until, "is_held": held_until > now})
        except DuplicateKeyError:
            return None
        return first

    async def _update(self, look: Look, values: Mapping[str, object], unset: Mapping[str, str] | None = None) -> bool:
        update = {"$set": values, **({"$unset": unset} if unset else {})}
        held: dict[str, object] = {"_id": self._id, "next_look_at": look.held_until}
        if look.replaced_at is not None:
            # If it was used meanwhile, this look has left out what is ours.
            held["replaced_at"] = look.replaced_at
        updated = await self._looks.update_one(held, update)
        return bool(updated.matched_count)
