"""Estimates how easy a secret is to guess. Pure.

The estimate is the length, in bits, of a description of the secret: of its words, dates, sequences and repetitions by
what they are, and of every other character by itself. The limits are below every estimate that was measured for
generated secrets (see `required_bits`). A high estimate proves nothing: what was published elsewhere, and sentences of
unusual words, are not recognised, so the documentation asks for generated secrets.
"""

import base64
import contextlib
import math
import re
import string
import unicodedata
from collections.abc import Iterator

from mysms.core.secret_words import WORDS

_LONG = 32
_WORD_BITS = math.log2(len(WORDS))
_CASE_BITS = 0.5
"""A word in another case, or with digits for letters."""
_SEPARATOR_BITS = 0.5
_DATE_BITS = math.log2(200 * 366) + 2
_YEAR_BITS = math.log2(200) + 2
_SEQUENCE_BITS = 6
_KEYBOARD_BITS = 8
_REPETITION_BITS = 4
"""Beside where the repeated text begins, and how long it is."""

_PLACEHOLDER = re.compile(
    r"change.?(me|this)|replace.?(me|this)|placeholder|your.{0,12}(own|secret|key|token)|openssl|256.?bit|"
    r"^<[a-z _-]*>$|quick.?brown.?fox|horse.?battery.?staple|lorem.?ipsum",
    re.I,
)
_PUBLISHED = re.compile(r"\bthe.tests\b|zk3vq8xnw1rtd6lp|93d1f07c|e0b4c7196fd2a835|41b7e09c|5d20f8a3|7f31c6", re.I)
"""What the secrets in this project's own tests contain, or have contained."""
_WELL_KNOWN = re.compile(
    "09d25e094faa6ca2|5f4dcc3b5aa765d6|5baa61e4c9b93f3f|5e884898da280471|d41d8cd98f00b204|da39a3ee5e6b4b0d|e3b0c44298fc1c14",
    re.I,
)
"""Of the tutorial of FastAPI; and of the MD5, SHA-1 and SHA-256 of `password` and of nothing."""
_JUDGED = 256
"""The characters of a secret that are looked at, since the time grows faster than their number."""
_SHORTEST_RUN = 3
_SEPARATORS = " -_.,:/+!'"
_KEYBOARD = (
    *("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./", "~!@#$%^&*()_+", "qwertzuiop", "azertyuiop"),
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
)
_RUNS = " ".join([*_KEYBOARD, *(row[::-1] for row in _KEYBOARD)])
_LEET = str.maketrans("01345789@$!", "oieastbgasi")
_ALPHABETS = (
    string.digits,
    "0123456789abcdef",
    "0123456789ABCDEF",
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.ascii_lowercase + string.digits,
    string.ascii_uppercase + string.digits,
    string.ascii_letters,
    string.ascii_letters + string.digits,
    string.ascii_letters + string.digits + "-_",
    string.ascii_letters + string.digits + "+/",
    string.printable,
)
_MONTH, _DAY, _YEAR = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])", "(19|20)[0-9]{2}"
_DATE = re.compile(
    "|".join(
        rf"{first}(?P<s{index}>[-./_ ]?){second}(?P=s{index}){third}"
        for index, (first, second, third) in enumerate(
            [(_YEAR, _MONTH, _DAY), (_DAY, _MONTH, _YEAR), (_MONTH, _DAY, _YEAR)]
        )
    )
)
_ONE_YEAR = re.compile(_YEAR)


def weakness(secret: str, minimum_length: int) -> str:
    """Returns the reason why the secret is weak, as the end of a sentence; empty if it is not."""
    if len(secret) < minimum_length:
        return f"it is shorter than {minimum_length} characters"
    if _PLACEHOLDER.search(secret) or _WELL_KNOWN.search(secret):
        return "it is a well-known placeholder"
    if _PUBLISHED.search(secret):
        return "it is published in this project's source"
    if secret in (secret * 2)[1:-1]:
        return "it repeats itself"
    if entropy(secret) < required_bits(minimum_length):
        return "it consists of common words, dates, sequences or repetitions"
    return ""


