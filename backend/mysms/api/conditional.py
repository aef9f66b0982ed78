"""Lists that are read only if they have changed since the client got them: conditional requests, RFC 9110."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from bson import ObjectId
from fastapi import Request, Response, status

from mysms.api.deps import get_services, require_caller, verify_token
from mysms.api.direct import SIGNED_IN, DirectRoute
from mysms.changes.versions import Version
from mysms.core.etags import matches
from mysms.services import Services

IF_NONE_MATCH: dict[str, Any] = {
    **SIGNED_IN,
    "parameters": [
        {
            "name": "if-none-match",
            "in": "header",
            "required": False,
            "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "If-None-Match"},
        }
    ],
}
"""The `openapi_extra` of these routes, which need a session."""

_ANY = "*"
"""Any version of a valid query: whether it is valid is not known yet."""


class Versioned(Protocol):
    """What has a version for each query."""

    async def version(self, user_id: ObjectId, query: str, asked_at: float) -> Version:
        """Returns the version of what a query shows."""


class ConditionalRoute(DirectRoute):
    """Responds with 304 to a signed-in client that has the present version, before the query is read.

    Most requests are polls that find nothing new. The version is that of the query as it was sent: who has it has sent
    the same, valid query before.
    """

    @staticmethod
    def shown(services: Services) -> Versioned:
        """Returns that of which the route shows a part."""
        return services.history

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_if_changed(request: Request) -> Response:
            services = get_services(request)
            # FastAPI itself passes on the first of several such headers only.
            known = ", ".join(request.headers.getlist("If-None-Match"))
            asked_at = services.changes.feed.now()
            if known and not services.changes.feed.is_current:
                # Strangers need not wait.
                await verify_token(request)
                await services.changes.feed.wait_until_current(asked_at)
            caller = await require_caller(request, asked_at)
            # Read before the list, which is then at least as new.
            version = await self.shown(services).version(caller.user_id, _query_of(request), asked_at)
            is_known = version.is_current and matches(known, version.etag)
            not_modified = Response(status_code=status.HTTP_304_NOT_MODIFIED, headers={"ETag": version.etag})
            if is_known and known != _ANY:
                return not_modified
            request.state.etag = version.etag
            response = await handle(request)
            return not_modified if is_known and response.status_code == status.HTTP_200_OK else response

        return handle_if_changed


class ConditionalContactsRoute(ConditionalRoute):
    """Shows contacts."""

    @staticmethod
    def shown(services: Services) -> Versioned:
        return services.contacts


def _query_of(request: Request) -> str:
    """Returns all that decides on what the request shows to its user, except for what is stored."""
    country = get_services(request).settings.default_country
    return f"{country} {request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
