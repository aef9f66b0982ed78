"""`mysms doctor`: finds problems, suggests remedies, and changes nothing but what --fix asks for."""

import asyncio
import gc
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from mysms.cli.doctor import (
    CheckFailedError,
    check_account,
    check_browser,
    check_callback,
    check_database,
    check_inbound,
    check_mail,
    check_pictures,
    check_process,
    check_receiver,
)
from mysms.core.settings import Settings
from mysms.providers.diagnostics import AccountReport
from tests.support.api_user import ApiUser, new_number
from tests.support.intercepting_proxy import InterceptedRequest, forward, intercepting_proxy
from tests.support.mail_server import running_mail_server
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

ALL_CHECKS = (
    "settings",
    "browser",
    "database",
    "twilio",
    "callback",
    "pictures",
    "inbound",
    "receiver",
    "mail",
    "process",
)
UNREACHABLE_URL = "http://127.0.0.1:9"
UNREACHABLE_DATABASE = "mongodb://127.0.0.1:9/mysms"


async def doctor(directory: Path, environment: Mapping[str, str], *options: str) -> tuple[int, list[str]]:
    """Run the doctor. Returns its exit code and the lines of its output."""
    process = Process(f"doctor-{next(_runs)}", ["mysms", "doctor", *options], directory, environment)
    code = await process.wait_for_exit()
    return code, process.text().splitlines()


_runs = itertools.count(1)


def inbound_url_of(api: Api) -> str:
    return f"{api.url}/api/twilio/inbound"


async def set_webhook(simulator: Simulator, url: str = "", application: str = "", **changes: str) -> None:
    """Set the webhook of the number, and its fallback to the same, but for these changes."""
    methods = {"sms_method": "POST", "sms_fallback_method": "POST"}
    given = {"sms_url": url, "sms_fallback_url": url, "sms_application_sid": application, **methods, **changes}
    await simulator.control.set_number(**given)


async def contents(mongodb_uri: str) -> dict[str, list[Any]]:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client.get_default_database()
        return {name: await database[name].find().to_list() for name in await database.list_collection_names()}


async def test_a_working_installation_passes_and_is_not_changed(
    start: Start, simulator: Simulator, tmp_path: Path
) -> None:
    async with start() as api:
        await set_webhook(simulator, f"{inbound_url_of(api)}#rc=5&rp=all")
        api_user = await ApiUser.sign_up(api)
        message = await api_user.send_accepted(new_number())
        await api_user.eventually(message["_id"], "delivered")
        await api_user.settled_etag("/api/messages")
        before = await contents(api.mongodb_uri)
        code, lines = await doctor(tmp_path, api.environment)
        assert await contents(api.mongodb_uri) == before
        assert await api.metric("mysms_callbacks_total", result="without_status") == 1
        assert await api.metric("mysms_callbacks_total", result="bad_signature") == 1
    assert (code, [line.split()[:2] for line in lines]) == (
        0,
        [["ok", name] for name in ALL_CHECKS],
    )
    assert AUTH_TOKEN not in "".join(lines)


async def test_all_problems_are_found_at_once(tmp_path: Path, simulator: Simulator) -> None:
    environment = api_environment(
        port=free_port(),
        mongodb_uri=UNREACHABLE_DATABASE,
        twilio_url=simulator.url,
        TWILIO_AUTH_TOKEN="another",
        SMTP_URL="smtps://user:a-secret@127.0.0.1:9",
        MAIL_FROM="mysms@example.com",
        APP_URL="http://localhost:8000",
        FRONTEND_DIST=str(tmp_path),
    )
    code, lines = await doctor(tmp_path, environment)
    marks = [line.split()[:2] for line in lines]
    # Without credentials, nobody knows where messages are posted; without the database, who receives; without an API,
    # whether it is ready.
    fine = {"settings", "inbound", "receiver", "process"}
    assert (code, marks) == (1, [["ok" if name in fine else "wrong", name] for name in ALL_CHECKS])
    assert "Traceback" not in "".join(lines)
    assert "a-secret" not in "".join(lines)


