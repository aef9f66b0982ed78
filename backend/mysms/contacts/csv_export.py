"""Exports the contacts of a user as a CSV file, which an import reads again."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from bson import ObjectId

from mysms.contacts.service import ContactService
from mysms.users.client_info import ClientInfo
from mysms.users.csv_export import CsvDownloads, Rows
from mysms.users.tokens import AccessClaims

COLUMNS = (
    *("number", "name", "note", "labels", "consent_method", "consent_at", "consent_source"),
    *("created_at", "updated_at"),
)
EXAMPLE = (
    '"number","name","note","labels","consent_method","consent_at","consent_source","created_at","updated_at"\r\n'
    '"+14155552671","Ada Lovelace","Prefers mornings.","customer;vip","web_form","2026-11-22T10:42:07.120Z",'
    '"example.com/join","2026-11-22T10:42:07.120Z","2026-11-22T10:42:07.120Z"\r\n'
)
LABEL_SEPARATOR = ";"
"""No label contains it."""


class ContactsCsvExport:
    """Exports contacts as CSV."""

    def __init__(self, contacts: ContactService, downloads: CsvDownloads) -> None:
        self._contacts = contacts
        self._downloads = downloads

    async def begin(self, caller: AccessClaims, client: ClientInfo) -> AsyncIterator[bytes]:
        """Returns the file in chunks, as `CsvDownloads` does."""
        batches = self._batches(caller.user_id)
        return await self._downloads.begin(caller, client, "contacts_exported", COLUMNS, batches)

    async def _batches(self, user_id: ObjectId) -> AsyncIterator[Rows]:
        async for contacts in self._contacts.batches(user_id):
            yield map(row_of, contacts)


def row_of(contact: Mapping[str, Any]) -> list[object]:
    """Returns the cells of a contact."""
    consent = contact["consent"] or {}
    cells = {
        **contact,
        "labels": LABEL_SEPARATOR.join(contact["labels"]),
        "consent_method": consent.get("method"),
        "consent_at": consent.get("at"),
        "consent_source": consent.get("source"),
    }
    return [cells[column] for column in COLUMNS]
