"""The `mysms` command: plain error messages, exit codes, no traceback."""

import json
import signal
import socket
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from tests.support.admin_commands import new_password_in
from tests.support.api_user import ApiUser, new_email, register, sign_in
from tests.support.database import running_database
from tests.support.processes import Process, clean_environment, free_port
from tests.support.responses import field_errors
from tests.support.servers import Simulator, api_environment, is_listening, is_up, running_api, running_mongodb

UNREACHABLE_URL = "http://127.0.0.1:9"


async def output_of_failed_start(directory: Path, environment: dict[str, str]) -> str:
    """The output of `mysms serve` when it refuses to start."""
    process = Process("serve", ["mysms", "serve"], directory, environment)
    try:
        assert await process.wait_for_exit() == 1
    finally:
        process.kill()
    assert "Traceback" not in process.text()
    return process.text()


async def test_serve_names_all_missing_settings(tmp_path: Path) -> None:
    output = await output_of_failed_start(tmp_path, clean_environment())
    assert output.splitlines() == [
        "mysms cannot start:",
        "  MONGODB_URI is missing.",
        "  JWT_SECRET is missing.",
        "  TWILIO_ACCOUNT_SID is missing.",
        "  TWILIO_AUTH_TOKEN is missing.",
        "  TWILIO_FROM_NUMBER is missing.",
    ]


async def test_serve_rejects_an_invalid_database_uri(tmp_path: Path) -> None:
    environment = api_environment(port=free_port(), mongodb_uri="http://localhost", twilio_url=UNREACHABLE_URL)
    (sentence,) = (await output_of_failed_start(tmp_path, environment)).splitlines()
    assert "MONGODB_URI cannot be used: " in sentence


async def test_serve_does_not_wait_for_a_database_without_a_scheme(tmp_path: Path) -> None:
    environment = api_environment(port=free_port(), mongodb_uri="foo", twilio_url=UNREACHABLE_URL)
    (sentence,) = (await output_of_failed_start(tmp_path, environment)).splitlines()
    assert sentence == "MONGODB_URI cannot be used: it must begin with mongodb:// or mongodb+srv://."


async def test_serve_reports_a_port_in_use_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = api_environment(port=port, mongodb_uri="mongodb://127.0.0.1:9", twilio_url=UNREACHABLE_URL)
        (sentence,) = (await output_of_failed_start(tmp_path, environment)).splitlines()
    assert sentence.startswith(f"mysms cannot listen on 127.0.0.1:{port}:")
    assert "PORT" in sentence


async def test_production_rejects_the_development_servers(tmp_path: Path, simulator: Simulator) -> None:
    """The database is the development server also if TEST_MONGODB_URI is set, since it is what is rejected."""
    async with running_mongodb(tmp_path) as mongodb:
        environment = api_environment(
            port=free_port(),
            mongodb_uri=mongodb.uri,
            twilio_url=simulator.url,
            ENVIRONMENT="production",
            JWT_SECRET=token_hex(32),
            TWILIO_AUTH_TOKEN=token_hex(16),
        )
        output = await output_of_failed_start(tmp_path, environment)
    assert "MONGODB_URI points to this project's development database" in output


async def test_an_invitation_is_valid_for_one_account(tmp_path: Path) -> None:
    async with running_database(tmp_path) as mongodb:
        environment = api_environment(
            port=free_port(), mongodb_uri=mongodb.uri, twilio_url=UNREACHABLE_URL, SIGNUP_MODE="invite"
        )
        async with running_api(tmp_path, environment) as api:
            invite = Process("invite", ["mysms", "invite"], tmp_path, environment)
            assert await invite.wait_for_exit() == 0
            code = invite.text().splitlines()[-1]
            taken = new_email()
            assert (await register(api, email=taken, invite_code=code)).status_code == 201

            second = Process("second", ["mysms", "invite"], tmp_path, environment)
            assert await second.wait_for_exit() == 0
            second_code = second.text().splitlines()[-1]
            # A rejected sign-up does not use up the code.
            assert "email" in field_errors(await register(api, email=taken, invite_code=second_code))
            assert (await register(api, invite_code=second_code)).status_code == 201
            assert field_errors(await register(api, invite_code=code)) == {"invite_code": ["is not valid"]}


