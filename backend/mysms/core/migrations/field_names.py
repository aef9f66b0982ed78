"""The fields of messages and conversations in schema 1, and their values in schema 2. Pure."""

from collections.abc import Mapping
from typing import Any

_OUTBOUND_FIELDS = {
    "line": "sender_key",
    "text_key": "dedup_key",
    "dispatch": "state",
    "attempt": "attempt",
    "owner": "worker_id",
    "due_at": "due_at",
    "next_attempt_at": "next_attempt_at",
    "first_claimed_at": "first_claimed_at",
    "unknown_since": "unconfirmed_since",
    "absent_since": "absent_since",
    "withdrawn": "cancel_requested",
    "check_at": "next_check_at",
    "checks": "check_count",
    "second_sids": "duplicate_sids",
}
_DEFAULTS = {"dispatch": "pending", "attempt": 0, "withdrawn": False, "checks": 0, "second_sids": []}
_STATES = {"settled": "accepted", "refused": "rejected"}

OLD_MESSAGE_FIELDS = [*_OUTBOUND_FIELDS, "carrier_status", "rank"]
OLD_CONVERSATION_FIELDS = ["last", "storing", "open"]

Row = Mapping[str, Any]


def message_values(row: Row) -> dict[str, Any]:
    """Returns the new fields of a message of schema 1."""
    outbound = {new: row.get(old, _DEFAULTS.get(old)) for old, new in _OUTBOUND_FIELDS.items()}
    outbound["state"] = _STATES.get(outbound["state"], outbound["state"])
    outbound["due_at"] = outbound["due_at"] or row["created_at"]
    return {
        "outbound": outbound,
        "provider_status": row.get("carrier_status"),
        "status_rank": row.get("rank", 0),
        "events": [_rename_source(event) for event in row.get("events", [])],
    }


def conversation_values(row: Row) -> dict[str, Any]:
    """Returns the new fields of a conversation of schema 1, into which the current version may have written already."""
    return {
        "last_message_key": max(row.get("last") or "", row.get("last_message_key") or "") or None,
        "pending_message_ids": {**row.get("pending_message_ids", {}), **row.get("storing", {})},
        "pending_count": row.get("pending_count", 0) + row.get("open", 0),
    }


def current_source(source: str) -> str:
    """Returns the name of an event's source in schema 2."""
    return "user" if source == "author" else source


def _rename_source(event: Row) -> Row:
    return {**event, "source": current_source(event["source"]), "key": event["key"].replace("author:", "user:", 1)}
