"""Records the statuses that the provider reports, in the timeline and as the status of the message."""

from bson import ObjectId

from mysms.changes.change import Change
from mysms.changes.publisher import ChangePublisher
from mysms.core.timestamps import Clock
from mysms.core.urls import mask_urls
from mysms.messages import repository
from mysms.messages.error_catalog import UNSUBSCRIBED
from mysms.messages.models import Event, EventSource, Message
from mysms.messages.status import is_final
from mysms.opt_outs.records import OptOutChange
from mysms.opt_outs.repository import OptOutRepository
from mysms.providers.base import ProviderMessage


class Timeline:
    """The timelines of messages that the provider has. Every method may be repeated."""

    def __init__(self, publisher: ChangePublisher, opt_outs: OptOutRepository, clock: Clock) -> None:
        self._publisher = publisher
        self._opt_outs = opt_outs
        self._clock = clock

    def event_of(
        self,
        sid: str,
        status: str,
        source: EventSource,
        error_code: int | None = None,
        error_message: str | None = None,
    ) -> Event:
        """Returns the event of a provider status."""
        return Event(
            key=f"{source}:{sid}:{status}:{error_code or ''}",
            at=self._clock(),
            source=source,
            status=status,
            sid=sid,
            error_code=error_code,
            error_message=mask_urls(error_message) if error_message else None,
        )

    async def record(self, message_id: ObjectId, event: Event) -> None:
        """Adds an event, and raises the message's status if this one is further along."""
        self._publish(await repository.record_event(message_id, event))

    async def raise_status(self, message_id: ObjectId, event: Event) -> bool:
        """Adds an event if it raises the status of the message with its SID; returns whether it did."""
        change = await repository.raise_status(message_id, event)
        self._publish(change)
        return change is not None

    async def record_without_raising(self, message_id: ObjectId, event: Event) -> None:
        """Adds an event that does not raise the status."""
        self._publish(await repository.record_without_raising(message_id, event))

    async def record_answer(self, message_id: ObjectId, row: ProviderMessage) -> None:
        """Adds a status that was fetched from the provider. It replaces a contradicting final status."""
        event = self.event_of(row.sid, row.status, "reconciler", row.error_code, row.error_message)
        if event.error_code == UNSUBSCRIBED and (message := await repository.find(message_id)) is not None:
            await self.record_refusal(message)
        await self.record(message_id, event)
        if is_final(row.status):
            self._publish(await repository.replace_final_status(message_id, event))

    async def record_refusal(self, message: Message) -> None:
        """Records that the provider has refused a message that it had accepted, since it knows of an opt-out."""
        if (outbound := message.outbound) is not None:
            await self._opt_outs.record(
                OptOutChange.of_refusal(
                    ObjectId(message.id),
                    outbound.attempt,
                    message.from_number,
                    message.recipient_number,
                    outbound.first_claimed_at or message.created_at,
                )
            )

    def _publish(self, change: Change | None) -> None:
        if change is not None:
            self._publisher.publish(change)
