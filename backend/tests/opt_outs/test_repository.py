"""Opt-outs of several reports in any order, by several processes."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from bson import ObjectId

from mysms.core.phone_numbers import canonical
from mysms.messages import conversations
from mysms.opt_outs.keywords import Wish
from mysms.opt_outs.records import OptOutChange, Scope, Source
from mysms.opt_outs.repository import CLOCKS_DIFFER, MAXIMUM_HISTORY, OptOutRepository
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.support.servers import FROM_NUMBER, Mongo

OTHER_SENDER = "+15005550999"


@pytest.fixture(scope="module")
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


def repository_of(fixture: OutboxFixture, scope: Scope = "sender") -> OptOutRepository:
    return OptOutRepository(fixture.database, FROM_NUMBER, scope)


def change_of(
    fixture: OutboxFixture,
    number: str,
    wish: Wish = "opt_out",
    *,
    seconds: int = 0,
    key: str = "",
    sender: str = FROM_NUMBER,
    source: Source = "keyword",
) -> OptOutChange:
    return OptOutChange(key or str(ObjectId()), sender, number, wish, fixture.now + timedelta(seconds=seconds), source)


@pytest.mark.parametrize("newest", [True, False], ids=["STOP last", "START last"])
async def test_the_newest_holds_in_whatever_order_they_come(fixture: OutboxFixture, newest: bool) -> None:
    opt_outs = repository_of(fixture)
    for order in itertools.permutations(range(3)):
        number = new_number()
        wishes: list[Wish] = ["opt_out", "opt_in", "opt_out"] if newest else ["opt_out", "opt_out", "opt_in"]
        apart = int(CLOCKS_DIFFER.total_seconds()) + 1
        changes = [change_of(fixture, number, wish, seconds=n * apart) for n, wish in enumerate(wishes)]
        for index in order:
            await opt_outs.record(changes[index])
            await opt_outs.record(changes[index])
        assert await opt_outs.is_opted_out(number) is newest
        record = await opt_outs.find(number)
        assert record is not None
        assert [entry.at for entry in record.history] == [change.at for change in changes]


async def test_of_two_at_the_same_time_the_opt_out_holds(fixture: OutboxFixture) -> None:
    orders: list[list[Wish]] = [["opt_out", "opt_in"], ["opt_in", "opt_out"]]
    for order in orders:
        number, opt_outs = new_number(), repository_of(fixture)
        for wish in order:
            await opt_outs.record(change_of(fixture, number, wish))
        assert await opt_outs.is_opted_out(number)


async def test_an_opt_out_that_may_be_newer_than_an_opt_in_holds(fixture: OutboxFixture) -> None:
    """Their times come from clocks that may differ."""
    opt_outs, most = repository_of(fixture), int(CLOCKS_DIFFER.total_seconds())
    for apart, is_opted_out in ((1, True), (most, True), (most + 1, False)):
        number = new_number()
        await opt_outs.record(change_of(fixture, number, "opt_in", seconds=apart))
        await opt_outs.record(change_of(fixture, number))
        assert await opt_outs.is_opted_out(number) is is_opted_out
    # If it was known before, nothing is in doubt.
    number = new_number()
    stop = change_of(fixture, number)
    for change in (stop, change_of(fixture, number, "opt_in", seconds=1), stop):
        await opt_outs.record(change)
    assert not await opt_outs.is_opted_out(number)


async def test_an_older_opt_out_takes_no_time_from_a_newer_one(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    reports: list[tuple[int, Wish]] = [(9, "opt_out"), (0, "opt_out"), (5, "opt_in")]
    for seconds, wish in reports:
        await opt_outs.record(change_of(fixture, number, wish, seconds=seconds))
    assert await opt_outs.is_opted_out(number)


async def test_a_refusal_from_before_an_opt_in_is_not_in_doubt(fixture: OutboxFixture) -> None:
    """It has our time, and the provider refuses the next message, too, as long as an opt-out is in force."""
    number, opt_outs = new_number(), repository_of(fixture)
    await opt_outs.record(change_of(fixture, number, "opt_in", seconds=1))
    await opt_outs.record(change_of(fixture, number, source="refused"))
    assert not await opt_outs.is_opted_out(number)


async def test_what_is_recorded_by_hand_holds_whatever_time_a_wrong_clock_has_recorded(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    await opt_outs.record(change_of(fixture, number, source="manual"))
    await opt_outs.record(change_of(fixture, number, "opt_in", seconds=7200))
    by_hand: list[tuple[int, Wish]] = [(1, "opt_out"), (7200, "opt_out"), (2, "opt_in")]
    for seconds, wish in by_hand:
        await opt_outs.record(change_of(fixture, number, wish, seconds=seconds, source="manual"))
        assert await opt_outs.is_opted_out(number) is (wish == "opt_out")


@pytest.mark.parametrize("scope", ["sender", "all"])
async def test_many_are_found_as_each_is(fixture: OutboxFixture, scope: Scope) -> None:
    opt_outs = repository_of(fixture, scope)
    out, back, elsewhere, unknown = (new_number() for _ in range(4))
    await opt_outs.record(change_of(fixture, out))
    await opt_outs.record(change_of(fixture, back))
    await opt_outs.record(change_of(fixture, back, "opt_in", seconds=1))
    await opt_outs.record(change_of(fixture, elsewhere, "opt_in", seconds=1))
    await opt_outs.record(change_of(fixture, elsewhere, sender=OTHER_SENDER))
    numbers = [out, back, elsewhere, unknown]
    each = {number: await opt_outs.find(number) for number in numbers}
    found = await opt_outs.find_all(numbers)
    assert found == {number: record for number, record in each.items() if record is not None}
    assert [number for number in numbers if await opt_outs.is_opted_out(number)] == [
        number for number, record in found.items() if record.latest.opted_out
    ]
    assert await opt_outs.find_all([]) == {}


async def test_reports_at_once_are_recorded_once_each(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    changes = [change_of(fixture, number, "opt_out" if n % 2 else "opt_in", seconds=n) for n in range(10)]
    await asyncio.gather(*[opt_outs.record(change) for change in changes for _ in range(3)])
    record = await opt_outs.find(number)
    assert record is not None
    assert [entry.at for entry in record.history] == [change.at for change in changes]
    assert record.latest.opted_out


async def test_a_repeated_report_does_not_undo_a_newer_one(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    await opt_outs.record(change_of(fixture, number, key="SM1"))
    await opt_outs.record(change_of(fixture, number, "opt_in", seconds=1, key="SM2"))
    await opt_outs.record(change_of(fixture, number, seconds=9, key="SM1"))
    assert not await opt_outs.is_opted_out(number)


async def test_the_history_is_bounded(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    for second in range(MAXIMUM_HISTORY + 5):
        await opt_outs.record(change_of(fixture, number, seconds=second))
    record = await opt_outs.find(number)
    assert record is not None
    assert len(record.history) == MAXIMUM_HISTORY
    assert record.history[-1].at == fixture.now + timedelta(seconds=MAXIMUM_HISTORY + 4)


async def test_what_a_number_wishes_and_what_was_recorded_by_hand_hide_and_undo_each_other_never(
    fixture: OutboxFixture,
) -> None:
    for order in itertools.permutations(("own", "manual")):
        number, opt_outs = new_number(), repository_of(fixture)
        for seconds, which in enumerate(order):
            source: Source = "manual" if which == "manual" else "keyword"
            await opt_outs.record(change_of(fixture, number, seconds=seconds, source=source))
        record = await opt_outs.find(number)
        assert record is not None
        # The reason that cannot be taken back by hand is the one that is told.
        assert record.latest.source == "keyword"
        await opt_outs.record(change_of(fixture, number, "opt_in", seconds=2, source="manual"))
        assert await opt_outs.is_opted_out(number)


async def test_an_assent_undoes_no_opt_out_by_hand_and_a_start_does(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    await opt_outs.record(change_of(fixture, number, "assent"))
    assert await opt_outs.find(number) is None
    await opt_outs.record(change_of(fixture, number, source="manual", seconds=1))
    await opt_outs.record(change_of(fixture, number, seconds=2))
    await opt_outs.record(change_of(fixture, number, "assent", seconds=3))
    record = await opt_outs.find(number)
    assert record is not None
    assert (record.latest.source, record.opted_out_by_recipient) == ("manual", False)
    # One that is older than the opt-out by hand, and comes late.
    await opt_outs.record(change_of(fixture, number, "opt_in", seconds=0))
    assert await opt_outs.is_opted_out(number)
    start = change_of(fixture, number, "opt_in", seconds=4)
    await opt_outs.record(start)
    assert not await opt_outs.is_opted_out(number)
    await opt_outs.record(change_of(fixture, number, source="manual", seconds=5))
    await opt_outs.record(start)
    assert await opt_outs.is_opted_out(number)


@pytest.mark.parametrize("spelled", [("+525512345678", "+5215512345678")])
async def test_our_number_is_the_same_in_each_spelling_too(fixture: OutboxFixture, spelled: tuple[str, str]) -> None:
    number = new_number()
    await repository_of(fixture).record(change_of(fixture, number, sender=spelled[1]))
    assert await OptOutRepository(fixture.database, spelled[0], "sender").is_opted_out(number)


async def test_the_scope_decides_whether_other_senders_are_held(fixture: OutboxFixture) -> None:
    number = new_number()
    await repository_of(fixture).record(change_of(fixture, number, sender=OTHER_SENDER))
    assert not await repository_of(fixture).is_opted_out(number)
    assert await repository_of(fixture, "all").is_opted_out(number)
    assert not await repository_of(fixture, "all").is_opted_out(f"{number}1")


@pytest.mark.parametrize("scope", ["sender", "all"])
async def test_an_opt_out_by_hand_holds_for_all_senders_and_so_does_what_undoes_it(
    fixture: OutboxFixture, scope: Scope
) -> None:
    opt_outs, outbox = repository_of(fixture, scope), fixture.outbox("process")
    undoing: list[tuple[Source, list[str]]] = [
        ("manual", [FROM_NUMBER, OTHER_SENDER]),
        ("keyword", [FROM_NUMBER]),
        ("keyword", [OTHER_SENDER]),
    ]
    for source, senders in undoing:
        number = new_number()
        message = await fixture.message(await fixture.enqueue(outbox, number, "before"))
        await opt_outs.record(change_of(fixture, number, seconds=1, source="manual", sender=OTHER_SENDER))
        assert await opt_outs.is_opted_out(number)
        assert await conversations.count_and_probe(message, opt_outs.probe(number))
        record = await opt_outs.find(number)
        assert record is not None
        assert (record.latest.opted_out, record.latest.source) == (True, "manual")
        assert set(await opt_outs.senders_of(number)) == {FROM_NUMBER, OTHER_SENDER}
        # The newest holds, and what is recorded by hand is.
        for seconds in (2,) if source == "manual" else (0, 2):
            assert await opt_outs.is_opted_out(number)
            for sender in senders:
                await opt_outs.record(
                    change_of(fixture, number, "opt_in", seconds=seconds, source=source, sender=sender)
                )
        assert not await opt_outs.is_opted_out(number)
        assert not await conversations.count_and_probe(message, opt_outs.probe(number))
        # It tells of what has undone it, wherever that was said.
        undone = await opt_outs.find(number)
        assert undone is not None
        newest = (False, source, fixture.clock() + timedelta(seconds=2))
        assert (undone.latest.opted_out, undone.latest.source, undone.latest.at) == newest
        assert undone.history[-1] == undone.latest


async def test_with_the_scope_sender_nothing_else_of_another_sender_is_told(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    await opt_outs.record(change_of(fixture, number, sender=OTHER_SENDER))
    assert await opt_outs.find(number) is None
    await opt_outs.record(change_of(fixture, number, seconds=1, source="manual", sender=OTHER_SENDER))
    record = await opt_outs.find(number)
    assert record is not None
    assert not record.opted_out_by_recipient
    assert [entry.source for entry in record.history] == ["manual"]


async def test_with_the_scope_all_a_stop_is_undone_by_a_start_to_the_same_number(fixture: OutboxFixture) -> None:
    """As at the provider."""
    number, opt_outs = new_number(), repository_of(fixture, "all")
    await opt_outs.record(change_of(fixture, number, sender=OTHER_SENDER))
    await opt_outs.record(change_of(fixture, number, "opt_in", seconds=1))
    assert await opt_outs.is_opted_out(number)
    await opt_outs.record(change_of(fixture, number, "opt_in", seconds=2, sender=OTHER_SENDER))
    assert not await opt_outs.is_opted_out(number)


@pytest.mark.parametrize(
    "spelled",
    [
        ("+525512345678", "+5215512345678"),
        ("+442071838750", "+4402071838750"),
        # With 15, as in the country, the provider's spelling of it, and one more.
        ("+5491123456789", "+54111523456789"),
        ("+541123456789", "+54111523456789"),
    ],
)
async def test_a_number_that_the_provider_rewrites_is_the_same(
    fixture: OutboxFixture, spelled: tuple[str, str]
) -> None:
    assert canonical(spelled[0]) == canonical(spelled[1])


@pytest.mark.parametrize("scope", ["sender", "all"])
async def test_the_probe_matches_only_who_has_opted_out(fixture: OutboxFixture, scope: Scope) -> None:
    opt_outs, outbox = repository_of(fixture, scope), fixture.outbox("process")
    number = new_number()
    changes: list[tuple[Wish, Source]] = [("opt_out", "keyword"), ("opt_in", "keyword"), ("opt_out", "manual")]
    for seconds, (wish, source) in enumerate(changes):
        message = await fixture.message(await fixture.enqueue(outbox, number, f"before {seconds}"))
        before = await opt_outs.is_opted_out(number)
        assert await conversations.count_and_probe(message, opt_outs.probe(number)) is before
        # Counted already.
        assert await conversations.count_and_probe(message, opt_outs.probe(number)) is before
        await opt_outs.record(change_of(fixture, number, wish, seconds=seconds, source=source))
    assert await opt_outs.is_opted_out(number)


async def test_looks_cost_no_more_among_many_conversations(fixture: OutboxFixture) -> None:
    """They are in one collection. The SPA asks about an open conversation once a minute."""
    opt_outs, numbers = repository_of(fixture), [new_number() for _ in range(10)]
    await opt_outs.record(change_of(fixture, numbers[0]))
    many = [{"_id": f"{ObjectId()} {numbers[0]}", "pending_count": 0, "messages": 1} for _ in range(1_000)]
    await fixture.database["conversations"].insert_many(many)

    async def examined() -> int:
        status = await fixture.database.command("serverStatus")
        return int(status["metrics"]["queryExecutor"]["scannedObjects"])

    costs = []
    for look in (
        lambda: opt_outs.find(numbers[0]),
        lambda: opt_outs.find_all(numbers),
        lambda: opt_outs.is_opted_out(numbers[0]),
        lambda: opt_outs.senders_of(numbers[0]),
    ):
        before = await examined()
        await look()
        costs.append(await examined() - before)
    assert max(costs) < 100, costs
