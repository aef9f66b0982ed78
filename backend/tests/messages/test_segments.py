"""The number of segments of a text. The test vectors are Twilio's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysms.messages.segments import Segments, count_segments


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("1" * 160, "GSM-7", 1),
        ("1" * 161, "GSM-7", 2),
        ("1" * 306, "GSM-7", 2),
        ("1" * 307, "GSM-7", 3),
        ("€" + "1" * 158, "GSM-7", 1),
        ("€" + "1" * 159, "GSM-7", 2),
        ("😜" + "1" * 68, "UCS-2", 1),
        ("😜" + "1" * 69, "UCS-2", 2),
        ("😜" + "1" * 132, "UCS-2", 2),
        ("😜" + "1" * 133, "UCS-2", 3),
        ("🇮🇹" + "1" * 66, "UCS-2", 1),
        ("🇮🇹" + "1" * 67, "UCS-2", 2),
        ("Á" * 70, "UCS-2", 1),
        ("Á" * 71, "UCS-2", 2),
        ("", "GSM-7", 1),
    ],
)
def test_texts_are_split_into_segments(text: str, encoding: str, count: int) -> None:
    found = count_segments(text)
    assert (found.encoding, found.count) == (encoding, count)


@pytest.mark.parametrize("character", "^{}\\[~]|€\f")
def test_an_extension_character_takes_two_septets(character: str) -> None:
    assert count_segments(character * 80) == Segments("GSM-7", 1)
    assert count_segments(character * 81) == Segments("GSM-7", 2)


def test_an_extension_character_is_never_split() -> None:
    """After 152 septets one is left in the first segment, which stays unused."""
    assert count_segments("1" * 152 + "€" + "1" * 151).count == 2
    assert count_segments("1" * 152 + "€" + "1" * 152).count == 3


def test_a_surrogate_pair_is_never_split() -> None:
    assert count_segments("Á" * 66 + "😜" + "Á" * 65).count == 2
    assert count_segments("Á" * 66 + "😜" + "Á" * 66).count == 3


@pytest.mark.parametrize("character", "`çáíóú–“”’…")
def test_one_character_outside_gsm_7_switches_to_ucs_2(character: str) -> None:
    assert count_segments("1" * 69 + character) == Segments("UCS-2", 1)
    assert count_segments("1" * 70 + character) == Segments("UCS-2", 2)


@pytest.mark.parametrize("character", "Çàéèùìòñ@£¥ΔΩ§¿\n\r")
def test_characters_of_the_default_alphabet_take_one_septet(character: str) -> None:
    assert count_segments(character * 160) == Segments("GSM-7", 1)


@given(st.text(max_size=400))
def test_more_text_never_takes_fewer_segments(text: str) -> None:
    assert 1 <= count_segments(text).count <= count_segments(text + "x").count
