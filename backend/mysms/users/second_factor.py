"""The second factor of an account: time-based one-time codes (TOTP), and recovery codes (docs/decisions/0010)."""

import logging
import secrets
from datetime import timedelta

from bson import ObjectId

from mysms.core.errors import InvalidFieldsError
from mysms.core.rate_limit import Hits, Limit, RateLimiter
from mysms.core.security_events import SecurityEvent, SecurityEvents
from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.authenticator import Authenticator
from mysms.users.client_info import ClientInfo
from mysms.users.errors import (
    InvalidSecondFactorCodeError,
    NoSecondFactorError,
    SecondFactorRequiredError,
)
from mysms.users.known_clients import KnownClients
from mysms.users.lookup import find_by_email, find_signed_in
from mysms.users.mail_texts import Notice
from mysms.users.models import PendingSecondFactor, SecondFactor, User
from mysms.users.notifications import Notifications
from mysms.users.one_time_codes import (
    hash_recovery_code,
    is_recovery_code,
    is_totp_code,
    matching_step,
    new_recovery_codes,
    new_totp_secret,
    normalise_code,
    otpauth_uri,
)
from mysms.users.rate_limits import client_networks
from mysms.users.schemas import (
    RecoveryCodesResponse,
    SecondFactorResponse,
    SecondFactorSetUpResponse,
)
from mysms.users.secret_cipher import SecretCipher, UndecryptableError
from mysms.users.tokens import AccessClaims

SET_UP_LIFETIME = timedelta(minutes=10)

_SIGN_IN_LIMITS = (
    Limit("second_factor", 10, timedelta(minutes=5)),
    Limit("second_factor:day", 60, timedelta(days=1)),
)
"""A guess hits one of three valid codes in a million, so the second limit leaves less than one chance in 5,000 a day.

Each known address of the account has counts of its own, so that the owner gets in there while somebody who knows the
password uses up the attempts from elsewhere. From a new address, a recovery code does: those cannot be guessed, and are
not limited. A new password starts new counts if a signed-in user or the operator sets it, but not by mail: whoever
reads the mailbox could repeat that.
"""
_SET_UP_LIMITS = (Limit("second_factor:set_up", 10, timedelta(minutes=5)),)

_log = logging.getLogger(__name__)


