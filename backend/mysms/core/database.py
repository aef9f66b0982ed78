"""Connects to MongoDB, and classifies its errors."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pymongo
from beanie import Document, init_beanie
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, ConnectionFailure, OperationFailure, PyMongoError

from mysms.core.urls import is_public_host

_WAIT_SECONDS = 1.0
_LOG_AGAIN_SECONDS = 30.0
_PING_TIMEOUT_SECONDS = 2.0
_CONNECT_TIMEOUT_MS = 5_000

_AUTHENTICATION_ERRORS = frozenset({18, 8000})
"""AuthenticationFailed, and Atlas's code for the same."""
_UNAUTHORIZED = 13
_INDEX_BUILD_IN_PROGRESS = 40333
"""Of Amazon DocumentDB, which builds one index of a collection at a time."""
_STRAY_CHARACTERS = (
    "MONGODB_URI cannot be used: its user name or password contains a reserved character. Write %40 for @, %3A for :, "
    "%2F for /, %3F for ? and %25 for %, and replace any <placeholder> with the password itself."
)
_NO_SUCH_USER = (
    "MONGODB_URI cannot be used: MongoDB rejected the user name or password. Check both, check authSource, and check "
    "that a % in the password is written %25."
)
_UNVERIFIED = re.compile(r"[?&;](tlsInsecure|tlsAllowInvalid(Certificates|Hostnames))=(?!false)", re.I)
_MUST_VERIFY = (
    "MONGODB_URI cannot be used: without verified certificates, anybody on the way can pose as the database. For a "
    "certificate authority of your own, write tlsCAFile=/path/to/ca.pem instead of {option}."
)

_log = logging.getLogger(__name__)

DEFAULT_DATABASE = "mysms"
DEVELOPMENT_SERVER_MARK = "mysmsDevelopmentServer"
"""The field that identifies this project's development server in its handshake."""

Database = AsyncDatabase[dict[str, Any]]
DatabaseError = PyMongoError
"""The database did not respond, or rejected the request."""
DatabaseUnreachableError = ConnectionFailure
"""The database did not respond; a later attempt may succeed."""

_TRANSIENT_CODES = frozenset({24, 112, 134, 202, 262})
"""LockTimeout, WriteConflict, ReadConcernMajorityNotAvailableYet, NetworkInterfaceExceededTimeLimit, ExceededTimeLimit.

The driver itself turns the codes of a server that is not the primary, or is shutting down, into a ConnectionFailure.
https://www.mongodb.com/docs/manual/reference/error-codes/
"""

timeout = pymongo.timeout
"""A context manager that limits the time of the database operations inside it, in seconds."""


def is_transient(error: Exception) -> bool:
    """Whether a retry of the same operation may succeed: it got no response, or the server was busy.

    The server would reject an operation again that is not permitted, or whose document is not valid.
    """
    if isinstance(error, ConnectionFailure):
        return True
    if isinstance(error, OperationFailure) and error.code in _TRANSIENT_CODES:
        return True
    return isinstance(error, PyMongoError) and error.timeout


def describe(error: Exception) -> str:
    """Returns the type and code of an error, without its message, which may quote stored data."""
    code = f" {error.code}" if isinstance(error, OperationFailure) and error.code is not None else ""
    return f"{type(error).__name__}{code}"


class DatabaseConfigurationError(Exception):
    """MONGODB_URI cannot be used; the message says why."""


def connect(uri: str) -> AsyncMongoClient[dict[str, Any]]:
    """Creates a client whose writes are acknowledged once a majority has journaled them. It connects on first use.

    It reads from the primary what a majority has, whatever the URI says: nothing that was read, and kept in memory, can
    be rolled back after a failover. Its acknowledged writes are among that.
    https://www.mongodb.com/docs/manual/reference/read-concern-majority/

    Raises DatabaseConfigurationError.
    """
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        # The driver would take it for a host name, and wait for that host.
        raise DatabaseConfigurationError("MONGODB_URI cannot be used: it must begin with mongodb:// or mongodb+srv://.")
    if _has_stray_characters(uri):
        raise DatabaseConfigurationError(_STRAY_CHARACTERS)
    if unverified := _UNVERIFIED.search(uri):
        raise DatabaseConfigurationError(_MUST_VERIFY.format(option=unverified[1]))
    try:
        return AsyncMongoClient(
            uri,
            tz_aware=True,
            w="majority",
            journal=True,
            readConcernLevel="majority",
            read_preference=ReadPreference.PRIMARY,
            serverSelectionTimeoutMS=_CONNECT_TIMEOUT_MS,
            # Also the timeout of the driver's heartbeat, which runs every ten seconds: it bounds how long a hanging
            # server can block operations.
            connectTimeoutMS=_CONNECT_TIMEOUT_MS,
        )
    except OSError as error:
        raise DatabaseConfigurationError(f"MONGODB_URI cannot be used: a TLS file cannot be read: {error}.") from error
    except (ConfigurationError, ValueError) as error:
        # The driver may have taken the end of a password for options.
        is_cut = "@" in uri.partition("?")[2]
        raise DatabaseConfigurationError(
            _STRAY_CHARACTERS if is_cut else f"MONGODB_URI cannot be used: {error}."
        ) from error


