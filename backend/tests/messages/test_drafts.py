"""Validation of new messages."""

import pytest
from pydantic import ValidationError

from mysms.messages.schemas import MessageCreate, default_country


def test_the_number_is_normalised() -> None:
    """tests/core/test_phone_numbers.py tests the spellings."""
    assert (
        MessageCreate(recipient_number="\u202a+44\u00a0(0)20 7946\u20110958\u202c", content="x").recipient_number
        == "+442079460958"
    )


def test_a_national_number_needs_a_default_country() -> None:
    with pytest.raises(ValidationError, match=r"must begin with \+ and the country code"):
        MessageCreate(recipient_number="044 668 18 00", content="x")
    token = default_country.set("CH")
    try:
        assert MessageCreate(recipient_number="044 668 18 00", content="x").recipient_number == "+41446681800"
    finally:
        default_country.reset(token)


def test_the_text_is_kept_unchanged() -> None:
    text = "  Hello\n\n😜 \t"
    assert MessageCreate(recipient_number="+14155552671", content=text).content == text


@pytest.mark.parametrize("blank", ["", " ", "\n\t ", "\u2003", "\u200b", "\0", "\u3164\ufe0f\u2800"])
def test_a_blank_text_is_rejected(blank: str) -> None:
    """tests/core/test_blank.py tests all blank characters."""
    with pytest.raises(ValidationError, match="can't be blank"):
        MessageCreate(recipient_number="+14155552671", content=blank)


def test_a_text_that_no_sms_can_contain_is_rejected_rather_than_changed() -> None:
    with pytest.raises(ValidationError, match="contains an invalid character"):
        MessageCreate(recipient_number="+14155552671", content="Hel\0lo")


def test_a_text_has_at_most_1600_characters() -> None:
    MessageCreate(recipient_number="+14155552671", content="😜" * 1600)
    with pytest.raises(ValidationError, match="at most 1600 characters"):
        MessageCreate(recipient_number="+14155552671", content="x" * 1601)
