"""Every fault that can be switched on, in one table.

Those of `request_faults` strike a request. A `MessageFault` strikes a message as it is accepted: all that match apply.
A `CallbackFault` strikes a status callback (`status` narrows it): the first one that matches applies. The others stand
alone.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from devservers.twilio.fault import YEAR, ErrorCode, Fault, Occasion, Seconds
from devservers.twilio.ledger import ListOrder
from devservers.twilio.listing import LARGEST_PAGE
from devservers.twilio.messages import Message
from devservers.twilio.plans import Outcome, conflict, plan_for
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

Final = Literal["delivered", "undelivered", "failed"]


class RefuseConnections(Fault):
    """The API port is closed for so many seconds; null (only with a control port): until the faults are reset."""

    kind = "refuse_connections"
    seconds: Seconds | None = None


class ReorderList(Fault):
    """The list is sorted otherwise: `created` is by DateCreated, the others are by DateSent, all newest first.

    Twilio documents DateSent, and not whether messages without one stand before or after all others.
    """

    kind = "list_order"
    order: ListOrder


class ListLag(Fault):
    """The list is answered from a copy that is so many seconds old.

    What was accepted since is missing, and what has changed since shows as it was: queued, or sent. So its filters and
    its order see it too. With `filtered_only` the copy answers only lists that are filtered by DateSent.

    Reported are 10 to 15 minutes with such a filter (https://github.com/twilio/twilio-java/issues/442) and hours
    without one (https://github.com/twilio/twilio-node/issues/647).
    """

    kind = "list_lag"
    seconds: Seconds = 30
    filtered_only: bool = False

    def concerns(self, occasion: Occasion) -> bool:
        return super().concerns(occasion) and (occasion.filtered_by_date or not self.filtered_only)


class ListPaging(Fault):
    """The list is paged by `token` (after the last message of the page before) or by `offset` (Page times page size).

    Twilio's documents say neither. A page holds at most `largest` messages, whatever PageSize asks for.
    """

    kind = "list_paging"
    by: Literal["token", "offset"] = "token"
    largest: int = Field(LARGEST_PAGE, ge=1, le=LARGEST_PAGE)


class BetweenPages(Fault):
    """When page number `after` of a list was served, something happens before the next one can be asked for.

    Messages are `sent` and stay so, without a callback (`sid`, or all that are on their way), or one is `created` (to
    the list's To, or else to the account's own number), or one is `deleted` (`sid`, or the first one on that page).
    """

    kind = "between_pages"
    event: Literal["sent", "created", "deleted"]
    after: NonNegativeInt = 0
    sid: str | None = None

    def concerns(self, occasion: Occasion) -> bool:
        return super().concerns(occasion) and occasion.page == self.after


class MessageFault(Fault):
    def apply(self, message: Message) -> Message:
        raise NotImplementedError


class SkewDates(MessageFault):
    """The message's dates are off by so many seconds (negative: in the past).

    `all` of them, as by a clock that is wrong, or `created` alone, as of a message that has been in a queue since then.
    """

    kind = "skew_dates"
    seconds: float = Field(ge=-YEAR, le=YEAR)
    dates: Literal["all", "created"] = "all"

    def apply(self, message: Message) -> Message:
        shifted = message.accepted_at + self.seconds
        skew = self.seconds if self.dates == "all" else 0.0
        return replace(message, skew=skew, created_at=shifted, updated_at=shifted)


class TrialPrefix(MessageFault):
    """The stored body begins with the sentence of a trial account."""

    kind = "trial_prefix"
    prefix: str = "Sent from your Twilio trial account - "

    def apply(self, message: Message) -> Message:
        return replace(message, body=self.prefix + message.body)


class RewriteTo(MessageFault):
    """The resource and its callbacks show this To number instead of the one that was asked for.

    The list's To finds the message by the number that is `shown`, or that was `asked` for, or by `both`: Twilio
    documents neither that it rewrites numbers nor which one is compared.
    """

    kind = "rewrite_to"
    number: str
    listed_under: Literal["shown", "asked", "both"] = "shown"

    def apply(self, message: Message) -> Message:
        asked, shown = message.asked_to, self.number
        listed_to = {"shown": [shown], "asked": [asked], "both": [shown, asked]}[self.listed_under]
        return replace(message, to_number=shown, listed_to=listed_to)


class EndAs(MessageFault):
    """The message ends with this status, and with this error code if that is a failure."""

    kind = "outcome"
    status: Outcome
    error_code: ErrorCode | None = None

    def apply(self, message: Message) -> Message:
        return replace(message, plan=plan_for(self.status, self.error_code))


class ConflictingFinals(MessageFault):
    """Two final statuses are announced one after the other; the resource tells the `truth`."""

    kind = "conflicting_finals"
    first: Final = "delivered"
    second: Final = "undelivered"
    truth: Final = "undelivered"
    error_code: ErrorCode | None = 30003

    def apply(self, message: Message) -> Message:
        return replace(message, plan=conflict(self.first, self.second, self.truth, self.error_code))


class EarlyCallbacks(Fault):
    """The first callback, or every one, is sent before the 201."""

    kind = "early_callbacks"
    until: Literal["first", "final"] = "first"


class CallbackFault(Fault):
    status: str | None = None

    def concerns(self, occasion: Occasion) -> bool:
        return super().concerns(occasion) and self.status in {None, occasion.status}


class DelayCallbacks(CallbackFault):
    """A callback is sent so many seconds later; those after it overtake it."""

    kind = "delay_callbacks"
    seconds: Seconds


class DropCallbacks(CallbackFault):
    """A callback is never sent."""

    kind = "drop_callbacks"


class DuplicateCallbacks(CallbackFault):
    """A callback is sent again, so many times."""

    kind = "duplicate_callbacks"
    copies: PositiveInt = 1


class ReorderCallbacks(CallbackFault):
    """A callback is held back until the message's next one was sent, or there is none any more."""

    kind = "reorder_callbacks"


KINDS: Mapping[str, type[Fault]] = {
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
        RefuseConnections,
        ReorderList,
        ListLag,
        ListPaging,
        BetweenPages,
        SkewDates,
        TrialPrefix,
        RewriteTo,
        EndAs,
        ConflictingFinals,
        EarlyCallbacks,
        DelayCallbacks,
        DropCallbacks,
        DuplicateCallbacks,
        ReorderCallbacks,
    )
}
