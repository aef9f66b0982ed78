"""Detects secrets that are easy to guess. Pure."""

import re

_FEWEST_CHARACTERS = 6
"""The fewest different characters. Of random texts of 16 hexadecimal digits, 3 in 100,000 have fewer."""
_PLACEHOLDER = re.compile(
    r"change.?(me|this)|replace.?(me|this)|placeholder|your.{0,12}(own|secret|key|token)|openssl|^<.*>$", re.I
)


def weakness(secret: str, minimum_length: int) -> str:
    """Returns the reason why the secret is weak, as the end of a sentence; empty if it is not."""
    if len(secret) < minimum_length:
        return f"it is shorter than {minimum_length} characters"
    if _PLACEHOLDER.search(secret):
        return "it is a well-known placeholder"
    if len(set(secret)) < _FEWEST_CHARACTERS or secret in (secret * 2)[1:-1]:
        return "it repeats itself"
    return ""
