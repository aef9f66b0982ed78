"""Routes for opt-outs: who gets no more messages."""

from typing import Annotated

from fastapi import APIRouter, Query

from mysms.api.deps import CurrentUser, OptOuts
from mysms.api.numbers import E164, INVALID_NUMBER, Number
from mysms.core.errors import InvalidFieldsError, error_responses
from mysms.core.rate_limit import RateLimitedError
from mysms.opt_outs.errors import OptedOutByRecipientError
from mysms.opt_outs.schemas import OptOutRequest, OptOutResponse
from mysms.users.errors import UnauthenticatedError

router = APIRouter(prefix="/api/opt_outs", tags=["Messages"])


MAXIMUM_NUMBERS = 100


@router.get(
    "",
    summary="Ask which of several numbers have opted out",
    responses=error_responses(UnauthenticatedError(), INVALID_NUMBER),
)
async def list_opt_outs(
    number: Annotated[
        list[E164],
        Query(min_length=1, max_length=MAXIMUM_NUMBERS, description="May be repeated.", examples=[["+14155552671"]]),
    ],
    _: CurrentUser,
    opt_outs: OptOuts,
) -> list[OptOutResponse]:
    """Returns what is known of those numbers of which anything was ever recorded: the others may be written to."""
    return list((await opt_outs.describe_all(number)).values())


@router.get(
    "/{number}",
    summary="Ask whether a number has opted out",
    responses=error_responses(UnauthenticatedError(), INVALID_NUMBER),
)
async def read_opt_out(number: Number, _: CurrentUser, opt_outs: OptOuts) -> OptOutResponse:
    """Returns whether this server sends messages to a number.

    An opt-out holds for all users of this server. By a word such as STOP, it concerns the number that they wrote to; by
    hand, all numbers that messages are sent from. A message to a number that has opted out fails with
    `recipient_opted_out`.
    """
    return OptOutResponse.of(number, await opt_outs.find(number))


@router.put(
    "/{number}",
    summary="Record an opt-out or opt-in by hand",
    responses=error_responses(
        UnauthenticatedError(),
        OptedOutByRecipientError(),
        InvalidFieldsError({"reason": ["can't be blank"]}),
        INVALID_NUMBER,
        RateLimitedError(),
    ),
)
async def set_opt_out(number: Number, body: OptOutRequest, user: CurrentUser, opt_outs: OptOuts) -> OptOutResponse:
    """Records that somebody wants no more messages, or wants them again, and why.

    Nothing is sent to them. Who has opted out themselves, by a word such as STOP, can only undo it themselves: then an
    opt-in by hand is answered with 409, and only takes back what was recorded by hand.
    """
    fields = body.opt_out
    record = await opt_outs.set_by_hand(user.user_id, number, fields.reason, opted_out=fields.opted_out)
    return OptOutResponse.of(number, record)
