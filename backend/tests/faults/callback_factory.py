"""Genuine and forged status callbacks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import urldefrag

from devservers.twilio.control import AcceptedMessage
from tests.support.servers import ACCOUNT_SID, FROM_NUMBER
from tests.support.status_callbacks import signature_of


@dataclass(frozen=True)
class Callback:
    """A status callback request. `url` is the public URL, which the signature covers."""

    url: str
    form: Mapping[str, str]
    signature: str | None
    forged: bool = False


def genuine_callback(entry: AcceptedMessage, status: str, error_code: int | None = None) -> Callback:
    """The provider's callback for an accepted message, correctly signed."""
    url = urldefrag(entry.request["StatusCallback"]).url
    form = {
        "MessageSid": entry.sid,
        "SmsSid": entry.sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "AccountSid": ACCOUNT_SID,
        "From": FROM_NUMBER,
        "To": entry.request["To"],
        "ApiVersion": "2010-04-01",
    }
    if error_code is not None:
        form["ErrorCode"] = str(error_code)
    return Callback(url, form, signature_of(url, form))


def forge_callback(callback: Callback, other: Callback, random: Random) -> Callback:
    """A forgery that an attacker could make from two intercepted callbacks."""
    forgeries: Sequence[Callable[[Callback, Callback], Callback]] = [
        _without_signature,
        _signed_with_another_token,
        _with_another_status,
        _with_url_of_another_message,
        _with_sid_of_another_message,
        _with_extra_field,
    ]
    return replace(random.choice(forgeries)(callback, other), forged=True)


def _without_signature(callback: Callback, _: Callback) -> Callback:
    return replace(callback, signature=None)


def _signed_with_another_token(callback: Callback, _: Callback) -> Callback:
    return replace(callback, signature=signature_of(callback.url, callback.form, token="a guess"))


def _with_another_status(callback: Callback, _: Callback) -> Callback:
    status = "failed" if callback.form["MessageStatus"] != "failed" else "read"
    return replace(callback, form={**callback.form, "MessageStatus": status, "SmsStatus": status})


def _with_url_of_another_message(callback: Callback, other: Callback) -> Callback:
    url = other.url if other.url != callback.url else callback.url.replace("message_id=", "message_id=0")
    return replace(callback, url=url)


def _with_sid_of_another_message(callback: Callback, other: Callback) -> Callback:
    sid = other.form["MessageSid"]
    sid = sid if sid != callback.form["MessageSid"] else sid.replace("SM", "MM")
    return replace(callback, form={**callback.form, "MessageSid": sid})


def _with_extra_field(callback: Callback, _: Callback) -> Callback:
    return replace(callback, form={**callback.form, "ErrorCode ": "30003"})
