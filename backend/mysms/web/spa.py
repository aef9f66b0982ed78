"""Serves the SPA from the API's own origin if FRONTEND_DIST is set."""

import re
from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from mysms.web.response_headers import CONTENT_SECURITY_POLICY, TRUSTED_TYPES

_API_PATHS = ("api/", "users/", "docs/", "up/", "ready/", "metrics/")
_A_YEAR = "public, max-age=31536000, immutable"
_NAMED_BY_CONTENT = re.compile(r"-[\w-]{8}\.(js|css)$", re.ASCII)


class SinglePageApp(StaticFiles):
    """Serves the built files, and index.html for every other path without an extension: the SPA's own routes.

    Without Starlette's `html` option, which redirects folders to whatever host the request names.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            is_page = path == "." or ("." not in path.rpartition("/")[2] and not f"{path}/".startswith(_API_PATHS))
            if error.status_code != HTTPStatus.NOT_FOUND or not is_page:
                raise
            response = await super().get_response("index.html", scope)
        # Pages, and what else keeps its name, must always be revalidated.
        response.headers["Cache-Control"] = _A_YEAR if _NAMED_BY_CONTENT.search(path) else "no-cache"
        response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; {TRUSTED_TYPES}"
        return response
