"""Parameters: decoded once, taken from one place only, and never interpreted."""

import pytest

from tests.support.api_user import ApiUser, new_number, register, sign_in
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api


async def test_a_repeated_parameter_counts_once(api_user: ApiUser) -> None:
    mine, other = new_number(), new_number()
    message = await api_user.send_accepted(mine)
    await api_user.send_accepted(other)
    query = f"peer_number={other.replace('+', '%2B')}&peer_number={mine.replace('+', '%2B')}"
    response = await api_user.call("GET", f"/api/messages?{query}")
    assert [each["_id"] for each in response.json()] == [message["_id"]]
    assert response.headers["X-Total-Count"] == "1"


async def test_a_field_of_the_body_is_not_taken_from_elsewhere(api: Api) -> None:
    credentials = {"email": "ada@example.com", "password": "correct horse"}
    response = await api.http.post("/users/sign_in", params=credentials, headers=credentials, json={"user": {}})
    assert field_errors(response).keys() == {"email", "password"}
    response = await api.http.post("/users/token", params={"grant_type": "password"}, data={"username": "ada"})
    problem_of(response, 400, "unsupported_grant_type")


async def test_a_token_is_accepted_in_its_header_only(readonly_user: ApiUser) -> None:
    """A URL gets into histories and logs."""
    token = readonly_user.access_token
    http = readonly_user.api.http
    for name in ("access_token", "token", "authorization", "Authorization"):
        for value in (token, f"Bearer {token}"):
            problem_of(await http.get("/users", params={name: value}), 401, "not_signed_in")
            problem_of(await http.get("/users", headers={"Cookie": f"{name}={value}"}), 401, "not_signed_in")
    assert (await readonly_user.call("GET", "/users")).status_code == 200


@pytest.mark.parametrize(
    "text", ["%2541", "%41", "&lt;b&gt;", "\\u0041", "+1+1", "=?utf-8?q?=41?=", "{0.__class__}%s%n{{7*7}}${7*7}"]
)
async def test_a_text_is_decoded_once(api_user: ApiUser, text: str) -> None:
    message = await api_user.send_accepted(new_number(), text)
    assert (await api_user.detail(message["_id"]))["content"] == text
    assert [each["content"] for each in await api_user.list(search=text)] == [text]


@pytest.mark.parametrize("name", ["{0.__class__.__init__.__globals__}", "%s%n%(x)s", "{", "$where", "__proto__"])
async def test_the_name_of_an_unknown_field_is_only_a_name(readonly_user: ApiUser, name: str) -> None:
    for path, envelope in (("/users", "user"), ("/api/messages", "message")):
        response = await readonly_user.call("POST", path, json={envelope: {name: name}})
        assert field_errors(response)[name] == ["is not a known field"]


@pytest.mark.parametrize("operator", [{"$ne": ""}, {"$gt": ""}, {"$regex": ".*"}, {"$where": "1"}, ["a"], 1, True])
async def test_a_query_operator_is_no_value(readonly_user: ApiUser, operator: object) -> None:
    api, email = readonly_user.api, readonly_user.email
    assert field_errors(await sign_in(api, email, operator)).keys() == {"password"}
    assert field_errors(await sign_in(api, operator)).keys() == {"email"}
    assert "email" in field_errors(await register(api, email=operator))
    assert "invite_code" in field_errors(await register(api, invite_code=operator))
    body = {"message": {"recipient_number": operator, "content": operator}}
    response = await readonly_user.call("POST", "/api/messages", json=body)
    assert field_errors(response).keys() == {"recipient_number", "content"}


@pytest.mark.parametrize("name", ["peer_number[$ne]", "search[$regex]", "before[$gt]", "$where"])
async def test_a_query_operator_is_no_parameter(api_user: ApiUser, name: str) -> None:
    await api_user.send_accepted(new_number())
    response = await api_user.call("GET", "/api/messages", params={name: "1"})
    assert len(response.json()) == 1, "an unknown parameter is ignored"
