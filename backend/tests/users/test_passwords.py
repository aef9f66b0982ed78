"""Password hashes."""

import pytest

from mysms.users.passwords import PasswordHasher


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return PasswordHasher()


async def test_a_hash_knows_its_password_and_no_other(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    assert await hasher.verify("correct horse", stored)
    assert not await hasher.verify("Correct horse", stored)
    assert not await hasher.verify("", stored)


async def test_it_is_argon2_with_a_salt(hasher: PasswordHasher) -> None:
    first, second = [await hasher.hash("correct horse") for _ in range(2)]
    assert first.startswith("$argon2id$")
    assert first != second


async def test_nobody_has_no_password(hasher: PasswordHasher) -> None:
    """Not even the one that stands in for it."""
    assert not await hasher.verify("nobody's password", None)


async def test_a_password_of_any_length_can_be_wrong(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("x" * 100_000, await hasher.hash("correct horse"))
