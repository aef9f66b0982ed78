"""What contacts are found by."""

import pytest

from mysms.contacts.terms import ContactQuestion, sort_key_of, terms_of

NUMBER = "+4915123456789"


def finds(typed: str, name: str, number: str = NUMBER) -> bool:
    question = ContactQuestion.of(typed)
    pattern = question.number or ""
    begins = number.startswith(pattern.removeprefix("^\\")) if pattern.startswith("^") else pattern in number
    return not question.is_empty and begins and set(terms_of(name, number)).issuperset(question.terms)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("a", "Ada Lovelace"),
        ("love", "Ada Lovelace"),
        ("lov ad", "Ada Lovelace"),
        ("ÁDA", "ada lovelace"),
        ("jose", "José"),
        ("o'b", "Seán O’Brien"),
        ("obri", "Seán O’Brien"),
        ("strasse", "Anna Straße"),
        ("田中", "田中さん"),
        ("中", "田中さん"),
        ("محم", "محمد علي"),
        ("🎂", "Bakery 🎂"),
        ("taxi 2", "Taxi 24"),
    ],
)
def test_words_are_found_by_their_beginnings(typed: str, name: str) -> None:
    assert finds(typed, name)


@pytest.mark.parametrize("typed", ["da", "lovelaces", "ada x", "!", "'", "\u200f"])
def test_what_no_word_begins_with_finds_nothing(typed: str) -> None:
    assert not finds(typed, "Ada Lovelace")


@pytest.mark.parametrize("typed", ["+4", "4", "49", "+49 151", "0151 234", "456789", "151-23/456", "(0)151", "789"])
def test_digits_are_found_in_the_number(typed: str) -> None:
    assert finds(typed, "Ada")


@pytest.mark.parametrize("typed", ["+", "15", "+15", "+151", "987", "0", "00", "491512345678900"])
def test_digits_that_are_not_in_the_number_find_nothing(typed: str) -> None:
    assert not finds(typed, "Ada")


def test_contacts_are_sorted_without_case_and_accents_and_then_by_number() -> None:
    names = ["Zoë", "émile", "Eva", "zoe", "Ada"]
    keys = sorted(sort_key_of(name, f"+4915{index}") for index, name in enumerate(names))
    assert [key.split()[0] for key in keys] == ["ada", "emile", "eva", "zoe", "zoe"]
    assert len(set(keys)) == len(names)
