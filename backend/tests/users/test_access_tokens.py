"""Access tokens: only our own tokens of an active session are accepted."""

import base64
import json
import time
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId
from jose import jwt

from tests.support.api_user import ApiUser
from tests.support.responses import problem_of
from tests.support.servers import JWT_SECRET, Api


def claims_of(api_user: ApiUser) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(api_user.access_token))


def sign(claims: dict[str, Any], secret: str = JWT_SECRET, algorithm: str = "HS256") -> str:
    return str(jwt.encode(claims, secret, algorithm=algorithm))


async def assert_rejected(api_user: ApiUser, token: str) -> None:
    response = await replace(api_user, access_token=token).call("GET", "/users")
    problem_of(response, 401, "not_signed_in")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_an_access_token_has_the_expected_claims(api: Api, readonly_user: ApiUser) -> None:
    claims = claims_of(readonly_user)
    assert claims.keys() == {"sub", "sid", "iss", "aud", "iat", "exp", "typ"}
    assert claims["sub"] == readonly_user.id
    assert claims["exp"] - claims["iat"] == 900
    assert abs(claims["iat"] - time.time()) < 60


async def test_a_token_with_the_same_claims_is_accepted(readonly_user: ApiUser) -> None:
    """This proves that the tokens below are rejected because of their changes alone."""
    response = await replace(readonly_user, access_token=sign(claims_of(readonly_user))).call("GET", "/users")
    assert response.status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 1},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": "9" * 5000},
        {"exp": [[1]]},
        {"iat": float("inf")},
        {"nbf": float("inf")},
        {"aud": "someone-else"},
        {"iss": "someone-else"},
        {"typ": "refresh"},
        {"sub": str(ObjectId())},
        {"sub": "nobody"},
        {"sid": str(ObjectId())},
        {"sid": "none"},
        {"sid": None},
        {"sid": 7},
        {"sid": {"$ne": None}},
    ],
)
async def test_a_token_with_other_claims_is_rejected(readonly_user: ApiUser, changes: dict[str, object]) -> None:
    await assert_rejected(readonly_user, sign(claims_of(readonly_user) | changes))


@pytest.mark.parametrize("claim", ["sub", "sid", "iss", "aud", "iat", "exp", "typ"])
async def test_a_token_with_a_missing_claim_is_rejected(readonly_user: ApiUser, claim: str) -> None:
    claims = claims_of(readonly_user)
    del claims[claim]
    await assert_rejected(readonly_user, sign(claims))


async def test_a_token_signed_with_another_secret_is_rejected(readonly_user: ApiUser) -> None:
    await assert_rejected(
        readonly_user, sign(claims_of(readonly_user), secret="a secret of somebody else's, also long enough")
    )


async def test_a_token_signed_with_another_algorithm_is_rejected(readonly_user: ApiUser) -> None:
    await assert_rejected(readonly_user, sign(claims_of(readonly_user), algorithm="HS512"))


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u", "kid"])
async def test_a_key_in_the_header_of_a_token_is_not_trusted(readonly_user: ApiUser, header: str) -> None:
    """RFC 7515, section 4.1: a header may name a key, which must not be trusted."""
    secret = "a key of the attacker's own, long enough"
    own_key = {"kty": "oct", "k": base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")}
    named = own_key if header == "jwk" else "https://attacker.example/key"
    await assert_rejected(readonly_user, str(jwt.encode(claims_of(readonly_user), secret, headers={header: named})))


async def test_an_unsigned_token_is_rejected(readonly_user: ApiUser) -> None:
    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    await assert_rejected(readonly_user, f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims_of(readonly_user))}.")


async def test_a_token_with_replaced_claims_is_rejected(api: Api, readonly_user: ApiUser) -> None:
    other = await ApiUser.sign_up(api)
    header, _, signature = readonly_user.access_token.split(".")
    await assert_rejected(readonly_user, f"{header}.{other.access_token.split('.')[1]}.{signature}")


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "e30.e30.", "x" * 5_000, "null"])
async def test_a_malformed_token_is_rejected(readonly_user: ApiUser, token: str) -> None:
    await assert_rejected(readonly_user, token)


@pytest.mark.parametrize("depth", [500, 1_000, 4_000])
@pytest.mark.parametrize("nested", ['{"alg": %s}', "%s"])
async def test_a_token_with_nested_lists_in_its_header_is_rejected(
    readonly_user: ApiUser, nested: str, depth: int
) -> None:
    """The parser's recursion has a limit."""
    header = base64.urlsafe_b64encode((nested % ("[" * depth + "]" * depth)).encode()).decode()
    await assert_rejected(readonly_user, f"{header}.e30.e30")


@pytest.mark.parametrize(
    "header", [b"", b"Bearer", b"Bearer \xff\xfe", "Bearer é.é.é".encode(), b"Basic YTpi", b"Bearer a b"]
)
async def test_any_other_authorization_header_is_rejected(api: Api, header: bytes) -> None:
    response = await api.http.get("/users", headers={b"Authorization": header})
    problem_of(response, 401, "not_signed_in")


async def test_a_refresh_token_is_not_an_access_token(readonly_user: ApiUser) -> None:
    await assert_rejected(readonly_user, readonly_user.refresh_token)


@pytest.mark.parametrize("path", ["/users", "/api/messages", "/api/messages/0123456789abcdef01234567"])
async def test_personal_resources_require_a_session(api: Api, path: str) -> None:
    problem_of(await api.http.get(path), 401, "not_signed_in")


async def test_authentication_is_checked_before_the_body(api: Api) -> None:
    """Only signed-in users learn what is wrong with a body."""
    problem_of(await api.post("/api/messages", {"message": {}}), 401, "not_signed_in")
