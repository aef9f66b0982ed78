"""Finds out why a new password would be easy to guess. Pure, except for the list of common passwords.

NIST SP 800-63B, section 3.1.1.2, requires such a list, and no rules on which characters a password contains.
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

TOO_COMMON = "is too common"
ONLY_CONTEXT = "contains only your email or the name of this product"

_LIST = Path(__file__).with_name("common_passwords.txt")
"""common_passwords.LICENSE.txt names its source."""
_LOOK_ALIKES = str.maketrans("аеорсухіјѕһԁкмтвнοανρτικυχ", "aeopcyxijshdkmtbhoavptikux")
"""Cyrillic and Greek letters, in lower case, that look like Latin ones."""
_LEET = str.maketrans("034579@$!", "oeastgasi")
_YEAR, _MONTH, _DAY = "(?:19|20)[0-9]{2}", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_DATE = re.compile(f"{_YEAR}{_MONTH}{_DAY}|{_DAY}{_MONTH}{_YEAR}|{_MONTH}{_DAY}{_YEAR}")
_WORDS = (
    "spring|summer|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|november|"
    "december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|admin|administrator|welcome|password|passw0rd|"
    "letmein|login|user|test|sms|twilio"
)
_WORD_AND_YEAR = re.compile(f"(?:{_WORDS})[0-9]{{0,6}}|[0-9]{{1,6}}(?:{_WORDS})")
_SHORTEST_LISTED = 8
_FEWEST_CHARACTERS = 2
_PRODUCT_WORDS = ("mysms", "messenger")
_SHORTEST_WORD = 3
_SHORTEST_SEQUENCE = 3
_KEYBOARD_ROWS = (
    "1234567890",
    "!@#$%^&*()",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "yxcvbnm",
)


def find_faults(password: str, email: str) -> list[str]:
    """Returns the ends of sentences about the password of the account with this email; empty if it is good.

    The time grows with the length of the texts, so they must not be longer than passwords and emails may be.
    """
    text, context = _fold(password), _fold(email)
    is_padded = len(text) < _SHORTEST_LISTED <= len(password)
    readings = _readings(text)
    return [
        *([TOO_COMMON] if is_padded or _is_date_or_word(text) or any(map(_is_common, readings)) else []),
        *([ONLY_CONTEXT] if any(_has_only_context(reading, context) for reading in readings) else []),
    ]


def _readings(text: str) -> set[str]:
    """The text as it is, and with the letters that its look-alikes and digits stand for."""
    plain = text.translate(_LOOK_ALIKES)
    return {text, plain, *(plain.translate({**_LEET, ord("1"): one}) for one in "il")}


def _is_date_or_word(text: str) -> bool:
    """Whether the text is a date, or one common word, such as a season, perhaps with a year."""
    compact = re.sub(r"[\W_]+", "", text)
    return bool(_DATE.fullmatch(compact) or _WORD_AND_YEAR.fullmatch(compact))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


@functools.cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="utf-8").splitlines())


def _is_common(text: str) -> bool:
    letters_and_digits = re.sub(r"[\W_]+", "", text)
    without_number = letters_and_digits.rstrip("0123456789")
    return (
        not _common_passwords().isdisjoint({text, letters_and_digits, without_number, letters_and_digits[::-1]})
        or len(set(text)) <= _FEWEST_CHARACTERS
        or _has_only_sequences(without_number)
        or _has_only_sequences(text)
        or _has_only_sequences("".join(character for character, _ in itertools.groupby(text)))
        or _repeats_something_common(text)
        or _repeats_something_common(text[:-1])
    )


def _repeats_something_common(text: str) -> bool:
    """Whether the text repeats one that is itself too short for a password, or common."""
    for period in range(1, len(text) // 2 + 1):
        if text[period:] == text[:-period]:
            return period < _SHORTEST_LISTED or _is_common(text[:period])
    return False


def _has_only_sequences(text: str) -> bool:
    """Whether the text consists of sequences such as aaa, 1234, cba and qwert."""
    begin = 0
    while begin < len(text):
        length = max(_sequence_lengths(text, begin))
        if length < _SHORTEST_SEQUENCE:
            return False
        begin += length
    return begin > 0


def _sequence_lengths(text: str, begin: int) -> Iterator[int]:
    """The lengths of the sequences of each kind that begin here."""
    for step in (-1, 0, 1):
        end = begin + 1
        while end < len(text) and ord(text[end]) - ord(text[end - 1]) == step:
            end += 1
        yield end - begin
    for row in _KEYBOARD_ROWS:
        for keys in (row, row[::-1]):
            end = begin + 1
            while end < len(text) and text[end - 1 : end + 1] in keys:
                end += 1
            yield end - begin


def _has_only_context(text: str, email: str) -> bool:
    """Whether nothing but digits and punctuation is left without the words that everybody can guess."""
    words = {*_PRODUCT_WORDS, email, *email.split("@"), *re.split(r"[\W_]+", email)}
    words |= {re.sub(r"[\W_]+", "", word) for word in words}
    words |= {word[::-1] for word in words}
    return any(_consists_of(words, written) for written in {text, re.sub(r"[\W_]+", "", text)})


def _consists_of(words: set[str], text: str) -> bool:
    rest = text
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            rest = rest.replace(word, " ")
    return rest != text and not any(character.isalpha() for character in rest)
