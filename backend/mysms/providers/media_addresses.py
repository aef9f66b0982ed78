"""Where the pictures and other media of messages are. Pure.

A webhook has their addresses. Of each, only the SID is kept, and only if the address is the provider's own: requests
are made to the configured host, so that no webhook can lead them, with the credentials, anywhere else.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from mysms.core.urls import is_loopback

_API = "https://api.twilio.com"
_API_DOMAINS = ("twilio.com",)
_CONTENT_DOMAINS = ("twilio.com", "twiliocdn.com")
"""The content of media is with a CDN: `mms.twiliocdn.com`."""
_PORTS = {"http": 80, "https": 443}
_MEDIA_SID = re.compile("ME[0-9a-f]{32}")


@dataclass(frozen=True)
class MediaAddresses:
    """The addresses of one account's media. An empty `api_base_url` means Twilio."""

    account_sid: str
    api_base_url: str

    def find_sid(self, address: str, message_sid: str) -> str | None:
        """Returns the SID of a message's medium; None if that is not where the provider has the message's media."""
        url = _split(address)
        if url is None or not self._is_of(url, _API_DOMAINS):
            return None
        path, _, sid = url.path.rpartition("/")
        return sid if path == self._path(message_sid) and _MEDIA_SID.fullmatch(sid) else None

    def of(self, message_sid: str, media_sid: str) -> str:
        """Returns the address at the configured host, which needs the credentials."""
        return f"{self.api_base_url.rstrip('/') or _API}{self._path(message_sid)}/{quote(media_sid, safe='')}"

    def may_lead_to(self, address: str) -> bool:
        """Whether the provider may redirect there."""
        url = _split(address)
        return url is not None and self._is_of(url, _CONTENT_DOMAINS)

    def _path(self, message_sid: str) -> str:
        account, message = quote(self.account_sid, safe=""), quote(message_sid, safe="")
        return f"/2010-04-01/Accounts/{account}/Messages/{message}/Media"

    def _is_of(self, url: SplitResult, domains: tuple[str, ...]) -> bool:
        """Whether the URL is at one of these domains, or at the configured host.

        A simulator on this machine may use several ports and names of it.
        """
        host = url.hostname or ""
        is_secure = (url.scheme, _port(url)) == ("https", _PORTS["https"])
        if is_secure and any(host == domain or host.endswith(f".{domain}") for domain in domains):
            return True
        base = _split(self.api_base_url)
        if base is None:
            return False
        is_same = (url.scheme, host, _port(url)) == (base.scheme, base.hostname, _port(base))
        return is_same or (is_loopback(host) and is_loopback(base.hostname or ""))


def _split(address: str) -> SplitResult | None:
    """Returns the parts of an http or https URL; None of anything else, and of one with credentials."""
    try:
        url = urlsplit(address)
        is_usable = url.scheme in _PORTS and bool(url.hostname) and "@" not in url.netloc and _port(url) > 0
    except ValueError:
        return None
    return url if is_usable and "\\" not in address else None


def _port(url: SplitResult) -> int:
    return _PORTS[url.scheme] if url.port is None else url.port
