"""Twilio's Messages resource over HTTP, and where the faults of a request strike."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devservers.twilio.account import Account
from devservers.twilio.clock import Clock, iso
from devservers.twilio.errors import ApiError
from devservers.twilio.fault import Occasion, Operation
from devservers.twilio.faults import BetweenPages, EarlyCallbacks, ListLag, ListPaging, MessageFault, ReorderList
from devservers.twilio.ledger import Ledger, ListOrder
from devservers.twilio.listing import DATE_FILTERS, list_messages
from devservers.twilio.messages import Message, MessageCreate, Step, first, new_sid
from devservers.twilio.plans import plan_for
from devservers.twilio.progress import Progress
from devservers.twilio.request_faults import Perform, RequestFault
from devservers.twilio.segments import segment_count
from devservers.twilio.switchboard import Switchboard

REQUESTS_KEPT = 2000
CANCELABLE = frozenset({"queued", "accepted", "scheduled"})
Form = Mapping[str, Sequence[str]]


@dataclass
class RequestRecord:
    """A request to the API: what was asked, which fault struck, and the status that was answered."""

    at: str
    operation: Operation
    to: str
    fault: str | None = None
    status: int | None = None


class MessagesApi:
    def __init__(
        self,
        account: Account,
        ledger: Ledger,
        switchboard: Switchboard,
        progress: Progress,
        clock: Clock,
        list_order: ListOrder,
    ) -> None:
        self._account, self._ledger, self._switchboard = account, ledger, switchboard
        self._progress, self._clock, self._list_order = progress, clock, list_order
        self._in_flight = 0
        self._requests: deque[RequestRecord] = deque(maxlen=REQUESTS_KEPT)

    def requests(self) -> Sequence[Mapping[str, object]]:
        return [asdict(record) for record in self._requests]

    def forget_requests(self) -> None:
        self._requests.clear()

    async def collection(self, request: Request) -> Response:
        form = await _form(request)
        if request.method == "POST":
            return await self._serve(request, "create", first(form, "To"), lambda: self._create(form))
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

    async def _serve(self, request: Request, operation: Operation, to: str, perform: Perform) -> Response:
        record = RequestRecord(iso(self._clock.now()), operation, to)
        self._requests.append(record)
        self._in_flight += 1
        try:
            self._admit(request)
            fault = self._switchboard.first(RequestFault, Occasion(to, operation))
            if fault is None:
                answer = await perform()
            else:
                record.fault = fault.kind
                answer = await fault.answer(perform, self._clock)
        except ApiError as error:
            answer = error.answer()
        finally:
            concurrent, self._in_flight = self._in_flight, self._in_flight - 1
        record.status = answer.status_code
        answer.headers["Twilio-Concurrent-Requests"] = str(concurrent)
        return answer

    def _admit(self, request: Request) -> None:
        if not self._account.admits(request.headers.get("Authorization")):
            raise ApiError(20003)
        if request.path_params["account_sid"] != self._account.sid:
            raise ApiError(20404, f"The requested resource {request.url.path} was not found")

    async def _create(self, form: Form) -> Response:
        draft, now = MessageCreate.parse(form, self._account), self._clock.now()
        message = Message(
            sid=new_sid(draft.num_media),
            account_sid=self._account.sid,
            from_number=draft.from_number,
            to_number=draft.to_number,
            listed_to=[draft.to_number],
            body=draft.body,
            num_media=draft.num_media,
            created_at=now,
            updated_at=now,
            accepted_at=now,
            status_callback=draft.status_callback,
            request=draft.request,
            plan=plan_for("delivered"),
        )
        occasion = Occasion(draft.to_number, "create")
        # Applied last to first, so that of two faults that contradict each other the first one holds.
        for fault in reversed(self._switchboard.all(MessageFault, occasion)):
            message = fault.apply(message)
        message = replace(message, num_segments=segment_count(message.body))
        self._ledger.accept(message)
        if early := self._switchboard.first(EarlyCallbacks, occasion):
            while await self._progress.step(message.sid) and early.until == "final":
                pass
        self._progress.start(message.sid)
        return JSONResponse(message.resource(), 201)

    async def _list(self, query: Mapping[str, str]) -> Response:
        filtered_by_date = any(query.get(name) for name in DATE_FILTERS)
        occasion = Occasion(query.get("To", ""), "list", filtered_by_date=filtered_by_date)
        order = self._switchboard.first(ReorderList, occasion)
        lag = self._switchboard.first(ListLag, occasion)
        paging = self._switchboard.first(ListPaging, occasion) or ListPaging()
        envelope = list_messages(
            self._ledger,
            self._account.sid,
            query,
            order=order.order if order else self._list_order,
            as_of=self._clock.now() - lag.seconds if lag else math.inf,
            by_offset=paging.by == "offset",
            largest_page=paging.largest,
        )
        answer = JSONResponse(envelope)
        for event in self._switchboard.all(BetweenPages, replace(occasion, page=envelope["page"])):
            await self._happen(event, envelope["messages"], occasion.to)
        return answer

    async def _happen(self, event: BetweenPages, page: Sequence[Mapping[str, object]], to: str) -> None:
        match event.event:
            case "sent":
                for message in [self._find(event.sid)] if event.sid else self._ledger.on_their_way():
                    await self._progress.force(message, Step("sent", 0), announce=False)
            case "created":
                number = to or self._account.from_number
                await self._create({"To": [number], "From": [self._account.from_number], "Body": [event.event]})
            case "deleted":
                for sid in [event.sid] if event.sid else [str(row["sid"]) for row in page[:1]]:
                    await self._delete(sid)

    async def _fetch(self, sid: str) -> Response:
        return JSONResponse(self._find(sid).resource())

    async def _update(self, sid: str, form: Form) -> Response:
        """Redact the body, or cancel what has not left yet."""
        message, now = self._find(sid), self._clock.now()
        if first(form, "Body"):
            raise ApiError(20001, "The body of a message can only be emptied")
        status = first(form, "Status")
        if status and (status != "canceled" or message.status not in CANCELABLE):
            raise ApiError(20001, f"A message that is {message.status} cannot become {status}")
        if "Body" in form:
            message = self._ledger.change(message, body="", updated_at=now + message.skew)
        if status:
            message = self._ledger.change(message, status=status, updated_at=now + message.skew, plan=())
        return JSONResponse(message.resource())

    async def _delete(self, sid: str) -> Response:
        self._ledger.change(self._find(sid), deleted=True, plan=())
        return Response(status_code=204)

    def _find(self, sid: str) -> Message:
        message = self._ledger.find(sid)
        if message is None:
            raise ApiError(20404, f"The requested resource /Messages/{sid}.json was not found")
        return message


async def _form(request: Request) -> Form:
    """Twilio reads url-encoded forms only; whatever else comes is a form without known fields."""
    return parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
