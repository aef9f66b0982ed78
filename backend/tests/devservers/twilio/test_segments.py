import pytest

from devservers.twilio.segments import GSM_BASIC, segment_count


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("1" * 160, 1),
        ("1" * 161, 2),
        ("1" * 306, 2),
        ("1" * 307, 3),
        ("€" + "1" * 158, 1),
        ("€" + "1" * 159, 2),
        ("😜" + "1" * 68, 1),
        ("😜" + "1" * 69, 2),
        ("😜" + "1" * 133, 3),
        ("🇮🇹" + "1" * 66, 1),
        ("🇮🇹" + "1" * 67, 2),
        ("Á" * 70, 1),
        ("Á" * 71, 2),
        ("Ç" * 160, 1),
        ("ç" * 71, 2),
        ("`" + "1" * 70, 2),
        ("\f" * 80, 1),
        ("\f" * 81, 2),
    ],
)
def test_segments(text: str, segments: int) -> None:
    assert segment_count(text) == segments


def test_an_extension_pair_is_never_split() -> None:
    """A segment holds 153 septets: a pair that starts at the 153rd moves to the next one and leaves a septet unused."""
    assert segment_count("1" * 152 + "€" + "1" * 152) == 3
    assert segment_count("1" * 151 + "€" + "1" * 153) == 2


def test_the_basic_alphabet() -> None:
    assert len(GSM_BASIC) == 127
