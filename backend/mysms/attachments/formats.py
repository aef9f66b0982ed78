"""Recognises pictures by their bytes. Pure.

Only the three types that Twilio adapts to what a carrier accepts: https://www.twilio.com/docs/messaging/guides/accepted-mime-types
"""

_PNG = b"\x89PNG\r\n\x1a\n"
_GIF = (b"GIF87a", b"GIF89a")
_JPEG = b"\xff\xd8\xff"
_BOUNDARY = b"--"


def is_form(content: bytes) -> bool:
    """Whether this is a form (multipart/form-data), in which a picture may be."""
    return content.startswith(_BOUNDARY)


def recognise(content: bytes) -> str | None:
    """Returns the media type of a picture; None if it is of no type that is sent. What a client calls it is ignored."""
    if content.startswith(_JPEG):
        return "image/jpeg"
    if content.startswith(_PNG):
        return "image/png"
    return "image/gif" if content.startswith(_GIF) else None
