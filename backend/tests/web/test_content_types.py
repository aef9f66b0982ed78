"""Every response says what it is, and no response sets a cookie."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.servers import Api, Start

FILES = {
    "index.html": "text/html; charset=utf-8",
    "main-ABCD1234.js": "text/javascript; charset=utf-8",
    "main-ABCD1234.css": "text/css; charset=utf-8",
    # XML without a declaration is UTF-8.
    "favicon.svg": "image/svg+xml",
}


@pytest.fixture
async def served(start: Start, tmp_path: Path) -> AsyncIterator[Api]:
    """An API that also serves files."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in FILES:
        (folder / name).touch()
    (folder / "assets").mkdir()
    (folder / "assets" / "icon.svg").touch()
    async with start(FRONTEND_DIST=str(folder)) as api:
        yield api


async def test_every_response_has_the_type_of_its_content_and_sets_no_cookie(served: Api) -> None:
    expected = {
        **{f"/{name}": content_type for name, content_type in FILES.items()},
        "/sign-in": FILES["index.html"],
        "/docs": "text/html; charset=utf-8",
        "/docs/static/docs.js": "text/javascript; charset=utf-8",
        "/up": "application/json",
        "/openapi.json": "application/json",
        "/users": "application/problem+json",
        "/nowhere.html": "application/problem+json",
    }
    for path, content_type in expected.items():
        response = await served.http.get(path)
        assert (path, response.headers["Content-Type"]) == (path, content_type)
        assert "Set-Cookie" not in response.headers
    assert (await served.http.get("/metrics")).headers["Content-Type"].endswith("charset=utf-8")


@pytest.mark.parametrize("path", ["/docs/static/", "/docs/swagger-ui/", "/assets/", "/assets"])
async def test_a_folder_is_never_listed(served: Api, path: str) -> None:
    response = await served.http.get(path)
    assert "icon.svg" not in response.text
    assert "docs.js" not in response.text
    assert response.status_code == 404 or response.content == b"", "not found, or the empty page of the app"
