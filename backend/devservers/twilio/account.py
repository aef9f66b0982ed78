"""The simulator's only account, and HTTP Basic authentication for it."""

import base64
import binascii
import secrets
from dataclasses import dataclass

DEFAULT_ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
DEFAULT_AUTH_TOKEN = "simulated-auth-token"  # noqa: S105 - not a secret
DEFAULT_FROM_NUMBER = "+15005550006"


@dataclass(frozen=True)
class Account:
    sid: str = DEFAULT_ACCOUNT_SID
    auth_token: str = DEFAULT_AUTH_TOKEN
    from_number: str = DEFAULT_FROM_NUMBER

    def authenticates(self, authorization: str | None) -> bool:
        """Whether this Authorization header carries the account's SID and token."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            credentials = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        return secrets.compare_digest(credentials, f"{self.sid}:{self.auth_token}".encode())
