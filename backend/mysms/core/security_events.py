"""Security events: a log line and a count for each.

The accounts and addresses in them are hashed with a key, so that lines about the same one can be found together, and
a reader of the log learns neither.
"""

import hashlib
import hmac
from typing import Literal

import structlog

from mysms.core.metrics import SECURITY_EVENTS

SecurityEvent = Literal[
    "signed_up",
    "signed_in",
    "sign_in_failed",
    "rate_limited",
    "password_confirmation_failed",
    "password_changed",
    "password_reset_by_operator",
    "second_factor_enabled",
    "second_factor_failed",
    "second_factor_removed",
    "second_factor_removed_by_operator",
    "recovery_code_used",
    "recovery_codes_replaced",
    "password_reset_requested",
    "password_reset_completed",
    "password_reset_failed",
    "account_deleted",
    "invite_created",
]

_HASH_BYTES = 8

_log = structlog.stdlib.get_logger("mysms.security")


class SecurityEvents:
    """Records security events.

    `secret` is the secret of the installation from which the key of the hashes is made: the present one, so that lines
    from before and after its replacement have different hashes.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"mysms security events", hashlib.sha256)

    def record(self, event: SecurityEvent, *, account: str | None = None, address: str | None = None) -> None:
        """Records an event of an account, which is named by its normalised email, and of a client's IP address."""
        subjects = {"account": account, "address": address}
        hashed = {name: self._hash(subject) for name, subject in subjects.items() if subject is not None}
        SECURITY_EVENTS.labels(event).inc()
        _log.info("Security event.", kind=event, **hashed)

    def _hash(self, subject: str) -> str:
        return hashlib.blake2b(subject.encode(), key=self._key, digest_size=_HASH_BYTES).hexdigest()
