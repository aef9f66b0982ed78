"""What is known about whether a number may be written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self

from bson import ObjectId

from mysms.opt_outs.keywords import Wish

Source = Literal["keyword", "provider", "refused", "manual"]
"""A word that the person sent, the provider's own report about it, its refusal of a message to them, or a user."""
Scope = Literal["sender", "all"]
"""Whether an opt-out by the person holds for the sender that it was sent to, or for all. One by hand is for all."""


@dataclass(frozen=True)
class OptOutChange:
    """An opt-out or opt-in of a number, as somebody reports it. Reports of one event have the same key."""

    key: str
    sender: str
    number: str
    wish: Wish
    at: datetime
    """When the provider received it, as far as that is known: the newest one holds."""
    source: Source
    reason: str | None = None
    is_dated_by_provider: bool = False
    """Whether `at` is by the provider's clock, and not by ours."""

    @property
    def opted_out(self) -> bool:
        return self.wish == "opt_out"

    @classmethod
    def of_refusal(cls, message_id: ObjectId, attempt: int, sender: str, number: str, claimed_at: datetime) -> Self:
        """Returns what the provider's refusal of an attempt tells: it knows of an opt-out.

        As of the attempt's claim: who opts in after the refusal does so later, however late it is recorded.
        """
        return cls(f"refused:{message_id}:{attempt}", sender, number, "opt_out", claimed_at, "refused")


@dataclass(frozen=True)
class OptOutEntry:
    """An opt-out or opt-in that was recorded."""

    opted_out: bool
    at: datetime
    source: Source
    reason: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["opted_out"], row["at"], row["source"], row["reason"])


@dataclass(frozen=True)
class OptOutRecord:
    """What a number wishes itself, what users have recorded by hand, and all that was recorded, oldest first."""

    own: OptOutEntry | None
    manual: OptOutEntry | None
    history: Sequence[OptOutEntry]

    @property
    def latest(self) -> OptOutEntry:
        """What decides: an opt-out of one's own before one by hand, and the newest if there is none."""
        entries = [entry for entry in (self.own, self.manual) if entry is not None]
        return max(entries, key=lambda entry: (entry.opted_out, entry.opted_out and entry is self.own, entry.at))

    @property
    def opted_out_by_recipient(self) -> bool:
        return self.own is not None and self.own.opted_out

    def by_hand(self) -> Self | None:
        """Returns what of it users have recorded, and what undoes it now; None if they have not."""
        if self.manual is None:
            return None
        by_hand = [entry for entry in self.history if entry.source == "manual" or entry == self.manual]
        return replace(self, own=None, history=by_hand)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        own, manual = (OptOutEntry.of(row[name]) if name in row else None for name in ("own", "manual"))
        return cls(own, manual, sorted(map(OptOutEntry.of, row["history"]), key=lambda entry: entry.at))


@dataclass(frozen=True)
class StoredOptOut:
    """What is known about a number and one of our numbers that it wrote to, or that wrote to it."""

    sender: str
    number: str
    record: OptOutRecord
