"""Twilio's Messages resource over HTTP. Request faults are applied here."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devservers.twilio.account import Account
from devservers.twilio.clock import Clock, iso, rfc2822
from devservers.twilio.connections import NoResponse
from devservers.twilio.delivery_scenarios import steps_to
from devservers.twilio.errors import ApiError
from devservers.twilio.fault import FaultContext, Operation
from devservers.twilio.fault_registry import FaultRegistry
from devservers.twilio.faults import EarlyCallbacks, EventBetweenPages, ListLag, ListPaging, MessageFault, ReorderList
from devservers.twilio.ledger import Ledger, ListOrder
from devservers.twilio.listing import DATE_FILTERS, list_messages
from devservers.twilio.media import Media
from devservers.twilio.messages import MEDIA_URL, CreateRequest, Message, Step, first_value, media_path, new_sid
from devservers.twilio.progress import Progress
from devservers.twilio.request_faults import Perform, RequestFault
from devservers.twilio.segments import segment_count

MAX_RECORDED_REQUESTS = 2000
CONTENT_PATH = "/media-content"
"""Where the content of media is: with Twilio, on the host of a CDN."""
UNSUBSCRIBED = 21610
CANCELABLE = frozenset({"queued", "accepted", "scheduled"})
Form = Mapping[str, Sequence[str]]


@dataclass
class RequestRecord:
    """A request to the API, with the fault that was applied and the HTTP status of the response, if there was one."""

    at: str
    operation: Operation
    to: str
    num_media: int = 0
    fault: str | None = None
    status: int | None = None


class MessagesApi:
    def __init__(
        self,
        account: Account,
        ledger: Ledger,
        registry: FaultRegistry,
        progress: Progress,
        clock: Clock,
        list_order: ListOrder,
    ) -> None:
        self._account, self._ledger, self._registry = account, ledger, registry
        self._progress, self._clock, self._list_order = progress, clock, list_order
        self._in_flight = 0
        self._requests: deque[RequestRecord] = deque(maxlen=MAX_RECORDED_REQUESTS)

    def requests(self) -> Sequence[RequestRecord]:
        """The newest requests, oldest first."""
        return list(self._requests)

    def clear_requests(self) -> None:
        self._requests.clear()

    async def collection(self, request: Request) -> Response:
        form = await _form(request)
        if request.method == "POST":
            to, num_media = first_value(form, "To"), len(form.get(MEDIA_URL, ()))
            return await self._serve(request, "create", to, lambda: self._create(form), num_media)
        query = dict(request.query_params)
        return await self._serve(request, "list", query.get("To", ""), lambda: self._list(query))

    async def instance(self, request: Request) -> Response:
        form, sid = await _form(request), request.path_params["sid"]
        match request.method:
            case "POST":
                return await self._serve(request, "update", "", lambda: self._update(sid, form))
            case "DELETE":
                return await self._serve(request, "delete", "", lambda: self._delete(sid))
            case _:
                return await self._serve(request, "fetch", "", lambda: self._fetch(sid))

    async def media_list(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        return await self._serve(request, "media_list", "", lambda: self._list_media(sid, request.url.path))

    async def media(self, request: Request) -> Response:
        """The address of a medium in a webhook: it leads to where the content is, on another host."""
        sid, media_sid = request.path_params["sid"], request.path_params["media_sid"]
        return await self._serve(request, "media", "", lambda: self._redirect_to_media(request, sid, media_sid))

    async def media_content(self, request: Request) -> Response:
        """The content of a medium, for everybody who has its address. It refuses credentials, as the real host does."""
        media_sid = request.path_params["media_sid"]
        return await self._serve(request, "media_content", "", lambda: self._media_content(request, media_sid))

    async def _serve(
        self, request: Request, operation: Operation, to: str, perform: Perform, num_media: int = 0
    ) -> Response:
        record = RequestRecord(iso(self._clock.now()), operation, to, num_media)
        self._requests.append(record)
        self._in_flight += 1
        try:
            self._authenticate(request, operation)
            fault = self._registry.first(RequestFault, FaultContext(to, operation))
            if fault is None:
                response = await perform()
            else:
                record.fault = fault.kind
                response = await fault.respond(perform, self._clock)
        except ApiError as error:
            response = error.response()
        finally:
            concurrent, self._in_flight = self._in_flight, self._in_flight - 1
        record.status = None if isinstance(response, NoResponse) else response.status_code
        response.headers["Twilio-Concurrent-Requests"] = str(concurrent)
        return response

    def _authenticate(self, request: Request, operation: Operation) -> None:
        if operation == "media_content":
            if "Authorization" in request.headers:
                raise ApiError(20001, "Only one auth mechanism is allowed")
            return
        if not self._account.authenticates(request.headers.get("Authorization")):
            raise ApiError(20003)
        if request.path_params["account_sid"] != self._account.sid:
            raise ApiError(20404, f"The requested resource {request.url.path} was not found")

    async def _create(self, form: Form) -> Response:
        create, now = CreateRequest.parse(form, self._account), self._clock.now()
        if self._ledger.is_blocked(create.from_number, create.to_number):
            raise ApiError(UNSUBSCRIBED)
        message = Message(
            sid=new_sid(create.num_media),
            account_sid=self._account.sid,
            from_number=create.from_number,
            to_number=create.to_number,
            listed_to=[create.to_number],
            body=create.body,
            num_media=create.num_media,
            created_at=now,
            updated_at=now,
            accepted_at=now,
            status_callback=create.status_callback,
            request=create.request,
            plan=steps_to("delivered"),
        )
        context = FaultContext(create.to_number, "create")
        # Applied in reverse order, so that the first of two contradicting faults takes precedence.
        for fault in reversed(self._registry.all(MessageFault, context)):
            message = fault.apply(message)
        message = replace(message, num_segments=segment_count(message.body))
        self._ledger.insert(message)
        if early := self._registry.first(EarlyCallbacks, context):
            while await self._progress.step(message.sid) and early.until == "final":
                pass
        self._progress.start(message.sid)
        return JSONResponse(message.resource(), 201)

    async def _list(self, query: Mapping[str, str]) -> Response:
        filtered_by_date = any(query.get(name) for name in DATE_FILTERS)
        context = FaultContext(query.get("To", ""), "list", filtered_by_date=filtered_by_date)
        order = self._registry.first(ReorderList, context)
        lag = self._registry.first(ListLag, context)
        paging = self._registry.first(ListPaging, context) or ListPaging()
        envelope = list_messages(
            self._ledger,
            self._account.sid,
            query,
            order=order.order if order else self._list_order,
            as_of=self._clock.now() - lag.seconds if lag else math.inf,
            by_offset=paging.by == "offset",
            largest_page=paging.largest,
        )
        response = JSONResponse(envelope)
        for event in self._registry.all(EventBetweenPages, replace(context, page=envelope["page"])):
            await self._apply_event(event, envelope["messages"], context.to)
        return response

    async def _apply_event(self, event: EventBetweenPages, page: Sequence[Mapping[str, object]], to: str) -> None:
        match event.event:
            case "sent":
                for message in [self._find(event.sid)] if event.sid else self._ledger.list_unsent():
                    await self._progress.force(message, Step("sent", 0), send_callback=False)
            case "created":
                number = to or self._account.from_number
                await self._create({"To": [number], "From": [self._account.from_number], "Body": [event.event]})
            case "deleted":
                for sid in [event.sid] if event.sid else [str(row["sid"]) for row in page[:1]]:
                    await self._delete(sid)

    async def _fetch(self, sid: str) -> Response:
        return JSONResponse(self._find(sid).resource())

    async def _update(self, sid: str, form: Form) -> Response:
        """Redact the body, or cancel a message that is not sent yet."""
        message, now = self._find(sid), self._clock.now()
        if first_value(form, "Body"):
            raise ApiError(20001, "The body of a message can only be emptied")
        status = first_value(form, "Status")
        if status and (status != "canceled" or message.status not in CANCELABLE):
            raise ApiError(20001, f"A message that is {message.status} cannot become {status}")
        if "Body" in form:
            message = self._ledger.update(message, body="", updated_at=now + message.skew)
        if status:
            message = self._ledger.update(message, status=status, updated_at=now + message.skew, plan=())
        return JSONResponse(message.resource())

    async def _delete(self, sid: str) -> Response:
        self._ledger.update(self._find(sid), deleted=True, plan=())
        self._ledger.delete_media(sid)
        return Response(status_code=204)

    async def _list_media(self, sid: str, path: str) -> Response:
        message = self._find(sid)
        rows = [_media_resource(message, media) for media in self._ledger.media_of(sid)]
        return JSONResponse(
            {
                "media_list": rows,
                "page": 0,
                "page_size": 50,
                "start": 0,
                "end": max(0, len(rows) - 1),
                "uri": path,
                "first_page_uri": path,
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    async def _redirect_to_media(self, request: Request, sid: str, media_sid: str) -> Response:
        media = self._ledger.find_media(media_sid)
        if media is None or media.message_sid != self._find(sid).sid:
            raise ApiError(20404, f"The requested resource {request.url.path} was not found")
        host = "localhost" if request.url.hostname != "localhost" else "127.0.0.1"
        location = f"http://{host}:{request.url.port}{CONTENT_PATH}/{media.sid}"
        return Response(status_code=307, headers={"Location": location})

    async def _media_content(self, request: Request, media_sid: str) -> Response:
        media = self._ledger.find_media(media_sid)
        if media is None:
            raise ApiError(20404, f"The requested resource {request.url.path} was not found")
        return Response(media.content, headers={"Content-Type": media.content_type})

    def _find(self, sid: str) -> Message:
        message = self._ledger.find(sid)
        if message is None:
            raise ApiError(20404, f"The requested resource /Messages/{sid}.json was not found")
        return message


def _media_resource(message: Message, media: Media) -> Mapping[str, object]:
    return {
        "sid": media.sid,
        "account_sid": message.account_sid,
        "parent_sid": message.sid,
        "content_type": media.content_type,
        "date_created": rfc2822(message.created_at),
        "date_updated": rfc2822(message.updated_at),
        "uri": f"{media_path(message, media.sid)}.json",
    }


async def _form(request: Request) -> Form:
    """Twilio reads URL-encoded forms only; any other body parses to a form without known fields."""
    return parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
