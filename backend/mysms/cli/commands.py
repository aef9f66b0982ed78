"""The `mysms` command and its subcommands."""

import argparse
import asyncio
import gc
import json
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

import uvicorn

from mysms.cli.admin import (
    SendingIsOnError,
    export_opt_outs,
    make_invite,
    migrate_database,
    recover_backup,
    reset_password,
)
from mysms.cli.demo import DemoError, enter_demo, run_demo
from mysms.cli.doctor import run_checks, settings_results
from mysms.core.database import DatabaseConfigurationError
from mysms.core.email_addresses import normalise_email
from mysms.core.logging import configure_logging
from mysms.core.migrations.outbound_fields import UnsuitableDatabaseError
from mysms.core.migrations.runner import SCHEMA_VERSION, MigrationNeededError, NewerDatabaseError
from mysms.core.security_events import SecurityEvents
from mysms.core.settings import Settings, load_settings
from mysms.core.settings_sources import SettingsError
from mysms.core.stream_capacity import StreamCapacity
from mysms.main import create_app
from mysms.providers.base import ProviderUnavailableError
from mysms.startup import UnsafeConfigurationError, check_start
from mysms.users.errors import UnknownAccountError
from mysms.web.connection_limits import ConnectionLimits, limited_protocol
from mysms.web.graceful_shutdown import Server, ShutdownState
from mysms.web.open_files import most_open

