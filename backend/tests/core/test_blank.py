"""Blank texts. The SPA is tested against the same table."""

import json
import unicodedata
from pathlib import Path

import pytest

from mysms.core.blank import is_blank

TABLE = json.loads((Path(__file__).parent.parent / "messages" / "blank_text_cases.json").read_text())

SHOWN_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Prepended_Concatenation_Mark (PropList.txt): signs around numbers, which are visible."""


@pytest.mark.parametrize(("text", "blank"), [(case["text"], case["blank"]) for case in TABLE["cases"]], ids=ascii)
def test_each_case_of_the_shared_table(*, text: str, blank: bool) -> None:
    assert is_blank(text) is blank


def test_white_space_control_and_format_characters_are_blank() -> None:
    characters = [chr(point) for point in range(0x110000)]
    invisible = [c for c in characters if c.isspace() or unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Zs"}]
    assert [c for c in invisible if not is_blank(c)] == list(SHOWN_FORMATS)


def test_letters_digits_signs_and_punctuation_are_not_blank() -> None:
    fillers = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
    shown = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point))[0] in "LNSP"]
    assert [c for c in shown if is_blank(c)] == list(fillers)
