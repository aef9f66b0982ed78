"""Pictures that phones send: their addresses in webhooks and in the API, and their content on another host."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from devservers.twilio.api import CONTENT_PATH
from devservers.twilio.control import SimulatorControl
from devservers.twilio.media import sample_picture
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator
from tests.devservers.twilio.test_page import get
from tests.support.servers import NO_TLS

CREDENTIALS = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
CARD = ("text/vcard", b"BEGIN:VCARD\r\nEND:VCARD")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
        yield client


@pytest.fixture
async def address(control: SimulatorControl, receiver: Receiver) -> str:
    """The address of the only medium of a message, from its webhook."""
    await control.set_number(sms_url=receiver.url("/inbound"), sms_fallback_url="", sms_application_sid="")
    await control.text(ORDINARY, "", num_media=1)
    (webhook,) = await receiver.wait_for(1)
    return webhook.params["MediaUrl0"]


async def content_address(http: httpx.AsyncClient, address: str) -> str:
    answer = await http.get(address, auth=CREDENTIALS)
    assert answer.status_code == 307
    return answer.headers["Location"]


async def test_a_webhook_has_the_address_and_the_type_of_each_medium(
    control: SimulatorControl, receiver: Receiver, twilio: Library
) -> None:
    await control.set_number(sms_url=receiver.url("/inbound"), sms_fallback_url="", sms_application_sid="")
    text = await control.text(ORDINARY, "My card", media=[CARD], num_media=1)
    (webhook,) = await receiver.wait_for(1)
    assert webhook.is_signed()
    listed = await twilio.call(twilio.client.messages(text.sid).media.list)
    assert [medium.content_type for medium in listed] == ["text/vcard", "image/png"]
    for index, medium in enumerate(listed):
        assert webhook.params[f"MediaContentType{index}"] == medium.content_type
        path = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Messages/{text.sid}/Media/{medium.sid}"
        assert urlsplit(webhook.params[f"MediaUrl{index}"]).path == path


async def test_the_address_needs_credentials_and_leads_to_another_host_that_refuses_them(
    http: httpx.AsyncClient, address: str
) -> None:
    assert (await http.get(address)).status_code == 401
    location = await content_address(http, address)
    assert urlsplit(location).hostname != urlsplit(address).hostname
    assert (await http.get(location, auth=CREDENTIALS)).status_code == 400
    content = await http.get(location)
    assert (content.status_code, content.headers["Content-Type"]) == (200, "image/png")
    assert content.content == sample_picture()


async def test_a_deleted_message_has_no_media(
    http: httpx.AsyncClient, address: str, twilio: Library, control: SimulatorControl
) -> None:
    location = await content_address(http, address)
    (entry,) = await control.ledger()
    await twilio.call(twilio.client.messages(entry.sid).delete)
    assert (await http.get(address, auth=CREDENTIALS)).status_code == 404
    assert (await http.get(location)).status_code == 404


async def test_the_address_does_not_work_yet(http: httpx.AsyncClient, address: str, control: SimulatorControl) -> None:
    await control.set_fault("refuse", on="media", code=20404, status=404, times=1)
    assert (await http.get(address, auth=CREDENTIALS)).status_code == 404
    assert (await http.get(address, auth=CREDENTIALS)).status_code == 307


async def test_the_content_comes_with_another_type_or_none(
    http: httpx.AsyncClient, address: str, control: SimulatorControl
) -> None:
    location = await content_address(http, address)
    await control.set_fault("media_type", content_type="text/html", times=1)
    assert (await http.get(location)).headers["Content-Type"] == "text/html"
    await control.set_fault("media_type", times=1)
    assert "Content-Type" not in (await http.get(location)).headers


async def test_the_content_is_large_endless_or_cut(
    http: httpx.AsyncClient, address: str, control: SimulatorControl
) -> None:
    location = await content_address(http, address)
    await control.set_fault("media_large", size=6_000_000, announced=True, times=1)
    assert (await http.get(location)).headers["Content-Length"] == "6000000"
    await control.set_fault("media_large", times=1)
    received = 0
    async with http.stream("GET", location) as endless:
        assert "Content-Length" not in endless.headers
        async for piece in endless.aiter_raw():
            received += len(piece)
            if received > 20_000_000:
                break
    for chunked in (False, True):
        await control.set_fault("media_cut", chunked=chunked, times=1)
        with pytest.raises(httpx.TransportError):
            await http.get(location)


async def test_the_address_leads_elsewhere(http: httpx.AsyncClient, address: str, control: SimulatorControl) -> None:
    await control.set_fault("media_redirect", location="https://example.com/picture", times=1)
    assert await content_address(http, address) == "https://example.com/picture"


async def test_the_page_shows_the_picture(simulator: Simulator, address: str) -> None:
    page = (await get(simulator)).text
    sid = address.rpartition("/")[2]
    assert f'src="/_control/media/{sid}"' in page
    assert "data-picture" in page
    picture = await get(simulator, f"/_control/media/{sid}")
    assert picture.content == sample_picture()
    assert f"{CONTENT_PATH}/{sid}" not in page
