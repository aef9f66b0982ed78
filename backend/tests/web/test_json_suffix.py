"""The paths of the original API end in `.json`, and have the same responses."""

import pytest

from tests.support.api_user import PASSWORD, ApiUser, new_email, new_number
from tests.support.responses import problem_of
from tests.support.servers import Api


async def test_an_account_can_be_used_with_the_original_paths_alone(api: Api) -> None:
    email = new_email()
    user = {"email": email, "password": PASSWORD, "password_confirmation": PASSWORD}
    assert (await api.post("/users.json", {"user": user})).status_code == 201
    signed_in = await api.post("/users/sign_in.json", {"user": {"email": email, "password": PASSWORD}})
    assert signed_in.status_code == 201
    api_user = ApiUser.from_response(api, signed_in.json())

    draft = {"message": {"recipient_number": new_number(), "content": "Hello"}}
    sent = await api_user.call("POST", "/api/messages.json", json=draft)
    assert sent.status_code == 201
    assert [row["_id"] for row in (await api_user.call("GET", "/api/messages.json")).json()] == [sent.json()["_id"]]
    detail = await api_user.call("GET", f"/api/messages/{sent.json()['_id']}.json")
    assert detail.json()["_id"] == sent.json()["_id"]

    assert (await api_user.call("DELETE", "/users/sign_out.json")).status_code == 204


async def test_errors_are_the_same(api: Api) -> None:
    for path in ("/users", "/api/messages"):
        with_suffix, without = [await api.http.get(path + suffix) for suffix in (".json", "")]
        assert with_suffix.status_code == without.status_code == 401
        assert with_suffix.json() == without.json()


@pytest.mark.parametrize("path", ["/api/messages.json.json", "/users.jsonx", "/api/nothing.json", "/up.json"])
async def test_other_paths_have_no_suffix(api: Api, path: str) -> None:
    problem_of(await api.http.get(path), 404, "not_found")


async def test_the_next_link_works_from_a_path_with_a_suffix(api: Api, api_user: ApiUser) -> None:
    for _ in range(2):
        await api_user.send_accepted(new_number())
    first = await api_user.call("GET", "/api/messages.json", params={"limit": 1})
    second = await api_user.call("GET", first.links["next"]["url"])
    assert [len(page.json()) for page in (first, second)] == [1, 1]
    assert first.json() != second.json()
    assert "next" not in second.links


async def test_paths_with_a_suffix_are_not_documented(api: Api) -> None:
    assert not [path for path in api.contract.document["paths"] if path.endswith(".json")]
