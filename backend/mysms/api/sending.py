"""Route for the sending status."""

from fastapi import APIRouter

from mysms.api.deps import AppServices, CurrentUser
from mysms.core.errors import error_responses
from mysms.outbox.schemas import SendingStatusResponse
from mysms.users.errors import UnauthenticatedError

router = APIRouter(prefix="/api/sending", tags=["Messages"])


@router.get("", summary="Get the sending status", responses=error_responses(UnauthenticatedError()))
async def read_sending(_: CurrentUser, services: AppServices) -> SendingStatusResponse:
    """Returns whether messages are being sent, or why sending is paused. A pause that Twilio caused ends by itself.

    Also returns the number that messages are sent from, the default country, whose numbers may be written in national
    format, what a message with pictures may have, and where the simulated phones are if no SMS is sent.
    """
    simulator_url = await services.simulator.find()
    return SendingStatusResponse.of(services.outbox.pause, services.settings, simulator_url)
