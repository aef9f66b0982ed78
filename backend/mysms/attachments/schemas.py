"""Response schemas of attachments."""

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
