"""Routes for opt-outs: who gets no more messages."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from mysms.api.deps import CurrentUser, OptOuts
from mysms.core.errors import InvalidFieldsError, error_responses
from mysms.messages.schemas import PeerNumber
from mysms.opt_outs.schemas import OptOutRequest, OptOutResponse
from mysms.users.errors import UnauthenticatedError

router = APIRouter(prefix="/api/opt_outs", tags=["Messages"])


def _require_phone_number(value: str) -> str:
    if not value.startswith("+"):
        raise PydanticCustomError("phone_number", "must be a phone number")
    return value


Number = Annotated[PeerNumber, AfterValidator(_require_phone_number), Path(examples=["+14155552671"])]
_INVALID_NUMBER = InvalidFieldsError({"number": ["must be a phone number"]})


@router.get(
    "/{number}",
    summary="Ask whether a number has opted out",
    responses=error_responses(UnauthenticatedError(), _INVALID_NUMBER),
)
async def read_opt_out(number: Number, user: CurrentUser, opt_outs: OptOuts) -> OptOutResponse:
    """Returns whether this server sends messages to a number.

    An opt-out concerns a number and the number that messages are sent from, whoever sends them: it holds for all users
    of this server. A message to a number that has opted out fails with `recipient_opted_out`.
    """
    return OptOutResponse.of(number, await opt_outs.find(number), user.user_id)


@router.put(
    "/{number}",
    summary="Record an opt-out or opt-in by hand",
    responses=error_responses(
        UnauthenticatedError(), InvalidFieldsError({"reason": ["can't be blank"]}), _INVALID_NUMBER
    ),
)
async def set_opt_out(number: Number, body: OptOutRequest, user: CurrentUser, opt_outs: OptOuts) -> OptOutResponse:
    """Records that somebody wants no more messages, or wants them again, and why.

    Nothing is sent to them. After a word such as STOP, Twilio blocks messages by itself until they reply START: then
    an opt-in by hand changes nothing at Twilio, and the next message is refused and records the opt-out again.
    """
    fields = body.opt_out
    await opt_outs.set_by_hand(user.user_id, number, fields.reason, opted_out=fields.opted_out)
    return OptOutResponse.of(number, await opt_outs.find(number), user.user_id)
