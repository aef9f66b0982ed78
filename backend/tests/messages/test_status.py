"""What a message's status is."""

from itertools import pairwise

import pytest

from mysms.messages.status import ENDED_UNSENT, NO_RANK, OutboxState, is_final, public_status, rank_of

IN_ORDER = [["accepted", "scheduled"], ["queued"], ["sending"], ["sent"]]
LAST = ["delivered", "undelivered", "failed", "canceled"]


def test_carrier_statuses_rise_in_the_order_in_which_they_happen() -> None:
    groups = [*IN_ORDER, LAST, ["read"]]
    for group in groups:
        assert len({rank_of(status) for status in group}) == 1
    for earlier, later in pairwise(groups):
        assert rank_of(earlier[0]) < rank_of(later[0])


@pytest.mark.parametrize("status", ["", "unknown", "received", "partially_delivered", "Delivered", "delivered "])
def test_a_status_that_nobody_knows_moves_nothing(status: str) -> None:
    assert rank_of(status) == NO_RANK
    assert not is_final(status)


@pytest.mark.parametrize("status", [*LAST, "read"])
def test_last_words_are_final(status: str) -> None:
    assert is_final(status)


@pytest.mark.parametrize("status", [status for group in IN_ORDER for status in group])
def test_everything_before_is_not(status: str) -> None:
    assert rank_of(status) > NO_RANK
    assert not is_final(status)


@pytest.mark.parametrize("dispatch", OutboxState)
def test_the_carriers_word_is_shown_where_there_is_one(dispatch: OutboxState) -> None:
    assert public_status(dispatch, "sent") == "sent"


@pytest.mark.parametrize(
    ("dispatch", "shown"),
    [
        (OutboxState.PENDING, "pending"),
        (OutboxState.CLAIMED, "pending"),
        (OutboxState.UNCONFIRMED, "unconfirmed"),
        (OutboxState.ACCEPTED, "accepted"),
        (OutboxState.REJECTED, "failed"),
        (OutboxState.EXPIRED, "failed"),
        (OutboxState.CANCELLED, "canceled"),
    ],
)
def test_else_how_far_we_got_ourselves(dispatch: OutboxState, shown: str) -> None:
    assert public_status(dispatch, None) == shown


def test_what_ended_unsent_is_neither_on_its_way_nor_at_the_provider() -> None:
    assert ENDED_UNSENT.isdisjoint(
        {OutboxState.PENDING, OutboxState.CLAIMED, OutboxState.UNCONFIRMED, OutboxState.ACCEPTED}
    )
