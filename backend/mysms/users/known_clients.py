"""The clients that an account was used from: their addresses, and their devices.

Both are stored as hashes with a key, so that a reader of the database does not learn them: all IPv4 addresses could be
tried otherwise.
"""

from collections.abc import Sequence

from bson import ObjectId

from mysms.core.derived_keys import derive_key, keyed_hash
from mysms.users import repository
from mysms.users.models import User
from mysms.users.rate_limits import client_networks

MOST_KNOWN_ADDRESSES = 20
MOST_KNOWN_DEVICES = 30


class KnownClients:
    """Remembers the clients of all accounts. `secrets` are those of the installation, the newest first.

    From a known address, the owner can sign in while strangers guess the password from elsewhere.

    A device is what `users.user_agent` makes of the User-Agent, such as `Firefox on Windows`. So neither an update of
    the browser nor another network makes a new device; but an intruder with the same kind of browser is not noticed.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._address_keys = [derive_key(secret, "known addresses") for secret in secrets]
        self._device_keys = [derive_key(secret, "devices") for secret in secrets]

    def knows_address(self, address: str, user: User | None) -> bool:
        """Whether the account, if there is one, has had a session from this address."""
        return user is not None and any(
            _hash_address(key, user, address) in user.known_addresses for key in self._address_keys
        )

    async def add_address(self, address: str, user: User) -> None:
        """Remembers the address of a session of the account."""
        hashed = _hash_address(self._address_keys[0], user, address)
        if hashed not in user.known_addresses:
            await repository.add_known_client(user, "known_addresses", hashed, most=MOST_KNOWN_ADDRESSES)

    def devices_of_new_account(self, user_id: ObjectId, device: str) -> list[str]:
        """Returns what to store as the known devices of an account that is created from this device."""
        return [self._hash_device(user_id, device)]

    async def knows_device(self, device: str, user: User) -> bool:
        """Whether the account was used from this device, before the session that is about to be opened."""
        user_id = ObjectId(user.id)
        known = user.known_devices
        if known is None:
            # The account is older than this record. Its sessions tell from where it was used.
            sessions = await repository.list_sessions(user_id)
            known = [self._hash_device(user_id, session.device) for session in reversed(sessions[:MOST_KNOWN_DEVICES])]
            await repository.set_known_devices(user_id, known)
        newest, *older = (keyed_hash(key, f"{user_id} {device}") for key in self._device_keys)
        if newest in known:
            return True
        if not any(hashed in known for hashed in older):
            return False
        # So that it is still known once the previous secret is removed.
        await self.add_device(device, user)
        return True

    async def add_device(self, device: str, user: User) -> None:
        """Remembers a device of the account."""
        hashed = self._hash_device(ObjectId(user.id), device)
        await repository.add_known_client(user, "known_devices", hashed, most=MOST_KNOWN_DEVICES)

    def _hash_device(self, user_id: ObjectId, device: str) -> str:
        return keyed_hash(self._device_keys[0], f"{user_id} {device}")


def _hash_address(key: bytes, user: User, address: str) -> str:
    return keyed_hash(key, f"{user.id} {client_networks(address)[0].key}")
