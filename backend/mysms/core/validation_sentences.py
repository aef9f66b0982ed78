"""What the errors of a validation are called, in sentences without a subject. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from mysms.core.errors import FieldErrors

_SENTENCES = {
    "missing": "can't be blank",
    "extra_forbidden": "is not a known field",
    "string_type": "must be a string",
    "string_unicode": "contains an invalid character",
    "string_too_short": "is too short (minimum is {min_length} characters)",
    "string_too_long": "is too long (maximum is {max_length} characters)",
    "string_pattern_mismatch": "contains an invalid character",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "too_long": "has too many items (maximum is {max_length})",
    "list_type": "must be a list, also with one item",
    "greater_than_equal": "must be at least {ge}",
    "literal_error": "must be {expected}",
    "less_than_equal": "must be at most {le}",
    "datetime_from_date_parsing": "must be a time such as 2026-11-22T10:42:07.120Z",
    "datetime_parsing": "must be a time such as 2026-11-22T10:42:07.120Z",
    "timezone_aware": "must have a time zone, such as 2026-11-22T10:42:07.120Z",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
}


def sentences_by_field(found: Iterable[Mapping[str, Any]]) -> FieldErrors:
    """Returns the error sentences by field name, without the location and the envelope of the field."""
    errors: dict[str, list[str]] = {}
    for item in found:
        # An item of a list has its number behind the name.
        field = next((part for part in reversed(item["loc"]) if isinstance(part, str)), "body")
        errors.setdefault(str(field), []).append(sentence_of(item))
    return errors


def sentence_of(item: Mapping[str, Any]) -> str:
    template = _SENTENCES.get(item["type"])
    return template.format(**item.get("ctx", {})) if template else str(item["msg"])
