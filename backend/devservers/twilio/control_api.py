"""The control endpoint: reads the simulator's state and activates faults. JSON only, which no website's form sends."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devservers.twilio.account import Account
from devservers.twilio.api import MessagesApi
from devservers.twilio.callbacks import Callback, CallbackSender
from devservers.twilio.clock import iso
from devservers.twilio.delivery_scenarios import MessageStatus, failure_code
from devservers.twilio.fault import ErrorCode, Seconds
from devservers.twilio.fault_registry import FaultRegistry
from devservers.twilio.faults import FAULTS_BY_KIND, RefuseConnections
from devservers.twilio.inbound import Attachment, Phones, sample_attachment
from devservers.twilio.ledger import CallbackRecord, Ledger
from devservers.twilio.media import MAX_BYTES, MOST_MEDIA
from devservers.twilio.messages import INBOUND, Message, Step, is_loopback_url
from devservers.twilio.outbound_media import MediaFetcher
from devservers.twilio.progress import Progress
from devservers.twilio.services import MessagingService, MessagingServices

FORGED_SIGNATURE = "Zm9yZ2VkLCBub3Qgc2lnbmVkIGJ5IFR3aWxpbw=="


class ControlCommand(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PaceCommand(ControlCommand):
    pace: Seconds


class StatusCommand(ControlCommand):
    status: MessageStatus
    error_code: ErrorCode | None = None
    update_resource: bool = True
    send_callback: bool = True


class CallbackCommand(ControlCommand):
    url: str
    params: dict[str, str]
    signature: Literal["valid", "forged", "missing"] = "valid"
    token: str | None = None


class MediaCommand(ControlCommand):
    content_type: str
    content: Annotated[Base64Bytes, Field(max_length=MAX_BYTES)]


class TextCommand(ControlCommand):
    """A phone sends a text; to the account's own number if `to` is empty.

    It comes with these `media`, and with so many sample pictures.
    """

    sender: str
    body: str
    to: str = ""
    num_media: Annotated[int, Field(ge=0, le=MOST_MEDIA)] = 0
    media: Annotated[list[MediaCommand], Field(max_length=MOST_MEDIA)] = Field(default_factory=list)


class NumberCommand(ControlCommand):
    """What a number of the account does with an inbound message: what is not given stays as it is."""

    number: str = ""
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    sms_application_sid: str = ""


class ServicesCommand(ControlCommand):
    """All Messaging Services of the account, with the numbers in their pools."""

    services: list[MessagingService]


class CredentialsCommand(ControlCommand):
    """What is not given stays as it is. Twilio promotes a secondary token by making it the primary one."""

    auth_token: str = ""
    secondary_auth_token: str | None = None
    webhook_key: str | None = None


class ControlApi:
    def __init__(
        self,
        account: Account,
        ledger: Ledger,
        registry: FaultRegistry,
        callback_sender: CallbackSender,
        progress: Progress,
        phones: Phones,
        api: MessagesApi,
        services: MessagingServices,
        fetcher: MediaFetcher,
        *,
        has_control_port: bool,
    ) -> None:
        self._account = account
        self._ledger, self._registry, self._callback_sender = ledger, registry, callback_sender
        self._progress, self._phones, self._api, self._services = progress, phones, api, services
        self._fetcher = fetcher
        self._has_control_port = has_control_port

    def routes(self) -> list[Route]:
        return [
            Route("/_control/ledger", self.ledger, methods=["GET", "DELETE"]),
            Route("/_control/callbacks", self.callbacks, methods=["GET"]),
            Route("/_control/requests", self.requests, methods=["GET"]),
            Route("/_control/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_control/pace", self.pace, methods=["GET", "POST"]),
            Route("/_control/credentials", self.credentials, methods=["POST"]),
            Route("/_control/callback", self.callback, methods=["POST"]),
            Route("/_control/texts", self.texts, methods=["POST"]),
            Route("/_control/media_fetches", self.media_fetches, methods=["GET"]),
            Route("/_control/media/{sid}", self.media, methods=["GET"]),
            Route("/_control/number", self.number, methods=["POST"]),
            Route("/_control/services", self.services, methods=["POST"]),
            Route("/_control/messages/{sid}/status", self.status, methods=["POST"]),
        ]

    async def ledger(self, request: Request) -> Response:
        if request.method == "DELETE" and request.query_params.get("direction") == INBOUND:
            await self._phones.stop()
            self._ledger.clear_inbound()
            return Response(status_code=204)
        if request.method == "DELETE":
            await self._progress.stop()
            await self._phones.stop()
            await self._callback_sender.cancel_pending()
            self._ledger.clear()
            self._api.clear_requests()
            self._fetcher.clear()
            return Response(status_code=204)
        return JSONResponse({"messages": [_entry(message) for message in self._ledger.all()]})

    async def callbacks(self, request: Request) -> Response:
        records = self._ledger.callbacks(request.query_params.get("sid", ""))
        return JSONResponse({"callbacks": [_attempt(record) for record in records]})

    async def requests(self, _request: Request) -> Response:
        return JSONResponse({"requests": [asdict(record) for record in self._api.requests()]})

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._registry.reset()
            await request.app.state.connections.accept()
            return Response(status_code=204)
        if request.method == "GET":
            kinds = {name: kind.__doc__ for name, kind in FAULTS_BY_KIND.items()}
            return JSONResponse({"faults": [s.describe() for s in self._registry.active()], "kinds": kinds})
        command = await _body(request)
        kind = FAULTS_BY_KIND.get(str(command.pop("kind", "")))
        if kind is None:
            raise InvalidCommandError({"error": "unknown fault kind", "kinds": list(FAULTS_BY_KIND)})
        fault = kind.model_validate(command)
        if isinstance(fault, RefuseConnections):
            if fault.seconds is None and not self._has_control_port:
                raise InvalidCommandError(
                    {"error": "without a control port, seconds are required: the fault could not be reset"}
                )
            await request.app.state.connections.refuse(fault.seconds)
        return JSONResponse(self._registry.activate(fault).describe(), 201)

    async def pace(self, request: Request) -> Response:
        if request.method == "POST":
            self._progress.pace = PaceCommand.model_validate(await _body(request)).pace
        return JSONResponse({"pace": self._progress.pace})

    async def credentials(self, request: Request) -> Response:
        command = CredentialsCommand.model_validate(await _body(request))
        for name in command.model_fields_set:
            setattr(self._account, name, getattr(command, name))
        return Response(status_code=204)

    async def texts(self, request: Request) -> Response:
        command = TextCommand.model_validate(await _body(request))
        attachments = [Attachment(media.content_type, media.content) for media in command.media]
        attachments += [sample_attachment() for _ in range(command.num_media)]
        message = self._phones.text(command.sender, command.body, command.to, attachments)
        return JSONResponse(_entry(message), 201)

    async def media_fetches(self, _request: Request) -> Response:
        return JSONResponse({"media_fetches": [asdict(record) for record in self._fetcher.records()]})

    async def media(self, request: Request) -> Response:
        """The content of a medium for the page, whatever the faults."""
        media = self._ledger.find_media(request.path_params["sid"])
        if media is None:
            return JSONResponse({"error": "no such medium"}, 404)
        return Response(
            media.content, headers={"Content-Type": media.content_type, "Content-Security-Policy": "sandbox"}
        )

    async def number(self, request: Request) -> Response:
        command = NumberCommand.model_validate(await _body(request))
        number = command.number or self._account.from_number
        changes = {name: getattr(command, name) for name in command.model_fields_set - {"number"}}
        settings = replace(self._ledger.number_settings(number), **changes)
        self._ledger.set_number(number, settings)
        return JSONResponse(asdict(settings))

    async def services(self, request: Request) -> Response:
        self._services.all = ServicesCommand.model_validate(await _body(request)).services
        return Response(status_code=204)

    async def callback(self, request: Request) -> Response:
        command = CallbackCommand.model_validate(await _body(request))
        if not is_loopback_url(command.url):
            raise InvalidCommandError({"error": "callbacks are only sent to loopback addresses"})
        signature = {"valid": None, "forged": FORGED_SIGNATURE, "missing": ""}[command.signature]
        callback = Callback(command.url, command.params, command.params.get("MessageSid", ""), signature=signature)
        if command.token is not None:
            callback = replace(callback, token=command.token)
        return JSONResponse(
            {"attempts": [_attempt(record) for record in await self._callback_sender.deliver(callback)]}
        )

    async def status(self, request: Request) -> Response:
        command = StatusCommand.model_validate(await _body(request))
        message = self._ledger.find(request.path_params["sid"])
        if message is None:
            return JSONResponse({"error": "no such message"}, 404)
        error_code = failure_code(command.status, command.error_code)
        step = Step(command.status, 0, error_code, callback_only=not command.update_resource)
        attempts = await self._progress.force(message, step, send_callback=command.send_callback)
        return JSONResponse({"attempts": [_attempt(record) for record in attempts]})


class InvalidCommandError(Exception):
    """A command that cannot be executed."""

    def __init__(self, detail: Mapping[str, object], status: int = 422) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status


async def invalid_command_response(_request: Request, error: Exception) -> Response:
    if isinstance(error, ValidationError):
        problems = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()]
        return JSONResponse({"error": "; ".join(problems)}, 422)
    if isinstance(error, InvalidCommandError):
        return JSONResponse(error.detail, error.status)
    return JSONResponse({"error": str(error)}, 422)


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidCommandError({"error": "the body must have Content-Type: application/json"}, 415)
    try:
        command = from_json(await request.body())
    except ValueError as error:
        raise InvalidCommandError({"error": f"the body is not JSON: {error}"}) from error
    if not isinstance(command, dict):
        raise InvalidCommandError({"error": "the body is not a JSON object"})
    return command


def _entry(message: Message) -> Mapping[str, object]:
    return {
        "sid": message.sid,
        "accepted_at": iso(message.accepted_at),
        "request": dict(message.request),
        "message": message.resource(),
        "media_urls": message.media_urls,
        "deleted": message.deleted,
    }


def _attempt(record: CallbackRecord) -> Mapping[str, object]:
    return asdict(record) | {"at": iso(record.at)}
