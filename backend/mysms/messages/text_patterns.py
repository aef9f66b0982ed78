"""Builds regular expressions that find a word in any case and Unicode form. Pure.

The database has no folded copy of the texts to search in, so the pattern lists all equivalent spellings: upper and
lower case (also ß and ss), composed and decomposed characters, full-width ASCII, and the dotted and dotless i of
Turkish. It consists of classes, groups and alternatives only, which PCRE and Python interpret alike.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

_LAST_FOLDED = 0x2FA1D
"""The last character that has another spelling (Unicode 17: the CJK compatibility ideographs)."""
_LONGEST_CLUSTER = 4
"""The longest run of characters that may merge, as ss does in ß. Longer runs are split into such parts."""

_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True)
class _Spellings:
    """The characters that folding changes."""

    of: Mapping[str, list[str]]
    """By their folded form of one to three characters."""
    beginning: Mapping[str, list[str]]
    """By the proper beginnings of their folded form."""
    ending: Mapping[str, list[str]]
    """By the proper endings of their folded form."""


def pattern_of(word: str) -> str:
    """Returns a pattern that finds all spellings of `word`. With 200 characters it is below MongoDB's 32,764 bytes."""
    folded = fold(word)
    parts = []
    start = 0
    while start < len(folded):
        end = _end_of_cluster(folded, start)
        parts.append(_any_of(_tilings(folded, start, end)))
        start = end
    return "".join(parts)


def fold(text: str) -> str:
    """Returns the common form of all spellings of a text: "strasse" for "Straße" and "STRASSE"."""
    folded = unicodedata.normalize("NFD", text.translate(_HALF_WIDTH)).casefold()
    return unicodedata.normalize("NFC", folded.replace("i\u0307", "i").replace("ı", "i"))


@cache
def _spellings() -> _Spellings:
    found = _Spellings(defaultdict(list), defaultdict(list), defaultdict(list))
    for character in map(chr, range(_LAST_FOLDED + 1)):
        # The quick check comes first: most characters fold to themselves.
        if character.casefold() == character and unicodedata.is_normalized("NFC", character):
            continue
        folded = fold(character)
        found.of[folded].append(character)
        for middle in range(1, len(folded)):
            found.beginning[folded[:middle]].append(character)
            found.ending[folded[middle:]].append(character)
    for full, half in _HALF_WIDTH.items():
        found.of[fold(chr(half))].append(chr(full))
    found.of["i"] += ["ı", "i\u0307"]
    return found


def _end_of_cluster(folded: str, start: int) -> int:
    """Returns the end of the run of characters at `start` that may merge: mostly one character."""
    end, position = start + 1, start
    while position < end < start + _LONGEST_CLUSTER:
        for length in (2, 3):
            if folded[position : position + length] in _spellings().of:
                end = max(end, position + length)
        position += 1
    return min(end, start + _LONGEST_CLUSTER, len(folded))


def _tilings(folded: str, start: int, end: int) -> Iterator[str]:
    """Yields a pattern for each way to divide these characters into parts of one, two or three."""
    if start == end:
        yield ""
    for middle in range(start + 1, min(start + 3, end) + 1):
        if choices := _choices(folded, start, middle):
            for rest in _tilings(folded, middle, end):
                yield _any_of(map(re.escape, choices)) + rest


def _choices(folded: str, start: int, end: int) -> set[str]:
    """Returns the spellings of these characters.

    At the ends of the word, these include characters that fold to more than the word has: "stras" finds "Straße".
    """
    part, spellings = folded[start:end], _spellings()
    found = set(spellings.of.get(part, ()))
    if len(part) == 1:
        decomposed = unicodedata.normalize("NFD", part)
        base, marks = decomposed[0], decomposed[1:]
        # The capital of ǰ and the like has no composed form, so it is built from the capital of the base.
        cased = (each + marks for each in spellings.of.get(base, ()))
        found = {form for each in {part, *found, *cased} for form in _forms(each)}
    if start == 0:
        found.update(spellings.ending.get(part, ()))
    if end == len(folded):
        found.update(spellings.beginning.get(part, ()))
    return found


def _forms(character: str) -> Iterator[str]:
    """Yields the composed, decomposed and mixed forms: "ế", "e" with two marks, and "ê" or "é" with one mark."""
    decomposed = unicodedata.normalize("NFD", character)
    yield character
    yield decomposed
    for index in range(1, len(decomposed)):
        composed = unicodedata.normalize("NFC", decomposed[0] + decomposed[index])
        if len(composed) == 1:
            yield composed + decomposed[1:index] + decomposed[index + 1 :]


def _any_of(patterns: Iterable[str]) -> str:
    """Joins patterns, longest first, since one may begin with another. Single characters in them must be escaped."""
    choices = sorted(patterns, key=lambda pattern: (-len(pattern), pattern))
    if len(choices) == 1:
        return choices[0]
    if all(len(pattern.removeprefix("\\")) == 1 for pattern in choices):
        return f"[{''.join(choices)}]"
    return f"(?:{'|'.join(choices)})"
