"""The number of each user's messages, which is kept and not counted."""

from datetime import datetime

from bson import ObjectId

from mysms.changes.upgrade import UpgradePeriod
from mysms.core.database import Database
from mysms.messages import conversations, repository

_BATCH = 100
_ID = "message_totals"


class MessageTotals:
    """The totals, which count the messages of earlier versions once those versions have certainly stopped.

    Until then each total is counted anew, at a cost that grows with it.
    """

    def __init__(self, database: Database, upgrade: UpgradePeriod) -> None:
        self._schema = database["schema"]
        self._users = database["users"]
        self._upgrade = upgrade
        self._completed_after: datetime | None = None
        """The end of the upgrade after which they were completed."""

    async def of(self, user_id: ObjectId) -> int:
        if self._completed_after == self._upgrade.ends_at:
            return await conversations.find_total(user_id)
        return await repository.count_own(user_id)

    async def complete(self) -> None:
        """Counts the messages of earlier versions, user by user, once after each upgrade. May be interrupted.

        Any number of processes may do this at once.
        """
        ended_at = self._upgrade.ends_at
        if self._completed_after == ended_at or not self._upgrade.is_over:
            return
        completed = await self._schema.find_one({"_id": _ID})
        if completed is None or completed.get("upgrade_ended_at") != ended_at:
            last: dict[str, object] = {}
            while ids := [
                row["_id"] async for row in self._users.find(last, {"_id": 1}, sort=[("_id", 1)], limit=_BATCH)
            ]:
                for user_id in ids:
                    if number := await repository.count_earlier(user_id):
                        await conversations.add_earlier_messages(user_id, number)
                last = {"_id": {"$gt": ids[-1]}}
            await self._schema.update_one({"_id": _ID}, {"$set": {"upgrade_ended_at": ended_at}}, upsert=True)
        self._completed_after = ended_at
