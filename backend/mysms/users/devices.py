"""Tells the devices from which an account was used from others. Only keyed hashes of their names are stored."""

from collections.abc import Sequence

from bson import ObjectId

from mysms.core.derived_keys import derive_key, keyed_hash
from mysms.users import repository
from mysms.users.models import User

_MOST_KNOWN = 30


class KnownDevices:
    """The known devices of all accounts. `secrets` are those of the installation, the newest first.

    A device is what `users.user_agent` makes of the User-Agent, such as `Firefox on Windows`. So neither an update of
    the browser nor another network makes a new device; but an intruder with the same kind of browser is not noticed.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [derive_key(secret, "devices") for secret in secrets]

    def of_new_account(self, user_id: ObjectId, device: str) -> list[str]:
        """Returns what to store as the known devices of an account that is created from this device."""
        return [self._hash(user_id, device)]

    async def is_known(self, user: User, device: str) -> bool:
        """Whether the account was used from this device, before the session that is about to be opened."""
        user_id = ObjectId(user.id)
        known = user.known_devices
        if known is None:
            # The account is older than this record. Its sessions tell from where it was used.
            sessions = await repository.list_sessions(user_id)
            known = [self._hash(user_id, session.device) for session in reversed(sessions[:_MOST_KNOWN])]
            await repository.set_devices(user_id, known)
        newest, *older = (self._hash(user_id, device, key) for key in self._keys)
        if newest in known:
            return True
        if not any(hashed in known for hashed in older):
            return False
        # So that it is still known once the previous secret is removed.
        await self.add(user, device)
        return True

    async def add(self, user: User, device: str) -> None:
        await repository.add_device(ObjectId(user.id), self._hash(ObjectId(user.id), device), most=_MOST_KNOWN)

    def _hash(self, user_id: ObjectId, device: str, key: bytes | None = None) -> str:
        return keyed_hash(key or self._keys[0], f"{user_id} {device}")
