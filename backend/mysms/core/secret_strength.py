"""Detects secrets that are easy to guess. Pure.

It recognises what people type or copy. It cannot recognise a secret that was published elsewhere, or a sentence of
unusual words, so the documentation asks for generated secrets.
"""

import base64
import contextlib
import re
import unicodedata
from collections.abc import Iterator

_FEWEST_CHARACTERS = 6
"""The fewest different characters. Of random texts of 16 hexadecimal digits, 3 in 100,000 have fewer."""
_PLACEHOLDER = re.compile(
    r"change.?(me|this)|replace.?(me|this)|placeholder|your.{0,12}(own|secret|key|token)|openssl|256.?bit|^<.*>$", re.I
)
_SHORTEST_RUN = 3
_SEPARATORS = tuple(" -_.,:/+")
_KEYBOARD = (
    *("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./", "~!@#$%^&*()_+", "qwertzuiop", "azertyuiop"),
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
)
_RUNS = " ".join([*_KEYBOARD, *(row[::-1] for row in _KEYBOARD)])
_WORDS = tuple(
    """
    access account admin alone and any api app application are auth authentication backend battery brown but by can
    cannot change code company correct database default demo dev development dog dolor dont encryption enough example
    for fox frontend from guess hash have hello horse insecure ipsum is it jumps json jwt key know lazy letmein local
    long login lorem master me message messages messenger metrics mongodb must my myapp mysms never nobody nopass not of
    once only or our over pass password passphrase phrase please private prod product production program project quick
    random root safe salt sample secret secretkey secure security server session setup should sign signing simulated
    sms some something staple string strong super temp temporary test testing tests text that the there this to token
    top tokens twilio use used user value very want web website welcome will with wont word world you your
    """.split()  # noqa: SIM905  # much shorter than a list
)
_LEET = str.maketrans("01345789@$!", "oieastbgasi")


def weakness(secret: str, minimum_length: int) -> str:
    """Returns the reason why the secret is weak, as the end of a sentence; empty if it is not."""
    if len(secret) < minimum_length:
        return f"it is shorter than {minimum_length} characters"
    if _PLACEHOLDER.search(secret):
        return "it is a well-known placeholder"
    if len(set(secret)) < _FEWEST_CHARACTERS or secret in (secret * 2)[1:-1]:
        return "it repeats itself"
    # A generated secret of the minimum length has nearly as many independent parts as characters.
    enough = minimum_length // 2
    if _count_parts(secret) < enough or any(
        # What is not a text has fewer characters than its encoding, and each of them is worth more.
        _count_parts(text) < (enough if _is_text(text) and len(text) > enough else enough // 2)
        for text in _decoded(secret)
    ):
        return "it consists of common words, sequences or repetitions"
    return ""


def contains(secret: str, other: str) -> bool:
    """Whether whoever knows the first secret knows the other one too."""
    return _folded(other) in _folded(secret)


def _count_parts(text: str) -> int:
    """Counts the parts of a text that do not follow from one another.

    A common word, characters in sequence or side by side on a keyboard, and a repetition count as one part, with a
    separator after it; every other character counts as one. A text that mixes two others character by character has
    the parts of both.
    """
    folded = _folded(text)
    return min(_count(folded), _count(folded[::2]) + _count(folded[1::2]))


def _count(text: str) -> int:
    words = text.translate(_LEET)
    position = parts = 0
    while position < len(text):
        length = max(1, *_predictable_lengths(text, words, position))
        position += length
        if length > 1 and text[position : position + 1] in _SEPARATORS:
            position += 1
        parts += 1
    return parts


def _predictable_lengths(text: str, words: str, position: int) -> Iterator[int]:
    """Yields how many characters from the position on are predictable, in each way of predicting them."""
    yield max((len(word) for word in _WORDS if words.startswith(word, position)), default=0)
    for step in (-1, 0, 1):
        end = position + 1
        while end < len(text) and ord(text[end]) - ord(text[end - 1]) == step:
            end += 1
        yield _run(end - position)
    for known in (text[:position], _RUNS):
        end = position + _SHORTEST_RUN
        while end <= len(text) and text[position:end] in known:
            end += 1
        yield _run(end - 1 - position)


def _run(length: int) -> int:
    return length if length >= _SHORTEST_RUN else 0


def _decoded(secret: str) -> Iterator[str]:
    """Yields what the secret may encode in hexadecimal digits or in Base64, one byte as one character."""
    unpadded = secret.rstrip("=")
    padded = unpadded + "=" * (-len(unpadded) % 4)
    for decode, text in ((bytes.fromhex, secret), (base64.urlsafe_b64decode, padded), (base64.b64decode, padded)):
        with contextlib.suppress(ValueError):
            yield decode(text).decode("latin-1")


def _is_text(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
