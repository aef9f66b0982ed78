"""Phones send texts to the account's numbers: in the list, and by a webhook to the number's URLs."""

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator, eventually
from tests.devservers.twilio.test_page import bubbles, get, phones


@pytest.fixture
async def number(control: SimulatorControl, receiver: Receiver) -> None:
    """The account's own number calls the receiver."""
    await set_urls(control, receiver.url("/inbound#rc=2&rp=all"))


async def set_urls(control: SimulatorControl, url: str = "", fallback: str = "") -> None:
    await control.set_number(sms_url=url, sms_fallback_url=fallback, sms_application_sid="")


async def test_a_text_is_listed_and_posted_with_all_fields(
    twilio: Library, control: SimulatorControl, receiver: Receiver, number: None
) -> None:
    text = await control.text(ORDINARY, "Hello ✓ back")
    (webhook,) = await receiver.wait_for(1)
    places = {f"{side}{place}": "" for side in ("To", "From") for place in ("City", "State", "Zip", "Country")}
    assert webhook.params == {
        **places,
        **dict.fromkeys(("SmsMessageSid", "SmsSid", "MessageSid"), text.sid),
        "NumMedia": "0",
        "ReferralNumMedia": "0",
        "SmsStatus": "received",
        "Body": "Hello ✓ back",
        "From": ORDINARY,
        "To": DEFAULT_FROM_NUMBER,
        "NumSegments": "1",
        "AccountSid": DEFAULT_ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
    }
    assert webhook.is_signed()
    (listed,) = await twilio.list(to=DEFAULT_FROM_NUMBER)
    assert (listed.sid, listed.direction, listed.status, listed.from_) == (text.sid, "inbound", "received", ORDINARY)
    assert listed.date_sent == listed.date_created
    assert [
        row.sid for row in await twilio.list(to=DEFAULT_FROM_NUMBER, date_sent=listed.date_sent.date().isoformat())
    ] == [text.sid]


async def test_a_picture_is_listed_and_posted_without_text(
    twilio: Library, control: SimulatorControl, receiver: Receiver, number: None
) -> None:
    picture = await control.text(ORDINARY, "", num_media=2)
    (webhook,) = await receiver.wait_for(1)
    assert [webhook.params[name] for name in ("MessageSid", "Body", "NumMedia")] == [picture.sid, "", "2"]
    (listed,) = await twilio.list(to=DEFAULT_FROM_NUMBER)
    assert (listed.sid, listed.body, listed.num_media) == (picture.sid, "", "2")
    assert picture.sid.startswith("MM")


async def test_a_failed_webhook_is_retried_and_then_goes_to_the_fallback(
    control: SimulatorControl, receiver: Receiver
) -> None:
    url = receiver.url("/inbound#rc=2&rp=all")
    await set_urls(control, url, receiver.url("/fallback"))
    receiver.script = [503, 503, 503, 204]
    text = await control.text(ORDINARY, "Anybody there?")
    *tries, fallback = await receiver.wait_for(4)
    assert [each.url for each in tries] == [receiver.url("/inbound")] * 3
    assert len({each.token for each in tries}) == 1
    assert fallback.url == receiver.url("/fallback")
    assert fallback.params == {**tries[0].params, "ErrorCode": "11200", "ErrorUrl": url}
    assert fallback.params["MessageSid"] == text.sid
    assert fallback.is_signed()


@pytest.mark.parametrize("settings", [{"sms_url": ""}, {"sms_application_sid": "AP1"}], ids=["no URL", "application"])
async def test_without_a_webhook_the_text_is_only_listed(
    twilio: Library, control: SimulatorControl, receiver: Receiver, number: None, settings: Mapping[str, str]
) -> None:
    await control.set_number(**settings)
    text = await control.text(ORDINARY, "Hello?")
    assert [row.sid for row in await twilio.list(to=DEFAULT_FROM_NUMBER)] == [text.sid]
    assert await control.callbacks(text.sid) == []


async def test_what_the_phones_have_sent_can_be_forgotten(twilio: Library, control: SimulatorControl) -> None:
    await set_urls(control)
    sent = await twilio.create(to=ORDINARY, body="Stays")
    await control.text(ORDINARY, "Goes", num_media=1)
    await control.clear_inbound()
    assert [row.sid for row in await twilio.list()] == [sent.sid]


