"""Properties of keys, checked against straightforward comparisons of the values."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from devservers.mongodb.errors import CommandError
from devservers.mongodb.ordering import descending, key

INT64 = st.integers(-(2**63), 2**63 - 1)
CLOSE = st.integers(-3, 3) | st.integers(2**53, 2**53 + 4)
NUMBERS = st.one_of(INT64, INT64.map(Int64), st.floats(allow_nan=False), CLOSE)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.text(max_size=4),
    st.binary(max_size=4),
    st.binary(min_size=12, max_size=12).map(ObjectId),
    st.datetimes().map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
)


def sign(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


@given(NUMBERS, NUMBERS)
def test_numbers_compare_by_value_whatever_their_type(one: float, other: float) -> None:
    assert sign(key(one), key(other)) == sign(one, other)


@given(st.text(), st.text())
def test_strings_compare_by_utf_8_bytes(one: str, other: str) -> None:
    assert sign(key(one), key(other)) == sign(one.encode(), other.encode())


@given(st.datetimes(), st.datetimes())
def test_dates_compare_by_millisecond(one: datetime, other: datetime) -> None:
    milliseconds = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in (one, other)]
    assert sign(key(one), key(other)) == sign(*milliseconds)


@given(st.lists(VALUES, max_size=4), st.lists(VALUES, max_size=4))
def test_arrays_compare_element_by_element(one: list[Any], other: list[Any]) -> None:
    assert sign(key(one), key(other)) == sign([key(value) for value in one], [key(value) for value in other])


@given(VALUES, VALUES)
def test_no_key_is_a_prefix_of_another_and_descending_reverses_the_order(one: Any, other: Any) -> None:
    if key(one) != key(other):
        assert not key(one).startswith(key(other))
        assert sign(descending(key(one)), descending(key(other))) == -sign(key(one), key(other))
        assert sign(key(one) + key(other), key(other) + key(one)) == sign(key(one), key(other))


@pytest.mark.parametrize(
    ("one", "other"), [({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([1], [True]), ({}, []), ("1", 1), (b"a", "a"), (0, None)]
)
def test_different_values_have_different_keys(one: Any, other: Any) -> None:
    assert key(one) != key(other)


def test_objects_compare_by_type_then_name_then_value() -> None:
    assert key({"b": 1}) < key({"a": "x"}) < key({"b": ""}) < key({"b": "x"}) < key({"b": "x", "a": None})


def test_unsupported_types_are_rejected() -> None:
    with pytest.raises(CommandError):
        key(Decimal128(Decimal(1)))
