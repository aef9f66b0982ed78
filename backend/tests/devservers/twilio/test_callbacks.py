import asyncio
import re
import socket
import time
from pathlib import Path

import httpx
import pytest

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_FROM_NUMBER
from devservers.twilio.callbacks import RetryPolicy, sign
from devservers.twilio.control import ControlError, SimulatorControl
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator, eventually

VECTOR = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com/myapp.php?foo=1&bar=2#rc=5&rp=all", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://user:secret@mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_signature_vectors(url: str, signature: str) -> None:
    assert sign("12345", url, VECTOR) == signature


@pytest.mark.parametrize(
    ("fragment", "policy"),
    [
        ("", RetryPolicy()),
        ("#rc=5&rp=all", RetryPolicy(retries=5, retry_on=frozenset({"all"}))),
        ("#rc=9&rp=4xx,5xx", RetryPolicy(retries=5, retry_on=frozenset({"4xx", "5xx"}))),
        ("#rc=x&rp=sometimes&ct=", RetryPolicy()),
        ("#rc=0&ct=100&rt=200&tt=300", RetryPolicy(0, frozenset({"ct"}), 0.1, 0.2, 0.3)),
        ("#tt=60000&ct=0", RetryPolicy(connect=0.001)),
    ],
)
def test_connection_overrides(fragment: str, policy: RetryPolicy) -> None:
    assert RetryPolicy.parse(f"http://127.0.0.1/status{fragment}") == policy


async def test_a_delivery_sends_two_callbacks(twilio: Library, receiver: Receiver) -> None:
    url = receiver.url("/status_callback?message_id=1&attempt=a%20b")
    message = await twilio.create(status_callback=url + "#rc=5&rp=all")
    sent, delivered = await receiver.wait_for(2)
    common = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "AccountSid": DEFAULT_ACCOUNT_SID,
        "From": DEFAULT_FROM_NUMBER,
        "To": ORDINARY,
        "ApiVersion": "2010-04-01",
    }
    assert sent.params == common | {"MessageStatus": "sent", "SmsStatus": "sent"}
    assert delivered.params == common | {
        "MessageStatus": "delivered",
        "SmsStatus": "delivered",
        "RawDlrDoneDate": delivered.params["RawDlrDoneDate"],
    }
    assert sent.url == delivered.url == url
    assert sent.is_signed()
    assert delivered.is_signed()
    assert sent.token != delivered.token


@pytest.mark.parametrize(
    ("to", "statuses", "code"),
    [
        ("+15005553005", ["sent", "undelivered"], "30005"),
        ("+15005553002", ["failed"], "30002"),
        ("+15005551003", ["sent", "delivered", "read"], None),
    ],
)
async def test_other_outcomes(
    twilio: Library, receiver: Receiver, to: str, statuses: list[str], code: str | None
) -> None:
    await twilio.create(to=to, status_callback=receiver.url())
    received = await receiver.wait_for(len(statuses))
    assert receiver.statuses() == statuses
    assert received[-1].params.get("ErrorCode") == code
    assert all(callback.is_signed() for callback in received)


@pytest.mark.parametrize(
    ("fragment", "script", "attempts"),
    [
        ("", [500], 1),
        ("#rc=5", [404], 1),
        ("#rc=3&rp=5xx", [500, 503], 3),
        ("#rc=3&rp=5xx", [404], 1),
        ("#rc=3&rp=4xx", [404, 500], 2),
        ("#rc=2&rp=all", [500, 404, 500, 500], 3),
        ("#rc=0&rp=all", [500], 1),
        ("#rp=all", [500, 500], 2),
        ("#rc=2&rp=rt&rt=100", [0.3, 0.3], 3),
        ("#rc=2&rp=ct&rt=100", [0.3], 1),
        ("#rc=5&rp=all", [302], 1),
    ],
)
async def test_retries(
    twilio: Library,
    control: SimulatorControl,
    receiver: Receiver,
    fragment: str,
    script: list[int | float],
    attempts: int,
) -> None:
    receiver.script.extend(script)
    message = await twilio.create(to="+15005551001", status_callback=receiver.url() + fragment)
    await receiver.wait_for(attempts)

    async def all_recorded() -> bool:
        return len(await control.callbacks(message.sid)) >= attempts

    await eventually(all_recorded)
    await asyncio.sleep(0.15)
    assert len(receiver.received) == attempts
    assert len({callback.token for callback in receiver.received}) == 1
    recorded = await control.callbacks(message.sid)
    assert [attempt.attempt for attempt in recorded] == list(range(1, attempts + 1))
    expected = [answer if isinstance(answer, int) else None for answer in script][:attempts]
    assert [attempt.status_code for attempt in recorded] == (expected + [204] * attempts)[:attempts]


@pytest.mark.parametrize(
    ("challenge", "status", "authorizations"),
    [
        ({"WWW-Authenticate": "Basic realm=x"}, 204, [None, "Basic dTpw"]),
        ({}, 401, [None]),
    ],
)
async def test_credentials_are_sent_only_after_a_challenge(
    control: SimulatorControl,
    receiver: Receiver,
    challenge: dict[str, str],
    status: int,
    authorizations: list[str | None],
) -> None:
    receiver.challenge = challenge
    receiver.script.append(401)
    url = receiver.url()
    [attempt] = await control.send_callback(url.replace("://", "://u:p@") + "#rc=0", {"MessageStatus": "sent"})
    assert attempt.status_code == status
    assert [callback.headers.get("authorization") for callback in receiver.received] == authorizations
    assert all(callback.url == url and callback.is_signed() for callback in receiver.received)


