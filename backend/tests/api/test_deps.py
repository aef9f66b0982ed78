"""Dependencies and routes run in the event loop: a thread costs more than all else that a short request does."""

import inspect
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from mysms.core.settings import Settings
from mysms.main import create_app

SETTINGS = Settings(
    _env_file=None,
    mongodb_uri="mongodb://localhost",
    jwt_secret="-",
    twilio_account_sid="AC" + "0" * 32,
    twilio_auth_token="-",
    twilio_from_number="+15005550006",
)
ROUTES = [route for route in create_app(SETTINGS).routes if isinstance(route, APIRoute)]


def calls_of(dependant: Dependant) -> Iterator[object]:
    """The function of a route, and those of its dependencies."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from calls_of(each)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_no_dependency_needs_a_thread(route: APIRoute) -> None:
    for call in calls_of(route.dependant):
        # FastAPI awaits coroutines and asynchronous generators, and calls all else in a thread.
        implementation = call if inspect.isroutine(call) else type(call).__call__
        assert inspect.iscoroutinefunction(implementation) or inspect.isasyncgenfunction(implementation), call


def test_there_are_routes() -> None:
    assert len(ROUTES) > 20
