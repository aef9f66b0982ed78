"""The addresses that an account has had sessions from."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from bson import ObjectId

from mysms.core import database as connection
from mysms.users import repository
from mysms.users.known_clients import MOST_KNOWN_ADDRESSES, KnownClients
from mysms.users.models import User
from tests.support.servers import Mongo

HOME = "203.0.113.1"


@pytest.fixture
async def user_id(mongodb: Mongo) -> AsyncIterator[ObjectId]:
    async with connection.connect(mongodb.other_database(f"addresses_{secrets.token_hex(4)}")) as client:
        database = connection.database_of(client)
        await connection.init_documents(database, [User])
        user = User(id=ObjectId(), email="owner@example.com", password_hash="", created_at=datetime.now(UTC))
        assert await repository.insert_user(user)
        yield ObjectId(user.id)
        await client.drop_database(database.name)


async def read(user_id: ObjectId) -> User:
    user = await repository.find_user(user_id)
    assert user is not None
    return user


async def test_only_addresses_of_the_account_are_known(user_id: ObjectId) -> None:
    known = KnownClients(["secret"])
    await known.add_address(HOME, await read(user_id))
    user = await read(user_id)
    assert known.knows_address(HOME, user)
    assert not known.knows_address("203.0.113.2", user)
    assert not known.knows_address(HOME, None)
    other = user.model_copy(update={"id": ObjectId()})
    assert not known.knows_address(HOME, other), "the hashes of two accounts can be compared"


async def test_an_ipv6_client_is_known_in_its_network(user_id: ObjectId) -> None:
    known = KnownClients(["secret"])
    await known.add_address("2001:db8:1:2::1", await read(user_id))
    user = await read(user_id)
    assert known.knows_address("2001:db8:1:2:ffff::2", user)
    assert not known.knows_address("2001:db8:1:3::1", user)


async def test_addresses_stay_known_while_the_secret_is_replaced(user_id: ObjectId) -> None:
    await KnownClients(["old secret"]).add_address(HOME, await read(user_id))
    user = await read(user_id)
    assert KnownClients(["new secret", "old secret"]).knows_address(HOME, user)
    assert not KnownClients(["new secret"]).knows_address(HOME, user)


async def test_concurrent_sessions_add_their_address_once_and_keep_the_list_short(user_id: ObjectId) -> None:
    known, user = KnownClients(["secret"]), await read(user_id)
    await asyncio.gather(*(known.add_address(HOME, user) for _ in range(10)))
    assert len((await read(user_id)).known_addresses) == 1
    await asyncio.gather(
        *(known.add_address(f"198.51.100.{number}", user) for number in range(2 * MOST_KNOWN_ADDRESSES))
    )
    assert len((await read(user_id)).known_addresses) == MOST_KNOWN_ADDRESSES
