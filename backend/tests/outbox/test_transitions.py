"""The transition table, tested exhaustively: from each state, with its guards met and with each guard violated."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from mysms.messages.status import OutboxState
from mysms.outbox.state_writer import StateWriter
from mysms.outbox.transitions import TRANSITIONS, Guard, OutboxEvent, Seen, Transition, transitions_of
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.support.servers import Mongo

ATTEMPT = 3
ARCHITECTURE = Path(__file__).parent.parent.parent / "docs" / "architecture.md"


@pytest.fixture(scope="module")
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


@pytest.fixture
def violations(fixture: OutboxFixture) -> Mapping[Guard, Mapping[str, object]]:
    """The concurrent change that violates each guard."""
    return {
        Guard.SAME_ATTEMPT: {"outbound.attempt": ATTEMPT + 1},
        Guard.SAME_WORKER: {"outbound.worker_id": "another worker"},
        Guard.SAME_ABSENCE: {"outbound.absent_since": fixture.now - timedelta(minutes=1)},
        Guard.NO_SID: {"twilio_sid": "SM" + "2" * 32},
        Guard.CANCEL_REQUESTED: {"outbound.cancel_requested": False},
        Guard.CANCEL_NOT_REQUESTED: {"outbound.cancel_requested": True},
    }


async def apply(
    fixture: OutboxFixture, event: OutboxEvent, state: OutboxState, changes: Mapping[str, object]
) -> OutboxState:
    """The state after the event of a message that was read in this state and has changed since."""
    message_id = await fixture.enqueue(fixture.outbox("process"), new_number(), "Hello")
    seen = Seen(ATTEMPT, "the worker", fixture.now)
    values = {
        "outbound.state": state,
        "outbound.attempt": ATTEMPT,
        "outbound.worker_id": "the worker",
        "outbound.absent_since": fixture.now,
        "twilio_sid": None,
        **changes,
    }
    await fixture.database["messages"].update_one({"_id": message_id}, {"$set": values})
    before = await fixture.message(message_id)
    written = await StateWriter(fixture.database, fixture.changes.publisher, fixture.clock).apply(
        event, message_id, seen, {}
    )
    after = await fixture.message(message_id)
    assert written or after == before
    assert after.outbox_state is not None
    return after.outbox_state


def satisfying(transition: Transition) -> Mapping[str, object]:
    """The fields with which all guards of the transition are met."""
    return {"outbound.cancel_requested": Guard.CANCEL_REQUESTED in transition.guards}


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda each: f"{each.event} to {each.target}")
async def test_a_transition_applies_only_from_its_source_states(fixture: OutboxFixture, transition: Transition) -> None:
    for state in OutboxState:
        reached = await apply(fixture, transition.event, state, satisfying(transition))
        assert reached is (transition.target if state in transition.sources else state)


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda each: f"{each.event} to {each.target}")
async def test_each_guard_prevents_its_transition(
    fixture: OutboxFixture, transition: Transition, violations: Mapping[Guard, Mapping[str, object]]
) -> None:
    for guard in transition.guards:
        changes = {**satisfying(transition), **violations[guard]}
        others = {each.target for each in transitions_of(transition.event) if each is not transition}
        for state in transition.sources:
            reached = await apply(fixture, transition.event, state, changes)
            assert (
                reached in others if others and "outbound.cancel_requested" in violations[guard] else reached is state
            )


@pytest.mark.parametrize("event", OutboxEvent)
async def test_the_transitions_of_an_event_exclude_each_other(event: OutboxEvent) -> None:
    rows = transitions_of(event)
    assert rows
    for row in rows:
        for other in rows:
            if row is not other:
                assert {Guard.CANCEL_REQUESTED, Guard.CANCEL_NOT_REQUESTED} <= {*row.guards, *other.guards}


def test_an_accepted_message_stays_accepted() -> None:
    """No other event applies to an accepted message."""
    for transition in TRANSITIONS:
        if transition.event is not OutboxEvent.ACCEPT:
            assert OutboxState.ACCEPTED not in transition.sources


def test_the_documentation_contains_the_table() -> None:
    rows = [
        f"| {each.event} | {', '.join(sorted(each.sources)) if each.sources != frozenset(OutboxState) else 'any'} "
        f"| {', '.join(each.guards) or '–'} | {each.target} |"
        for each in TRANSITIONS
    ]
    assert "\n".join(rows) in ARCHITECTURE.read_text()
