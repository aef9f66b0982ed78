"""The connection to MongoDB."""

from typing import cast

import pytest
from pymongo.errors import OperationFailure

from mysms.core.database import Database, DatabaseConfigurationError, connect, database_of, wait_until_available


@pytest.mark.parametrize(
    "address", ["http://localhost", "mongodb://", "mongodb://host:port", "mongodb://host:99999", "mongodb://a:b:c@host"]
)
def test_what_is_no_address_is_explained(address: str) -> None:
    with pytest.raises(DatabaseConfigurationError) as refused:
        connect(address)
    assert str(refused.value)


@pytest.mark.parametrize(
    "user_info",
    [
        "user:hunter@2",
        "user:hunter/2",
        "user:1/hunter2",
        "user:hunter:2",
        "user:hunter%2",
        "user:hunter?2",
        "us@er:hunter2",
        "user:<hunter2>",
    ],
)
@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv"])
@pytest.mark.parametrize("rest", ["/mysms", "", "/mysms?w=1"])
def test_a_password_that_is_not_encoded_is_named_and_not_shown(scheme: str, user_info: str, rest: str) -> None:
    with pytest.raises(DatabaseConfigurationError) as refused:
        connect(f"{scheme}://{user_info}@cluster.example.com{rest}")
    assert "%40 for @" in str(refused.value)
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize("password", ["hunter2", "hunter%402", "h#u!n$t&e'r()*+,;=2", "<hunter2"])
async def test_other_passwords_are_left_to_the_driver(password: str) -> None:
    async with connect(f"mongodb://user:{password}@localhost/mysms?appName=a@b") as client:
        assert database_of(client).name == "mysms"


@pytest.mark.parametrize("code", [18, 8000])
async def test_a_password_that_is_not_the_right_one_is_named(code: int) -> None:
    """What `user:pass%41` says is passA: nobody but the database can tell that this was not meant."""

    class Refusing:
        async def command(self, _: str) -> None:
            raise OperationFailure("bad auth : authentication failed", code)

    with pytest.raises(DatabaseConfigurationError) as refused:
        await wait_until_available(cast("Database", Refusing()))
    assert "rejected the user name or password" in str(refused.value)
    assert "%25" in str(refused.value)


@pytest.mark.parametrize(
    ("address", "name"),
    [("mongodb://localhost", "mysms"), ("mongodb://localhost/?w=1", "mysms"), ("mongodb://h/x", "x")],
)
async def test_the_address_names_the_database(address: str, name: str) -> None:
    async with connect(address) as client:
        assert database_of(client).name == name


async def test_an_acknowledged_write_is_on_the_disks_of_a_majority() -> None:
    """Whatever the address says: an answer to a person is a promise."""
    async with connect("mongodb://localhost/?w=0&journal=false") as client:
        assert client.write_concern.document == {"w": "majority", "j": True}
