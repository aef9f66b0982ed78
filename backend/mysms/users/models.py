"""Accounts and sessions as they are stored."""

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, IndexModel


class User(Document):
    """A person's account. `email` is kept in lower case and is unique."""

    email: str
    password_hash: str
    created_at: datetime

    class Settings:
        name = "users"
        indexes: ClassVar = [IndexModel([("email", ASCENDING)], name="email", unique=True)]


class Session(Document):
    """One sign-in on one device. `generation` is that of the newest refresh token that was used; 0 means none yet."""

    user_id: PydanticObjectId
    generation: int = 0
    created_at: datetime
    last_used_at: datetime

    class Settings:
        name = "sessions"
        indexes: ClassVar = [IndexModel([("user_id", ASCENDING)], name="user")]
