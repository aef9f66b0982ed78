"""Exports the messages that match a filter as a CSV file (RFC 4180) of any length, streamed batch by batch.

The file begins with a byte order mark: without one, Excel reads UTF-8 as the code page of the machine. Programs skip it
(`utf-8-sig` in Python).
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.messages.encoding import MessageFields
from mysms.messages.filter import MessageFilter
from mysms.messages.service import MessageHistory
from mysms.users.accounts import AccountService
from mysms.users.client_info import ClientInfo
from mysms.users.sessions import SessionService
from mysms.users.tokens import AccessClaims

COLUMNS = (
    *("created_at", "direction", "from_number", "recipient_number", "content", "status", "error_code", "error_message"),
    *("segments", "updated_at", "twilio_sid", "_id"),
)
EXAMPLE = (
    '"created_at","direction","from_number","recipient_number","content","status","error_code","error_message",'
    '"segments","updated_at","twilio_sid","_id"\r\n'
    '"2026-11-22T10:42:07.120Z","outbound","+15005550006","+14155552671","Hello","delivered","","","1",'
    '"2026-11-22T10:42:09.430Z","SM3f0c2a4b1c93e5d0f7a12d3e4f5a6b7c","6921f0c2a4b1c93e5d0f7a12"\r\n'
)

INCOMPLETE = "incomplete: the session has ended"
"""Where the time of the next message would be, so that nobody takes the file for complete."""

_LIMIT = Limit("csv_export", 30, timedelta(hours=1))
_BYTE_ORDER_MARK = "\ufeff"
_FORMULA = re.compile(
    r"\A(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
    # Where the list separator is a semicolon or a tab, a spreadsheet ignores quotes inside a line.
    r"|(?<=[;\t\r\n])(?=['\"]*[=+@\uff1d\uff0b\uff20])|(?<=[;\t])(?=['\"]*[-\uff0d](?!\)))"
)
"""Where a cell may begin that a spreadsheet evaluates.

It may begin with apostrophes, so that one more can be taken away again. The last characters are wide forms.
"""
_PHONE_NUMBER = re.compile(r"\+[0-9]{1,15}")
"""Evaluates to its own digits, of which a spreadsheet keeps fifteen."""


class CsvExport:
    """Exports messages as CSV."""

    def __init__(
        self,
        history: MessageHistory,
        accounts: AccountService,
        sessions: SessionService,
        limiter: RateLimiter,
        events: SecurityEvents,
    ) -> None:
        self._history = history
        self._accounts = accounts
        self._sessions = sessions
        self._limiter = limiter
        self._events = events

    async def begin(
        self, caller: AccessClaims, message_filter: MessageFilter, client: ClientInfo
    ) -> AsyncIterator[bytes]:
        """Returns the file in chunks, each of which is created when it is needed.

        Raises RateLimitedError, and UnauthenticatedError if the account is gone.
        """
        user = await self._accounts.find(caller)
        with self._events.recording_rate_limits(account=user.email, address=client.address):
            await self._limiter.hit(_LIMIT, str(caller.user_id))
        batches = self._history.batches(caller.user_id, message_filter)
        # Read before the response begins, so that an unavailable database gets an error and not a truncated file.
        first = await anext(batches)
        self._events.record("messages_exported", account=user.email, address=client.address)
        return self._pieces(caller, first, batches)

    async def _pieces(
        self, caller: AccessClaims, first: list[MessageFields], batches: AsyncIterator[list[MessageFields]]
    ) -> AsyncIterator[bytes]:
        yield (_BYTE_ORDER_MARK + _to_csv([COLUMNS]) + to_lines(first)).encode()
        async for batch in batches:
            if not await self._sessions.is_active(caller):
                yield _to_csv([[INCOMPLETE, *("" for _ in COLUMNS[1:])]]).encode()
                return
            if batch:
                yield to_lines(batch).encode()


def to_lines(messages: Iterable[MessageFields]) -> str:
    """Returns the lines of these messages."""
    return _to_csv([_cell(message[column]) for column in COLUMNS] for message in messages)  # type: ignore[literal-required]


def _to_csv(rows: Iterable[Iterable[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return file.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if _PHONE_NUMBER.fullmatch(text) else _FORMULA.sub("'", text)
