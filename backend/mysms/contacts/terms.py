"""What contacts are listed and found by: folded names, and the beginnings of their words. Pure."""

import re
from dataclasses import dataclass

from mysms.core.blank import INVISIBLE
from mysms.core.words import fold, whole_words_of

_SORTED_BY = 50
"""Characters of a folded name; what has the same ones is listed by number."""
_NEIGHBOURS = 3
"""Digits that are found wherever they stand in a number. Fewer are found at its beginning."""
_DIGITS = re.compile(rf"[0-9+(){INVISIBLE}./-]*[0-9][0-9+(){INVISIBLE}./-]*")


def sort_key_of(name: str, number: str) -> str:
    """Returns the key by which contacts are listed. It is unique for each number."""
    return f"{fold(name)[:_SORTED_BY]} {number}"


def terms_of(name: str, number: str) -> list[str]:
    """Returns what is stored with a contact: all beginnings of the words of its name, and parts of its number."""
    terms = {word[:length]: None for word in whole_words_of(name) for length in range(1, len(word) + 1)}
    digits = number.removeprefix("+")
    terms |= {f"+{digits[:length]}": None for length in range(1, _NEIGHBOURS)}
    return [*terms, *_neighbours(digits)]


@dataclass(frozen=True)
class ContactQuestion:
    """What contacts must have: all these terms, the most telling one first, and a number with this pattern."""

    terms: tuple[str, ...]
    number: str | None = None

    @classmethod
    def of(cls, text: str) -> "ContactQuestion":
        """Reads what somebody types: beginnings of words, or digits of a number.

        A zero before a national number, or two before an international one, are not part of numbers as stored.
        """
        if not _DIGITS.fullmatch(text):
            return cls(tuple(sorted(whole_words_of(text), key=len, reverse=True)))
        digits = re.sub("^00?", "", re.sub("[^0-9]", "", text))
        is_beginning = "+" in text or len(digits) < _NEIGHBOURS
        pattern = rf"^\+{digits}" if is_beginning else digits
        if len(digits) < _NEIGHBOURS:
            return cls((f"+{digits}",) if digits else (), pattern)
        # The last digits of numbers differ most.
        return cls(tuple(reversed(_neighbours(digits))), pattern)

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing: the text has no words and no digits that count."""
        return not self.terms


def _neighbours(digits: str) -> list[str]:
    threes = ("".join(each) for each in zip(digits, digits[1:], digits[2:], strict=False))
    return list(dict.fromkeys(f"#{each}" for each in threes))
