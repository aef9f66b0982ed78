"""The list of messages: filters, order and paging.

Twilio documents the order as by DateSent, newest first. It documents neither the position of messages without a
DateSent nor the meaning of a page token. Here a token marks the current position of the page's last message: pages are
stable while messages are added before it, but a message whose position changes meanwhile can be skipped or repeated.
With `by_offset` the token is ignored: a page starts after as many messages as the previous pages could hold.
https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict
from urllib.parse import urlencode

from devservers.twilio.errors import ApiError
from devservers.twilio.ledger import Ledger, ListOrder, ListQuery
from devservers.twilio.messages import messages_path

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 50, 1000
DATE_FILTERS = ("DateSent", "DateSent<", "DateSent>")
FILTERS = ("To", "From", *DATE_FILTERS)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
MAX_PAGE_NUMBER = 1_000_000
# Prefixes of a page token, which holds a SID: the page starts after that message, or ends before it.
OLDER, NEWER = "PA", "PB"


class Envelope(TypedDict):
    """The exact keys of Twilio's envelope: with any other top-level key the library would not find the records."""

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
    largest_page: int = MAX_PAGE_SIZE,
) -> Envelope:
    size = min(max(_number(query, "PageSize", DEFAULT_PAGE_SIZE), 1), largest_page)
    page = min(_number(query, "Page", 0), MAX_PAGE_NUMBER)
    list_query = replace(_filters(query), order=order, as_of=as_of)
    token = "" if by_offset else query.get("PageToken", "")
    if token.startswith(NEWER):
        messages = ledger.page(replace(list_query, after=_sid_in(ledger, token)), size)
        has_older = bool(messages)
    else:
        before, offset = (_sid_in(ledger, token), 0) if token else (None, page * size)
        messages = ledger.page(replace(list_query, before=before, offset=offset), size + 1)
        messages, has_older = messages[:size], len(messages) > size

    path = f"{messages_path(account_sid)}.json"
    parameters = {name: query[name] for name in FILTERS if name in query} | {"PageSize": str(size)}

    def uri(number: int, token: str) -> str:
        return f"{path}?{urlencode(parameters | {'Page': str(number)} | ({'PageToken': token} if token else {}))}"

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


def _filters(query: Mapping[str, str]) -> ListQuery:
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
    return ListQuery(
        to_number=query.get("To", ""),
        from_number=query.get("From", ""),
        sent_from=max(earliest).timestamp() if earliest else None,
        sent_until=min(latest).timestamp() if latest else None,
    )


def _moment(text: str) -> tuple[datetime, timedelta]:
    """A GMT day or second, and its length. Both bounds of Twilio's date filters are inclusive."""
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


def _sid_in(ledger: Ledger, token: str) -> str:
    """The SID in a page token. Raises ApiError 21481 for an invalid token."""
    sid = token[len(OLDER) :]
    if not token.startswith((OLDER, NEWER)) or not ledger.exists(sid):
        raise ApiError(21481)
    return sid


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default  # noqa: PLR2004
