"""Counts the SMS segments of a text, as carriers bill them. Pure.

GSM 03.38's default alphabet holds 160 septets in one segment and 153 in each of several; anything else is UCS-2, 70
and 67 UTF-16 units. Extension characters take two septets, and no character is split over two segments.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_GSM_7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_EXTENSION = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class Segments:
    encoding: Literal["GSM-7", "UCS-2"]
    count: int


def count_segments(text: str) -> Segments:
    """Returns the encoding and the number of segments of a text."""
    if all(character in _GSM_7_BASIC or character in _GSM_7_EXTENSION for character in text):
        return Segments("GSM-7", _fill((2 if c in _GSM_7_EXTENSION else 1 for c in text), single=160, several=153))
    return Segments("UCS-2", _fill((len(c.encode("utf-16-le")) // 2 for c in text), single=70, several=67))


def _fill(units: Iterable[int], *, single: int, several: int) -> int:
    sizes = list(units)
    if sum(sizes) <= single:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > several:
            count, used = count + 1, 0
        used += size
    return count
