"""MongoDB's error codes and names, and the exception that returns them to the client."""

from enum import IntEnum
from typing import Any


class Code(IntEnum):
    """The error codes of this server. Member names are MongoDB's `codeName`."""

    InternalError = 1
    BadValue = 2
    FailedToParse = 9
    TypeMismatch = 14
    IllegalOperation = 20
    NamespaceNotFound = 26
    IndexNotFound = 27
    PathNotViable = 28
    ConflictingUpdateOperators = 40
    CursorNotFound = 43
    NamespaceExists = 48
    DollarPrefixedFieldName = 52
    InvalidIdField = 53
    NotSingleValueField = 54
    EmptyFieldName = 56
    DottedFieldName = 57
    CommandNotFound = 59
    ImmutableField = 66
    CannotCreateIndex = 67
    InvalidOptions = 72
    InvalidNamespace = 73
    IndexOptionsConflict = 85
    IndexKeySpecsConflict = 86
    CannotIndexParallelArrays = 171
    NotImplemented = 238
    BSONObjectTooLarge = 10334
    DuplicateKey = 11000
    CannotBackfillArray = 15891
    Location17419 = 17419
    Location31249 = 31249
    Location31250 = 31250
    Location31253 = 31253
    Location31254 = 31254
    Location40323 = 40323
    Location40324 = 40324
    Location40414 = 40414
    Location40415 = 40415
    Location40573 = 40573
    Location51091 = 51091


class CommandError(Exception):
    """An error reply in MongoDB's format: code, codeName, errmsg and, for some codes, more fields."""

    def __init__(self, code: Code, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def not_implemented(feature: str) -> CommandError:
    """The error for a feature of MongoDB that this server does not support."""
    return CommandError(Code.NotImplemented, f"the development MongoDB server does not support {feature}")


def error_fields(error: CommandError) -> dict[str, Any]:
    """The fields of an error reply."""
    return {"code": int(error.code), "codeName": error.code.name, "errmsg": error.message, **error.details}