async def test_missing_settings_are_named(tmp_path: Path) -> None:
    code, lines = await doctor(tmp_path, clean_environment(MONGODB_URI=UNREACHABLE_DATABASE, ENVIRONMENT="production"))
    assert code == 1
    said = ("JWT_SECRET is missing.", "TWILIO_ACCOUNT_SID is missing.", "TWILIO_AUTH_TOKEN is missing.")
    assert [line for line in lines if any(sentence in line for sentence in said)] == lines[:3]
    assert all(line.startswith("wrong  settings  ") and ".env.example" in line for line in lines)


async def test_an_old_name_is_explained(tmp_path: Path) -> None:
    environment = api_environment(port=free_port(), mongodb_uri=UNREACHABLE_DATABASE, twilio_url=UNREACHABLE_URL)
    code, lines = await doctor(tmp_path, {**environment, "SENDING": "off"})
    sentence = f"SENDING is now called SENDING_ENABLED. Change it in the environment or in {tmp_path / '.env'}; "
    assert (code, lines) == (1, [f"wrong  settings  {sentence}.env.example describes each setting."])


def settings_of(api: Api | None = None, *, environment_name: str = "development", **changes: object) -> Settings:
    """The settings of a running API, with these changes. Production would refuse the secrets of the tests."""
    environment = (
        api.environment
        if api
        else api_environment(port=free_port(), mongodb_uri=UNREACHABLE_DATABASE, twilio_url=UNREACHABLE_URL)
    )
    known = {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}
    settings = Settings(_env_file=None, **{**known, **changes})  # type: ignore[arg-type]
    return settings.model_copy(update={"environment": environment_name})


def failure_of(check: Callable[[Settings], str], settings: Settings) -> CheckFailedError:
    with pytest.raises(CheckFailedError) as found:
        check(settings)
    assert found.value.finding
    assert found.value.remedy
    return found.value


@pytest.mark.parametrize("token", ["", "a-token-for-prometheus"])
async def test_what_the_running_api_lacks_is_named(start: Start, token: str) -> None:
    async with start(SENDING_ENABLED="off", METRICS_TOKEN=token) as api:
        failure = await asyncio.to_thread(failure_of, check_process, settings_of(api))
        assert "sending: Sending is disabled" in failure.finding
    assert "No API responds" in check_process(settings_of(api))


def test_an_insecure_origin_in_production_is_a_problem() -> None:
    production: dict[str, Any] = {"environment_name": "production"}
    without_https = settings_of(cors_origins="http://192.168.1.5", **production)
    assert "without https" in failure_of(check_browser, without_https).finding
    assert check_browser(settings_of(cors_origins="http://localhost:4200,https://a.example", **production))


def test_a_folder_without_the_app_is_a_problem(tmp_path: Path) -> None:
    assert "no index.html" in failure_of(check_browser, settings_of(frontend_dist=tmp_path)).finding
    (tmp_path / "index.html").touch()
    assert check_browser(settings_of(frontend_dist=tmp_path)).startswith("The SPA is served from this server")


# The driver leaves a socket open if its client is closed while it connects.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("uri", [UNREACHABLE_DATABASE, "http://localhost"])
async def test_an_unreachable_database_is_a_problem(uri: str) -> None:
    assert "MONGODB_URI" in (await asyncio.to_thread(database_failure, settings_of(mongodb_uri=uri))).remedy
    gc.collect()


def database_failure(settings: Settings) -> CheckFailedError:
    return failure_of(lambda given: asyncio.run(check_database(given)), settings)


