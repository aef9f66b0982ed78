"""All collections of the server. Every change is applied in memory and written to the journal."""

from collections.abc import Iterator

from devservers.mongodb.collection import Change, Collection, Statistics
from devservers.mongodb.indexes import Index
from devservers.mongodb.journal import Journal
from devservers.mongodb.turns import Turn


class Store:
    """Collections by namespace (`database.collection`), loaded from a journal and written through to it.

    A change is visible in memory at once and durable after the next `commit`. The server sends no reply in between, not
    even to readers, so clients never see data that a crash could revert.
    """

    def __init__(self, journal: Journal) -> None:
        self.statistics = Statistics()
        self.turn = Turn()
        self._journal = journal
        self._collections: dict[str, Collection] = {}
        for namespace in journal.namespaces():
            collection = self._collections[namespace] = Collection(namespace, self.statistics, self.turn)
            collection.load(dict(journal.documents(namespace)), journal.indexes(namespace))

    def __contains__(self, namespace: str) -> bool:
        return namespace in self._collections

    def collection(self, namespace: str) -> Collection:
        """The collection, or a temporary empty one if it does not exist."""
        found = self._collections.get(namespace)
        if found is None:
            found = Collection(namespace, self.statistics, self.turn)
            found.load({}, [])
        return found

    def collections_in(self, database: str) -> Iterator[Collection]:
        """The collections of a database, sorted by name."""
        for namespace in sorted(self._collections):
            if namespace.partition(".")[0] == database:
                yield self._collections[namespace]

    def databases(self) -> list[str]:
        """The names of the databases that have a collection."""
        return sorted({namespace.partition(".")[0] for namespace in self._collections})

    def create(self, namespace: str) -> Collection:
        """The collection, created if it does not exist."""
        if namespace not in self._collections:
            self._journal.create(namespace)
            self._collections[namespace] = self.collection(namespace)
        return self._collections[namespace]

    def drop(self, namespace: str) -> None:
        """Remove a collection."""
        self._journal.drop(namespace)
        del self._collections[namespace]

    def add_index(self, namespace: str, index: Index) -> None:
        """Add an index that was built over the collection's documents."""
        self.create(namespace).indexes[index.spec.name] = index
        self._journal.add_index(namespace, index.spec)

    def drop_index(self, namespace: str, name: str) -> None:
        """Remove an index."""
        del self._collections[namespace].indexes[name]
        self._journal.drop_index(namespace, name)

    def apply(self, namespace: str, changes: list[Change]) -> None:
        """Apply all changes, or none if one of them fails."""
        if changes:
            self.create(namespace).apply(changes)
            self._journal.write(namespace, changes)

    def commit(self) -> None:
        """Make all changes so far durable."""
        self._journal.commit()
