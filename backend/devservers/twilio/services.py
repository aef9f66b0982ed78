"""The account's Messaging Services and the numbers in their pools, read-only.

Fields as in https://www.twilio.com/docs/messaging/api/service-resource, and in
https://www.twilio.com/docs/messaging/api/phonenumber-resource
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devservers.twilio.account import Account
from devservers.twilio.account_api import sid_of_number
from devservers.twilio.errors import ApiError

SERVICES_PATH = "/v1/Services"
_DEFAULT_PAGE_SIZE, _MOST_PAGE_SIZE = 50, 1000


@dataclass(frozen=True)
class MessagingService:
    """What a service does with a message to a number in its pool, which is in no other service's."""

    sid: str
    friendly_name: str
    inbound_request_url: str | None = None
    """Without one, an inbound message is dropped, and is not in the list of messages either."""
    inbound_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"
    use_inbound_webhook_on_number: bool = False
    """The number's own webhook counts instead."""
    numbers: Sequence[str] = field(default_factory=tuple)


class MessagingServices:
    """All services of the account."""

    def __init__(self) -> None:
        self.all: Sequence[MessagingService] = ()

    def with_number(self, number: str) -> MessagingService | None:
        return next((service for service in self.all if number in service.numbers), None)

    def in_charge_of(self, number: str) -> MessagingService | None:
        """Returns the service that decides where inbound messages to this number go, if that is not the number."""
        found = self.with_number(number)
        return None if found is None or found.use_inbound_webhook_on_number else found


class ServicesApi:
    def __init__(self, account: Account, services: MessagingServices) -> None:
        self._account, self._services = account, services

    async def services(self, request: Request) -> Response:
        if not self._account.authenticates(request.headers.get("Authorization")):
            return ApiError(20003).response()
        rows = [
            {name: value for name, value in asdict(service).items() if name != "numbers"}
            | {"account_sid": self._account.sid, "url": f"{SERVICES_PATH}/{service.sid}"}
            for service in self._services.all
        ]
        return _page(request, "services", rows)

    async def numbers(self, request: Request) -> Response:
        if not self._account.authenticates(request.headers.get("Authorization")):
            return ApiError(20003).response()
        sid = request.path_params["sid"]
        service = next((service for service in self._services.all if service.sid == sid), None)
        if service is None:
            return ApiError(20404, f"The requested resource {request.url.path} was not found").response()
        rows = [
            {
                "sid": sid_of_number(number),
                "account_sid": self._account.sid,
                "service_sid": sid,
                "phone_number": number,
                "capabilities": ["SMS", "MMS", "Voice"],
                "url": f"{SERVICES_PATH}/{sid}/PhoneNumbers/{sid_of_number(number)}",
            }
            for number in service.numbers
        ]
        return _page(request, "phone_numbers", rows)


def _page(request: Request, key: str, rows: Sequence[Mapping[str, object]]) -> Response:
    number = int(request.query_params.get("Page", "0"))
    size = min(int(request.query_params.get("PageSize", _DEFAULT_PAGE_SIZE)), _MOST_PAGE_SIZE)
    # Absolute, unlike those of the API from 2010.
    this = f"https://messaging.twilio.com{request.url.path}?PageSize={size}&Page="
    meta = {
        "key": key,
        "page": number,
        "page_size": size,
        "url": f"{this}{number}",
        "first_page_url": f"{this}0",
        "previous_page_url": f"{this}{number - 1}" if number else None,
        "next_page_url": f"{this}{number + 1}" if (number + 1) * size < len(rows) else None,
    }
    return JSONResponse({key: rows[number * size : (number + 1) * size], "meta": meta})