async def test_a_refused_connection_is_retried_by_default(twilio: Library, control: SimulatorControl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    message = await twilio.create(to="+15005551001", status_callback=f"http://127.0.0.1:{port}/")

    async def tried_twice() -> bool:
        return len(await control.callbacks(message.sid)) == 2

    await eventually(tried_twice)
    assert all("ConnectError" in str(attempt.error) for attempt in await control.callbacks(message.sid))


async def test_the_total_timeout_covers_all_retries(control: SimulatorControl, receiver: Receiver) -> None:
    receiver.script.extend([0.2, 2.0, 2.0])
    begun = time.monotonic()
    attempts = await control.send_callback(receiver.url() + "#rc=5&rp=all&rt=400&tt=600", {"MessageStatus": "sent"})
    assert time.monotonic() - begun < 1.5
    assert [attempt.status_code for attempt in attempts] == [204]

    receiver.script[:] = [2.0, 2.0]
    attempts = await control.send_callback(receiver.url() + "#rc=5&rp=all&rt=400&tt=600", {"MessageStatus": "sent"})
    assert [attempt.status_code for attempt in attempts] == [None, None]
    assert "total timeout" in str(attempts[-1].error)


async def test_no_callback_without_a_url(twilio: Library, control: SimulatorControl) -> None:
    await twilio.create()

    async def delivered() -> bool:
        return bool((await control.ledger())[0].message["status"] == "delivered")

    await eventually(delivered)
    assert await control.callbacks() == []


async def test_setting_a_status(twilio: Library, control: SimulatorControl, receiver: Receiver) -> None:
    message = await twilio.create(to="+15005551002", status_callback=receiver.url())
    [attempt] = await control.set_status(message.sid, "undelivered", 30005)
    assert attempt.status_code == 204
    assert (await twilio.fetch(message.sid)).error_code == 30005

    await control.set_status(message.sid, "delivered", update_resource=False)
    assert (await twilio.fetch(message.sid)).status == "undelivered"
    assert receiver.statuses() == ["undelivered", "delivered"]

    assert await control.set_status(message.sid, "delivered", send_callback=False) == []
    assert (await twilio.fetch(message.sid)).status == "delivered"
    assert len(receiver.received) == 2
    with pytest.raises(ControlError, match="no such message"):
        await control.set_status("SM0", "delivered")


async def test_setting_a_status_ends_the_progress(twilio: Library, control: SimulatorControl) -> None:
    await control.set_pace(0.3)
    message = await twilio.create()
    await control.set_status(message.sid, "canceled")
    await asyncio.sleep(0.5)
    assert (await twilio.fetch(message.sid)).status == "canceled"


async def test_sending_a_callback(control: SimulatorControl, receiver: Receiver) -> None:
    params = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "", "Grüße": "ü & ="}
    await control.send_callback(receiver.url(), params, token="again")
    await control.send_callback(receiver.url(), params, "forged")
    await control.send_callback(receiver.url(), params, "missing")
    assert [callback.params for callback in receiver.received] == [params] * 3
    assert [callback.is_signed() for callback in receiver.received] == [True, False, False]
    assert receiver.received[0].token == "again"
    assert "x-twilio-signature" not in receiver.received[2].headers


async def test_replacing_the_auth_token(simulator: Simulator, control: SimulatorControl, receiver: Receiver) -> None:
    """Twilio's order: a secondary token works at once, and signs after it was promoted, which ends the old one."""

    async def works(token: str) -> bool:
        async with httpx.AsyncClient(base_url=simulator.url, trust_env=False) as http:
            path = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Messages.json"
            return (await http.get(path, auth=(DEFAULT_ACCOUNT_SID, token))).is_success

    async def signer() -> list[str]:
        receiver.reset()
        await control.send_callback(receiver.url(), {"MessageStatus": "sent"})
        return [token for token in (DEFAULT_AUTH_TOKEN, "second") if receiver.received[0].is_signed(token)]

    assert (await works("second"), await signer()) == (False, [DEFAULT_AUTH_TOKEN])
    await control.set_credentials(secondary_auth_token="second")
    assert (await works(DEFAULT_AUTH_TOKEN), await works("second"), await signer()) == (
        True,
        True,
        [DEFAULT_AUTH_TOKEN],
    )
    await control.set_credentials(auth_token="second", secondary_auth_token=None)
    try:
        assert (await works(DEFAULT_AUTH_TOKEN), await works("second"), await signer()) == (False, True, ["second"])
    finally:
        await control.set_credentials(auth_token=DEFAULT_AUTH_TOKEN)


async def test_signing_with_a_shared_key(control: SimulatorControl, receiver: Receiver) -> None:
    await control.set_credentials(webhook_key="shared")
    try:
        await control.send_callback(receiver.url(), {"MessageStatus": "sent"})
    finally:
        await control.set_credentials(webhook_key=None)
    await control.send_callback(receiver.url(), {"MessageStatus": "sent"})
    by_key, by_token = receiver.received
    settings = by_key.headers["x-twilio-webhooks-signature-settings"]
    assert re.fullmatch("key=webhooks_sharedkey_[0-9a-z]{26},algorithm=HMAC_SHA256", settings)
    assert by_key.is_signed("shared", "HMAC_SHA256")
    assert not by_key.is_signed()
    assert by_token.is_signed()
    assert "x-twilio-webhooks-signature-settings" not in by_token.headers


async def test_the_shared_key_of_the_command_line(data: Path, receiver: Receiver) -> None:
    simulator = await Simulator.start(data, "--webhook-key", "shared")
    async with simulator.control() as control:
        await control.send_callback(receiver.url(), {"MessageStatus": "sent"})
    assert await simulator.stop() == 0
    assert receiver.received[0].is_signed("shared", "HMAC_SHA256")
