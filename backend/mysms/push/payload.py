"""What a push tells the browser, and how it is packed for its push service. Pure."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import phonenumbers
from webpush import WebPush
from webpush.types import WebPushSubscription

from mysms.core.derived_keys import derive_key, keyed_hash
from mysms.messages.models import Message
from mysms.push.keys import KeyPair
from mysms.users.models import PushSubscription

_LONGEST_TEXT = 500
"""In characters. A payload may have 4096 bytes, and what a notification shows is far less."""
_NEW_MESSAGE = "New message"
_ATTACHMENT = "Attachment"
_OWN_PLACE = "new"
"""The page of a new message, which has the address that a sender of that name would have."""


@dataclass(frozen=True)
class PackedPush:
    """A request to a push service."""

    body: bytes
    headers: dict[str, str]


class PushPacker:
    """Packs pushes: encrypted for the browser alone (RFC 8291), signed for the push service (RFC 8292)."""

    def __init__(self, subject: str, secret: str) -> None:
        self._subject = subject
        self._topic_key = derive_key(secret, "push topic")

    def pack(
        self,
        message: Message,
        subscription: PushSubscription,
        keys: KeyPair,
        *,
        valid_for: timedelta,
        name: str | None = None,
    ) -> PackedPush:
        """Packs what is told of a message. `name` is what its user calls the sender.

        The push service keeps it for `valid_for`, for a browser that it cannot reach.
        """
        web_push = WebPush(
            keys.private_pem, keys.public_pem, self._subject, ttl=max(0, round(valid_for.total_seconds()))
        )
        target = WebPushSubscription.model_validate(
            {
                "endpoint": subscription.endpoint,
                "keys": {"auth": subscription.auth, "p256dh": subscription.p256dh},
            }
        )
        payload = json.dumps(compose(message, name, shows_text=subscription.shows_text), ensure_ascii=False)
        packed = web_push.get(payload, target)
        # A newer push about a conversation replaces one that still waits, and no service learns which it is.
        topic = keyed_hash(self._topic_key, f"{message.user_id} {message.peer_number}")
        headers = {
            "TTL": packed.headers["ttl"],
            "Content-Encoding": packed.headers["content-encoding"],
            "Authorization": packed.headers["authorization"],
            "Content-Type": "application/octet-stream",
            "Urgency": "high",
            "Topic": topic,
        }
        return PackedPush(packed.encrypted, headers)


def compose(message: Message, name: str | None, *, shows_text: bool) -> dict[str, Any]:
    """Returns the notification, as the SPA's service worker expects it."""
    peer = message.peer_number
    text = (message.content or (_ATTACHMENT if message.num_media else "")) if shows_text else ""
    place = f"~{peer}" if peer == _OWN_PLACE else peer
    return {
        "notification": {
            "title": name or _readable(peer),
            "body": text[:_LONGEST_TEXT] or _NEW_MESSAGE,
            "tag": f"mysms.conversation.{peer}",
            "data": {"url": f"/messages/{quote(place, safe='')}", "ids": [str(message.id)]},
        }
    }


def _readable(peer: str) -> str:
    try:
        number = phonenumbers.parse(peer)
    except phonenumbers.NumberParseException:
        return peer
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
