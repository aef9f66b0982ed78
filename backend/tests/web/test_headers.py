"""Security, caching and CORS headers."""

import re

import httpx
import pytest

from tests.support.api_user import ApiUser
from tests.support.event_client import call_briefly
from tests.support.servers import ALLOWED_ORIGIN, Api

OTHER_ORIGINS = ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"]


@pytest.mark.parametrize("path", ["/up", "/docs", "/openapi.json", "/users", "/nowhere", "/docs/static/docs.js"])
async def test_every_response_has_the_security_headers(api: Api, path: str) -> None:
    headers = (await api.http.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]


def operations(api: Api) -> list[tuple[str, str]]:
    """All operations of the OpenAPI document, with ids of resources that do not exist."""
    return [
        (method, re.sub(r"\{\w+\}", "0123456789abcdef01234567", path))
        for method, _, path in (name.partition(" ") for name, _ in api.contract.operations())
    ]


async def test_no_response_may_be_stored_unless_its_route_says_so(api: Api, readonly_user: ApiUser) -> None:
    pages = [("GET", path) for path in ("/docs", "/openapi.json", "/nowhere", "/users/nowhere")]
    methods = [("TRACE", "/users"), ("PATCH", "/api/messages"), ("OPTIONS", "/api/messages"), ("HEAD", "/up")]
    for method, path in [*operations(api), *pages, *methods]:
        assert (await api.http.request(method, path)).headers["Cache-Control"] == "no-store", f"{method} {path}"
        if method == "GET":
            headers = {"Authorization": f"Bearer {readonly_user.access_token}"}
            answer = await call_briefly(api.http, method, path, headers=headers)
            assert answer.headers["Cache-Control"] == "no-store", f"{method} {path}: {answer.status_code}"


async def test_an_unchanged_list_is_not_stored_either(readonly_user: ApiUser) -> None:
    etag = (await readonly_user.call("GET", "/api/messages")).headers["ETag"]
    unchanged = await readonly_user.call("GET", "/api/messages", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.headers["Cache-Control"]) == (304, "no-store")


async def test_the_files_of_the_documentation_are_revalidated(api: Api) -> None:
    path = "/docs/swagger-ui/swagger-ui-bundle.js"
    first = await api.http.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = await api.http.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "no-cache")


async def test_no_header_names_the_server(api: Api) -> None:
    assert not {"server", "x-powered-by"} & (await api.http.get("/up")).headers.keys()


async def preflight(api: Api, origin: str, method: str, *headers: str) -> httpx.Response:
    requested = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        requested["Access-Control-Request-Headers"] = ", ".join(headers)
    return await api.http.options("/api/messages", headers=requested)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_allowed_origin_may_send_the_requests_of_the_app(api: Api, method: str) -> None:
    response = await preflight(
        api, ALLOWED_ORIGIN, method, "authorization", "idempotency-key", "if-none-match", "content-type"
    )
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN
    assert method in response.headers["Access-Control-Allow-Methods"]
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "idempotency-key", "if-none-match"} <= {name.strip() for name in allowed.split(",")}


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
async def test_other_origins_may_not_send_requests(api: Api, origin: str) -> None:
    response = await preflight(api, origin, "GET", "authorization")
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_other_headers_and_methods_may_not_be_sent(api: Api) -> None:
    assert (await preflight(api, ALLOWED_ORIGIN, "GET", "x-anything")).status_code == 400
    assert (await preflight(api, ALLOWED_ORIGIN, "PATCH")).status_code == 400


async def test_an_allowed_origin_may_read_the_headers_that_the_app_needs(api: Api, readonly_user: ApiUser) -> None:
    response = await readonly_user.call("GET", "/api/messages", headers={"Origin": ALLOWED_ORIGIN})
    assert response.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN
    assert "Origin" in response.headers["Vary"]
    exposed = {name.strip() for name in response.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed >= {"ETag", "Link", "X-Total-Count", "Retry-After"}
    assert "Access-Control-Allow-Credentials" not in response.headers


async def test_an_allowed_origin_may_read_errors(api: Api) -> None:
    response = await api.http.get("/users", headers={"Origin": ALLOWED_ORIGIN})
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (401, ALLOWED_ORIGIN)


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
async def test_other_origins_may_not_read_responses(readonly_user: ApiUser, origin: str) -> None:
    response = await readonly_user.call("GET", "/api/messages", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in response.headers
