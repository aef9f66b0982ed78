"""The Message resource: validation of create requests, and the JSON representation of a message."""

import ipaddress
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from devservers.twilio.account import DEFAULT_FROM_NUMBER, Account
from devservers.twilio.clock import rfc2822
from devservers.twilio.errors import DELIVERY_ERRORS, ApiError
from devservers.twilio.media import MOST_MEDIA

API_VERSION = "2010-04-01"
OUTBOUND, INBOUND = "outbound-api", "inbound"
BODY_LIMIT = 1600
PRICE_PER_SEGMENT = 0.0075
MEDIA_URL = "MediaUrl"
E164 = re.compile(r"\+[1-9]\d{6,14}")

# The magic numbers of Twilio's test credentials.
MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


@dataclass(frozen=True)
class Step:
    """A future status of a message, `delay` seconds after the previous one.

    With `callback_only` only a callback reports it, and the resource does not change.
    """

    status: str
    delay: float
    error_code: int | None = None
    callback_only: bool = False


@dataclass(frozen=True)
class Message:
    """A message of the app, or of a phone. `accepted_at` is the true time; the others are shifted by `skew` seconds.

    `listed_to` are the numbers that match the list's To filter. `plan` holds the steps that are still to come.
    """

    sid: str
    account_sid: str
    from_number: str
    to_number: str
    body: str
    num_media: int
    created_at: float
    updated_at: float
    accepted_at: float
    num_segments: int = 1
    sent_at: float | None = None
    skew: float = 0.0
    status: str = "queued"
    error_code: int | None = None
    status_callback: str | None = None
    deleted: bool = False
    listed_to: Sequence[str] = ()
    request: Sequence[tuple[str, str]] = ()
    plan: Sequence[Step] = ()
    direction: str = OUTBOUND

    @property
    def is_inbound(self) -> bool:
        return self.direction == INBOUND

    @property
    def phone(self) -> str:
        """The phone that received it, or sent it."""
        return self.from_number if self.is_inbound else self.to_number

    @property
    def uri(self) -> str:
        return f"{messages_path(self.account_sid)}/{self.sid}.json"

    @property
    def media_urls(self) -> Sequence[str]:
        """Where the media are that the app sends with it."""
        return () if self.is_inbound else [value for name, value in self.request if name == MEDIA_URL]

    @property
    def requested_to(self) -> str:
        """The To number of the create request, also if a fault shows another one."""
        return dict(self.request).get("To", self.to_number)

    def as_of(self, moment: float) -> "Message":
        """The message as it was at that time, as far as it is recorded: with the current status, sent, or queued."""
        if self.is_inbound or self.updated_at - self.skew <= moment:
            return self
        known = replace(self, status="queued", error_code=None, sent_at=None, updated_at=self.created_at)
        if self.sent_at is None or self.sent_at - self.skew > moment:
            return known
        return replace(known, status="sent", sent_at=self.sent_at, updated_at=self.sent_at)

    def resource(self) -> dict[str, object]:
        """The JSON representation: 20 fields, with the types of Twilio's API reference."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": None,
            "from": self.from_number or None,
            "to": self.to_number,
            "body": self.body,
            "num_segments": str(self.num_segments),
            "num_media": str(self.num_media),
            "direction": self.direction,
            "status": self.status,
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.updated_at),
            "date_sent": rfc2822(self.sent_at),
            "price": None if self.sent_at is None else f"-{PRICE_PER_SEGMENT * self.num_segments:.5f}",
            "price_unit": "USD",
            "error_code": self.error_code,
            "error_message": delivery_error(self.error_code),
            "api_version": API_VERSION,
            "uri": self.uri,
            "subresource_uris": {"media": f"{messages_path(self.account_sid)}/{self.sid}/Media.json"},
        }


@dataclass(frozen=True)
class CreateRequest:
    """A valid create request."""

    from_number: str
    to_number: str
    body: str
    status_callback: str | None
    num_media: int = 0
    request: Sequence[tuple[str, str]] = field(default=())

    @classmethod
    def parse(cls, form: Mapping[str, Sequence[str]], account: Account) -> "CreateRequest":
        """Validate a form. Raises ApiError; checks missing fields first, then body, callback URL, From and To."""
        to_number, from_number, body, callback = (
            first_value(form, name) for name in ("To", "From", "Body", "StatusCallback")
        )
        media = form.get(MEDIA_URL, ())
        for code, missing in ((21604, not to_number), (21603, not from_number), (21602, not body and not media)):
            if missing:
                raise ApiError(code)
        if len(body) > BODY_LIMIT:
            raise ApiError(21617)
        if len(media) > MOST_MEDIA:
            raise ApiError(21623)
        if not all(map(is_loopback_url, media)):
            raise ApiError(21620, f"Invalid media URL(s): {', '.join(media)}")
        if callback and not is_loopback_url(callback):
            raise ApiError(21609, f"The 'StatusCallback' URL {callback} is not a valid URL on this machine.")
        _check_from(from_number, account)
        _check_to(to_number)
        request = [(name, value) for name, values in form.items() for value in values]
        return cls(from_number, to_number, body, callback or None, len(media), request)


def messages_path(account_sid: str) -> str:
    return f"/{API_VERSION}/Accounts/{account_sid}/Messages"


def media_path(message: Message, media_sid: str) -> str:
    return f"{messages_path(message.account_sid)}/{message.sid}/Media/{media_sid}"


def new_sid(num_media: int) -> str:
    return ("MM" if num_media else "SM") + secrets.token_hex(16)


def first_value(form: Mapping[str, Sequence[str]], name: str) -> str:
    return form.get(name, ("",))[0]


def delivery_error(code: int | None) -> str | None:
    return None if code is None else DELIVERY_ERRORS.get(code, "Unknown error")


def is_loopback_url(url: str) -> bool:
    """Whether this is a valid http(s) URL with a loopback host: the simulator sends no request to any other machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_from(number: str, account: Account) -> None:
    if number in {account.from_number, DEFAULT_FROM_NUMBER}:
        return
    raise ApiError(MAGIC_FROM.get(number, 21606 if E164.fullmatch(number) else 21212))


def _check_to(number: str) -> None:
    if not E164.fullmatch(number):
        raise ApiError(21211, f"Invalid 'To' Phone Number: {number}")
    if number in MAGIC_TO:
        raise ApiError(MAGIC_TO[number])
