"""Signs and verifies the two tokens of a session with JWT_SECRET. Pure: the time is passed in.

The access token is a short-lived JWT. The refresh token consists of its session, its generation and a keyed hash of
both, so that the next one can be derived and is never stored (see docs/decisions/0002).
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import ObjectId
from bson.errors import InvalidId
from jose import JWTError, jwt

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)

_ALGORITHM = "HS256"
_ISSUER = "mysms"
_AUDIENCE = "mysms-api"
_ACCESS = "access"


class InvalidTokenError(Exception):
    """The token is forged or expired."""


@dataclass(frozen=True)
class AccessClaims:
    user_id: ObjectId
    session_id: ObjectId


@dataclass(frozen=True)
class RefreshClaims:
    session_id: ObjectId
    generation: int


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
        text = f"{claims.session_id}.{claims.generation}"
        mac = hmac.digest(self._refresh_key, text.encode(), hashlib.sha256)
        return f"{text}.{urlsafe_b64encode(mac).decode().rstrip('=')}"

    def read_refresh_token(self, token: str) -> RefreshClaims:
        """Verifies a refresh token. Raises InvalidTokenError if it is forged."""
        try:
            session_id, generation, _ = token.split(".")
            claims = RefreshClaims(ObjectId(session_id), int(generation))
        except (ValueError, InvalidId) as error:
            raise InvalidTokenError from error
        if not hmac.compare_digest(self.make_refresh_token(claims).encode(), token.encode()):
            raise InvalidTokenError
        return claims
