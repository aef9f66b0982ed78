"""Rebuilds indexes whose keys or options have changed."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from beanie import Document
from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection

from mysms.core.database import Database
from mysms.core.migrations.lock import MigrationLock

_OPTIONS = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")


async def rebuild_changed_indexes(database: Database, models: Sequence[type[Document]]) -> None:
    """Drops each index that the code defines otherwise under the same name, and creates it anew.

    Under the migration lock, so that no process drops what another one has just created.
    """
    for model in models:
        settings: Any = model.Settings
        collection, wanted = database[settings.name], settings.indexes
        if await _find_changed(collection, wanted):
            async with MigrationLock(database, time.monotonic):
                for index in await _find_changed(collection, wanted):
                    await collection.drop_index(index.document["name"])
                    await collection.create_indexes([index])


async def _find_changed(collection: AsyncCollection[dict[str, Any]], wanted: Sequence[IndexModel]) -> list[IndexModel]:
    stored = await collection.index_information()
    return [
        index
        for index in wanted
        if index.document["name"] in stored and not _is_same(stored[index.document["name"]], index.document)
    ]


def _is_same(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    has_same_options = all((stored.get(option) or None) == (wanted.get(option) or None) for option in _OPTIONS)
    return has_same_options and list(stored["key"]) == list(wanted["key"].items())
