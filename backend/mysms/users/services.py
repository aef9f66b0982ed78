"""Builds and wires the services of accounts and sessions."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from bson import ObjectId

from mysms.changes.services import Changes
from mysms.core.rate_limit import RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.core.settings import Settings
from mysms.core.timestamps import Clock
from mysms.mail.queue import MailQueue
from mysms.users.account_cache import AccountCache
from mysms.users.accounts import AccountService
from mysms.users.authenticator import Authenticator
from mysms.users.known_clients import KnownClients
from mysms.users.notifications import Notifications
from mysms.users.password_changes import PasswordService
from mysms.users.password_reset import PasswordResetService
from mysms.users.passwords import PasswordHasher
from mysms.users.rate_limits import AuthRateLimits
from mysms.users.reset_tokens import ResetTokens
from mysms.users.second_factor import SecondFactorService
from mysms.users.secret_cipher import SecretCipher
from mysms.users.session_cache import SessionCache
from mysms.users.sessions import SessionService
from mysms.users.sign_in import SignInService
from mysms.users.sign_up import SignUpPolicy
from mysms.users.tokens import TokenSigner


@dataclass(frozen=True)
class UserServices:
    """The services of accounts and sessions."""

    accounts: AccountService
    authenticator: Authenticator
    password_reset: PasswordResetService
    passwords: PasswordService
    reset_tokens: ResetTokens
    second_factor: SecondFactorService
    sessions: SessionService
    sign_in: SignInService

    @classmethod
    def of(
        cls,
        settings: Settings,
        limiter: RateLimiter,
        changes: Changes,
        events: SecurityEvents,
        mail_queue: MailQueue,
        erase_messages: Callable[[ObjectId], Awaitable[None]],
        clock: Clock,
    ) -> Self:
        """Builds the services. `erase_messages` erases the messages of an account; it must be idempotent."""
        hasher = PasswordHasher()
        rate_limits = AuthRateLimits(
            limiter,
            per_minute=settings.auth_attempts_per_minute,
            per_account=settings.login_attempts_per_account,
        )
        setup_code = settings.setup_code.get_secret_value() if settings.setup_code else None
        sign_up_policy = SignUpPolicy(settings.effective_signup_mode, setup_code, clock)
        known_clients = KnownClients(settings.jwt_secrets)
        authenticator = Authenticator(hasher, rate_limits, known_clients, events)
        cipher = SecretCipher(settings.jwt_secrets)
        cache = SessionCache(changes.feed)
        changes.feed.add_listener(cache)
        account_cache = AccountCache()
        changes.feed.add_listener(account_cache)
        sessions = SessionService(
            TokenSigner(settings.jwt_secrets), rate_limits, known_clients, cache, changes.publisher, events, clock
        )
        notifications = Notifications(mail_queue, known_clients, limiter, clock, enabled=settings.mail is not None)
        second_factor = SecondFactorService(authenticator, limiter, known_clients, cipher, notifications, events, clock)
        reset_tokens = ResetTokens(clock)
        return cls(
            accounts=AccountService(
                authenticator,
                hasher,
                sessions,
                sign_up_policy,
                erase_messages,
                notifications,
                reset_tokens,
                account_cache,
                events,
                clock,
            ),
            authenticator=authenticator,
            password_reset=PasswordResetService(
                mail_queue if settings.mail is not None else None,
                reset_tokens,
                rate_limits,
                hasher,
                sessions,
                known_clients,
                notifications,
                events,
            ),
            passwords=PasswordService(authenticator, hasher, sessions, notifications, events),
            reset_tokens=reset_tokens,
            second_factor=second_factor,
            sessions=sessions,
            sign_in=SignInService(authenticator, second_factor, sessions, notifications, events),
        )
