"""Keys: BSON values encoded as bytes that compare as MongoDB compares the values.

Equality, ranges, sorting, `$max`, `$min` and index entries all use the function `key`, so that they are consistent. 1,
1.0 and Int64(1) have the same key and True another one, embedded documents compare including the order of their fields,
and values of any two types are comparable. MongoDB's own indexes use the same idea ("KeyString"). No key is a proper
prefix of another, so indexes can concatenate and invert keys.
"""

import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from bson import DatetimeMS, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from bson.dbref import DBRef

from devservers.mongodb.errors import not_implemented


class Marker(Enum):
    """Index values that BSON does not have."""

    MISSING = "missing"
    EMPTY_ARRAY = "empty array"


MISSING: Final = Marker.MISSING
EMPTY_ARRAY: Final = Marker.EMPTY_ARRAY

# MongoDB's type order. The gaps leave room for the bound just above a type; 0x00 and 0xff are reserved for terminators
# and for the upper bound of a range.
_MIN_KEY, _EMPTY_ARRAY, _NULL, _NUMBER, _STRING, _OBJECT, _ARRAY = 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70
_BINARY, _OBJECT_ID, _BOOLEAN, _DATE, _TIMESTAMP, _REGEX, _MAX_KEY = 0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xF0

NULL_KEY: Final = bytes([_NULL])
NAN_KEY: Final = bytes([_NUMBER]) + bytes(10)

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  dates are decoded as naive UTC throughout
_MILLISECOND: Final = timedelta(milliseconds=1)
_INVERSION: Final = bytes(range(255, -1, -1))
_SIGN: Final = 1 << 63
_ALL_BITS: Final = (1 << 64) - 1


def key(value: Any) -> bytes:
    """The key of a value. Two keys are equal, or ordered, as MongoDB compares the values."""
    encode = _ENCODERS.get(type(value))
    if encode is None:
        raise not_implemented(f"comparing or indexing values of type {type(value).__name__}")
    return encode(value)


def descending(ascending_key: bytes) -> bytes:
    """The key for descending order."""
    return ascending_key.translate(_INVERSION)


def type_of(value_key: bytes) -> int:
    """The type rank of a key's value. Ranges only match values of the same type."""
    return value_key[0]


def is_null(value_key: bytes) -> bool:
    """Whether the key's value is null or missing."""
    return value_key == NULL_KEY


def is_array(value_key: bytes) -> bool:
    """Whether the key's value is an array."""
    return value_key[0] == _ARRAY


def _text(raw: bytes) -> bytes:
    return raw.replace(b"\x00", b"\x00\xff") + b"\x00\x01"


def _signed(number: int) -> bytes:
    return struct.pack(">Q", number + _SIGN)


def _number(value: float) -> bytes:
    if value != value:  # noqa: PLR0124  NaN is less than all numbers and equal to itself
        return NAN_KEY
    nearest = float(value) + 0.0  # -0.0 becomes 0.0
    bits: int = struct.unpack(">Q", struct.pack(">d", nearest))[0]
    bits ^= _ALL_BITS if bits & _SIGN else _SIGN
    # A double cannot represent every int64. The rounding error is appended, so that adjacent integers stay distinct.
    error = value - int(nearest) if isinstance(value, int) else 0
    return struct.pack(">BQH", _NUMBER, bits, error + 0x8000)


def _object(value: dict[str, Any]) -> bytes:
    parts = [bytes([_OBJECT])]
    for name, element in value.items():
        encoded = key(element)
        # MongoDB compares a field's type first, then its name, then its value.
        parts += (encoded[:1], name.encode(), b"\x00", encoded[1:])
    return b"".join(parts) + b"\x00"


def _array(value: list[Any]) -> bytes:
    return bytes([_ARRAY]) + b"".join(map(key, value)) + b"\x00"


def _binary(value: bytes) -> bytes:
    subtype = value.subtype if isinstance(value, Binary) else 0
    return struct.pack(">BIB", _BINARY, len(value), subtype) + value


_ENCODERS: Final[dict[type, Callable[[Any], bytes]]] = {
    MinKey: lambda _: bytes([_MIN_KEY]),
    Marker: lambda value: bytes([_EMPTY_ARRAY]) if value is EMPTY_ARRAY else NULL_KEY,
    type(None): lambda _: NULL_KEY,
    int: _number,
    Int64: _number,
    float: _number,
    str: lambda value: bytes([_STRING]) + _text(value.encode()),
    dict: _object,
    DBRef: lambda value: _object(value.as_doc()),
    list: _array,
    bytes: _binary,
    Binary: _binary,
    ObjectId: lambda value: bytes([_OBJECT_ID]) + value.binary,
    bool: lambda value: bytes([_BOOLEAN, value]),
    datetime: lambda value: bytes([_DATE]) + _signed((value - _EPOCH) // _MILLISECOND),
    DatetimeMS: lambda value: bytes([_DATE]) + _signed(int(value)),
    Timestamp: lambda value: struct.pack(">BII", _TIMESTAMP, value.time, value.inc),
    Regex: lambda value: bytes([_REGEX]) + _text(str(value.pattern).encode()) + _signed(value.flags),
    MaxKey: lambda _: bytes([_MAX_KEY]),
}
