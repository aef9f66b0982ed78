"""Response schemas of attachments."""

from collections.abc import Sequence

from bson import ObjectId
from pydantic import BaseModel, Field

from mysms.attachments.records import StoredAttachment
from mysms.core.timestamps import Timestamp


class UploadedPicture(BaseModel):
    """A picture that can be sent."""

    id: str = Field(alias="_id", examples=["6921f0c2a4b1c93e5d0f7a12"], description="What `media` of a message names.")
    content_type: str = Field(examples=["image/jpeg"], description="`image/jpeg`, `image/png` or `image/gif`.")
    bytes: int = Field(examples=[184_320])
    created_at: Timestamp

    @classmethod
    def of(cls, attachment: StoredAttachment) -> "UploadedPicture":
        return cls.model_validate(
            {
                "_id": str(attachment.attachment_id),
                "content_type": attachment.content_type,
                "bytes": attachment.size,
                "created_at": attachment.created_at,
            }
        )


class StoredPicture(UploadedPicture):
    """A picture as the account export has it."""

    message_ids: list[str] = Field(
        examples=[["6921f0c2a4b1c93e5d0f7a13"]], description="The messages that have it. None if it was not sent yet."
    )
    content: str = Field(
        default="",
        examples=["R0lGODlhAQABAAAAACw="],
        description="The file in base64. Shorter than `bytes` if the picture was removed while you read.",
    )

    @classmethod
    def of(cls, attachment: StoredAttachment, message_ids: Sequence[ObjectId] = ()) -> "StoredPicture":
        uploaded = UploadedPicture.of(attachment).model_dump(by_alias=True)
        return cls.model_validate({**uploaded, "message_ids": [str(each) for each in message_ids]})
