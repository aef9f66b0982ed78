"""Sends through Twilio with Twilio's own library."""

import contextlib
import io
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance, MessagePage

from mysms.core.settings import Settings
from mysms.core.urls import mask_urls
from mysms.providers.base import (
    Accepted,
    AccountUnavailable,
    Indeterminate,
    Listing,
    OutboundMessage,
    Outcome,
    ProviderMedia,
    ProviderMessage,
    ProviderUnavailableError,
    Rejected,
    RetryableFailure,
)

# https://www.twilio.com/docs/api/errors
_AUTHENTICATION_FAILED = 20003
_RESOURCE_NOT_FOUND = 20404
_TOO_MANY_REQUESTS = 20429
_QUEUE_FULL = 21611
_ACCOUNT_SUSPENDED = 30002
_SENDER_REJECTED = frozenset({21212, 21407, 21601, 21603, 21606, 21607, 21609, 21616, 21659, 21660, 21661})
"""Codes about our number or our StatusCallback, not about a message: every message would be rejected alike."""
_SENDER_REJECTED_FOR_SOME = frozenset({21407, 21606, 21607, 21659})
"""Those of them whose description in Twilio's list also mentions the destination."""

_NEVER_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    ssl.SSLCertVerificationError,
)


_UNREADABLE = (requests.RequestException, TwilioException, ValueError, KeyError, TypeError, AttributeError)
"""Errors that the library raises if there is no response, or one that Twilio does not document."""

_SIMULATOR_MARK = "X-Simulator"
"""The header that identifies this project's simulator in every response."""

_INBOUND = "inbound"
"""The `direction` of an inbound message."""

_MOST_MEDIA = 10
"""Twilio's maximum for a message."""
_LIST_PAGE = 1000
"""Twilio's maximum."""
_LIST_LIMIT = 20_000
"""The most rows that are read of a list."""
_LIST_TIMEOUTS = 6
"""The longest time for reading a list, in timeouts, not counting its last page."""
_LIST_READS = 4
"""How often a list of several pages is read until it counts as incomplete because it keeps changing."""


