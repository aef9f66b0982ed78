"""Route for the sending status."""

from fastapi import APIRouter

from mysms.api.deps import AppSettings, CurrentUser, Outbox
from mysms.core.errors import error_responses
from mysms.outbox.schemas import SendingStatusResponse
from mysms.users.errors import UnauthenticatedError

router = APIRouter(prefix="/api/sending", tags=["Messages"])


@router.get("", summary="Get the sending status", responses=error_responses(UnauthenticatedError()))
async def read_sending(_: CurrentUser, outbox: Outbox, settings: AppSettings) -> SendingStatusResponse:
    """Returns whether messages are being sent, or why sending is paused. A pause that Twilio caused ends by itself.

    Also returns the default country, whose numbers may be written in national format.
    """
    return SendingStatusResponse.of(outbox.pause, settings.default_country)
