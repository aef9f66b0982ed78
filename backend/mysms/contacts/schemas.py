"""Request and response schemas of contacts."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from mysms.contacts.labels import LABEL_SEPARATORS
from mysms.contacts.models import ConsentMethod
from mysms.core.blank import is_blank
from mysms.core.strict_model import StrictModel
from mysms.core.timestamps import Timestamp, UtcDatetime, to_rfc3339

MAXIMUM_NAME = 100
MAXIMUM_NOTE = 2_000
MAXIMUM_LABEL = 40
MAXIMUM_LABELS = 20
MAXIMUM_SOURCE = 200
MAXIMUM_CONTACT_LENGTH = MAXIMUM_NAME + MAXIMUM_NOTE + MAXIMUM_LABELS * MAXIMUM_LABEL + MAXIMUM_SOURCE
"""Characters of all its texts together."""

_MOST_PARTS = 4
"""Of a character, as some keyboards and files write it."""
_NORMALISED_NOTE = 2 * MAXIMUM_NOTE
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_NOTE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Those that a text of several lines cannot have."""


def _tidied(most: int) -> BeforeValidator:
    """One spelling of the same characters, without white space around them.

    Of at most so many: longer texts are refused in any form, and normalising one can take quadratic time.
    """

    def tidy(value: object) -> object:
        if not isinstance(value, str) or len(value) > most:
            return value
        return unicodedata.normalize("NFC", value).strip()

    return BeforeValidator(tidy)


def _require_line(value: str) -> str:
    if is_blank(value):
        raise PydanticCustomError("blank", "can't be blank")
    if _CONTROL.search(value):
        raise PydanticCustomError("string_unicode", "contains an invalid character")
    return value


def _require_lines(value: str) -> str:
    if _CONTROL_IN_NOTE.search(value):
        raise PydanticCustomError("string_unicode", "contains an invalid character")
    return "" if is_blank(value) else value


def _in_milliseconds(time: datetime) -> datetime:
    """As it is stored."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _require_label(value: str) -> str:
    if LABEL_SEPARATORS.search(value):
        raise PydanticCustomError("separator", "can't contain a comma, a semicolon or :::")
    return value


def _once(labels: list[str]) -> list[str]:
    return list(dict.fromkeys(labels))


_Label = Annotated[
    str,
    Field(max_length=MAXIMUM_LABEL, json_schema_extra={"minLength": 1}),
    _tidied(_MOST_PARTS * MAXIMUM_LABEL),
    AfterValidator(_require_line),
    AfterValidator(_require_label),
]


class ConsentFields(StrictModel):
    """How somebody has agreed to be written to."""

    method: ConsentMethod
    at: Annotated[UtcDatetime, AfterValidator(_in_milliseconds)] = Field(examples=["2026-11-22T10:42:07.120Z"])
    source: Annotated[str, _tidied(_MOST_PARTS * MAXIMUM_SOURCE), AfterValidator(_require_line)] = Field(
        max_length=MAXIMUM_SOURCE,
        description="Where that can be looked up, such as the address of the form.",
        examples=["Sign-up form on example.com"],
        json_schema_extra={"minLength": 1},
    )


class ContactFields(StrictModel):
    """What you call a number, and what you know about whose it is."""

    name: Annotated[str, _tidied(_MOST_PARTS * MAXIMUM_NAME), AfterValidator(_require_line)] = Field(
        max_length=MAXIMUM_NAME, examples=["Ada Lovelace"], json_schema_extra={"minLength": 1}
    )
    note: Annotated[str, _tidied(_NORMALISED_NOTE), AfterValidator(_require_lines)] = Field(
        "", max_length=MAXIMUM_NOTE, examples=["Prefers mornings."]
    )
    labels: Annotated[list[_Label], AfterValidator(_once)] = Field(
        [], max_length=MAXIMUM_LABELS, examples=[["customer"]], description="Without commas, semicolons and `:::`."
    )
    consent: ConsentFields | None = Field(None, description="Null if it is not known.")


class ContactRequest(StrictModel):
    contact: ContactFields


class ConsentResponse(BaseModel):
    """How somebody has agreed to be written to."""

    method: ConsentMethod
    at: Timestamp
    source: str = Field(examples=["Sign-up form on example.com"])


class ContactResponse(BaseModel):
    """What you call a number."""

    number: str = Field(
        examples=["+14155552671"],
        description="In E.164, in the shortest of the spellings that a provider may use: +52 without 1 after it, and "
        "+54 without 9.",
    )
    name: str = Field(examples=["Ada Lovelace"], description="Empty once it was deleted.")
    note: str = Field(examples=["Prefers mornings."])
    labels: list[str] = Field(examples=[["customer"]])
    consent: ConsentResponse | None
    created_at: Timestamp
    updated_at: Timestamp
    version: int = Field(
        examples=[1],
        description="Grows with every change. Of two copies of a contact, the one with the higher is newer.",
    )
    deleted_at: Timestamp | None = Field(
        examples=[None],
        description="When you deleted it. Only the list of what has changed has deleted contacts, for a day.",
    )


def contact_fields(row: dict[str, Any]) -> dict[str, Any]:
    """Returns the JSON of a stored contact, as `ContactResponse` documents it."""
    consent, deleted_at = row["consent"], row["deleted_at"]
    return {
        "number": row["number"],
        "name": row["name"],
        "note": row["note"],
        "labels": row["labels"],
        "consent": consent and {**consent, "at": to_rfc3339(consent["at"])},
        "created_at": to_rfc3339(row["created_at"]),
        "updated_at": to_rfc3339(row["updated_at"]),
        "version": row["change_count"],
        "deleted_at": deleted_at and to_rfc3339(deleted_at),
    }


def encode(rows: list[dict[str, Any]]) -> bytes:
    """Returns the JSON of stored contacts."""
    return orjson.dumps([contact_fields(row) for row in rows])
