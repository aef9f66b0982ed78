"""Every error response is a problem object (RFC 9457)."""

import pytest

from tests.support.api_user import ApiUser
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api

JSON = {"Content-Type": "application/json"}
WITH_JSON = ["/users", "/users/sign_in", "/api/messages"]


@pytest.mark.parametrize("path", WITH_JSON)
@pytest.mark.parametrize("body", ["{", "nonsense", '{"user": }', "{'user': {}}", '{"user": {}} x', "[" * 50])
async def test_malformed_json_is_a_bad_request(readonly_user: ApiUser, path: str, body: str) -> None:
    problem = problem_of(await readonly_user.call("POST", path, content=body, headers=JSON), 400, "malformed_json")
    assert problem["type"] == "about:blank"
    assert problem["title"] == "Bad Request"
    assert problem["detail"] == "The body is not valid JSON."


@pytest.mark.parametrize("path", WITH_JSON)
@pytest.mark.parametrize("body", [b"\xff\xfe{", b'{"user": "\xff"}', b"[" * 8_000, b"1" * 5_000])
async def test_an_unreadable_body_is_rejected(readonly_user: ApiUser, path: str, body: bytes) -> None:
    response = await readonly_user.call("POST", path, content=body, headers=JSON)
    assert response.status_code in {400, 422}


@pytest.mark.parametrize("path", WITH_JSON)
async def test_a_body_that_is_too_large_is_rejected(readonly_user: ApiUser, path: str) -> None:
    response = await readonly_user.call("POST", path, content=b" " * 100_000, headers=JSON)
    problem_of(response, 413, "request_too_large")


@pytest.mark.parametrize(
    ("path", "envelope", "named"),
    [
        ("/users", "user", {"email", "password", "password_confirmation"}),
        ("/users/sign_in", "user", {"email", "password"}),
        ("/api/messages", "message", {"recipient_number", "content"}),
    ],
)
@pytest.mark.parametrize("place", ["inside", "outside"])
async def test_at_most_twenty_errors_are_reported(
    readonly_user: ApiUser, path: str, envelope: str, named: set[str], place: str
) -> None:
    """However many fields are unknown, the errors of the known fields are among them."""
    unknown: dict[str, object] = dict.fromkeys(map(str, range(900)), 0)
    body = {envelope: unknown} if place == "inside" else {envelope: {}, **unknown}
    errors = field_errors(await readonly_user.call("POST", path, json=body))
    assert sum(map(len, errors.values())) == 20
    assert named < errors.keys()


@pytest.mark.parametrize("path", WITH_JSON)
@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"]
)
@pytest.mark.parametrize("body", ['{"user": {}, "message": {}}', "{"])
async def test_json_requires_its_content_type(
    readonly_user: ApiUser, path: str, content_type: str | None, body: str
) -> None:
    """Another website can make a browser post forms and text without a preflight, but not JSON."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    problem = problem_of(
        await readonly_user.call("POST", path, content=body, headers=headers), 415, "unsupported_media_type"
    )
    assert "Content-Type: application/json" in problem["detail"]


@pytest.mark.parametrize("path", WITH_JSON)
@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/a+json"])
async def test_variants_of_the_json_content_type_are_accepted(
    readonly_user: ApiUser, path: str, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    response = await readonly_user.call("POST", path, content='{"user": {}, "message": {}}', headers=headers)
    problem_of(response, 422, "invalid_fields")


@pytest.mark.parametrize("path", WITH_JSON)
async def test_a_missing_body_is_named(readonly_user: ApiUser, path: str) -> None:
    problem = problem_of(await readonly_user.call("POST", path), 422, "invalid_fields")
    assert problem["errors"] == {"body": ["can't be blank"]}


@pytest.mark.parametrize("path", WITH_JSON)
async def test_nan_and_infinity_are_rejected(readonly_user: ApiUser, path: str) -> None:
    for body in ("NaN", '{"user": NaN, "message": Infinity}', '{"user": 1e999, "message": -1e999}'):
        response = await readonly_user.call("POST", path, content=body, headers=JSON)
        assert response.status_code in {400, 422}


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api", "/api/nothing", "/users/nobody", "/usersnobody", "/%00", "/api/é"]
)
async def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    problem = problem_of(await api.http.get(path), 404, "not_found")
    assert problem["title"] == "Not Found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/users", "DELETE, GET, POST"),
        ("PUT", "/users.json", "DELETE, GET, POST"),
        ("GET", "/users/sign_in", "POST"),
        ("GET", "/users/token", "POST"),
        ("POST", "/users/sign_out", "DELETE"),
        ("DELETE", "/api/messages", "GET, POST"),
        ("PATCH", "/api/messages/0123456789abcdef01234567", "DELETE, GET"),
        ("GET", "/api/twilio/status_callback", "POST"),
        ("POST", "/up", "GET"),
    ],
)
async def test_other_methods_are_not_allowed(api: Api, method: str, path: str, allowed: str) -> None:
    response = await api.http.request(method, path)
    problem_of(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == allowed
