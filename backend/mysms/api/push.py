"""Routes for web push: a browser in which no tab is open is told what comes in."""

from fastapi import APIRouter, status

from mysms.api.deps import CurrentUser, Push
from mysms.core.errors import InvalidFieldsError, error_responses
from mysms.push.schemas import PushKeyResponse, PushSubscriptionRequest
from mysms.users.errors import UnauthenticatedError

router = APIRouter(prefix="/api/push", tags=["Messages"])


@router.get("/key", summary="Get the key for web push", responses=error_responses(UnauthenticatedError()))
async def read_push_key(_: CurrentUser, push: Push) -> PushKeyResponse:
    """Returns the key that a browser subscribes with. It stays the same, unless the server's secrets are replaced."""
    return PushKeyResponse(public_key=await push.public_key())


@router.put(
    "/subscription",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Subscribe this browser to web push",
    responses=error_responses(UnauthenticatedError(), InvalidFieldsError({"endpoint": ["must lead to a public host"]})),
)
async def subscribe(body: PushSubscriptionRequest, user: CurrentUser, push: Push) -> None:
    """Tells this browser of inbound messages, by its own push service, until the session ends.

    A session has one subscription, and a browser one user: both are replaced. A subscription that the push service
    does not know any more is removed, so browsers send theirs at each visit.
    """
    await push.subscribe(user, body.subscription.to_model())


@router.delete(
    "/subscription",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End the subscription of this browser",
    responses=error_responses(UnauthenticatedError()),
)
async def unsubscribe(user: CurrentUser, push: Push) -> None:
    """Nothing is pushed any more to the browser of this session. It may not have been subscribed."""
    await push.unsubscribe(user)
