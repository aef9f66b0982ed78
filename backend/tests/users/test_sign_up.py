"""POST /users."""

import re

import pytest

from tests.support.api_user import ApiUser, new_email, register, sign_in
from tests.support.invitations import invite
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Start

MISMATCH = {"password_confirmation": ["doesn't match Password"]}
TOO_SHORT = {"password": ["is too short (minimum is 8 characters)"]}
TAKEN = {"email": ["has already been taken"]}
ALL_BLANK = {name: ["can't be blank"] for name in ("email", "password", "password_confirmation")}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_signing_up_returns_the_account_and_its_tokens(api: Api) -> None:
    email = new_email()
    response = await register(api, email=email)

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert body.keys() == {
        "_id",
        "email",
        "created_at",
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
    }
    assert re.fullmatch(r"[0-9a-f]{24}", body["_id"])
    assert body["email"] == email
    assert TIME.fullmatch(body["created_at"])
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)


async def test_an_email_is_stored_in_lower_case_and_trimmed(api: Api) -> None:
    email = new_email()
    response = await register(api, email=f"  {email.upper()} ")
    assert response.json()["email"] == email


@pytest.mark.parametrize("written", [str, str.upper, str.title, lambda email: f" {email} "])
async def test_an_email_can_be_taken_only_once_in_any_spelling(
    api: Api, readonly_user: ApiUser, written: object
) -> None:
    assert callable(written)
    response = await register(api, email=written(readonly_user.email))
    assert field_errors(response) == {"email": ["has already been taken"]}


@pytest.mark.parametrize("domain", ["office.local", "example.test", "localhost", "mail.invalid", "münchen.example"])
async def test_any_email_domain_is_accepted(api: Api, domain: str) -> None:
    email = new_email().replace("example.com", domain)
    assert (await register(api, email=email)).status_code == 201
    assert (await sign_in(api, email)).status_code == 201


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "can't be blank"),
        ("   ", "can't be blank"),
        ("nobody", "is invalid"),
        ("a@", "is invalid"),
        ("@example.com", "is invalid"),
        ("a b@example.com", "is invalid"),
        ("a@example..com", "is invalid"),
        ("a\x00b@example.com", "is invalid"),
        ("x" * 250 + "@example.com", "is too long (maximum is 254 characters)"),
        ("\u0301" * 1_000, "is too long (maximum is 254 characters)"),
        ("\ud800@example.com", "contains an invalid character"),
        (None, "must be a string"),
        (7, "must be a string"),
        (True, "must be a string"),
        (["a@example.com"], "must be a string"),
        ({"$ne": ""}, "must be a string"),
    ],
)
async def test_an_invalid_email_is_rejected(api: Api, email: object, sentence: str) -> None:
    assert field_errors(await register(api, email=email)) == {"email": [sentence]}


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "can't be blank"),
        ("x1Q$k9z", "is too short (minimum is 8 characters)"),
        ("long " * 25 + "enough", "is too long (maximum is 128 characters)"),
        ("x" * 5_000, "is too long (maximum is 128 characters)"),
        ("\ud800x1Q$k9z", "contains an invalid character"),
        (12345678, "must be a string"),
        (None, "must be a string"),
    ],
)
async def test_an_invalid_password_is_rejected(api: Api, password: object, sentence: str) -> None:
    response = await register(api, password=password, password_confirmation="whatever")
    assert field_errors(response) == {"password": [sentence], **MISMATCH}


@pytest.mark.parametrize(
    "password", ["x1Q$k9zW", "long " * 25 + "one", "pässwörd 🔑", "with\x00a zero byte", "       1x and more"]
)
async def test_any_other_password_is_accepted_and_signs_in(api: Api, password: str) -> None:
    email = new_email()
    assert (await register(api, email=email, password=password)).status_code == 201
    assert (await sign_in(api, email, password)).status_code == 201


@pytest.mark.parametrize("confirmation", ["", "correct horse batterY", "\x00"])
async def test_the_confirmation_must_match(api: Api, confirmation: str) -> None:
    response = await register(api, password_confirmation=confirmation)
    assert field_errors(response) == MISMATCH


