"""Accounts and sessions as they are stored."""

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, IndexModel

from mysms.users.devices import UNKNOWN_DEVICE


class User(Document):
    """A person's account. `email` is kept in lower case and is unique."""

    email: str
    password_hash: str
    created_at: datetime
    deleting: bool = False
    """Its deletion has begun, and is finished whatever happens."""

    class Settings:
        name = "users"
        indexes: ClassVar = [IndexModel([("email", ASCENDING)], name="email", unique=True)]


class Session(Document):
    """One sign-in on one device. `generation` is that of the newest refresh token that was used; 0 means none yet."""

    user_id: PydanticObjectId
    generation: int = 0
    device: str = UNKNOWN_DEVICE
    created_at: datetime
    last_used_at: datetime

    class Settings:
        name = "sessions"
        indexes: ClassVar = [IndexModel([("user_id", ASCENDING)], name="user")]


class Invite(Document):
    """A code that lets somebody in, under its hash; it is gone once it was used.

    The one called `setup` is not a code: it marks that the code for the first account was used.
    """

    id: str  # type: ignore[assignment]  # the hash is its name
    created_at: datetime

    class Settings:
        name = "invites"
