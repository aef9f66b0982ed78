"""Patterns that find a word in any Unicode spelling."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysms.messages.text_patterns import fold, pattern_of

MONGODBS_LIMIT = 32_764
"""Bytes in a pattern."""
LONGEST_WORD = 200

SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.lower,
    str.casefold,
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFD", text.upper()),
]

LETTERS = [
    *"aeimnostuyzßẞﬁﬃŉǰäöüéèêçñşıİåÅøłŁőàãõắếệĳΑαάΐςσΣϑᾳЖжёйїіبتガハパ한글٣7.,!-'()[]{}^$*+?|&~#/@😜\\\"",
    *("\u0958", "ש\u05c1", "e\u0323\u0302", "q\u0307", "\u212a", "👩\u200d🚀", "❤\ufe0f"),
]
WORDS = (
    st.lists(st.sampled_from(LETTERS), min_size=1, max_size=12).map("".join).filter(lambda s: "sssss" not in fold(s))
)
TEXTS = st.lists(st.sampled_from([*LETTERS, " ", "\n"]), max_size=20).map("".join)


@given(word=WORDS, before=TEXTS, after=TEXTS, stored=st.sampled_from(SPELLINGS), searched=st.sampled_from(SPELLINGS))
def test_a_word_is_found_in_every_spelling(
    word: str, before: str, after: str, stored: Callable[[str], str], searched: Callable[[str], str]
) -> None:
    assert re.search(pattern_of(searched(word)), before + stored(word) + after)


@given(word=WORDS, text=TEXTS)
def test_a_match_contains_the_word(word: str, text: str) -> None:
    if re.search(pattern_of(word), text):
        assert fold(word) in fold(text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("GRÜSSE", "Schöne Grüße"),
        ("grüsse", "SCHÖNE GRÜẞE"),
        ("Grüße", "Schöne Gru\u0308sse"),
        ("stras", "Straße"),
        ("sse", "Straße"),
        ("Straße", "STRASSE"),
        ("cafe\u0301", "Café"),
        ("CAFÉ", "cafe\u0301"),
        ("viê\u0323t", "Việt"),
        ("Vie\u0302\u0323t", "viê\u0323t"),
        ("istanbul", "İSTANBUL"),
        ("İstanbul", "istanbul"),
        ("i\u0307stanbul", "İstanbul"),
        ("ısparta", "ISPARTA"),
        ("isparta", "ısparta"),
        ("ISTANBUL", "i\u0307stanbul"),
        ("ΟΔΟΣ", "οδός"[:2] + "ος"),
        ("σ", "ς"),
        ("office", "oﬃce"),
        ("ﬁsh", "FISH"),
        ("abc123", "ＡＢＣ１２３"),
        ("ａｂｃ", "abc"),
        ("a.b", "a．b"),
        ("5Å", "5A\u030a"),
        ("kelvin", "\u212aelvin"),
        ("\u1112\u1161\u11ab", "한글"),
        ("がく", "か\u3099く"),
        ("क\u093c", "\u0958"),
    ],
)
def test_equivalent_spellings_match(word: str, text: str) -> None:
    assert re.search(pattern_of(word), text)


@pytest.mark.parametrize(
    ("word", "text"),
    [("e", "é"), ("é", "e"), ("é", "è"), ("a.b", "axb"), (".*", "anything"), ("^a", "a"), ("ss", "s"), ("o", "0")],
)
def test_different_words_do_not_match(word: str, text: str) -> None:
    assert not re.search(pattern_of(word), text)


@given(word=st.text(min_size=1, max_size=LONGEST_WORD))
def test_a_pattern_uses_only_syntax_that_pcre_and_python_share(word: str) -> None:
    pattern = pattern_of(word)
    assert len(pattern.encode(errors="surrogatepass")) < MONGODBS_LIMIT
    assert re.match(pattern, word)
    assert not re.search(r"[.*+{}^$]|\?[^:]", re.sub(r"\\[^a-zA-Z0-9]", "", pattern))


@pytest.mark.parametrize("character", ["ß", "ﬃ", "ﬄ", "ế", "ΐ", "ᾳ", "i", "ﬆ", "ẞſ"[:2]])
def test_no_pattern_exceeds_mongodbs_limit(character: str) -> None:
    word = (character * LONGEST_WORD)[:LONGEST_WORD]
    assert len(pattern_of(word).encode()) < MONGODBS_LIMIT
