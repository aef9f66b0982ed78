"""The addresses of pictures: nobody can make or change one, and each expires."""

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.attachments.links import MediaLinks
from mysms.core.urls import Url

BASE = Url.parse("https://user:pass@sms.example.com/api/twilio/media?a=b#rc=3")
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LIFETIME = timedelta(days=2)
ID = ObjectId()


def links(*secrets: str) -> MediaLinks:
    return MediaLinks(BASE, secrets or ("a secret",), LIFETIME)


def parts_of(url: str) -> tuple[str, str, str]:
    assert url.startswith("https://sms.example.com/api/twilio/media/")
    attachment_id, expires, signature = url.split("/")[-3:]
    return attachment_id, expires, signature


def test_an_address_leads_to_its_picture_until_it_expires() -> None:
    parts = parts_of(links().url_of(ID, NOW))
    assert links().find(*parts, NOW) == ID
    assert links().find(*parts, NOW + LIFETIME - timedelta(seconds=1)) == ID
    assert links().find(*parts, NOW + LIFETIME) is None


def test_no_part_can_be_changed() -> None:
    attachment_id, expires, signature = parts_of(links().url_of(ID, NOW))
    for changed in (
        (str(ObjectId()), expires, signature),
        (attachment_id, str(int(expires) + 1), signature),
        (attachment_id, "0" + expires, signature),
        (attachment_id.upper(), expires, signature),
        (attachment_id, expires, signature[:-1]),
        (attachment_id, expires, signature + "="),
        (attachment_id, expires, ""),
        ("", "", ""),
        ("x", "²", "é\udcff"),
        (f"{attachment_id}/{expires}", "", signature),
    ):
        assert links().find(*changed, NOW) is None


@pytest.mark.parametrize("secrets", [("new", "a secret"), ("a secret", "new")])
def test_a_replaced_secret_still_verifies(secrets: tuple[str, ...]) -> None:
    parts = parts_of(links().url_of(ID, NOW))
    assert links(*secrets).find(*parts, NOW) == ID
    assert links("new").find(*parts, NOW) is None


def test_without_a_base_there_are_no_addresses() -> None:
    disabled = MediaLinks(None, ["a secret"], LIFETIME)
    assert not disabled.is_enabled
    with pytest.raises(ValueError, match="Twilio cannot call this server"):
        disabled.url_of(ID, NOW)
