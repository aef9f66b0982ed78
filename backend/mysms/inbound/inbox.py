"""Stores inbound messages, each once.

The provider may report a message several times, by webhooks and in its list, to several processes at once, and the user
it is for may change in between. So the first report decides the user, in the record that owns the SID; and of that
user, only one message can have the SID's `client_id`. A process may end after each write:

- with the owner recorded, the next report of the SID stores the message for the same user;
- what it says about opting out is recorded first, under its SID, so that it holds once the provider has our answer;
- with the message stored, it is counted and published like any other (`InterruptedCounts`, `UnpublishedChanges`);
- a SID that is not marked as settled is taken up again by the catch-up, which finds all that is done.

A settled SID is never stored again, even if its message has been deleted since.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Literal

from bson import ObjectId

from mysms.changes.change import UNPUBLISHED, Change
from mysms.changes.publisher import ChangePublisher
from mysms.core.background_task import note_failure
from mysms.core.database import DatabaseError
from mysms.core.logging import bound, current_request_id
from mysms.core.metrics import INBOUND
from mysms.core.timestamps import Clock
from mysms.inbound.errors import NobodyToReceiveError
from mysms.inbound.recipients import Recipient, Recipients
from mysms.inbound.text import InboundText
from mysms.messages import conversations
from mysms.messages.models import Event, Media, Message
from mysms.messages.status import RECEIVED
from mysms.opt_outs.service import OptOutService
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.sender_identity import digest

Result = Literal["stored", "duplicate", "foreign_sid", "no_recipient"]
"""What became of a report: `foreign_sid` is that of a message which we sent."""

_log = logging.getLogger(__name__)


class Inbox:
    """Stores what the provider reports. Any number of processes may do this at once, also for the same message.

    `is_active` tells whether an account exists and is not being deleted, `erase_messages` erases its messages, and
    `announce` tells its user of a new one.
    """

    def __init__(
        self,
        recipients: Recipients,
        message_ids: ProviderMessageIds,
        opt_outs: OptOutService,
        publisher: ChangePublisher,
        clock: Clock,
        *,
        is_active: Callable[[ObjectId], Awaitable[bool]],
        erase_messages: Callable[[ObjectId], Awaitable[None]],
        announce: Callable[[Message], Awaitable[None]],
    ) -> None:
        self._recipients = recipients
        self._message_ids = message_ids
        self._opt_outs = opt_outs
        self._publisher = publisher
        self._clock = clock
        self._is_active = is_active
        self._erase_messages = erase_messages
        self._announce = announce
        self._settling: set[asyncio.Task[None]] = set()

    async def receive(self, text: InboundText) -> None:
        """Stores a message, and settles it in the background. Raises NobodyToReceiveError."""
        settle = await self._store(text)
        if settle is not None:
            task = asyncio.create_task(_unless_interrupted(settle), name="settling an inbound message")
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            task.add_done_callback(note_failure)

    async def make_up(self, text: InboundText) -> None:
        """Stores a message whose webhook may have been missed, and settles it. Raises NobodyToReceiveError."""
        settle = await self._store(text)
        if settle is not None:
            await settle()

    async def _store(self, text: InboundText) -> Callable[[], Awaitable[None]] | None:
        """Stores the message unless it is stored; returns what is left to do once it is safe, if anything."""
        recipient = await self._recipients.find(text)
        if recipient is None:
            # Now, since the list, in which it is found later, does not say how the provider has taken it.
            await self._heed(text, text.received_at)
            _count(text, "no_recipient")
            raise NobodyToReceiveError
        message_id = ObjectId()
        owner = await self._message_ids.own_inbound(text.sid, message_id, recipient.user_id)
        if owner is None:
            _count(text, "foreign_sid")
            return None
        if not owner.is_settled or text.opt_out_type is not None:
            # The list may have been first, without an `OptOutType`. A repeated report is no newer than the first one.
            await self._heed(text, min(text.received_at, owner.reported_at))
        if owner.is_settled:
            _count(text, "duplicate")
            return None
        message = self._compose(message_id, Recipient(owner.user_id, recipient.peer_number), text)
        is_new = await conversations.insert(message)
        _count(text, "stored" if is_new else "duplicate")
        if is_new:
            with bound(message_id=str(message_id)):
                _log.info("Stored an inbound message, reported by %s.", _REPORTERS[text.source])

        async def settle() -> None:
            await self._settle(text.sid, message, is_new=is_new)

        return settle

    async def _heed(self, text: InboundText, at: datetime) -> None:
        await self._opt_outs.heed(
            text.sid,
            sender=text.to_number,
            number=text.from_number,
            content=text.content,
            opt_out_type=text.opt_out_type,
            at=at,
        )

    async def _settle(self, sid: str, message: Message, *, is_new: bool) -> None:
        if is_new:
            await conversations.count(message)
            self._publisher.publish(Change(ObjectId(message.user_id), ObjectId(message.id), message.change_count))
            await self._announce(message)
        user_id = ObjectId(message.user_id)
        if not await self._is_active(user_id):
            # The account was deleted meanwhile: either the deletion erased this message too, or it is seen here.
            await self._erase_messages(user_id)
            # Nobody has seen it: the next report, at the latest that of the list, finds somebody else.
            await self._message_ids.disown_inbound(sid, user_id)
            return
        await self._message_ids.mark_settled(sid)

    def _compose(self, message_id: ObjectId, recipient: Recipient, text: InboundText) -> Message:
        now = self._clock()
        key = f"{text.source}:{text.sid}:{RECEIVED}:"
        event = Event(key=key, at=now, source=text.source, status=RECEIVED, sid=text.sid)
        return Message(
            id=message_id,
            user_id=recipient.user_id,
            client_id=f"inbound:{text.sid}",
            request_hash=digest(text.from_number, text.content),
            direction="inbound",
            from_number=text.from_number,
            recipient_number=text.to_number,
            peer_number=recipient.peer_number,
            content=text.content,
            segments=text.segments,
            num_media=text.num_media,
            media=[Media(**asdict(media)) for media in text.media],
            request_id=current_request_id(),
            twilio_sid=text.sid,
            provider_status=RECEIVED,
            events=[event],
            created_at=text.received_at,
            updated_at=now,
            revision=UNPUBLISHED,
            change_count=1,
        )


async def _unless_interrupted(settle: Callable[[], Awaitable[None]]) -> None:
    """Settles a message, unless the database fails: then the catch-up settles it."""
    with contextlib.suppress(DatabaseError):
        await settle()


_REPORTERS = {"callback": "its webhook", "reconciler": "Twilio's list alone"}


def _count(text: InboundText, result: Result) -> None:
    INBOUND.labels("webhook" if text.source == "callback" else "list", result).inc()
