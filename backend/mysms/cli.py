"""The command `mysms`."""

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import Sequence

import uvicorn

from mysms.administration import UnknownAccountError, make_invite, reset_password
from mysms.core.database import UnusableAddressError
from mysms.core.logging import configure_logging
from mysms.core.settings import Settings, SettingsError, load_settings
from mysms.demo import DemoError, run_demo
from mysms.main import UnsafeStartError, check_start, create_app

_SHUTDOWN_SECONDS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mysms", description="MySMS Messenger: SMS through your own Twilio number.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the API from the settings in the environment")
    demo = commands.add_parser("demo", help="run everything on this machine, with stand-ins for what is not configured")
    demo.add_argument("--dev", action="store_true", help="reload the API on changes, and serve the SPA with ng serve")
    commands.add_parser("invite", help="make a code with which one person can sign up")
    reset = commands.add_parser("reset-password", help="give an account a new password and end its sessions")
    reset.add_argument("email")
    commands.add_parser("openapi", help="print the API's OpenAPI document")
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except SettingsError as error:
        return _complain("mysms cannot start:", *(f"  {sentence}" for sentence in error.sentences))
    except (DemoError, UnknownAccountError, UnsafeStartError, UnusableAddressError) as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 1


def _run(given: argparse.Namespace) -> int:
    match given.command:
        case "serve":
            return _serve(load_settings())
        case "demo":
            return run_demo(dev=given.dev)
        case "invite":
            return _print_invite(load_settings())
        case "reset-password":
            return _reset_password(load_settings(), given.email)
        case _:
            return _print_openapi()


def _serve(settings: Settings) -> int:
    configure_logging()
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        return _complain(f"mysms cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set PORT.")
    asyncio.run(check_start(settings))
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _print_invite(settings: Settings) -> int:
    print(asyncio.run(make_invite(settings)))
    return 0


def _reset_password(settings: Settings, email: str) -> int:
    password = asyncio.run(reset_password(settings, email))
    print(f"The new password of {email} is  {password}")
    print("All sessions of the account have ended. It can be changed in the account's page.")
    return 0


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
