"""What a file of contacts would change: which of its rows are new, and which are rejected and why. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from mysms.contacts.import_files import ContactFile, Draft
from mysms.contacts.schemas import MAXIMUM_LABELS, ContactFields
from mysms.core.csv_files import to_csv
from mysms.core.giving_way import giving_way
from mysms.core.phone_numbers import PhoneNumberError, canonical, normalise
from mysms.core.validation_sentences import sentence_of

Outcome = Literal["new", "updated", "duplicate", "invalid"]
Existing = Literal["update", "keep"]
REASON = "reason"
"""The first column of the rejected rows. An import ignores it."""

_ROUNDED = re.compile(r"\+?[0-9]+([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
"""As a spreadsheet shows, and exports, a long number: without its last digits."""

_SUBJECTS = {
    "name": "Name",
    "note": "Note",
    "labels": "List of labels",
    "method": "Consent method",
    "at": "Consent time",
    "source": "Consent source",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A number of a row. One without `fields` is not imported."""

    row: int
    number: str
    fields: Mapping[str, Any] | None
    reason: str | None = None
    outcome: Outcome = "invalid"

    @property
    def is_changing(self) -> bool:
        """Whether it changes a contact, or makes one."""
        return self.outcome in {"new", "updated"}


def check(drafts: Sequence[Draft], default_country: str | None) -> list[Item]:
    """Returns what is in a file, in its order. Of a number that it has several times, the first one counts."""
    seen: dict[str, Item] = {}
    items: list[Item] = []
    for draft in giving_way(drafts):
        for item in _items_of(draft, default_country):
            first = seen.get(item.number)
            if item.fields is None:
                items.append(item)
            elif first is None:
                seen[item.number] = item
                items.append(item)
            else:
                # The same once more is nothing that somebody must look at.
                reason = None if first.fields == item.fields else f"Number is also that of row {first.row}"
                items.append(replace(item, fields=None, reason=reason, outcome="duplicate"))
    return items


def merge(known: Mapping[str, Any] | None, fields: Mapping[str, Any], existing: Existing) -> Mapping[str, Any]:
    """Returns what a contact is after an import. Importing the same again changes nothing.

    What a file does not state stays. A consent that is known is the proof of something that has happened: it stays
    whatever a file says.
    """
    if known is None or known["deleted_at"] is not None:
        return fields
    if existing == "keep":
        return {name: known[name] for name in fields}
    labels = list(dict.fromkeys([*known["labels"], *fields["labels"]]))[:MAXIMUM_LABELS]
    return {
        "name": fields["name"],
        "note": fields["note"] or known["note"],
        "labels": labels,
        "consent": known["consent"] or fields["consent"],
    }


def outcome_of(known: Mapping[str, Any] | None, fields: Mapping[str, Any], existing: Existing) -> Outcome:
    if known is None or known["deleted_at"] is not None:
        return "new"
    merged = merge(known, fields, existing)
    return "duplicate" if all(known[name] == merged[name] for name in merged) else "updated"


def rejected_rows(file: ContactFile, items: Sequence[Item]) -> str | None:
    """Returns the rows that somebody must look at as a CSV file, which can be imported once it is put right."""
    reasons: dict[int, list[str]] = {}
    for item in items:
        if item.reason is not None:
            reasons.setdefault(item.row, []).append(item.reason)
    if not reasons:
        return None
    width = len(file.columns)
    rows = (
        [". ".join(dict.fromkeys(reasons[draft.row])), *draft.cells[:width], *[""] * (width - len(draft.cells))]
        for draft in giving_way(file.drafts)
        if draft.row in reasons
    )
    return to_csv([[REASON, *(column.name for column in file.columns)], *rows])


def _items_of(draft: Draft, default_country: str | None) -> Iterator[Item]:
    if not draft.numbers:
        yield Item(draft.row, "", None, "Number can't be blank")
        return
    fields, fault = _fields_of(draft)
    for written in draft.numbers:
        try:
            number = canonical(normalise(written, default_country))
        except PhoneNumberError as error:
            why = error.message
            if _ROUNDED.fullmatch(written):
                why = "has been rounded by a spreadsheet: format its column as text there, and export it again"
            yield Item(draft.row, written, None, f"Number {why}")
        else:
            yield Item(draft.row, number, fields, fault)


def _fields_of(draft: Draft) -> tuple[Mapping[str, Any] | None, str | None]:
    consent: Mapping[str, str] | None = None
    if draft.consent:
        method = draft.consent.get("method", "").strip().lower().replace(" ", "_").replace("-", "_")
        consent = {**draft.consent, "method": method}
    given = {"name": draft.name, "note": draft.note, "labels": list(draft.labels), "consent": consent}
    try:
        return ContactFields.model_validate(given).model_dump(), None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        faults = [f"{_subject_of(each['loc'][-1])} {sentence_of(each)}" for each in found]
        return None, ". ".join(dict.fromkeys(faults))


def _subject_of(place: str | int) -> str:
    # A label that is at fault has its place in the list, not a name.
    return "Label" if isinstance(place, int) else _SUBJECTS[place]
