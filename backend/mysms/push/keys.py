"""The key pair by which push services know this installation (VAPID, RFC 8292), in the collection `push_keys`."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError
from webpush.vapid import VAPID

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.users.secret_cipher import SecretCipher, UndecryptableError

_ID = "vapid"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyPair:
    """A key pair; `application_server_key` is what a browser subscribes with."""

    private_pem: bytes = field(repr=False)
    public_pem: bytes
    application_server_key: str


class VapidKeys:
    """The key pair of all processes. The private key is encrypted with a key that is derived from `JWT_SECRET`."""

    def __init__(self, database: Database, cipher: SecretCipher, clock: Clock) -> None:
        self._keys = database["push_keys"]
        self._cipher = cipher
        self._clock = clock
        self._loaded: KeyPair | None = None

    async def load(self) -> KeyPair:
        """Returns the key pair, which the first of all processes makes."""
        if self._loaded is None:
            self._loaded = await self._find() or await self._make()
        return self._loaded

    async def _find(self) -> KeyPair | None:
        row = await self._keys.find_one({"_id": _ID})
        if row is None:
            return None
        try:
            private_key = self._cipher.decrypt(row["private_key"])
        except UndecryptableError:
            # Push services refuse what another key signs: each browser subscribes anew at its next visit.
            _log.warning("The key for web push was encrypted under another JWT_SECRET, and is replaced.")
            await self._keys.delete_one({"_id": _ID, "private_key": row["private_key"]})
            return None
        # An earlier secret of the installation may be taken away soon.
        renewed = self._cipher.encrypt(private_key)
        await self._keys.update_one({"_id": _ID, "private_key": row["private_key"]}, {"$set": {"private_key": renewed}})
        return KeyPair(private_key.encode(), row["public_key"].encode(), row["application_server_key"])

    async def _make(self) -> KeyPair:
        private_pem, public_pem, application_server_key = VAPID.generate_keys()
        row = _row(self._cipher.encrypt(private_pem.decode()), public_pem, application_server_key, self._clock())
        try:
            await self._keys.insert_one(row)
        except DuplicateKeyError:
            return await self.load()
        return KeyPair(private_pem, public_pem, application_server_key)


def _row(private_key: str, public_pem: bytes, application_server_key: str, now: datetime) -> dict[str, Any]:
    return {
        "_id": _ID,
        "private_key": private_key,
        "public_key": public_pem.decode(),
        "application_server_key": application_server_key,
        "created_at": now,
        "schema_version": 1,
    }
