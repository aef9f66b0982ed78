"""Callbacks signed with the previous auth token, and with shared keys of Twilio's Webhooks configuration."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from devservers.twilio.control import SimulatorControl
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.responses import problem_of
from tests.support.servers import AUTH_TOKEN, Api, Simulator, Start
from tests.support.status_callbacks import PATH, form_of, query_of, signature_of

KEY, NEW_KEY = "the-shared-key-41b7e09c", "the-new-shared-key-5d20f8a3"
SETTINGS = {"X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}


@pytest.fixture
async def control(simulator: Simulator) -> AsyncIterator[SimulatorControl]:
    yield simulator.control
    await simulator.control.set_credentials(auth_token=AUTH_TOKEN, secondary_auth_token=None, webhook_key=None)


async def delivered(api: Api) -> Json:
    """A message whose status came by callbacks."""
    user = await ApiUser.sign_up(api)
    message = await user.send_accepted(new_number())
    return await user.eventually(message["_id"], "delivered")


async def post(api: Api, headers: Mapping[str, str]) -> httpx.Response:
    return await api.http.post(PATH, data={"MessageSid": "SM1", "MessageStatus": "sent"}, headers=headers)


async def test_a_shared_key_signs_callbacks_and_can_be_replaced(start: Start, control: SimulatorControl) -> None:
    async with start(TWILIO_WEBHOOK_KEY=NEW_KEY, TWILIO_WEBHOOK_KEY_PREVIOUS=KEY) as api:
        for key in (None, KEY, NEW_KEY):
            await control.set_credentials(webhook_key=key)
            await delivered(api)
        assert await api.metric("mysms_callbacks_total", result="bad_signature") == 0


async def test_an_unexpected_shared_key_is_named_in_the_log_and_to_nobody_else(
    start: Start, control: SimulatorControl
) -> None:
    await control.set_credentials(webhook_key=KEY)
    async with start() as api:
        user = await ApiUser.sign_up(api)
        message = await user.send_accepted(new_number())
        await api.eventually_logs("TWILIO_WEBHOOK_KEY is not set")
        for _ in range(20):
            answers = [await post(api, {"X-Twilio-Signature": "forged", **headers}) for headers in ({}, SETTINGS)]
            known, claimed = (problem_of(answer, 403, "bad_signature") for answer in answers)
            assert known == claimed
        signature = signature_of(f"{api.callback_url}?{query_of(message)}", form_of(message, "sent"))
        answer = await api.http.post(
            f"{PATH}?{query_of(message)}",
            data=form_of(message, "sent"),
            headers={"X-Twilio-Signature": signature, **SETTINGS},
        )
        problem_of(answer, 403, "bad_signature")
        assert api.process.text().count("TWILIO_WEBHOOK_KEY is not set") == 1
        assert (await api.http.get("/ready")).status_code == 200, "strangers can send this header"


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ("key=x,algorithm=HMAC_SHA256", "but not with TWILIO_WEBHOOK_KEY"),
        ("key=x,algorithm=hunter2", "in another way than HMAC-SHA256"),
        ("hunter2", "in another way than HMAC-SHA256"),
    ],
)
async def test_a_wrong_shared_key_is_named_in_the_log(start: Start, settings: str, cause: str) -> None:
    async with start(TWILIO_WEBHOOK_KEY=KEY) as api:
        headers = {"X-Twilio-Signature": "forged", "X-Twilio-Webhooks-Signature-Settings": settings}
        problem_of(await post(api, headers), 403, "bad_signature")
        assert cause in api.process.text()
        assert "hunter2" not in api.process.text()


async def test_the_previous_auth_token_signs_callbacks_and_sends_nothing(
    start: Start, control: SimulatorControl
) -> None:
    """The account of the simulator rejects the present token of this API."""
    async with start(TWILIO_AUTH_TOKEN="the-next-tokens-7f31c6", TWILIO_AUTH_TOKEN_PREVIOUS=AUTH_TOKEN) as api:
        user = await ApiUser.sign_up(api)
        number = new_number()
        assert (await user.send(number)).status_code == 202
        (request,) = [each for each in await control.requests() if each["to"] == number]
        assert request["status"] == 401
        await control.set_credentials(secondary_auth_token="the-next-tokens-7f31c6")
    async with start(TWILIO_AUTH_TOKEN="the-next-tokens-7f31c6", TWILIO_AUTH_TOKEN_PREVIOUS=AUTH_TOKEN) as api:
        await delivered(api)
