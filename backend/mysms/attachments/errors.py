"""Errors of sending pictures."""

from collections.abc import Mapping
from http import HTTPStatus

from mysms.core.errors import DomainError


class MediaDisabledError(DomainError):
    """Twilio fetches pictures from this server, and cannot reach it."""

    status = HTTPStatus.CONFLICT
    code = "media_disabled"
    example = (
        "This server cannot send pictures, since Twilio cannot fetch them here. Whoever runs it has to set "
        "TWILIO_STATUS_CALLBACK_URL to a public https:// address."
    )


class UnknownMediaTypeError(DomainError):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unknown_media_type"
    example = "This is not a JPEG, PNG or GIF picture. Others cannot be sent."


class FormUploadedError(UnknownMediaTypeError):
    """The picture may be in the form, but nobody looks for it there."""

    example = "This is a form (multipart/form-data). Send the JPEG, PNG or GIF file itself as the body of the request."


class TooManyAttachmentsError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "too_many_attachments"
    example = "You have 100 pictures here that you have not sent. Send or delete some, or wait: each stays for a day."


class AttachmentInUseError(DomainError):
    """A message has the picture, or is about to."""

    status = HTTPStatus.CONFLICT
    code = "attachment_in_use"
    example = "This picture was sent, or is about to be. It is removed with the last message that has it."


class UploadsBusyError(DomainError):
    """The process reads as many pictures as it may at once."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "uploads_busy"
    example = "Other pictures are being uploaded right now. Please try again in a moment."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}


class MediaBusyError(DomainError):
    """The process sends as many pictures to Twilio as it may at once."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "media_busy"
    example = "Other pictures are being fetched right now. Please try again in a moment."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}


class AttachmentUsedUpError(DomainError):
    """A picture is part of as many messages as it can be."""

    status = HTTPStatus.CONFLICT
    code = "attachment_used_up"
    example = "A picture can be sent 1,000 times, and this one has been. Please upload it again."