async def test_wrong_credentials_and_a_development_database_are_problems(mongodb: Mongo) -> None:
    if mongodb.process is not None:
        with_credentials = mongodb.uri.replace("mongodb://", "mongodb://somebody:secret@")
        found = await asyncio.to_thread(database_failure, settings_of(mongodb_uri=with_credentials))
        assert "rejects requests" in found.finding
        assert "secret" not in found.finding + found.remedy
        production: dict[str, Any] = {"environment_name": "production"}
        found = await asyncio.to_thread(database_failure, settings_of(mongodb_uri=mongodb.uri, **production))
        assert "development database" in found.finding
    assert "encrypted" not in await check_database(settings_of(mongodb_uri=mongodb.uri))
    if mongodb.process is not None:
        looks_public = mongodb.uri.replace("127.0.0.1", "127.1")
        assert "not encrypted" in await check_database(settings_of(mongodb_uri=looks_public))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"twilio_auth_token": "wrong"}, "rejects"),
        ({"twilio_account_sid": "AC" + "f" * 32}, "rejects"),
        ({"twilio_from_number": "+14155550100"}, "does not own +14155550100"),
        ({"twilio_from_number": "+15005550007"}, "+15005550007 cannot send SMS"),
        ({"twilio_api_base_url": UNREACHABLE_URL}, "does not respond"),
        ({"environment_name": "production"}, "the simulator"),
    ],
)
async def test_an_account_that_cannot_send_is_a_problem(
    simulator: Simulator, changes: dict[str, Any], said: str
) -> None:
    settings = settings_of(**{"twilio_api_base_url": simulator.url, **changes})
    assert said in (await asyncio.to_thread(failure_of, check_account, settings)).finding


async def test_disabled_sending_is_mentioned(simulator: Simulator) -> None:
    for enabled, said in ((True, False), (False, True)):
        settings = settings_of(twilio_api_base_url=simulator.url, sending_enabled=enabled)
        assert ("SENDING_ENABLED is off" in await asyncio.to_thread(check_account, settings)) is said


async def test_a_number_that_cannot_send_pictures_is_mentioned(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(twilio_api_base_url=simulator.url)
    assert "MMS" not in await asyncio.to_thread(check_account, settings)
    report = AccountReport("active", is_trial=False, sends_sms=True, sends_mms=False)
    monkeypatch.setattr("mysms.cli.doctor.inspect_account", lambda *_: report)
    assert "cannot send MMS" in await asyncio.to_thread(check_account, settings)


async def test_pictures_that_twilio_can_fetch_are_fine(start: Start) -> None:
    async with start() as api:
        assert "Twilio can fetch pictures there" in await asyncio.to_thread(check_pictures, settings_of(api))
    assert "no pictures can be sent" in check_pictures(settings_of(twilio_status_callback_url=None))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("401 Unauthorized\r\nWWW-Authenticate: Basic realm=x", "requires a user name and password"),
        ("301 Moved\r\nLocation: /elsewhere", "responds with 301"),
        ("200 OK", "responds with 200"),
        ("404 Not Found", "responds with 404"),
        ("404 Not Found\r\nContent-Type: application/problem+json", "responds with 404"),
        ("502 Bad Gateway", "responds with 502"),
    ],
)
async def test_a_proxy_that_keeps_twilio_from_pictures_is_a_problem(answer: str, said: str) -> None:
    async def answer_all(_: InterceptedRequest) -> str:
        return answer

    async with intercepting_proxy(answer_all) as public:
        settings = settings_of(twilio_status_callback_url=callback_url_of(public))
        found = await asyncio.to_thread(failure_of, check_pictures, settings)
    assert said in found.finding
    assert "/api/twilio/media/" in found.remedy


async def test_a_callback_url_that_twilio_does_not_call_is_a_problem() -> None:
    assert "does not call" in failure_of(check_callback, settings_of(twilio_api_base_url="")).finding
    assert "polled with backoff" in check_callback(settings_of(twilio_status_callback_url=None))


async def callback_check_through(
    start: Start, change: Callable[[Api, InterceptedRequest], Awaitable[str]]
) -> CheckFailedError | str:
    """The result of the callback check for a URL that leads through a proxy with this behaviour."""
    apis: list[Api] = []

    async def answer(post: InterceptedRequest) -> str:
        return await change(apis[0], post)

    async with (
        intercepting_proxy(answer) as public,
        start(TWILIO_STATUS_CALLBACK_URL=callback_url_of(public)) as api,
    ):
        apis.append(api)
        try:
            return await asyncio.to_thread(check_callback, settings_of(api))
        except CheckFailedError as error:
            return error


async def unchanged(api: Api, post: InterceptedRequest) -> str:
    return await forward(api, post)


async def without_query(api: Api, post: InterceptedRequest) -> str:
    return await forward(api, InterceptedRequest(post.target.partition("?")[0], post.signature, post.body))


