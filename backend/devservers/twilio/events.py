"""The part of the page that tells what passed between the app and the simulator, in plain words. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from html import escape
from http import HTTPStatus
from itertools import groupby, islice
from urllib.parse import urlsplit

from devservers.twilio.api import RequestRecord
from devservers.twilio.clock import iso
from devservers.twilio.icons import icon
from devservers.twilio.ledger import CallbackRecord
from devservers.twilio.outbound_media import FetchRecord
from devservers.twilio.readable import readable
from devservers.twilio.temper import TEMPERS

_OPERATIONS = {
    "list": ("Read the list of messages", "ask"),
    "fetch": ("Asked about one message", "ask"),
    "update": ("Changed a message", "send"),
    "delete": ("Deleted a message", "ban"),
    "media_list": ("Asked which media a message has", "ask"),
    "media": ("Asked where a picture is", "ask"),
    "media_content": ("Fetched a picture", "picture"),
}
_REPORTS = {
    "sent": ("Sent", "check"),
    "delivered": ("Delivered", "checks"),
    "read": ("Read", "checks"),
    "received": ("Message received", "phone"),
    "undelivered": ("Not delivered", "warning"),
    "failed": ("Failed", "warning"),
    "canceled": ("Canceled", "ban"),
}

_KNOWN = frozenset(HTTPStatus)
_FAULTS = {each.fault.kind: each.name.lower() for each in TEMPERS}
_REASONS = {
    "ConnectError": "could not connect",
    "ReadError": "connection lost",
    "RemoteProtocolError": "connection lost",
}


@dataclass(frozen=True)
class Event:
    """`at` is an ISO time; `details` is what happened to it, as plain text."""

    at: str
    name: str
    details: str
    glyph: str
    is_refused: bool = False


def event_log(
    requests: Sequence[RequestRecord],
    callbacks: Sequence[CallbackRecord],
    fetches: Sequence[FetchRecord],
    newest: int,
) -> str:
    """The newest lines, the newest first. Equal events in a row are one line with their number."""
    # Requests and callbacks are in the order of their times; a fetch is recorded once it has ended.
    by_begin = sorted(fetches, key=lambda record: record.at)
    told = (map(_fetch, reversed(by_begin)), map(_callback, reversed(callbacks)), map(_request, reversed(requests)))
    # Only those that are shown are put into words, which takes a while.
    events = merge(*told, key=lambda event: event.at, reverse=True)
    lines = [list(line) for _, line in islice(groupby(events, key=lambda event: (event.name, event.details)), newest)]
    rows = "".join(reversed(list(_rows(reversed(lines)))))
    return f'<ol class="card events">{rows}</ol>' if rows else '<p class="card empty">Nothing yet.</p>'


def _rows(lines: Iterable[Sequence[Event]]) -> Iterable[str]:
    """The oldest first, so that a row keeps its ID when others follow."""
    used: Counter[str] = Counter()
    for line in lines:
        last, first = line[0], line[-1]
        used[first.at] += 1
        times = f' <span class="event__times">{len(line)} times</span>' if len(line) > 1 else ""
        yield (
            f'<li class="event{" event--refused" if first.is_refused else ""}" id="event-{first.at}-{used[first.at]}">'
            f'<span class="event__glyph">{icon(first.glyph)}</span>'
            f'<span class="event__name">{escape(first.name)}{times}'
            f'<span class="event__sub">{escape(first.details)}</span></span>'
            f'<time class="event__time" datetime="{last.at}">{last.at[11:19]}</time></li>'
        )


def _request(record: RequestRecord) -> Event:
    is_refused = record.status is None or record.status >= HTTPStatus.BAD_REQUEST
    if record.operation == "create":
        result = "not answered" if record.status is None else "refused" if is_refused else "sent"
        name, glyph = f"{_content(record.num_media)} {result}", "send"
    else:
        name, glyph = _OPERATIONS[record.operation]
    details = [
        f"to {readable(record.to)}" if record.to else "",
        _answer(record.status),
        _FAULTS.get(record.fault or "", record.fault),
    ]
    return Event(record.at, name, " · ".join(filter(None, details)), "warning" if is_refused else glyph, is_refused)


def _content(num_media: int) -> str:
    return f"{num_media} pictures" if num_media > 1 else "Picture" if num_media else "Text"


def _fetch(record: FetchRecord) -> Event:
    """What was fetched to send it. The address has the permission to fetch it."""
    if record.status == HTTPStatus.OK:
        size = f"{max(1, round(record.bytes / 1000))} kB"
        return Event(record.at, "Picture fetched by Twilio", f"{size} · {record.status}", "picture")
    details = [_answer(record.status), "" if record.error is None else _reason(record.error)]
    name = "Picture not fetched by Twilio"
    return Event(record.at, name, " · ".join(filter(None, details)), "warning", is_refused=True)


def _callback(record: CallbackRecord) -> Event:
    status = record.params.get("MessageStatus") or record.params.get("SmsStatus", "")
    to = record.params.get("From" if status == "received" else "To", "")
    name, glyph = _REPORTS.get(status, (status or "Callback", "send"))
    is_refused = record.status_code is None or record.status_code >= HTTPStatus.BAD_REQUEST
    if is_refused:
        name += ": report not answered" if record.status_code is None else ": report refused"
    # The address can have credentials, and the query those of one message.
    details = [readable(to), f"POST {urlsplit(record.url).path or '/'}", _answer(record.status_code)]
    if record.attempt > 1:
        details.append(f"attempt {record.attempt}")
    if record.error is not None:
        details.append(_reason(record.error))
    return Event(
        iso(record.at), name, " · ".join(filter(None, details)), "warning" if is_refused else glyph, is_refused
    )


def _reason(error: str) -> str:
    """Why a report had no answer: the names of errors are for programmers."""
    name = error.partition("(")[0]
    return _REASONS.get(name, "timed out" if name.endswith("Timeout") else name)


def _answer(status: int | None) -> str:
    if status is None:
        return "no answer"
    if status < HTTPStatus.BAD_REQUEST or status not in _KNOWN:
        return str(status)
    return f"{status} {HTTPStatus(status).phrase}"
