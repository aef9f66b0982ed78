"""Filters for a user's messages. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from mysms.core import phone_numbers
from mysms.core.blank import INVISIBLE
from mysms.messages.text_patterns import pattern_of

_NUMBER_PART = re.compile(r"[ !-/:-@\[-`{-~]*[0-9][0-9 !-/:-@\[-`{-~]*")
"""Digits with punctuation."""
_BETWEEN_WORDS = re.compile(rf"[{INVISIBLE}]+")


@dataclass(frozen=True)
class MessageFilter:
    """Selects some of a user's messages; all of them if no field is set."""

    peer_number: str | None = None
    """In E.164."""
    search: str | None = None
    """Words that the text must contain, in any Unicode form; if it looks like one, also part of a number."""
    updated_since: datetime | None = None

    @property
    def peer_numbers(self) -> list[str]:
        """All forms in which this number may be stored: older versions stored some with a trunk prefix."""
        if self.peer_number is None:
            return []
        return sorted({self.peer_number, phone_numbers.normalise(self.peer_number)})

    def query(self, user_id: ObjectId) -> dict[str, Any]:
        query: dict[str, Any] = {"user_id": user_id}
        match self.peer_numbers:
            case []:
                pass
            case [number]:
                query["peer_number"] = number
            case numbers:
                query["peer_number"] = {"$in": numbers}
        if self.updated_since is not None:
            query["updated_at"] = {"$gte": self.updated_since}
        if self.search is not None and (found := _conditions(self.search)):
            query["$and"] = found
        return query


def _conditions(search: str) -> list[dict[str, Any]]:
    """Returns the conditions of a search, all of which must hold; none if the search is blank."""
    words = dict.fromkeys(filter(None, _BETWEEN_WORDS.split(search)))
    in_text: list[dict[str, Any]] = [{"content": {"$regex": pattern_of(word)}} for word in words]
    if number := _number_pattern(search):
        return [{"$or": [{"$and": in_text}, {"peer_number": {"$regex": number}}]}]
    return in_text


def _number_pattern(search: str) -> str | None:
    """Returns a pattern for part of a number, in any formatting, with or without trunk or international prefix."""
    simple = phone_numbers.simplify(search)
    if not _NUMBER_PART.fullmatch(simple):
        return None
    written = re.sub(r"[^0-9+()]", "", simple)
    number = re.sub(r"[()]", "", written)
    found = {re.escape(number)}
    if shorter := re.fullmatch(r"([0-9+]*[0-9])\(0\)([0-9()]*)", written):
        found.add(re.escape(re.sub(r"[()]", "", "".join(shorter.groups()))))
    if dialled := re.fullmatch("(00?)([1-9][0-9]*)", number):
        country = "" if dialled[1] == "00" else "[0-9]{1,3}"
        found.add(rf"^\+{country}{dialled[2]}")
    return "|".join(sorted(found))
