"""Inbound webhooks of the tests, signed like Twilio's."""

import secrets

import httpx

from tests.support.servers import ACCOUNT_SID, FROM_NUMBER, Api
from tests.support.status_callbacks import signature_of

INBOUND_PATH = "/api/twilio/inbound"
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def new_sid() -> str:
    return f"SM{secrets.token_hex(16)}"


def inbound_form(sender: str, text: str, **changes: str | None) -> dict[str, str]:
    """The form of an inbound webhook. A change to None omits the field."""
    sid = new_sid()
    fields = {
        **{f"{side}{place}": "" for side in ("To", "From") for place in ("City", "State", "Zip", "Country")},
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "MessageSid": sid,
        "NumMedia": "0",
        "SmsStatus": "received",
        "Body": text,
        "From": sender,
        "To": FROM_NUMBER,
        "NumSegments": "1",
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


async def post_inbound(api: Api, form: dict[str, str], path: str = INBOUND_PATH) -> httpx.Response:
    """Post a form with a valid signature."""
    signature = signature_of(api.url + path, form)
    return await api.http.post(path, data=form, headers={"X-Twilio-Signature": signature})


async def deliver(api: Api, sender: str, text: str, **changes: str | None) -> str:
    """Post an inbound webhook; returns the SID. Fails unless the API accepts it."""
    form = inbound_form(sender, text, **changes)
    answer = await post_inbound(api, form)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (
        200,
        "text/xml; charset=utf-8",
        TWIML,
    ), answer.text
    return form["MessageSid"]
