"""Direct routes carry out nothing that FastAPI would, so they may declare nothing else."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Query, Request, Response
from pydantic import BaseModel

from mysms.api.deps import CurrentUser
from mysms.api.direct import DirectRoute


class _Query(BaseModel):
    limit: int = 50


async def with_a_query(request: Request, query: Annotated[_Query, Query()]) -> Response:
    return Response()


async def with_a_path_parameter(request: Request, name: str) -> Response:
    return Response()


async def with_a_parameter(request: Request, limit: int = 50) -> Response:
    return Response()


async def with_a_header(request: Request, accept: Annotated[str, Header()] = "") -> Response:
    return Response()


async def with_a_body(request: Request, body: Annotated[_Query, Body()]) -> Response:
    return Response()


async def with_a_dependency(request: Request, user: CurrentUser) -> Response:
    return Response()


def test_a_query_in_a_model_is_documented_as_its_parameters() -> None:
    router = APIRouter(route_class=DirectRoute)
    router.get("/list")(with_a_query)
    app = FastAPI()
    app.router.routes.extend(router.routes)
    (parameter,) = app.openapi()["paths"]["/list"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["schema"]["default"]) == ("limit", "query", 50)


@pytest.mark.parametrize(
    "endpoint", [with_a_path_parameter, with_a_parameter, with_a_header, with_a_body, with_a_dependency]
)
def test_nothing_else_may_be_declared(endpoint: object) -> None:
    router = APIRouter(route_class=DirectRoute)
    with pytest.raises(TypeError):
        router.add_api_route("/names/{name}" if endpoint is with_a_path_parameter else "/names", endpoint)  # type: ignore[arg-type]  # of any kind


def test_the_route_and_the_router_may_have_no_dependencies() -> None:
    async def dependency() -> None:
        pass

    with pytest.raises(TypeError):
        APIRouter(route_class=DirectRoute).get("/list", dependencies=[Depends(dependency)])(with_a_query)
    with pytest.raises(TypeError):
        APIRouter(route_class=DirectRoute, dependencies=[Depends(dependency)]).get("/list")(with_a_query)
