"""Response schemas of the sending status."""

from typing import Self

from pydantic import BaseModel, Field

from mysms.core.timestamps import Timestamp
from mysms.outbox.pauses import Pause


class PauseResponse(BaseModel):
    """A pause of sending."""

    since: Timestamp
    reason: str = Field(
        examples=[
            "Twilio rejects this server's credentials. Your messages will be sent once the person who runs this "
            "server has fixed this."
        ],
        description="An explanation for users.",
    )


class SendingStatusResponse(BaseModel):
    """Whether messages are being sent, and how numbers may be written."""

    paused: PauseResponse | None = Field(description="null while messages are being sent.")
    default_country: str | None = Field(
        examples=["CH"],
        description="The country (ISO 3166) whose numbers may be written in national format; without one, every number "
        "must begin with + and the country code.",
    )

    @classmethod
    def of(cls, pause: Pause | None, default_country: str | None) -> Self:
        paused = None if pause is None else PauseResponse(since=pause.since, reason=pause.explanation)
        return cls(paused=paused, default_country=default_country)
