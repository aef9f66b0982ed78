"""Immutable views of stored pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bson import ObjectId


@dataclass(frozen=True)
class StoredAttachment:
    """A stored picture without its content."""

    attachment_id: ObjectId
    content_type: str
    size: int
    """In bytes."""
    created_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["_id"], row["content_type"], row["bytes"], row["created_at"])


@dataclass(frozen=True)
class PictureUses:
    """A stored picture without its content, and the messages that it was bound to: some may never have been stored."""

    attachment: StoredAttachment
    message_ids: Sequence[ObjectId]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(StoredAttachment.of(row), [ObjectId(each) for each in row["message_ids"]])


@dataclass(frozen=True)
class DueAttachment:
    """A stored picture of which it is time to see whether it is still needed."""

    attachment_id: ObjectId
    message_ids: Sequence[ObjectId]
    """The messages that it was bound to. Some may never have been stored."""
    created_at: datetime
    check_at: datetime
    revision: int | None
    """What it was when this was read: it changes with each new message, and whenever the picture becomes due anew."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            row["_id"],
            [ObjectId(each) for each in row["message_ids"]],
            row["created_at"],
            row["check_at"],
            row.get("revision"),
        )
