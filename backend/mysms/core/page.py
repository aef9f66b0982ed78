"""A page of a list, as a response has it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page of a user's messages or conversations, newest first, or of contacts."""

    body: bytes
    """A JSON array."""
    total: int | None
    """The number of messages in all pages; None for conversations and contacts. Of a search, see `Found.total`."""
    revision: int
    """The page has all changes up to this revision; later ones get a higher revision."""
    last_id: str | None
    """The id of the last row's message, if there are older rows; of a search, that of the last message searched; of
    changes and contacts, the position of the last row."""
    first_id: str | None = None
    """The id of the first row's message, if there are newer rows and the page was read in that direction; of a search,
    that of the newest message searched."""
