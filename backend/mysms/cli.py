"""The command `mysms`."""

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import Sequence

import uvicorn

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
    commands.add_parser("openapi", help="print the API's OpenAPI document")
    match parser.parse_args(arguments):
        case argparse.Namespace(command="serve"):
            return _serve()
        case argparse.Namespace(command="demo", dev=dev):
            return _demo(dev=dev)
        case _:
            return _print_openapi()


def _serve() -> int:
    try:
        settings = load_settings()
    except SettingsError as error:
        return _complain("mysms cannot start:", *(f"  {sentence}" for sentence in error.sentences))
    configure_logging()
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        return _complain(f"mysms cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set PORT.")
    try:
        asyncio.run(check_start(settings))
    except UnsafeStartError as error:
        return _complain(f"mysms does not start: {error}")
    except KeyboardInterrupt:
        return 1
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        server_header=False,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _demo(*, dev: bool) -> int:
    try:
        return run_demo(dev=dev)
    except DemoError as error:
        return _complain(str(error))


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
