"""What counts as a picture: its first bytes, and nothing else."""

import pytest

from devservers.twilio.media import sample_picture
from mysms.attachments.formats import recognise


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (sample_picture(), "image/png"),
        (b"\xff\xd8\xff\xe1Exif", "image/jpeg"),
        (b"GIF87a...", "image/gif"),
        (b"GIF89a...", "image/gif"),
        (b"", None),
        (b"GIF88a...", None),
        (b"\x89PNG\n", None),
        (b" GIF89a", None),
        (b"\xff\xd8", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<html>GIF89a", None),
        (b"RIFF\0\0\0\0WEBP", None),
        (b"BEGIN:VCARD", None),
    ],
)
def test_the_bytes_tell_the_type(content: bytes, expected: str | None) -> None:
    assert recognise(content) == expected
