"""The messages, the webhook attempts and the numbers, in one SQLite file. Changes are committed before any response."""

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from devservers.twilio.media import Media
from devservers.twilio.messages import INBOUND, OUTBOUND, Message, Step

MAX_RECORDED_CALLBACKS = 2000

SCHEMA_VERSION = 6
_NUMBERS = """
CREATE TABLE IF NOT EXISTS numbers (
  number TEXT PRIMARY KEY, sms_url TEXT NOT NULL, sms_method TEXT NOT NULL,
  sms_fallback_url TEXT NOT NULL, sms_fallback_method TEXT NOT NULL, sms_application_sid TEXT NOT NULL
);
"""
_BLOCKED = """
CREATE TABLE IF NOT EXISTS blocked (sender TEXT NOT NULL, phone TEXT NOT NULL, PRIMARY KEY (sender, phone));
"""
_MEDIA = """
CREATE TABLE IF NOT EXISTS media (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  sid TEXT NOT NULL UNIQUE, message_sid TEXT NOT NULL, content_type TEXT NOT NULL, content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS media_of_message ON media (message_sid);
"""
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS messages (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  sid TEXT NOT NULL UNIQUE, account_sid TEXT NOT NULL, from_number TEXT NOT NULL, to_number TEXT NOT NULL,
  body TEXT NOT NULL, num_media INTEGER NOT NULL, num_segments INTEGER NOT NULL,
  created_at REAL NOT NULL, updated_at REAL NOT NULL, accepted_at REAL NOT NULL, sent_at REAL, skew REAL NOT NULL,
  status TEXT NOT NULL, error_code INTEGER, status_callback TEXT, deleted INTEGER NOT NULL,
  listed_to TEXT NOT NULL, request TEXT NOT NULL, plan TEXT NOT NULL, direction TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_unfinished ON messages (position) WHERE plan <> '[]';
CREATE TABLE IF NOT EXISTS callbacks (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL, sid TEXT NOT NULL, url TEXT NOT NULL, params TEXT NOT NULL, token TEXT NOT NULL,
  attempt INTEGER NOT NULL, status_code INTEGER, error TEXT
);
{_NUMBERS}
{_BLOCKED}
{_MEDIA}
"""
MIGRATIONS = {
    1: """
ALTER TABLE messages ADD COLUMN listed_to TEXT NOT NULL DEFAULT '[]';
UPDATE messages SET listed_to = json_array(to_number);
""",
    2: """
ALTER TABLE callbacks RENAME COLUMN answer TO status_code;
ALTER TABLE callbacks RENAME COLUMN problem TO error;
UPDATE messages SET plan = replace(plan, '"announced_only"', '"callback_only"');
""",
    3: f"""
ALTER TABLE messages ADD COLUMN direction TEXT NOT NULL DEFAULT '{OUTBOUND}';
{_NUMBERS}
""",
    4: _BLOCKED,
    5: _MEDIA,
}
"""The scripts that migrate a ledger from each version to the next one."""


ListOrder = Literal["created", "sent_unsent_first", "sent_unsent_last"]
# The date sent, as known at the moment `as_of`; NULL, which no comparison matches, if it was sent later.
_SENT = "iif(sent_at - skew <= :as_of, sent_at, NULL)"
# The phone that received a message, or sent it.
_PHONE = "iif(direction = 'inbound', from_number, to_number)"
_SORT_KEYS: Mapping[ListOrder, str] = {
    "created": "created_at",
    "sent_unsent_first": f"ifnull({_SENT}, 9e999)",
    "sent_unsent_last": f"ifnull({_SENT}, -9e999)",
}
"""The sort key of each order, descending. Of two equal keys the message accepted last comes first."""


class LedgerUnavailableError(Exception):
    """The data file cannot be used; the message gives the reason."""


@dataclass(frozen=True)
class CallbackRecord:
    """One delivery attempt of a callback: the receiver's HTTP status, or an error if there is none."""

    at: float
    sid: str
    url: str
    params: Mapping[str, str]
    token: str
    attempt: int
    status_code: int | None
    error: str | None

    @property
    def has_succeeded(self) -> bool:
        return self.status_code is not None and self.status_code < HTTPStatus.BAD_REQUEST


@dataclass(frozen=True)
class NumberSettings:
    """What a number of the account does with an inbound message, under the names of Twilio's resource."""

    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    sms_application_sid: str = ""


@dataclass(frozen=True)
class ListQuery:
    """The filters, order and page of a list request. `as_of` is the time of the snapshot that serves it.

    `before` and `after` are SIDs. They mark the current position of that message in the order, also if the message was
    deleted or does not match the filters.
    """

    to_number: str = ""
    from_number: str = ""
    sent_from: float | None = None
    sent_until: float | None = None
    as_of: float = math.inf
    order: ListOrder = "created"
    before: str | None = None
    after: str | None = None
    offset: int = 0

    def conditions(self) -> Sequence[str]:
        """SQL conditions; their parameters are named after the fields."""
        sort_key = _SORT_KEYS[self.order]
        marked = f"SELECT {sort_key}, position FROM messages WHERE sid ="  # noqa: S608 - our names
        conditions = {
            "to_number": "EXISTS (SELECT 1 FROM json_each(listed_to) WHERE value = :to_number)",
            "from_number": "from_number = :from_number",
            "sent_from": f"{_SENT} >= :sent_from",
            "sent_until": f"{_SENT} < :sent_until",
            "as_of": "accepted_at <= :as_of",
            "before": f"({sort_key}, position) < ({marked} :before)",
            "after": f"({sort_key}, position) > ({marked} :after)",
        }
        return [condition for name, condition in conditions.items() if getattr(self, name) not in {None, ""}]


class Ledger:
    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            # The exclusive lock keeps a second simulator off the file; the kernel releases it when the process ends.
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            # A commit must survive a crash of this process, but not a power failure.
            self._db.execute("PRAGMA synchronous=NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in {0, *MIGRATIONS, SCHEMA_VERSION}:
                raise sqlite3.DatabaseError("it was written by another version of the simulator; remove it")
            migrations = [MIGRATIONS[old] for old in range(version, SCHEMA_VERSION)] if version else [SCHEMA]
            self._db.executescript(
                f"BEGIN IMMEDIATE; {''.join(migrations)} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        except (OSError, sqlite3.Error) as error:
            raise LedgerUnavailableError(f"The data file {path} cannot be used: {error}.") from error

    def close(self) -> None:
        self._db.close()

    def insert(self, message: Message) -> None:
        self._insert("messages", _to_row(message))

    def find(self, sid: str) -> Message | None:
        row = self._db.execute("SELECT * FROM messages WHERE sid = ? AND NOT deleted", [sid]).fetchone()
        return None if row is None else _to_message(row)

    def update(self, message: Message, **changes: Any) -> Message:
        """Commit changed fields of a message."""
        row = {name: value for name, value in _to_row(replace(message, **changes)).items() if name in changes}
        assignments = ", ".join(f"{name} = ?" for name in row)
        self._db.execute(f"UPDATE messages SET {assignments} WHERE sid = ?", [*row.values(), message.sid])  # noqa: S608
        return replace(message, **changes)

    def page(self, query: ListQuery, limit: int) -> list[Message]:
        """A page in the query's order. With `after`, the page that ends just before that message, in the same order."""
        backwards = query.after is not None
        direction = "ASC" if backwards else "DESC"
        rows = self._db.execute(
            f"SELECT * FROM messages WHERE {' AND '.join(['NOT deleted', *query.conditions()])}"  # noqa: S608 - our names
            f" ORDER BY {_SORT_KEYS[query.order]} {direction}, position {direction} LIMIT :limit OFFSET :offset",
            asdict(query) | {"limit": limit},
        ).fetchall()
        return [_to_message(row).as_of(query.as_of) for row in (reversed(rows) if backwards else rows)]

    def newest(self, limit: int, *, phone: str | None = None, before: str | None = None) -> list[Message]:
        """The newest messages, the newest first: all, or those to and from one phone; before the message with a SID."""
        rows = self._db.execute(
            f"SELECT * FROM messages WHERE NOT deleted AND (:phone IS NULL OR {_PHONE} = :phone)"  # noqa: S608
            " AND (:before IS NULL OR position < (SELECT position FROM messages WHERE sid = :before))"
            " ORDER BY position DESC LIMIT :limit",
            {"phone": phone, "before": before, "limit": limit},
        )
        return [_to_message(row) for row in rows]

    def exists(self, sid: str) -> bool:
        """Whether this message was ever accepted, also if it is deleted now."""
        return self._db.execute("SELECT 1 FROM messages WHERE sid = ?", [sid]).fetchone() is not None

    def list_unsent(self) -> list[Message]:
        """Messages that are not sent yet and have not failed, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM messages WHERE NOT deleted AND sent_at IS NULL AND status NOT IN ('failed', 'canceled')"
            " ORDER BY position"
        )
        return [_to_message(row) for row in rows]

    def unfinished(self) -> list[str]:
        return [row["sid"] for row in self._db.execute("SELECT sid FROM messages WHERE plan <> '[]' ORDER BY position")]

    def all(self) -> Iterator[Message]:
        """All accepted messages, oldest first, including deleted ones."""
        return map(_to_message, self._db.execute("SELECT * FROM messages ORDER BY position"))

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM messages").fetchone()[0])

    def record_callback(self, record: CallbackRecord) -> None:
        row = asdict(record) | {"params": json.dumps(dict(record.params))}
        self._insert("callbacks", row)
        self._db.execute(
            "DELETE FROM callbacks WHERE position <= (SELECT max(position) FROM callbacks) - ?",
            [MAX_RECORDED_CALLBACKS],
        )

    def callbacks(self, sid: str = "", newest: int = MAX_RECORDED_CALLBACKS) -> Sequence[CallbackRecord]:
        """The newest attempts, oldest first: of all messages, or of one."""
        rows = self._db.execute(
            "SELECT * FROM (SELECT * FROM callbacks WHERE ? IN ('', sid) ORDER BY position DESC LIMIT ?)"
            " ORDER BY position",
            [sid, newest],
        )
        names = [field.name for field in fields(CallbackRecord)]
        return [CallbackRecord(**{n: row[n] for n in names} | {"params": json.loads(row["params"])}) for row in rows]

    def number_settings(self, number: str) -> NumberSettings:
        row = self._db.execute("SELECT * FROM numbers WHERE number = ?", [number]).fetchone()
        return NumberSettings() if row is None else NumberSettings(*tuple(row)[1:])

    def set_number(self, number: str, settings: NumberSettings) -> None:
        self._db.execute("DELETE FROM numbers WHERE number = ?", [number])
        self._insert("numbers", {"number": number, **asdict(settings)})

    def is_blocked(self, sender: str, phone: str) -> bool:
        """Whether the phone has opted out of texts from that number of the account."""
        row = self._db.execute("SELECT 1 FROM blocked WHERE sender = ? AND phone = ?", [sender, phone]).fetchone()
        return row is not None

    def set_blocked(self, sender: str, phone: str, *, blocked: bool) -> None:
        self._db.execute("DELETE FROM blocked WHERE sender = ? AND phone = ?", [sender, phone])
        if blocked:
            self._insert("blocked", {"sender": sender, "phone": phone})

    def add_media(self, media: Media) -> None:
        self._insert("media", asdict(media))

    def media_of(self, message_sid: str) -> list[Media]:
        """The media of a message, in the order in which its phone attached them."""
        return self._media("message_sid = ? ORDER BY position", message_sid)

    def find_media(self, sid: str) -> Media | None:
        return next(iter(self._media("sid = ?", sid)), None)

    def _media(self, condition: str, value: str) -> list[Media]:
        columns = "sid, message_sid, content_type, content"
        rows = self._db.execute(f"SELECT {columns} FROM media WHERE {condition}", [value])  # noqa: S608 - our names
        return [Media(*row) for row in rows]

    def delete_media(self, message_sid: str) -> None:
        self._db.execute("DELETE FROM media WHERE message_sid = ?", [message_sid])

    def clear(self) -> None:
        """Delete all messages and webhook attempts, and who has opted out. The numbers keep their settings."""
        self._db.executescript(
            "BEGIN IMMEDIATE; DELETE FROM messages; DELETE FROM callbacks; DELETE FROM blocked; DELETE FROM media;"
            " COMMIT;"
        )

    def clear_inbound(self) -> None:
        """Delete what the phones have sent, with its media."""
        self._db.execute(
            "DELETE FROM media WHERE message_sid IN (SELECT sid FROM messages WHERE direction = ?)", [INBOUND]
        )
        self._db.execute("DELETE FROM messages WHERE direction = ?", [INBOUND])

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        placeholders = ", ".join("?" * len(row))
        self._db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({placeholders})", list(row.values()))  # noqa: S608


def _to_row(message: Message) -> dict[str, Any]:
    row = {field.name: getattr(message, field.name) for field in fields(message)}
    plan = [asdict(step) for step in row["plan"]]
    return row | {
        "listed_to": json.dumps(row["listed_to"]),
        "request": json.dumps(row["request"]),
        "plan": json.dumps(plan),
    }


def _to_message(row: sqlite3.Row) -> Message:
    values = {field.name: row[field.name] for field in fields(Message)}
    return Message(
        **values
        | {
            "deleted": bool(values["deleted"]),
            "listed_to": json.loads(values["listed_to"]),
            "request": [(name, value) for name, value in json.loads(values["request"])],
            "plan": [Step(**step) for step in json.loads(values["plan"])],
        }
    )
