"""What is known about whether a number may be written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, get_args

from bson import ObjectId

Source = Literal["keyword", "provider", "refused", "manual"]
"""A word that the person sent, the provider's own report about it, its refusal of a message to them, or a user."""
SOURCES: tuple[Source, ...] = get_args(Source)
Scope = Literal["sender", "all"]
"""Whether an opt-out holds for the sender that it was sent to, or for all."""


@dataclass(frozen=True)
class OptOutChange:
    """An opt-out or opt-in of a number, as somebody reports it. Reports of one event have the same key."""

    key: str
    sender: str
    number: str
    opted_out: bool
    at: datetime
    """When the provider received it, as far as that is known: the newest one holds."""
    source: Source
    reason: str | None = None
    recorded_by: ObjectId | None = None
    """The user who did it by hand."""
    spares_manual: bool = False
    """Whether it leaves an opt-out by hand as it is."""


@dataclass(frozen=True)
class OptOutEntry:
    """An opt-out or opt-in that was recorded."""

    opted_out: bool
    at: datetime
    source: Source
    reason: str | None
    recorded_by: ObjectId | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["opted_out"], row["at"], row["source"], row["reason"], row["recorded_by"])


@dataclass(frozen=True)
class OptOutRecord:
    """Whether a sender may write to a number, by what, and what was recorded before, oldest first."""

    sender: str
    number: str
    current: OptOutEntry
    history: Sequence[OptOutEntry]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        history = sorted(map(OptOutEntry.of, row["history"]), key=lambda entry: entry.at)
        return cls(row["sender"], row["number"], OptOutEntry.of(row), history)
