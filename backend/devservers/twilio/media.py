"""Pictures and other files that phones send with their texts, and a sample picture. Pure."""

import math
import secrets
import struct
import zlib
from dataclasses import dataclass

SAMPLE_TYPE = "image/png"
MAX_BYTES = 5_000_000
"""Twilio's limit for all media of a message."""
MOST_MEDIA = 10
"""Twilio's maximum for a message."""
_SAMPLE_WIDTH, _SAMPLE_HEIGHT = 320, 240


@dataclass(frozen=True)
class Media:
    """A file of a message, as Twilio stores it."""

    sid: str
    message_sid: str
    content_type: str
    content: bytes


def new_media_sid() -> str:
    return "ME" + secrets.token_hex(16)


def sample_picture() -> bytes:
    """A small PNG: the sun above hills."""
    rows = b"".join(b"\0" + b"".join(bytes(_colour(x, y)) for x in range(_SAMPLE_WIDTH)) for y in range(_SAMPLE_HEIGHT))
    header = struct.pack(">IIBBBBB", _SAMPLE_WIDTH, _SAMPLE_HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _colour(x: int, y: int) -> tuple[int, int, int]:
    if y > 185 + 14 * math.sin(x / 38):
        return 38, 92, 74
    if y > 150 + 22 * math.sin(x / 61 + 2):
        return 74, 138, 104
    if (x - 226) ** 2 + (y - 74) ** 2 < 32**2:
        return 255, 205, 96
    return 158 + y // 4, 198 + y // 8, 228 - y // 8
