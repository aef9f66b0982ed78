"""Request and response schemas of opt-outs."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, StrictBool
from pydantic_core import PydanticCustomError

from mysms.core.blank import is_blank
from mysms.core.strict_model import StrictModel
from mysms.core.timestamps import Timestamp
from mysms.opt_outs.records import OptOutEntry, OptOutRecord, Source

MAXIMUM_REASON = 200


def _require_reason(value: str) -> str:
    if is_blank(value):
        raise PydanticCustomError("blank", "can't be blank")
    if "\0" in value:
        raise PydanticCustomError("string_unicode", "contains an invalid character")
    return value


class OptOutFields(StrictModel):
    """Whether a number is to get no more messages, and why."""

    opted_out: StrictBool
    reason: Annotated[str, AfterValidator(_require_reason)] = Field(
        max_length=MAXIMUM_REASON,
        examples=["Asked for it on the phone."],
        json_schema_extra={"minLength": 1},
    )


class OptOutRequest(StrictModel):
    opt_out: OptOutFields


class OptOutEvent(BaseModel):
    """An opt-out, or an opt-in that undid it."""

    opted_out: bool
    at: Timestamp
    source: Source = Field(
        description="`keyword`: the person sent a word such as STOP or START; `provider`: Twilio says that they did; "
        "`refused`: Twilio has refused a message to them (error 21610); `manual`: a user of this server did it by hand."
    )
    reason: str | None = Field(
        examples=[None], description="The word, or why somebody did it by hand. All users of this server can read it."
    )

    @classmethod
    def of(cls, entry: OptOutEntry) -> Self:
        return cls(opted_out=entry.opted_out, at=entry.at, source=entry.source, reason=entry.reason)


class OptOutResponse(BaseModel):
    """Whether this server sends messages to a number, and since when and why it does not."""

    number: str = Field(examples=["+14155552671"])
    opted_out: bool
    latest: OptOutEvent | None = Field(description="What decides; null if nothing was ever recorded.")
    history: list[OptOutEvent] = Field(description="The newest hundred, oldest first.")

    @classmethod
    def of(cls, number: str, record: OptOutRecord | None) -> Self:
        if record is None:
            return cls(number=number, opted_out=False, latest=None, history=[])
        return cls(
            number=number,
            opted_out=record.latest.opted_out,
            latest=OptOutEvent.of(record.latest),
            history=[OptOutEvent.of(entry) for entry in record.history],
        )
