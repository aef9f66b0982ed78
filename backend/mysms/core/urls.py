"""Parses and normalises the URLs in settings, and masks those in the texts of others. Pure."""

import re
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Self
from urllib.parse import quote, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
_USER_INFO = re.compile(r"[A-Za-z0-9._~-]+(:[A-Za-z0-9._~-]*)?")
_KEPT = "!$%&()*+,/:;=?@"
"""Characters that stay unencoded in a path or query, besides letters, digits and - . _ ~."""
_ANY_URL = re.compile(r"https?://\S+")
_OF_ONE_NETWORK = (".localhost", ".local", ".internal")
_NO_URL = "must be a URL that begins with https:// (or http://)"


def mask_urls(text: str) -> str:
    """Masks the URLs in a text of the provider, which is stored and shown.

    That of a picture is the permission to fetch it, and that of our callbacks may have a password.
    """
    return _ANY_URL.sub("…", text)


@dataclass(frozen=True)
class Url:
    """An http or https URL in its parts.

    Scheme and host are in lower case and ASCII, the default port is left out, and characters that a URL may not contain
    are percent-encoded. So the URL is in normal form, and everything that compares or signs it uses the same text.
    """

    scheme: str
    host: str
    """With brackets around an IPv6 address."""
    port: int | None
    """None for the default port of the scheme."""
    path: str
    query: str
    fragment: str
    user_info: str = field(repr=False)
    """`user:password` in letters, digits and - . _ ~ only: Twilio does not specify how it reads other characters.

    https://www.twilio.com/docs/usage/security#http-authentication
    """

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses a URL. Raises ValueError with a sentence that follows the name of a setting and quotes no input."""
        if re.search(r"[\s\x00-\x1f\x7f]", text):
            raise ValueError("must be a URL without white space")
        scheme, _, rest = text.partition("://")
        user_info, at, address = rest.rpartition("@")
        if at and not _USER_INFO.fullmatch(user_info):
            raise ValueError(
                "may have a user name and password before its @, made of letters, digits and - . _ ~ only; write any "
                "other @ as %40"
            )
        try:
            parts = urlsplit(f"{scheme}://{address}")
            name, port = parts.hostname or "", parts.port
            host = parse_host(name)
        except ValueError:
            raise ValueError(_NO_URL) from None
        if parts.scheme not in _DEFAULT_PORTS or port == 0:
            raise ValueError(_NO_URL)
        if not name.isascii() and host.encode().decode("idna") != name:
            raise ValueError("has an ambiguous host name: write it in ASCII, beginning with xn--")
        path = _encoded(parts.path) or "/"
        if {".", ".."} & set(path.split("/")):
            raise ValueError("must be a URL without . or .. in its path")
        return cls(
            scheme=parts.scheme,
            host=host,
            port=None if port == _DEFAULT_PORTS[parts.scheme] else port,
            path=path,
            query=_encoded(parts.query),
            fragment=_encoded(parts.fragment),
            user_info=user_info,
        )

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser sends them in the Origin header."""
        return f"{self.scheme}://{self.host}" + ("" if self.port is None else f":{self.port}")

    @property
    def address(self) -> str:
        """The URL without user info, query and fragment, which is safe to show."""
        return self.origin + self.path

    @property
    def leads_to_origin(self) -> bool:
        """Whether the URL consists of the origin only."""
        return self.path == "/" and not (self.query or self.fragment or self.user_info)

    @property
    def is_public(self) -> bool:
        """Whether the host may be reachable from outside of this machine's network."""
        return is_public_host(self.host)

    @property
    def is_loopback(self) -> bool:
        """Whether the host is certainly this machine."""
        return is_loopback(self.host)

    def without_trailing_slash(self) -> Self:
        return replace(self, path=self.path.rstrip("/") or "/")


def is_public_host(host: str) -> bool:
    """Whether a host (an IPv6 address with or without brackets) may be reachable from outside of the local network."""
    try:
        return ip_address(host.strip("[]")).is_global
    except ValueError:
        name = host.rstrip(".")
        return "." in name and not name.endswith(_OF_ONE_NETWORK)


def parse_host(name: str) -> str:
    """Returns the host in ASCII, an IPv6 address in brackets. Raises ValueError if it is not a host."""
    if ":" in name:
        return f"[{ip_address(name)}]"
    ascii_name = name.encode("idna").decode()
    if not _HOST_NAME.fullmatch(ascii_name):
        raise ValueError
    return ascii_name


def is_loopback(host: str) -> bool:
    """Whether a host (an IPv6 address with or without brackets) is certainly this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _encoded(text: str) -> str:
    """Normalises percent-encoding (RFC 3986, 6.2.2): decodes unreserved characters, and uses upper-case digits."""
    readable = re.sub("%([0-9A-Fa-f]{2})", lambda match: _unless_needed(int(match[1], 16)), text)
    return quote(re.sub("%(?![0-9A-F]{2})", "%25", readable), safe=_KEPT)


def _unless_needed(byte: int) -> str:
    return chr(byte) if re.fullmatch("[A-Za-z0-9._~-]", chr(byte)) else f"%{byte:02X}"
