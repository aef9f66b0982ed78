"""The token signer, with injected times."""

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.users.tokens import AccessClaims, InvalidTokenError, RefreshClaims, TokenSigner

SIGNER = TokenSigner("a secret for this file")
ACCESS = AccessClaims(ObjectId(), ObjectId())
REFRESH = RefreshClaims.first(ObjectId())


def now() -> datetime:
    """The current time, which the JWT library uses, too."""
    return datetime.now(UTC)


def test_an_access_token_contains_its_claims() -> None:
    assert SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now())) == ACCESS


def test_an_access_token_is_valid_for_fifteen_minutes() -> None:
    SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=14)))
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=15, seconds=1)))


def test_a_refresh_token_contains_its_claims() -> None:
    for claims in (REFRESH, REFRESH.new_successor(), RefreshClaims(REFRESH.session_id, 3)):
        assert SIGNER.read_refresh_token(SIGNER.make_refresh_token(claims)) == claims


def test_every_refresh_token_is_random() -> None:
    session_id = ObjectId()
    first = [RefreshClaims.first(session_id) for _ in range(100)]
    successors = [REFRESH.new_successor() for _ in range(100)]
    last_bits = {each.number % 2**128 for each in (*first, *successors)}
    assert len(last_bits) == 200
    assert len({number % 2**64 for number in last_bits} | {number >> 64 for number in last_bits}) == 400


def test_a_refresh_token_names_its_predecessor_and_no_other() -> None:
    successor, sibling = REFRESH.new_successor(), REFRESH.new_successor()
    assert successor.predecessor_hash == sibling.predecessor_hash == REFRESH.hash
    assert successor.new_successor().predecessor_hash == successor.hash
    hashes = {each.hash for each in (REFRESH, successor, sibling, RefreshClaims(ObjectId(), REFRESH.number))}
    assert len(hashes) == 4


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
