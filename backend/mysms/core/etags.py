"""Conditional requests: RFC 9110, section 13.1.2. Pure."""

import re

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
"""A comma may stand inside of it."""


def matches(if_none_match: str, etag: str) -> bool:
    """Whether the header names the ETag of what is there now; a strong and a weak one are the same here."""
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in _ENTITY_TAG.findall(if_none_match)
