"""Applies status callbacks."""

from bson import ObjectId
from pydantic import BaseModel, Field

from mysms.core.metrics import CALLBACKS
from mysms.core.security_events import SecurityEvents
from mysms.messages import repository
from mysms.messages.error_catalog import UNSUBSCRIBED
from mysms.messages.models import Event, Message
from mysms.messages.status import rank_of
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.store import OutboxStore
from mysms.outbox.timeline import Timeline

_MAX_DIGITS = 9
_MISMATCHES = frozenset({"foreign_account", "foreign_sid"})
"""Results that no callback of Twilio has that is signed for this account."""


class StatusCallback(BaseModel):
    """The fields of a status callback that are used; Twilio adds others without notice."""

    sid: str = Field("", alias="MessageSid")
    status: str = Field("", alias="MessageStatus")
    account_sid: str = Field("", alias="AccountSid")
    error_code: str = Field("", alias="ErrorCode")
    error_message: str = Field("", alias="ErrorMessage")


class StatusCallbackHandler:
    """Applies status callbacks whose signature has been verified."""

    def __init__(
        self,
        outbox: OutboxStore,
        timeline: Timeline,
        message_ids: ProviderMessageIds,
        account_sid: str,
        events: SecurityEvents,
    ) -> None:
        self._outbox = outbox
        self._timeline = timeline
        self._message_ids = message_ids
        self._account_sid = account_sid
        self._events = events

    async def apply(self, callback: StatusCallback, message_id: str, attempt: str) -> None:
        """Records the status if it belongs to one of our messages; otherwise only counts the callback."""
        result = await self._apply(callback, message_id, attempt)
        status = callback.status if rank_of(callback.status) else "other" if callback.status else ""
        CALLBACKS.labels(result, status).inc()
        if result in _MISMATCHES:
            self._events.record("webhook_mismatched")

    async def _apply(self, callback: StatusCallback, message_id: str, attempt: str) -> str:
        if not callback.sid or not callback.status:
            return "without_status"
        if callback.account_sid != self._account_sid:
            return "foreign_account"
        event = self._timeline.event_of(
            callback.sid,
            callback.status,
            "callback",
            _parse_int(callback.error_code),
            callback.error_message or None,
        )
        named_id = ObjectId(message_id) if ObjectId.is_valid(message_id) else None
        if event.error_code == UNSUBSCRIBED:
            await self._record_refusal(named_id, _parse_int(attempt), callback.sid)
        # Most callbacks bring a message whose SID is known further along. This needs to read nothing.
        if named_id is not None and await self._timeline.raise_status(named_id, event):
            return "applied"
        named = None if named_id is None else await repository.find(named_id)
        if named is not None and named.twilio_sid == callback.sid:
            await self._record_again(named, event)
            return "applied"
        return await self._prove(named, _parse_int(attempt), callback.sid, event)

    async def _record_refusal(self, named_id: ObjectId | None, attempt: int | None, sid: str) -> None:
        """Records that the provider knows of an opt-out: before the status, since the provider tells it only once."""
        named = None if named_id is None else await repository.find(named_id)
        if (message := await self._find_owner(sid, named, attempt)) is not None:
            await self._timeline.record_refusal(message)

    async def _record_again(self, message: Message, event: Event) -> None:
        """Records an event of a message with its SID that did not raise the status before the message was read."""
        if message.status_rank < rank_of(event.status):
            # The process that sends it has recorded the SID meanwhile, or the timeline has the event.
            await self._timeline.record(ObjectId(message.id), event)
        elif event.key not in (known.key for known in message.events):
            await self._timeline.record_without_raising(ObjectId(message.id), event)

    async def _prove(self, named: Message | None, attempt: int | None, sid: str, event: Event) -> str:
        """Accepts the message that the callback proves to be at the provider, and records the event."""
        message = await self._find_owner(sid, named, attempt)
        if message is None or message.outbound is None:
            return "unknown_message"
        # The callback URL identifies one attempt of this message, so the provider has the message, whatever the
        # response to the attempt was. The number in the callback is not compared: providers rewrite it.
        is_owner = await self._outbox.accept(
            ObjectId(message.id), attempt or message.outbound.attempt, message.outbound.dedup_key, sid, event
        )
        return "applied" if is_owner else "foreign_sid"

    async def _find_owner(self, sid: str, named: Message | None, attempt: int | None) -> Message | None:
        """Returns the owner of the SID, else the message that the callback URL names, if it has had that attempt."""
        owner = await self._message_ids.owner_of(sid)
        if owner is not None:
            return await repository.find(owner)
        if named is None or named.outbound is None or attempt is None:
            return None
        return named if 1 <= attempt <= named.outbound.attempt else None


def _parse_int(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else None
