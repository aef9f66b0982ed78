"""Records the statuses that the provider reports, in the timeline and as the status of the message."""

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.core.timestamps import Clock
from mysms.messages import repository
from mysms.messages.models import Event, EventSource
from mysms.messages.status import is_final
from mysms.providers.base import ProviderMessage


class Timeline:
    """The timelines of messages that the provider has. Every method may be repeated."""

    def __init__(self, publisher: ChangePublisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock

    async def record(
        self,
        message_id: ObjectId,
        sid: str,
        status: str,
        source: EventSource,
        error_code: int | None = None,
        error_message: str | None = None,
    ) -> Event:
        """Adds a provider status, and raises the message's status if this one is further along."""
        event = Event(
            key=f"{source}:{sid}:{status}:{error_code or ''}",
            at=self._clock(),
            source=source,
            status=status,
            sid=sid,
            error_code=error_code,
            error_message=error_message,
        )
        change = await repository.record_event(message_id, event)
        if change is not None:
            self._publisher.publish(change)
        return event

    async def record_answer(self, message_id: ObjectId, row: ProviderMessage) -> None:
        """Adds a status that was fetched from the provider. It replaces a contradicting final status."""
        event = await self.record(message_id, row.sid, row.status, "reconciler", row.error_code, row.error_message)
        if is_final(row.status):
            change = await repository.replace_final_status(message_id, event)
            if change is not None:
                self._publisher.publish(change)
