"""The stored documents of contacts."""

from datetime import datetime
from typing import ClassVar, Literal

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, IndexModel

ConsentMethod = Literal["web_form", "text_message", "verbal", "written", "other"]

_KEPT = (("user_id", ASCENDING), ("deleted_at", ASCENDING))


class Consent(BaseModel):
    """How somebody has agreed to be written to."""

    method: ConsentMethod
    at: datetime
    source: str


class Contact(Document):
    """What a user calls a number. A deleted one has only its number, and stays for a day."""

    id: str  # type: ignore[assignment]  # made of the user and the number
    user_id: PydanticObjectId
    number: str
    name: str
    note: str = ""
    labels: list[str] = Field(default_factory=list)
    consent: Consent | None = None
    sort_key: str
    terms: list[str]
    """What `terms_of` returns."""
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    revision: int
    change_count: int
    schema_version: int = 1

    class Settings:
        name = "contacts"
        indexes: ClassVar = [
            IndexModel([*_KEPT, ("sort_key", ASCENDING)], name="by_name"),
            IndexModel([("user_id", ASCENDING), ("terms", ASCENDING), ("sort_key", ASCENDING)], name="terms"),
            IndexModel([("user_id", ASCENDING), ("revision", ASCENDING), ("_id", ASCENDING)], name="user_revision"),
            IndexModel([("revision", ASCENDING)], name="revision"),
            IndexModel([("deleted_at", ASCENDING)], name="deletions"),
        ]
