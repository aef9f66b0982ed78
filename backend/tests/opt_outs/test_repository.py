"""Opt-outs of several reports in any order, by several processes."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from bson import ObjectId

from mysms.messages import conversations
from mysms.opt_outs.records import OptOutChange, Scope
from mysms.opt_outs.repository import MAXIMUM_HISTORY, OptOutRepository, canonical
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
    fixture: OutboxFixture, number: str, *, opted_out: bool, seconds: int = 0, key: str = "", sender: str = FROM_NUMBER
) -> OptOutChange:
    at = fixture.now + timedelta(seconds=seconds)
    return OptOutChange(key or str(ObjectId()), sender, number, opted_out=opted_out, at=at, source="keyword")


@pytest.mark.parametrize("newest", [True, False], ids=["STOP last", "START last"])
async def test_the_newest_holds_in_whatever_order_they_come(fixture: OutboxFixture, newest: bool) -> None:
    opt_outs = repository_of(fixture)
    for order in itertools.permutations(range(3)):
        number = new_number()
        changes = [change_of(fixture, number, opted_out=newest if n == 2 else n == 0, seconds=n) for n in range(3)]
        for index in order:
            await opt_outs.record(changes[index])
            await opt_outs.record(changes[index])
        assert await opt_outs.is_opted_out(number) is newest
        record = await opt_outs.find(number)
        assert record is not None
        assert [entry.at for entry in record.history] == [change.at for change in changes]


async def test_of_two_at_the_same_time_the_opt_out_holds(fixture: OutboxFixture) -> None:
    for order in ([True, False], [False, True]):
        number, opt_outs = new_number(), repository_of(fixture)
        for opted_out in order:
            await opt_outs.record(change_of(fixture, number, opted_out=opted_out))
        assert await opt_outs.is_opted_out(number)


async def test_reports_at_once_are_recorded_once_each(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    changes = [change_of(fixture, number, opted_out=n % 2 == 1, seconds=n) for n in range(10)]
    await asyncio.gather(*[opt_outs.record(change) for change in changes for _ in range(3)])
    record = await opt_outs.find(number)
    assert record is not None
    assert [entry.at for entry in record.history] == [change.at for change in changes]
    assert record.current.opted_out


async def test_a_repeated_report_does_not_undo_a_newer_one(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    await opt_outs.record(change_of(fixture, number, opted_out=True, key="SM1"))
    await opt_outs.record(change_of(fixture, number, opted_out=False, seconds=1, key="SM2"))
    await opt_outs.record(change_of(fixture, number, opted_out=True, seconds=9, key="SM1"))
    assert not await opt_outs.is_opted_out(number)


async def test_the_history_is_bounded(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    for second in range(MAXIMUM_HISTORY + 5):
        await opt_outs.record(change_of(fixture, number, opted_out=True, seconds=second))
    record = await opt_outs.find(number)
    assert record is not None
    assert len(record.history) == MAXIMUM_HISTORY
    assert record.history[-1].at == fixture.now + timedelta(seconds=MAXIMUM_HISTORY + 4)


async def test_an_assent_undoes_no_opt_out_by_hand(fixture: OutboxFixture) -> None:
    number, opt_outs = new_number(), repository_of(fixture)
    assent = OptOutChange(
        "yes", FROM_NUMBER, number, opted_out=False, at=fixture.now, source="keyword", spares_manual=True
    )
    await opt_outs.record(assent)
    assert await opt_outs.find(number) is None
    by_hand = OptOutChange("hand", FROM_NUMBER, number, opted_out=True, at=fixture.now, source="manual", reason="Asked")
    await opt_outs.record(by_hand)
    later = fixture.now + timedelta(seconds=1)
    await opt_outs.record(
        OptOutChange("later", FROM_NUMBER, number, opted_out=False, at=later, source="keyword", spares_manual=True)
    )
    assert await opt_outs.is_opted_out(number)


async def test_the_scope_decides_whether_other_senders_are_held(fixture: OutboxFixture) -> None:
    number = new_number()
    await repository_of(fixture).record(change_of(fixture, number, opted_out=True, sender=OTHER_SENDER))
    assert not await repository_of(fixture).is_opted_out(number)
    assert await repository_of(fixture, "all").is_opted_out(number)
    assert not await repository_of(fixture, "all").is_opted_out(f"{number}1")
    assert set(await repository_of(fixture, "all").senders_of(number)) == {FROM_NUMBER, OTHER_SENDER}


@pytest.mark.parametrize("spelled", [("+525512345678", "+5215512345678"), ("+442071838750", "+4402071838750")])
async def test_a_number_that_the_provider_rewrites_is_the_same(
    fixture: OutboxFixture, spelled: tuple[str, str]
) -> None:
    assert canonical(spelled[0]) == canonical(spelled[1])


@pytest.mark.parametrize("scope", ["sender", "all"])
async def test_the_probe_matches_only_who_has_opted_out(fixture: OutboxFixture, scope: Scope) -> None:
    opt_outs, outbox = repository_of(fixture, scope), fixture.outbox("process")
    number = new_number()
    for opted_out, seconds in ((True, 1), (False, 2), (True, 3)):
        message = await fixture.message(await fixture.enqueue(outbox, number, f"before {seconds}"))
        before = await opt_outs.is_opted_out(number)
        assert await conversations.count_and_probe(message, opt_outs.probe(number)) is before
        # Counted already.
        assert await conversations.count_and_probe(message, opt_outs.probe(number)) is before
        await opt_outs.record(change_of(fixture, number, opted_out=opted_out, seconds=seconds))
    assert await opt_outs.is_opted_out(number)
