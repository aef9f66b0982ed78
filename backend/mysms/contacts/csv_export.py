"""Exports the contacts of a user as a CSV file, which an import reads again, but for opt-outs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Any

from bson import ObjectId

from mysms.contacts.service import ContactService
from mysms.core.timestamps import to_rfc3339
from mysms.opt_outs.schemas import OptOutResponse
from mysms.users.client_info import ClientInfo
from mysms.users.csv_export import CsvDownloads, Rows
from mysms.users.tokens import AccessClaims

COLUMNS = (
    *("number", "name", "note", "labels", "consent_method", "consent_at", "consent_source"),
    *("opted_out", "opt_out_at", "opt_out_source"),
    *("created_at", "updated_at"),
)
EXAMPLE = (
    '"number","name","note","labels","consent_method","consent_at","consent_source","opted_out",'
    '"opt_out_at","opt_out_source","created_at","updated_at"\r\n'
    '"+14155552671","Ada Lovelace","Prefers mornings.","customer;vip","web_form","2026-11-22T10:42:07.120Z",'
    '"example.com/join","true","2026-11-23T08:00:00.000Z","keyword","2026-11-22T10:42:07.120Z",'
    '"2026-11-22T10:42:07.120Z"\r\n'
)
LABEL_SEPARATOR = ";"
"""No label contains it."""


class ContactsCsvExport:
    """Exports contacts with their consents and opt-outs as CSV.

    `opt_outs` returns what is known of each of some numbers.
    """

    def __init__(
        self,
        contacts: ContactService,
        opt_outs: Callable[[Collection[str]], Awaitable[Mapping[str, OptOutResponse]]],
        downloads: CsvDownloads,
    ) -> None:
        self._contacts = contacts
        self._opt_outs = opt_outs
        self._downloads = downloads

    async def begin(self, caller: AccessClaims, client: ClientInfo) -> AsyncIterator[bytes]:
        """Returns the file in chunks, as `CsvDownloads` does."""
        batches = self._batches(caller.user_id)
        return await self._downloads.begin(caller, client, "contacts_exported", COLUMNS, batches)

    async def _batches(self, user_id: ObjectId) -> AsyncIterator[Rows]:
        async for contacts in self._contacts.batches(user_id):
            opt_outs = await self._opt_outs([contact["number"] for contact in contacts])
            yield (row_of(contact, opt_outs.get(contact["number"])) for contact in contacts)


def row_of(contact: Mapping[str, Any], opt_out: OptOutResponse | None) -> list[object]:
    """Returns the cells of a contact."""
    consent = contact["consent"] or {}
    latest = opt_out.latest if opt_out and opt_out.opted_out else None
    cells = {
        **contact,
        "labels": LABEL_SEPARATOR.join(contact["labels"]),
        "consent_method": consent.get("method"),
        "consent_at": consent.get("at"),
        "consent_source": consent.get("source"),
        "opted_out": "true" if latest else "false",
        "opt_out_at": latest and to_rfc3339(latest.at),
        "opt_out_source": latest and latest.source,
    }
    return [cells[column] for column in COLUMNS]
