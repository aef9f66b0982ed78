"""`python -m devservers.twilio --port N --data FILE`: run the simulator until SIGTERM or SIGINT."""

import argparse
import contextlib
import os
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import get_args

import uvicorn

from devservers.twilio import __doc__ as manual
from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_FROM_NUMBER, Account
from devservers.twilio.app import HEADERS, create_app
from devservers.twilio.clock import Clock
from devservers.twilio.ledger import Ledger, LedgerUnavailableError, ListOrder
from devservers.twilio.server import Server, listening_socket

_KEEP_ALIVE_SECONDS = 75
"""Who sends on a connection in the moment in which it is closed cannot know whether the message was taken. After
uvicorn's five seconds, that is likely in a conversation."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devservers.twilio", description=manual, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True, help="port of the API and of the page; 0 picks a free one")
    parser.add_argument("--data", type=Path, required=True, help="SQLite file of the ledger; created if missing")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--control-port", type=int, help="second port, open even while the first refuses connections")
    parser.add_argument("--account-sid", default=DEFAULT_ACCOUNT_SID, help="(%(default)s)")
    parser.add_argument("--auth-token", default=DEFAULT_AUTH_TOKEN, help="(%(default)s)")
    parser.add_argument("--webhook-key", help="sign webhooks with this shared key instead of the auth token")
    parser.add_argument("--from-number", default=DEFAULT_FROM_NUMBER, help="the account's own number (%(default)s)")
    parser.add_argument("--advanced-opt-out", action="store_true", help="report OptOutType in inbound webhooks")
    parser.add_argument("--sms-url", help="webhook and fallback of that number (as they were set last)")
    parser.add_argument(
        "--pace", type=float, default=1.0, help="factor for every simulated delay; 0 means no delay (%(default)s)"
    )
    parser.add_argument(
        "--list-order",
        choices=get_args(ListOrder),
        default="created",
        help="sort order of the message list, newest first: by DateCreated, or by DateSent with unsent messages "
        "before or after all others (%(default)s); the list_order fault overrides it",
    )
    parser.add_argument("--seed", type=int, help="random seed, for reproducible faults with a probability")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    # No other user may read the ledger.
    os.umask(0o077)
    account = Account(
        options.account_sid,
        options.auth_token,
        options.from_number,
        webhook_key=options.webhook_key,
        advanced_opt_out=options.advanced_opt_out,
    )
    has_control_port = options.control_port is not None
    ports = [options.port, options.control_port] if has_control_port else [options.port]
    sockets: list[socket.socket] = []
    with contextlib.ExitStack() as stack:
        for port in ports:
            try:
                sockets.append(stack.enter_context(listening_socket(options.host, port)))
            except (OSError, OverflowError) as error:
                print(f"The Twilio simulator cannot listen on {options.host}:{port}: {error}.", file=sys.stderr)
                return 1
        try:
            ledger = Ledger(options.data)
        except LedgerUnavailableError as error:
            print(f"The Twilio simulator cannot start. {error}", file=sys.stderr)
            return 1
        if options.sms_url is not None:
            settings = ledger.number_settings(account.from_number)
            ledger.set_number(
                account.from_number, replace(settings, sms_url=options.sms_url, sms_fallback_url=options.sms_url)
            )
        rng = Random(options.seed)  # noqa: S311 - picks faults, not secrets
        app = create_app(
            account,
            ledger,
            rng,
            Clock(),
            options.pace,
            options.list_order,
            has_control_port=has_control_port,
            api_url=_url_of(sockets[0]),
        )
        config = uvicorn.Config(
            app,
            http="httptools",
            lifespan="on",
            log_level="warning",
            server_header=False,
            headers=HEADERS,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        server = Server(config, sockets, _ready(account, sockets))
        app.state.connections = server
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.handle_exit)
        server.run()
    return 0


def _ready(account: Account, sockets: list[socket.socket]) -> str:
    urls = [_url_of(listener) for listener in sockets]
    control = f", control {urls[1]}" if len(urls) > 1 else ""
    return f"Twilio simulator ready on {urls[0]}{control} (account {account.sid}, number {account.from_number})"


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


if __name__ == "__main__":
    sys.exit(main())
