"""Everything that must not be guessed has at least 128 random bits, which no rate limit has to protect."""

from bson import ObjectId

from mysms.users.password_changes import new_random_password
from mysms.users.sign_up import new_invite
from mysms.users.tokens import RefreshClaims

BITS_OF_A_URL_SAFE_CHARACTER = 6


def test_an_invite_has_128_random_bits() -> None:
    codes = {new_invite() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(bytes.fromhex(code.replace("-", ""))) * 8 >= 128 for code in codes)


def test_a_generated_password_has_128_random_bits() -> None:
    passwords = {new_random_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(len(password) * BITS_OF_A_URL_SAFE_CHARACTER >= 128 for password in passwords)


def test_a_successor_of_a_refresh_token_has_128_random_bits_of_its_own() -> None:
    token = RefreshClaims.first(ObjectId())
    lower_bits = {token.new_successor().number & (2**128 - 1) for _ in range(100)}
    assert len(lower_bits) == 100
    assert any(bits >> 120 for bits in lower_bits)
