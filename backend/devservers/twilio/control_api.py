"""The control endpoint: what the simulator knows, and the switches for its faults. JSON, for this machine only."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devservers.twilio.api import MessagesApi
from devservers.twilio.callbacks import Callback, Courier
from devservers.twilio.clock import iso
from devservers.twilio.fault import ErrorCode, Seconds
from devservers.twilio.faults import KINDS, RefuseConnections
from devservers.twilio.ledger import CallbackRecord, Ledger
from devservers.twilio.messages import Message, Step, is_loopback_url
from devservers.twilio.plans import Outcome, failure_code
from devservers.twilio.progress import Progress
from devservers.twilio.switchboard import Switchboard

FORGED_SIGNATURE = "Zm9yZ2VkLCBub3Qgc2lnbmVkIGJ5IFR3aWxpbw=="


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PaceOrder(Order):
    pace: Seconds


class StatusOrder(Order):
    """`resource: false` announces a status that the resource does not take on."""

    status: Outcome
    error_code: ErrorCode | None = None
    resource: bool = True
    announce: bool = True


class CallbackOrder(Order):
    url: str
    params: dict[str, str]
    signature: Literal["valid", "forged", "missing"] = "valid"
    token: str | None = None


class ControlApi:
    def __init__(
        self,
        ledger: Ledger,
        switchboard: Switchboard,
        courier: Courier,
        progress: Progress,
        api: MessagesApi,
        *,
        own_port: bool,
    ) -> None:
        self._ledger, self._switchboard, self._courier = ledger, switchboard, courier
        self._progress, self._api, self._own_port = progress, api, own_port

    def routes(self) -> list[Route]:
        return [
            Route("/_control/ledger", self.ledger, methods=["GET", "DELETE"]),
            Route("/_control/callbacks", self.callbacks, methods=["GET"]),
            Route("/_control/requests", self.requests, methods=["GET"]),
            Route("/_control/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_control/pace", self.pace, methods=["GET", "POST"]),
            Route("/_control/callback", self.callback, methods=["POST"]),
            Route("/_control/messages/{sid}/status", self.status, methods=["POST"]),
        ]

    async def ledger(self, request: Request) -> Response:
        if request.method == "DELETE":
            await self._progress.stop()
            await self._courier.forget()
            self._ledger.clear()
            self._api.forget_requests()
            return Response(status_code=204)
        return JSONResponse({"messages": [_entry(message) for message in self._ledger.everything()]})

    async def callbacks(self, request: Request) -> Response:
        records = self._ledger.callbacks(request.query_params.get("sid", ""))
        return JSONResponse({"callbacks": [_attempt(record) for record in records]})

    async def requests(self, _request: Request) -> Response:
        return JSONResponse({"requests": self._api.requests()})

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._switchboard.reset()
            await request.app.state.connections.accept()
            return Response(status_code=204)
        if request.method == "GET":
            kinds = {name: kind.__doc__ for name, kind in KINDS.items()}
            return JSONResponse({"faults": [s.describe() for s in self._switchboard.switches()], "kinds": kinds})
        order = await _body(request)
        kind = KINDS.get(str(order.pop("kind", "")))
        if kind is None:
            raise OrderError({"error": "unknown fault kind", "kinds": list(KINDS)})
        fault = kind.model_validate(order)
        if isinstance(fault, RefuseConnections):
            if fault.seconds is None and not self._own_port:
                raise OrderError({"error": "without a control port this fault needs seconds: nobody could reset it"})
            await request.app.state.connections.refuse(fault.seconds)
        return JSONResponse(self._switchboard.set(fault).describe(), 201)

    async def pace(self, request: Request) -> Response:
        if request.method == "POST":
            self._progress.pace = PaceOrder.model_validate(await _body(request)).pace
        return JSONResponse({"pace": self._progress.pace})

    async def callback(self, request: Request) -> Response:
        order = CallbackOrder.model_validate(await _body(request))
        if not is_loopback_url(order.url):
            raise OrderError({"error": "callbacks are only sent to this machine"})
        signature = {"valid": None, "forged": FORGED_SIGNATURE, "missing": ""}[order.signature]
        callback = Callback(order.url, order.params, order.params.get("MessageSid", ""), signature=signature)
        if order.token is not None:
            callback = replace(callback, token=order.token)
        return JSONResponse({"attempts": [_attempt(record) for record in await self._courier.deliver(callback)]})

    async def status(self, request: Request) -> Response:
        order = StatusOrder.model_validate(await _body(request))
        message = self._ledger.find(request.path_params["sid"])
        if message is None:
            return JSONResponse({"error": "no such message"}, 404)
        error_code = failure_code(order.status, order.error_code)
        step = Step(order.status, 0, error_code, announced_only=not order.resource)
        attempts = await self._progress.force(message, step, announce=order.announce)
        return JSONResponse({"attempts": [_attempt(record) for record in attempts]})


class OrderError(Exception):
    """An order that cannot be carried out; answered with 422."""

    def __init__(self, detail: Mapping[str, object]) -> None:
        super().__init__(detail)
        self.detail = detail


async def refuse_order(_request: Request, error: Exception) -> Response:
    if isinstance(error, ValidationError):
        problems = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()]
        return JSONResponse({"error": "; ".join(problems)}, 422)
    return JSONResponse(error.detail if isinstance(error, OrderError) else {"error": str(error)}, 422)


async def _body(request: Request) -> dict[str, Any]:
    try:
        order = from_json(await request.body())
    except ValueError as error:
        raise OrderError({"error": f"the body is no JSON: {error}"}) from error
    if not isinstance(order, dict):
        raise OrderError({"error": "the body is no JSON object"})
    return order


def _entry(message: Message) -> Mapping[str, object]:
    return {
        "sid": message.sid,
        "accepted_at": iso(message.accepted_at),
        "request": dict(message.request),
        "message": message.resource(),
        "deleted": message.deleted,
    }


def _attempt(record: CallbackRecord) -> Mapping[str, object]:
    return asdict(record) | {"at": iso(record.at)}
