"""Which of somebody's messages are asked for. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

_NUMBER_PART = re.compile(r"[0-9+\s!-/:-@\[-`{-~]*[0-9][0-9+\s!-/:-@\[-`{-~]*")
"""Digits, and what people put between them."""
_NOT_OF_A_NUMBER = re.compile(r"[^0-9+]")


@dataclass(frozen=True)
class Selection:
    """Which of somebody's messages; all of them, if nothing is given."""

    peer_number: str | None = None
    search: str | None = None
    """Part of the text, in upper or lower case; or part of the number, if that is what it looks like."""
    updated_since: datetime | None = None

    def query(self, user_id: ObjectId) -> dict[str, Any]:
        query: dict[str, Any] = {"user_id": user_id}
        if self.peer_number is not None:
            query["peer_number"] = self.peer_number
        if self.updated_since is not None:
            query["updated_at"] = {"$gte": self.updated_since}
        if self.search is not None:
            query["$and"] = [{"$or": _conditions(self.search)}]
        return query


def _conditions(search: str) -> list[dict[str, Any]]:
    in_text = {"content": {"$regex": re.escape(search), "$options": "i"}}
    if not _NUMBER_PART.fullmatch(search):
        return [in_text]
    return [in_text, {"peer_number": {"$regex": re.escape(_NOT_OF_A_NUMBER.sub("", search))}}]
