"""Reads the headers of an ASGI scope, whose names are lower case, without Starlette's objects around them."""

from collections.abc import Iterable

RawHeaders = Iterable[tuple[bytes, bytes]]


def find_header(headers: RawHeaders, name: bytes) -> bytes:
    """Returns the first value of a header; empty if there is none."""
    for each, value in headers:
        if each == name:
            return value
    return b""