async def test_webhooks_get_lost_and_come_twice(control: SimulatorControl, receiver: Receiver, number: None) -> None:
    await control.set_fault("drop_callbacks", times=1, status="received")
    lost = await control.text(ORDINARY, "lost")

    async def dropped() -> list[str | None]:
        return [attempt.error for attempt in await control.callbacks(lost.sid)]

    assert await eventually(dropped) == ["dropped by a fault"]
    # It is the only webhook of its message: no later one follows that it could be behind.
    await control.set_fault("reorder_callbacks", times=1, status="received")
    await control.text(ORDINARY, "in order")
    assert [each.params["Body"] for each in await receiver.wait_for(1)] == ["in order"]
    receiver.received.clear()
    await control.set_fault("duplicate_callbacks", times=1, status="received")
    await control.text(ORDINARY, "twice")
    assert [each.params["Body"] for each in await receiver.wait_for(2)] == ["twice", "twice"]


async def test_a_number_without_status_callbacks_sends_as_any_other(
    control: SimulatorControl, receiver: Receiver, number: None
) -> None:
    text = await control.text("+15005551005", "Can you hear me?")
    (webhook,) = await receiver.wait_for(1)
    assert webhook.params["MessageSid"] == text.sid


async def test_a_text_appears_in_a_lagging_list_later(
    twilio: Library, control: SimulatorControl, receiver: Receiver, number: None
) -> None:
    await control.set_fault("list_lag", seconds=60)
    text = await control.text(ORDINARY, "Hello")
    await receiver.wait_for(1)
    assert await twilio.list(to=DEFAULT_FROM_NUMBER) == []
    await control.reset_faults()
    assert [row.sid for row in await twilio.list(to=DEFAULT_FROM_NUMBER)] == [text.sid]


async def test_the_page_shows_both_sides_of_a_phone(
    simulator: Simulator, twilio: Library, control: SimulatorControl, receiver: Receiver, number: None
) -> None:
    await twilio.create(to=ORDINARY, body="How are you?")
    await control.text(ORDINARY, "<b>Fine</b>")
    page = (await get(simulator)).text
    assert bubbles(page) == ["How are you?", "<b>Fine</b>"]
    assert "<b>Fine" not in page
    assert phones(page) == [ORDINARY]
    assert "Sent from this phone" in page
    await receiver.wait_for(1)
    assert "Message received" in (await get(simulator)).text
    assert f'data-sender="{ORDINARY}"' in page


async def test_a_website_cannot_send_a_text(simulator: Simulator, control: SimulatorControl) -> None:
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False) as http:
        answer = await http.post("/_control/texts", data={"sender": ORDINARY, "body": "spam"})
    assert answer.status_code == 415
    assert await control.ledger() == []


@pytest.mark.parametrize("word", ["STOP", " optout\n", "Cancel"])
async def test_who_has_opted_out_is_not_texted_until_they_opt_in(
    twilio: Library, control: SimulatorControl, receiver: Receiver, number: None, word: str
) -> None:
    await control.text(ORDINARY, word)
    (webhook,) = await receiver.wait_for(1)
    assert webhook.params["Body"] == word
    assert "OptOutType" not in webhook.params
    with pytest.raises(TwilioRestException) as refused:
        await twilio.create(to=ORDINARY)
    assert refused.value.code == 21610
    await twilio.create(to="+14155552672")
    await control.text(ORDINARY, "HELP")
    with pytest.raises(TwilioRestException):
        await twilio.create(to=ORDINARY)
    await control.text(ORDINARY, "Start")
    await twilio.create(to=ORDINARY)


async def test_a_sentence_opts_nobody_out(twilio: Library, control: SimulatorControl) -> None:
    await control.text(ORDINARY, "Please stop")
    await twilio.create(to=ORDINARY)


async def test_advanced_opt_out_tells_how_a_text_was_taken_and_lasts(data: Path, receiver: Receiver) -> None:
    simulator = await Simulator.start(data, "--advanced-opt-out")
    async with simulator.control() as control:
        await set_urls(control, receiver.url("/inbound"))
        for text in ("unsubscribe", "info", "Hello", "YES", "STOP"):
            await control.text(ORDINARY, text)
        webhooks = await receiver.wait_for(5)
        taken_as = {webhook.params["Body"]: webhook.params.get("OptOutType") for webhook in webhooks}
        assert taken_as == {"unsubscribe": "STOP", "info": "HELP", "Hello": None, "YES": "START", "STOP": "STOP"}
    assert await simulator.stop() == 0
    restarted = await Simulator.start(data)
    library = Library(restarted.url)
    with pytest.raises(TwilioRestException):
        await library.create(to=ORDINARY)
    library.close()
    assert await restarted.stop() == 0
