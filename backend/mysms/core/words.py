"""The words of a text by which its message is found, and the words of a question. Pure.

A word is a run of letters and digits, folded: without case, accents and other differences of spelling. In texts of
scripts without spaces, each character and each pair of neighbours counts as a word; a symbol, such as an emoji, is a
word of its own. Other punctuation only separates. What apostrophes join ("don't"), or digits with punctuation between
them ("1,000"), is stored in parts and as a whole, so both "dont" and "don't" find it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

MAXIMUM_WORDS = 2_000
"""Of one text. 1,600 characters have more of them only in random texts; then the end of the text is not found."""
MAXIMUM_FOLDED = 4_800
"""Characters of a text that are looked at, once it is decomposed: 1,600 of Vietnamese or Korean are as many. Single
ones decompose into up to 18; of a text full of these, the end is not found."""
MAXIMUM_LENGTH = 32
"""Of a word, in characters. A longer one is found by its beginning."""
MAXIMUM_ASKED = 16
"""Words of a question that are looked for, the longest, and its last one."""
NO_WORDS = [""]
"""The words of a text without any. An empty list would be indexed like a missing one."""

_BEGINNINGS = (2, 3)
"""The lengths of beginnings that are stored, so that what has them can be listed in the order of time."""
_BEGINNING = "*"
"""The end of a stored beginning; no word has it."""
_LAST_CHARACTER = "\U0010ffff"

_MARKS = re.compile(
    "[\u0300-\u0344\u0346-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]"
)
"""Accents and other marks of alphabets, Hebrew and Arabic vowel points, and variants of emoji. In the scripts of India
and in Japanese, marks distinguish words, and stay."""
_LETTERS = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe"}
    | dict.fromkeys("\u2018\u2019\u02bc\u02b9`", "'")
)
"""Letters with a stroke and ligatures, which Unicode does not decompose, and the kinds of apostrophes."""
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U0001f1e6-\U0001f1ff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese characters, and the letters of which flags consist."""

# The shape of a text has one character for each of its own, which names the kind.
_WORDS = re.compile(r"[a0]+(?:(?:(?<=a)'(?=a)|(?<=0)[',](?=0))[a0]+)*|c+|s")
_INVISIBLE = "-"
"""The shape of joiners and other marks without a form of their own, which do not separate."""
_SHAPES = {"Cf": _INVISIBLE, "Nd": "0", "L": "a", "N": "a", "M": "a", "So": "s", "Sc": "s"}
"""By general category, or its first letter."""
_JOINTS = re.compile("[',]")


def fold(text: str) -> str:
    """Returns the common form of all spellings of a text: "strasse" for "Straße" and "STRASSE", "cafe" for "Café"."""
    decomposed = unicodedata.normalize("NFKD", text)[:MAXIMUM_FOLDED]
    plain = _MARKS.sub("", decomposed).casefold().translate(_LETTERS)
    decimal = re.sub(r"[^\x00-\x7f]", lambda found: str(unicodedata.decimal(found[0], found[0])), plain)
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", decimal)))


def words_of(text: str) -> list[str]:
    """Returns what is stored with a text: its different words and their beginnings, or NO_WORDS."""
    found: dict[str, None] = {}
    for shape, parts in _runs(text):
        if shape == "c":
            found |= dict.fromkeys((*parts, *map("".join, pairwise(parts))))
            continue
        words = parts if len(parts) == 1 else [*parts, "".join(parts)]
        for word in words:
            found[word[:MAXIMUM_LENGTH]] = None
            if shape == "a":
                found |= {word[:length] + _BEGINNING: None for length in _BEGINNINGS if length <= len(word)}
        if len(found) >= MAXIMUM_WORDS:
            break
    return list(found)[:MAXIMUM_WORDS] or NO_WORDS


def whole_words_of(text: str) -> list[str]:
    """Returns the words of a text without their beginnings; none if it has none."""
    return [word for word in words_of(text) if word and not word.endswith(_BEGINNING)]


@dataclass(frozen=True)
class Question:
    """What must occur in a text, in any order: these words, and a word with this beginning, if there is one.

    Of more than `MAXIMUM_ASKED` words, the others are ignored, so that no question costs more.
    """

    words: tuple[str, ...]
    beginning: str | None

    @classmethod
    def of(cls, text: str) -> "Question":
        """Reads a question. Its last word may be a beginning."""
        runs = list(_runs(text))
        words: dict[str, None] = {}
        for shape, parts in runs:
            is_pairs = shape == "c" and len(parts) > 1
            words |= dict.fromkeys(
                map("".join, pairwise(parts)) if is_pairs else (part[:MAXIMUM_LENGTH] for part in parts)
            )
        if not runs or runs[-1][0] != "a":
            return cls(_longest(words), None)
        last = runs[-1][1][-1][:MAXIMUM_LENGTH]
        # Another occurrence of the last word, as in "the the", asks for nothing more.
        words.pop(last)
        if len(last) in _BEGINNINGS:
            return cls((*_longest(words), last + _BEGINNING), None)
        return cls(_longest(words), last)

    @property
    def is_empty(self) -> bool:
        return not self.words and self.beginning is None

    @property
    def listed_beginning(self) -> str | None:
        """The stored beginning that all texts with `beginning` have; None if that is too short."""
        longest = max(_BEGINNINGS)
        return (
            None if self.beginning is None or len(self.beginning) < longest else self.beginning[:longest] + _BEGINNING
        )

    @property
    def beginning_range(self) -> tuple[str, str]:
        """The words from the first (inclusive) to the second (exclusive) have the beginning."""
        return self.beginning or "", (self.beginning or "") + _LAST_CHARACTER

    def matches(self, text: str) -> bool:
        found = set(words_of(text))
        has_beginning = self.beginning is None or any(word.startswith(self.beginning) for word in found)
        return has_beginning and found.issuperset(self.words)


def _longest(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True)[:MAXIMUM_ASKED])


def _runs(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the kind of each run, and its parts: the parts of a word, the characters of a script without spaces."""
    folded = "".join(character for character in fold(text) if _shape_of(character) != _INVISIBLE)
    shapes = "".join(map(_shape_of, folded))
    for found in _WORDS.finditer(shapes):
        run = folded[found.start() : found.end()]
        if found[0][0] in "cs":
            yield found[0][0], list(run)
            continue
        joints = [
            found.start() - 1,
            *(found.start() + each.start() for each in _JOINTS.finditer(found[0])),
            found.end(),
        ]
        yield "a", [folded[start + 1 : end] for start, end in pairwise(joints)]


@lru_cache(maxsize=4096)
def _shape_of(character: str) -> str:
    """Returns the kind: a letter, a digit, a character of a script without spaces, a symbol, or a separator."""
    if _WITHOUT_SPACES.match(character):
        return "c"
    if character in "'.,:/-":
        return "'" if character == "'" else ","
    category = unicodedata.category(character)
    return _SHAPES.get(category) or _SHAPES.get(category[0], " ")
