"""The page with the mails: text with links. No inline styles, inline scripts or external resources."""

from dataclasses import asdict
from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from devservers.local_requests import LocalRequestsOnly
from devservers.smtp.links import with_links
from devservers.smtp.mailbox import Mail, Mailbox

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}


def create_app(mailbox: Mailbox, app_url: str) -> Starlette:
    async def show(_request: Request) -> Response:
        return HTMLResponse(_document(mailbox.mails(), app_url), headers=HEADERS)

    async def list_mails(request: Request) -> Response:
        mails = mailbox.mails(request.query_params.get("to"))
        rows = [asdict(mail) | {"received_at": mail.received_at.isoformat(timespec="milliseconds")} for mail in mails]
        return JSONResponse({"mails": rows}, headers=HEADERS)

    return Starlette(
        routes=[
            Route("/", show),
            Route("/mails.json", list_mails),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[Middleware(LocalRequestsOnly)],
    )


def _document(mails: list[Mail], app_url: str) -> str:
    shown = (
        "".join(_article(mail, app_url) for mail in mails)
        or '<p class="empty">No mails yet. A mail to a user appears here.</p>'
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Caught mails</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/page.css">
<script src="/static/refresh.js" defer></script>
</head>
<body>
<header><h1>Caught mails</h1><p id="state">No mail leaves this machine.</p></header>
<main id="mails">{shown}</main>
</body>
</html>
"""


def _article(mail: Mail, app_url: str) -> str:
    time = mail.received_at.isoformat(timespec="milliseconds")
    return (
        f"<article><h2>{escape(mail.subject)}</h2>"
        f'<p class="meta">to <b>{escape(", ".join(mail.recipients))}</b> · '
        f'<time datetime="{time}">{time[:10]} {time[11:19]} UTC</time></p>'
        f"<pre>{with_links(mail.text, app_url)}</pre></article>"
    )
