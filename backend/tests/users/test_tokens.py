"""The token signer, with injected times."""

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.users.tokens import AccessClaims, InvalidTokenError, RefreshClaims, TokenSigner

SIGNER = TokenSigner("a secret for this file")
ACCESS = AccessClaims(ObjectId(), ObjectId())
REFRESH = RefreshClaims(ObjectId(), 3)


def now() -> datetime:
    """The current time, which the JWT library uses, too."""
    return datetime.now(UTC)


def test_an_access_token_contains_its_claims() -> None:
    assert SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now())) == ACCESS


def test_an_access_token_is_valid_for_fifteen_minutes() -> None:
    SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=14)))
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=15, seconds=1)))


def test_a_refresh_token_contains_its_claims_and_can_be_derived_again() -> None:
    token = SIGNER.make_refresh_token(REFRESH)
    assert SIGNER.read_refresh_token(token) == REFRESH
    assert SIGNER.make_refresh_token(REFRESH) == token


def test_each_generation_of_each_session_has_its_own_refresh_token() -> None:
    claims = [RefreshClaims(session, generation) for session in (ObjectId(), ObjectId()) for generation in range(3)]
    assert len({SIGNER.make_refresh_token(each) for each in claims}) == 6


def test_tokens_signed_with_another_secret_are_rejected() -> None:
    stranger = TokenSigner("another secret")
    with pytest.raises(InvalidTokenError):
        stranger.read_access_token(SIGNER.make_access_token(ACCESS, now()))
    with pytest.raises(InvalidTokenError):
        stranger.read_refresh_token(SIGNER.make_refresh_token(REFRESH))


def test_access_and_refresh_tokens_are_not_interchangeable() -> None:
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(SIGNER.make_refresh_token(REFRESH))
    with pytest.raises(InvalidTokenError):
        SIGNER.read_refresh_token(SIGNER.make_access_token(ACCESS, now()))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 24 + ".1.", f"{ObjectId()}.1.", f"{ObjectId()}.x.y"])
def test_a_malformed_token_is_rejected(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        SIGNER.read_refresh_token(token)
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(token)
