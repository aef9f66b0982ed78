"""A Messaging Service that has a number in its pool decides where inbound messages to the number go."""

from collections.abc import AsyncIterator

import pytest

from devservers.twilio.account import DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver

SID = "MG0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
async def number(control: SimulatorControl, receiver: Receiver) -> AsyncIterator[None]:
    """The number calls the receiver, if it may decide itself."""
    await control.set_number(sms_url=receiver.url("/number"), sms_fallback_url="", sms_application_sid="")
    yield
    await control.set_services()


async def put_into_service(control: SimulatorControl, **fields: object) -> None:
    await control.set_services({"sid": SID, "friendly_name": "Marketing", "numbers": [DEFAULT_FROM_NUMBER], **fields})


async def test_a_service_without_a_url_drops_texts(
    twilio: Library, control: SimulatorControl, receiver: Receiver
) -> None:
    await put_into_service(control)
    text = await control.text(ORDINARY, "Hello?")
    assert await twilio.list(to=DEFAULT_FROM_NUMBER) == []
    assert await control.callbacks(text.sid) == []


@pytest.mark.parametrize("defers", [True, False])
async def test_the_url_of_the_service_or_of_the_number_is_called(
    twilio: Library, control: SimulatorControl, receiver: Receiver, defers: bool
) -> None:
    await put_into_service(control, inbound_request_url=receiver.url("/service"), use_inbound_webhook_on_number=defers)
    text = await control.text(ORDINARY, "Hello!")
    (webhook,) = await receiver.wait_for(1)
    assert webhook.url == receiver.url("/number" if defers else "/service")
    assert webhook.params["MessagingServiceSid"] == SID
    assert webhook.is_signed()
    assert [row.sid for row in await twilio.list(to=DEFAULT_FROM_NUMBER)] == [text.sid]


async def test_the_fallback_of_the_service_follows_a_failed_webhook(
    control: SimulatorControl, receiver: Receiver
) -> None:
    url, fallback = receiver.url("/service#rc=1&rp=all"), receiver.url("/fallback")
    await put_into_service(control, inbound_request_url=url, fallback_url=fallback)
    receiver.script = [503, 503, 204]
    await control.text(ORDINARY, "Hello?")
    *tries, last = await receiver.wait_for(3)
    assert [each.url for each in tries] == [receiver.url("/service")] * 2
    assert (last.url, last.params["ErrorCode"], last.params["ErrorUrl"]) == (fallback, "11200", url)
    assert last.is_signed()
