"""What the provider reports becomes safe to store and to show, and is never refused."""

from datetime import UTC, datetime, timedelta

import pytest

from mysms.inbound.text import InboundMedia, InboundText, media_of_form
from mysms.inbound.webhook import is_inbound
from mysms.providers.base import ProviderMessage
from mysms.providers.media_addresses import MediaAddresses

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
FORM = {"MessageSid": "SM1", "From": "+14155552671", "To": "+15005550006", "Body": "Hello"}
FORM |= {"NumSegments": "1", "NumMedia": "2"}


def row(**changes: object) -> ProviderMessage:
    values = {
        "sid": "SM1",
        "from_number": "+14155552671",
        "to_number": "+15005550006",
        "body": "Hello",
        "status": "received",
        "error_code": None,
        "error_message": None,
        "created_at": NOW - timedelta(hours=1),
        "is_inbound": True,
        "segments": "1",
        "num_media": "2",
    }
    return ProviderMessage(**{**values, **changes})  # type: ignore[arg-type]


def test_a_webhook_and_the_list_report_the_same_message() -> None:
    by_webhook, by_list = InboundText.of_form(FORM, NOW), InboundText.of_row(row(), NOW)
    assert by_webhook == InboundText("SM1", "+14155552671", "+15005550006", "Hello", 1, 2, NOW, None, "callback")
    assert by_list == InboundText(
        "SM1", "+14155552671", "+15005550006", "Hello", 1, 2, NOW - timedelta(hours=1), None, "reconciler"
    )


def test_a_message_is_not_of_the_future() -> None:
    assert InboundText.of_row(row(created_at=NOW + timedelta(minutes=5)), NOW).received_at == NOW


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+1 (415) 555-2671", "+14155552671"),
        ("12345", "12345"),
        ("MYBANK", "MYBANK"),
        ("My Bank", "My Bank"),
        ("whatsapp:+14155552671", "whatsapp:+14155552671"),
        ("+15551", "+15551"),
        ("", "unknown"),
        (" \0 ", "unknown"),
        ("x" * 1000, "x" * 200),
    ],
)
def test_every_sender_is_kept(written: str, stored: str) -> None:
    assert InboundText.of_form({**FORM, "From": written}, NOW).from_number == stored
    assert InboundText.of_row(row(from_number=written), NOW).from_number == stored


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ("a\0b\0", "ab"),
        ("\ud83d\ude1c", "😜"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("", ""),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_every_text_can_be_stored(body: str, stored: str) -> None:
    for text in (InboundText.of_form({**FORM, "Body": body}, NOW), InboundText.of_row(row(body=body), NOW)):
        assert text.content == stored
        text.content.encode()


@pytest.mark.parametrize(
    ("reported", "segments"),
    [("3", 3), ("0", 1), ("", 2), ("-1", 2), ("1e9", 2), ("9" * 100, 2), ("²", 2), ("None", 2)],
)
def test_segments_are_those_of_the_provider_if_it_knows_them(reported: str, segments: int) -> None:
    assert InboundText.of_form({**FORM, "Body": "x" * 161, "NumSegments": reported}, NOW).segments == segments
    assert InboundText.of_row(row(body="x" * 161, segments=reported), NOW).segments == segments


@pytest.mark.parametrize(
    ("reported", "num_media"), [("10", 10), ("0", 0), ("", 0), ("-1", 0), ("9" * 100, 0), ("²", 0), ("None", 0)]
)
def test_media_are_counted_if_the_provider_says_how_many(reported: str, num_media: int) -> None:
    assert InboundText.of_form({**FORM, "NumMedia": reported}, NOW).num_media == num_media
    assert InboundText.of_row(row(num_media=reported), NOW).num_media == num_media


def test_a_form_may_have_only_a_sid() -> None:
    text = InboundText.of_form({"MessageSid": "SM1"}, NOW)
    assert (text.from_number, text.content, text.num_media) == ("unknown", "", 0)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"SmsStatus": "received"}, True),
        ({"MessageStatus": "received", "SmsStatus": "received"}, True),
        ({"MessageStatus": "delivered", "SmsStatus": "delivered"}, False),
        ({"MessageStatus": "received"}, True),
        ({}, False),
    ],
)
def test_inbound_messages_are_told_from_status_callbacks(form: dict[str, str], expected: bool) -> None:
    assert is_inbound(form) == expected


@pytest.mark.parametrize(
    ("reported", "stored"),
    [
        ("image/jpeg", "image/jpeg"),
        ("Image/PNG; name=x", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("", "application/octet-stream"),
        ("image", "application/octet-stream"),
        ("image/png\r\nX: y", "application/octet-stream"),
        ("text/" + "x" * 100, "application/octet-stream"),
    ],
)
def test_a_medium_has_a_type(reported: str, stored: str) -> None:
    addresses, sid = MediaAddresses("AC1", ""), "ME" + "a" * 32
    path = f"https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/SM1/Media/{sid}"
    form = {**FORM, "NumMedia": "1", "MediaUrl0": path, "MediaContentType0": reported}
    assert media_of_form(form, addresses) == [InboundMedia(0, sid, stored)]


def test_no_more_than_ten_media_are_read() -> None:
    addresses, sid = MediaAddresses("AC1", ""), "ME" + "a" * 32
    path = f"https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/SM1/Media/{sid}"
    form = {**FORM, "NumMedia": "999", **{f"MediaUrl{index}": path for index in range(20)}}
    assert [each.index for each in media_of_form(form, addresses)] == [*range(10)]
