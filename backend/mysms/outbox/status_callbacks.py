"""Applies status callbacks."""

from bson import ObjectId
from pydantic import BaseModel, Field

from mysms.core.metrics import CALLBACKS
from mysms.core.security_events import SecurityEvents
from mysms.messages import repository
from mysms.messages.models import Message
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
        message = await self._find_message(callback, message_id, _parse_int(attempt))
        if message is None or message.outbound is None:
            return "unknown_message"
        # The callback URL identifies one attempt of this message, so the provider has the message, whatever the
        # response to the attempt was. The number in the callback is not compared: providers rewrite it.
        attempt_number = _parse_int(attempt) or message.outbound.attempt
        if not await self._outbox.accept(
            ObjectId(message.id), attempt_number, message.outbound.dedup_key, callback.sid
        ):
            return "foreign_sid"
        await self._timeline.record(
            ObjectId(message.id),
            callback.sid,
            callback.status,
            "callback",
            _parse_int(callback.error_code),
            callback.error_message or None,
        )
        return "applied"

    async def _find_message(self, callback: StatusCallback, message_id: str, attempt: int | None) -> Message | None:
        """Returns the owner of the SID, else the message that the callback URL names, if it has had that attempt."""
        owner = await self._message_ids.owner_of(callback.sid)
        if owner is not None:
            return await repository.find(owner)
        message = await repository.find(ObjectId(message_id)) if ObjectId.is_valid(message_id) else None
        if message is None or message.outbound is None or attempt is None:
            return None
        return message if 1 <= attempt <= message.outbound.attempt else None


def _parse_int(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else None
