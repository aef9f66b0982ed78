"""The list of messages: its filters, its order and its pages.

Twilio documents the order as by DateSent, newest first, says nothing about where messages without a DateSent stand, and
does not say what a page token marks. Here it is the place of the page's last message in the order of the moment: pages
stay put while messages are added before it, but a message whose place changes meanwhile can be passed over, or come
twice. `by_offset`, the token means nothing: a page begins after as many messages as the pages before it could hold.
https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict
from urllib.parse import urlencode

from devservers.twilio.errors import ApiError
from devservers.twilio.ledger import Ledger, Listing, ListOrder
from devservers.twilio.messages import messages_path

PAGE_SIZE, LARGEST_PAGE = 50, 1000
DATE_FILTERS = ("DateSent", "DateSent<", "DateSent>")
FILTERS = ("To", "From", *DATE_FILTERS)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LAST_PAGE = 1_000_000
# A page token names the message that the page begins after, or ends before.
OLDER, NEWER = "PA", "PB"


class Envelope(TypedDict):
    """Any other top-level key would keep the library from finding the records."""

    messages: Sequence[Mapping[str, object]]
    page: int
    page_size: int
    start: int
    end: int
    uri: str
    first_page_uri: str
    next_page_uri: str | None
    previous_page_uri: str | None


def list_messages(
    ledger: Ledger,
    account_sid: str,
    query: Mapping[str, str],
    *,
    order: ListOrder = "created",
    as_of: float = math.inf,
    by_offset: bool = False,
    largest_page: int = LARGEST_PAGE,
) -> Envelope:
    size = min(max(_number(query, "PageSize", PAGE_SIZE), 1), largest_page)
    page = min(_number(query, "Page", 0), LAST_PAGE)
    listing = replace(_filters(query), order=order, as_of=as_of)
    token = "" if by_offset else query.get("PageToken", "")
    if token.startswith(NEWER):
        messages = ledger.page(replace(listing, after=_marked(ledger, token)), size)
        has_older = bool(messages)
    else:
        before, offset = (_marked(ledger, token), 0) if token else (None, page * size)
        messages = ledger.page(replace(listing, before=before, offset=offset), size + 1)
        messages, has_older = messages[:size], len(messages) > size

    path = f"{messages_path(account_sid)}.json"
    kept = {name: query[name] for name in FILTERS if name in query} | {"PageSize": str(size)}

    def uri(number: int, token: str) -> str:
        return f"{path}?{urlencode(kept | {'Page': str(number)} | ({'PageToken': token} if token else {}))}"

    start = page * size
    return {
        "messages": [message.resource() for message in messages],
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(len(messages) - 1, 0),
        "uri": uri(page, token),
        "first_page_uri": uri(0, ""),
        "next_page_uri": uri(page + 1, OLDER + messages[-1].sid) if has_older else None,
        "previous_page_uri": uri(page - 1, NEWER + messages[0].sid) if page and messages else None,
    }


def _filters(query: Mapping[str, str]) -> Listing:
    earliest: list[datetime] = []
    latest: list[datetime] = []
    for name, bounds in (("DateSent", "both"), ("DateSent>", "from"), ("DateSent<", "until")):
        if not query.get(name):
            continue
        moment, unit = _moment(query[name])
        if bounds in {"both", "from"}:
            earliest.append(moment)
        if bounds in {"both", "until"}:
            latest.append(moment + unit)
    return Listing(
        to_number=query.get("To", ""),
        from_number=query.get("From", ""),
        sent_from=max(earliest).timestamp() if earliest else None,
        sent_until=min(latest).timestamp() if latest else None,
    )


def _moment(text: str) -> tuple[datetime, timedelta]:
    """A GMT day or second, and how long it lasts: both bounds of Twilio's filters are inclusive."""
    for pattern, unit in (("%Y-%m-%d", DAY), ("%Y-%m-%dT%H:%M:%SZ", SECOND)):
        try:
            moment = datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
        try:
            return moment, (moment + unit) - moment
        except OverflowError:
            break
    raise ApiError(20001, f"{text} is not a date of the form YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")


def _marked(ledger: Ledger, token: str) -> str:
    """The SID that a page token names."""
    sid = token[len(OLDER) :]
    if not token.startswith((OLDER, NEWER)) or not ledger.accepted(sid):
        raise ApiError(21481)
    return sid


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default  # noqa: PLR2004
