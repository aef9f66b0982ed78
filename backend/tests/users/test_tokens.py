"""The token signer by itself, with times of our own."""

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.users.tokens import AccessClaims, InvalidTokenError, RefreshClaims, TokenSigner

SIGNER = TokenSigner("a secret for this file")
ACCESS = AccessClaims(ObjectId(), ObjectId())
REFRESH = RefreshClaims(ObjectId(), 3)


def now() -> datetime:
    """The time as the library that reads tokens sees it."""
    return datetime.now(UTC)


def test_an_access_token_is_read_as_it_was_made() -> None:
    assert SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now())) == ACCESS


def test_an_access_token_lives_for_fifteen_minutes() -> None:
    SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=14)))
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=15, seconds=1)))


def test_a_refresh_token_is_read_as_it_was_made_and_can_be_made_again() -> None:
    token = SIGNER.make_refresh_token(REFRESH)
    assert SIGNER.read_refresh_token(token) == REFRESH
    assert SIGNER.make_refresh_token(REFRESH) == token


def test_every_generation_of_every_session_has_a_token_of_its_own() -> None:
    claims = [RefreshClaims(session, generation) for session in (ObjectId(), ObjectId()) for generation in range(3)]
    assert len({SIGNER.make_refresh_token(each) for each in claims}) == 6


def test_another_secret_reads_neither() -> None:
    stranger = TokenSigner("another secret")
    with pytest.raises(InvalidTokenError):
        stranger.read_access_token(SIGNER.make_access_token(ACCESS, now()))
    with pytest.raises(InvalidTokenError):
        stranger.read_refresh_token(SIGNER.make_refresh_token(REFRESH))


def test_neither_token_passes_for_the_other() -> None:
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(SIGNER.make_refresh_token(REFRESH))
    with pytest.raises(InvalidTokenError):
        SIGNER.read_refresh_token(SIGNER.make_access_token(ACCESS, now()))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 24 + ".1.", f"{ObjectId()}.1.", f"{ObjectId()}.x.y"])
def test_nonsense_is_no_token(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        SIGNER.read_refresh_token(token)
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(token)
