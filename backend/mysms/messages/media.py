"""Pictures and other files of messages. Pure."""

import re

MOST_MEDIA = 10
"""Twilio's maximum for a message."""
MAXIMUM_BYTES = 5_000_000
"""Twilio's maximum for all media of a message, and its text."""
UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "video/webm": "webm",
}
"""The types that browsers show and that can run nothing, with the ends of files' names."""


def media_type(reported: str) -> str:
    """Returns the type without parameters and in lower case; that of unknown files for what is not a type."""
    written = reported.partition(";")[0].strip().lower()
    return written if _TYPE.fullmatch(written) else UNKNOWN_TYPE


def is_shown(content_type: str) -> bool:
    """Whether a medium is served as what it is; any other is a file to download, of no known type."""
    return content_type in _EXTENSIONS


def file_name(message_id: str, index: int, content_type: str) -> str:
    extension = _EXTENSIONS.get(content_type, "vcf" if content_type in {"text/vcard", "text/x-vcard"} else "bin")
    return f"attachment-{message_id}-{index + 1}.{extension}"
