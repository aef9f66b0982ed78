"""Documents between the wire, memory and disk: BSON as the driver's own codec reads and writes it."""

from collections.abc import Mapping
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument

# BSON values are whatever the client sent, so their type is Any by nature.
Document = dict[str, Any]

MAX_DOCUMENT_SIZE: Final = 16 * 1024 * 1024

# Naive UTC dates compare without surprises; out-of-range dates stay numbers instead of failing.
_CODEC: Final[CodecOptions[Document]] = CodecOptions(
    document_class=dict, tz_aware=False, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as BSON."""
    return bson.encode(document, codec_options=_CODEC)


def decode(data: bytes) -> Document:
    """The document that BSON bytes hold. Each call makes a new one that shares nothing."""
    return bson.decode(data, _CODEC)


def decode_all(data: bytes) -> list[Document]:
    """The documents that follow each other in BSON bytes."""
    return bson.decode_all(data, _CODEC)


def encoded(document: Mapping[str, Any]) -> RawBSONDocument:
    """The document already encoded, to be spliced into a reply as it is."""
    return RawBSONDocument(encode(document))
