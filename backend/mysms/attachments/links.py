"""The addresses at which Twilio fetches pictures. Pure.

Twilio sends no credentials, so the address is the permission: nobody can guess it, and it expires.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bson import ObjectId

from mysms.core.derived_keys import derive_key
from mysms.core.urls import Url

_LATEST = 10**10
"""Unix seconds. No address expires later, and no longer number is read."""


class MediaLinks:
    """Makes and checks addresses below `base`; makes none without it.

    `secrets` are those of the installation, the newest first: it signs, and each of them verifies. An address expires
    `lifetime` after it was made.
    """

    def __init__(self, base: Url | None, secrets: Sequence[str], lifetime: timedelta) -> None:
        self._base = base
        self._keys = [derive_key(secret, "media links") for secret in secrets]
        self.lifetime = lifetime

    @property
    def is_enabled(self) -> bool:
        """Whether there is an address that Twilio can call."""
        return self._base is not None

    def url_of(self, attachment_id: ObjectId, now: datetime) -> str:
        """Returns the address of a picture. Raises ValueError without a base."""
        if self._base is None:
            raise ValueError("Twilio cannot call this server.")
        expires = str(int((now + self.lifetime).timestamp()))
        signature = _signature(self._keys[0], str(attachment_id), expires)
        return f"{self._base.address}/{attachment_id}/{expires}/{signature}"

    def find(self, attachment_id: str, expires: str, signature: str, now: datetime) -> ObjectId | None:
        """Returns which picture the parts of an address name; None if it is forged or has expired."""
        given = signature.encode(errors="replace")
        # Each key is tried, and no comparison ends early.
        is_signed = sum(
            hmac.compare_digest(given, _signature(key, attachment_id, expires).encode()) for key in self._keys
        )
        if not is_signed or datetime.fromtimestamp(min(int(expires), _LATEST), UTC) <= now:
            return None
        return ObjectId(attachment_id)


def _signature(key: bytes, attachment_id: str, expires: str) -> str:
    # Neither part of an address that was signed has a slash, so their boundary is known.
    text = f"{attachment_id}/{expires}".encode(errors="replace")
    return urlsafe_b64encode(hmac.digest(key, text, sha256)).decode().rstrip("=")
