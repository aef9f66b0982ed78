"""The sending status of this service."""

from fastapi import APIRouter, Response

from mysms.api.deps import AppSettings, CurrentUser, Outbox
from mysms.core.errors import error_responses
from mysms.outbox.schemas import SendingStatusResponse
from mysms.users.errors import UnauthenticatedError

router = APIRouter(prefix="/api/sending", tags=["Messages"])


@router.get("", summary="Get the sending status", responses=error_responses(UnauthenticatedError()))
async def read_sending(
    _: CurrentUser, outbox: Outbox, settings: AppSettings, response: Response
) -> SendingStatusResponse:
    """Whether the carrier takes messages from this service at all. It is asked again by itself while it does not.

    Also the country whose numbers may be written as they are dialled there.
    """
    response.headers["Cache-Control"] = "no-store"
    return SendingStatusResponse.of(outbox.pause, settings.default_country)
