"""The account and number that messages are sent from."""

import hashlib
from dataclasses import dataclass
from typing import Self

from mysms.core.settings import Settings


@dataclass(frozen=True)
class SenderIdentity:
    """One account and number at one provider. A message belongs to the sender for which it was stored."""

    account_sid: str
    from_number: str
    api_base_url: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.twilio_account_sid, settings.twilio_from_number, settings.twilio_api_base_url)

    @property
    def key(self) -> str:
        return f"{self.account_sid} {self.from_number} {self.api_base_url}".rstrip()

    def dedup_key(self, to_number: str, content: str) -> str:
        """Returns a hash that is equal for messages that the provider's list could not tell apart.

        Their media are no part of it: the list has at most the number of them, and may have it late (ADR 26).
        """
        return digest(self.account_sid, self.from_number, to_number, content)


def digest(*parts: str) -> str:
    """Returns a hash of the parts that also depends on their boundaries."""
    return hashlib.blake2b("\0".join(f"{len(part)}:{part}" for part in parts).encode(), digest_size=20).hexdigest()