def required_bits(minimum_length: int) -> float:
    """Returns the bits that a secret needs. Short ones need fewer for each character, since chance matters more there.

    The lowest estimates in samples of random secrets: 38 for 16 hexadecimal digits, 99 for 32.
    """
    return 80.0 if minimum_length >= _LONG else 35.0


def entropy(secret: str) -> float:
    """Estimates the bits that somebody has to guess who knows how people make secrets up."""
    secret = secret[:_JUDGED]
    return min(map(_bits, (secret, *_decoded(secret))))


def contains(secret: str, other: str) -> bool:
    """Whether whoever knows the first secret knows the other one too."""
    return _folded(other) in _folded(secret)


def _bits(text: str) -> float:
    """The shorter of two descriptions: of the text, and of two texts that are mixed character by character."""
    text = unicodedata.normalize("NFKC", text)
    return min(_description(text), 1 + _description(text[::2]) + _description(text[1::2]))


def _description(text: str) -> float:
    """Returns the length of the shortest description of the text, in bits."""
    literal = _bits_per_character(text)
    folded = text.casefold()
    if len(folded) != len(text):
        text = folded
    best = [0.0] + [math.inf] * len(text)
    for start in range(len(text)):
        best[start + 1] = min(best[start + 1], best[start] + literal)
        for length, bits in _patterns(text, folded, start):
            end = start + length
            best[end] = min(best[end], best[start] + bits)
            if text[end : end + 1] and text[end] in _SEPARATORS:
                best[end + 1] = min(best[end + 1], best[start] + bits + _SEPARATOR_BITS)
    return best[-1]


def _bits_per_character(text: str) -> float:
    """Returns the bits of a character in the smallest usual alphabet, or in one that is described first."""
    if not text:
        return 0.0
    used = set(text)
    size = min((len(each) for each in _ALPHABETS if used.issubset(each)), default=256 if max(used) < "Ā" else 2**16)
    described = math.log2(math.comb(size, len(used))) / len(text) + math.log2(len(used))
    return min(math.log2(size), described)


def _patterns(text: str, folded: str, start: int) -> Iterator[tuple[int, float]]:
    """Yields the length and the description's bits of each pattern that begins at the position."""
    for length in _word_lengths(folded, start):
        written = text[start : start + length]
        yield length, _WORD_BITS + (0 if written.isalpha() and written.islower() else _CASE_BITS)
    if found := _DATE.match(text, start):
        yield found.end() - start, _DATE_BITS
    if found := _ONE_YEAR.match(text, start):
        yield 4, _YEAR_BITS
    for step in (-1, 0, 1):
        end = start + 1
        while end < len(text) and ord(text[end]) - ord(text[end - 1]) == step:
            end += 1
        yield from _run(end - start, _SEQUENCE_BITS)
    yield from _run(_longest(folded, start, _RUNS), _KEYBOARD_BITS)
    length = _longest(folded, start, folded[:start])
    yield from _run(length, _REPETITION_BITS + math.log2(start + 1) + math.log2(length + 1))


def _word_lengths(folded: str, start: int) -> Iterator[int]:
    for written in {folded, folded.translate(_LEET)}:
        for length in range(2, min(_LONGEST_WORD, len(folded) - start) + 1):
            if written[start : start + length] in WORDS:
                yield length


_LONGEST_WORD = max(map(len, WORDS))


def _longest(text: str, start: int, known: str) -> int:
    """Returns how many characters from the position on are in the known text."""
    length = 0
    while start + length < len(text) and text[start : start + length + 1] in known:
        length += 1
    return length


def _run(length: int, bits: float) -> Iterator[tuple[int, float]]:
    if length >= _SHORTEST_RUN:
        yield length, bits


def _decoded(secret: str) -> Iterator[str]:
    """Yields what the secret may encode in hexadecimal digits or in Base64, one byte as one character."""
    unpadded = secret.rstrip("=")
    padded = unpadded + "=" * (-len(unpadded) % 4)
    with contextlib.suppress(ValueError):
        yield bytes.fromhex(secret).decode("latin-1")
    for altchars in (b"+/", b"-_"):
        with contextlib.suppress(ValueError):
            yield base64.b64decode(padded, altchars, validate=True).decode("latin-1")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
