"""The address of status callbacks: as Twilio is given it, and as Twilio signs it. Pure.

Twilio calls it without fragment and user info, and signs what it calls. The fragment holds what Twilio shall do if the
call fails; user and password answer a 401 that asks for them.
https://www.twilio.com/docs/usage/security
"""

from mysms.core.urls import Url

_OVERRIDES = {"rc": "5", "rp": "all"}
"""Repeat a callback five times, whatever goes wrong: by default Twilio gives up after an answer of 5xx.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""


def with_query(url: Url, query: str) -> str:
    """What Twilio calls and signs, if it was given `url` with `query` added to the query of its own."""
    return signed_url(url, "&".join(filter(None, (url.query, query))))


def url_for_twilio(url: Url, query: str) -> str:
    """What to give Twilio. Overrides that the URL brings along win over ours."""
    its_own = url.fragment.split("&") if url.fragment else []
    named = {override.partition("=")[0] for override in its_own}
    ours = [f"{name}={value}" for name, value in _OVERRIDES.items() if name not in named]
    user_info = f"{url.user_info}@" if url.user_info else ""
    called = with_query(url, query).replace("://", f"://{user_info}", 1)
    return f"{called}#{'&'.join(its_own + ours)}"


def signed_url(url: Url, query: str) -> str:
    """What Twilio signed, if `query` is the raw query string of the request that came."""
    return url.address + (f"?{query}" if query else "")
