"""What may be written to whom."""

import pytest
from pydantic import ValidationError

from mysms.messages.schemas import Draft


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+14155552671", "+14155552671"),
        ("+1 (415) 555-2671", "+14155552671"),
        (" +1.415.555.2671 ", "+14155552671"),
        ("+1234567890", "+1234567890"),
        ("+49", "+49"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_punctuation_is_stripped_from_numbers(written: str, number: str) -> None:
    assert Draft(recipient_number=written, content="x").recipient_number == number


@pytest.mark.parametrize(
    "number",
    [
        "4155552671",
        "+04155552671",
        "+1",
        "+1234567890123456",
        "++14155552671",
        "+1415555CALL",
        "+1415/5552671",
        "+14155552671\n",
        "\t+14155552671",
        "+1\u00a0415\u00a05552671",
        "+١٤١٥٥٥٥٢٦٧١",
        "0014155552671",
        "+",
        "+1415555267\x00",
    ],
)
def test_anything_else_is_no_number(number: str) -> None:
    with pytest.raises(ValidationError, match="is not an international phone number"):
        Draft(recipient_number=number, content="x")


def test_the_text_is_kept_as_it_was_written() -> None:
    text = "  Hello\n\n😜 \t"
    assert Draft(recipient_number="+14155552671", content=text).content == text


@pytest.mark.parametrize("blank", ["", " ", "\n\t ", "\u2003"])
def test_a_blank_text_is_none(blank: str) -> None:
    with pytest.raises(ValidationError, match="can't be blank"):
        Draft(recipient_number="+14155552671", content=blank)


def test_a_text_has_room_for_1600_characters() -> None:
    Draft(recipient_number="+14155552671", content="😜" * 1600)
    with pytest.raises(ValidationError, match="at most 1600 characters"):
        Draft(recipient_number="+14155552671", content="x" * 1601)
