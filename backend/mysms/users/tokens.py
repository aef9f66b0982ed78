"""Signs and verifies the two tokens of a session with JWT_SECRET. Pure: the time is passed in.

The access token is a short-lived JWT. The refresh token consists of its session, a random number and a keyed hash of
both (see docs/decisions/0002).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from bson import ObjectId
from bson.errors import InvalidId
from jose import JWTError, jwt

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)

_ALGORITHM = "HS256"
_ISSUER = "mysms"
_AUDIENCE = "mysms-api"
_ACCESS = "access"

_HASH_BYTES = 16
_RANDOM_BYTES = 16
_COUNTED_BELOW = 2**63


class InvalidTokenError(Exception):
    """The token is forged or expired."""


@dataclass(frozen=True)
class AccessClaims:
    user_id: ObjectId
    session_id: ObjectId


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


class TokenSigner:
    """Signs and verifies tokens."""

    def __init__(self, secret: str) -> None:
        self._jwt_key = secret
        self._refresh_key = hmac.digest(secret.encode(), b"mysms refresh token", hashlib.sha256)

    def make_access_token(self, claims: AccessClaims, now: datetime) -> str:
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
                self._jwt_key,
                algorithm=_ALGORITHM,
            )
        )

    def read_access_token(self, token: str) -> AccessClaims:
        """Verifies an access token. Raises InvalidTokenError if it is forged, expired or of another type."""
        try:
            claims = jwt.decode(
                token,
                self._jwt_key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options={f"require_{name}": True for name in ("sub", "iss", "aud", "iat", "exp")},
            )
            if claims.get("typ") != _ACCESS:
                raise InvalidTokenError
            return AccessClaims(user_id=ObjectId(claims["sub"]), session_id=ObjectId(claims["sid"]))
        except (JWTError, KeyError, InvalidId, TypeError, RecursionError) as error:
            raise InvalidTokenError from error

    def make_refresh_token(self, claims: RefreshClaims) -> str:
        text = f"{claims.session_id}.{claims.number}"
        mac = hmac.digest(self._refresh_key, text.encode(), hashlib.sha256)
        return f"{text}.{urlsafe_b64encode(mac).decode().rstrip('=')}"

    def read_refresh_token(self, token: str) -> RefreshClaims:
        """Verifies a refresh token. Raises InvalidTokenError if it is forged."""
        try:
            session_id, number, _ = token.split(".")
            claims = RefreshClaims(ObjectId(session_id), int(number))
        except (ValueError, InvalidId) as error:
            raise InvalidTokenError from error
        if not hmac.compare_digest(self.make_refresh_token(claims).encode(), token.encode()):
            raise InvalidTokenError
        return claims