async def with_another_query(api: Api, post: InterceptedRequest) -> str:
    return await forward(
        api, InterceptedRequest(post.target.replace("&attempt", "&utm=1&attempt"), post.signature, post.body)
    )


async def without_blanks(api: Api, post: InterceptedRequest) -> str:
    return await forward(api, InterceptedRequest(post.target, post.signature, post.body.replace(b"&Blank=", b"")))


async def redirect(api: Api, post: InterceptedRequest) -> str:
    return f"301 Moved\r\nLocation: {api.url}{post.target}"


async def accept_everything(_: Api, __: InterceptedRequest) -> str:
    return "204 No Content"


async def server_error(_: Api, __: InterceptedRequest) -> str:
    return "502 Bad Gateway"


async def not_found(_: Api, __: InterceptedRequest) -> str:
    return "404 Not Found"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_query, "removes the query"),
        (with_another_query, "rejects callbacks that Twilio signed"),
        (without_blanks, "rejects callbacks that Twilio signed"),
        (redirect, "redirects (301)"),
        (accept_everything, "accepts forged callbacks too"),
        (server_error, "has an error (502)"),
        (not_found, "responds with 404"),
    ],
)
async def test_a_proxy_that_breaks_callbacks_is_a_problem(
    start: Start, change: Callable[[Api, InterceptedRequest], Awaitable[str]], said: str
) -> None:
    found = await callback_check_through(start, change)
    assert isinstance(found, CheckFailedError)
    assert said in found.finding
    assert found.remedy


async def test_a_proxy_that_forwards_callbacks_unchanged_is_fine(start: Start) -> None:
    assert "accepts callbacks that Twilio signed" in str(await callback_check_through(start, unchanged))


async def test_callbacks_that_are_signed_with_a_shared_key_are_checked_too(start: Start) -> None:
    key = "the-shared-key-41b7e09c"
    async with start(TWILIO_WEBHOOK_KEY=key) as api:
        assert "or TWILIO_WEBHOOK_KEY" in await asyncio.to_thread(check_callback, settings_of(api))
        other = settings_of(api, twilio_webhook_key="another-key-9c1d")
        found = await asyncio.to_thread(failure_of, check_callback, other)
        assert "signed with TWILIO_WEBHOOK_KEY" in found.finding
        assert "must have the TWILIO_WEBHOOK_KEY" in found.remedy
    async with start() as api:
        found = await asyncio.to_thread(failure_of, check_callback, settings_of(api, twilio_webhook_key=key))
        assert "signed with TWILIO_WEBHOOK_KEY" in found.finding


async def test_an_unreachable_callback_url_is_a_problem() -> None:
    found = failure_of(
        check_callback, settings_of(twilio_status_callback_url=f"{UNREACHABLE_URL}/api/twilio/status_callback")
    )
    assert "does not respond" in found.finding


async def test_the_webhook_of_the_number_is_checked_and_set(start: Start, simulator: Simulator, tmp_path: Path) -> None:
    await set_webhook(simulator)
    async with start() as api:
        await ApiUser.sign_up(api)
        settings = settings_of(api)
        url, elsewhere = f"{inbound_url_of(api)}#rc=5&rp=all", "https://user:hunter2@elsewhere.example/sms"
        with_password = url.replace("://", "://user:hunter2@")
        for changes, found in (
            ({"sms_url": ""}, "posts inbound messages nowhere."),
            ({"sms_url": elsewhere}, "posts inbound messages to another server, elsewhere.example."),
            ({"sms_method": "GET"}, "requests this API with GET instead of POST."),
            ({"sms_url": inbound_url_of(api)}, "to this API without the retries (#rc=5&rp=all)."),
            ({"sms_url": f"{api.callback_url}#rc=1"}, "to this API without the retries (#rc=5&rp=all)."),
            ({"sms_url": with_password}, "to this API with another password or query than these settings."),
            ({"sms_fallback_url": ""}, "posts inbound messages nowhere if its webhook fails."),
            ({"sms_fallback_url": elsewhere}, "another server, elsewhere.example, if its webhook fails."),
            ({"sms_fallback_method": "GET"}, "requests this API with GET instead of POST if its webhook fails."),
            ({"sms_fallback_url": api.callback_url}, "without the retries (#rc=5&rp=all) if its webhook fails."),
        ):
            await set_webhook(simulator, url, **changes)
            failure = await asyncio.to_thread(failure_of, check_inbound, settings)
            assert failure.finding.endswith(found)
            assert "mysms doctor --fix" in failure.remedy
            assert "hunter2" not in failure.finding + failure.remedy
        in_other_order = url.replace("#rc=5&rp=all", "#rp=all&ct=2000&rc=5")
        for address in (url, url.replace("/inbound", "/status_callback"), in_other_order):
            await set_webhook(simulator, address)
            assert "and again if that fails" in await asyncio.to_thread(check_inbound, settings)
        await set_webhook(simulator, url, sms_fallback_method="GET")
        code, lines = await doctor(tmp_path, api.environment)
        assert (code, [line.split()[1] for line in lines if line.startswith("wrong")]) == (1, ["inbound"])
        code, lines = await doctor(tmp_path, api.environment, "--fix")
        assert code == 0
        assert any("now posts inbound messages" in line for line in lines)
        assert "and again if that fails" in await asyncio.to_thread(check_inbound, settings)
        text = await simulator.control.text(new_number(), "Does it work?")
        await simulator.wait_for_webhook(text.sid)
        assert await api.metric("mysms_inbound_messages_total", source="webhook", result="stored") == 1
    # Processes of other tests would make up for this text.
    await simulator.control.clear_ledger()
    await set_webhook(simulator)


