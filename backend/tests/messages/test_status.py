"""The status of a message."""

from itertools import pairwise

import pytest

from mysms.messages.status import NO_RANK, UNSENT_TERMINAL, OutboxState, is_final, public_status, rank_of

IN_ORDER = [["accepted", "scheduled"], ["queued"], ["sending"], ["sent"]]
FINAL = ["delivered", "undelivered", "failed", "canceled"]


def test_provider_statuses_are_ranked_in_the_order_in_which_they_occur() -> None:
    groups = [*IN_ORDER, FINAL, ["read"]]
    for group in groups:
        assert len({rank_of(status) for status in group}) == 1
    for earlier, later in pairwise(groups):
        assert rank_of(earlier[0]) < rank_of(later[0])


@pytest.mark.parametrize("status", ["", "unknown", "received", "partially_delivered", "Delivered", "delivered "])
def test_an_unknown_status_has_no_rank(status: str) -> None:
    assert rank_of(status) == NO_RANK
    assert not is_final(status)


@pytest.mark.parametrize("status", [*FINAL, "read"])
def test_results_of_the_delivery_are_final(status: str) -> None:
    assert is_final(status)


@pytest.mark.parametrize("status", [status for group in IN_ORDER for status in group])
def test_earlier_statuses_are_not_final(status: str) -> None:
    assert rank_of(status) > NO_RANK
    assert not is_final(status)


@pytest.mark.parametrize("state", OutboxState)
def test_the_provider_status_is_shown_if_there_is_one(state: OutboxState) -> None:
    assert public_status("outbound", state, "sent") == "sent"


@pytest.mark.parametrize(
    ("state", "shown"),
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
def test_otherwise_the_status_follows_the_outbox_state(state: OutboxState, shown: str) -> None:
    assert public_status("outbound", state, None) == shown


def test_states_that_ended_unsent_exclude_all_that_may_be_sent() -> None:
    assert UNSENT_TERMINAL.isdisjoint(
        {OutboxState.PENDING, OutboxState.CLAIMED, OutboxState.UNCONFIRMED, OutboxState.ACCEPTED}
    )
