"""The connection to MongoDB."""

from pathlib import Path
from typing import cast

import pytest
from pymongo import ReadPreference
from pymongo.errors import OperationFailure

from mysms.core.database import (
    Database,
    DatabaseConfigurationError,
    connect,
    database_of,
    unencrypted_hosts,
    wait_until_available,
)


@pytest.mark.parametrize(
    "uri", ["http://localhost", "mongodb://", "mongodb://host:port", "mongodb://host:99999", "mongodb://a:b:c@host"]
)
def test_an_invalid_uri_is_explained(uri: str) -> None:
    with pytest.raises(DatabaseConfigurationError) as refused:
        connect(uri)
    assert str(refused.value)


@pytest.mark.parametrize("uri", ["foo", "localhost:27017", "MONGODB://localhost", "mongodb:/localhost", "mongo://h"])
def test_a_uri_of_another_kind_is_rejected(uri: str) -> None:
    """The driver would wait for a host of this name."""
    with pytest.raises(DatabaseConfigurationError, match="must begin with mongodb://"):
        connect(uri)


@pytest.mark.parametrize(
    ("uri", "hosts"),
    [
        ("mongodb://db.example/mysms", ["db.example"]),
        ("mongodb://u:p@db.example:27017,10.0.0.7,[2600::1]:1/mysms?w=1", ["db.example", "[2600::1]"]),
        ("mongodb://8.8.8.8/?tls=false", ["8.8.8.8"]),
        ("mongodb://db.example.", ["db.example."]),
        ("mongodb+srv://db.example/mysms?tls=false", ["db.example"]),
        ("mongodb+srv://db.example/?w=1&SSL=false", ["db.example"]),
        ("mongodb+srv://u:p@db.example/mysms?retryWrites=true", []),
        ("mongodb://db.example/?tls=true", []),
        ("mongodb://db.example/?w=1&SSL=true", []),
        ("mongodb://localhost,mongodb:27017,192.168.1.5,[::1]:1,mongo.default.svc.cluster.local/mysms", []),
        ("mongodb://%2Ftmp%2Fmongodb-27017.sock/mysms", []),
    ],
)
def test_public_hosts_without_tls_are_found(uri: str, hosts: list[str]) -> None:
    assert unencrypted_hosts(uri) == hosts


@pytest.mark.parametrize(
    "option",
    [
        "tlsInsecure=true",
        "tls=true&tlsAllowInvalidCertificates=true",
        "tlsallowinvalidhostnames=TRUE",
        "ssl=true&tlsAllowInvalidHostnames=true&w=1",
    ],
)
@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv"])
def test_certificates_are_always_verified(scheme: str, option: str) -> None:
    with pytest.raises(DatabaseConfigurationError, match="tlsCAFile"):
        connect(f"{scheme}://user:hunter2@db.example.com/mysms?{option}")


@pytest.mark.parametrize("exists", [True, False])
def test_a_certificate_authority_that_cannot_be_read_is_reported(tmp_path: Path, exists: bool) -> None:
    authority = tmp_path / "ca.pem"
    if exists:
        authority.touch()
    with pytest.raises(DatabaseConfigurationError, match="TLS file cannot be read"):
        connect(f"mongodb://db.example.com/mysms?tls=true&tlsInsecure=false&tlsCAFile={authority}")


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
def test_an_unencoded_password_is_reported_but_not_shown(scheme: str, user_info: str, rest: str) -> None:
    with pytest.raises(DatabaseConfigurationError) as refused:
        connect(f"{scheme}://{user_info}@cluster.example.com{rest}")
    assert "%40 for @" in str(refused.value)
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize("password", ["hunter2", "hunter%402", "h#u!n$t&e'r()*+,;=2", "<hunter2"])
async def test_valid_passwords_are_passed_to_the_driver(password: str) -> None:
    async with connect(f"mongodb://user:{password}@localhost/mysms?appName=a@b") as client:
        assert database_of(client).name == "mysms"


@pytest.mark.parametrize("code", [18, 8000])
async def test_a_wrong_password_is_reported(code: int) -> None:
    """`user:pass%41` means passA: only the database can tell that it is wrong."""

    class Refusing:
        async def command(self, _: str) -> None:
            raise OperationFailure("bad auth : authentication failed", code)

    with pytest.raises(DatabaseConfigurationError) as refused:
        await wait_until_available(cast("Database", Refusing()))
    assert "rejected the user name or password" in str(refused.value)
    assert "%25" in str(refused.value)


@pytest.mark.parametrize(
    ("uri", "name"),
    [("mongodb://localhost", "mysms"), ("mongodb://localhost/?w=1", "mysms"), ("mongodb://h/x", "x")],
)
async def test_the_uri_names_the_database(uri: str, name: str) -> None:
    async with connect(uri) as client:
        assert database_of(client).name == name


@pytest.mark.parametrize(
    "options",
    ["readConcernLevel=local&readPreference=secondaryPreferred", "readPreference=nearest&readPreferenceTags=dc:ny"],
)
async def test_what_is_read_is_not_rolled_back(options: str) -> None:
    """Whatever the URI says: what this process keeps in memory must stay true when a primary fails."""
    async with connect(f"mongodb://localhost/?{options}") as client:
        assert client.read_concern.level == "majority"
        assert client.read_preference == ReadPreference.PRIMARY


async def test_an_acknowledged_write_is_on_the_disks_of_a_majority() -> None:
    """Whatever the URI says: a response to a user is a promise."""
    async with connect("mongodb://localhost/?w=0&journal=false") as client:
        assert client.write_concern.document == {"w": "majority", "j": True}
