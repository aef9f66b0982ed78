"""The base class of request schemas."""

from itertools import islice

from pydantic import BaseModel, ConfigDict, model_validator

from mysms.core.errors import MAXIMUM_ERRORS


class StrictModel(BaseModel):
    """A request schema in which unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_surplus_fields(cls, data: object) -> object:
        """Keeps only as many unknown fields as are reported: pydantic's error for each costs more than parsing it."""
        if not isinstance(data, dict):
            return data
        unknown = (name for name in data if name not in cls.model_fields)
        surplus = frozenset(islice(unknown, MAXIMUM_ERRORS, None))
        return {name: value for name, value in data.items() if name not in surplus} if surplus else data
