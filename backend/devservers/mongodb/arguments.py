"""The fields of a command. Each is read once and type-checked; unknown fields are rejected, as MongoDB does."""

from typing import Any, Final

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, not_implemented

_REQUIRED: Final = object()
# Fields that any command may have and that have no effect on a single node.
_IGNORED: Final = ("$db", "lsid", "$clusterTime", "$readPreference", "maxTimeMS", "comment")
_TRANSACTION_FIELDS: Final = frozenset({"txnNumber", "startTransaction", "autocommit"})
_READ_CONCERN_LEVELS: Final = frozenset({"local", "majority", "available"})


class Arguments:
    """The unread fields of a command or of one of its statements."""

    def __init__(self, name: str, fields: Any) -> None:
        if not isinstance(fields, dict):
            raise _wrong_type(name, fields, "object")
        self.name = name
        self.database = fields.get("$db")
        self._fields = dict(fields)

    @classmethod
    def of_command(cls, body: Document) -> "Arguments":
        """The fields of a command, after those that all commands have in common were checked and removed."""
        arguments = cls(next(iter(body), ""), body)
        if _TRANSACTION_FIELDS & body.keys():
            raise CommandError(
                Code.IllegalOperation, "Transaction numbers are only allowed on a replica set member or mongos"
            )
        for name in _IGNORED:
            arguments._fields.pop(name, None)
        _check_write_concern(arguments.document("writeConcern", {}))
        level = arguments.document("readConcern", {}).get("level", "local")
        if level not in _READ_CONCERN_LEVELS:
            raise CommandError(Code.InvalidOptions, f"readConcern level '{level}' is not supported on a standalone")
        return arguments

    def value(self, name: str, default: Any = _REQUIRED) -> Any:
        """A field of any type."""
        value = self._fields.pop(name, default)
        if value is _REQUIRED:
            raise CommandError(Code.Location40414, f"BSON field '{self.name}.{name}' is missing but a required field")
        return value

    def document(self, name: str, default: Any = _REQUIRED) -> Document:
        """A document."""
        value = self.value(name, default)
        if not isinstance(value, dict):
            raise _wrong_type(f"{self.name}.{name}", value, "object")
        return value

    def array(self, name: str) -> list[Any]:
        """An array."""
        value = self.value(name)
        if not isinstance(value, list):
            raise _wrong_type(f"{self.name}.{name}", value, "array")
        return value

    def string(self, name: str) -> str:
        """A string."""
        value = self.value(name)
        if not isinstance(value, str):
            raise _wrong_type(f"{self.name}.{name}", value, "string")
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """A boolean, or a number in its place."""
        value = self.value(name, default)
        if not isinstance(value, bool | int | float):
            raise _wrong_type(f"{self.name}.{name}", value, "bool")
        return bool(value)

    def count(self, name: str, default: int) -> int:
        """A non-negative integer."""
        value = self.value(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
            raise _wrong_type(f"{self.name}.{name}", value, "long")
        if value < 0:
            raise CommandError(Code.BadValue, f"BSON field '{name}' value must be >= 0, actual value '{value}'")
        return int(value)

    def namespace(self, name: str) -> str:
        """The full name of the collection in this field. Raises InvalidNamespace if the name is not valid."""
        collection = self.value(name)
        if not isinstance(self.database, str) or not isinstance(collection, str):
            raise CommandError(Code.InvalidNamespace, "collection name has invalid type")
        bad_database = not self.database or set(self.database) & set('/\\. "$\0')
        if bad_database or not collection or collection.startswith((".", "system.")) or set(collection) & set("$\0"):
            raise CommandError(Code.InvalidNamespace, f"Invalid namespace specified '{self.database}.{collection}'")
        return f"{self.database}.{collection}"

    def optional_count(self, name: str) -> int | None:
        """A non-negative integer, or None if the field is absent."""
        return self.count(name, 0) if self.has(name) else None

    def batch_size(self) -> int | None:
        """The size of the first batch, from the `cursor` field of commands that return a cursor."""
        options = Arguments(f"{self.name}.cursor", self.value("cursor", {}))
        size = options.optional_count("batchSize")
        options.reject_unknown()
        return size

    def has(self, name: str) -> bool:
        """Whether the field exists and is unread."""
        return name in self._fields

    def ignore(self, *names: str) -> None:
        """Discard optional fields that have no effect on this server."""
        for name in names:
            self._fields.pop(name, None)

    def reject(self, *names: str) -> None:
        """Raise NotImplemented for unsupported options of MongoDB, unless their value is falsy."""
        for name in names:
            if self._fields.pop(name, None):
                raise not_implemented(f"the option '{name}' of {self.name}")

    def reject_unknown(self) -> None:
        """Raise an error for any field that was not read."""
        for name in self._fields:
            raise CommandError(Code.Location40415, f"BSON field '{self.name}.{name}' is an unknown field.")


def _check_write_concern(concern: Document) -> None:
    w = concern.get("w", 1)
    if w not in (0, 1, "majority"):
        raise CommandError(Code.BadValue, f"cannot use 'w' of {w!r} when a host is not replicated")


def _wrong_type(name: str, value: Any, expected: str) -> CommandError:
    return CommandError(
        Code.TypeMismatch, f"BSON field '{name}' is the wrong type '{type(value).__name__}', expected type '{expected}'"
    )
