"""Diagnostics of Twilio for operators: credentials, phone number and status callbacks."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
)
from twilio.rest import Client

from mysms.core.urls import Url
from mysms.providers.base import ProviderUnavailableError
from mysms.providers.callback_url import with_query
from mysms.providers.twilio import temporary_client

# https://www.twilio.com/docs/api/errors
_TEST_CREDENTIALS = 20008

_NO_ANSWER = (requests.RequestException, TwilioException, ValueError, KeyError, TypeError)

_FORGED_SIGNATURE = "bm90IHNpZ25lZCBieSBUd2lsaW8="
_SHARED_KEY_ID = "webhooks_sharedkey_of_mysms_doctor"
_QUERY = "message_id=000000000000000000000000&attempt=1"
"""Like the query of a real callback URL, for a message that does not exist."""
_HARMLESS = {"SmsSid": "SM" + "0" * 32, "Body": "A check: ünïcode, + & = and spaces", "Blank": ""}
"""Has no MessageStatus: a callback without one is accepted and counted, but changes nothing."""

_Authenticate = Callable[[requests.PreparedRequest], requests.PreparedRequest]


class CredentialsRejectedError(Exception):
    """Twilio rejects the credentials; the message says why."""


@dataclass(frozen=True)
class AccountReport:
    """An account and one of its numbers. `sends_sms` is None if the number is not the account's."""

    status: str
    is_trial: bool
    sends_sms: bool | None
    sends_mms: bool = True


def inspect_account(
    account_sid: str, auth_token: str, api_base_url: str, timeout_seconds: float, number: str
) -> AccountReport:
    """Fetches the account and the number. Raises CredentialsRejectedError and ProviderUnavailableError."""
    with _client(account_sid, auth_token, api_base_url, timeout_seconds) as client:
        account = client.api.v2010.accounts(account_sid).fetch()
        found = client.incoming_phone_numbers.list(phone_number=number, limit=20)
    owned = [row for row in found if row.phone_number == number]
    return AccountReport(
        status=str(account.status).rpartition(".")[2].lower(),
        is_trial=str(account.type).rpartition(".")[2].lower() == "trial",
        sends_sms=_can(owned[0].capabilities, "sms") if owned else None,
        sends_mms=bool(owned) and _can(owned[0].capabilities, "mms"),
    )


@contextlib.contextmanager
def _client(account_sid: str, auth_token: str, api_base_url: str, timeout_seconds: float) -> Iterator[Client]:
    """Opens a client, whose failures become CredentialsRejectedError and ProviderUnavailableError."""
    try:
        with temporary_client(account_sid, auth_token, api_base_url, timeout_seconds) as client:
            yield client
    except TwilioRestException as error:
        if error.code == _TEST_CREDENTIALS:
            raise CredentialsRejectedError("These are Twilio's test credentials, which cannot send.") from error
        if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            raise CredentialsRejectedError("Twilio rejects this account SID and auth token.") from error
        raise ProviderUnavailableError(f"Twilio responded with {error.status}.") from error
    except _NO_ANSWER as error:
        raise ProviderUnavailableError(f"Twilio did not respond ({type(error).__name__}).") from error


@dataclass(frozen=True)
class Webhook:
    """A request by which Twilio reports inbound messages. Without a URL, there is none."""

    url: str
    method: str


@dataclass(frozen=True)
class MessagingService:
    """A Messaging Service that has the number in its pool, and decides where inbound messages go."""

    sid: str
    name: str
    webhook: Webhook
    """Without one, Twilio drops inbound messages; they are not in its list either."""
    fallback: Webhook


@dataclass(frozen=True)
class NumberWebhooks:
    """What one of the account's numbers does with an inbound message."""

    sid: str
    webhook: Webhook
    fallback: Webhook
    """Requested if the webhook and its retries fail."""
    sms_application_sid: str
    """If it is not empty, Twilio ignores the URLs."""
    service: MessagingService | None
    """If there is one, Twilio ignores what the number has."""


def inspect_webhooks(
    account_sid: str, auth_token: str, api_base_url: str, timeout_seconds: float, number: str
) -> NumberWebhooks | None:
    """Fetches the webhooks of a number; None if it is not the account's.

    Raises CredentialsRejectedError and ProviderUnavailableError.
    """
    with _client(account_sid, auth_token, api_base_url, timeout_seconds) as client:
        # If the credentials are rejected, this says so. The library's error about a list has no status.
        client.api.v2010.accounts(account_sid).fetch()
        found = client.incoming_phone_numbers.list(phone_number=number, limit=20)
        row = next((row for row in found if row.phone_number == number), None)
        service = None if row is None else _service_in_charge_of(client, number)
    if row is None:
        return None
    return NumberWebhooks(
        sid=row.sid or "",
        webhook=Webhook(row.sms_url or "", row.sms_method or ""),
        fallback=Webhook(row.sms_fallback_url or "", row.sms_fallback_method or ""),
        sms_application_sid=row.sms_application_sid or "",
        service=service,
    )


def _service_in_charge_of(client: Client, number: str) -> MessagingService | None:
    """Returns the service that decides about inbound messages to a number. A number is in one service at most."""
    for row in client.messaging.v1.services.stream():
        if any(each.phone_number == number for each in row.phone_numbers.stream()):
            if row.use_inbound_webhook_on_number:
                return None
            return MessagingService(
                row.sid or "",
                row.friendly_name or "",
                webhook=Webhook(row.inbound_request_url or "", row.inbound_method or ""),
                fallback=Webhook(row.fallback_url or "", row.fallback_method or ""),
            )
    return None


