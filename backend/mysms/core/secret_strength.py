"""Whether a secret can be guessed. Pure."""

import re

_FEWEST_CHARACTERS = 6
"""A random text of 16 hexadecimal digits with fewer different ones comes three times in a hundred thousand."""
_PLACEHOLDER = re.compile(
    r"change.?(me|this)|replace.?(me|this)|placeholder|your.{0,12}(own|secret|key|token)|openssl|^<.*>$", re.I
)


def weakness(secret: str, minimum_length: int) -> str:
    """What makes it weak, as the end of a sentence; empty if nothing is seen."""
    if len(secret) < minimum_length:
        return f"it is shorter than {minimum_length} characters"
    if _PLACEHOLDER.search(secret):
        return "it is a placeholder, which everybody knows"
    if len(set(secret)) < _FEWEST_CHARACTERS or secret in (secret * 2)[1:-1]:
        return "it repeats itself"
    return ""
