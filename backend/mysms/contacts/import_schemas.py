"""Response schemas of the import of contacts."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any, get_args

from pydantic import BaseModel, Field

from mysms.contacts.import_files import ContactFile, Format
from mysms.contacts.import_files import Field as ColumnField
from mysms.contacts.imports import Item, Outcome
from mysms.contacts.schemas import ConsentResponse
from mysms.core.timestamps import to_rfc3339


class ImportCounts(BaseModel):
    """How many numbers of the file are which."""

    new: int = Field(examples=[120], description="Of contacts that you did not have.")
    updated: int = Field(examples=[3], description="Of contacts that you had with other fields.")
    duplicate: int = Field(examples=[7], description="Of contacts that stay as they are, or of rows above in the file.")
    invalid: int = Field(examples=[1], description="That are not imported.")


class ImportColumn(BaseModel):
    """A column of the file."""

    name: str = Field(examples=["Phone 1 - Value"])
    field: ColumnField = Field(examples=["number"], description="What it is taken for.")
    examples: list[str] = Field(examples=[["+1 415 555 2671"]], description="A few of its cells.")


class ImportItem(BaseModel):
    """A number of a row, or a row without one."""

    row: int = Field(examples=[2], description="As a spreadsheet counts them, or the place of the card.")
    outcome: Outcome
    number: str = Field(examples=["+14155552671"], description="As it is written if it is not a phone number.")
    name: str = Field(examples=["Ada Lovelace"])
    note: str = Field(examples=["Prefers mornings."])
    labels: list[str] = Field(examples=[["customer"]])
    consent: ConsentResponse | None
    reason: str | None = Field(examples=[None], description="Why it is not imported.")


class ImportResponse(BaseModel):
    """What a file of contacts changes."""

    applied: bool = Field(description="Whether it has been changed.")
    format: Format
    country: str | None = Field(
        examples=["CH"],
        description="The country whose numbers were read as they are dialled there. Null if each number must begin "
        "with a country code.",
    )
    columns: list[ImportColumn]
    counts: ImportCounts
    preview: list[ImportItem] = Field(description="The first ten numbers of the file.")
    rejected_csv: str | None = Field(
        examples=[None],
        description="The rows with a `reason` as a CSV file, and the reasons in its first column. It can be imported "
        "once it is put right. Null if there are none.",
    )


def import_fields(
    file: ContactFile,
    items: Sequence[Item],
    rejected: str | None,
    *,
    country: str | None,
    previewed: int,
    applied: bool,
) -> dict[str, Any]:
    """Returns the JSON of an import, as `ImportResponse` documents it."""
    counts = Counter(item.outcome for item in items)
    names = {draft.row: draft.name for draft in islice(file.drafts, previewed)}
    return {
        "applied": applied,
        "format": file.format,
        "country": country,
        "columns": [
            {"name": column.name, "field": column.field, "examples": list(column.examples)} for column in file.columns
        ],
        "counts": {outcome: counts[outcome] for outcome in get_args(Outcome)},
        "preview": [_item_fields(item, names.get(item.row, "")) for item in items[:previewed]],
        "rejected_csv": rejected,
    }


def _item_fields(item: Item, name: str) -> dict[str, Any]:
    fields = item.fields or {"name": name, "note": "", "labels": [], "consent": None}
    consent = fields["consent"]
    return {
        "row": item.row,
        "outcome": item.outcome,
        "number": item.number,
        **fields,
        "consent": consent and {**consent, "at": to_rfc3339(consent["at"])},
        "reason": item.reason,
    }
