"""Twilio's library against the simulator: the outcome of each response and failure."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mysms.providers.base import (
    Accepted,
    AccountUnavailable,
    Indeterminate,
    OutboundMessage,
    Outcome,
    ProviderUnavailableError,
    Rejected,
    RetryableFailure,
)
from mysms.providers.twilio import TwilioProvider
from tests.support.api_user import new_number
from tests.support.processes import free_port
from tests.support.servers import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, Simulator, running_simulator

LONG_TIMEOUT_SECONDS = 10.0
SHORT_TIMEOUT_SECONDS = 0.5


def provider_at(
    url: str, *, sid: str = ACCOUNT_SID, token: str = AUTH_TOKEN, timeout: float = LONG_TIMEOUT_SECONDS
) -> TwilioProvider:
    return TwilioProvider(sid, token, url, timeout)


async def send(provider: TwilioProvider, to: str, *, from_number: str = FROM_NUMBER, body: str = "Hello") -> Outcome:
    # The client library keeps a connection per thread, so the call runs in a separate thread.
    return await asyncio.to_thread(provider.send, OutboundMessage(from_number, to, body, None))


async def test_an_accepted_message_has_a_sid_and_a_status(simulator: Simulator) -> None:
    number = new_number()
    outcome = await send(provider_at(simulator.url), number, body="Grüße 😜")
    assert isinstance(outcome, Accepted)
    assert outcome.status == "queued"
    (accepted,) = await simulator.accepted(number)
    assert accepted.sid == outcome.sid
    assert dict(accepted.request) == {"To": number, "From": FROM_NUMBER, "Body": "Grüße 😜"}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+15005550001", 21211),
        ("+15005550002", 21612),
        ("+15005550003", 21408),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
    ],
)
async def test_a_number_can_be_rejected(simulator: Simulator, number: str, code: int) -> None:
    outcome = await send(provider_at(simulator.url), number)
    assert isinstance(outcome, Rejected)
    assert outcome.code == code
    assert outcome.reason
    assert "Unable to create record" not in outcome.reason


async def test_what_twilio_says_of_an_address_is_kept_without_it(simulator: Simulator) -> None:
    """Whoever has the address of a picture can fetch it."""
    urls = [f"https://sms.example.com/api/twilio/media/{number}/1795867200/c2VjcmV0" for number in range(2)]
    message = OutboundMessage(FROM_NUMBER, new_number(), "Look", None, urls)
    outcome = await asyncio.to_thread(provider_at(simulator.url).send, message)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.reason) == (21620, "Invalid media URL(s): … …")


async def test_a_text_can_be_rejected(simulator: Simulator) -> None:
    outcome = await send(provider_at(simulator.url), new_number(), body="x" * 1601)
    assert isinstance(outcome, Rejected)
    assert outcome.code == 21617


@pytest.mark.parametrize(
    ("fault", "parameters", "expected"),
    [
        ("rate_limited", {}, RetryableFailure),
        ("queue_full", {"status": 400}, RetryableFailure),
        ("queue_full", {"status": 429}, RetryableFailure),
        ("unauthorized", {}, AccountUnavailable),
        ("suspended", {"code": 20003}, AccountUnavailable),
        ("suspended", {"code": 30002}, AccountUnavailable),
        ("refuse", {"code": 20404}, AccountUnavailable),
        *[
            ("refuse", {"code": code}, AccountUnavailable)
            for code in (21212, 21407, 21603, 21606, 21607, 21609, 21659, 21660)
        ],
        ("refuse", {"code": 21610}, Rejected),
        ("unavailable", {}, Indeterminate),
        ("error_500", {"commit": False}, Indeterminate),
        ("error_500", {"commit": True}, Indeterminate),
        ("lose_201", {}, Indeterminate),
        ("unreadable_201", {}, Indeterminate),
        ("reset_connection", {}, Indeterminate),
        ("hang", {"seconds": 2}, Indeterminate),
        ("trickle", {"seconds": 60}, Indeterminate),
    ],
)
async def test_each_failure_has_its_outcome(
    simulator: Simulator, fault: str, parameters: dict[str, Any], expected: type[Outcome]
) -> None:
    number = new_number()
    await simulator.control.set_fault(fault, to=number, **parameters)
    is_late = fault in {"hang", "trickle"}
    provider = provider_at(simulator.url, timeout=SHORT_TIMEOUT_SECONDS if is_late else LONG_TIMEOUT_SECONDS)
    outcome = await asyncio.wait_for(send(provider, number), timeout=LONG_TIMEOUT_SECONDS)
    assert isinstance(outcome, expected), outcome


async def test_a_full_queue_is_recognised_by_its_code(simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("queue_full", to=number, status=429)
    outcome = await send(provider_at(simulator.url), number)
    assert isinstance(outcome, RetryableFailure)
    assert outcome.code == 21611


async def test_the_library_does_not_retry(simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("error_500", to=number, commit=True)
    await send(provider_at(simulator.url), number)
    assert len(await simulator.create_requests(number)) == 1


async def test_wrong_credentials_make_the_account_unavailable(simulator: Simulator) -> None:
    assert isinstance(await send(provider_at(simulator.url, token="wrong"), new_number()), AccountUnavailable)
    assert isinstance(await send(provider_at(simulator.url, sid="AC" + "0" * 32), new_number()), AccountUnavailable)


async def test_the_reason_of_a_pause_contains_no_number_or_password(simulator: Simulator) -> None:
    text = OutboundMessage(FROM_NUMBER, new_number(), "Hello", "https://user:secret@api.example.com/callback")
    outcome = await asyncio.to_thread(provider_at(simulator.url).send, text)
    assert isinstance(outcome, AccountUnavailable)
    assert outcome.code == 21609
    assert "secret" not in outcome.reason
    outcome = await send(provider_at(simulator.url), new_number(), from_number="+14155550100")
    assert isinstance(outcome, AccountUnavailable)
    assert "4155550100" not in outcome.reason


async def test_an_unreachable_provider_is_a_retryable_failure() -> None:
    assert isinstance(await send(provider_at(f"http://127.0.0.1:{free_port()}"), new_number()), RetryableFailure)
    assert isinstance(await send(provider_at("http://a-host-that-is-not.invalid"), new_number()), RetryableFailure)


async def test_a_message_can_be_fetched(simulator: Simulator) -> None:
    provider = provider_at(simulator.url)
    number = new_number()
    await simulator.control.set_fault("outcome", to=number, status="undelivered", error_code=30003)
    outcome = await send(provider, number)
    assert isinstance(outcome, Accepted)
    await simulator.control.set_status(outcome.sid, "undelivered", 30003)

    message = await asyncio.to_thread(provider.fetch, outcome.sid)
    assert message is not None
    assert (message.status, message.error_code) == ("undelivered", 30003)
    assert (message.to_number, message.from_number, message.body) == (number, FROM_NUMBER, "Hello")
    assert abs(message.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert await asyncio.to_thread(provider.fetch, "SM" + "0" * 32) is None


async def test_messages_are_listed_by_number_at_once_and_by_day_once_sent(simulator: Simulator) -> None:
    provider, number = provider_at(simulator.url), new_number()
    outcomes = [await send(provider, number) for _ in range(2)]
    await send(provider, new_number())
    sids = {outcome.sid for outcome in outcomes if isinstance(outcome, Accepted)}
    listing = await asyncio.to_thread(provider.list_to, number)
    assert ({row.sid for row in listing.rows}, listing.is_complete) == (sids, True)

    today = datetime.now(UTC).date()
    for sid in sids:
        await simulator.control.set_status(sid, "sent")
    by_day = await asyncio.to_thread(provider.list_sent, FROM_NUMBER, today)
    assert sids <= {row.sid for row in by_day.rows}
    assert all(row.sent_at is not None for row in by_day.rows)
    tomorrow = today + timedelta(days=2)
    assert (await asyncio.to_thread(provider.list_sent, FROM_NUMBER, tomorrow)).rows == []


@pytest.mark.parametrize("fault", ["error_500", "unauthorized", "reset_connection", "unreadable_201"])
async def test_a_failed_list_request_raises_an_error(simulator: Simulator, fault: str) -> None:
    await simulator.control.set_fault(fault, on="list")
    with pytest.raises(ProviderUnavailableError):
        await asyncio.to_thread(provider_at(simulator.url).list_sent, FROM_NUMBER, datetime.now(UTC).date())


async def test_a_sender_that_is_withheld_has_no_number(simulator: Simulator) -> None:
    own_number = new_number()
    text = await simulator.control.text("", "Guess who", to=own_number)
    listing = await asyncio.to_thread(provider_at(simulator.url).list_received, own_number, datetime.now(UTC).date())
    assert [(row.sid, row.from_number, row.body) for row in listing.rows] == [(text.sid, "", "Guess who")]


@pytest.fixture
async def changing(tmp_path: Path) -> AsyncIterator[Simulator]:
    """A separate simulator, in which no status changes by itself."""
    async with running_simulator(tmp_path) as simulator:
        await simulator.control.set_pace(1000)
        yield simulator


@pytest.mark.parametrize("order", ["created", "sent_unsent_first", "sent_unsent_last"])
@pytest.mark.parametrize("paging", ["token", "offset"])
@pytest.mark.parametrize("event", ["sent", "created", "deleted"])
async def test_no_row_is_missed_if_pages_shift_while_they_are_read(
    changing: Simulator, order: str, paging: str, event: str
) -> None:
    provider, number = provider_at(changing.url), new_number()
    sids = [
        outcome.sid for outcome in [await send(provider, number) for _ in range(7)] if isinstance(outcome, Accepted)
    ]
    for sid in sids[:3]:
        await changing.control.set_status(sid, "sent")
    await changing.control.set_fault("list_order", order=order)
    await changing.control.set_fault("list_paging", by=paging, largest=2)
    # Between two pages half of the rows move, or a row is added or removed.
    await changing.control.set_fault("between_pages", event=event, after=1, times=1)
    listing = await asyncio.to_thread(provider.list_to, number)
    assert listing.is_complete
    there = {entry.sid for entry in await changing.control.ledger() if not entry.deleted}
    assert there <= {row.sid for row in listing.rows}


async def test_a_list_that_keeps_changing_is_incomplete(changing: Simulator) -> None:
    provider, number = provider_at(changing.url), new_number()
    for _ in range(12):
        await send(provider, number)
    await changing.control.set_fault("list_paging", by="offset", largest=2)
    await changing.control.set_fault("between_pages", event="deleted", after=0)
    listing = await asyncio.to_thread(provider.list_to, number)
    assert not listing.is_complete
