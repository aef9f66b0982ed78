"""The frame of the development servers' pages: plain HTML without inline styles, inline scripts or other hosts.

`static/` holds what the pages share: their look (page.css), the mark (icon.svg), and the script that keeps a page up to
date (refresh.js), which takes over everything in `main`.
"""

from html import escape
from pathlib import Path

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

PRODUCT = "MySMS Messenger"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}
_MARK = (
    '<svg class="logo" viewBox="0 0 36 36" aria-hidden="true">'
    '<path class="logo__field" '
    'd="M10 3h16a8 8 0 0 1 8 8v19.5a2.5 2.5 0 0 1-2.5 2.5H10a8 8 0 0 1-8-8V11a8 8 0 0 1 8-8Z"/>'
    '<path class="logo__tick logo__tick--first" d="m8.5 18.5 4.5 4.5 8.5-10"/>'
    '<path class="logo__tick" d="m17.3 21.2 1.9 1.8 8.5-10"/></svg>'
)


def static_files(own: Path) -> list[Mount]:
    """The routes of the files: /static/own/ has those of one page, and /static/ those that the pages share."""
    return [
        Mount("/static/own", StaticFiles(directory=own)),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]


def document(title: str, main: str, *, stylesheet: str, script: str = "/static/refresh.js", body: str = "") -> str:
    """Returns a page. `main` and `body`, which follows it, are HTML."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {PRODUCT}</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/page.css">
<link rel="stylesheet" href="{stylesheet}">
<script src="{script}" type="module"></script>
<noscript><meta http-equiv="refresh" content="3"></noscript>
</head>
<body>
<main>{main}</main>
{body}
</body>
</html>
"""


def masthead(title: str, lead: str, *, state: str, unreachable: str) -> str:
    """The head of a page: the mark, the product's name, the title, and the state of the connection.

    `lead` is HTML. `unreachable` takes the place of `state` while the server does not answer.
    """
    return (
        f'<header class="masthead"><p class="masthead__brand">{_MARK}{PRODUCT}</p><h1>{escape(title)}</h1>'
        f'<p class="masthead__lead">{lead}</p>'
        f'<p class="state" id="state" role="status" data-unreachable="{escape(unreachable)}">{escape(state)}</p>'
        "</header>"
    )
