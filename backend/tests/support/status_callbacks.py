"""Status callbacks of the tests, signed like Twilio's."""

from typing import Any
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from tests.support.api_user import Json
from tests.support.servers import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, Api

PATH = "/api/twilio/status_callback"


def form_of(message: Json, status: str, **changes: str | None) -> dict[str, str]:
    """The form of a status callback. A change to None omits the field."""
    fields = {
        "MessageSid": message["twilio_sid"],
        "SmsSid": message["twilio_sid"],
        "MessageStatus": status,
        "SmsStatus": status,
        "AccountSid": ACCOUNT_SID,
        "From": FROM_NUMBER,
        "To": message["recipient_number"],
        "ApiVersion": "2010-04-01",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def query_of(message: Json, attempt: int | str = 1) -> str:
    """The query of the callback URL of a message."""
    return urlencode({"message_id": message["_id"], "attempt": attempt})


def signature_of(url: str, form: Any, token: str = AUTH_TOKEN) -> str:
    """The value of X-Twilio-Signature."""
    return str(RequestValidator(token).compute_signature(url, form))


async def post_signed(api: Api, query: str, form: dict[str, str]) -> httpx.Response:
    """Post a form with a valid signature."""
    suffix = f"?{query}" if query else ""
    signature = signature_of(api.callback_url + suffix, form)
    return await api.http.post(PATH + suffix, data=form, headers={"X-Twilio-Signature": signature})


async def report(api: Api, message: Json, status: str, **changes: str | None) -> None:
    """Post a status callback for a message. Fails unless the API accepts it."""
    response = await post_signed(api, query_of(message), form_of(message, status, **changes))
    assert response.status_code == 204, response.text
