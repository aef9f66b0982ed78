"""POST /users/token, the token endpoint of RFC 6749."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.api_user import PASSWORD, ApiUser, Json
from tests.support.responses import problem_of
from tests.support.servers import Api

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def with_number(token: str, change: Callable[[str], str]) -> str:
    """The refresh token with another number."""
    session_id, number, mac = token.split(".")
    return f"{session_id}.{change(number)}.{mac}"


async def request_token(api: Api, **form: str) -> httpx.Response:
    response = await api.http.post("/users/token", data=form)
    assert response.headers["Cache-Control"] == "no-store"
    return response


def oauth_problem_of(response: httpx.Response, status: int, code: str, oauth_error: str) -> Json:
    """Assert that the response is a problem that follows RFC 6749, section 5.2, too, and return it."""
    problem = problem_of(response, status, code)
    assert problem["error"] == oauth_error
    assert problem["error_description"] == problem["detail"]
    assert response.headers["Cache-Control"] == "no-store"
    return problem


async def test_the_password_grant_returns_only_an_access_token(api: Api, api_user: ApiUser) -> None:
    response = await request_token(api, grant_type="password", username=api_user.email, password=PASSWORD)

    assert response.status_code == 200
    body = response.json()
    assert body.keys() == {"access_token", "token_type", "expires_in"}
    signed_in = ApiUser(api, api_user.id, api_user.email, body["access_token"], "")
    assert (await signed_in.call("GET", "/users")).json()["_id"] == api_user.id


@pytest.mark.parametrize("password", ["wrong", "x" * 5_000])
async def test_a_wrong_password_is_an_invalid_grant(api: Api, readonly_user: ApiUser, password: str) -> None:
    response = await request_token(api, grant_type="password", username=readonly_user.email, password=password)
    oauth_problem_of(response, 400, "invalid_credentials", "invalid_grant")


async def test_the_refresh_grant_returns_new_tokens(api: Api, api_user: ApiUser) -> None:
    response = await request_token(api, grant_type="refresh_token", refresh_token=api_user.refresh_token)

    assert response.status_code == 200
    body = response.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert body["refresh_token"] != api_user.refresh_token


@pytest.mark.parametrize("grant_type", ["", "authorization_code", "client_credentials", "PASSWORD", "\x00"])
async def test_other_grants_are_not_supported(api: Api, grant_type: str) -> None:
    response = await request_token(api, grant_type=grant_type, refresh_token="x")
    oauth_problem_of(response, 400, "unsupported_grant_type", "unsupported_grant_type")


@pytest.mark.parametrize("missing", ["username", "password"])
async def test_a_password_grant_without_all_parameters_is_an_invalid_request(
    api: Api, readonly_user: ApiUser, missing: str
) -> None:
    form = {"username": readonly_user.email, "password": PASSWORD, missing: ""}
    response = await request_token(api, grant_type="password", **form)
    oauth_problem_of(response, 400, "invalid_request", "invalid_request")


async def test_a_refresh_without_a_token_is_an_invalid_request(api: Api) -> None:
    response = await request_token(api, grant_type="refresh_token", refresh_token="")
    oauth_problem_of(response, 400, "invalid_request", "invalid_request")


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "nonsense",
        lambda token: token + "x",
        lambda token: token[:-1],
        lambda token: with_number(token, lambda number: str(int(number) + 1)),
        lambda token: with_number(token, lambda number: str(-int(number))),
        lambda token: with_number(token, lambda number: "1"),
        lambda token: with_number(token, lambda number: f"0{number}"),
        lambda token: with_number(token, lambda number: number.translate(ARABIC_DIGITS)),
        lambda token: with_number(token, lambda number: "9" * 5_000),
        lambda token: "0" * 24 + token[24:],
        lambda token: "..",
        lambda token: "é" * 24 + ".1.x",
    ],
)
async def test_a_forged_refresh_token_is_rejected_and_ends_no_session(
    api: Api, api_user: ApiUser, change: object
) -> None:
    assert callable(change)
    forged = await request_token(api, grant_type="refresh_token", refresh_token=change(api_user.refresh_token))
    assert oauth_problem_of(forged, 400, "session_ended", "invalid_grant")["reason"] == "unknown_token"

    real = await request_token(api, grant_type="refresh_token", refresh_token=api_user.refresh_token)
    assert real.status_code == 200


async def test_a_session_that_was_ended_is_told_from_an_unknown_token(api: Api, api_user: ApiUser) -> None:
    assert (await api_user.call("DELETE", "/users/sign_out")).status_code == 204
    ended = await request_token(api, grant_type="refresh_token", refresh_token=api_user.refresh_token)
    assert "reason" not in oauth_problem_of(ended, 400, "session_ended", "invalid_grant")


async def test_an_access_token_is_not_a_refresh_token(api: Api, api_user: ApiUser) -> None:
    response = await request_token(api, grant_type="refresh_token", refresh_token=api_user.access_token)
    oauth_problem_of(response, 400, "session_ended", "invalid_grant")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data; boundary=x",
        f"text/plain; x={FORM}",
        f"{FORM}; charset=punycode",
        f"{FORM}; charset=utf-8; charset=punycode",
    ],
)
async def test_other_types_of_bodies_are_rejected(api: Api, api_user: ApiUser, content_type: str) -> None:
    """RFC 6749, section 3.2. The framework would decode a multipart form in any charset that it names."""
    body = f"grant_type=refresh_token&refresh_token={api_user.refresh_token}"
    response = await api.http.post("/users/token", content=body, headers={"Content-Type": content_type})
    problem_of(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", [FORM, f"{FORM};charset=UTF-8", f'{FORM.upper()} ; charset="utf-8"'])
async def test_variants_of_the_form_type_are_accepted(api: Api, api_user: ApiUser, content_type: str) -> None:
    body = f"grant_type=refresh_token&refresh_token={api_user.refresh_token}"
    response = await api.http.post("/users/token", content=body, headers={"Content-Type": content_type})
    assert response.status_code == 200


async def test_unknown_parameters_are_ignored(api: Api, api_user: ApiUser) -> None:
    """RFC 6749, section 3.2; Swagger UI sends `client_id` and `scope`."""
    response = await request_token(
        api, grant_type="password", username=api_user.email, password=PASSWORD, scope="", client_id="docs"
    )
    assert response.status_code == 200