async def test_resetting_a_password_ends_all_sessions(tmp_path: Path) -> None:
    async with running_database(tmp_path) as mongodb:
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=UNREACHABLE_URL)
        async with running_api(tmp_path, environment) as api:
            api_user = await ApiUser.sign_up(api)
            reset = Process("reset", ["mysms", "reset-password", api_user.email.upper()], tmp_path, environment)
            assert await reset.wait_for_exit() == 0
            password = new_password_in(reset.text())
            assert (await api_user.call("GET", "/users")).status_code == 401
            assert (await sign_in(api, api_user.email)).status_code == 401
            assert (await sign_in(api, api_user.email, password)).status_code == 201
        unknown = Process("nobody", ["mysms", "reset-password", "nobody@example.com"], tmp_path, environment)
        assert await unknown.wait_for_exit() == 1
        assert unknown.text().splitlines() == ["There is no account with the email nobody@example.com."]


async def test_accounts_are_administered_without_a_twilio_account(tmp_path: Path) -> None:
    """The settings of one may be missing, or of no use."""
    async with running_database(tmp_path) as mongodb:
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=UNREACHABLE_URL)
        async with running_api(tmp_path, environment) as api:
            api_user = await ApiUser.sign_up(api)
            commands = (["migrate"], ["invite"], ["reset-password", api_user.email], ["log-hash", api_user.email])
            without = {name: value for name, value in environment.items() if not name.startswith("TWILIO_")}
            for number, command in enumerate(commands):
                process = Process(f"command-{number}", ["mysms", *command], tmp_path, without)
                assert await process.wait_for_exit() == 0, process.text()
                if command[0] == "reset-password":
                    password = new_password_in(process.text())
                    assert (await sign_in(api, api_user.email, password)).status_code == 201
            wrong = {**without, "TWILIO_ACCOUNT_SID": "wrong", "TWILIO_AUTH_TOKEN": "wr ong"}
            invite = Process("wrong", ["mysms", "invite"], tmp_path, wrong)
            assert await invite.wait_for_exit() == 0
            assert "sign-up is open (SIGNUP_MODE): nobody needs a code." in invite.text()
        recover = ["mysms", "recover-backup", "--since", "2026-01-01T00:00:00Z"]
        process = Process("recover", recover, tmp_path, without)
        assert await process.wait_for_exit() == 1
        assert "TWILIO_ACCOUNT_SID is missing." in process.text(), "which asks Twilio"


async def test_sigterm_ends_the_process(tmp_path: Path) -> None:
    async with running_database(tmp_path) as mongodb:
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=UNREACHABLE_URL)
        async with running_api(tmp_path, environment) as api:
            api.process.send_signal(signal.SIGTERM)
            await api.process.wait_for_exit(within=10)
            assert not await is_listening(int(environment["PORT"]))
            assert not await is_up(api.http)


async def test_openapi_prints_the_document_without_any_settings(tmp_path: Path) -> None:
    process = Process("openapi", ["mysms", "openapi"], tmp_path, clean_environment())
    assert await process.wait_for_exit() == 0
    document = json.loads(process.text())
    assert document["info"]["title"] == "MySMS Messenger"
    assert "/api/messages" in document["paths"]


async def test_an_unknown_command_prints_the_usage(tmp_path: Path) -> None:
    process = Process("usage", ["mysms", "dance"], tmp_path, clean_environment())
    assert await process.wait_for_exit() == 2
    assert "usage: mysms" in process.text()


async def test_serve_does_not_wait_for_a_database_that_rejects_its_credentials(tmp_path: Path) -> None:
    async with running_database(tmp_path) as mongodb:
        address = urlsplit(mongodb.uri)
        with_credentials = address._replace(netloc=f"somebody:secret@{address.netloc.rpartition('@')[2]}").geturl()
        environment = api_environment(port=free_port(), mongodb_uri=with_credentials, twilio_url=UNREACHABLE_URL)
        output = await output_of_failed_start(tmp_path, environment)
    assert "MONGODB_URI cannot be used: " in output
    assert "secret" not in output
