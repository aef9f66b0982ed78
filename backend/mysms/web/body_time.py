"""How a route that reads a body itself gets more time for it from the connection, which is ended otherwise."""

from collections.abc import Callable

from starlette.types import Scope

BODY_TIME = "mysms.body_time"
"""The name of an extension of ASGI: a function that is called with the scope and the seconds."""


def allow_body(scope: Scope, seconds: float) -> None:
    """Lets the body of a request arrive within `seconds` from now. Servers without the extension have no limit."""
    allow: Callable[[Scope, float], None] | None = scope.get("extensions", {}).get(BODY_TIME)
    if allow is not None:
        allow(scope, seconds)