def is_simulator(api_base_url: str, timeout_seconds: float) -> bool:
    """Whether this URL is that of this project's simulator. Raises ProviderUnavailableError if there is no response."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(api_base_url, timeout=timeout_seconds, allow_redirects=False)
    except requests.RequestException as error:
        raise ProviderUnavailableError(f"{api_base_url} does not respond.") from error
    return _SIMULATOR_MARK in answer.headers


@contextlib.contextmanager
def temporary_client(account_sid: str, auth_token: str, api_base_url: str, timeout_seconds: float) -> Iterator[Client]:
    """Opens a client of the library and closes its connections afterwards. An empty `api_base_url` means Twilio."""
    http_client = _HttpClient(api_base_url, timeout_seconds)
    try:
        yield Client(account_sid, auth_token, http_client=http_client)
    finally:
        if http_client.session is not None:
            http_client.session.close()


class TwilioProvider:
    """Sends through one Twilio account. An empty `api_base_url` means Twilio itself.

    `timeout_seconds` is the timeout of connecting, and again that of the response.
    """

    def __init__(self, account_sid: str, auth_token: str, api_base_url: str, timeout_seconds: float) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._api_base_url = api_base_url
        self._timeout_seconds = timeout_seconds
        # The library does not guarantee that clients are thread-safe, so each worker thread has its own.
        self._of_thread = threading.local()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            settings.twilio_api_base_url,
            settings.twilio_timeout_seconds,
        )

    def send(self, text: OutboundMessage) -> Outcome:
        try:
            message = self._client().messages.create(
                from_=text.from_number,
                to=text.to_number,
                body=text.body or values.unset,
                status_callback=text.callback_url or values.unset,
                media_url=list(text.media_urls) or values.unset,
            )
            if not isinstance(message.sid, str) or not message.sid:
                return Indeterminate("Twilio's response has no SID.")
            return Accepted(message.sid, str(message.status or "accepted"))
        except TwilioRestException as error:
            return _outcome_of_answer(error)
        except requests.RequestException as error:
            return _outcome_of_failure(error)
        except _UNREADABLE as error:
            return Indeterminate(f"Twilio's response is unreadable ({type(error).__name__}).")

    def fetch(self, sid: str) -> ProviderMessage | None:
        try:
            return _provider_message(self._client().messages(sid).fetch())
        except TwilioRestException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise ProviderUnavailableError(f"Twilio responded with {error.status}.") from error
        except _UNREADABLE as error:
            raise ProviderUnavailableError(f"Twilio did not respond ({type(error).__name__}).") from error

    def list_to(self, to_number: str) -> Listing:
        # Without From, since a sender pool assigns the number only later.
        return _only(self._list(to=to_number), inbound=False)

    def list_sent(self, from_number: str, since: date) -> Listing:
        # Twilio documents the format YYYY-MM-DD only.
        return _only(self._list(from_=from_number, date_sent_after=since.isoformat()), inbound=False)

    def list_received(self, to_number: str, day: date) -> Listing:
        return _only(self._list(to=to_number, date_sent=day.isoformat()), inbound=True)

    def list_media(self, sid: str) -> list[ProviderMedia]:
        try:
            found = self._client().messages(sid).media.list(limit=_MOST_MEDIA)
            return [ProviderMedia(str(media.sid), str(media.content_type or "")) for media in found]
        except TwilioRestException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return []
            raise ProviderUnavailableError(f"Twilio responded with {error.status}.") from error
        except _UNREADABLE as error:
            raise ProviderUnavailableError(f"Twilio did not respond ({type(error).__name__}).") from error

    def _list(self, **filters: str) -> Listing:
        """Reads a list, again and again if it has several pages, until it holds still.

        The pages shift while messages are sent (they move to the front) or deleted, and a row that shifts past the
        reader is not seen. If everything that one reading saw is unchanged in the next one, then nothing shifted during
        the first.
        """
        found: dict[str, ProviderMessage] = {}
        deadline = time.monotonic() + _LIST_TIMEOUTS * self._timeout_seconds
        before: set[tuple[str, datetime | None]] | None = None
        try:
            for _ in range(_LIST_READS):
                read: set[tuple[str, datetime | None]] = set()
                pages = 0
                for page in self._pages(filters):
                    pages += 1
                    messages = [_provider_message(row) for row in page]
                    found |= {message.sid: message for message in messages}
                    read |= {(message.sid, message.sent_at) for message in messages}
                    if len(read) > _LIST_LIMIT or time.monotonic() > deadline:
                        return Listing(list(found.values()), is_complete=False)
                if pages == 1 or (before is not None and before <= read):
                    return Listing(list(found.values()), is_complete=True)
                before = read
        except (TwilioRestException, *_UNREADABLE) as error:
            raise ProviderUnavailableError(f"Twilio's list is incomplete ({type(error).__name__}).") from error
        return Listing(list(found.values()), is_complete=False)

    def _pages(self, filters: Mapping[str, str]) -> Iterator[MessagePage]:
        messages = self._client().messages
        page: MessagePage | None = messages.page(**filters, page_size=_LIST_PAGE)
        while page is not None:
            yield page
            following = page.next_page()
            page = following if isinstance(following, MessagePage) else None

    def _client(self) -> Client:
        client: Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            http_client = _HttpClient(self._api_base_url, self._timeout_seconds)
            client = Client(self._account_sid, self._auth_token, http_client=http_client)
            self._of_thread.client = client
        return client


class _BoundedAdapter(HTTPAdapter):
    """Bounds the time of the whole response: the timeout of `requests` applies to each read, so a trickle evades it."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  # the base class's signature
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        response = super().send(request, stream, timeout, verify, cert, proxies)
        if isinstance(timeout, float):
            try:
                response.raw = io.BytesIO(_read_within(timeout, response))
            except urllib3.exceptions.HTTPError as error:
                raise requests.ConnectionError("The response ended early.") from error
        return response


