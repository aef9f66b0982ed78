"""The SQLite data file. Committed data survives a crash of the process or the machine.

All writes of one batch of commands share one transaction. SQLite's exclusive lock, which the kernel releases when the
process ends, prevents a second process from using the file.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devservers.mongodb.collection import Change
from devservers.mongodb.documents import decode, encode
from devservers.mongodb.indexes import IndexSpec

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS collections (number INTEGER PRIMARY KEY, namespace TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS indexes (
    collection INTEGER NOT NULL, name TEXT NOT NULL, spec BLOB NOT NULL, UNIQUE (collection, name));
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, identity BLOB NOT NULL, data BLOB NOT NULL,
    UNIQUE (collection, identity));
"""
# "MySM": identifies our data files, so that no other SQLite database is overwritten.
_APPLICATION_ID: Final = 0x4D79534D


class JournalError(Exception):
    """The data file cannot be used. The message is printed for the user."""


class Journal:
    """Stored collections, indexes and documents. Changes become durable with `commit`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers: dict[str, int] = {}
        try:
            self._sqlite = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._open()
        except sqlite3.Error as error:
            raise JournalError(_error_message(path, error)) from error

    def _open(self) -> None:
        self._sqlite.execute("PRAGMA locking_mode = EXCLUSIVE")
        [(application,)] = self._sqlite.execute("PRAGMA application_id")
        [(tables,)] = self._sqlite.execute("SELECT count(*) FROM sqlite_schema")
        if tables and application != _APPLICATION_ID:
            raise JournalError(f"{self._path} is the data file of another program")
        self._sqlite.execute("PRAGMA journal_mode = WAL")
        self._sqlite.execute("PRAGMA synchronous = FULL")
        self._sqlite.execute("BEGIN IMMEDIATE")
        self._sqlite.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        for statement in _SCHEMA.split(";"):
            self._sqlite.execute(statement)
        self._sqlite.execute("COMMIT")
        self._numbers = {name: number for number, name in self._sqlite.execute("SELECT * FROM collections")}

    def namespaces(self) -> list[str]:
        """The full names of the stored collections: `database.collection`."""
        return list(self._numbers)

    def indexes(self, namespace: str) -> Iterator[IndexSpec]:
        """The stored indexes of a collection."""
        query = "SELECT spec FROM indexes WHERE collection = ? ORDER BY rowid"
        for (data,) in self._sqlite.execute(query, (self._numbers[namespace],)):
            spec = decode(data)
            yield IndexSpec(spec["name"], tuple(spec["key"].items()), unique=spec["unique"])

    def documents(self, namespace: str) -> Iterator[tuple[bytes, bytes]]:
        """The keys of the `_id`s of a collection's stored documents, and the documents as BSON, in natural order."""
        query = "SELECT identity, data FROM documents WHERE collection = ? ORDER BY number"
        yield from self._sqlite.execute(query, (self._numbers[namespace],))

    def create(self, namespace: str) -> None:
        """Add a collection."""
        self._begin()
        added = self._sqlite.execute("INSERT INTO collections (namespace) VALUES (?)", (namespace,))
        self._numbers[namespace] = added.lastrowid or 0

    def drop(self, namespace: str) -> None:
        """Remove a collection with its documents and indexes."""
        self._begin()
        number = (self._numbers.pop(namespace),)
        self._sqlite.execute("DELETE FROM documents WHERE collection = ?", number)
        self._sqlite.execute("DELETE FROM indexes WHERE collection = ?", number)
        self._sqlite.execute("DELETE FROM collections WHERE number = ?", number)

    def add_index(self, namespace: str, spec: IndexSpec) -> None:
        """Add an index."""
        self._begin()
        data = encode({"name": spec.name, "key": dict(spec.fields), "unique": spec.unique})
        self._sqlite.execute("INSERT INTO indexes VALUES (?, ?, ?)", (self._numbers[namespace], spec.name, data))

    def drop_index(self, namespace: str, name: str) -> None:
        """Remove an index."""
        self._begin()
        self._sqlite.execute("DELETE FROM indexes WHERE collection = ? AND name = ?", (self._numbers[namespace], name))

    def write(self, namespace: str, changes: list[Change]) -> None:
        """Write changed documents."""
        self._begin()
        number = self._numbers[namespace]
        for change in changes:
            if change.after is None:
                self._sqlite.execute(
                    "DELETE FROM documents WHERE collection = ? AND identity = ?", (number, change.id_key)
                )
            else:
                self._sqlite.execute(
                    "INSERT INTO documents (collection, identity, data) VALUES (?, ?, ?) "
                    "ON CONFLICT (collection, identity) DO UPDATE SET data = excluded.data",
                    (number, change.id_key, change.data),
                )

    def commit(self) -> None:
        """Make all changes since the last commit durable. Returns after the data is on disk."""
        if self._sqlite.in_transaction:
            self._sqlite.execute("COMMIT")

    def close(self) -> None:
        """Close the file without a commit."""
        self._sqlite.close()

    def _begin(self) -> None:
        if not self._sqlite.in_transaction:
            self._sqlite.execute("BEGIN IMMEDIATE")


def _error_message(path: Path, error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return f"{path} is in use by another process, such as another `make run`"
    return f"{path} cannot be used as a data file: {error}"
