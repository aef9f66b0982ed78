"""The JSON of messages: it is made without the response models, and equals what they would encode."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId, decode
from bson import encode as encode_bson
from bson.codec_options import CodecOptions
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from mysms.core.migrations.field_names import OLD_MESSAGE_FIELDS, message_values
from mysms.messages.encoding import (
    MESSAGE_FIELDS,
    TIMELINE_FIELD,
    ConversationFields,
    Row,
    detail_fields,
    encode,
    message_fields,
)
from mysms.messages.error_catalog import explain
from mysms.messages.models import Event, Message
from mysms.messages.schemas import ConversationResponse, EventResponse, MessageDetail, MessageResponse
from mysms.messages.status import OutboxState
from tests.faults.outbox_fixture import open_outbox_fixture
from tests.support.servers import Mongo

AT = datetime(2026, 11, 22, 10, 42, 7, 120_000, tzinfo=UTC)
SENT: Row = {
    "_id": ObjectId("6921f0c2a4b1c93e5d0f7a12"),
    "user_id": ObjectId(),
    "client_id": "key:0b9f6d8e4a7c",
    "request_hash": "hash",
    "from_number": "+15005550006",
    "recipient_number": "+14155552671",
    "peer_number": "+14155552671",
    "content": "Hello",
    "segments": 1,
    "created_at": AT,
    "updated_at": AT,
}
"""A message with the fields that have no default."""
OUTBOUND: Row = {"sender_key": "sender", "dedup_key": "text", "due_at": AT, "next_attempt_at": AT}
REQUIRED = {"key": "callback:SM1:sent:", "at": AT, "source": "callback", "status": "sent"}
"""An event with the fields that have no default."""

texts = st.text(st.characters(exclude_categories=["Cs"]))
codes = (
    st.none()
    | st.integers(1, 2**31 - 1)
    | st.sampled_from([21610, 30008, Int64(30003), "expired", "recipient_opted_out"])
)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001  # the bounds
errors = {"error_code": codes, "error_message": st.none() | texts}
events = st.fixed_dictionaries(
    {
        "key": texts,
        "at": times,
        "source": st.sampled_from(["send", "callback", "reconciler", "user", "author"]),
        "status": texts,
    },
    optional={"sid": st.none() | texts, **errors},
)
outbounds = st.fixed_dictionaries(
    {"sender_key": texts, "dedup_key": texts, "due_at": times, "next_attempt_at": times},
    optional={"state": st.sampled_from([*map(str, OutboxState)]), "cancel_requested": st.booleans()},
)
rows = st.fixed_dictionaries(
    {
        "_id": st.builds(ObjectId, st.binary(min_size=12, max_size=12)),
        "user_id": st.just(SENT["user_id"]),
        "client_id": st.builds("{}:{}".format, st.sampled_from(["key", "retry", "message"]), texts) | texts,
        "request_hash": texts,
        **dict.fromkeys(("from_number", "recipient_number", "peer_number", "content"), texts),
        "segments": st.integers(0, 2**63 - 1),
        "created_at": times,
        "updated_at": times,
    },
    optional={
        "direction": st.sampled_from(["outbound", "inbound"]),
        "outbound": st.none() | outbounds,
        "retry_of": st.none() | st.builds(ObjectId),
        "twilio_sid": st.none() | texts,
        "provider_status": st.none() | texts,
        "events": st.lists(events, max_size=3),
        "num_media": st.integers(0, 2**63 - 1),
        "media": st.lists(
            st.fixed_dictionaries({"index": st.integers(0, 9), "sid": texts, "content_type": texts}), max_size=3
        ),
        "change_count": st.integers(0, 2**63 - 1),
        "content_removed_at": st.none() | times,
        "deleted_at": st.none() | times,
        "words": st.lists(texts, max_size=2),
        "schema_version": st.integers(1, 9),
        **errors,
    },
)


@pytest.fixture(scope="module", autouse=True)
async def _documents(mongodb: Mongo) -> AsyncIterator[None]:
    """Beanie creates no document before it knows its collection."""
    async with open_outbox_fixture(mongodb.uri):
        yield


def stored(row: Row, *, tz_aware: bool) -> Row:
    """The row as the driver returns it."""
    return decode(encode_bson(row), CodecOptions(tz_aware=tz_aware))


def shown(row: Row) -> Row:
    """What a query for the fields that are shown returns of a row, for a page and for a detail."""
    read = stored(row, tz_aware=False)
    found = {name: read[name] for name in ("_id", *MESSAGE_FIELDS, TIMELINE_FIELD) if name in read}
    if "outbound" in read:
        parts = [name.removeprefix("outbound.") for name in MESSAGE_FIELDS if name.startswith("outbound.")]
        outbound = read["outbound"]
        found["outbound"] = outbound and {part: outbound[part] for part in parts if part in outbound}
    return found


def modelled(row: Row) -> MessageDetail:
    """The response made of the document's model, whose defaults stand for missing fields."""
    message = Message.model_validate(stored(row, tz_aware=True))
    kind, _, key = message.client_id.partition(":")
    explanation = explain(message.error_code)
    own = MessageResponse.model_fields.keys() & Message.model_fields.keys() - {"id", "client_id", "retry_of"}
    return MessageDetail.model_validate(
        {
            "_id": str(message.id),
            "status": message.status,
            "client_id": key if kind == "key" else None,
            "cancel_requested": message.outbound is not None and message.outbound.cancel_requested,
            "explanation": explanation and vars(explanation),
            "retry_of": str(message.retry_of) if message.retry_of is not None else None,
            "timeline": [event.model_dump() for event in message.events],
            "version": message.change_count,
            **{name: getattr(message, name) for name in own},
            "media": [media.model_dump() for media in message.media],
        }
    )