def _read_within(seconds: float, response: requests.Response) -> bytes:
    """Returns the whole body. The connection is returned to the pool or closed in any case."""
    deadline = time.monotonic() + seconds
    body = io.BytesIO()
    try:
        while chunk := response.raw.read1(decode_content=True):
            body.write(chunk)
            if time.monotonic() > deadline:
                raise requests.ReadTimeout("The response took too long.")
    finally:
        response.close()
    return body.getvalue()


class _HttpClient(TwilioHttpClient):
    """Adds a timeout, and another host if there is one. Subclassing is the library's documented extension point."""

    def __init__(self, api_base_url: str, timeout_seconds: float) -> None:
        super().__init__()
        self.timeout = timeout_seconds
        self._base = urlsplit(api_base_url) if api_base_url else None
        if self.session is not None:
            self.session.mount("https://", _BoundedAdapter())
            self.session.mount("http://", _BoundedAdapter())
            if self._base is not None:
                # A development server on loopback is not reached through a proxy.
                self.session.trust_env = False

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002  # the library's own signature
    ) -> Response:
        if self._base is not None:
            url = urlunsplit(urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc))
        return super().request(method, url, params, data, headers, auth, timeout, allow_redirects)


def _provider_message(resource: MessageInstance) -> ProviderMessage:
    if not isinstance(resource.sid, str) or not isinstance(resource.date_created, datetime):
        raise TypeError("Twilio's message has no SID or no date.")
    return ProviderMessage(
        sid=resource.sid,
        from_number=resource.from_ or "",
        to_number=resource.to or "",
        body=resource.body or "",
        status=str(resource.status),
        error_code=resource.error_code,
        error_message=resource.error_message,
        created_at=resource.date_created,
        sent_at=resource.date_sent if isinstance(resource.date_sent, datetime) else None,
        is_inbound=str(resource.direction) == _INBOUND,
        segments=str(resource.num_segments),
        num_media=str(resource.num_media),
    )


def _only(listing: Listing, *, inbound: bool) -> Listing:
    """Returns the inbound rows of a list, or all others: a text of ours to our own number is in it twice."""
    return replace(listing, rows=[row for row in listing.rows if row.is_inbound == inbound])


def _outcome_of_answer(error: TwilioRestException) -> Outcome:
    """Returns the outcome of an error response. Only a 4xx about the message itself rejects it."""
    code = error.code if isinstance(error.code, int) else None
    if code == _QUEUE_FULL or error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RetryableFailure(_sentence(error.msg), code or _TOO_MANY_REQUESTS)
    if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or code in {
        _AUTHENTICATION_FAILED,
        _ACCOUNT_SUSPENDED,
        *_SENDER_REJECTED,
    }:
        return AccountUnavailable(
            _without_secrets(error.msg), code, may_depend_on_recipient=code in _SENDER_REJECTED_FOR_SOME
        )
    if error.status == HTTPStatus.NOT_FOUND or code == _RESOURCE_NOT_FOUND:
        return AccountUnavailable("Twilio does not recognise the account.", code)
    if HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR and code is not None:
        return Rejected(code, _sentence(error.msg))
    return Indeterminate(f"Twilio responded with {error.status}.")


def _outcome_of_failure(error: requests.RequestException) -> Outcome:
    """Returns the outcome of a connection error. The message was certainly not sent only if no connection was made.

    Other SSL errors may also occur after Twilio has read the whole request.
    """
    if any(isinstance(cause, _NEVER_CONNECTED) for cause in _causes(error)):
        return RetryableFailure("Twilio cannot be reached.")
    return Indeterminate(f"The connection to Twilio broke ({type(error).__name__}).")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields the error and all its causes, which requests and urllib3 keep in three different places."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def _without_secrets(message: str) -> str:
    """Masks URLs and numbers: the reason of a pause is logged and shown by /ready."""
    return re.sub(r"\+?\d{6,}", "…", mask_urls(message))


def _sentence(message: str) -> str:
    """Removes the prefix that the library puts before Twilio's message."""
    return mask_urls(message.removeprefix("Unable to create record: "))
