"""Serves Swagger UI at /docs from a package, without inline scripts or other hosts, so that it works offline."""

from pathlib import Path

import fastapi_swagger
from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_SWAGGER_UI = Path(fastapi_swagger.__file__).parent / "resources"
_OWN = Path(__file__).parent / "static"

DESCRIPTION = """
Send SMS through your own Twilio number and track their delivery.

**To try it here:** sign up (or use your account), press *Authorize*, enter your email as the username, and send.
*Upload a picture* shows how to send pictures.
Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem objects with a stable `code`.
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> FileResponse:
    return FileResponse(_OWN / "docs.html")


class _Files(StaticFiles):
    """Files that caches keep and revalidate: they are large, and the same for everybody."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def install_docs(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/docs/swagger-ui", _Files(directory=_SWAGGER_UI))
    app.mount("/docs/static", _Files(directory=_OWN))
