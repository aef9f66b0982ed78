"""MongoDB's wire protocol: parses requests and encodes replies. OP_MSG, and OP_QUERY for the first handshake only."""

import itertools
import struct
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bson.errors import BSONError

from devservers.mongodb.documents import Document, decode, decode_all, encode

MAX_MESSAGE_SIZE: Final = 48_000_000

_HEADER: Final = struct.Struct("<iiii")
_OP_REPLY: Final = 1
_OP_QUERY: Final = 2004
_OP_MSG: Final = 2013
_CHECKSUM_PRESENT: Final = 1
_MORE_TO_COME: Final = 2
_MIN_SECTION: Final = 5
_REQUIRED_FLAGS: Final = 0xFFFF
_reply_ids = itertools.count(1)


class FrameError(Exception):
    """Invalid bytes. The start of the next message is unknown, so the connection must be closed."""


class Request(NamedTuple):
    """A client message: a command, and the format of its reply."""

    request_id: int
    is_legacy: bool
    wants_reply: bool
    body: Document


def take_frame(buffer: bytearray) -> bytes | None:
    """Remove the first message from the buffer; None if it is incomplete. Raises FrameError."""
    if len(buffer) < _HEADER.size:
        return None
    length, _, _, operation = _HEADER.unpack_from(buffer)
    if not _HEADER.size < length <= MAX_MESSAGE_SIZE:
        raise FrameError(f"invalid message length {length}")
    if operation not in {_OP_QUERY, _OP_MSG}:
        raise FrameError(f"unsupported opcode {operation}")
    if len(buffer) < length:
        return None
    frame = bytes(buffer[:length])
    del buffer[:length]
    return frame


def parse(frame: bytes) -> Request:
    """Parse a message. Raises FrameError."""
    _, request_id, _, operation = _HEADER.unpack_from(frame)
    try:
        if operation == _OP_QUERY:
            return Request(request_id, is_legacy=True, wants_reply=True, body=_query(frame))
        [flags] = struct.unpack_from("<I", frame, _HEADER.size)
        if flags & _REQUIRED_FLAGS & ~(_CHECKSUM_PRESENT | _MORE_TO_COME):
            raise FrameError(f"unsupported flags {flags:#x}")
        end = len(frame) - 4 if flags & _CHECKSUM_PRESENT else len(frame)
        body = _sections(frame, _HEADER.size + 4, end)
        return Request(request_id, is_legacy=False, wants_reply=not flags & _MORE_TO_COME, body=body)
    except (struct.error, IndexError, ValueError, RecursionError, BSONError) as error:
        raise FrameError(f"malformed message ({error})") from error


def reply(request: Request, document: Mapping[str, Any]) -> bytes:
    """Encode the reply to a request."""
    body = encode(document)
    if request.is_legacy:
        operation, payload = _OP_REPLY, struct.pack("<iqii", 0, 0, 0, 1) + body
    else:
        operation, payload = _OP_MSG, bytes(5) + body
    reply_id = next(_reply_ids) & 0x7FFFFFFF
    return _HEADER.pack(_HEADER.size + len(payload), reply_id, request.request_id, operation) + payload


def _query(frame: bytes) -> Document:
    start = _HEADER.size + 4
    stop = frame.index(b"\x00", start)
    database, _, collection = frame[start:stop].decode().partition(".")
    if collection != "$cmd":
        raise FrameError("OP_QUERY is supported for the handshake only")
    return {**decode(frame[stop + 1 + 8 :]), "$db": database}


def _sections(frame: bytes, position: int, end: int) -> Document:
    body: Document | None = None
    sequences: Document = {}
    while position < end:
        kind = frame[position]
        start = position + 1
        [size] = struct.unpack_from("<i", frame, start)
        stop = start + size
        if size < _MIN_SECTION or stop > end:
            raise FrameError(f"invalid section length {size}")
        if kind == 0 and body is None:
            body = decode(frame[start:stop])
        elif kind == 1:
            name_stop = frame.index(b"\x00", start + 4, stop)
            sequences[frame[start + 4 : name_stop].decode()] = decode_all(frame[name_stop + 1 : stop])
        else:
            raise FrameError(f"unsupported section kind {kind}")
        position = stop
    if body is None:
        raise FrameError("message without a body")
    return {**body, **sequences}
