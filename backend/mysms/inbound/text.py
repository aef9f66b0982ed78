"""An inbound message as the provider reports it, made safe to store and to show. Pure.

A webhook and the provider's list report the same message, which its SID identifies. The other side may be a phone, a
short code or a name, and the provider's fields may hold what no database or JSON text can.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from mysms.core.phone_numbers import PhoneNumberError, normalise
from mysms.messages.media import MOST_MEDIA, media_type
from mysms.messages.peer_numbers import is_peer_number
from mysms.messages.segments import count_segments
from mysms.providers.base import ProviderMedia, ProviderMessage
from mysms.providers.media_addresses import MediaAddresses

_log = logging.getLogger(__name__)
_UNKNOWN_SENDER = "unknown"
_LONGEST_NUMBER = 200
_LONGEST_COUNT = len("1000")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class InboundMedia:
    """A picture or another file that came with a message."""

    index: int
    sid: str
    content_type: str


@dataclass(frozen=True)
class InboundText:
    """A message that somebody sent to one of our numbers."""

    sid: str
    from_number: str
    to_number: str
    content: str
    segments: int
    num_media: int
    received_at: datetime
    opt_out_type: str | None
    """How the provider has taken it: STOP, START or HELP, if its webhook says so."""
    source: Literal["callback", "reconciler"]
    """Whether its webhook reported it, or only the provider's list."""
    media: tuple[InboundMedia, ...] = ()
    """Those whose addresses are the provider's."""

    @property
    def peer_number(self) -> str:
        """The number of its conversation. Senders that nobody could ask for share one."""
        return self.from_number if is_peer_number(self.from_number) else _UNKNOWN_SENDER

    @classmethod
    def of_form(cls, form: Mapping[str, str], now: datetime, media: Sequence[InboundMedia] = ()) -> Self:
        """Reads the form of a webhook. It has no time, so the message counts as received now."""
        return cls(
            sid=form["MessageSid"],
            from_number=_number(form.get("From", "")),
            to_number=_number(form.get("To", "")),
            content=_clean(form.get("Body", "")),
            segments=_segments(form.get("NumSegments", ""), form.get("Body", "")),
            num_media=_count(form.get("NumMedia", "")) or 0,
            received_at=now,
            opt_out_type=form.get("OptOutType") or None,
            source="callback",
            media=tuple(media),
        )

    @classmethod
    def of_row(cls, row: ProviderMessage, now: datetime, media: Sequence[ProviderMedia] = ()) -> Self:
        """Reads a row of the provider's list. The provider's clock may be ahead of ours."""
        return cls(
            sid=row.sid,
            from_number=_number(row.from_number),
            to_number=_number(row.to_number),
            content=_clean(row.body),
            segments=_segments(row.segments, row.body),
            num_media=_count(row.num_media) or 0,
            received_at=min(row.created_at, now),
            opt_out_type=None,
            source="reconciler",
            media=tuple(
                InboundMedia(index, each.sid, media_type(each.content_type))
                for index, each in enumerate(media[:MOST_MEDIA])
            ),
        )


def media_of_form(form: Mapping[str, str], addresses: MediaAddresses) -> list[InboundMedia]:
    """Reads the media of a webhook, and drops those whose addresses are not the provider's."""
    media = []
    for index in range(min(_count(form.get("NumMedia", "")) or 0, MOST_MEDIA)):
        sid = addresses.find_sid(form.get(f"MediaUrl{index}", ""), form["MessageSid"])
        if sid is None:
            _log.warning("Dropped a medium of an inbound message: its address is not that of the message at Twilio.")
        else:
            media.append(InboundMedia(index, sid, media_type(form.get(f"MediaContentType{index}", ""))))
    return media


def _number(written: str) -> str:
    """Returns the number in E.164; anything else, such as a short code or a name, as the provider writes it."""
    number = _clean(written).strip()[:_LONGEST_NUMBER] or _UNKNOWN_SENDER
    try:
        return normalise(number)
    except PhoneNumberError:
        return number


def _clean(text: str) -> str:
    """Joins the halves of surrogate pairs, replaces lone halves, and removes NUL."""
    text = text.replace("\0", "")
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _segments(reported: str, content: str) -> int:
    """Returns the provider's number of segments, if it is one."""
    count = _count(reported)
    return count_segments(_clean(content)).count if count is None else max(1, count)


def _count(reported: str) -> int | None:
    """Returns the number that the provider reports, if it is one."""
    is_number = reported.isdecimal() and reported.isascii() and 1 <= len(reported) <= _LONGEST_COUNT
    return int(reported) if is_number else None
