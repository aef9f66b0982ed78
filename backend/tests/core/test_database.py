"""The connection to MongoDB."""

import pytest

from mysms.core.database import UnusableAddressError, connect, database_of


@pytest.mark.parametrize(
    "address", ["http://localhost", "mongodb://", "mongodb://host:port", "mongodb://host:99999", "mongodb://a:b:c@host"]
)
def test_what_is_no_address_is_explained(address: str) -> None:
    with pytest.raises(UnusableAddressError) as refused:
        connect(address)
    assert str(refused.value)


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
