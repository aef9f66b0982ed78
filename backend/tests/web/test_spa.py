"""The SPA, served by the API."""

import gzip
from collections.abc import AsyncIterator

import pytest

from tests.support.processes import free_port
from tests.support.responses import problem_of
from tests.support.servers import Api, Mongo, api_environment, running_api

PAGE = "<!doctype html><title>The app</title>"
LARGE_SCRIPT = "export const words = [" + "'a good deal of the same', " * 4000 + "]"


@pytest.fixture(scope="module")
async def served(mongodb: Mongo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """An API that serves a built SPA."""
    directory = tmp_path_factory.mktemp("spa")
    built = directory / "browser"
    built.mkdir()
    (built / "index.html").write_text(PAGE)
    (built / "main-ABCD1234.js").write_text("export {}")
    (built / "large-ABCD1234.js").write_text(LARGE_SCRIPT)
    (built / "favicon.ico").write_bytes(b"icon")
    (built / "service-worker.js").write_text("self")
    (built / "ngsw.json").write_text("{}")
    (built / "manifest.webmanifest").write_text("{}")
    (directory / "secret.txt").write_text("not for the world")
    unreachable = f"http://127.0.0.1:{free_port()}"
    environment = api_environment(
        port=free_port(), mongodb_uri=mongodb.uri, twilio_url=unreachable, FRONTEND_DIST=str(built)
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


async def test_files_are_served_and_cached_if_their_name_has_a_hash(served: Api) -> None:
    script = await served.http.get("/main-ABCD1234.js")
    assert script.text == "export {}"
    assert "immutable" in script.headers["Cache-Control"]
    for path in ("/favicon.ico", "/service-worker.js", "/ngsw.json", "/manifest.webmanifest"):
        assert (await served.http.get(path)).headers["Cache-Control"] == "no-cache"


async def test_the_manifest_has_its_own_type(served: Api) -> None:
    response = await served.http.get("/manifest.webmanifest")
    assert response.headers["Content-Type"] == "application/manifest+json"
    assert "manifest-src 'self'" in response.headers["Content-Security-Policy"]


async def test_large_files_are_compressed_for_clients_that_accept_it(served: Api) -> None:
    async with served.http.stream("GET", "/large-ABCD1234.js") as answer:
        received = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(received) < len(LARGE_SCRIPT) / 10
    assert gzip.decompress(received).decode() == LARGE_SCRIPT

    plain = await served.http.get("/large-ABCD1234.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.text == LARGE_SCRIPT


async def test_a_cached_file_is_not_sent_again(served: Api) -> None:
    first = await served.http.get("/large-ABCD1234.js")
    again = await served.http.get("/large-ABCD1234.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_responses_of_the_api_are_never_compressed(served: Api) -> None:
    """The length of a compressed response could reveal secrets next to text chosen by an attacker (BREACH)."""
    document = await served.http.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert len(document.content) > 10_000
    assert "Content-Encoding" not in document.headers


@pytest.mark.parametrize("path", ["/main-OLD.js", "/missing.png", "/assets/missing.css", "/api", "/api/nothing"])
async def test_a_missing_file_is_not_found(served: Api, path: str) -> None:
    problem_of(await served.http.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/users/nobody", "/users/", "/docs/nothing", "/metrics/", "/up/x", "/api/messages.json.json"]
)
async def test_an_unknown_path_of_the_api_is_not_a_page(served: Api, path: str) -> None:
    problem_of(await served.http.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%00"])
async def test_no_file_outside_the_folder_is_served(served: Api, path: str) -> None:
    response = await served.http.get(path)
    assert "not for the world" not in response.text


async def test_the_api_still_responds(served: Api) -> None:
    assert (await served.http.get("/up")).json()["status"] == "ok"
    assert "swagger" in (await served.http.get("/docs")).text
    problem_of(await served.http.get("/users"), 401, "not_signed_in")
    problem_of(await served.http.get("/api/messages.json"), 401, "not_signed_in")


async def test_pages_can_only_be_read(served: Api) -> None:
    problem_of(await served.http.post("/sign-in"), 405, "method_not_allowed")
    assert (await served.http.head("/sign-in")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("PUT", "/api/messages"), ("GET", "/users/sign_in"), ("GET", "/api/twilio/status_callback")),
        *(("PATCH", "/users"), ("DELETE", "/up"), ("POST", "/metrics")),
    ],
)
async def test_a_wrong_method_is_not_allowed_with_or_without_the_app(
    served: Api, api: Api, method: str, path: str
) -> None:
    for each in (served, api):
        answer = await each.http.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["Allow"]
        assert PAGE not in answer.text


async def test_head_requests_of_monitors_reach_the_api(served: Api) -> None:
    answer = await served.http.head("/up")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
