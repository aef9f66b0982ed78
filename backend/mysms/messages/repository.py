"""Reading messages, and recording what is learnt about them. Every update is targeted: nothing else can be lost."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

from bson import ObjectId
from pymongo import ASCENDING

from mysms.messages.filter import MessageFilter
from mysms.messages.models import Event, Message
from mysms.messages.status import FINAL_RANK, NO_RANK, TERMINAL, is_final, rank_of

MAXIMUM_EVENTS = 100


async def find_own(user_id: ObjectId, message_id: ObjectId) -> Message | None:
    return await Message.find_one({"_id": message_id, "user_id": user_id})


async def find_by_client_id(user_id: ObjectId, client_id: str) -> Message | None:
    return await Message.find_one({"user_id": user_id, "client_id": client_id})


async def find(message_id: ObjectId) -> Message | None:
    return await Message.find_one({"_id": message_id})


async def find_all(message_ids: Collection[ObjectId]) -> dict[ObjectId, Message]:
    """Those of these that there are, by id."""
    found = await Message.find({"_id": {"$in": list(message_ids)}}).to_list()
    return {ObjectId(message.id): message for message in found}


async def count_own(user_id: ObjectId, selection: MessageFilter) -> int:
    return await Message.find(selection.query(user_id)).count()


async def is_selected(user_id: ObjectId, selection: MessageFilter, message_id: ObjectId) -> bool:
    return await Message.find({**selection.query(user_id), "_id": message_id}).exists()


async def list_own(
    user_id: ObjectId, selection: MessageFilter, *, limit: int, before: Message | None = None
) -> list[Message]:
    """Newest first, by `created_at` and then `_id`; only what comes after `before` in that order."""
    query = selection.query(user_id)
    if before is not None:
        query |= _beyond(before, "$lt")
    return await Message.find(query).sort("-created_at", "-_id").limit(limit).to_list()


async def list_newer(user_id: ObjectId, selection: MessageFilter, *, limit: int, after: Message) -> list[Message]:
    """Those next to `after` that are newer, the newest first as in `list_own`."""
    query = selection.query(user_id) | _beyond(after, "$gt")
    return (await Message.find(query).sort("+created_at", "+_id").limit(limit).to_list())[::-1]


def _beyond(anchor: Message, operator: Literal["$lt", "$gt"]) -> dict[str, Any]:
    """On one side of a message, in the order of the pages. The range is for the index, the rest decides."""
    return {
        "created_at": {f"{operator}e": anchor.created_at},
        "$or": [
            {"created_at": {operator: anchor.created_at}},
            {"created_at": anchor.created_at, "_id": {operator: anchor.id}},
        ],
    }


async def record_event(message_id: ObjectId, event: Event) -> None:
    """Adds what was learnt to the timeline, and raises the status if this is further along. Repeating it does nothing.

    The status moves in the same update that adds the event. Two different last words for one SID contradict each
    other: the first stays, and the carrier is to be asked at once. Any other event is added by itself. A last word does
    not end the questions, only the carrier's answer to one does: another word may have been missed (ADR 6).
    """
    messages = Message.get_pymongo_collection()
    unknown = {"_id": message_id, "events.key": {"$ne": event.key}}
    push = {"$push": {"events": push_of(event)}}
    # Only what the carrier says of the message's own SID is its status.
    rank = rank_of(event.status) if event.sid is not None else NO_RANK
    moved = await messages.update_one(
        {**unknown, "rank": {"$lt": rank}, "twilio_sid": event.sid},
        {
            "$set": {"carrier_status": event.status, "rank": rank, "updated_at": event.at, **_consequences(event)},
            **push,
        },
    )
    if moved.matched_count:
        return
    if rank == FINAL_RANK:
        contradicted = await messages.update_one(
            {**unknown, "rank": FINAL_RANK, "twilio_sid": event.sid, "carrier_status": {"$ne": event.status}},
            {"$set": {"check_at": event.at, "updated_at": event.at}, **push},
        )
        if contradicted.matched_count:
            return
    if event.sid is not None and event.error_code is not None:
        # The same word was said before, without its reason.
        explained = await messages.update_one(
            {**unknown, "twilio_sid": event.sid, "carrier_status": event.status, "error_code": None},
            {"$set": {"updated_at": event.at, **_error_of(event)}, **push},
        )
        if explained.matched_count:
            return
    await messages.update_one(
        {**unknown, f"events.{MAXIMUM_EVENTS - 1}": {"$exists": False}}, {"$set": {"updated_at": event.at}, **push}
    )


async def replace_final_status(message_id: ObjectId, event: Event) -> None:
    """Of two contradicting last words, the carrier's answer to our question holds, with its error or without one."""
    await Message.get_pymongo_collection().update_one(
        {"_id": message_id, "twilio_sid": event.sid, "rank": FINAL_RANK, "carrier_status": {"$ne": event.status}},
        {"$set": {"carrier_status": event.status, "updated_at": event.at, **_error_of(event)}},
    )


async def redact(stored_before: datetime, now: datetime, *, limit: int) -> int:
    """Takes the texts out of finished messages, at most so many, those stored first before others; how many it took on.

    What is not finished keeps its text: it may have to be sent, or to be recognised at the provider. Any number of
    processes may do this at once.
    """
    messages = Message.get_pymongo_collection()
    kept = {"content_removed_at": None, "dispatch": {"$in": list(TERMINAL)}}
    old = await messages.find(
        {**kept, "created_at": {"$lt": stored_before}}, {"_id": 1}, sort=[("created_at", ASCENDING)], limit=limit
    ).to_list()
    await messages.update_many(
        {"_id": {"$in": [row["_id"] for row in old]}, **kept},
        {"$set": {"content": "", "content_removed_at": now, "updated_at": now}},
    )
    return len(old)


def push_of(event: Event) -> dict[str, object]:
    """What `$push` takes to add an event, and to keep the first hundred."""
    return {"$each": [event.model_dump()], "$slice": MAXIMUM_EVENTS}


def _consequences(event: Event) -> Mapping[str, object]:
    """A last word that the carrier has answered us is asked for no more; one that was reported is (ADR 6)."""
    is_the_answer = event.source == "reconciler" and is_final(event.status)
    return {**_error_of(event), **({"check_at": None} if is_the_answer else {})}


def _error_of(event: Event) -> Mapping[str, object]:
    """An error belongs to the status that it came with: one without an error clears that of the status before."""
    return {"error_code": event.error_code, "error_message": event.error_message}
