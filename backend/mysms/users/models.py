"""The stored documents of accounts, deleted ones too, sessions, invites and password resets."""

from datetime import datetime, timedelta
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, IndexModel

from mysms.users.user_agent import UNKNOWN_DEVICE

IDLE_LIFETIME = timedelta(days=30)
ABSOLUTE_LIFETIME = timedelta(days=90)
RESET_TOKEN_LIFETIME = timedelta(minutes=30)
SESSION_SCHEMA_VERSION = 2


class PendingSecondFactor(BaseModel):
    """A second factor whose set-up has begun: it counts once a code has shown that the authenticator app has it."""

    id: str
    secret: str
    """Encrypted by SecretCipher."""
    expires_at: datetime


class SecondFactor(BaseModel):
    """A second factor. A new set-up has a new id, so that an update for an earlier one changes nothing."""

    id: str
    secret: str
    """Encrypted by SecretCipher."""
    last_step: int
    """The newest time step whose code was used: that code and older ones are not valid any more."""
    recovery_codes: dict[str, bool]
    """The hashes of the recovery codes that have not been used, each with True: a code is removed when it is used."""


class User(Document):
    """A person's account. `email` is kept in lower case and is unique."""

    email: str
    password_hash: str
    created_at: datetime
    deleting: bool = False
    """Whether the deletion of the account has begun. It is always completed."""
    password_version: int = 0
    """How often the password has been changed. A session that began before the last change cannot be continued."""
    code_attempts_version: int = 0
    """How often the password has been changed by a signed-in user or the operator, not by mail.

    Each of these changes starts new counts of wrong codes.
    """
    second_factor: SecondFactor | None = None
    pending_second_factor: PendingSecondFactor | None = None
    known_devices: list[str] | None = None
    """Keyed hashes of the devices from which the account was used, the newest last. None until they are recorded."""
    known_addresses: list[str] = Field(default_factory=list)
    """Keyed hashes of the addresses that the account has had sessions from, the newest last."""
    schema_version: int = 1

    @property
    def second_factor_id(self) -> str | None:
        return self.second_factor.id if self.second_factor is not None else None

    class Settings:
        name = "users"
        indexes: ClassVar = [
            IndexModel([("email", ASCENDING)], name="email", unique=True),
            IndexModel([("deleting", ASCENDING)], name="deleting"),
            IndexModel([("created_at", ASCENDING)], name="created_at"),
        ]


class DeletedAccount(Document):
    """The id of an account that was deleted, until what may have been on its way to the database is erased, too."""

    deleted_at: datetime
    schema_version: int = 1

    class Settings:
        name = "deleted_accounts"
        indexes: ClassVar = [IndexModel([("deleted_at", ASCENDING)], name="deleted_at")]


class PushSubscription(BaseModel):
    """Where and how a browser is pushed to."""

    endpoint: str
    """The address at the browser's push service: whoever knows it, and the keys, can send to the browser."""
    p256dh: str
    auth: str
    shows_text: bool = False
    subscribed_at: datetime | None = None
    """When the browser last sent it. None if an older version stored it."""


class Session(Document):
    """One sign-in on one device.

    A session of schema 1 has no `token_hash`: it was opened by the previous version, whose refresh tokens were counted,
    and none of its random tokens has been used yet. Processes of that version may use it at the same time.
    """

    user_id: PydanticObjectId
    token_hash: str | None = None
    """The hash of the newest refresh token that was used, or of the first one if none was. None in schema 1."""
    generation: int = 0
    """In schema 1, the number of the newest refresh token that was used; 0 if none was."""
    password_version: int | None = None
    """That of the account when the session was opened. None if an older version opened it."""
    device: str = UNKNOWN_DEVICE
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime | None = None
    """The time from `expiry_of` after which the session is deleted. None if an older version stored it."""
    push: PushSubscription | None = None
    """With the session it ends."""
    schema_version: int = SESSION_SCHEMA_VERSION

    class Settings:
        name = "sessions"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING)], name="user"),
            IndexModel([("expires_at", ASCENDING)], name="expires_at"),
            IndexModel([("push.endpoint", ASCENDING)], name="push_endpoint"),
        ]


class Invite(Document):
    """An invite for one sign-up, stored under the hash of its code until it is used. The setup code's id is `setup`."""

    id: str  # type: ignore[assignment]  # the hash of the code
    account_id: PydanticObjectId | None = None
    """The id of the account that it creates, so that it creates one at most. None if an older version stored it."""
    created_at: datetime
    schema_version: int = 1

    class Settings:
        name = "invites"
        indexes: ClassVar = [IndexModel([("account_id", ASCENDING)], name="account")]


class ResetToken(Document):
    """A token with which a password can be set, stored under its hash.

    It is bound to the password that it replaces, so any change of the password makes it invalid, its own use included.
    """

    id: str  # type: ignore[assignment]  # the hash of the token
    user_id: PydanticObjectId
    password_version: int
    """That of the account when the token was made."""
    expires_at: datetime
    schema_version: int = 1

    class Settings:
        name = "password_resets"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING), ("expires_at", ASCENDING)], name="user"),
            IndexModel([("expires_at", ASCENDING)], name="expires_at"),
        ]


def expiry_of(created_at: datetime, last_used_at: datetime) -> datetime:
    """Returns when a session expires: 30 days after its last use, and 90 days after it began at the latest."""
    return min(last_used_at + IDLE_LIFETIME, created_at + ABSOLUTE_LIFETIME)
