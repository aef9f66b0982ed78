"""Twilio as the carrier, through its own library."""

import ssl
import threading
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3.exceptions
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from mysms.carrier.base import Accepted, NotSent, OutboundText, Outcome, Paused, Refused, Unknown

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 10.0

# https://www.twilio.com/docs/api/errors
_AUTHENTICATION_FAILED = 20003
_RESOURCE_NOT_FOUND = 20404
_TOO_MANY_REQUESTS = 20429
_QUEUE_FULL = 21611
_ACCOUNT_SUSPENDED = 30002

_NEVER_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    ssl.SSLCertVerificationError,
)


class TwilioCarrier:
    """Sends through one Twilio account. `api_base_url` empty means Twilio itself."""

    def __init__(self, account_sid: str, auth_token: str, api_base_url: str) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._api_base_url = api_base_url
        # The library does not promise that a client may be shared, so each worker thread has its own.
        self._of_thread = threading.local()

    def send(self, text: OutboundText) -> Outcome:
        try:
            message = self._client().messages.create(
                from_=text.from_number,
                to=text.to_number,
                body=text.body,
                status_callback=text.callback_url or values.unset,
            )
            if not isinstance(message.sid, str) or not message.sid:
                return Unknown("Twilio's answer names no SID.")
            return Accepted(message.sid, str(message.status or "accepted"))
        except TwilioRestException as error:
            return _outcome_of_answer(error)
        except requests.RequestException as error:
            return _outcome_of_failure(error)
        except (TwilioException, ValueError, KeyError, TypeError) as error:
            return Unknown(f"Twilio's answer is unreadable ({type(error).__name__}).")

    def _client(self) -> Client:
        client: Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = Client(self._account_sid, self._auth_token, http_client=_HttpClient(self._api_base_url))
            self._of_thread.client = client
        return client


class _HttpClient(TwilioHttpClient):
    """The library's documented extension point: the same requests with a timeout, and to another host if need be."""

    def __init__(self, api_base_url: str) -> None:
        # `requests` also takes a pair: to connect, and between two reads.
        super().__init__()
        self.timeout = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)  # type: ignore[assignment]
        self._base = urlsplit(api_base_url) if api_base_url else None
        # A development server on loopback is not reached through a proxy.
        if self.session is not None and self._base is not None:
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


def _outcome_of_answer(error: TwilioRestException) -> Outcome:
    """What an error answer of Twilio means for a message: only a 4xx that speaks of this message refuses it."""
    code = error.code if isinstance(error.code, int) else None
    if code == _QUEUE_FULL or error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotSent(error.msg, code or _TOO_MANY_REQUESTS)
    if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or code in {
        _AUTHENTICATION_FAILED,
        _ACCOUNT_SUSPENDED,
    }:
        return Paused(error.msg, code)
    if error.status == HTTPStatus.NOT_FOUND or code == _RESOURCE_NOT_FOUND:
        return Paused("Twilio does not know the account.", code)
    if HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR and code is not None:
        return Refused(code, _sentence(error.msg))
    return Unknown(f"Twilio answered {error.status}.")


def _outcome_of_failure(error: requests.RequestException) -> Outcome:
    """Not sent only if no connection was ever made; an SSL error may also come after the whole request was read."""
    if any(isinstance(cause, _NEVER_CONNECTED) for cause in _causes(error)):
        return NotSent("Twilio cannot be reached.")
    return Unknown(f"The connection to Twilio broke ({type(error).__name__}).")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made from: requests and urllib3 keep theirs in three different places."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def _sentence(message: str) -> str:
    """The library puts `Unable to create record: ` before what Twilio says."""
    return message.removeprefix("Unable to create record: ")
