"""Conditional requests: RFC 9110, section 13.1.2. Pure."""

import re

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
"""An entity tag may contain a comma."""


def matches(if_none_match: str, etag: str) -> bool:
    """Whether the If-None-Match header contains the current ETag, by weak comparison."""
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in _ENTITY_TAG.findall(if_none_match)
