"""Marks stored changes that the change feed must carry.

A change and its mark are written in one update, so no change can be missed: a change whose process ended before it
published it is found by its mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection

Kind = Literal["messages", "contacts"]
"""What has a revision of its own for each user."""
KIND_OF: Mapping[str, Kind] = {"messages": "messages", "conversations": "messages", "contacts": "contacts"}
"""By the collection that changes. A conversation is marked for what only it has: what is read, archived or muted."""

UNPUBLISHED = -1
"""The `revision` of a document that has changed since its last publication."""

MARK: Mapping[str, Mapping[str, object]] = {"$set": {"revision": UNPUBLISHED}, "$inc": {"change_count": 1}}
"""The part of every update that changes what a user sees of a document."""
MARKED_FIELDS: Mapping[str, object] = {"user_id": 1, "change_count": 1}
"""The fields of a marked document from which `Change.of` is made."""


@dataclass(frozen=True)
class Change:
    """A stored change of what a user sees. `number` tells it from later changes of the same document."""

    user_id: ObjectId
    document_id: ObjectId | str
    number: int
    collection: str = "messages"

    @classmethod
    def of(cls, row: Mapping[str, Any], collection: str = "messages") -> Self:
        return cls(row["user_id"], row["_id"], row["change_count"], collection)

    @property
    def kind(self) -> Kind:
        return KIND_OF[self.collection]


def marked(update: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Returns an update that also marks the document as changed."""
    operators = {*update, *MARK}
    return {operator: {**update.get(operator, {}), **MARK.get(operator, {})} for operator in operators}


async def find_and_update(
    documents: AsyncCollection[dict[str, Any]],
    condition: Mapping[str, object],
    update: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any] | None:
    """Updates a document that matches the condition; returns it as it is now, or None if none matches."""
    return await documents.find_one_and_update(condition, update, return_document=ReturnDocument.AFTER)


async def change_one(
    documents: AsyncCollection[dict[str, Any]],
    condition: Mapping[str, object],
    update: Mapping[str, Mapping[str, Any]],
) -> Change | None:
    """Updates a document that matches the condition, and marks it as changed; returns None if none does."""
    row = await documents.find_one_and_update(
        condition, marked(update), MARKED_FIELDS, return_document=ReturnDocument.AFTER
    )
    return None if row is None else Change.of(row, documents.name)
