"""The page with the mails: text with links."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from devservers.local_page import HEADERS, document, masthead, static_files
from devservers.local_requests import LocalRequestsOnly
from devservers.smtp.links import with_links
from devservers.smtp.mailbox import Mail, Mailbox

MAX_MAILS = 50
"""How many mails the page shows at a time. It has a link to older ones."""

_ID = re.compile(r"[0-9]{1,15}")


def create_app(mailbox: Mailbox, app_url: str) -> Starlette:
    async def show(request: Request) -> Response:
        before = request.query_params.get("before", "")
        # One more than is shown, to know whether there are older ones.
        mails = mailbox.mails(before=int(before) if _ID.fullmatch(before) else None, limit=MAX_MAILS + 1)
        return HTMLResponse(_page(mails, app_url, is_newest=not before), headers=HEADERS)

    async def list_mails(request: Request) -> Response:
        mails = mailbox.mails(request.query_params.get("to"))
        rows = [asdict(mail) | {"received_at": mail.received_at.isoformat(timespec="milliseconds")} for mail in mails]
        return JSONResponse({"mails": rows}, headers=HEADERS)

    return Starlette(
        routes=[
            Route("/", show),
            Route("/mails.json", list_mails),
            *static_files(Path(__file__).parent / "static"),
        ],
        middleware=[Middleware(LocalRequestsOnly)],
    )


def _page(mails: Sequence[Mail], app_url: str, *, is_newest: bool) -> str:
    shown = mails[:MAX_MAILS]
    head = masthead(
        "Caught mails",
        "Every mail that the server sends ends here, the newest first. Times are UTC.",
        state="No mail leaves this machine.",
        unreachable="Can't reach the mail catcher. Retrying…",
    )
    newest = "" if is_newest else '<p><a href="/">Newest mails</a></p>'
    articles = "".join(_article(mail, app_url) for mail in shown)
    main = f'<div class="mails">{articles}</div>' if shown else f'<p class="empty">{_nothing(is_newest=is_newest)}</p>'
    older = f'<p><a href="/?before={shown[-1].id}">Older mails</a></p>' if len(mails) > len(shown) else ""
    return document("Caught mails", f"{head}{newest}{main}{older}", stylesheet="/static/own/mails.css")


def _nothing(*, is_newest: bool) -> str:
    return "No mails yet. A mail to a user appears here." if is_newest else "No older mails."


def _article(mail: Mail, app_url: str) -> str:
    time = mail.received_at.isoformat(timespec="milliseconds")
    return (
        f'<article class="card mail" id="mail-{mail.id}"><h2>{escape(mail.subject) or "No subject"}</h2>'
        f'<p class="mail__meta"><span>to <b>{escape(", ".join(mail.recipients))}</b></span>'
        f'<time datetime="{time}">{time[:10]} {time[11:19]}</time></p>'
        f"<pre>{with_links(mail.text, app_url)}</pre></article>"
    )
