"""The connection to MongoDB."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from beanie import Document, init_beanie
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, ConnectionFailure, PyMongoError

_WAIT_SECONDS = 1.0

_log = logging.getLogger(__name__)

DEFAULT_DATABASE = "mysms"
DEVELOPMENT_SERVER_MARK = "mysmsDevelopmentServer"
"""The field by which the development server of this project names itself in its handshake."""

Database = AsyncDatabase[dict[str, Any]]
DatabaseError = PyMongoError
"""The database did not answer, or refused."""
DatabaseUnreachableError = ConnectionFailure
"""It did not answer; it may, later."""


class UnusableAddressError(Exception):
    """There is no MongoDB for us at this address; the sentence says why."""


def connect(uri: str) -> AsyncMongoClient[dict[str, Any]]:
    """A client whose acknowledged writes are on the disks of a majority. Connects when first used.

    Raises UnusableAddressError.
    """
    try:
        return AsyncMongoClient(uri, tz_aware=True, w="majority", journal=True, serverSelectionTimeoutMS=5_000)
    except (ConfigurationError, ValueError) as error:
        raise UnusableAddressError(f"MONGODB_URI cannot be used: {error}.") from error


def database_of(client: AsyncMongoClient[dict[str, Any]]) -> Database:
    """The database that the URI names, else `mysms`."""
    return client.get_default_database(DEFAULT_DATABASE)


async def prepare(database: Database, models: Sequence[type[Document]]) -> None:
    """Binds the document classes to the database and makes their indexes; safe for several processes at once."""
    await init_beanie(database=database, document_models=models)


async def wait_for(database: Database) -> None:
    """Returns when the database answers, and says meanwhile that it is waited for.

    Raises UnusableAddressError if it answers that it will not have us: waiting does not help against that.
    """
    while True:
        try:
            await database.command("ping")
        except DatabaseUnreachableError:
            _log.warning("MongoDB does not answer yet; waiting for it. (MONGODB_URI says where it should be.)")
            await asyncio.sleep(_WAIT_SECONDS)
        except DatabaseError as error:
            raise UnusableAddressError(f"MONGODB_URI cannot be used: {error}.") from error
        else:
            return


async def answers(database: Database) -> bool:
    """Whether the database answers a ping."""
    try:
        await database.command("ping")
    except DatabaseError:
        return False
    return True


async def is_development_server(database: Database) -> bool:
    """Whether the server at the other end is this project's own, made for one person's machine."""
    return bool((await database.command("hello")).get(DEVELOPMENT_SERVER_MARK))
