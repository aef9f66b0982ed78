"""Status callbacks, genuine and forged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import urldefrag

from devservers.twilio.control import AcceptedMessage
from tests.support.reports import signature_of
from tests.support.servers import ACCOUNT_SID, FROM_NUMBER


@dataclass(frozen=True)
class Callback:
    """A request to the callback's address. `url` is the public one, which is signed."""

    url: str
    form: Mapping[str, str]
    signature: str | None
    forged: bool = False


def genuine(entry: AcceptedMessage, status: str, error_code: int | None = None) -> Callback:
    """What the carrier posts about a message that it accepted, signed as it signs."""
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


def forge(callback: Callback, other: Callback, chance: Random) -> Callback:
    """Something that a stranger can make of two callbacks that were overheard."""
    tricks: Sequence[Callable[[Callback, Callback], Callback]] = [
        _without_signature,
        _signed_with_another_token,
        _with_another_status,
        _about_another_message,
        _to_another_message,
        _with_a_field_more,
    ]
    return replace(chance.choice(tricks)(callback, other), forged=True)


def _without_signature(callback: Callback, _: Callback) -> Callback:
    return replace(callback, signature=None)


def _signed_with_another_token(callback: Callback, _: Callback) -> Callback:
    return replace(callback, signature=signature_of(callback.url, callback.form, token="a guess"))


def _with_another_status(callback: Callback, _: Callback) -> Callback:
    status = "failed" if callback.form["MessageStatus"] != "failed" else "read"
    return replace(callback, form={**callback.form, "MessageStatus": status, "SmsStatus": status})


def _about_another_message(callback: Callback, other: Callback) -> Callback:
    """Its form under the address of another message."""
    url = other.url if other.url != callback.url else callback.url.replace("message_id=", "message_id=0")
    return replace(callback, url=url)


def _to_another_message(callback: Callback, other: Callback) -> Callback:
    sid = other.form["MessageSid"]
    sid = sid if sid != callback.form["MessageSid"] else sid.replace("SM", "MM")
    return replace(callback, form={**callback.form, "MessageSid": sid})


def _with_a_field_more(callback: Callback, _: Callback) -> Callback:
    return replace(callback, form={**callback.form, "ErrorCode ": "30003"})
