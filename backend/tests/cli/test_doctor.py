"""`mysms doctor`: it finds what is wrong, says how to mend it, and changes nothing."""

import asyncio
import gc
import itertools
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from mysms.cli.doctor import CheckFailedError, check_account, check_browser, check_callback, check_database
from mysms.core.settings import Settings
from tests.support.api_user import ApiUser, new_number
from tests.support.intercepting_proxy import InterceptedRequest, forward, intercepting_proxy
from tests.support.processes import Process, clean_environment, free_port
from tests.support.servers import (
    AUTH_TOKEN,
    Api,
    Mongo,
    Simulator,
    Start,
    api_environment,
    callback_url_of,
)

NOBODY = "http://127.0.0.1:9"
UNREACHABLE = "mongodb://127.0.0.1:9/mysms"


async def doctor(directory: Path, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Its exit code, and what it says."""
    process = Process(f"doctor-{next(_runs)}", ["mysms", "doctor"], directory, environment)
    code = await process.wait_for_exit()
    return code, process.text().splitlines()


_runs = itertools.count(1)


async def contents(mongodb_uri: str) -> dict[str, list[Any]]:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client.get_default_database()
        return {name: await database[name].find().to_list() for name in await database.list_collection_names()}


async def test_all_is_well_and_nothing_is_changed(start: Start, tmp_path: Path) -> None:
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        message = await api_user.send_accepted(new_number())
        await api_user.eventually(message["_id"], "delivered")
        before = await contents(api.mongodb_uri)
        code, lines = await doctor(tmp_path, api.environment)
        assert await contents(api.mongodb_uri) == before
        assert await api.metric("mysms_callbacks_total", result="without_status") == 1
        assert await api.metric("mysms_callbacks_total", result="bad_signature") == 1
    assert (code, [line.split()[:2] for line in lines]) == (
        0,
        [["ok", name] for name in ("settings", "browser", "database", "twilio", "callback")],
    )
    assert AUTH_TOKEN not in "".join(lines)


async def test_everything_that_is_wrong_is_found_at_once(tmp_path: Path, simulator: Simulator) -> None:
    environment = api_environment(
        port=free_port(),
        mongodb_uri=UNREACHABLE,
        twilio_url=simulator.url,
        TWILIO_AUTH_TOKEN="another",
        FRONTEND_DIST=str(tmp_path),
    )
    code, lines = await doctor(tmp_path, environment)
    marks = [line.split()[:2] for line in lines]
    names = ("browser", "database", "twilio", "callback")
    assert (code, marks) == (1, [["ok", "settings"], *(["wrong", name] for name in names)])
    assert "Traceback" not in "".join(lines)


async def test_without_settings_it_names_them(tmp_path: Path) -> None:
    code, lines = await doctor(tmp_path, clean_environment(MONGODB_URI=UNREACHABLE, ENVIRONMENT="production"))
    assert code == 1
    said = ("JWT_SECRET is missing.", "TWILIO_ACCOUNT_SID is missing.", "TWILIO_AUTH_TOKEN is missing.")
    assert [line for line in lines if any(sentence in line for sentence in said)] == lines[:3]
    assert all(line.startswith("wrong  settings  ") and ".env.example" in line for line in lines)


def settings_of(api: Api | None = None, **changes: object) -> Settings:
    """The settings of a running API, with these changes."""
    environment = (
        api.environment if api else api_environment(port=free_port(), mongodb_uri=UNREACHABLE, twilio_url=NOBODY)
    )
    known = {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}
    return Settings(_env_file=None, **{**known, **changes})  # type: ignore[arg-type]


def wrong(check: Callable[[Settings], str], settings: Settings) -> CheckFailedError:
    with pytest.raises(CheckFailedError) as found:
        check(settings)
    assert found.value.said
    assert found.value.remedy
    return found.value


def test_an_insecure_origin_in_production() -> None:
    production: dict[str, Any] = {"environment": "production", "reconcile_after_seconds": 60}
    assert "without https" in wrong(check_browser, settings_of(cors_origins="http://a.example", **production)).said
    assert check_browser(settings_of(cors_origins="http://localhost:4200,https://a.example", **production))


def test_a_folder_without_the_app(tmp_path: Path) -> None:
    assert "no index.html" in wrong(check_browser, settings_of(frontend_dist=tmp_path)).said
    (tmp_path / "index.html").touch()
    assert check_browser(settings_of(frontend_dist=tmp_path)).startswith("The SPA is served from this server")


# The driver forgets the socket of a connection that is being made when its client is closed.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("uri", [UNREACHABLE, "http://localhost"])
async def test_a_database_that_is_not_there(uri: str) -> None:
    assert "MONGODB_URI" in (await asyncio.to_thread(wrong_database, settings_of(mongodb_uri=uri))).remedy
    gc.collect()


def wrong_database(settings: Settings) -> CheckFailedError:
    return wrong(lambda given: asyncio.run(check_database(given)), settings)


async def test_a_database_that_refuses_and_one_for_development(mongodb: Mongo) -> None:
    if mongodb.process is not None:
        with_credentials = mongodb.uri.replace("mongodb://", "mongodb://somebody:secret@")
        found = await asyncio.to_thread(wrong_database, settings_of(mongodb_uri=with_credentials))
        assert "rejects requests" in found.said
        assert "secret" not in found.said + found.remedy
        production: dict[str, Any] = {"environment": "production", "reconcile_after_seconds": 60}
        found = await asyncio.to_thread(wrong_database, settings_of(mongodb_uri=mongodb.uri, **production))
        assert "development database" in found.said
    assert "durable write" in await check_database(settings_of(mongodb_uri=mongodb.uri))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"twilio_auth_token": "wrong"}, "rejects"),
        ({"twilio_account_sid": "AC" + "f" * 32}, "rejects"),
        ({"twilio_from_number": "+14155550100"}, "does not own +14155550100"),
        ({"twilio_from_number": "+15005550007"}, "+15005550007 cannot send SMS"),
        ({"twilio_api_base_url": NOBODY}, "does not respond"),
        ({"environment": "production", "reconcile_after_seconds": 60}, "the simulator"),
    ],
)
async def test_an_account_that_cannot_send(simulator: Simulator, changes: dict[str, Any], said: str) -> None:
    settings = settings_of(**{"twilio_api_base_url": simulator.url, **changes})
    assert said in (await asyncio.to_thread(wrong, check_account, settings)).said


async def test_that_sending_is_switched_off_is_worth_a_word(simulator: Simulator) -> None:
    for enabled, said in ((True, False), (False, True)):
        settings = settings_of(twilio_api_base_url=simulator.url, sending_enabled=enabled)
        assert ("SENDING_ENABLED is off" in await asyncio.to_thread(check_account, settings)) is said


async def test_a_callback_url_that_twilio_does_not_call() -> None:
    assert "does not call" in wrong(check_callback, settings_of(twilio_api_base_url="")).said
    assert "polled with backoff" in check_callback(settings_of(twilio_status_callback_url=None))


async def examined(start: Start, change: Callable[[Api, InterceptedRequest], Awaitable[str]]) -> CheckFailedError | str:
    """What the doctor says of a callback URL that leads over somebody on the way."""
    behind: list[Api] = []

    async def answer(post: InterceptedRequest) -> str:
        return await change(behind[0], post)

    async with (
        intercepting_proxy(answer) as public,
        start(TWILIO_STATUS_CALLBACK_URL=callback_url_of(public)) as api,
    ):
        behind.append(api)
        try:
            return await asyncio.to_thread(check_callback, settings_of(api))
        except CheckFailedError as error:
            return error


async def as_it_comes(api: Api, post: InterceptedRequest) -> str:
    return await forward(api, post)


async def without_query(api: Api, post: InterceptedRequest) -> str:
    return await forward(api, InterceptedRequest(post.target.partition("?")[0], post.signature, post.body))


async def with_another_query(api: Api, post: InterceptedRequest) -> str:
    return await forward(
        api, InterceptedRequest(post.target.replace("&attempt", "&utm=1&attempt"), post.signature, post.body)
    )


async def without_blanks(api: Api, post: InterceptedRequest) -> str:
    return await forward(api, InterceptedRequest(post.target, post.signature, post.body.replace(b"&Blank=", b"")))


async def elsewhere(api: Api, post: InterceptedRequest) -> str:
    return f"301 Moved\r\nLocation: {api.url}{post.target}"


async def thankful(_: Api, __: InterceptedRequest) -> str:
    return "204 No Content"


async def broken(_: Api, __: InterceptedRequest) -> str:
    return "502 Bad Gateway"


async def strange(_: Api, __: InterceptedRequest) -> str:
    return "404 Not Found"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_query, "removes the query"),
        (with_another_query, "rejects callbacks that Twilio signed"),
        (without_blanks, "rejects callbacks that Twilio signed"),
        (elsewhere, "redirects (301)"),
        (thankful, "accepts forged callbacks too"),
        (broken, "has an error (502)"),
        (strange, "responds with 404"),
    ],
)
async def test_somebody_on_the_way_spoils_reports(
    start: Start, change: Callable[[Api, InterceptedRequest], Awaitable[str]], said: str
) -> None:
    found = await examined(start, change)
    assert isinstance(found, CheckFailedError)
    assert said in found.said
    assert found.remedy


async def test_somebody_on_the_way_who_passes_all_on_is_no_trouble(start: Start) -> None:
    assert "accepts callbacks that Twilio signed" in str(await examined(start, as_it_comes))


async def test_a_callback_url_where_nobody_is() -> None:
    found = wrong(check_callback, settings_of(twilio_status_callback_url=f"{NOBODY}/api/twilio/status_callback"))
    assert "does not respond" in found.said