def _has_stray_characters(uri: str) -> bool:
    """Whether unescaped characters in the user info change the address. The driver's message would quote a password."""
    address, _, options = uri.partition("://")[2].partition("?")
    user_info, at, _ = address.rpartition("@")
    is_cut = "@" in options.partition("=")[0]
    is_placeholder = re.search(r":<.*>$", user_info)
    is_ambiguous = re.search("[/@]|:.*:|%(?![0-9a-fA-F]{2})", user_info)
    return is_cut or bool(at and (is_placeholder or is_ambiguous))


def unencrypted_hosts(uri: str) -> list[str]:
    """Returns the public hosts of a valid URI to which the connection is not encrypted.

    https://www.mongodb.com/docs/manual/reference/connection-string-options/
    """
    scheme, _, rest = uri.partition("://")
    address, _, query = rest.partition("?")
    given = re.findall("(?:^|[&;])(?:tls|ssl)=([^&;]*)", query, re.I)
    if "true" in given or (scheme == "mongodb+srv" and not given):
        return []
    hosts = address.rpartition("@")[2].partition("/")[0].split(",")
    names = [re.sub(r":\d+$", "", host) for host in hosts if not host.lower().endswith(".sock")]
    return [name for name in names if is_public_host(name)]


def database_of(client: AsyncMongoClient[dict[str, Any]]) -> Database:
    """Returns the database that the URI names, or `mysms`."""
    return client.get_default_database(DEFAULT_DATABASE)


async def init_documents(database: Database, models: Sequence[type[Document]]) -> None:
    """Binds the document classes to the database and creates their indexes; safe for several processes at once."""
    await init_beanie(database=database, document_models=models)


async def init_documents_for_reading(database: Database, models: Sequence[type[Document]]) -> None:
    """Binds the document classes to the database, and changes nothing in it."""
    await init_beanie(database=database, document_models=models, skip_indexes=True)


async def wait_until_available(database: Database) -> None:
    """Waits until the database responds, and logs a warning now and then meanwhile.

    Raises DatabaseConfigurationError if the database rejects the connection, since waiting would not help.
    """
    logged_at: float | None = None
    while True:
        try:
            await database.command("ping")
        except DatabaseUnreachableError:
            if logged_at is None or time.monotonic() - logged_at > _LOG_AGAIN_SECONDS:
                _log.warning("MongoDB does not respond yet; waiting. (MONGODB_URI is its address.)")
                logged_at = time.monotonic()
            await asyncio.sleep(_WAIT_SECONDS)
        except OperationFailure as error:
            reason = _NO_SUCH_USER if error.code in _AUTHENTICATION_ERRORS else f"MONGODB_URI cannot be used: {error}."
            raise DatabaseConfigurationError(reason) from error
        except DatabaseError as error:
            raise DatabaseConfigurationError(f"MONGODB_URI cannot be used: {error}.") from error
        else:
            if logged_at is not None:
                _log.info("MongoDB responds.")
            return


async def retry_until_available(database: Database, work: Callable[[], Awaitable[None]]) -> None:
    """Does idempotent work, and repeats it until the database is available.

    Raises DatabaseConfigurationError if the database rejects the work.
    """
    while True:
        await wait_until_available(database)
        try:
            await work()
        except DatabaseUnreachableError:
            continue
        except OperationFailure as error:
            if is_transient(error) or error.code == _INDEX_BUILD_IN_PROGRESS:
                await asyncio.sleep(_WAIT_SECONDS)
                continue
            # Without the driver's message, which may quote stored data.
            hint = " Its user needs the role readWrite." if error.code == _UNAUTHORIZED else ""
            raise DatabaseConfigurationError(
                f"MongoDB refused to migrate the database or to create its indexes (error {error.code}).{hint}"
            ) from error
        else:
            return


async def ping(database: Database) -> bool:
    """Whether the database answers a ping in time."""
    try:
        with timeout(_PING_TIMEOUT_SECONDS):
            await database.command("ping")
    except DatabaseError:
        return False
    return True


async def is_development_server(database: Database) -> bool:
    """Whether the server is this project's own development server."""
    return bool((await database.command("hello")).get(DEVELOPMENT_SERVER_MARK))
