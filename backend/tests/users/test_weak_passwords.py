"""New passwords that are easy to guess are refused."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from passlib.handlers.argon2 import argon2
from pymongo import AsyncMongoClient

from mysms.users.password_rules import ONLY_CONTEXT, TOO_COMMON, find_faults
from tests.support.api_user import PASSWORD, ApiUser, Json, register, sign_in
from tests.support.mail_server import MailServer, token_of
from tests.support.processes import BACKEND
from tests.support.responses import field_errors
from tests.support.servers import Api, Mongo, Start
from tests.users.conftest import mail_settings

EMAIL = "ada.lovelace@engines.example.com"
TOO_SHORT = "is too short (minimum is 8 characters)"
LIST = BACKEND / "mysms" / "users" / "common_passwords.txt"

COMMON = {
    "in the list": ["password", "12345678", "iloveyou", "qwertyuiop", "1qaz2wsx", "trustno1"],
    "in another case": ["PASSWORD", "Password", "iLoveYou"],
    "in another width": ["ｐａｓｓｗｏｒｄ", "１２３４５６７８"],
    "with white space around": [" password", "password\u3000", "\t12345678\n"],
    "white space": [" " * 8, "\u3000" * 8, " \t" * 8, "\xa0" * 9],
    "repeats": ["a" * 8, "🔑" * 8, "ab" * 6, "xyq!" * 3, "xyq!xyq!xy", "aaaabbbb", "111222333", "passwordpassword"],
    "sequences": ["23456789", "98765432", "cdefghijk", "абвгдежз", "abcd1234", "abcdefABC", "aabbccddee", "0987654321"],
    "decorated": ["Password1!", "p a s s w o r d", "qwerty1!", "a       ", "pass    ", "aaaaaaab", "0000000a"],
    "digits and signs for letters": ["P@ssword", "letmein!", "pa55w0rd!"],
    "letters that look alike": [
        "p\N{CYRILLIC SMALL LETTER A}ssword",
        "iloveyou".replace("o", "\N{GREEK SMALL LETTER OMICRON}"),
    ],
    "dates": ["19900101", "2026-11-26", "26.11.2026"],
    "words with a year or number": ["Summer2026", "Winter2025!", "admin2026", "sms12345", "twilio12"],
    "repeats with one more letter": ["12121212a"],
    "backwards": ["drowssap"],
    "rows of keys": ["!@#$%^&*", "asdfghjk", "lkjhgfdsa", "qwertasdfg", "azertyuiop", "poiuztrewq"],
}
CONTEXT = {
    "the email": [EMAIL, EMAIL.upper(), "ada.lovelace", "engines.example.com", "lovelace1815", "Ada-Lovelace!"],
    "the email in another form": ["@dalovelace", "a d a l o v e l a c e", "ecalevol", "l0vel4ce"],
    "the product": [
        "mysms123",
        "MySMS!!!",
        "my-sms-messenger".replace("-", ""),
        "mysms messenger 2026",
        "ｍｙｓｍｓ１２３",
    ],
    "both": ["ada@mysms", "mysms4lovelace", "lovelace_messenger"],
}
GOOD = [
    PASSWORD,
    "staple the battery",
    "x1Q$k9zW",
    "pässwörd 🔑",
    "mysms is what I use",
    "lovelace likes tea",
    "password of mine",
    "x1Q$k9zWx1Q$k9zW",
    "abc and 1234 and then",
    "summer of 2026 in Bern",
    "20 winters, 25 summers",
    "born 1990 in april",
    "пароль для работы",
]


def named(groups: dict[str, list[str]]) -> list[str]:
    return [password for group in groups.values() for password in group]


@pytest.mark.parametrize("password", named(COMMON))
def test_a_common_password_is_found(password: str) -> None:
    assert find_faults(password, EMAIL) == [TOO_COMMON]


@pytest.mark.parametrize("password", named(CONTEXT))
def test_a_password_of_context_words_is_found(password: str) -> None:
    assert ONLY_CONTEXT in find_faults(password, EMAIL)


@pytest.mark.parametrize("password", GOOD)
def test_another_password_is_good(password: str) -> None:
    assert find_faults(password, EMAIL) == []


def test_short_parts_of_an_email_are_no_words() -> None:
    assert find_faults("a-bb-co-99", "a.bb@co.de") == []


def test_the_list_has_the_form_in_which_passwords_are_looked_up() -> None:
    passwords = LIST.read_text(encoding="utf-8").splitlines()
    assert len(passwords) > 10_000
    assert passwords == sorted(set(passwords))
    assert all(len(each) >= 8 and find_faults(each, "") for each in passwords)


def test_the_package_contains_the_list_and_its_licence(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "flit_core.wheel", str(BACKEND), "--outdir", str(tmp_path)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = set(zipfile.ZipFile(wheel).namelist())
    assert {"mysms/users/common_passwords.txt", "mysms/users/common_passwords.LICENSE.txt"} <= files


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"password": "password"}, {"password": [TOO_COMMON]}),
        ({"password": "1234567"}, {"password": [TOO_SHORT, TOO_COMMON]}),
        ({"password": "1" * 129}, {"password": ["is too long (maximum is 128 characters)", TOO_COMMON]}),
        ({"password": "\ud800" * 8}, {"password": ["contains an invalid character", TOO_COMMON]}),
        ({"password": "mysms123"}, {"password": [ONLY_CONTEXT]}),
        ({"password": "messenger"}, {"password": [TOO_COMMON, ONLY_CONTEXT]}),
        ({"password": EMAIL, "email": EMAIL}, {"password": [ONLY_CONTEXT]}),
        (
            {"password": "lovelace@@@", "email": "lovelace@@@"},
            {"password": [TOO_COMMON, ONLY_CONTEXT], "email": ["is invalid"]},
        ),
        (
            {"password": "password", "password_confirmation": "other", "email": "nobody"},
            {
                "email": ["is invalid"],
                "password": [TOO_COMMON],
                "password_confirmation": ["doesn't match Password"],
            },
        ),
        ({"email": "nobody"}, {"email": ["is invalid"]}),
        ({"email": 7, "password": "mysms123"}, {"email": ["must be a string"], "password": [ONLY_CONTEXT]}),
    ],
)
async def test_a_sign_up_with_a_weak_password_is_rejected_with_all_reasons(
    api: Api, fields: dict[str, object], errors: dict[str, list[str]]
) -> None:
    assert field_errors(await register(api, **fields)) == errors


async def test_a_taken_email_is_reported_together_with_a_weak_password(api: Api, readonly_user: ApiUser) -> None:
    taken = {"email": ["has already been taken"]}
    answer = await register(api, email=readonly_user.email, password=readonly_user.email)
    assert field_errors(answer) == {**taken, "password": [ONLY_CONTEXT]}
    assert field_errors(await register(api, email=readonly_user.email)) == taken


@pytest.mark.parametrize(
    ("current", "password", "errors"),
    [
        (PASSWORD, "password", {"password": [TOO_COMMON]}),
        (PASSWORD, "{email}", {"password": [ONLY_CONTEXT]}),
        ("wrong", "{email}", {"password": [ONLY_CONTEXT], "current_password": ["is invalid"]}),
        ("wrong", "another good one", {"current_password": ["is invalid"]}),
    ],
)
async def test_a_change_to_a_weak_password_is_rejected(
    readonly_user: ApiUser, current: str, password: str, errors: dict[str, list[str]]
) -> None:
    new = password.format(email=readonly_user.email)
    user = {"current_password": current, "password": new, "password_confirmation": new}
    assert field_errors(await readonly_user.call("PUT", "/users/password", json={"user": user})) == errors
    assert (await sign_in(readonly_user.api, readonly_user.email)).status_code == 201


async def test_a_reset_to_a_weak_password_is_rejected_and_does_not_use_up_the_token(
    start: Start, mail_server: MailServer
) -> None:
    async with start(**mail_settings(mail_server)) as api:
        owner = await ApiUser.sign_up(api)
        await api.post("/users/password_reset", {"user": {"email": owner.email}})
        token = token_of((await mail_server.wait_for(owner.email))[0])
        for password, status in (("password", 422), (owner.email, 422), ("staple the battery", 204)):
            user = {"token": token, "password": password, "password_confirmation": password}
            answer = await api.http.put("/users/password_reset", json={"user": user})
            assert answer.status_code == status, answer.text
        assert (await sign_in(api, owner.email, "staple the battery")).status_code == 201


async def test_an_account_that_has_a_weak_password_can_still_sign_in(
    api: Api, api_user: ApiUser, mongodb: Mongo
) -> None:
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        weak = {"$set": {"password_hash": argon2.hash("password")}}
        await client.get_default_database()["users"].update_one({"email": api_user.email}, weak)
    signed_in = await sign_in(api, api_user.email, "password")
    assert signed_in.status_code == 201
    owner = ApiUser.from_response(api, signed_in.json())
    change = {"current_password": "password", "password": PASSWORD, "password_confirmation": PASSWORD}
    assert (await owner.call("PUT", "/users/password", json={"user": change})).status_code == 200
