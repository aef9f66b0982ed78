"""BSON encoding and decoding of documents, with the driver's own codec."""

from collections.abc import Mapping
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

# Clients may send any BSON value.
Document = dict[str, Any]

MAX_DOCUMENT_SIZE: Final = 16 * 1024 * 1024

# Dates are naive UTC, so that they compare; out-of-range dates become DatetimeMS instead of failing.
_CODEC: Final[CodecOptions[Document]] = CodecOptions(
    document_class=dict, tz_aware=False, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as BSON."""
    return bson.encode(document, codec_options=_CODEC)


def decode(data: bytes) -> Document:
    """The document in BSON bytes: a new object at every call."""
    return bson.decode(data, _CODEC)


def decode_all(data: bytes) -> list[Document]:
    """The concatenated documents in BSON bytes."""
    return bson.decode_all(data, _CODEC)
