"""Accounts and sessions as they are stored."""

from datetime import datetime, timedelta
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, IndexModel

from mysms.users.user_agent import UNKNOWN_DEVICE

IDLE_LIFETIME = timedelta(days=30)
ABSOLUTE_LIFETIME = timedelta(days=90)


class User(Document):
    """A person's account. `email` is kept in lower case and is unique."""

    email: str
    password_hash: str
    created_at: datetime
    deleting: bool = False
    """Its deletion has begun, and is finished whatever happens."""

    class Settings:
        name = "users"
        indexes: ClassVar = [
            IndexModel([("email", ASCENDING)], name="email", unique=True),
            IndexModel([("deleting", ASCENDING)], name="deleting"),
        ]


class Session(Document):
    """One sign-in on one device. `generation` is that of the newest refresh token that was used; 0 means none yet."""

    user_id: PydanticObjectId
    generation: int = 0
    device: str = UNKNOWN_DEVICE
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime | None = None
    """When it is over, by `expiry_of`: it is deleted then. None if it was stored by an older version."""

    class Settings:
        name = "sessions"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING)], name="user"),
            IndexModel([("expires_at", ASCENDING)], name="expires_at"),
        ]


class Invite(Document):
    """A code that lets somebody in, under its hash; it is gone once it was used. The setup code's is called `setup`."""

    id: str  # type: ignore[assignment]  # the hash is its name
    account_id: PydanticObjectId | None = None
    """The id of the account that it is good for: so there is one at most. None if an older version has stored it."""
    created_at: datetime

    class Settings:
        name = "invites"
        indexes: ClassVar = [IndexModel([("account_id", ASCENDING)], name="account")]


def expiry_of(created_at: datetime, last_used_at: datetime) -> datetime:
    """When a session is over: 30 days after its last use, 90 days after it began."""
    return min(last_used_at + IDLE_LIFETIME, created_at + ABSOLUTE_LIFETIME)
