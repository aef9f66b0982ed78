"""Regular expressions that find a word however it is spelt in Unicode. Pure.

The database keeps no folded copy of a text to search in, so the pattern lists what counts as the same: upper and lower
case (ß and ss too), composed and decomposed characters, full-width ASCII, and the dotted and the dotless i of Turkish.
It is made of classes, groups and alternatives only, which PCRE and Python read alike.
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
"""How many characters in a row may be written as fewer, as ss may; in a longer row only each so many by themselves."""

_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True)
class _Spellings:
    """Characters that are folded to something else."""

    of: Mapping[str, list[str]]
    """By what they are folded to: one to three characters."""
    beginning: Mapping[str, list[str]]
    """By what it begins with, where it is more than that."""
    ending: Mapping[str, list[str]]


def pattern_of(word: str) -> str:
    """What finds `word` in all its spellings. Less than 32,764 bytes, MongoDB's limit, for a word of 200 characters."""
    folded = fold(word)
    parts = []
    start = 0
    while start < len(folded):
        end = _end_of_cluster(folded, start)
        parts.append(_any_of(_tilings(folded, start, end)))
        start = end
    return "".join(parts)


def fold(text: str) -> str:
    """What all spellings of a text have in common: "strasse" for "Straße" and "STRASSE"."""
    folded = unicodedata.normalize("NFD", text.translate(_HALF_WIDTH)).casefold()
    return unicodedata.normalize("NFC", folded.replace("i\u0307", "i").replace("ı", "i"))


@cache
def _spellings() -> _Spellings:
    found = _Spellings(defaultdict(list), defaultdict(list), defaultdict(list))
    for character in map(chr, range(_LAST_FOLDED + 1)):
        # Asks first what is answered quickly: most are what they are folded to.
        if character.casefold() == character and unicodedata.is_normalized("NFC", character):
            continue
        folded = fold(character)
        found.of[folded].append(character)
        for place in range(1, len(folded)):
            found.beginning[folded[:place]].append(character)
            found.ending[folded[place:]].append(character)
    for full, half in _HALF_WIDTH.items():
        found.of[fold(chr(half))].append(chr(full))
    found.of["i"] += ["ı", "i\u0307"]
    return found


def _end_of_cluster(folded: str, start: int) -> int:
    """Where the characters end of which some may be written together: mostly after one."""
    end, position = start + 1, start
    while position < end < start + _LONGEST_CLUSTER:
        for length in (2, 3):
            if folded[position : position + length] in _spellings().of:
                end = max(end, position + length)
        position += 1
    return min(end, start + _LONGEST_CLUSTER, len(folded))


def _tilings(folded: str, start: int, end: int) -> Iterator[str]:
    """A pattern for each way to write these characters as one, two or three at a time."""
    if start == end:
        yield ""
    for middle in range(start + 1, min(start + 3, end) + 1):
        if choices := _choices(folded, start, middle):
            for rest in _tilings(folded, middle, end):
                yield _any_of(map(re.escape, choices)) + rest


def _choices(folded: str, start: int, end: int) -> set[str]:
    """What these characters may be written as, and at the ends of the word what has more besides: "stras" is found in
    "Straße"."""
    part, spellings = folded[start:end], _spellings()
    found = set(spellings.of.get(part, ()))
    if len(part) == 1:
        decomposed = unicodedata.normalize("NFD", part)
        base, marks = decomposed[0], decomposed[1:]
        # A letter of which the capital has no composed form, as ǰ, is found by that of its base.
        cased = (each + marks for each in spellings.of.get(base, ()))
        found = {form for each in {part, *found, *cased} for form in _forms(each)}
    if start == 0:
        found.update(spellings.ending.get(part, ()))
    if end == len(folded):
        found.update(spellings.beginning.get(part, ()))
    return found


def _forms(character: str) -> Iterator[str]:
    """Composed, decomposed, and in between, as some keyboards give it: "ế", "e" and two marks, "ê" or "é" and one."""
    decomposed = unicodedata.normalize("NFD", character)
    yield character
    yield decomposed
    for place in range(1, len(decomposed)):
        composed = unicodedata.normalize("NFC", decomposed[0] + decomposed[place])
        if len(composed) == 1:
            yield composed + decomposed[1:place] + decomposed[place + 1 :]


def _any_of(patterns: Iterable[str]) -> str:
    """The longest first: it may begin as a shorter one does. `patterns` are escaped, if they are single characters."""
    choices = sorted(patterns, key=lambda pattern: (-len(pattern), pattern))
    if len(choices) == 1:
        return choices[0]
    if all(len(pattern.removeprefix("\\")) == 1 for pattern in choices):
        return f"[{''.join(choices)}]"
    return f"(?:{'|'.join(choices)})"
