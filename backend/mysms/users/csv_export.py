"""Files for a signed-in user, of any length, streamed batch by batch."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import Literal

from mysms.core.csv_files import BYTE_ORDER_MARK, to_csv
from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.users.accounts import AccountService
from mysms.users.client_info import ClientInfo
from mysms.users.sessions import SessionService
from mysms.users.tokens import AccessClaims

INCOMPLETE = "incomplete: the session has ended"
"""In the first cell of a last line, so that nobody takes the file for complete."""

_LIMIT = Limit("csv_export", 30, timedelta(hours=1))

Rows = Iterable[Iterable[object]]


class CsvDownloads:
    """CSV files of what a user has stored."""

    def __init__(
        self, accounts: AccountService, sessions: SessionService, limiter: RateLimiter, events: SecurityEvents
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._limiter = limiter
        self._events = events

    async def begin(
        self,
        caller: AccessClaims,
        client: ClientInfo,
        event: Literal["messages_exported", "contacts_exported"],
        columns: Sequence[str],
        batches: AsyncIterator[Rows],
    ) -> AsyncIterator[bytes]:
        """Returns the file in chunks, each of which is created when it is needed. There is at least one batch.

        Raises RateLimitedError, and UnauthenticatedError if the account is gone.
        """
        user = await self._accounts.find(caller)
        with self._events.recording_rate_limits(account=user.email, address=client.address):
            await self._limiter.hit(_LIMIT, str(caller.user_id))
        # Read before the response begins, so that an unavailable database gets an error and not a truncated file.
        first = await anext(batches)
        self._events.record(event, account=user.email, address=client.address)
        return self._pieces(caller, columns, first, batches)

    async def _pieces(
        self, caller: AccessClaims, columns: Sequence[str], first: Rows, batches: AsyncIterator[Rows]
    ) -> AsyncIterator[bytes]:
        yield (BYTE_ORDER_MARK + to_csv([columns]) + to_csv(first)).encode()
        async for batch in batches:
            if not await self._sessions.is_active(caller):
                yield to_csv([[INCOMPLETE, *("" for _ in columns[1:])]]).encode()
                return
            if lines := to_csv(batch):
                yield lines.encode()
