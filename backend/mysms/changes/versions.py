"""What tells the present state of a user's data, and of the answer to a query, from earlier ones."""

import hashlib
from dataclasses import dataclass
from typing import Self

from bson import ObjectId


@dataclass(frozen=True)
class UserVersion:
    """What tells the present messages or contacts of a user from earlier ones."""

    value: tuple[object, ...]
    is_current: bool
    """Whether memory knows everything that has changed for the user."""


@dataclass(frozen=True)
class Version:
    """What tells the present answer to a query from earlier ones."""

    etag: str
    is_current: bool
    """Whether memory knows everything that has changed for the user."""

    @classmethod
    def of(cls, user_id: ObjectId, version: UserVersion, query: str) -> Self:
        digest = hashlib.blake2b(repr((user_id, version.value, query)).encode(), digest_size=16)
        return cls(f'W/"{digest.hexdigest()}"', version.is_current)
