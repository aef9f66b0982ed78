"""The token signer, with injected times."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from bson import ObjectId
from jose import jwt

from mysms.users.tokens import AccessClaims, ExpiredTokenError, InvalidTokenError, RefreshClaims, TokenSigner

SIGNER = TokenSigner(("a secret for this file",))
ACCESS = AccessClaims(ObjectId(), ObjectId())
REFRESH = RefreshClaims.first(ObjectId())


def now() -> datetime:
    """The current time, which the JWT library uses, too."""
    return datetime.now(UTC)


def test_an_access_token_contains_its_claims() -> None:
    assert SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now()), now()) == ACCESS


def test_an_access_token_is_valid_for_fifteen_minutes() -> None:
    SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=14)), now())
    with pytest.raises(ExpiredTokenError):
        SIGNER.read_access_token(SIGNER.make_access_token(ACCESS, now() - timedelta(minutes=15, seconds=1)), now())


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
    stranger = TokenSigner(("another secret",))
    with pytest.raises(InvalidTokenError):
        stranger.read_access_token(SIGNER.make_access_token(ACCESS, now()), now())
    with pytest.raises(InvalidTokenError):
        stranger.read_refresh_token(SIGNER.make_refresh_token(REFRESH))


def key_id_of(signer: TokenSigner) -> str:
    return str(jwt.get_unverified_header(signer.make_access_token(ACCESS, now()))["kid"])


def assert_reads(reader: TokenSigner, signer: TokenSigner) -> None:
    assert reader.read_access_token(signer.make_access_token(ACCESS, now()), now()) == ACCESS
    assert reader.read_refresh_token(signer.make_refresh_token(REFRESH)) == REFRESH


def assert_rejects(reader: TokenSigner, signer: TokenSigner) -> None:
    with pytest.raises(InvalidTokenError):
        reader.read_access_token(signer.make_access_token(ACCESS, now()), now())
    with pytest.raises(InvalidTokenError):
        reader.read_refresh_token(signer.make_refresh_token(REFRESH))


def test_each_step_of_a_rotation_reads_the_tokens_of_its_neighbours() -> None:
    """Processes of two steps run side by side. This is why the new secret is added before it signs."""
    steps = [TokenSigner(secrets) for secrets in (("old",), ("old", "new"), ("new", "old"), ("new",))]
    for before, after in pairwise(steps[:3]):
        assert_reads(before, after)
        assert_reads(after, before)
    assert_reads(steps[3], steps[2])
    assert_rejects(steps[0], steps[2])
    assert_rejects(steps[3], steps[1])


def test_the_key_id_names_the_secret_and_does_not_contain_it() -> None:
    old, new = (key_id_of(TokenSigner(secrets)) for secrets in (("old", "new"), ("new", "old")))
    assert old == key_id_of(TokenSigner(("old",))) != new
    assert re.fullmatch("[A-Za-z0-9_-]{11}", key_id_of(SIGNER))


def claims_of(signer: TokenSigner) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(signer.make_access_token(ACCESS, now())))


def test_a_token_of_the_previous_version_names_no_key() -> None:
    for secret in ("new", "old"):
        token = jwt.encode(claims_of(SIGNER), secret)
        assert TokenSigner(("new", "old")).read_access_token(token, now()) == ACCESS
    with pytest.raises(InvalidTokenError):
        TokenSigner(("new", "old")).read_access_token(jwt.encode(claims_of(SIGNER), "foreign"), now())


@pytest.mark.parametrize("key_id", ["", "foreign", 0, 1, True, [], ["new"], {}, {"$ne": None}, "../../dev/null"])
def test_a_foreign_key_id_selects_no_key(key_id: object) -> None:
    signer = TokenSigner(("new", "old"))
    for secret in ("new", "old"):
        token = jwt.encode(claims_of(signer), secret, headers={"kid": key_id})
        with pytest.raises(InvalidTokenError):
            signer.read_access_token(token, now())


def test_a_key_id_of_ours_is_no_signature() -> None:
    signer = TokenSigner(("new", "old"))
    for secret in ("new", "old"):
        ours = key_id_of(TokenSigner((secret,)))
        for forger in ("foreign", ours, ""):
            with pytest.raises(InvalidTokenError):
                signer.read_access_token(jwt.encode(claims_of(signer), forger, headers={"kid": ours}), now())
    with pytest.raises(InvalidTokenError):
        signer.read_access_token(jwt.encode(claims_of(signer), "old", headers={"kid": key_id_of(signer)}), now())


def test_access_and_refresh_tokens_are_not_interchangeable() -> None:
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(SIGNER.make_refresh_token(REFRESH), now())
    with pytest.raises(InvalidTokenError):
        SIGNER.read_refresh_token(SIGNER.make_access_token(ACCESS, now()))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 24 + ".1.", f"{ObjectId()}.1.", f"{ObjectId()}.x.y"])
def test_a_malformed_token_is_rejected(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        SIGNER.read_refresh_token(token)
    with pytest.raises(InvalidTokenError):
        SIGNER.read_access_token(token, now())


def test_a_signature_is_verified_once_and_the_lifetime_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    def decode(token: str, *args: Any, **options: Any) -> dict[str, Any]:
        verified.append(token)
        return real_decode(token, *args, **options)

    real_decode = jwt.decode
    monkeypatch.setattr(jwt, "decode", decode)
    signer = TokenSigner(("a secret for this test",))
    token = signer.make_access_token(ACCESS, now())
    assert [signer.read_access_token(token, now()) for _ in range(3)] == [ACCESS] * 3
    assert verified == [token]
    signer.read_access_token(token, now() + timedelta(minutes=14))
    with pytest.raises(ExpiredTokenError):
        signer.read_access_token(token, now() + timedelta(minutes=15, seconds=1))


def test_a_token_that_was_never_ours_is_not_remembered() -> None:
    signer = TokenSigner(("a secret for this test",))
    for _ in range(2):
        with pytest.raises(InvalidTokenError):
            signer.read_access_token(SIGNER.make_access_token(ACCESS, now()), now())
