"""Encrypts secrets that are stored, with keys that are derived from the secrets of the installation."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from mysms.core.derived_keys import derive_key


class UndecryptableError(Exception):
    """The text was encrypted under another secret of the installation."""


class SecretCipher:
    """Encrypts and decrypts short texts of one purpose.

    `secrets`: newest first; the newest encrypts, and each of them decrypts.
    """

    def __init__(self, secrets: Sequence[str], purpose: str = "second factor") -> None:
        self._fernet = MultiFernet([Fernet(_key_of(secret, purpose)) for secret in secrets])

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Raises UndecryptableError."""
        try:
            return self._fernet.decrypt(encrypted).decode()
        except InvalidToken as error:
            raise UndecryptableError from error

    def renew(self, encrypted: str) -> str:
        """Encrypts the same text anew, with the newest secret. Raises UndecryptableError."""
        return self.encrypt(self.decrypt(encrypted))


def _key_of(secret: str, purpose: str) -> bytes:
    return urlsafe_b64encode(derive_key(secret, purpose))
