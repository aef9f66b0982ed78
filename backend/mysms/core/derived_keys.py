"""Keys that are derived from a secret of the installation, one for each purpose, and hashes with such keys. Pure."""

import hashlib
import hmac

_HASH_BYTES = 8


def derive_key(secret: str, purpose: str) -> bytes:
    """Returns the key for this purpose. Another purpose has another key, which tells nothing about this one."""
    return hmac.digest(secret.encode(), f"mysms {purpose}".encode(), hashlib.sha256)


def keyed_hash(key: bytes, subject: str) -> str:
    """Returns 64 bits, enough to find what belongs together, and worth nothing without the key.

    The subject may be what a client has sent, lone surrogates included.
    """
    return hashlib.blake2b(subject.encode(errors="replace"), key=key, digest_size=_HASH_BYTES).hexdigest()
