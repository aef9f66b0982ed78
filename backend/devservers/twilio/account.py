"""The simulator's only account, and HTTP Basic authentication for it."""

import base64
import binascii
import secrets
from dataclasses import dataclass

DEFAULT_ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
DEFAULT_AUTH_TOKEN = "simulated-auth-token"  # noqa: S105 - not a secret
DEFAULT_FROM_NUMBER = "+15005550006"


@dataclass
class Account:
    """The account. Its credentials can be replaced while the simulator runs.

    The secondary auth token authenticates requests, but signs nothing until it is promoted to the primary one:
    https://www.twilio.com/docs/iam/api/secondary_authtoken. With a webhook key, all webhooks are signed with it, as if
    a rule of Twilio's Webhooks configuration matched all URLs. With Advanced Opt-Out, the webhook of an inbound message
    says how the account took it (`OptOutType`).
    """

    sid: str = DEFAULT_ACCOUNT_SID
    auth_token: str = DEFAULT_AUTH_TOKEN
    from_number: str = DEFAULT_FROM_NUMBER
    secondary_auth_token: str | None = None
    webhook_key: str | None = None
    advanced_opt_out: bool = False

    def authenticates(self, authorization: str | None) -> bool:
        """Whether this Authorization header carries the account's SID and one of its auth tokens."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            credentials = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        tokens = filter(None, (self.auth_token, self.secondary_auth_token))
        return any(secrets.compare_digest(credentials, f"{self.sid}:{token}".encode()) for token in tokens)
