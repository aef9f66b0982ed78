"""What goes out of the sending API, besides messages."""

from typing import Self

from pydantic import BaseModel, Field

from mysms.core.timestamps import Timestamp
from mysms.outbox.pauses import Pause


class PauseResponse(BaseModel):
    """Since when nothing is being sent, and why."""

    since: Timestamp
    reason: str = Field(
        examples=[
            "Twilio does not accept this service's credentials. Your messages wait, and are sent once the person who "
            "runs this service has mended that."
        ],
        description="A sentence for the person who sends.",
    )


class SendingStatusResponse(BaseModel):
    """Whether messages are being sent, and how numbers may be written."""

    paused: PauseResponse | None = Field(description="null while all is well.")
    default_country: str | None = Field(
        examples=["CH"],
        description="The country (ISO 3166) whose numbers may be written as they are dialled there; without one, every "
        "number begins with + and the country code.",
    )

    @classmethod
    def of(cls, pause: Pause | None, default_country: str | None) -> Self:
        paused = None if pause is None else PauseResponse(since=pause.since, reason=pause.explanation)
        return cls(paused=paused, default_country=default_country)
