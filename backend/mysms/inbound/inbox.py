"""Stores inbound messages, each once.

The provider may report a message several times, by webhooks and in its list, to several processes at once, and the user
it is for may change in between. So the first report decides the user, in the record that owns the SID; and of that
user, only one message can have the SID's `client_id`. A process may end after each write:

- with the owner recorded, the next report of the SID stores the message for the same user, unless that account is being
  deleted: then the SID is disowned, and somebody else gets the message;
- what it says about opting out is recorded first, under its SID, so that it holds once the provider has our answer;
- with the message stored, it is counted and published like any other (`InterruptedCounts`, `UnpublishedChanges`);
- a SID that is not marked as settled is taken up again by the catch-up, which finds all that is done.

A settled SID is never stored again, even if its message has been deleted since.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
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
from mysms.opt_outs.keywords import wish_of
from mysms.opt_outs.service import OptOutService
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.sender_identity import digest

Result = Literal["stored", "duplicate", "foreign_sid", "no_recipient"]
"""What became of a report: `foreign_sid` is that of a message which we sent."""

_MOST_OWNERS = 5
"""How many accounts a report tries, of which each is being deleted."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredMessage:
    """An inbound message that is not settled. It is new if this report stored it."""

    message: Message
    is_new: bool


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
        stored = await self._store(text)
        if stored is not None:
            task = asyncio.create_task(
                self._settle_unless_interrupted(text, stored), name="settling an inbound message"
            )
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            task.add_done_callback(note_failure)

    async def make_up(self, text: InboundText) -> None:
        """Stores a message whose webhook may have been missed, and settles it. Raises NobodyToReceiveError."""
        stored = await self._store(text)
        if stored is not None:
            await self._settle(text, stored)

    async def heed_opt_out(self, text: InboundText) -> None:
        """Records a listed opt-out before its message can be stored. An opt-in waits until then."""
        if wish_of(text.content, text.opt_out_type) == "opt_out":
            await self._heed(text, text.received_at)

    async def _store(self, text: InboundText) -> StoredMessage | None:
        """Stores the message, or finds that it is stored. Returns None if it is settled, or if we sent it."""
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
        if owner.user_id is not None or text.source == "callback":
            # The list may have been first, which knows less. A repeated report is no newer than the first one.
            await self._heed(text, min(text.received_at, owner.reported_at))
        if owner.user_id is None:
            _count(text, "duplicate")
            return None
        message = self._compose(message_id, Recipient(owner.user_id, recipient.peer_number), text)
        is_new = await conversations.insert(message)
        _count(text, "stored" if is_new else "duplicate")
        if is_new:
            with bound(message_id=str(message_id)):
                _log.info("Stored an inbound message, reported by %s.", _REPORTERS[text.source])
        return StoredMessage(message, is_new)

    async def _heed(self, text: InboundText, at: datetime) -> None:
        await self._opt_outs.heed(
            text.sid,
            sender=text.to_number,
            number=text.from_number,
            content=text.content,
            opt_out_type=text.opt_out_type,
            at=at,
            is_dated_by_provider=text.source == "reconciler" and at == text.received_at,
        )

    async def _settle(self, text: InboundText, stored: StoredMessage) -> None:
        """Settles a message for its user, or for the next one if that account is being deleted.

        Raises NobodyToReceiveError if no other account is found.
        """
        owners = 1
        while not await self._settle_for_its_user(text.sid, stored):
            if owners == _MOST_OWNERS:
                raise NobodyToReceiveError
            stored_for_another = await self._store(text)
            if stored_for_another is None:
                return
            stored = stored_for_another
            owners += 1

    async def _settle_for_its_user(self, sid: str, stored: StoredMessage) -> bool:
        """Returns False if the account is being deleted; then the message has no owner any more."""
        message, user_id = stored.message, ObjectId(stored.message.user_id)
        # Asked once it is stored: a deletion that begins later erases it like all that the user has received.
        if not await self._is_active(user_id):
            await self._erase_messages(user_id)
            await self._message_ids.disown_inbound(sid, user_id)
            return False
        if stored.is_new:
            await conversations.count(message)
            self._publisher.publish(Change(user_id, ObjectId(message.id), message.change_count))
            await self._announce(message)
        await self._message_ids.mark_settled(sid, user_id)
        return True

    async def _settle_unless_interrupted(self, text: InboundText, stored: StoredMessage) -> None:
        """Settles a message, unless the database fails or no account is left: then the catch-up settles it."""
        with contextlib.suppress(DatabaseError, NobodyToReceiveError):
            await self._settle(text, stored)

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


_REPORTERS = {"callback": "its webhook", "reconciler": "Twilio's list alone"}


def _count(text: InboundText, result: Result) -> None:
    INBOUND.labels("webhook" if text.source == "callback" else "list", result).inc()
