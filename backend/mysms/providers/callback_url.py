"""Builds the URL of status callbacks: in the form that Twilio is given, and in the form that it signs. Pure.

Twilio calls the URL without fragment and user info, and signs the URL that it calls. The fragment contains connection
overrides for failed calls; Twilio sends user name and password in response to a 401.
https://www.twilio.com/docs/usage/security
"""

from mysms.core.urls import Url

_OVERRIDES = {"rc": "5", "rp": "all"}
"""Retries a callback five times after any failure; by default Twilio does not retry after a 5xx response.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""


def with_query(url: Url, query: str) -> str:
    """Returns the URL that Twilio calls and signs if `query` is added to the query of `url`."""
    return signed_url(url, "&".join(filter(None, (url.query, query))))


def url_for_twilio(url: Url, query: str) -> str:
    """Returns the URL for Twilio, with connection overrides. Those in the configured URL take precedence."""
    configured = url.fragment.split("&") if url.fragment else []
    names = {override.partition("=")[0] for override in configured}
    defaults = [f"{name}={value}" for name, value in _OVERRIDES.items() if name not in names]
    user_info = f"{url.user_info}@" if url.user_info else ""
    called = with_query(url, query).replace("://", f"://{user_info}", 1)
    return f"{called}#{'&'.join(configured + defaults)}"


def signed_url(url: Url, query: str) -> str:
    """Returns the URL that Twilio signed, if `query` is the raw query string of the received request."""
    return url.address + (f"?{query}" if query else "")