async def test_what_overrides_the_webhook_is_named(start: Start, simulator: Simulator) -> None:
    async with start() as api:
        await set_webhook(simulator, f"{inbound_url_of(api)}#rc=5&rp=all", application="AP0123")
        failure = await asyncio.to_thread(failure_of, check_inbound, settings_of(api))
        assert "AP0123" in failure.finding
        await set_webhook(simulator)
        other = settings_of(api, twilio_from_number="+15005550099")
        assert "does not own" in (await asyncio.to_thread(failure_of, check_inbound, other)).finding
        assert "list only" in check_inbound(settings_of(api, twilio_status_callback_url=None))


SERVICE = "MG0123456789abcdef0123456789abcdef"


async def test_a_messaging_service_that_has_the_number_is_named(start: Start, simulator: Simulator) -> None:
    others = [{"sid": f"MG{each:032}", "friendly_name": "Other", "numbers": []} for each in range(60)]

    async with start() as api:
        url, settings = inbound_url_of(api), settings_of(api)
        await set_webhook(simulator, f"{url}#rc=5&rp=all")

        async def put_into_service(*, number: str = settings.twilio_from_number, **fields: object) -> None:
            # The pool has more numbers than a page, too.
            numbers = [*(f"+1500557{each:04}" for each in range(60)), number]
            service = {"sid": SERVICE, "friendly_name": "Marketing", "numbers": numbers, **fields}
            await simulator.control.set_services(*others, service)

        try:
            await put_into_service()
            dropped = await asyncio.to_thread(failure_of, check_inbound, settings)
            assert dropped.finding.endswith(
                f"is in the Messaging Service 'Marketing' ({SERVICE}), which drops inbound messages: nobody sees them, "
                "and Twilio's list does not have them."
            )
            await put_into_service(inbound_request_url="https://user:hunter2@elsewhere.example.com/sms?key=secret")
            lost = (await asyncio.to_thread(failure_of, check_inbound, settings)).finding
            assert lost.endswith("which posts inbound messages to another server, elsewhere.example.com.")
            right = f"{url}#rc=5&rp=all"
            faults: Sequence[tuple[Mapping[str, str | None], str]] = (
                ({"inbound_method": "GET"}, "which requests this API with GET instead of POST."),
                ({"inbound_request_url": url}, "without the retries (#rc=5&rp=all)."),
                ({"fallback_url": None}, "which posts inbound messages nowhere if its webhook fails."),
                ({"fallback_url": f"{url}#rc=3"}, "without the retries (#rc=5&rp=all) if its webhook fails."),
                ({"fallback_method": "GET"}, "which requests this API with GET instead of POST if its webhook fails."),
            )
            for wrong, found in faults:
                fields: dict[str, Any] = {"inbound_request_url": right, "fallback_url": right, **wrong}
                await put_into_service(**fields)
                failure = await asyncio.to_thread(failure_of, lambda given: check_inbound(given, fix=True), settings)
                assert failure.finding.endswith(found)
                assert "defer to the sender's webhook" in failure.remedy
            for ours in (right, right.replace("/inbound", "/status_callback")):
                await put_into_service(inbound_request_url=ours, fallback_url=right)
                assert "Marketing" in await asyncio.to_thread(check_inbound, settings)
            for fields in ({"use_inbound_webhook_on_number": True}, {"number": "+15005550098"}):
                await put_into_service(**fields)
                assert "Marketing" not in await asyncio.to_thread(check_inbound, settings)
        finally:
            await simulator.control.set_services()
            await set_webhook(simulator)


