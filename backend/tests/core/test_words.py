"""The words of texts and questions."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysms.core.words import (
    MAXIMUM_ASKED,
    MAXIMUM_FOLDED,
    MAXIMUM_LENGTH,
    MAXIMUM_WORDS,
    NO_WORDS,
    Question,
    fold,
    words_of,
)
from mysms.messages.schemas import MAXIMUM_CONTENT_LENGTH

SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.lower,
    str.casefold,
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFKC", text),
    lambda text: unicodedata.normalize("NFD", text.upper()),
    lambda text: "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text),
]
LETTERS = [
    *"aeimnostuyzßẞﬁﬃŉǰäöüéèêçñşıİåÅøłŁőàãõắếệĳΑαάΐςσΣϑᾳЖжёйїіبتガハパ한글٣7寿司สวัดดี😜",
    *("\u0958", "ש\u05c1", "e\u0323\u0302", "q\u0307", "\u212a", "👩\u200d🚀", "❤\ufe0f", "🇩🇪"),
]
SEPARATORS = [" ", "\n", ", ", ".", "'", "’", "-", "1,000", "(", "🎉", "\u3000"]
TEXTS = st.lists(st.sampled_from([*LETTERS, *SEPARATORS]), max_size=20).map("".join)


def find(question: str, text: str) -> bool:
    return Question.of(question).matches(text)


@given(text=TEXTS, stored=st.sampled_from(SPELLINGS), searched=st.sampled_from(SPELLINGS))
def test_a_text_is_found_by_itself_in_every_spelling(
    text: str, stored: Callable[[str], str], searched: Callable[[str], str]
) -> None:
    assert find(searched(text), stored(text))


@given(before=TEXTS, text=TEXTS, after=TEXTS, data=st.data())
def test_a_text_is_found_by_any_words_and_a_beginning(before: str, text: str, after: str, data: st.DataObject) -> None:
    whole = f"{before} {text} {after}"
    letters = fold(text)
    part = letters[: data.draw(st.integers(0, len(letters)))]
    assert find(part, whole)
    assert find(f"{after} {part}", whole)


@given(text=TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(text=st.text(max_size=MAXIMUM_CONTENT_LENGTH))
def test_the_words_are_bounded(text: str) -> None:
    words = words_of(text)
    assert 0 < len(words) <= MAXIMUM_WORDS
    assert all(len(word) <= MAXIMUM_LENGTH for word in words)
    assert len(set(words)) == len(words)


def test_the_longest_text_is_bounded_too() -> None:
    chinese = "".join(chr(0x4E00 + number) for number in range(MAXIMUM_CONTENT_LENGTH))
    assert len(words_of(chinese)) == MAXIMUM_WORDS
    assert find(chinese[:300], chinese)
    assert len(words_of("ﷺ" * MAXIMUM_CONTENT_LENGTH)) <= MAXIMUM_WORDS


def test_characters_that_decompose_into_many_are_bounded() -> None:
    assert len(unicodedata.normalize("NFKD", "ﷺ" * MAXIMUM_CONTENT_LENGTH)) > 5 * MAXIMUM_FOLDED
    assert len(fold("ﷺ" * MAXIMUM_CONTENT_LENGTH)) <= MAXIMUM_FOLDED
    for letter in ("é", "ế", "한", "が"):
        assert find("end", letter * (MAXIMUM_CONTENT_LENGTH - 4) + " end")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello there, HELLO", ["hello", "he*", "hel*", "there", "th*", "the*"]),
        ("A to Z", ["a", "to", "to*", "z"]),
        ("Straße", ["strasse", "st*", "str*"]),
        ("don’t", ["don", "do*", "don*", "t", "dont"]),
        ("'quoted'", ["quoted", "qu*", "quo*"]),
        ("1,000.50", ["1", "000", "00*", "000*", "50", "50*", "100050", "10*", "100*"]),
        ("a_b@c.de", ["a", "b", "c", "de", "de*"]),
        ("寿司だ", ["寿", "司", "だ", "寿司", "司だ"]),
        ("お茶 tea", ["お", "茶", "お茶", "tea", "te*", "tea*"]),
        ("👍🏽👍 👩\u200d🚀 🇩🇪", ["👍", "👩", "🚀", "🇩", "🇪", "🇩🇪"]),
        ("5 €", ["5", "€"]),
        ("हिन्दी", ["हिन्दी", "हि*", "हिन*"]),
        ("soft\u00adhyphen", ["softhyphen", "so*", "sof*"]),
        ("... !?", NO_WORDS),
        ("", NO_WORDS),
        ("\u0301\ufe0f\u200d", NO_WORDS),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "words", "beginning"),
    [
        ("Hello there", ("hello",), "there"),
        ("the the", ("the*",), None),
        ("to be", ("to", "be*"), None),
        ("x", (), "x"),
        ("hello 🎉", ("hello", "🎉"), None),
        ("hello 寿司だ", ("hello", "寿司", "司だ"), None),
        ("hello 寿", ("hello", "寿"), None),
        ("don't", ("don",), "t"),
        ("12.5", ("12",), "5"),
        ("a" * 99, (), "a" * MAXIMUM_LENGTH),
        ("?!", (), None),
    ],
)
def test_words_of_a_question(text: str, words: tuple[str, ...], beginning: str | None) -> None:
    assert Question.of(text) == Question(words, beginning)


def test_of_a_long_question_the_longest_words_and_the_last_one_are_looked_for() -> None:
    words = [f"word{'x' * length}" for length in range(20)]
    question = Question.of(" ".join([*words, "last"]))
    assert question == Question(tuple(words[: 20 - MAXIMUM_ASKED - 1 : -1]), "last")
    assert len(Question.of("".join(chr(0x4E00 + number) for number in range(200))).words) == MAXIMUM_ASKED
    assert question.matches(" ".join([*words[4:], "lastly"]))
    assert not question.matches(" ".join([*words[5:], "lastly"]))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("cafe", "CAFÉ"),
        ("Grüsse", "Schöne Gru\u0308ße"),
        ("viet", "Việt"),
        ("istanbul", "İSTANBUL'da"),
        ("ISPARTA", "ısparta"),
        ("ΟΔΟΣ", "οδος"),
        ("office", "oﬃce"),
        ("abc", "ＡＢＣ"),
        ("kelvin", "\u212aelvin"),
        ("\u1112\u1161\u11ab", "한글"),
        ("がく", "か\u3099く"),
        ("ガ", "ｶﾞ"),
        ("שלום", "שָׁלוֹם"),
        ("محمد", "مُحَمَّد"),
        ("٧٧", "77"),
        ("lodz", "Łódź"),
        ("kobenhavn", "København"),
        ("❤", "❤️"),
        ("👍", "👍🏽"),
        ("2671", "call 415-555-2671"),
        ("4155552671", "call 415-555-2671"),
        ("415 555", "call 415.555.2671"),
        ("1000", "1,000 pieces"),
    ],
)
def test_equivalent_spellings_match(question: str, text: str) -> None:
    assert find(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("ello", "Hello"),
        ("hell there", "Hello there"),
        ("か", "が"),
        ("寿だ", "寿司だ"),
        ("👎", "👍"),
        ("o", "0"),
        ("Hello now", "Hello"),
        ("?", "?"),
        ("", "Hello"),
    ],
)
def test_different_words_do_not_match(question: str, text: str) -> None:
    assert not Question.of(question).is_empty or question in ("?", "")
    assert Question.of(question).is_empty or not find(question, text)
