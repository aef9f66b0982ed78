"""All faults that can be activated.

The faults of `request_faults` and `media_faults` apply to a request. A `MessageFault` applies to a message as it is
accepted, and all that match apply. A `CallbackFault` applies to a status callback (`status` narrows it), and only the
first match applies. The others are independent of each other.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from devservers.twilio.delivery_scenarios import MessageStatus, conflicting_steps, steps_to
from devservers.twilio.fault import YEAR, ErrorCode, Fault, FaultContext, Seconds
from devservers.twilio.ledger import ListOrder
from devservers.twilio.listing import MAX_PAGE_SIZE
from devservers.twilio.media_faults import CutMedia, FetchMedia, LargeMedia, MediaType, NumMedia, RedirectMedia
from devservers.twilio.messages import Message
from devservers.twilio.request_faults import (
    Error500,
    Hang,
    LateCommit,
    Lose201,
    QueueFull,
    RateLimited,
    Refuse,
    ResetConnection,
    Suspended,
    Trickle,
    Unauthorized,
    Unavailable,
    Unreadable201,
)

FinalStatus = Literal["delivered", "undelivered", "failed"]


class RefuseConnections(Fault):
    """The API port refuses connections for `seconds`; null (only with a control port): until the faults are reset."""

    kind = "refuse_connections"
    seconds: Seconds | None = None


class ReorderList(Fault):
    """The order of the list: `created` is by DateCreated, the others are by DateSent, all newest first.

    Twilio documents DateSent, but not whether messages without one come before or after all others.
    """

    kind = "list_order"
    order: ListOrder


class ListLag(Fault):
    """The list is served from a snapshot that is `seconds` old.

    Messages accepted since then are missing, and messages changed since then have their earlier status: queued or sent.
    Filters and order use the snapshot too. With `filtered_only` only lists that are filtered by DateSent are delayed.

    Users report 10 to 15 minutes with such a filter (https://github.com/twilio/twilio-java/issues/442) and hours
    without one (https://github.com/twilio/twilio-node/issues/647).
    """

    kind = "list_lag"
    seconds: Seconds = 30
    filtered_only: bool = False

    def matches(self, context: FaultContext) -> bool:
        return super().matches(context) and (context.filtered_by_date or not self.filtered_only)


class ListPaging(Fault):
    """The list is paged by `token` (after the last message of the previous page) or by `offset` (Page times page size).

    Twilio documents neither. A page holds at most `largest` messages, whatever PageSize is.
    """

    kind = "list_paging"
    by: Literal["token", "offset"] = "token"
    largest: int = Field(MAX_PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)


class EventBetweenPages(Fault):
    """An event after page number `after` of a list is served and before the next page can be requested.

    `sent`: the message `sid`, or all unsent messages, become sent and stay so, without a callback. `created`: a message
    is created, to the list's To or else to the account's own number. `deleted`: the message `sid`, or the first one on
    that page, is deleted.
    """

    kind = "between_pages"
    event: Literal["sent", "created", "deleted"]
    after: NonNegativeInt = 0
    sid: str | None = None

    def matches(self, context: FaultContext) -> bool:
        return super().matches(context) and context.page == self.after


class MessageFault(Fault):
    def apply(self, message: Message) -> Message:
        raise NotImplementedError


class SkewDates(MessageFault):
    """The message's dates are shifted by `seconds` (negative: into the past).

    `all` shifts all dates, like a wrong clock; `created` shifts DateCreated only, like a message that was queued for a
    long time.
    """

    kind = "skew_dates"
    seconds: float = Field(ge=-YEAR, le=YEAR)
    dates: Literal["all", "created"] = "all"

    def apply(self, message: Message) -> Message:
        shifted = message.accepted_at + self.seconds
        skew = self.seconds if self.dates == "all" else 0.0
        return replace(message, skew=skew, created_at=shifted, updated_at=shifted)


class TrialPrefix(MessageFault):
    """The stored body starts with the prefix of a trial account."""

    kind = "trial_prefix"
    prefix: str = "Sent from your Twilio trial account - "

    def apply(self, message: Message) -> Message:
        return replace(message, body=self.prefix + message.body)


class SmSid(MessageFault):
    """The SID begins with SM, although the message has media: https://www.twilio.com/docs/messaging/api/media-resource."""

    kind = "sm_sid"

    def apply(self, message: Message) -> Message:
        return replace(message, sid="SM" + message.sid[2:])


class MmsConverter(MessageFault):
    """An SMS with a link to the media takes the place of a message with media: https://help.twilio.com/articles/223181248.

    How the resource shows it is not documented. Here it is an SMS with the link behind its text.
    """

    kind = "mms_converter"
    link: str = "https://m.twil.io/a1B2c3"

    def apply(self, message: Message) -> Message:
        if not message.num_media:
            return message
        body = f"{message.body} {self.link}".lstrip()
        return replace(message, sid="SM" + message.sid[2:], body=body, num_media=0)


class RewriteTo(MessageFault):
    """The resource and its callbacks show this To number instead of the requested one.

    The list's To filter matches the `shown` number, the `requested` one, or `both`: Twilio documents neither that it
    rewrites numbers nor which one the filter compares.
    """

    kind = "rewrite_to"
    number: str
    listed_under: Literal["shown", "requested", "both"] = "shown"

    def apply(self, message: Message) -> Message:
        requested, shown = message.requested_to, self.number
        listed_to = {"shown": [shown], "requested": [requested], "both": [shown, requested]}[self.listed_under]
        return replace(message, to_number=shown, listed_to=listed_to)


class ForceStatus(MessageFault):
    """The message ends with this status, and with this error code if the status is a failure."""

    kind = "outcome"
    status: MessageStatus
    error_code: ErrorCode | None = None

    def apply(self, message: Message) -> Message:
        return replace(message, plan=steps_to(self.status, self.error_code))


class ConflictingFinals(MessageFault):
    """Callbacks report two final statuses one after the other; the resource has the status `truth`."""

    kind = "conflicting_finals"
    first: FinalStatus = "delivered"
    second: FinalStatus = "undelivered"
    truth: FinalStatus = "undelivered"
    error_code: ErrorCode | None = 30003

    def apply(self, message: Message) -> Message:
        return replace(message, plan=conflicting_steps(self.first, self.second, self.truth, self.error_code))


class EarlyCallbacks(Fault):
    """The first callback, or every callback, is sent before the 201 response."""

    kind = "early_callbacks"
    until: Literal["first", "final"] = "first"


class CallbackFault(Fault):
    status: str | None = None

    def matches(self, context: FaultContext) -> bool:
        return super().matches(context) and self.status in {None, context.status}


class DelayCallbacks(CallbackFault):
    """A callback is sent `seconds` later; later callbacks overtake it."""

    kind = "delay_callbacks"
    seconds: Seconds


class DropCallbacks(CallbackFault):
    """A callback is never sent."""

    kind = "drop_callbacks"


class DuplicateCallbacks(CallbackFault):
    """A callback is sent again, `copies` times."""

    kind = "duplicate_callbacks"
    copies: PositiveInt = 1


class ReorderCallbacks(CallbackFault):
    """A callback is held back until the message's next callback was sent, or until no further callback will come."""

    kind = "reorder_callbacks"


FAULTS_BY_KIND: Mapping[str, type[Fault]] = {
    fault.kind: fault
    for fault in (
        Refuse,
        Unauthorized,
        Suspended,
        RateLimited,
        Unavailable,
        QueueFull,
        Error500,
        Lose201,
        Unreadable201,
        Trickle,
        Hang,
        LateCommit,
        ResetConnection,
        RedirectMedia,
        MediaType,
        LargeMedia,
        CutMedia,
        NumMedia,
        FetchMedia,
        RefuseConnections,
        ReorderList,
        ListLag,
        ListPaging,
        EventBetweenPages,
        SkewDates,
        TrialPrefix,
        SmSid,
        MmsConverter,
        RewriteTo,
        ForceStatus,
        ConflictingFinals,
        EarlyCallbacks,
        DelayCallbacks,
        DropCallbacks,
        DuplicateCallbacks,
        ReorderCallbacks,
    )
}