@given(rows)
def test_a_message_is_what_its_models_would_encode(row: Row) -> None:
    model = modelled(row)
    assert encode(detail_fields(shown(row))) == model.model_dump_json(by_alias=True).encode()
    message = encode(message_fields(shown(row)))
    assert message == model.model_dump_json(by_alias=True, exclude={"timeline"}).encode()
    assert MessageResponse.model_validate_json(message, strict=True) == MessageResponse.of(
        Message.model_validate(stored(row, tz_aware=True))
    )


@given(st.lists(rows, max_size=3), st.integers(0, 2**31))
def test_a_list_of_conversations_is_what_its_models_would_encode(found: list[Row], count: int) -> None:
    fields: list[ConversationFields] = [
        {
            "peer_number": "+14155552671",
            "last_message": message_fields(shown(row)),
            "messages": count,
            "unread": count,
            "inbound": count,
            "archived": count % 2 == 1,
            "muted": count % 3 == 1,
        }
        for row in found
    ]
    adapter = TypeAdapter(list[ConversationResponse])
    models = adapter.validate_json(encode(fields), strict=True)
    assert encode(fields) == adapter.dump_json(models, by_alias=True)


def json_of(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(detail_fields(shown({**SENT, **changes}))))
    return found


def test_a_message_of_the_present_version() -> None:
    assert json_of(
        direction="outbound",
        outbound={**OUTBOUND, "state": "accepted", "cancel_requested": True},
        retry_of=ObjectId("6921f0c2a4b1c93e5d0f7a11"),
        twilio_sid="SM1",
        provider_status="undelivered",
        error_code=30003,
        error_message="Unreachable",
        events=[{**REQUIRED, "sid": "SM1", "error_code": 30003, "error_message": "Unreachable"}],
    ) == {
        "_id": "6921f0c2a4b1c93e5d0f7a12",
        "direction": "outbound",
        "from_number": "+15005550006",
        "recipient_number": "+14155552671",
        "peer_number": "+14155552671",
        "content": "Hello",
        "status": "undelivered",
        "cancel_requested": True,
        "twilio_sid": "SM1",
        "client_id": "0b9f6d8e4a7c",
        "error_code": 30003,
        "error_message": "Unreachable",
        "explanation": {
            "cause": "The phone could not be reached.",
            "advice": "It may be switched off or out of range: try again later.",
            "retryable": True,
        },
        "retry_of": "6921f0c2a4b1c93e5d0f7a11",
        "segments": 1,
        "num_media": 0,
        "media": [],
        "created_at": "2026-11-22T10:42:07.120Z",
        "updated_at": "2026-11-22T10:42:07.120Z",
        "version": 0,
        "content_removed_at": None,
        "deleted_at": None,
        "timeline": [
            {
                "at": "2026-11-22T10:42:07.120Z",
                "source": "callback",
                "status": "sent",
                "sid": "SM1",
                "error_code": 30003,
                "error_message": "Unreachable",
            }
        ],
    }


def test_a_message_of_schema_1_is_pending_until_it_is_migrated() -> None:
    old = {
        "line": "sender",
        "text_key": "text",
        "dispatch": "settled",
        "attempt": 1,
        "carrier_status": "sent",
        "rank": 4,
    }
    event = {**REQUIRED, "source": "author"}
    found = json_of(**old, events=[event])
    assert (found["status"], found["cancel_requested"], found["twilio_sid"]) == ("pending", False, None)
    assert found["timeline"][0]["source"] == "user"
    migrated = {name: value for name, value in old.items() if name not in OLD_MESSAGE_FIELDS}
    found = json_of(**migrated, **message_values({**SENT, **old, "events": [event]}), schema_version=2)
    assert (found["status"], found["timeline"][0]["source"]) == ("sent", "user")


def test_a_redacted_message_says_so() -> None:
    found = json_of(content="", content_removed_at=AT, words=[""])
    assert (found["content"], found["content_removed_at"]) == ("", "2026-11-22T10:42:07.120Z")


def test_a_message_without_text_says_what_came_with_it() -> None:
    found = json_of(direction="inbound", content="", num_media=2)
    assert (found["content"], found["content_removed_at"], found["num_media"]) == ("", None, 2)


def test_a_deleted_message_says_so() -> None:
    assert json_of(content="", content_removed_at=AT, deleted_at=AT)["deleted_at"] == "2026-11-22T10:42:07.120Z"


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (AT.replace(microsecond=0), "2026-11-22T10:42:07.000Z"),
        (AT.replace(microsecond=999_999), "2026-11-22T10:42:07.999Z"),
        (AT.replace(year=1), "0001-11-22T10:42:07.120Z"),
        (datetime(1970, 1, 1, tzinfo=UTC) - timedelta(milliseconds=1), "1969-12-31T23:59:59.999Z"),
    ],
)
def test_times_are_in_utc_with_milliseconds(time: datetime, text: str) -> None:
    assert json_of(updated_at=time)["updated_at"] == text
    assert re.search(
        rf'"updated_at":"{re.escape(text)}"', encode(message_fields({**SENT, "updated_at": time})).decode()
    )


def test_the_response_models_have_the_fields_of_the_stored_events() -> None:
    assert EventResponse.model_fields.keys() == Event.model_fields.keys() - {"key"}
