"""Recognises texts without any visible character."""

import re

# Default_Ignorable_Code_Point and White_Space of the Unicode Character Database 17 (DerivedCoreProperties.txt,
# PropList.txt), all control characters, and what neither names: interlinear annotation and Egyptian format controls,
# the braille pattern without dots, and the musical null notehead.
INVISIBLE = (
    r"\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Invisible characters, as part of a character class for `re`."""

_NOTHING_VISIBLE = re.compile(rf"[{INVISIBLE}]*")


def is_blank(text: str) -> bool:
    """Whether the text has no visible character: only white space, marks, fillers and control characters."""
    return _NOTHING_VISIBLE.fullmatch(text) is not None
