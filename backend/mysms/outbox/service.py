"""Sends, cancels and retries messages for users."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bson import ObjectId

from mysms.attachments.errors import MediaDisabledError
from mysms.attachments.links import MediaLinks
from mysms.attachments.store import AttachmentStore
from mysms.changes.change import UNPUBLISHED
from mysms.core.errors import DomainError, InvalidFieldsError, NotFoundError
from mysms.core.logging import current_request_id
from mysms.core.phone_numbers import PhoneNumberError, normalise
from mysms.core.timestamps import Clock
from mysms.messages import repository
from mysms.messages.error_catalog import RECIPIENT_OPTED_OUT
from mysms.messages.media import MAXIMUM_BYTES, UNKNOWN_TYPE
from mysms.messages.models import Media, Message, Outbound
from mysms.messages.schemas import UNKNOWN_MEDIA, MessageCreate, MessageResponse
from mysms.messages.segments import count_segments
from mysms.messages.status import OutboxState
from mysms.outbox.dispatcher import Dispatcher
from mysms.outbox.erasure import Erasure
from mysms.outbox.errors import (
    IdempotencyKeyReusedError,
    MessageCanceledError,
    MessageDeletedError,
    MessageExpiredError,
    NotCancellableError,
    NotRetryableError,
    NotSentError,
    PossibleDuplicateError,
    ProviderRejectedError,
    RecipientOptedOutError,
)
from mysms.outbox.pauses import Pause
from mysms.outbox.quotas import SendQuotas
from mysms.outbox.sender_identity import SenderIdentity, digest
from mysms.outbox.store import OutboxStore
from mysms.users.errors import UnauthenticatedError

RESPONSE_DEADLINE_SECONDS = 3.0
"""How long a request waits for the provider before it responds that the message is pending."""

POLL_SECONDS = 0.25

_NOT_SENT: Mapping[OutboxState, type[NotSentError]] = {
    OutboxState.REJECTED: ProviderRejectedError,
    OutboxState.EXPIRED: MessageExpiredError,
    OutboxState.CANCELLED: MessageCanceledError,
}
_RETRYABLE = frozenset({"failed", "undelivered", "canceled"})


class OutboxService:
    """Sends, cancels and retries messages.

    `is_active` tells whether an account exists and is not being deleted; `media_links`, whether media can be sent.
    """

    def __init__(
        self,
        outbox: OutboxStore,
        erasure: Erasure,
        dispatcher: Dispatcher,
        quotas: SendQuotas,
        identity: SenderIdentity,
        attachments: AttachmentStore,
        media_links: MediaLinks,
        clock: Clock,
        is_active: Callable[[ObjectId], Awaitable[bool]],
    ) -> None:
        self._outbox = outbox
        self._erasure = erasure
        self._dispatcher = dispatcher
        self._quotas = quotas
        self._identity = identity
        self._attachments = attachments
        self._media_links = media_links
        self._clock = clock
        self._is_active = is_active

    async def send(self, user_id: ObjectId, fields: MessageCreate, idempotency_key: str | None) -> MessageResponse:
        """Stores the message, which enqueues it, and waits briefly for the provider's response.

        The same key with the same fields returns the same message, as it is now. Raises a NotSentError for a message
        that will not be sent, MessageDeletedError for one that its user has deleted, IdempotencyKeyReusedError for the
        same key with other fields, MediaDisabledError, InvalidFieldsError for media that do not exist, and the errors
        of SendQuotas.consume.
        """
        message_id = ObjectId()
        client_id = f"message:{message_id}" if idempotency_key is None else f"key:{idempotency_key}"
        return await self._store_and_send(self._compose(message_id, user_id, client_id, fields))

    async def retry(self, user_id: ObjectId, message_id: str, *, accept_possible_duplicate: bool) -> MessageResponse:
        """Sends a failed message again, with its media, as a new one. Repeated calls return the same new message.

        Raises NotFoundError, NotRetryableError, MediaDisabledError, a NotSentError, MessageDeletedError if the new
        message is deleted, and PossibleDuplicateError for an unconfirmed message unless `accept_possible_duplicate`.
        """
        original = await self._find(user_id, message_id)
        if original.content_removed_at is not None:
            raise NotRetryableError("The text of this message has been deleted.")
        client_id = f"retry:{original.id}"
        if await repository.find_by_client_id(user_id, client_id) is None:
            _require_retryable(original, accept_possible_duplicate=accept_possible_duplicate)
        # Not validated again: the stored number may follow the rules of an older version.
        fields = MessageCreate.model_construct(
            recipient_number=original.recipient_number,
            media=[str(attachment_id) for attachment_id in original.attachment_ids],
            content=original.content,
        )
        retry = self._compose(ObjectId(), user_id, client_id, fields, retry_of=ObjectId(original.id))
        return await self._store_and_send(
            retry, replaces=original if original.outbox_state is OutboxState.UNCONFIRMED else None
        )

    async def cancel(self, user_id: ObjectId, message_id: str) -> MessageResponse:
        """Cancels a message. Raises NotFoundError, and NotCancellableError if it is being sent or has an outcome."""
        message = await self._find(user_id, message_id)
        if not (await self._outbox.cancel(message) or await self._outbox.request_cancel(message)):
            raise NotCancellableError
        return MessageResponse.of(await self._find(user_id, message_id))

    @property
    def pause(self) -> Pause | None:
        """Why this process does not send; None while it does. Reads no database."""
        return self._dispatcher.pause

    async def _store_and_send(self, message: Message, replaces: Message | None = None) -> MessageResponse:
        current = await self._send_stored(message) or await self._send_new(message, replaces)
        if current is None:
            # Another request with the same key was first.
            current = await self._send_stored(message) or message
        if current.deleted_at is not None:
            raise MessageDeletedError
        answer = MessageResponse.of(current)
        if current.error_code == RECIPIENT_OPTED_OUT:
            raise RecipientOptedOutError(answer)
        if current.outbox_state is not None and current.outbox_state in _NOT_SENT:
            raise _NOT_SENT[current.outbox_state](answer)
        return answer

    async def _send_stored(self, message: Message) -> Message | None:
        """Awaits the attempt of the message that an earlier request with the same key has stored, if there is one.

        Returns that message. Raises IdempotencyKeyReusedError if it is another one.
        """
        if not message.is_repeatable:
            return None
        stored = await repository.find_by_client_id(message.user_id, message.client_id)
        if stored is None:
            return None
        if not _is_same_request(stored, message):
            raise IdempotencyKeyReusedError
        message_id = ObjectId(stored.id)
        with self._dispatcher.watch_attempt(message_id) as ended:
            # Read again after subscribing: an earlier end of the attempt is seen here, a later one completes `ended`.
            stored = await repository.find(message_id) or stored
            if not self._dispatcher.may_send_soon:
                return stored
            self._dispatcher.wake()
            # Polls too, since another process may send it, which does not complete `ended`.
            return await self._await_attempt(stored, ended)

    async def _send_new(self, message: Message, replaces: Message | None) -> Message | None:
        """Stores and sends a message; returns it as it is then, or None if its client_id is already in use."""
        # No refund if storing fails: the database may have stored the message anyway, which is then sent.
        consumed = await self._quotas.consume(message.user_id, message.recipient_number)
        if message.media:
            try:
                await self._bind_media(message)
            except DomainError:
                await self._quotas.refund(consumed)
                raise
        # After the quotas, since a rejected retry must change nothing. From here on only the retry may be sent.
        if replaces is not None and not await self._outbox.request_cancel(replaces):
            await self._quotas.refund(consumed)
            raise NotRetryableError
        with self._dispatcher.watch_attempt(ObjectId(message.id)) as ended:
            if not await self._dispatcher.enqueue(message, partial(self._confirm, message)):
                await self._quotas.refund(consumed)
                return None
            if message.outbox_state is OutboxState.CLAIMED:
                await asyncio.wait([ended], timeout=RESPONSE_DEADLINE_SECONDS)
                if not ended.done():
                    return message
                return ended.result() or await repository.find(ObjectId(message.id)) or message
            if not self._dispatcher.may_send_soon:
                return message
            self._dispatcher.wake()
            return await self._await_attempt(message, ended)

    async def _bind_media(self, message: Message) -> None:
        """Keeps the attachments of a message that is stored next, and names their types in it.

        Raises MediaDisabledError, and InvalidFieldsError or for a retry NotRetryableError.
        """
        if not self._media_links.is_enabled:
            raise MediaDisabledError
        attachment_ids = message.attachment_ids
        stored = await self._attachments.find_own(message.user_id, attachment_ids)
        if stored is not None and sum(each.size for each in stored) + len(message.content.encode()) > MAXIMUM_BYTES:
            raise InvalidFieldsError({"media": ["is larger than 5 MB, together with the text"]})
        # Second, since what exists now may be gone in a moment.
        if stored is None or not await self._attachments.bind(message.user_id, attachment_ids, ObjectId(message.id)):
            if message.retry_of is not None:
                raise NotRetryableError("The pictures of this message are gone.")
            raise InvalidFieldsError({"media": [UNKNOWN_MEDIA]})
        message.media = [
            media.model_copy(update={"content_type": each.content_type})
            for media, each in zip(message.media, stored, strict=True)
        ]

    async def _confirm(self, message: Message) -> None:
        """Counts a message that was just stored.

        Raises UnauthenticatedError if its account is gone, and RecipientOptedOutError. This is the check of the claim
        too: a message is stored before it, and its attempt begins after it. If another process has claimed it
        meanwhile, its check holds.
        """
        is_opted_out, is_active = await asyncio.gather(self._outbox.count(message), self._is_active(message.user_id))
        if not is_active:
            # The account was deleted meanwhile: either the deletion erased this message too, or it is seen here.
            await self._erasure.erase(message.user_id)
            raise UnauthenticatedError
        if is_opted_out:
            refused = await self._outbox.refuse(message)
            # A claim of this process is used by nobody else: if the message has been erased, it is not sent either.
            if refused is not None or message.outbox_state is OutboxState.CLAIMED:
                raise RecipientOptedOutError(MessageResponse.of(refused or message))

    async def _await_attempt(self, message: Message, ended: asyncio.Future[Message | None]) -> Message:
        """Returns the message as it is once its attempt has ended, or after RESPONSE_DEADLINE_SECONDS."""
        deadline = time.monotonic() + RESPONSE_DEADLINE_SECONDS
        while self._is_attempt_expected(message) and time.monotonic() < deadline:
            await asyncio.wait([ended], timeout=POLL_SECONDS)
            if ended.done() and (now := ended.result()) is not None:
                return now
            message = await repository.find(ObjectId(message.id)) or message
            if ended.done():
                break
        return message

    def _is_attempt_expected(self, message: Message) -> bool:
        """Whether an attempt is in progress or due, so that waiting for its end makes sense."""
        outbound = message.outbound
        if outbound is None:
            return False
        is_due = outbound.state is OutboxState.PENDING and outbound.next_attempt_at <= self._clock()
        return is_due or outbound.state is OutboxState.CLAIMED

    async def _find(self, user_id: ObjectId, message_id: str) -> Message:
        message = await repository.find_own(user_id, ObjectId(message_id)) if ObjectId.is_valid(message_id) else None
        if message is None or message.deleted_at is not None:
            raise NotFoundError("There is no such message.")
        return message

    def _compose(
        self,
        message_id: ObjectId,
        user_id: ObjectId,
        client_id: str,
        fields: MessageCreate,
        retry_of: ObjectId | None = None,
    ) -> Message:
        now = self._clock()
        return Message(
            id=message_id,
            user_id=user_id,
            client_id=client_id,
            # Without media, as it was before there were any.
            request_hash=digest(fields.recipient_number, fields.content, *fields.media),
            from_number=self._identity.from_number,
            recipient_number=fields.recipient_number,
            peer_number=fields.recipient_number,
            content=fields.content,
            # An MMS has no segments, and counts as one message.
            segments=1 if fields.media else count_segments(fields.content).count,
            num_media=len(fields.media),
            media=[
                # Its type is known once it is bound.
                Media(index=index, sid="", content_type=UNKNOWN_TYPE, attachment_id=ObjectId(attachment_id))
                for index, attachment_id in enumerate(fields.media)
            ],
            outbound=Outbound(
                sender_key=self._identity.key,
                dedup_key=self._identity.dedup_key(fields.recipient_number, fields.content),
                due_at=now,
                next_attempt_at=now,
            ),
            retry_of=retry_of,
            request_id=current_request_id(),
            created_at=now,
            updated_at=now,
            revision=UNPUBLISHED,
            change_count=1,
        )


def _require_retryable(original: Message, *, accept_possible_duplicate: bool) -> None:
    if original.outbox_state is OutboxState.UNCONFIRMED:
        if not accept_possible_duplicate:
            raise PossibleDuplicateError
    elif original.status not in _RETRYABLE:
        raise NotRetryableError


def _is_same_request(stored: Message, message: Message) -> bool:
    """Whether both have the same fields, also if an older version stored the number in another form."""
    if stored.request_hash == message.request_hash:
        return True
    try:
        number = normalise(stored.recipient_number)
    except PhoneNumberError:
        return False
    return digest(number, stored.content, *map(str, stored.attachment_ids)) == message.request_hash
