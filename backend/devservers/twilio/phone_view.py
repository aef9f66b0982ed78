"""The part of the page that shows phones: the chosen one with its messages, and the list of all. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from urllib.parse import urlencode

from devservers.twilio.clock import iso
from devservers.twilio.delivery_scenarios import FAILURES
from devservers.twilio.icons import icon
from devservers.twilio.media import Media
from devservers.twilio.messages import Message, delivery_error
from devservers.twilio.readable import readable

HUES = 8
MMS_PREFIXES = ("+1", "+61")
"""The United States, Canada and Australia: to all others, Twilio sends a text with a link in place of a picture.

How the resource shows that is not documented: the fault `mms_converter` has one way.
"""
_CURRENT = ' aria-current="true"'
# What each status is to the phone's owner, and its icon. Every other status is on its way.
_STATUSES = {
    "sent": ("Sent, not reported as delivered", "check"),
    "delivered": ("Delivered", "checks"),
    "read": ("Read", "checks"),
    "undelivered": ("Did not arrive", "warning"),
    "failed": ("Was not sent", "warning"),
    "canceled": ("Canceled", "ban"),
    "received": ("Sent from this phone", "send"),
}


def handset(
    number: str,
    sender: str,
    messages: Sequence[tuple[Message, Sequence[Media]]],
    now: float,
    *,
    earlier: str,
    newest: str,
) -> str:
    """The phone with this number, or that of nobody yet (""). `messages` are the oldest first, with their media.

    `earlier` and `newest` are links as HTML, or empty.
    """
    day = _day(now)
    rows: list[str] = []
    previous: Message | None = None
    media_of = {message.sid: media for message, media in messages}
    for message, following in pairwise([*(message for message, _ in messages), None]):
        if message is None:
            continue
        if previous is None or _day(previous.accepted_at) != _day(message.accepted_at):
            rows.append(_separator(message, day))
        rows.append(_bubble(message, media_of[message.sid], previous, following))
        previous = message
    nothing = f"No messages yet. Send one to {'this' if number else 'any'} number: it appears here."
    thread = f"<ol>{''.join(rows)}</ol>" if rows else f'<p class="empty">{nothing}</p>'
    return (
        '<section class="handset" aria-labelledby="handset-name"><div class="handset__screen">'
        f'<div class="handset__status" aria-hidden="true"><span>{iso(now)[11:16]}</span>'
        f'<span class="handset__island"></span>{icon("signal")}<span class="handset__battery"></span></div>'
        f'<div class="handset__head">{_avatar(number)}'
        f'<h2 class="number" id="handset-name">{escape(readable(number)) or "Any number"}</h2>'
        f'<p>Texts with <span class="number">{escape(readable(sender))}</span></p></div>'
        '<div class="handset__thread" role="log" aria-label="Messages" aria-relevant="additions" tabindex="0">'
        f'<div class="handset__paper">{earlier}{thread}{newest}</div></div>{_reply(number)}</div></section>'
    )


def phone_list(newest: Sequence[Message], chosen: str) -> str:
    """Links to the phones, of which `newest` holds the newest message each."""
    rows = "".join(
        f'<li id="phone-{escape(message.phone)}"><a class="phone" href="{link(phone=message.phone)}"'
        f"{_CURRENT if message.phone == chosen else ''}>{_avatar(message.phone)}"
        f'<span class="phone__name number">{escape(readable(message.phone))}</span>'
        f'<time class="phone__time" datetime="{iso(message.accepted_at)}">{iso(message.accepted_at)[11:16]}</time>'
        f'<bdi class="phone__preview">{escape(message.body[:120]) or _without_text(message)}</bdi></a></li>'
        for message in newest
    )
    return f'<ul class="phones">{rows}</ul>'


def _without_text(message: Message) -> str:
    return "Picture" if message.num_media else "No text"


def link(**parameters: str) -> str:
    """An address of the page, ready for an attribute. Empty parameters are left out."""
    given = {name: value for name, value in parameters.items() if value}
    return escape(f"/?{urlencode(given)}" if given else "/")


def _reply(number: str) -> str:
    """The field in which the phone's owner writes. The script sends it."""
    if not number:
        return ""
    return (
        f'<form class="handset__reply" data-sender="{escape(number)}">'
        '<input class="handset__text" name="body" aria-label="Text from this phone" '
        'placeholder="Answer from this phone" autocomplete="off" maxlength="1600" required>'
        f'<button class="icon-button handset__send" aria-label="Send from this phone">{icon("send")}</button>'
        '<p class="handset__words">'
        '<button class="handset__word" type="button" data-text="STOP">Send STOP</button>'
        '<button class="handset__word" type="button" data-text="START">Send START</button>'
        '<button class="handset__word" type="button" data-picture>Send a picture</button>'
        '<label class="handset__word handset__file">Send a file<input type="file"></label></p></form>'
    )


def _bubble(message: Message, attached: Sequence[Media], previous: Message | None, following: Message | None) -> str:
    """Messages of one minute with the same fate form a run, with one status at its end."""
    failed = message.status in FAILURES | {"canceled"}
    arrived = message.status in {"delivered", "read"}
    kind = "own" if message.is_inbound else "failed" if failed else "arrived" if arrived else "pending"
    follows = " message--follows" if previous and _run(previous) == _run(message) else ""
    text = escape(message.body) or '<em class="message__nothing">No text</em>'
    if attached:
        bubble = f'<p class="message__bubble" dir="auto">{text}</p>' if message.body else ""
        media = "".join(_medium(each, message) for each in attached) + bubble
    else:
        attachments = f'<p class="message__meta">with {message.num_media} attached</p>' if message.num_media else ""
        media = f'<p class="message__bubble" dir="auto">{text}</p>{attachments}'
    meta = "" if following and _run(following) == _run(message) else _meta(message)
    return f'<li class="message message--{kind}{follows}" id="{escape(message.sid)}">{media}{meta}</li>'


def _medium(media: Media, message: Message) -> str:
    if not media.content_type.startswith("image/"):
        return f'<p class="message__meta">{escape(media.content_type)} attached</p>'
    address = f"/_control/media/{escape(media.sid)}"
    if not message.is_inbound and not message.phone.startswith(MMS_PREFIXES):
        return f'<p class="message__bubble"><a href="{address}">Link to a picture</a></p>'
    alt = "Picture from this phone" if message.is_inbound else "Picture to this phone"
    return f'<img class="message__picture" src="{address}" alt="{alt}">'


def _meta(message: Message) -> str:
    said, glyph = _STATUSES.get(message.status, (f"{message.status.capitalize()}, on its way", "clock"))
    reason = ""
    if message.error_code is not None:
        reason = f": {escape(str(delivery_error(message.error_code)).lower())} · {message.error_code}"
    moment = iso(message.accepted_at)
    return (
        f'<p class="message__meta">{icon(glyph)}<span><time datetime="{moment}">{moment[11:19]}</time> · '
        f"{escape(said)}{reason}</span></p>"
    )


def _run(message: Message) -> tuple[str, str, int | None]:
    return iso(message.accepted_at)[:16], message.status, message.error_code


def _separator(message: Message, today: str) -> str:
    day = _day(message.accepted_at)
    # Of the same name as the first message of that day, so that it stays the same element.
    return f'<li class="day" id="day-{escape(message.sid)}">{"Today" if day == today else day}</li>'


def _day(moment: float) -> str:
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {day:%B %Y}"


def _avatar(number: str) -> str:
    hue = sum(map(ord, number)) % HUES + 1
    return f'<span class="avatar avatar--hue-{hue}" aria-hidden="true">{escape(number[-2:]) or icon("phone")}</span>'
