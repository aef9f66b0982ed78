"""Parses the URL of the mail server in the settings. Pure."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from mysms.core.urls import is_loopback, parse_host

_DEFAULT_PORTS = {"smtp": 587, "smtps": 465}
_NO_URL = "must be a URL such as smtp://user:password@smtp.example.com:587 or smtps://user:password@smtp.example.com"
_STRAY_CHARACTERS = (
    "cannot be used: write %40 for @, %3A for :, %2F for /, %3F for ?, %23 for # and %25 for % in the user name and "
    "the password"
)


@dataclass(frozen=True)
class SmtpUrl:
    """The address of a mail server, and the account there.

    With the scheme smtps the connection begins with TLS; with smtp it is upgraded by STARTTLS.
    """

    scheme: str
    host: str
    """Without brackets around an IPv6 address."""
    port: int
    user: str = field(repr=False)
    """Empty if the server wants no sign-in."""
    password: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses a URL. Raises ValueError with a sentence that follows the name of a setting and quotes no input."""
        scheme, _, rest = text.partition("://")
        user_info, at, address = rest.rpartition("@")
        if any(character in user_info for character in "@/?#") or user_info.count(":") > 1:
            raise ValueError(_STRAY_CHARACTERS)
        user, _, password = user_info.partition(":")
        try:
            parts = urlsplit(f"{scheme.lower()}://{address}")
            host, port = parse_host(parts.hostname or ""), parts.port
            user, password = (unquote(each, errors="strict") for each in (user, password))
        except ValueError:
            raise ValueError(_NO_URL) from None
        if parts.scheme not in _DEFAULT_PORTS or port == 0 or parts.path not in {"", "/"}:
            raise ValueError(_NO_URL)
        if parts.query or parts.fragment or not f"{user}{password}".isprintable():
            raise ValueError(_NO_URL)
        if at and not (user and password):
            raise ValueError("must have both a user name and a password before its @, or neither")
        return cls(parts.scheme, host.strip("[]"), port or _DEFAULT_PORTS[parts.scheme], user, password)

    @property
    def address(self) -> str:
        """Host and port, which are safe to show."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)
