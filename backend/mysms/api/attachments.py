"""Routes for pictures that are sent: upload, and what Twilio fetches."""

from fastapi import APIRouter, Request, Response, status
from starlette.requests import ClientDisconnect

from mysms.api.deps import CurrentUser, get_services
from mysms.api.media_response import MediaContentResponse
from mysms.attachments.errors import (
    AttachmentInUseError,
    MediaBusyError,
    MediaDisabledError,
    TooManyAttachmentsError,
    UnknownMediaTypeError,
    UploadsBusyError,
)
from mysms.attachments.schemas import UploadedPicture
from mysms.attachments.service import NO_SUCH_PICTURE
from mysms.core.errors import NotFoundError, error_responses
from mysms.core.rate_limit import RateLimitedError
from mysms.messages.media import MAXIMUM_BYTES
from mysms.messages.schemas import MAXIMUM_CONTENT_LENGTH
from mysms.users.errors import UnauthenticatedError
from mysms.web.middleware import read_body
from mysms.web.problem_details import RequestTimeoutError, RequestTooLargeError

UPLOAD_PATH = "/api/attachments"
MEDIA_PATH = "/api/twilio/media/{attachment_id}/{expires}/{signature}"
_LONGEST_CHARACTER = 4
MAXIMUM_ATTACHMENT = MAXIMUM_BYTES - _LONGEST_CHARACTER * MAXIMUM_CONTENT_LENGTH
"""Bytes. A picture can be sent with any text."""
_FILE_WITHIN_SECONDS = 60.0
_FETCHED_WITHIN_SECONDS = 60.0
"""So that whoever takes a little of a picture now and then does not hold its place."""

router = APIRouter()


@router.post(
    UPLOAD_PATH,
    status_code=status.HTTP_201_CREATED,
    response_model=UploadedPicture,
    summary="Upload a picture",
    tags=["Messages"],
    responses=error_responses(
        UnauthenticatedError(),
        RequestTooLargeError.beyond(MAXIMUM_ATTACHMENT),
        RequestTimeoutError(),
        UnknownMediaTypeError(),
        MediaDisabledError(),
        TooManyAttachmentsError(),
        UploadsBusyError(),
        RateLimitedError(),
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary", "maxLength": MAXIMUM_ATTACHMENT},
                    "example": "GIF89a…",
                }
            },
        }
    },
)
async def upload_attachment(request: Request, user: CurrentUser) -> UploadedPicture | Response:
    """Stores a picture, to be sent with messages whose `media` name it.

    The body is the file: JPEG, PNG or GIF, which its bytes tell and no header, of at most 4,993,600 bytes. It may be
    sent with several messages, and is removed once a day has passed and no message has it, or by DELETE before it is
    sent. Nothing in it is changed: what a camera writes into it, such as a place, is sent too.

    The body is no form. To send a picture:

    ```sh
    curl -s $API/api/attachments -H "Authorization: Bearer $token" --data-binary @picture.jpg
    # {"_id":"6921f0c2a4b1c93e5d0f7a12", …}
    curl -s $API/api/messages -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \\
        -d '{"message": {"recipient_number": "+1 415 555 2671", "content": "", "media": ["6921f0c2a4b1c93e5d0f7a12"]}}'
    ```
    """
    services = get_services(request)
    async with services.uploads.admit(user.user_id):
        try:
            content = await read_body(
                request.scope, request.receive, MAXIMUM_ATTACHMENT, services.security_events, _FILE_WITHIN_SECONDS
            )
        except ClientDisconnect:
            # Nobody reads it.
            return Response(status_code=status.HTTP_400_BAD_REQUEST)
        return UploadedPicture.of(await services.uploads.add(user.user_id, content))


@router.delete(
    f"{UPLOAD_PATH}/{{attachment_id}}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a picture that is not sent",
    tags=["Messages"],
    responses=error_responses(UnauthenticatedError(), NotFoundError(NO_SUCH_PICTURE), AttachmentInUseError()),
)
async def delete_attachment(attachment_id: str, request: Request, user: CurrentUser) -> None:
    """Deletes a picture that you have uploaded and not sent, so that it does not count among those any more.

    One that was sent goes with the last message that has it. The request may be repeated: then there is no such
    picture.
    """
    await get_services(request).uploads.remove(user.user_id, attachment_id)


# Whoever caches, as Twilio does, may ask for the headers alone.
@router.head(MEDIA_PATH, include_in_schema=False)
@router.get(
    MEDIA_PATH,
    summary="Fetch a picture that is sent",
    tags=["Twilio"],
    response_class=Response,
    responses={
        status.HTTP_200_OK: {
            "description": "The picture.",
            "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        **error_responses(NotFoundError(), MediaBusyError()),
    },
)
async def fetch_media(attachment_id: str, expires: str, signature: str, request: Request) -> Response:
    """Twilio fetches what it sends here, at an address that the API makes for each attempt, and that expires."""
    media = get_services(request).public_media
    found = await media.find(attachment_id, expires, signature)
    headers = {
        "Content-Type": found.content_type,
        "Content-Disposition": "inline",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(found.size)})
    return MediaContentResponse(media.reading(found, request.is_disconnected), headers, _FETCHED_WITHIN_SECONDS)
