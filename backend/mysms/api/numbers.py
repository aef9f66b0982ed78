"""Phone numbers in paths and queries."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from mysms.core.errors import InvalidFieldsError
from mysms.messages.schemas import PeerNumber


def _require_phone_number(value: str) -> str:
    if not value.startswith("+"):
        raise PydanticCustomError("phone_number", "must be a phone number")
    return value


E164 = Annotated[PeerNumber, AfterValidator(_require_phone_number)]
Number = Annotated[E164, Path(examples=["+14155552671"])]
INVALID_NUMBER = InvalidFieldsError({"number": ["must be a phone number"]})
