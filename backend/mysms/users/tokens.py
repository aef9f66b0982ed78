"""Signs the two tokens of a session with JWT_SECRET, and verifies them with it and JWT_SECRET_PREVIOUS.

Pure: the time is passed in.

The access token is a short-lived JWT. The refresh token consists of its session, a random number and a keyed hash of
both (see docs/decisions/0002).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from bson import ObjectId
from bson.errors import InvalidId
from jose import JWTError, jwt

from mysms.core.bounded_cache import BoundedCache
from mysms.core.derived_keys import derive_key

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)

_ALGORITHM = "HS256"
_ISSUER = "mysms"
_AUDIENCE = "mysms-api"
_ACCESS = "access"

_HASH_BYTES = 16
_RANDOM_BYTES = 16
_KEY_ID_BYTES = 8
_COUNTED_BELOW = 2**63
_VERIFIED_TOKENS = 50_000
"""How many tokens are known as verified. More of them only have to be verified more than once."""


class InvalidTokenError(Exception):
    """The token is forged or expired."""


class ExpiredTokenError(InvalidTokenError):
    """The token is genuine, but has expired."""


@dataclass(frozen=True)
class AccessClaims:
    user_id: ObjectId
    session_id: ObjectId


@dataclass(frozen=True)
class _VerifiedToken:
    """An access token that is ours."""

    claims: AccessClaims
    expires_at: int
    """Seconds since 1970; the last one is included."""


@dataclass(frozen=True)
class RefreshClaims:
    """A refresh token without its keyed hash.

    `number` consists of the hash of the token's predecessor and 128 random bits. So a session only has to store the
    hash of the newest token that was used, however many successors that token got. The previous version counted its
    tokens instead, and could derive a successor. It verifies random tokens too, and can sign them out, but it cannot
    store numbers of this size, so it never takes one for a token of its own.
    """

    session_id: ObjectId
    number: int

    @classmethod
    def first(cls, session_id: ObjectId) -> Self:
        """Returns the token of a new session."""
        return cls(session_id, int.from_bytes(secrets.token_bytes(_HASH_BYTES + _RANDOM_BYTES)))

    def new_successor(self) -> Self:
        """Returns a successor, a different one each time."""
        number = int.from_bytes(bytes.fromhex(self.hash) + secrets.token_bytes(_RANDOM_BYTES))
        return type(self)(self.session_id, number)

    @property
    def is_counted(self) -> bool:
        """Whether the previous version issued the token."""
        return self.number < _COUNTED_BELOW

    @property
    def hash(self) -> str:
        """The hash under which a session stores the token."""
        return hashlib.blake2b(f"{self.session_id}.{self.number}".encode(), digest_size=_HASH_BYTES).hexdigest()

    @property
    def predecessor_hash(self) -> str:
        if self.is_counted:
            return type(self)(self.session_id, self.number - 1).hash
        return self.number.to_bytes(_HASH_BYTES + _RANDOM_BYTES)[:_HASH_BYTES].hex()


class _Key:
    """What is derived from one secret. `id` names the secret in the header of access tokens, and does not reveal it."""

    def __init__(self, secret: str) -> None:
        self.jwt = secret
        self.refresh = derive_key(secret, "refresh token")
        self.id = _encode(derive_key(secret, "key id")[:_KEY_ID_BYTES])


class TokenSigner:
    """Signs tokens with the first secret, and verifies tokens that were signed with any of them."""

    def __init__(self, jwt_secrets: tuple[str, ...]) -> None:
        self._keys = [_Key(secret) for secret in jwt_secrets]
        self._verified: BoundedCache[bytes, _VerifiedToken] = BoundedCache(_VERIFIED_TOKENS)

    def make_access_token(self, claims: AccessClaims, now: datetime) -> str:
        key = self._keys[0]
        return str(
            jwt.encode(
                {
                    "sub": str(claims.user_id),
                    "sid": str(claims.session_id),
                    "iss": _ISSUER,
                    "aud": _AUDIENCE,
                    "iat": int(now.timestamp()),
                    "exp": int((now + ACCESS_TOKEN_LIFETIME).timestamp()),
                    "typ": _ACCESS,
                },
                key.jwt,
                algorithm=_ALGORITHM,
                headers={"kid": key.id},
            )
        )

    def read_access_token(self, token: str, now: datetime) -> AccessClaims:
        """Verifies an access token. Raises InvalidTokenError if it is forged or of another type, ExpiredTokenError.

        The signature of a token is verified once, its lifetime each time.
        """
        # Not the token itself, with which whoever reads this process's memory could sign in.
        digest = hashlib.blake2b(token.encode(errors="replace"), digest_size=_HASH_BYTES).digest()
        verified = self._verified.get(digest)
        if verified is None:
            verified = self._verify(token)
            self._verified.add(digest, verified)
        if verified.expires_at < int(now.timestamp()):
            raise ExpiredTokenError
        return verified.claims

    def _verify(self, token: str) -> _VerifiedToken:
        for key in self._keys_for(token):
            try:
                return _verify_access_token(token, key)
            except JWTError:
                continue
        raise InvalidTokenError

    def _keys_for(self, token: str) -> list[_Key]:
        """Returns those of our keys that the token may be signed with. Up to 0.1, tokens do not name their key."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except Exception as error:
            raise InvalidTokenError from error
        return [key for key in self._keys if key_id is None or key_id == key.id]

    def make_refresh_token(self, claims: RefreshClaims) -> str:
        return _make_refresh_token(claims, self._keys[0])

    def read_refresh_token(self, token: str) -> RefreshClaims:
        """Verifies a refresh token. Raises InvalidTokenError if it is forged."""
        try:
            given = token.encode()
            session_id, number, _ = token.split(".")
            claims = RefreshClaims(ObjectId(session_id), int(number))
        except (ValueError, InvalidId) as error:
            raise InvalidTokenError from error
        if not any(hmac.compare_digest(_make_refresh_token(claims, key).encode(), given) for key in self._keys):
            raise InvalidTokenError
        return claims


def expiry_of(access_token: str) -> datetime:
    """Returns when an access token expires that has been verified."""
    return datetime.fromtimestamp(jwt.get_unverified_claims(access_token)["exp"], UTC)


def _verify_access_token(token: str, key: _Key) -> _VerifiedToken:
    """Raises JWTError if the key has not signed the token, and InvalidTokenError if it has signed something else."""
    try:
        claims = jwt.decode(
            token,
            key.jwt,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            # The library would verify what is required.
            options={"verify_exp": False} | {f"require_{name}": True for name in ("sub", "iss", "aud", "iat")},
        )
        access = AccessClaims(user_id=ObjectId(claims["sub"]), session_id=ObjectId(claims["sid"]))
        verified = _VerifiedToken(access, expires_at=int(claims["exp"]))
    except JWTError:
        raise
    except Exception as error:
        # The library lets errors of the interpreter through, such as OverflowError for an infinite time.
        raise InvalidTokenError from error
    if claims.get("typ") != _ACCESS:
        raise InvalidTokenError
    return verified


def _make_refresh_token(claims: RefreshClaims, key: _Key) -> str:
    text = f"{claims.session_id}.{claims.number}"
    return f"{text}.{_encode(hmac.digest(key.refresh, text.encode(), hashlib.sha256))}"


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
