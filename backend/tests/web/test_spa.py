"""The SPA from the API's own origin."""

from collections.abc import AsyncIterator

import pytest

from tests.support.answers import problem_of
from tests.support.processes import free_port
from tests.support.servers import Api, Mongo, api_environment, running_api

PAGE = "<!doctype html><title>The app</title>"


@pytest.fixture(scope="module")
async def served(mongodb: Mongo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """An API that serves a built SPA."""
    directory = tmp_path_factory.mktemp("spa")
    built = directory / "browser"
    built.mkdir()
    (built / "index.html").write_text(PAGE)
    (built / "main-ABCD1234.js").write_text("export {}")
    (built / "favicon.ico").write_bytes(b"icon")
    (directory / "secret.txt").write_text("not for the world")
    nobody = f"http://127.0.0.1:{free_port()}"
    environment = api_environment(
        port=free_port(), mongodb_uri=mongodb.uri, twilio_url=nobody, FRONTEND_DIST=str(built)
    )
    async with running_api(directory, environment) as api:
        yield api


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/conversations/+14155552671", "/apiary", "/users-and-more", "/a/b/c"]
)
async def test_every_page_of_the_app_is_its_index(served: Api, path: str) -> None:
    response = await served.http.get(path)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["Cache-Control"] == "no-cache"
    assert "Content-Security-Policy" in response.headers


async def test_files_are_served_as_they_are_and_kept_if_named_by_content(served: Api) -> None:
    script = await served.http.get("/main-ABCD1234.js")
    assert script.text == "export {}"
    assert "immutable" in script.headers["Cache-Control"]
    assert (await served.http.get("/favicon.ico")).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/main-OLD.js", "/missing.png", "/assets/missing.css", "/api", "/api/nothing"])
async def test_what_is_missing_is_not_a_page(served: Api, path: str) -> None:
    problem_of(await served.http.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/users/nobody", "/docs/nothing", "/api/messages.json.json"])
async def test_no_page_hides_below_the_api(served: Api, path: str) -> None:
    problem_of(await served.http.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%00"])
async def test_nothing_outside_of_the_folder_is_served(served: Api, path: str) -> None:
    response = await served.http.get(path)
    assert "not for the world" not in response.text


async def test_the_api_still_answers(served: Api) -> None:
    assert (await served.http.get("/up")).json()["status"] == "ok"
    assert "swagger" in (await served.http.get("/docs")).text
    problem_of(await served.http.get("/users"), 401, "not_signed_in")
    problem_of(await served.http.get("/api/messages.json"), 401, "not_signed_in")


async def test_pages_are_only_read(served: Api) -> None:
    problem_of(await served.http.post("/sign-in"), 405, "method_not_allowed")
    problem_of(await served.http.request("PUT", "/api/messages"), 405, "method_not_allowed")