async def test_all_fields_are_validated_at_once(api: Api) -> None:
    response = await api.post("/users", {"user": {"email": "nobody", "password": "short", "admin": True}})
    assert field_errors(response) == {
        "email": ["is invalid"],
        "password": ["is too short (minimum is 8 characters)"],
        "password_confirmation": ["can't be blank"],
        "admin": ["is not a known field"],
    }


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"password": "short", "password_confirmation": "other"}, {**TOO_SHORT, **MISMATCH}),
        ({"password": "", "password_confirmation": "other"}, {"password": ["can't be blank"], **MISMATCH}),
        ({"password": "short"}, TOO_SHORT),
        (
            {"password": "short", "password_confirmation": 7},
            {**TOO_SHORT, "password_confirmation": ["must be a string"]},
        ),
        (
            {"email": "nobody", "password": "short", "password_confirmation": "other"},
            {"email": ["is invalid"], **TOO_SHORT, **MISMATCH},
        ),
    ],
)
async def test_an_invalid_field_does_not_hide_other_errors(
    api: Api, fields: dict[str, object], errors: dict[str, list[str]]
) -> None:
    assert field_errors(await register(api, **fields)) == errors


async def test_a_taken_email_is_reported_together_with_other_errors(api: Api, readonly_user: ApiUser) -> None:
    answer = await register(api, email=readonly_user.email.upper(), password="short", password_confirmation="other")
    assert field_errors(answer) == {**TAKEN, **TOO_SHORT, **MISMATCH}


async def test_an_invalid_invitation_is_reported_together_with_other_errors(start: Start) -> None:
    async with start(SIGNUP_MODE="invite", SETUP_CODE="let me in") as api:
        taken = ApiUser.from_response(api, (await register(api, invite_code="let me in")).json()).email
        code = await invite(api.mongodb_uri)
        refused = {"email": taken, "password": "short", "password_confirmation": "other"}
        form = {**TOO_SHORT, **MISMATCH}
        blank, wrong = {"invite_code": ["can't be blank"]}, {"invite_code": ["is not valid"]}
        too_long = {"invite_code": ["is too long (maximum is 100 characters)"]}
        # Only the holder of an invitation learns that an email is taken.
        assert field_errors(await register(api, **refused)) == {**blank, **form}
        assert field_errors(await register(api, **refused, invite_code="guess")) == {**wrong, **form}
        assert field_errors(await register(api, **refused, invite_code="x" * 101)) == {**too_long, **form}
        assert field_errors(await register(api, **refused, invite_code=code)) == {**TAKEN, **form}
        assert field_errors(await register(api, email=taken, invite_code=code)) == TAKEN
        # The invitation is still valid.
        assert (await register(api, invite_code=code)).status_code == 201
        assert field_errors(await register(api, invite_code=code)) == wrong


async def test_closed_sign_up_is_reported_even_for_an_invalid_form(start: Start) -> None:
    async with start(SIGNUP_MODE="closed") as api:
        problem_of(await register(api, password="short"), 403, "sign_up_closed")


async def test_rejected_forms_count_towards_the_rate_limit(start: Start) -> None:
    async with start(SIGNUP_MODE="invite", AUTH_ATTEMPTS_PER_MINUTE="3") as api:
        await wait_for_fresh_window(60)
        answers = [await register(api, password="short", invite_code=f"guess {index}") for index in range(4)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 429]


async def test_a_rejected_sign_up_creates_no_account(api: Api) -> None:
    email = new_email()
    assert (await register(api, email=email, password_confirmation="other")).status_code == 422
    assert (await register(api, email=email)).status_code == 201


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"user": ["can't be blank"]}),
        ({"user": None}, {"user": ["must be an object"]}),
        ({"user": []}, {"user": ["must be an object"]}),
        ({"user": "ada"}, {"user": ["must be an object"]}),
        ([], {"body": ["must be an object"]}),
        ("text", {"body": ["must be an object"]}),
        (None, {"body": ["must be an object"]}),
        ({"user": {}, "admin": True}, {"admin": ["is not a known field"], **ALL_BLANK}),
        ({"user": {"\ud800": 1}}, {"user": ["contains an invalid character"]}),
    ],
)
async def test_the_envelope_is_required(api: Api, body: object, errors: dict[str, list[str]]) -> None:
    assert field_errors(await api.post("/users", body)) == errors