_SHUTDOWN_SECONDS = 20
"""For requests in progress when the sockets close. Together with draining, within the 30 s that platforms allow."""
_KEEP_ALIVE_SECONDS = 75
"""Longer than proxies keep idle connections, so that the proxy closes them, and never sends on a closed one."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mysms", description="MySMS Messenger: SMS through your own Twilio number.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the API with the settings in the environment")
    demo = commands.add_parser("demo", help="run everything locally, with simulators for what is not configured")
    demo.add_argument("--dev", action="store_true", help="reload the API on changes, and serve the SPA with ng serve")
    demo.add_argument(
        "arguments",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="a command to run with the settings of the demo, such as: reset-password ada@example.com",
    )
    commands.add_parser("invite", help="create an invite code, with which one person can sign up")
    reset = commands.add_parser(
        "reset-password",
        help="make a new password for an account, print it, and end all sessions",
        description="Makes a new password for an account and prints it, for you to pass on. Ends all sessions of the "
        "account. Two-step sign-in stays on.",
    )
    reset.add_argument("email", help="the email of the account")
    reset.add_argument(
        "--remove-second-factor",
        action="store_true",
        help="also turn two-step sign-in off, for somebody who has lost phone and recovery codes",
    )
    doctor = commands.add_parser(
        "doctor", help="check settings, database, Twilio and callback URL, and show how to fix them"
    )
    doctor.add_argument(
        "--fix", action="store_true", help="also set the webhook of the number at Twilio, for inbound messages"
    )
    commands.add_parser("opt-outs", help="print who gets no more messages, and why, as CSV")
    commands.add_parser(
        "migrate", help="bring the documents of an earlier version up to date, as serve does at its start"
    )
    recover = commands.add_parser("recover-backup", help="prevent duplicate sends after a database was restored")
    recover.add_argument("--since", required=True, metavar="T", type=_moment, help="the time when the backup began")
    hashes = commands.add_parser("log-hash", help="print the hash by which an email or IP address appears in the log")
    hashes.add_argument("subject", metavar="EMAIL_OR_ADDRESS")
    commands.add_parser("openapi", help="print the API's OpenAPI document")
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except SettingsError as error:
        return _complain("mysms cannot start:", *(f"  {sentence}" for sentence in error.messages))
    except (
        DemoError,
        SendingIsOnError,
        UnknownAccountError,
        UnsafeConfigurationError,
        DatabaseConfigurationError,
        NewerDatabaseError,
        MigrationNeededError,
        UnsuitableDatabaseError,
    ) as error:
        return _complain(str(error))
    except ProviderUnavailableError as error:
        return _complain(f"Twilio is not available: {error}", "Nothing is lost. Run this command again later.")
    except KeyboardInterrupt:
        return 1


def _run(given: argparse.Namespace) -> int:
    commands: dict[str, Callable[[], int]] = {
        "serve": lambda: _serve(load_settings()),
        "demo": lambda: _run_in_demo(given.arguments) if given.arguments else run_demo(dev=given.dev),
        "invite": lambda: _print_invite(load_settings(without_twilio=True)),
        "doctor": lambda: _print_checks(fix=given.fix),
        "reset-password": lambda: _reset_password(
            load_settings(without_twilio=True), given.email, remove_second_factor=given.remove_second_factor
        ),
        "opt-outs": lambda: asyncio.run(_print_opt_outs(load_settings(without_twilio=True))),
        "migrate": lambda: _migrate(load_settings(without_twilio=True)),
        "recover-backup": lambda: _recover_backup(load_settings(), given.since),
        "log-hash": lambda: _print_log_hash(load_settings(without_twilio=True), given.subject),
        "openapi": _print_openapi,
    }
    return commands[given.command]()


def _run_in_demo(arguments: Sequence[str]) -> int:
    if not {"-h", "--help"} & set(arguments):
        enter_demo()
    return main(arguments)


def _serve(settings: Settings) -> int:
    configure_logging(settings.effective_log_format)
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        return _complain(f"mysms cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST or PORT.")
    asyncio.run(check_start(settings))
    shutdown = ShutdownState()
    events = SecurityEvents.of(settings)
    most_connections, most_streams = most_open(settings.max_connections)
    streams = StreamCapacity(most_streams)
    app = create_app(settings, shutdown, events, streams)
    config = uvicorn.Config(
        app,
        http=limited_protocol(ConnectionLimits(most_connections, most_connections // 2), events, streams),
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
    )
    server = Server(config, shutdown, settings.effective_drain_seconds)
    # All objects so far live as long as the process. The garbage collector would look at them again and again, and no
    # request goes on while it does.
    gc.collect()
    gc.freeze()
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _print_checks(*, fix: bool) -> int:
    try:
        results = asyncio.run(run_checks(load_settings(), fix=fix))
    except SettingsError as error:
        results = settings_results(error)
    for result in results:
        print(result.line)
    return 1 if any(result.remedy for result in results) else 0


def _print_invite(settings: Settings) -> int:
    """Prints the code alone on standard output, so that a script can use it."""
    configure_logging(settings.effective_log_format)
    code = asyncio.run(make_invite(settings))
    mode = settings.effective_signup_mode
    if mode != "invite":
        needed = "nobody needs a code" if mode == "open" else "no code is accepted"
        print(f"In the settings of this command, sign-up is {mode} (SIGNUP_MODE): {needed}.", file=sys.stderr)
    where = f" at {settings.app_url.address}" if settings.app_url is not None else ""
    print(f"One person can sign up{where} with this invite code. It does not expire:", file=sys.stderr, flush=True)
    print(code)
    return 0


def _reset_password(settings: Settings, email: str, *, remove_second_factor: bool) -> int:
    configure_logging(settings.effective_log_format)
    new = asyncio.run(reset_password(settings, email, remove_second_factor=remove_second_factor))
    print(f"New password of {email}: {new.password}")
    print("All sessions of the account have ended. Whoever signs in with it should change it in the settings.")
    if new.needs_second_factor:
        print("Two-step sign-in is still on: --remove-second-factor turns it off if phone and codes are lost.")
    elif remove_second_factor:
        print("Two-step sign-in is off for the account.")
    return 0


async def _print_opt_outs(settings: Settings) -> int:
    configure_logging(settings.effective_log_format)
    async for lines in export_opt_outs(settings):
        sys.stdout.buffer.write(lines.encode())
    sys.stdout.buffer.flush()
    return 0


def _migrate(settings: Settings) -> int:
    configure_logging(settings.effective_log_format)
    was_needed = asyncio.run(migrate_database(settings))
    print(
        f"The database has been migrated to schema {SCHEMA_VERSION}."
        if was_needed
        else f"The database already has schema {SCHEMA_VERSION}."
    )
    return 0


def _recover_backup(settings: Settings, since: datetime) -> int:
    configure_logging(settings.effective_log_format)
    report = asyncio.run(recover_backup(settings, since))
    print(f"Messages that were waiting: {report.unconfirmed}. Each is looked up at Twilio before it is sent.")
    print(f"Messages that Twilio has sent since the backup and that are not in this database: {report.missing}.")
    print("You can enable sending now: remove SENDING_ENABLED=off from the settings and restart mysms.")
    return 0


def _print_log_hash(settings: Settings, subject: str) -> int:
    try:
        normal = normalise_email(subject) if "@" in subject else subject
    except ValueError:
        return _complain(f"{subject} is not an email address.")
    print(SecurityEvents.of(settings).hash(normal))
    return 0


def _moment(text: str) -> datetime:
    """Parses a time with a time zone. Raises ArgumentTypeError, which argparse reports."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a time: write it as 2026-11-22T03:00:00Z") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no time zone: write it as 2026-11-22T03:00:00Z")
    return moment


def _print_openapi() -> int:
    settings = Settings(
        _env_file=None,
        mongodb_uri="mongodb://localhost",
        jwt_secret="-",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="-",
        twilio_from_number="+15005550006",
    )
    print(json.dumps(create_app(settings).openapi(), indent=2))
    return 0


def _complain(*lines: str) -> int:
    print(*lines, sep="\n", file=sys.stderr)
    return 1