async def test_it_says_when_nobody_receives_messages(start: Start, tmp_path: Path) -> None:
    async with start() as api:
        line, code = await receiver_line(api, tmp_path)
        assert line == (
            "wrong  receiver  There is no account yet: inbound messages wait at Twilio. "
            "Sign up in the app: the first account receives them."
        )
        assert code == 1
        user = await ApiUser.sign_up(api)
        line, _ = await receiver_line(api, tmp_path)
        assert line == "ok     receiver  The oldest account receives messages from people to whom nobody has written."
        line, code = await receiver_line(api, tmp_path, INBOUND_FALLBACK_EMAIL="nobody@example.com")
        assert line.startswith("wrong  receiver  INBOUND_FALLBACK_EMAIL is not the address of an account: the oldest")
        assert line.endswith("or set INBOUND_FALLBACK_EMAIL to the address of an account.")
        assert code == 1
        line, _ = await receiver_line(api, tmp_path, INBOUND_FALLBACK_EMAIL=user.email)
        assert line.startswith("ok     receiver  The account INBOUND_FALLBACK_EMAIL receives")


async def test_a_new_database_stays_as_it_is(mongodb: Mongo, tmp_path: Path) -> None:
    settings = settings_of(mongodb_uri=mongodb.other_database(tmp_path.name[-20:]))
    with pytest.raises(CheckFailedError, match="There is no account yet"):
        await check_receiver(settings)
    assert await contents(settings.mongodb_uri) == {}


@pytest.mark.parametrize("mode", ["open", "invite", "closed"])
async def test_it_says_what_signing_up_takes(mongodb: Mongo, tmp_path: Path, mode: str) -> None:
    settings = settings_of(mongodb_uri=mongodb.other_database(tmp_path.name[-20:]), signup_mode=mode)
    with pytest.raises(CheckFailedError) as failure:
        await check_receiver(settings)
    said = [name for name in ("SETUP_CODE", "mysms invite", "SIGNUP_MODE") if name in failure.value.remedy]
    takes = {"open": [], "invite": ["SETUP_CODE", "mysms invite"], "closed": ["SETUP_CODE", "SIGNUP_MODE"]}
    assert said == takes[mode]


async def receiver_line(api: Api, directory: Path, **changes: str) -> tuple[str, int]:
    """The doctor's line about who receives messages, and its exit code."""
    code, lines = await doctor(directory, {**api.environment, **changes})
    (line,) = [line for line in lines if line.split()[1] == "receiver"]
    return line, code


async def test_the_mail_server_is_tried_without_sending_a_mail() -> None:
    async with running_mail_server() as server:
        mail: dict[str, Any] = {"mail_from": "mysms@example.com", "app_url": "http://localhost:8000"}
        settings = settings_of(smtp_url=server.url, **mail)
        address = f"127.0.0.1:{server.port}"
        assert await check_mail(settings) == f"The mail server {address} accepts our connection, without TLS."
        assert (server.connections, server.attempts) == (1, 0)
        with pytest.raises(CheckFailedError, match="rejects the user name or the password") as found:
            await check_mail(settings_of(smtp_url=f"smtp://user:hunter2@{address}", **mail))
        assert "hunter2" not in found.value.finding
    with pytest.raises(CheckFailedError, match="does not respond") as found:
        await check_mail(settings)
    assert "SMTP_URL" in found.value.remedy
    assert "mysms reset-password" in await check_mail(settings_of())
