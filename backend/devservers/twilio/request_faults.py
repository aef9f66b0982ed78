"""Faults that strike a request to the API: `on` names the operation, and the first one that matches answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

from pydantic import Field
from starlette.responses import Response, StreamingResponse

from devservers.twilio.clock import Clock
from devservers.twilio.connections import NoAnswer
from devservers.twilio.errors import ApiError
from devservers.twilio.fault import ErrorCode, Fault, Occasion, Operation, Seconds

Perform = Callable[[], Awaitable[Response]]


class RequestFault(Fault):
    on: Operation | Literal["any"] = "create"

    def concerns(self, occasion: Occasion) -> bool:
        return super().concerns(occasion) and self.on in {"any", occasion.operation}

    async def answer(self, perform: Perform, clock: Clock, /) -> Response:
        """Answer in place of `perform`, which does what was asked and commits it."""
        raise NotImplementedError


class Refuse(RequestFault):
    """The request is refused with this code; nothing is committed."""

    kind = "refuse"
    code: ErrorCode
    status: int | None = Field(None, ge=400, le=599)

    async def answer(self, _perform: Perform, _clock: Clock, /) -> Response:
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
    """429 with 20429: never processed."""

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
    """500 with 20500, before or after the commit."""

    kind = "error_500"
    commit: bool = False

    async def answer(self, perform: Perform, _clock: Clock, /) -> Response:
        if self.commit:
            await perform()
        raise ApiError(20500)


class Lose201(RequestFault):
    """What was asked is done and committed, then the connection is closed without an answer."""

    kind = "lose_201"

    async def answer(self, perform: Perform, _clock: Clock, /) -> Response:
        await perform()
        return NoAnswer()


class Unreadable201(RequestFault):
    """What was asked is done and committed, and answered with a body that is no JSON."""

    kind = "unreadable_201"

    async def answer(self, perform: Perform, _clock: Clock, /) -> Response:
        return Response("<html>upstream hiccup</html>", (await perform()).status_code, media_type="text/html")


class Trickle(RequestFault):
    """The answer's body comes byte by byte over so many seconds; each byte renews a read timeout."""

    kind = "trickle"
    seconds: Seconds = 30

    async def answer(self, perform: Perform, clock: Clock, /) -> Response:
        answer = await perform()
        body = bytes(answer.body)

        async def drip() -> AsyncIterator[bytes]:
            for byte in body:
                yield bytes([byte])
                await clock.sleep(self.seconds / len(body))

        return StreamingResponse(drip(), answer.status_code, dict(answer.headers))


class Hang(RequestFault):
    """Nothing is committed and nothing is answered; the connection is closed after so many seconds."""

    kind = "hang"
    seconds: Seconds = 60

    async def answer(self, _perform: Perform, clock: Clock, /) -> Response:
        await clock.sleep(self.seconds)
        return NoAnswer()


class LateCommit(RequestFault):
    """What was asked is done and committed only after so many seconds, also when the client has gone."""

    kind = "late_commit"
    seconds: Seconds = 60

    async def answer(self, perform: Perform, clock: Clock, /) -> Response:
        await clock.sleep(self.seconds)
        return await perform()


class ResetConnection(RequestFault):
    """The connection is closed without an answer, nothing is committed."""

    kind = "reset_connection"

    async def answer(self, _perform: Perform, _clock: Clock, /) -> Response:
        return NoAnswer()
