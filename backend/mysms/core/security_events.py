"""Security events: a log line and a count for each. docs/logging.md is their inventory.

The accounts and addresses in them are hashed with a key, so that lines about the same one can be found together, and
a reader of the log learns neither. A client chooses nothing of a line but a request id of harmless characters, so no
line can be forged.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Literal, Self, get_args

import structlog

from mysms.core.derived_keys import derive_key, keyed_hash
from mysms.core.metrics import SECURITY_EVENTS
from mysms.core.rate_limit import RateLimitedError
from mysms.core.settings import Settings

SecurityEvent = Literal[
    "signed_up",
    "sign_up_refused",
    "signed_in",
    "sign_in_failed",
    "rate_limited",
    "signed_out",
    "session_ended",
    "all_sessions_ended",
    "access_token_forged",
    "refresh_token_forged",
    "refresh_token_reused",
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
    "account_exported",
    "messages_exported",
    "contacts_exported",
    "account_deleted",
    "invite_created",
    "migration_run_by_operator",
    "backup_recovery_run_by_operator",
    "resource_refused",
    "quota_exceeded",
    "destination_refused",
    "webhook_forged",
    "webhook_mismatched",
    "origin_refused",
    "metrics_refused",
    "request_too_large",
    "headers_too_large",
    "slow_request",
    "response_not_read",
    "too_many_connections",
    "too_busy",
    "malformed_request",
]

SUMMARY_SECONDS = 60.0
LINES_OF_KIND = 30
"""How many events of a kind have a line of their own between two summaries, so that nobody can fill the disk."""

_log = structlog.get_logger("mysms.security")

for _kind in get_args(SecurityEvent):
    SECURITY_EVENTS.labels(_kind)


class SecurityEvents:
    """Records security events.

    `secret` is the secret of the installation from which the key of the hashes is made: the present one, so that lines
    from before and after its replacement have different hashes.
    """

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "security events")
        self._recorded: Counter[SecurityEvent] = Counter()
        """The events since the last summary."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.jwt_secret.get_secret_value())

    def record(self, event: SecurityEvent, *, account: str | None = None, address: str | None = None) -> None:
        """Records an event of an account, which is named by its normalised email, and of a client's IP address."""
        SECURITY_EVENTS.labels(event).inc()
        self._recorded[event] += 1
        if self._recorded[event] <= LINES_OF_KIND:
            subjects = {"account": account, "address": address}
            hashed = {name: self.hash(subject) for name, subject in subjects.items() if subject}
            _log.info("Security event.", kind=event, **hashed)

    @contextlib.contextmanager
    def recording_rate_limits(self, *, account: str | None = None, address: str | None = None) -> Iterator[None]:
        """Records `rate_limited` if a rate limit is reached inside it."""
        try:
            yield
        except RateLimitedError:
            self.record("rate_limited", account=account, address=address)
            raise

    def summarise(self) -> None:
        """Logs how many events of each kind had no line of their own since the last summary."""
        for event, count in self._recorded.items():
            if count > LINES_OF_KIND:
                _log.warning("Further security events.", kind=event, count=count - LINES_OF_KIND)
        self._recorded.clear()

    def hash(self, subject: str) -> str:
        """Returns the hash by which an account or an address appears in the log."""
        return keyed_hash(self._key, subject)
