"""Routes that are called directly.

FastAPI resolves each parameter and each dependency of a request anew, and copies the response into its model. For a
short request that takes longer than all else.
"""

from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any, get_origin

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from mysms.api.deps import assume_default_country

SIGNED_IN: dict[str, Any] = {"security": [{"OAuth2PasswordBearer": []}]}
"""The `openapi_extra` of direct routes whose endpoint calls `require_caller`."""


class DirectRoute(APIRoute):
    """Calls an endpoint that takes the request and, if it has parameters, a model of the query, and makes a response.

    FastAPI only documents it. Nothing that the route declares besides is carried out, so other parameters, and all
    dependencies, are errors.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        dependant, model = self.dependant, self._query_model()
        has_more = dependant.dependencies or dependant.path_params or dependant.header_params or dependant.cookie_params
        if has_more or dependant.body_params or len(dependant.query_params) > 1:
            raise TypeError(f"{self.path} needs FastAPI's own route.")
        endpoint: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint
        if model is None:
            return endpoint

        async def read_query_and_call(request: Request) -> Response:
            await assume_default_country(request)
            return await endpoint(request, _read_query(request, model))

        return read_query_and_call

    def _query_model(self) -> type[BaseModel] | None:
        for parameter in self.dependant.query_params:
            annotation = parameter.field_info.annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                return annotation
            raise TypeError(f"The parameter {parameter.name} of {self.path} is in no model.")
        return None


def _read_query(request: Request, model: type[BaseModel]) -> BaseModel:
    """Raises RequestValidationError, like FastAPI. Of a parameter that is not a list, the last one given counts."""
    given: dict[str, Any] = dict(request.query_params)
    given |= {name: request.query_params.getlist(name) for name in _lists_of(model) & given.keys()}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise RequestValidationError([{**each, "loc": ("query", *each["loc"])} for each in found]) from error


@lru_cache
def _lists_of(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(name for name, field in model.model_fields.items() if get_origin(field.annotation) is list)
