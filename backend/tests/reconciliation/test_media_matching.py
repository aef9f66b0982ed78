"""Which rows of the provider's list can be a message with pictures, whatever the row says of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.messages.status import OutboxState
from mysms.outbox.records import InFlightMessage
from mysms.providers.base import ProviderMessage
from mysms.reconciliation.matching import could_be, match

FROM, TO, ELSEWHERE = "+15005550006", "+14155552671", "+14155552672"
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
FIRST, SECOND = ObjectId(), ObjectId()
SMS, MMS = "SM" + "1" * 32, "MM" + "1" * 32
PREFIX = "Sent from your Twilio trial account - "
LINK = "https://m.twil.io/a1B2c3"


def message(content: str, *media: ObjectId, state: OutboxState = OutboxState.UNCONFIRMED) -> InFlightMessage:
    return InFlightMessage(ObjectId(), 1, None, state, TO, content, "key", AT, AT, None, False, None, media)


def row(sid: str, body: str, num_media: str, to_number: str = TO) -> ProviderMessage:
    at = AT + timedelta(seconds=1)
    return ProviderMessage(sid, FROM, to_number, body, "sent", None, None, at, at, num_media=num_media)


def matched(found: ProviderMessage, *messages: InFlightMessage) -> InFlightMessage | None:
    pairs = match([found], set(), messages, FROM)
    return pairs[0][1] if pairs else None


UNKNOWN = ["", "None", "0"]


@pytest.mark.parametrize("body", ["", PREFIX, "Look", PREFIX + "Look"])
@pytest.mark.parametrize(("sid", "num_media"), [(MMS, "1"), (SMS, "1"), *((MMS, unknown) for unknown in UNKNOWN)])
def test_a_picture_is_found_by_what_twilio_promises(sid: str, num_media: str, body: str) -> None:
    picture = message("Look" if body.endswith("Look") else "", FIRST)
    assert matched(row(sid, body, num_media), picture) is picture


@pytest.mark.parametrize("content", ["", "Look"])
@pytest.mark.parametrize(("sid", "num_media"), [(MMS, "2"), (SMS, "2"), *((SMS, unknown) for unknown in UNKNOWN)])
def test_a_row_that_does_not_say_so_is_not_taken_and_not_ruled_out(sid: str, num_media: str, content: str) -> None:
    picture, found = message(content, FIRST), row(sid, content, num_media)
    assert matched(found, picture) is None
    assert could_be(found, picture, FROM)
    assert could_be(replace(found, to_number=ELSEWHERE), picture, FROM)


@pytest.mark.parametrize("body", ["Your code is 123", "Look", " x"])
@pytest.mark.parametrize(("sid", "num_media"), [(MMS, "1"), (SMS, "0"), (MMS, "0"), (SMS, "")])
def test_another_text_is_never_taken_for_a_picture_without_text(sid: str, num_media: str, body: str) -> None:
    picture, found = message("", FIRST), row(sid, body, num_media)
    assert matched(found, picture) is None
    assert could_be(found, picture, FROM)


def test_a_text_alone_to_somebody_else_does_not_keep_a_picture_unconfirmed() -> None:
    picture = message("", FIRST)
    assert not could_be(row(SMS, "Your code is 123", "0", ELSEWHERE), picture, FROM)
    for doubtful in (
        row(SMS, "Hi", "", ELSEWHERE),
        row(SMS, "", "0", ELSEWHERE),
        row(MMS, "Hi", "0", ELSEWHERE),
        row(SMS, PREFIX, "0", ELSEWHERE),
        row(SMS, LINK, "0", ELSEWHERE),
    ):
        assert could_be(doubtful, picture, FROM)


def test_a_link_in_place_of_a_picture_may_be_behind_its_text() -> None:
    picture = message("Look", FIRST)
    for to_number in (TO, ELSEWHERE):
        found = row(SMS, f"{PREFIX}Look {LINK}", "0", to_number)
        assert matched(found, picture) is None
        assert could_be(found, picture, FROM)
    assert not could_be(row(SMS, f"Hi {LINK}", "0", ELSEWHERE), picture, FROM)
    assert not could_be(row(SMS, f"Look {LINK}", "0", ELSEWHERE), message("Look"), FROM)


@pytest.mark.parametrize("num_media", ["", "None", "0"])
@pytest.mark.parametrize("sid", [SMS, MMS])
def test_a_text_is_found_as_before(sid: str, num_media: str) -> None:
    text = message("Look")
    assert matched(row(sid, PREFIX + "Look", num_media), text) is text


def test_a_text_is_not_a_picture_with_the_same_text() -> None:
    text, picture, found = message("Look"), message("Look", FIRST), row(MMS, "Look", "1")
    assert matched(found, text) is None
    assert could_be(found, text, FROM)
    assert matched(found, text, picture) is picture


@pytest.mark.parametrize("other", [(SECOND,), (FIRST, SECOND), ()])
@pytest.mark.parametrize("num_media", UNKNOWN)
def test_messages_that_differ_in_their_media_alone_are_not_confused(
    other: tuple[ObjectId, ...], num_media: str
) -> None:
    """They are in flight at once only if a user has given one of them up."""
    first, second = message("Look", FIRST), message("Look", *other)
    assert matched(row(MMS, "Look", num_media), first, second) is None
    assert matched(row(SMS, "Look", num_media), first, second) is None


@pytest.mark.parametrize("state", [OutboxState.UNCONFIRMED, OutboxState.CLAIMED])
@pytest.mark.parametrize(("one", "other"), [("+525512345678", "+5215512345678"), ("+541112345678", "+5491112345678")])
def test_pictures_to_two_spellings_of_a_number_are_not_confused(one: str, other: str, state: OutboxState) -> None:
    """They can be in flight at once: each spelling has a lock of its own."""
    first = replace(message("", FIRST), to_number=one)
    second = replace(message("", SECOND, state=state), to_number=other)
    for to_number in (one, other):
        for num_media in ("1", *UNKNOWN):
            found = row(MMS, "", num_media, to_number)
            assert matched(found, first, second) is None
            assert could_be(found, first, FROM)
            assert could_be(found, second, FROM)


def test_the_number_of_pictures_tells_messages_apart() -> None:
    one, two = message("", FIRST), message("", FIRST, SECOND)
    assert matched(row(MMS, "", "1"), one, two) is one
    assert matched(row(MMS, "", "2"), one, two) is two


def test_a_picture_that_is_sent_again_in_spite_of_the_warning_is_matched_as_a_text_is() -> None:
    first, again = message("", FIRST), message("", FIRST, state=OutboxState.CLAIMED)
    assert matched(row(MMS, "", "1"), first, again) is again
