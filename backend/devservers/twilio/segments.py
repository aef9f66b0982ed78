"""The number of SMS segments of a text: GSM 03.38 with its extension table, otherwise UCS-2."""

from collections.abc import Iterable

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")

GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


def segment_count(text: str) -> int:
    if GSM_BASIC.union(GSM_EXTENDED).issuperset(text):
        return _pack([2 if char in GSM_EXTENDED else 1 for char in text], GSM_SINGLE, GSM_PART)
    return _pack([2 if ord(char) > 0xFFFF else 1 for char in text], UCS2_SINGLE, UCS2_PART)  # noqa: PLR2004


def _pack(sizes: Iterable[int], single: int, part: int) -> int:
    """Fill segments in order. A character of two units is never split between two segments."""
    sizes = list(sizes)
    if sum(sizes) <= single:
        return 1
    segments, used = 1, 0
    for size in sizes:
        if used + size > part:
            segments, used = segments + 1, 0
        used += size
    return segments
