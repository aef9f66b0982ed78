"""Filters for a user's messages. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bson import ObjectId

from mysms.core import phone_numbers
from mysms.core.blank import is_blank
from mysms.messages.error_catalog import ErrorCode
from mysms.messages.status import PROVIDER_STATUSES, RECEIVED, OutboxState, outbox_states_of, rank_of

_NUMBER_PART = re.compile(r"[ !-/:-@\[-`{-~]*[0-9][0-9 !-/:-@\[-`{-~]*")
"""Digits with punctuation."""

Condition = dict[str, Any]


@dataclass(frozen=True)
class MessageFilter:
    """Selects some of a user's messages; all of them if no field is set."""

    peer_number: str | None = None
    """In E.164, or the short code or name of a sender without a number."""
    search: str | None = None
    """Words that the text must contain; if it looks like one, also part of a number. `messages.search` looks for it."""
    updated_since: datetime | None = None
    statuses: frozenset[str] = frozenset()
    """Any of these statuses, as users see them."""
    direction: Literal["outbound", "inbound"] | None = None
    error_code: ErrorCode | None = None
    created_from: datetime | None = None
    """Inclusive."""
    created_before: datetime | None = None
    """Exclusive."""

    @property
    def is_looked_for(self) -> bool:
        """Whether `messages.search` looks for the messages, because no single index lists them and nothing else."""
        return self.is_search or bool(self.checks or self.created_condition)

    @property
    def peer_numbers(self) -> list[str]:
        """All forms in which this number may be stored: older versions stored some with a trunk prefix."""
        if self.peer_number is None:
            return []
        try:
            return sorted({self.peer_number, phone_numbers.normalise(self.peer_number)})
        except phone_numbers.PhoneNumberError:
            return [self.peer_number]

    @property
    def is_search(self) -> bool:
        return self.search is not None and not is_blank(self.search)

    @property
    def number_pattern(self) -> re.Pattern[str] | None:
        """Matches the numbers that the search may be a part of, in any formatting and with or without prefixes."""
        pattern = None if self.search is None else _number_pattern(self.search)
        return None if pattern is None else re.compile(pattern)

    def query(self, user_id: ObjectId) -> dict[str, Any]:
        """Returns the query for everything but the search."""
        query: dict[str, Any] = {"user_id": user_id, **self.kept_condition}
        for condition in self.peer_condition:
            query |= condition
        if self.updated_since is not None:
            query["updated_at"] = {"$gte": self.updated_since}
        further = [*self.checks, *self.created_condition]
        return query | ({"$and": further} if further else {})

    @property
    def kept_condition(self) -> Condition:
        """The condition for messages that are not deleted. Who asks for changes is told of deleted ones, too."""
        return {"deleted_at": None} if self.updated_since is None else {}

    @property
    def checks(self) -> list[Condition]:
        """The conditions for status, direction and error code, none or some."""
        statuses: list[Condition] = [{"$and": [listed, *more]} for listed, more in self.status_lists]
        return [
            *([{"$or": statuses}] if statuses else []),
            *([{"direction": self.direction}] if self.direction is not None else []),
            *self.error_condition,
        ]

    @property
    def status_lists(self) -> list[tuple[Condition, list[Condition]]]:
        """The lists, by a condition that an index serves, which together have the statuses, and what each is to fulfil.

        They are in the order in which a message goes through them: who reads one after the other misses none that
        changes meanwhile.

        The status is not stored: `public_status` makes it of the provider's, else of the outbox's.
        """
        lists: list[tuple[Condition, list[Condition]]] = [
            ({"provider_status": status}, [])
            for status in sorted(self.statuses & (PROVIDER_STATUSES | {RECEIVED}), key=_by_rank)
        ]
        own: list[Condition] = []
        if states := outbox_states_of(self.statuses):
            own.append({"outbound.state": {"$in": states}})
        if OutboxState.PENDING in self.statuses:
            own.append({"direction": "outbound", "outbound": None})
        return [({"provider_status": None}, [{"$or": own}]), *lists] if own else lists

    @property
    def error_condition(self) -> list[Condition]:
        return [] if self.error_code is None else [{"error_code": self.error_code}]

    @property
    def created_condition(self) -> list[Condition]:
        """The condition for the time of creation, or none."""
        limits = {"$gte": self.created_from, "$lt": self.created_before}
        given = {operator: at for operator, at in limits.items() if at is not None}
        return [{"created_at": given}] if given else []

    @property
    def peer_condition(self) -> list[Condition]:
        """The condition for the numbers, or none."""
        match self.peer_numbers:
            case []:
                return []
            case [number]:
                return [{"peer_number": number}]
            case numbers:
                return [{"peer_number": {"$in": numbers}}]


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


def _by_rank(status: str) -> tuple[int, str]:
    return rank_of(status), status
