"""The SPA from the API's own origin, where FRONTEND_DIST is set."""

from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from mysms.web.middleware import CONTENT_SECURITY_POLICY, TRUSTED_TYPES

_API_PATHS = ("api/", "users/", "docs/")
_A_YEAR = "public, max-age=31536000, immutable"


class SinglePageApp(StaticFiles):
    """Files as they are, and index.html for every address that the SPA's own router knows."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, html=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            is_page = "." not in path.rpartition("/")[2] and not f"{path}/".startswith(_API_PATHS)
            if error.status_code != HTTPStatus.NOT_FOUND or not is_page:
                raise
            response = await super().get_response("index.html", scope)
        # Built files carry a hash of their content in their names; pages must always be asked for again.
        hashed = path.endswith((".js", ".css")) and "-" in path
        response.headers["Cache-Control"] = _A_YEAR if hashed else "no-cache"
        response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; {TRUSTED_TYPES}"
        return response
