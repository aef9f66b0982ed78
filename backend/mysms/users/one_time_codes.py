"""The codes of a second factor: time-based ones (RFC 6238), and recovery codes. Pure: the time is passed in."""

import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime

import pyotp

MAXIMUM_CODE_LENGTH = 64
"""Characters as typed: a recovery code, its dashes, and spaces around them."""

_ISSUER = "MySMS Messenger"
_DIGITS = 6
_DRIFT_STEPS = 1
"""How many steps of 30 seconds the clock of the authenticator app may be off, in either direction."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, which has no letters that look like digits: https://www.crockford.com/base32.html"""
_LOOKALIKES = str.maketrans("oil", "011")
_RECOVERY_CODES = 10
_GROUPS, _GROUP_LENGTH = 6, 4
"""24 characters of 5 random bits: more than the 112 bits from which on a plain hash is enough (ASVS 5.0, 6.5.2)."""


def new_totp_secret() -> str:
    """Returns a random secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def otpauth_uri(secret: str, email: str) -> str:
    """Returns the address that authenticator apps read as a QR code.

    https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    return pyotp.TOTP(secret, digits=_DIGITS).provisioning_uri(name=email, issuer_name=_ISSUER)


def normalise_code(typed: str) -> str:
    """Returns a code as it is compared: in lower case and ASCII digits, without spaces and dashes."""
    code = "".join(each for each in unicodedata.normalize("NFKC", typed).casefold() if each.isalnum())
    return f"{int(code):0{_DIGITS}}" if is_totp_code(code) else code.translate(_LOOKALIKES)


def is_totp_code(code: str) -> bool:
    """Whether it has the form of a time-based code."""
    return len(code) == _DIGITS and code.isdecimal()


def is_recovery_code(code: str) -> bool:
    """Whether it has the form of a recovery code."""
    return len(code) == _GROUPS * _GROUP_LENGTH and set(code) <= set(_ALPHABET)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Returns the time step to which a normalised code belongs, in 30 seconds since 1970; None if the code is wrong.

    Compares with every step that is allowed, so that the duration reveals nothing.
    """
    if not is_totp_code(code):
        return None
    totp = pyotp.TOTP(secret, digits=_DIGITS)
    current = totp.timecode(now)
    steps = range(current - _DRIFT_STEPS, current + _DRIFT_STEPS + 1)
    return max((step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)), default=None)


def new_recovery_codes() -> list[str]:
    """Returns random codes such as `k7qf-3m2x-8dwn-p0ra-5jtc-e9yh`."""
    return [_new_recovery_code() for _ in range(_RECOVERY_CODES)]


def hash_recovery_code(code: str) -> str:
    """Returns the hash under which a normalised recovery code is stored."""
    return hashlib.sha256(code.encode()).hexdigest()


def _new_recovery_code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
