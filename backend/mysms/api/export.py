"""Route for the account export."""

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from mysms.api.deps import Client, CurrentUser, Export
from mysms.attachments.schemas import StoredPicture
from mysms.contacts.schemas import ContactResponse
from mysms.core.errors import error_responses
from mysms.core.rate_limit import RateLimitedError
from mysms.messages.schemas import ExportHead, MessageDetail, ReadMark
from mysms.opt_outs.schemas import OptOutResponse
from mysms.users.errors import UnauthenticatedError
from mysms.web.response_headers import UNBUFFERED

router = APIRouter(prefix="/api/export", tags=["Accounts"])


class ExportResponse(ExportHead):
    """All data of a user, newest message first, contacts by number, and what was made of conversations."""

    messages: list[MessageDetail]
    contacts: list[ContactResponse]
    opt_outs: list[OptOutResponse] = Field(description="What is known of the people of conversations and contacts.")
    read_marks: list[ReadMark] = Field(description="Of all conversations, by number.")
    archived_conversations: list[str] = Field(examples=[["+14155552671"]])
    muted_conversations: list[str] = Field(examples=[["+14155552671"]])
    pictures: list[StoredPicture] = Field(
        description="Those that you have uploaded, oldest first. What you have received stays with Twilio: "
        "`GET /api/messages/{message_id}/media/{index}` returns it."
    )


@router.get(
    "",
    response_model=ExportResponse,
    summary="Export the account",
    responses=error_responses(UnauthenticatedError(), RateLimitedError()),
)
async def export_account(user: CurrentUser, export: Export, client: Client) -> Response:
    """Returns your account and sessions, messages with their timelines, contacts, and what is read, archived or muted.

    It has the opt-outs of the people whom you write to or have as contacts, too, which browsers are subscribed to web
    push, and the pictures that you have uploaded. It may be long: read it as it comes.
    """
    headers = {"Content-Disposition": 'attachment; filename="mysms.json"', **UNBUFFERED}
    return StreamingResponse(await export.begin(user, client), media_type="application/json", headers=headers)
