"""Exports the messages that match a filter as a CSV file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping

from bson import ObjectId

from mysms.messages.encoding import MessageFields
from mysms.messages.filter import MessageFilter
from mysms.messages.service import MessageHistory
from mysms.users.client_info import ClientInfo
from mysms.users.csv_export import CsvDownloads, Rows
from mysms.users.tokens import AccessClaims

COLUMNS = (
    *("created_at", "direction", "from_number", "recipient_number", "contact_name", "content"),
    *("status", "error_code", "error_message"),
    *("segments", "num_media", "updated_at", "twilio_sid", "_id"),
)
EXAMPLE = (
    '"created_at","direction","from_number","recipient_number","contact_name","content","status","error_code",'
    '"error_message","segments","num_media","updated_at","twilio_sid","_id"\r\n'
    '"2026-11-22T10:42:07.120Z","outbound","+15005550006","+14155552671","Ada Lovelace","Hello","delivered","","",'
    '"1","0","2026-11-22T10:42:09.430Z","SM3f0c2a4b1c93e5d0f7a12d3e4f5a6b7c","6921f0c2a4b1c93e5d0f7a12"\r\n'
)


class CsvExport:
    """Exports messages as CSV. `names_of` returns what a user calls those of some numbers that have a name."""

    def __init__(
        self,
        history: MessageHistory,
        names_of: Callable[[ObjectId, Collection[str]], Awaitable[Mapping[str, str]]],
        downloads: CsvDownloads,
    ) -> None:
        self._history = history
        self._names_of = names_of
        self._downloads = downloads

    async def begin(
        self, caller: AccessClaims, message_filter: MessageFilter, client: ClientInfo
    ) -> AsyncIterator[bytes]:
        """Returns the file in chunks, as `CsvDownloads` does."""
        batches = self._batches(caller.user_id, message_filter)
        return await self._downloads.begin(caller, client, "messages_exported", COLUMNS, batches)

    async def _batches(self, user_id: ObjectId, message_filter: MessageFilter) -> AsyncIterator[Rows]:
        async for messages in self._history.batches(user_id, message_filter):
            names = await self._names_of(user_id, {message["peer_number"] for message in messages})
            yield rows_of(messages, names)


def rows_of(messages: Iterable[MessageFields], names: Mapping[str, str]) -> Iterator[list[object]]:
    """Yields the cells of each message."""
    for message in messages:
        cells = {**message, "contact_name": names.get(message["peer_number"])}
        yield [cells[column] for column in COLUMNS]
