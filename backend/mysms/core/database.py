"""The connection to MongoDB."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pymongo
from beanie import Document, init_beanie
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, ConnectionFailure, OperationFailure, PyMongoError

_WAIT_SECONDS = 1.0
_SAY_AGAIN_SECONDS = 30.0
_ANSWERS_WITHIN_SECONDS = 2.0
_REACHED_WITHIN_MS = 5_000

_NOT_LET_IN = frozenset({18, 8000})
"""AuthenticationFailed, and the same from Atlas."""
_STRAY_CHARACTERS = (
    "MONGODB_URI cannot be used: its user name or password has a character that means something else in a URI. Write "
    "%40 for @, %3A for :, %2F for /, %3F for ? and %25 for %, and the password itself where a <placeholder> stands."
)
_NO_SUCH_USER = (
    "MONGODB_URI cannot be used: MongoDB does not know this user with this password. Look at both, at authSource, and "
    "whether a % in the password is written %25."
)

_log = logging.getLogger(__name__)

DEFAULT_DATABASE = "mysms"
DEVELOPMENT_SERVER_MARK = "mysmsDevelopmentServer"
"""The field by which the development server of this project names itself in its handshake."""

Database = AsyncDatabase[dict[str, Any]]
DatabaseError = PyMongoError
"""The database did not answer, or refused."""
DatabaseUnreachableError = ConnectionFailure
"""It did not answer; it may, later."""

_TRANSIENT_CODES = frozenset({24, 112, 134, 202, 262})
"""LockTimeout, WriteConflict, ReadConcernMajorityNotAvailableYet, NetworkInterfaceExceededTimeLimit, ExceededTimeLimit.

The driver itself turns the codes of a server that is no primary (any more), or that ends, into a ConnectionFailure.
https://www.mongodb.com/docs/manual/reference/error-codes/
"""

timeout = pymongo.timeout
"""A context manager: what is asked of the database in it is answered within so many seconds, or fails."""


def is_transient(error: Exception) -> bool:
    """Whether the same question may well be answered in a moment: nobody has refused it, it was only not answered.

    What the server refuses (it is not allowed, the document is not valid) it will refuse again.
    """
    if isinstance(error, ConnectionFailure):
        return True
    if isinstance(error, OperationFailure) and error.code in _TRANSIENT_CODES:
        return True
    return isinstance(error, PyMongoError) and error.timeout


def describe(error: Exception) -> str:
    """What kind of error it is, without its own words: they may quote what is stored."""
    code = f" {error.code}" if isinstance(error, OperationFailure) and error.code is not None else ""
    return f"{type(error).__name__}{code}"


class DatabaseConfigurationError(Exception):
    """There is no MongoDB for us at this address; the sentence says why."""


def connect(uri: str) -> AsyncMongoClient[dict[str, Any]]:
    """A client whose acknowledged writes are on the disks of a majority. Connects when first used.

    Raises DatabaseConfigurationError.
    """
    if _has_stray_characters(uri):
        raise DatabaseConfigurationError(_STRAY_CHARACTERS)
    try:
        return AsyncMongoClient(
            uri,
            tz_aware=True,
            w="majority",
            journal=True,
            serverSelectionTimeoutMS=_REACHED_WITHIN_MS,
            # Also how long the driver waits for an answer to its own question, which it asks every ten seconds: so a
            # server that hangs holds nobody up for much longer.
            connectTimeoutMS=_REACHED_WITHIN_MS,
        )
    except (ConfigurationError, ValueError) as error:
        # What the driver takes for options may be the end of a password.
        is_cut = "@" in uri.partition("?")[2]
        raise DatabaseConfigurationError(
            _STRAY_CHARACTERS if is_cut else f"MONGODB_URI cannot be used: {error}."
        ) from error


def _has_stray_characters(uri: str) -> bool:
    """Whether a password makes another address of it. The driver's own words would quote a part of the password."""
    address, _, options = uri.partition("://")[2].partition("?")
    user_info, at, _ = address.rpartition("@")
    is_cut = "@" in options.partition("=")[0]
    is_placeholder = re.search(r":<.*>$", user_info)
    is_ambiguous = re.search("[/@]|:.*:|%(?![0-9a-fA-F]{2})", user_info)
    return is_cut or bool(at and (is_placeholder or is_ambiguous))


def database_of(client: AsyncMongoClient[dict[str, Any]]) -> Database:
    """The database that the URI names, else `mysms`."""
    return client.get_default_database(DEFAULT_DATABASE)


async def init_documents(database: Database, models: Sequence[type[Document]]) -> None:
    """Binds the document classes to the database and makes their indexes; safe for several processes at once."""
    await init_beanie(database=database, document_models=models)


async def wait_until_available(database: Database) -> None:
    """Returns when the database answers, and says meanwhile, calmly, that it is waited for.

    Raises DatabaseConfigurationError if it answers that it will not have us: waiting does not help against that.
    """
    said_at: float | None = None
    while True:
        try:
            await database.command("ping")
        except DatabaseUnreachableError:
            if said_at is None or time.monotonic() - said_at > _SAY_AGAIN_SECONDS:
                _log.warning("MongoDB does not answer yet; waiting for it. (MONGODB_URI says where it should be.)")
                said_at = time.monotonic()
            await asyncio.sleep(_WAIT_SECONDS)
        except OperationFailure as error:
            reason = _NO_SUCH_USER if error.code in _NOT_LET_IN else f"MONGODB_URI cannot be used: {error}."
            raise DatabaseConfigurationError(reason) from error
        except DatabaseError as error:
            raise DatabaseConfigurationError(f"MONGODB_URI cannot be used: {error}.") from error
        else:
            if said_at is not None:
                _log.info("MongoDB answers.")
            return


async def retry_until_available(database: Database, work: Callable[[], Awaitable[None]]) -> None:
    """Does work that may be repeated, waiting for the database as long as it takes.

    Raises DatabaseConfigurationError if the database refuses.
    """
    while True:
        await wait_until_available(database)
        try:
            await work()
        except DatabaseUnreachableError:
            continue
        except OperationFailure as error:
            # Not in its own words: they may quote what is stored.
            raise DatabaseConfigurationError(
                f"MongoDB does not let us prepare the database (error {error.code})."
            ) from error
        else:
            return


async def ping(database: Database) -> bool:
    """Whether the database answers a ping, soon."""
    try:
        with timeout(_ANSWERS_WITHIN_SECONDS):
            await database.command("ping")
    except DatabaseError:
        return False
    return True


async def is_development_server(database: Database) -> bool:
    """Whether the server at the other end is this project's own, made for one person's machine."""
    return bool((await database.command("hello")).get(DEVELOPMENT_SERVER_MARK))
