"""Reads the content of media from Twilio, which redirects to another host: that one never gets the credentials."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Self
from urllib.parse import urljoin

import requests
import urllib3.exceptions

from mysms.core.settings import Settings
from mysms.providers.base import MediaGoneError, MediaTooLargeError, ProviderUnavailableError
from mysms.providers.media_addresses import MediaAddresses

_MOST_REDIRECTS = 3
_TIMEOUTS = 3
"""The longest time for the whole content, in timeouts."""
_CHUNK = 65_536
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_Auth = tuple[str, str] | Callable[[requests.PreparedRequest], requests.PreparedRequest]


class TwilioMedia:
    """The media of one Twilio account. Its calls block, and may be made from several threads."""

    def __init__(self, account_sid: str, auth_token: str, api_base_url: str, timeout_seconds: float) -> None:
        self._addresses = MediaAddresses(account_sid, api_base_url)
        self._credentials = (account_sid, auth_token)
        # A development server on loopback is not reached through a proxy.
        self._uses_proxy = not api_base_url
        self._timeout_seconds = timeout_seconds

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            settings.twilio_api_base_url,
            settings.twilio_timeout_seconds,
        )

    def fetch(self, message_sid: str, media_sid: str, most_bytes: int) -> bytes:
        """Returns the whole content.

        Raises MediaGoneError, MediaTooLargeError if it is larger than `most_bytes`, and ProviderUnavailableError.
        """
        deadline = time.monotonic() + _TIMEOUTS * self._timeout_seconds
        try:
            with requests.Session() as session:
                session.trust_env = self._uses_proxy
                return self._follow(session, self._addresses.of(message_sid, media_sid), most_bytes, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise ProviderUnavailableError(f"Twilio did not return a medium ({type(error).__name__}).") from error

    def _follow(self, session: requests.Session, address: str, most_bytes: int, deadline: float) -> bytes:
        auth: _Auth = self._credentials
        for _ in range(_MOST_REDIRECTS + 1):
            with session.get(
                address,
                auth=auth,
                headers={"Accept-Encoding": "identity"},
                timeout=self._timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                if not response.is_redirect:
                    return _content_of(response, most_bytes, deadline)
                address = urljoin(address, response.headers["Location"])
            if not self._addresses.may_lead_to(address):
                raise ProviderUnavailableError("Twilio's address of a medium leads to another host.")
            auth = _without_credentials
        raise ProviderUnavailableError("Twilio's address of a medium leads from host to host.")


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Takes the place of credentials that the environment may have for a host."""
    return request


def _content_of(response: requests.Response, most_bytes: int, deadline: float) -> bytes:
    """Reads the content piece by piece: the timeout applies to each read, so a trickle evades it."""
    if response.status_code in _GONE:
        raise MediaGoneError
    if response.status_code != HTTPStatus.OK or "Content-Encoding" in response.headers:
        raise ProviderUnavailableError(f"Twilio responded with {response.status_code} to a request for a medium.")
    announced = response.headers.get("Content-Length")
    if announced is not None and int(announced) > most_bytes:
        raise MediaTooLargeError
    content = bytearray()
    while piece := response.raw.read1(_CHUNK, decode_content=False):
        content += piece
        if len(content) > most_bytes:
            raise MediaTooLargeError
        if time.monotonic() > deadline:
            raise ProviderUnavailableError("Twilio's response with a medium took too long.")
    if announced is not None and len(content) != int(announced):
        raise ProviderUnavailableError("Twilio's response with a medium ended early.")
    return bytes(content)
