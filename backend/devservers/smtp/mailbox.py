"""The received mails, in one SQLite file. A mail is committed before its response."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path

MAX_MAILS = 300

_SCHEMA_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS mails (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, content BLOB NOT NULL
);
PRAGMA user_version = {_SCHEMA_VERSION};
COMMIT;
"""


class MailboxUnavailableError(Exception):
    """The data file cannot be used; the message gives the reason."""


@dataclass(frozen=True)
class Mail:
    id: int
    """Greater than that of every earlier mail."""
    received_at: datetime
    sender: str
    recipients: Sequence[str]
    subject: str
    text: str
    """The plain text; empty if the mail has none."""

    @classmethod
    def parse(cls, id_: int, content: bytes, sender: str, recipients: Sequence[str], received_at: datetime) -> "Mail":
        try:
            message = BytesParser(policy=policy.default).parsebytes(content)
            body = message.get_body(("plain",))
            subject, text = str(message["Subject"] or ""), "" if body is None else str(body.get_content())
        except Exception:  # noqa: BLE001  # the library raises errors of many kinds for mails that do not make sense
            subject, text = "", content.decode(errors="replace")
        text = _encodable(text).replace("\r\n", "\n")
        return cls(id_, received_at, sender, tuple(recipients), _encodable(subject), text)


def _encodable(text: str) -> str:
    """Replaces lone surrogates, which some charsets yield and no page can contain."""
    return text.encode(errors="replace").decode()


class Mailbox:
    """The newest mails, the newest first."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Opens or creates the file. Raises MailboxUnavailableError."""
        self._now = now
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
            # The exclusive lock keeps a second mail catcher off the file; the kernel releases it when the process ends.
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            # A commit must survive a crash of this process, but not a power failure.
            self._db.execute("PRAGMA synchronous=NORMAL")
            if self._db.execute("PRAGMA user_version").fetchone()[0] not in {0, _SCHEMA_VERSION}:
                raise sqlite3.DatabaseError("it was written by another version of the mail catcher; remove it")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise MailboxUnavailableError(f"The data file {path} cannot be used: {error}.") from error

    def close(self) -> None:
        self._db.close()

    def add(self, content: bytes, sender: str, recipients: Sequence[str]) -> None:
        """Keeps a mail. The oldest ones are deleted."""
        row = (self._now().isoformat(), sender, "\n".join(recipients), content)
        added = self._db.execute(
            "INSERT INTO mails (received_at, sender, recipients, content) VALUES (?, ?, ?, ?)", row
        ).lastrowid
        self._db.execute("DELETE FROM mails WHERE position <= ?", [(added or 0) - MAX_MAILS])

    def mails(self, to: str | None = None, *, before: int | None = None, limit: int = MAX_MAILS) -> list[Mail]:
        """Returns the newest mails, at most `limit`, before the mail with that ID; of these, those to one address."""
        rows = self._db.execute(
            "SELECT position, content, sender, recipients, received_at FROM mails"
            " WHERE :before IS NULL OR position < :before ORDER BY position DESC LIMIT :limit",
            {"before": before, "limit": limit},
        )
        mails = [
            Mail.parse(position, content, sender, recipients.split("\n"), datetime.fromisoformat(received_at))
            for position, content, sender, recipients, received_at in rows
        ]
        return [mail for mail in mails if to is None or to.lower() in map(str.lower, mail.recipients)]
