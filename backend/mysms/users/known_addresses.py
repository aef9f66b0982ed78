"""The addresses that an account has had sessions from.

Their owner can sign in there while strangers guess the password from elsewhere. They are stored as hashes with a key,
so that a reader of the database does not learn them: all IPv4 addresses could be tried otherwise.
"""

from collections.abc import Sequence

from bson import ObjectId

from mysms.core.derived_keys import derive_key, keyed_hash
from mysms.users import repository
from mysms.users.models import User
from mysms.users.rate_limits import client_networks


class KnownAddresses:
    """Remembers addresses of accounts. `secrets` are the installation's, from which keys are made, newest first."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [derive_key(secret, "known addresses") for secret in secrets]

    def include(self, address: str, user: User | None) -> bool:
        """Whether the account, if there is one, has had a session from this address."""
        return user is not None and any(self._hash(key, address, user) in user.known_addresses for key in self._keys)

    async def add(self, address: str, user: User) -> None:
        """Remembers the address of a session of the account."""
        hashed = self._hash(self._keys[0], address, user)
        if hashed not in user.known_addresses:
            await repository.add_known_address(ObjectId(user.id), hashed)

    def _hash(self, key: bytes, address: str, user: User) -> str:
        return keyed_hash(key, f"{user.id} {client_networks(address)[0].key}")
