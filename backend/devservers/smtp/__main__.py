"""`python -m devservers.smtp --port N --smtp-port M --data FILE`: catch mails until SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import os
import sys
from pathlib import Path

import uvicorn

from devservers.local_requests import SECURITY_HEADERS
from devservers.smtp import __doc__ as manual
from devservers.smtp.mailbox import Mailbox, MailboxUnavailableError
from devservers.smtp.page import create_app
from devservers.smtp.receiver import NAME, Receiver

HOST = "127.0.0.1"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devservers.smtp", description=manual, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True, help="port of the page")
    parser.add_argument("--smtp-port", type=int, required=True, help="port for mails")
    parser.add_argument("--data", type=Path, required=True, help="file for the mails, created if needed")
    parser.add_argument("--app-url", default="", help="address of the app, to which links in mails may lead")
    return parser.parse_args()


async def serve(mailbox: Mailbox, app_url: str, port: int, smtp_port: int) -> None:
    config = uvicorn.Config(
        create_app(mailbox, app_url),
        host=HOST,
        port=port,
        log_level="warning",
        server_header=False,
        headers=[("Server", NAME), *SECURITY_HEADERS],
        timeout_graceful_shutdown=1,
    )
    receiver = await asyncio.get_running_loop().create_server(Receiver(mailbox).connection, HOST, smtp_port)
    print(f"Mail catcher ready on http://{HOST}:{port}, for mails to {HOST}:{smtp_port}", flush=True)
    try:
        await uvicorn.Server(config).serve()
    finally:
        receiver.close()


def main() -> int:
    options = arguments()
    # No other user may read the mails.
    os.umask(0o077)
    try:
        with contextlib.suppress(KeyboardInterrupt), contextlib.closing(Mailbox(options.data)) as mailbox:
            asyncio.run(serve(mailbox, options.app_url, options.port, options.smtp_port))
    except MailboxUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The mail catcher cannot listen: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
