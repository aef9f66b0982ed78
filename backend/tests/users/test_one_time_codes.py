"""Time-based codes and recovery codes, and the encryption of their secrets."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from mysms.users.one_time_codes import (
    is_recovery_code,
    is_totp_code,
    matching_step,
    new_recovery_codes,
    new_totp_secret,
    normalise_code,
    otpauth_uri,
)
from mysms.users.secret_cipher import SecretCipher, UndecryptableError

NOW = datetime(2026, 11, 22, 10, 42, 15, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""`12345678901234567890`, of RFC 6238, appendix B."""


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(("steps_off", "is_valid"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps_off: int, is_valid: bool) -> None:
    code = pyotp.TOTP(RFC_SECRET).generate_otp(STEP + steps_off)
    assert matching_step(RFC_SECRET, code, NOW) == (STEP + steps_off if is_valid else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "é" * 6, "-12345", "123456\n"])
def test_other_texts_are_never_time_based_codes(code: str) -> None:
    assert matching_step(RFC_SECRET, code, NOW) is None


@pytest.mark.parametrize(
    "typed", ["081804", " 081 804 ", "081-804", "０８１８０４", "٠٨١٨٠٤", "081\u00a0804", "\u200b081804"]
)
def test_a_time_based_code_is_read_as_people_type_it(typed: str) -> None:
    assert normalise_code(typed) == "081804"
    assert is_totp_code(normalise_code(typed))


def test_every_secret_is_random_and_fits_authenticator_apps() -> None:
    secret, other = new_totp_secret(), new_totp_secret()
    assert secret != other
    assert len(secret) == 32
    uri = otpauth_uri(secret, "ada+x@example.com")
    assert uri.startswith("otpauth://totp/MySMS%20Messenger:ada%2Bx%40example.com?")
    parsed = pyotp.parse_uri(uri)
    assert (parsed.secret, parsed.issuer, parsed.name) == (secret, "MySMS Messenger", "ada+x@example.com")


def test_recovery_codes_have_120_random_bits() -> None:
    codes = [code for _ in range(200) for code in new_recovery_codes()]
    assert len(codes) == len(set(codes)) == 2_000
    letters = "".join(codes).replace("-", "")
    assert len(letters) == 2_000 * 24
    assert len(set(letters)) == 32


@pytest.mark.parametrize(
    "typed",
    [
        "01ab-cdef-ghjk-mnpq-rstv-wxyz",
        "  01AB CDEF GHJK MNPQ RSTV WXYZ ",
        "01abcdefghjkmnpqrstvwxyz",
        "OLab–cdef–ghjk–mnpq–rstv–wxyz",
        "oIAB\tcdef\nghjk\u2011mnpq-rstv-wxyz",
    ],
)
def test_a_recovery_code_is_read_as_people_type_it(typed: str) -> None:
    assert normalise_code(typed) == "01abcdefghjkmnpqrstvwxyz"
    assert is_recovery_code(normalise_code(typed))


@pytest.mark.parametrize("typed", ["", "081804", "01ab-cdef-ghjk-mnpq-rstv-wxy", "é" * 24, "u" * 24, "$" * 24])
def test_other_texts_are_never_recovery_codes(typed: str) -> None:
    assert not is_recovery_code(normalise_code(typed))


def test_a_secret_that_was_encrypted_before_a_rotation_is_decrypted_and_renewed() -> None:
    old, rotated, new = SecretCipher(["old"]), SecretCipher(["new", "old"]), SecretCipher(["new"])
    encrypted = old.encrypt("the secret")
    assert "secret" not in encrypted
    assert rotated.decrypt(encrypted) == "the secret"
    assert new.decrypt(rotated.renew(encrypted)) == "the secret"
    with pytest.raises(UndecryptableError):
        new.decrypt(encrypted)
    with pytest.raises(UndecryptableError):
        old.decrypt(encrypted[:-4])


def test_a_changed_ciphertext_is_rejected() -> None:
    cipher = SecretCipher(["a secret"])
    encrypted = cipher.encrypt("the secret")
    for at, each in enumerate(encrypted.rstrip("=")[:-1]):
        with pytest.raises(UndecryptableError):
            cipher.decrypt(encrypted[:at] + ("A" if each != "A" else "B") + encrypted[at + 1 :])
    assert cipher.encrypt("the secret") != encrypted


def test_a_code_of_any_time_of_the_day_is_accepted_once_per_step() -> None:
    """The steps are counted without gaps, whatever the second is."""
    steps = []
    for seconds in range(0, 120, 7):
        now = NOW + timedelta(seconds=seconds)
        steps.append(matching_step(RFC_SECRET, pyotp.TOTP(RFC_SECRET).at(now), now))
    assert sorted(set(steps), key=lambda step: step or 0) == list(range(STEP, STEP + 5))
