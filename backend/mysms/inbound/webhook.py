"""Receives inbound messages from webhooks."""

from collections.abc import Mapping

from mysms.core.metrics import INBOUND
from mysms.core.security_events import SecurityEvents
from mysms.core.timestamps import Clock
from mysms.inbound.inbox import Inbox
from mysms.inbound.text import InboundText, media_of_form
from mysms.providers.media_addresses import MediaAddresses

_INBOUND_STATUSES = frozenset({"receiving", "received"})


def is_inbound(form: Mapping[str, str]) -> bool:
    """Whether a webhook reports an inbound message, and not the status of an outbound one."""
    return (form.get("SmsStatus") or form.get("MessageStatus")) in _INBOUND_STATUSES


class InboundWebhook:
    """Stores the messages of webhooks whose signature has been verified."""

    def __init__(self, inbox: Inbox, media_addresses: MediaAddresses, events: SecurityEvents, clock: Clock) -> None:
        self._inbox = inbox
        self._media_addresses = media_addresses
        self._events = events
        self._clock = clock

    async def receive(self, form: Mapping[str, str]) -> None:
        """Stores the message, unless it is stored. Raises NobodyToReceiveError; nothing else is refused.

        The number may be another one than the sender's: whatever number of the account has this webhook, the message
        is stored.
        """
        if not is_inbound(form) or not form.get("MessageSid"):
            INBOUND.labels("webhook", "not_inbound").inc()
        elif form.get("AccountSid") != self._media_addresses.account_sid:
            INBOUND.labels("webhook", "foreign_account").inc()
            self._events.record("webhook_mismatched")
        else:
            media = media_of_form(form, self._media_addresses)
            await self._inbox.receive(InboundText.of_form(form, self._clock(), media))