def set_webhook(
    account_sid: str, auth_token: str, api_base_url: str, timeout_seconds: float, number_sid: str, url: str
) -> None:
    """Makes the number post inbound messages to this URL, and again if that fails. Raises ProviderUnavailableError."""
    try:
        with temporary_client(account_sid, auth_token, api_base_url, timeout_seconds) as client:
            client.incoming_phone_numbers(number_sid).update(
                sms_url=url, sms_method="POST", sms_fallback_url=url, sms_fallback_method="POST"
            )
    except _NO_ANSWER as error:
        raise ProviderUnavailableError(f"Twilio did not change the number ({type(error).__name__}).") from error


def _can(capabilities: object, what: str) -> bool:
    """Whether the number has a capability. The library types capabilities as a string, but they are a mapping."""
    return isinstance(capabilities, Mapping) and bool(capabilities.get(what))


@dataclass(frozen=True)
class Fetched:
    """The response to a fetch. `code` is that of a problem object, empty if it is none."""

    status: int
    code: str


def fetch_as_twilio(url: str, *, is_loopback: bool, timeout_seconds: float) -> Fetched:
    """Fetches a picture as Twilio does, without credentials. Raises ProviderUnavailableError if there is no response.

    Redirects are not followed: none is expected, and one tells what is wrong.
    """
    try:
        with requests.Session() as session:
            # Neither a proxy for loopback, nor credentials of this machine's .netrc.
            session.trust_env = not is_loopback
            session.auth = lambda request: request
            answer = session.get(url, timeout=timeout_seconds, allow_redirects=False)
    except requests.exceptions.SSLError as error:
        raise ProviderUnavailableError("Its certificate is not valid.") from error
    except requests.RequestException as error:
        raise ProviderUnavailableError(f"It does not respond ({type(error).__name__}).") from error
    if answer.headers.get("Content-Type") != "application/problem+json":
        return Fetched(answer.status_code, "")
    try:
        return Fetched(answer.status_code, str(answer.json()["code"]))
    except (ValueError, KeyError, TypeError):
        return Fetched(answer.status_code, "")


@dataclass(frozen=True)
class Answer:
    """The response to a post. `challenge` is its WWW-Authenticate header, empty if there was none."""

    status: int
    challenge: str


@dataclass(frozen=True)
class CallbackProbe:
    """Posts a harmless form to the public callback URL, like Twilio.

    `secret` is the auth token or, with `is_shared_key`, the shared key of a rule that matches the URL. The methods
    raise ProviderUnavailableError if there is no response.
    """

    url: Url
    account_sid: str
    secret: str
    timeout_seconds: float
    is_shared_key: bool = False

    def post_signed(self) -> Answer:
        return self._post(self._sign(with_query(self.url, _QUERY)))

    def post_signed_without_query(self) -> Answer:
        """Signs the post as if the URL had no query: the API accepts it only if a proxy removed the query."""
        return self._post(self._sign(self.url.address))

    def post_forged(self) -> Answer:
        return self._post(_FORGED_SIGNATURE)

    @property
    def _form(self) -> dict[str, str]:
        return {**_HARMLESS, "AccountSid": self.account_sid}

    def _sign(self, url: str) -> str:
        algorithm = HMAC_SHA256 if self.is_shared_key else HMAC_SHA1
        return str(RequestValidator(self.secret).compute_signature(url, self._form, algorithm))

    def _headers(self, signature: str) -> dict[str, str]:
        headers = {SIGNATURE_HEADER: signature, "User-Agent": "TwilioProxy/1.1"}
        if self.is_shared_key:
            headers[SIGNATURE_SETTINGS_HEADER] = f"key={_SHARED_KEY_ID},algorithm={HMAC_SHA256}"
        return headers

    def _post(self, signature: str) -> Answer:
        """Sends user name and password only after a 401, like Twilio: https://www.twilio.com/docs/usage/security."""
        user, _, password = self.url.user_info.partition(":")
        try:
            with requests.Session() as session:
                if self.url.is_loopback:
                    # Loopback is not reached through a proxy.
                    session.trust_env = False
                answer = self._post_once(session, signature, lambda request: request)
                if answer.status == HTTPStatus.UNAUTHORIZED and user and answer.challenge:
                    is_digest = answer.challenge.lower().startswith("digest")
                    return self._post_once(
                        session, signature, (HTTPDigestAuth if is_digest else HTTPBasicAuth)(user, password)
                    )
                return answer
        except requests.exceptions.SSLError as error:
            raise ProviderUnavailableError("Its certificate is not valid.") from error
        except requests.RequestException as error:
            raise ProviderUnavailableError(f"It does not respond ({type(error).__name__}).") from error

    def _post_once(self, session: requests.Session, signature: str, auth: _Authenticate) -> Answer:
        answer = session.post(
            with_query(self.url, _QUERY),
            data=self._form,
            headers=self._headers(signature),
            auth=auth,
            timeout=self.timeout_seconds,
            allow_redirects=False,
        )
        return Answer(answer.status_code, answer.headers.get("WWW-Authenticate", ""))
