"""Faults that apply to a request to the API. `on` is the operation; the first fault that matches responds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

from pydantic import Field
from starlette.responses import Response, StreamingResponse

from devservers.twilio.clock import Clock
from devservers.twilio.connections import NoResponse
from devservers.twilio.errors import ApiError
from devservers.twilio.fault import ErrorCode, Fault, FaultContext, Operation, Seconds

Perform = Callable[[], Awaitable[Response]]


class RequestFault(Fault):
    on: Operation | Literal["any"] = "create"

    def matches(self, context: FaultContext) -> bool:
        return super().matches(context) and self.on in {"any", context.operation}

    async def respond(self, perform: Perform, clock: Clock, /) -> Response:
        """Respond in place of `perform`, which executes and commits the request."""
        raise NotImplementedError


class Refuse(RequestFault):
    """The request is rejected with this code; nothing is committed."""

    kind = "refuse"
    code: ErrorCode
    status: int | None = Field(None, ge=400, le=599)

    async def respond(self, _perform: Perform, _clock: Clock, /) -> Response:
        raise ApiError(self.code, status=self.status)


class Unauthorized(Refuse):
    """401 with 20003."""

    kind = "unauthorized"
    code: ErrorCode = 20003


class Suspended(Refuse):
    """The account is suspended: 20003 (401), or 30002 (403)."""

    kind = "suspended"
    code: Literal[20003, 30002] = 20003


class RateLimited(Refuse):
    """429 with 20429; nothing is committed."""

    kind = "rate_limited"
    code: ErrorCode = 20429


class Unavailable(Refuse):
    """503 with 20503."""

    kind = "unavailable"
    code: ErrorCode = 20503


class QueueFull(Refuse):
    """21611, as a 400 or as a 429."""

    kind = "queue_full"
    code: ErrorCode = 21611
    status: Literal[400, 429] = 400


class Error500(RequestFault):
    """500 with 20500, before the commit or (`commit`) after it."""

    kind = "error_500"
    commit: bool = False

    async def respond(self, perform: Perform, _clock: Clock, /) -> Response:
        if self.commit:
            await perform()
        raise ApiError(20500)


class Lose201(RequestFault):
    """The request is executed and committed, then the connection is closed without a response."""

    kind = "lose_201"

    async def respond(self, perform: Perform, _clock: Clock, /) -> Response:
        await perform()
        return NoResponse()


class Unreadable201(RequestFault):
    """The request is executed and committed, but the response body is not JSON."""

    kind = "unreadable_201"

    async def respond(self, perform: Perform, _clock: Clock, /) -> Response:
        return Response("<html>upstream hiccup</html>", (await perform()).status_code, media_type="text/html")


class Trickle(RequestFault):
    """The response body is sent byte by byte over `seconds`; each byte restarts the client's read timeout."""

    kind = "trickle"
    seconds: Seconds = 30

    async def respond(self, perform: Perform, clock: Clock, /) -> Response:
        response = await perform()
        body = bytes(response.body)

        async def drip() -> AsyncIterator[bytes]:
            began_at = clock.now()
            for sent, byte in enumerate(body, start=1):
                yield bytes([byte])
                await clock.sleep(began_at + self.seconds * sent / len(body) - clock.now())

        return StreamingResponse(drip(), response.status_code, dict(response.headers))


class Hang(RequestFault):
    """Nothing is committed; the connection is closed after `seconds` without a response."""

    kind = "hang"
    seconds: Seconds = 60

    async def respond(self, _perform: Perform, clock: Clock, /) -> Response:
        await clock.sleep(self.seconds)
        return NoResponse()


class LateCommit(RequestFault):
    """The request is executed and committed after `seconds`, also if the client has disconnected."""

    kind = "late_commit"
    seconds: Seconds = 60

    async def respond(self, perform: Perform, clock: Clock, /) -> Response:
        await clock.sleep(self.seconds)
        return await perform()


class ResetConnection(RequestFault):
    """The connection is closed without a response; nothing is committed."""

    kind = "reset_connection"

    async def respond(self, _perform: Perform, _clock: Clock, /) -> Response:
        return NoResponse()
