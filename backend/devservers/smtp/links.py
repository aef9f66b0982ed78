"""Makes the links in the text of a mail clickable, if they lead to this machine or to the app. Pure."""

import re
from html import escape
from ipaddress import ip_address
from urllib.parse import urlsplit

_URL = re.compile(r"https?://[!-~]+")
_AFTER_A_URL = ".,;:!?)]}>'\""
"""Punctuation that belongs to the sentence rather than to the URL before it."""


def with_links(text: str, app_url: str) -> str:
    """Returns the text as HTML. Everything is escaped; other addresses stay text."""
    parts: list[str] = []
    end = 0
    for found in _URL.finditer(text):
        url = found.group().rstrip(_AFTER_A_URL)
        if _is_allowed(url, app_url):
            safe = escape(url)
            parts += [
                escape(text[end : found.start()]),
                f'<a href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a>',
            ]
            end = found.start() + len(url)
    return "".join([*parts, escape(text[end:])])


def _is_allowed(url: str, app_url: str) -> bool:
    # Browsers read a backslash as a slash, so they would find another host.
    if "\\" in url:
        return False
    try:
        parts, app = urlsplit(url), urlsplit(app_url)
        origin, app_origin = (parts.scheme, parts.hostname, parts.port), (app.scheme, app.hostname, app.port)
    except ValueError:
        return False
    return _is_loopback(parts.hostname or "") or origin == app_origin


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
