"""Response schemas of the sending status."""

from typing import Self

from pydantic import BaseModel, Field

from mysms.core.settings import Settings
from mysms.core.timestamps import Timestamp
from mysms.messages.media import MAXIMUM_BYTES, MOST_MEDIA
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


class PictureLimitsResponse(BaseModel):
    """What a message with pictures may have."""

    maximum_count: int = Field(examples=[MOST_MEDIA], description="Pictures of a message.")
    maximum_bytes: int = Field(
        examples=[MAXIMUM_BYTES], description="All pictures of a message and its text, in UTF-8, together."
    )


class SendingStatusResponse(BaseModel):
    """Whether messages are being sent, from which number, and how numbers may be written."""

    paused: PauseResponse | None = Field(description="null while messages are being sent.")
    default_country: str | None = Field(
        examples=["CH"],
        description="The country (ISO 3166) whose numbers may be written in national format; without one, every number "
        "must begin with + and the country code.",
    )

    sender: str = Field(examples=["+14155550100"], description="The number that messages are sent from, in E.164.")
    simulator_url: str | None = Field(
        examples=["http://127.0.0.1:8027"],
        description="The page with the simulated phones, where messages go to the simulator of this project and no SMS "
        "is sent; null otherwise.",
    )
    pictures: PictureLimitsResponse | None = Field(
        description="null where messages cannot have pictures, since Twilio has no address at which to fetch them."
    )

    @classmethod
    def of(cls, pause: Pause | None, settings: Settings, simulator_url: str | None) -> Self:
        paused = None if pause is None else PauseResponse(since=pause.since, reason=pause.explanation)
        return cls(
            paused=paused,
            default_country=settings.default_country,
            sender=settings.twilio_from_number,
            simulator_url=simulator_url,
            pictures=None
            if settings.media_url is None
            else PictureLimitsResponse(maximum_count=MOST_MEDIA, maximum_bytes=MAXIMUM_BYTES),
        )