class SecondFactorService:
    """Sets up, checks and removes second factors. Every check raises RateLimitedError after too many wrong codes."""

    def __init__(
        self,
        authenticator: Authenticator,
        limiter: RateLimiter,
        known_clients: KnownClients,
        cipher: SecretCipher,
        notifications: Notifications,
        events: SecurityEvents,
        clock: Clock,
    ) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        self._known_clients = known_clients
        self._cipher = cipher
        self._notifications = notifications
        self._events = events
        self._clock = clock

    async def require(self, user: User, code: str | None, client: ClientInfo) -> None:
        """Checks the second factor of an account, if it has one, after its password was right.

        Raises SecondFactorRequiredError if there is no code, and InvalidSecondFactorCodeError if it is wrong.
        """
        factor = user.second_factor
        if factor is None:
            return
        if code is None or not code.strip():
            raise SecondFactorRequiredError
        if not await self._use(user, factor, normalise_code(code), client):
            self._events.record("second_factor_failed", account=user.email, address=client.address)
            raise InvalidSecondFactorCodeError

    async def describe(self, caller: AccessClaims) -> SecondFactorResponse:
        factor = (await find_signed_in(caller)).second_factor
        return SecondFactorResponse(
            enabled=factor is not None, recovery_codes_left=len(factor.recovery_codes) if factor else 0
        )

    async def begin(self, caller: AccessClaims, password: str, client: ClientInfo) -> SecondFactorSetUpResponse:
        """Creates a secret, which replaces that of an earlier set-up. Raises InvalidFieldsError.

        A second factor that the account already has stays until the new one is enabled.
        """
        user = await self._confirm(caller, password, client)
        secret = new_totp_secret()
        pending = PendingSecondFactor(
            id=secrets.token_hex(8),
            secret=self._cipher.encrypt(secret),
            expires_at=self._clock() + SET_UP_LIFETIME,
        )
        await repository.begin_second_factor(caller.user_id, pending)
        return SecondFactorSetUpResponse(secret=secret, otpauth_uri=otpauth_uri(secret, user.email))

    async def enable(self, caller: AccessClaims, code: str, client: ClientInfo) -> RecoveryCodesResponse:
        """Enables the second factor that was begun, and returns its recovery codes. Raises InvalidFieldsError.

        The sessions stay: the caller has given the password, and can end the others.
        """
        user = await find_signed_in(caller)
        hits = await self._count(_SET_UP_LIMITS, _attempts_of(user), user, client)
        pending = user.pending_second_factor
        if pending is None or self._clock() > pending.expires_at:
            raise InvalidFieldsError({"code": ["has expired: please begin again"]})
        step = self._matching_step(pending.secret, normalise_code(code))
        codes = new_recovery_codes()
        if step is None or not await repository.enable_second_factor(
            caller.user_id,
            SecondFactor(id=pending.id, secret=pending.secret, last_step=step, recovery_codes=_unused(codes)),
        ):
            self._record("second_factor_failed", user, client)
            raise InvalidFieldsError({"code": ["is not valid"]})
        await self._limiter.refund_all(hits)
        self._record("second_factor_enabled", user, client)
        notice: Notice = "second_factor_replaced" if user.second_factor else "second_factor_enabled"
        await self._notifications.notify(notice, user, client)
        return RecoveryCodesResponse(recovery_codes=codes)

    async def replace_recovery_codes(
        self, caller: AccessClaims, password: str, client: ClientInfo
    ) -> RecoveryCodesResponse:
        """Replaces all recovery codes. Raises InvalidFieldsError and NoSecondFactorError."""
        user = await self._confirm(caller, password, client)
        codes = new_recovery_codes()
        factor = user.second_factor
        if factor is None or not await repository.replace_recovery_codes(user, factor, _unused(codes)):
            raise NoSecondFactorError
        self._record("recovery_codes_replaced", user, client)
        await self._notifications.notify("recovery_codes_replaced", user, client)
        return RecoveryCodesResponse(recovery_codes=codes)

    async def remove(self, caller: AccessClaims, password: str, client: ClientInfo) -> None:
        """Removes the second factor, and a set-up that was begun. Raises InvalidFieldsError."""
        await self._remove(await self._confirm(caller, password, client), "second_factor_removed", client)

    async def remove_by_operator(self, email: str) -> None:
        """Removes the second factor of somebody who has lost it. Raises UnknownAccountError."""
        await self._remove(await find_by_email(email), "second_factor_removed_by_operator")

    async def is_enabled_for(self, email: str) -> bool:
        """Whether the account has a second factor. Raises UnknownAccountError."""
        return (await find_by_email(email)).second_factor is not None

    async def _remove(self, user: User, event: SecurityEvent, client: ClientInfo | None = None) -> None:
        """Every way to remove a second factor leads here."""
        await repository.remove_second_factor(ObjectId(user.id))
        if user.second_factor is not None:
            self._record(event, user, client)
            await self._notifications.notify("second_factor_removed", user, client)

    async def _confirm(self, caller: AccessClaims, password: str, client: ClientInfo) -> User:
        return await self._authenticator.confirm_password(caller, password, client, field="password")

    async def _use(self, user: User, factor: SecondFactor, code: str, client: ClientInfo) -> bool:
        """Uses up a code, so that of concurrent requests only one gets in. Returns False if it is not valid."""
        if is_totp_code(code):
            return await self._use_totp_code(user, factor, code, client)
        if is_recovery_code(code) and await repository.use_recovery_code(user, factor, hash_recovery_code(code)):
            self._record("recovery_code_used", user, client)
            await self._notifications.notify("recovery_code_used", user, client)
            return True
        return False

    async def _use_totp_code(self, user: User, factor: SecondFactor, code: str, client: ClientInfo) -> bool:
        # Counted before it is checked, so that parallel guesses cannot exceed the limits.
        subject = _attempts_of(user)
        if self._known_clients.knows_address(client.address, user):
            subject += f" {client_networks(client.address)[0].key}"
        hits = await self._count(_SIGN_IN_LIMITS, subject, user, client)
        step = self._matching_step(factor.secret, code)
        if step is None:
            return False
        # Encrypted anew each time, so that a secret under an older key gets the newest one.
        if not await repository.use_time_step(user, factor, step, self._cipher.renew(factor.secret)):
            return False
        await self._limiter.refund_all(hits)
        return True

    def _matching_step(self, encrypted: str, code: str) -> int | None:
        try:
            secret = self._cipher.decrypt(encrypted)
        except UndecryptableError:
            _log.error(
                "The secret of a second factor cannot be decrypted: JWT_SECRET is not the one it was stored with."
            )
            return None
        return matching_step(secret, code, self._clock())

    async def _count(self, limits: tuple[Limit, ...], subject: str, user: User, client: ClientInfo) -> Hits:
        with self._events.recording_rate_limits(account=user.email, address=client.address):
            return await self._limiter.hit_all((limit, subject) for limit in limits)

    def _record(self, event: SecurityEvent, user: User, client: ClientInfo | None) -> None:
        self._events.record(event, account=user.email, address=client.address if client else None)


def _attempts_of(user: User) -> str:
    """Returns the subject of the limits on codes."""
    return f"{user.id} {user.code_attempts_version}"


def _unused(codes: list[str]) -> dict[str, bool]:
    """Returns what is stored of recovery codes that have not been used."""
    return {hash_recovery_code(normalise_code(code)): True for code in codes}
