"""Parsing of phone numbers. The SPA is tested against the same table."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysms.core.phone_numbers import ERROR_MESSAGES, PhoneNumberError, normalise

TABLE = json.loads((Path(__file__).parent / "phone_number_cases.json").read_text())

WRITTEN = st.text("+0123456789()-./ x,;\u200e\u00a0\u2011\n٣０", max_size=24) | st.text(max_size=24)
COUNTRIES = st.sampled_from([None, "CH", "US", "IT", "GB", "HK", "RU", "BR"])


@pytest.mark.parametrize(
    "case", TABLE["cases"], ids=lambda case: f"{case['written']!a} {case['default_country'] or ''}".strip()
)
def test_each_case_of_the_shared_table(case: dict[str, Any]) -> None:
    if case["problem"] is None:
        assert normalise(case["written"], case["default_country"]) == case["e164"]
        return
    with pytest.raises(PhoneNumberError) as raised:
        normalise(case["written"], case["default_country"])
    assert (raised.value.code, case["e164"]) == (case["problem"], None)


def test_the_table_has_every_error_and_a_case_for_each() -> None:
    assert TABLE["error_messages"] == ERROR_MESSAGES
    assert {case["problem"] for case in TABLE["cases"]} == {None, *ERROR_MESSAGES}


@pytest.mark.parametrize(
    ("written", "country", "sentence"),
    [
        ("+1 415 555 2671*", None, "has “*” in it, which is not part of a phone number"),
        (
            "112",
            "CH",
            "is too short for a number in CH (+41): for another country, begin with + and its code, as in "
            "+1 415 555 2671",
        ),
    ],
)
def test_an_error_names_the_character_or_country(written: str, country: str | None, sentence: str) -> None:
    with pytest.raises(PhoneNumberError) as raised:
        normalise(written, country)
    assert str(raised.value) == sentence


@given(written=WRITTEN, country=COUNTRIES)
def test_any_input_is_normalised_or_rejected(written: str, country: str | None) -> None:
    try:
        number = normalise(written, country)
    except PhoneNumberError:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{1,14}", number)
    assert normalise(number, country) == number


@given(number=st.from_regex(r"\A\+(1[2-9]|3[0-469][1-9]|5[1-8][1-9])[0-9]{1,12}\Z"), country=COUNTRIES)
def test_e164_numbers_are_accepted_unchanged(number: str, country: str | None) -> None:
    assert normalise(number, country) == number
