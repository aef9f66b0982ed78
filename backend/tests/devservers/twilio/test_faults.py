import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from devservers.twilio.control import ControlError, SimulatorControl
from devservers.twilio.faults import FAULTS_BY_KIND
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator, eventually

OTHER = "+442079460958"


async def accepted_count(control: SimulatorControl) -> int:
    return len(await control.ledger())


async def reaches(control: SimulatorControl, status: str) -> None:
    async def reached() -> bool:
        return [entry.message["status"] for entry in await control.ledger()] == [status]

    await eventually(reached)


def test_every_fault_kind_has_a_test() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [kind for kind in FAULTS_BY_KIND if f'"{kind}"' not in text] == []


@pytest.mark.parametrize(
    ("kind", "parameters", "status", "code"),
    [
        ("unauthorized", {}, 401, 20003),
        ("suspended", {}, 401, 20003),
        ("suspended", {"code": 30002}, 403, 30002),
        ("rate_limited", {}, 429, 20429),
        ("unavailable", {}, 503, 20503),
        ("error_500", {}, 500, 20500),
        ("queue_full", {}, 400, 21611),
        ("queue_full", {"status": 429}, 429, 21611),
        ("refuse", {"code": 21610}, 400, 21610),
        ("refuse", {"code": 20005, "status": 403}, 403, 20005),
    ],
)
async def test_a_rejected_create_commits_nothing(
    twilio: Library, control: SimulatorControl, kind: str, parameters: dict[str, Any], status: int, code: int
) -> None:
    await control.set_fault(kind, times=1, **parameters)
    with pytest.raises(TwilioRestException) as refused:
        await twilio.create()
    assert (refused.value.status, refused.value.code) == (status, code)
    assert await accepted_count(control) == 0
    assert [(r["fault"], r["status"]) for r in await control.requests()] == [(kind, status)]
    await twilio.create()
    assert await accepted_count(control) == 1


async def test_error_500_after_the_commit(twilio: Library, control: SimulatorControl) -> None:
    await control.set_fault("error_500", times=1, commit=True)
    with pytest.raises(TwilioRestException) as refused:
        await twilio.create()
    assert refused.value.status == 500
    assert await accepted_count(control) == 1


async def test_faults_apply_to_their_operation_only(twilio: Library, control: SimulatorControl) -> None:
    message = await twilio.create(to="+15005551002")
    await control.set_fault("error_500", on="list", times=1)
    with pytest.raises(TwilioException):
        await twilio.list()
    assert len(await twilio.list()) == 1
    await control.set_fault("unauthorized", on="any", times=2)
    with pytest.raises(TwilioRestException):
        await twilio.fetch(message.sid)
    with pytest.raises(TwilioRestException):
        await twilio.create()
    assert (await twilio.fetch(message.sid)).status == "queued"


async def test_lose_201(twilio: Library, control: SimulatorControl) -> None:
    await control.set_fault("lose_201", times=1)
    with pytest.raises(requests.ConnectionError):
        await twilio.create()
    assert await accepted_count(control) == 1
    await reaches(control, "delivered")


async def test_magic_numbers_with_request_faults(twilio: Library, control: SimulatorControl) -> None:
    with pytest.raises(requests.ConnectionError):
        await twilio.create(to="+15005551004")
    assert await accepted_count(control) == 1
    with pytest.raises(TwilioRestException):
        await twilio.create(to="+15005551007")


async def test_unreadable_201(twilio: Library, control: SimulatorControl) -> None:
    await control.set_fault("unreadable_201", times=1)
    with pytest.raises(ValueError, match="Expecting value"):
        await twilio.create()
    assert await accepted_count(control) == 1


async def test_reset_connection(twilio: Library, control: SimulatorControl) -> None:
    await control.set_fault("reset_connection", times=1)
    with pytest.raises(requests.ConnectionError):
        await twilio.create()
    assert await accepted_count(control) == 0


async def test_trickle(impatient: Library, control: SimulatorControl) -> None:
    """The client's read timeout is 0.3 s, but a response that takes 0.8 s in total does not trigger it."""
    await control.set_fault("trickle", times=1, seconds=0.8)
    begun = time.monotonic()
    assert (await impatient.create()).status == "queued"
    assert time.monotonic() - begun > 0.7
    assert await accepted_count(control) == 1


async def test_hang(impatient: Library, control: SimulatorControl) -> None:
    await control.set_fault("hang", times=1, seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        await impatient.create()
    await asyncio.sleep(0.3)
    assert await accepted_count(control) == 0


async def test_late_commit(impatient: Library, control: SimulatorControl) -> None:
    await control.set_fault("late_commit", times=1, seconds=0.6)
    with pytest.raises(requests.ReadTimeout):
        await impatient.create()
    assert await accepted_count(control) == 0

    async def committed() -> bool:
        return await accepted_count(control) == 1

    await eventually(committed)


async def test_refuse_connections(simulator: Simulator, twilio: Library, control: SimulatorControl) -> None:
    await twilio.create()
    await control.set_fault("refuse_connections")
    for _ in range(2):
        with pytest.raises(requests.ConnectionError, match="refused"):
            await twilio.create()
    await control.reset_faults()
    await twilio.create()
    assert await accepted_count(control) == 2

    await control.set_fault("refuse_connections", seconds=2)
    with pytest.raises(requests.ConnectionError, match="refused"):
        await twilio.create()
    async with httpx.AsyncClient(trust_env=False) as http:

        async def open_again() -> bool:
            try:
                return (await http.get(simulator.url)).is_success
            except httpx.ConnectError:
                return False

        await eventually(open_again)
    await twilio.create()


@pytest.mark.parametrize("seconds", [-3600, 86_400.7])
async def test_skew_dates(twilio: Library, control: SimulatorControl, seconds: float) -> None:
    await control.set_fault("skew_dates", times=1, seconds=seconds)
    message = await twilio.create()
    expected = datetime.now(UTC) + timedelta(seconds=seconds)
    assert abs(message.date_created - expected) < timedelta(seconds=3)
    assert message.date_created.microsecond == 0
    await reaches(control, "delivered")
    assert abs((await twilio.fetch(message.sid)).date_sent - expected) < timedelta(seconds=5)
    begun = datetime.fromisoformat((await control.ledger())[0].accepted_at)
    assert abs(begun - datetime.now(UTC)) < timedelta(seconds=5)


async def test_trial_prefix(twilio: Library, control: SimulatorControl) -> None:
    await control.set_fault("trial_prefix")
    message = await twilio.create(body="1" * 150)
    assert message.body == "Sent from your Twilio trial account - " + "1" * 150
    assert message.num_segments == "2"
    assert (await control.ledger())[0].request["Body"] == "1" * 150


@pytest.mark.parametrize(
    ("requested", "shown"), [("+525512345678", "+5215512345678"), ("+4402079460958", "+442079460958")]
)
@pytest.mark.parametrize(("listed_under", "found"), [("shown", [0, 1]), ("requested", [1, 0]), ("both", [1, 1])])
async def test_rewrite_to(
    twilio: Library,
    control: SimulatorControl,
    receiver: Receiver,
    requested: str,
    shown: str,
    listed_under: str,
    found: list[int],
) -> None:
    await control.set_fault("rewrite_to", to=requested, number=shown, listed_under=listed_under)
    message = await twilio.create(to=requested, status_callback=receiver.url())
    assert message.to == shown
    assert {callback.params["To"] for callback in await receiver.wait_for(2)} == {shown}
    assert (await control.ledger())[0].request["To"] == requested
    lists = [await twilio.list(to=number) for number in (requested, shown)]
    assert [len(messages) for messages in lists] == found
    assert {message.to for messages in lists for message in messages} == {shown}


async def test_a_rewritten_number_is_listed_under_the_shown_number_by_default(
    twilio: Library, control: SimulatorControl
) -> None:
    await control.set_fault("rewrite_to", number=OTHER)
    await twilio.create()
    assert [len(await twilio.list(to=number)) for number in (ORDINARY, OTHER)] == [0, 1]


async def test_outcome(twilio: Library, control: SimulatorControl) -> None:
    await control.set_fault("outcome", status="failed", error_code=30002)
    message = await twilio.create()
    await reaches(control, "failed")
    assert (await twilio.fetch(message.sid)).error_message == "Account suspended"


@pytest.mark.parametrize(("truth", "error_code"), [("delivered", None), ("undelivered", 30003)])
async def test_conflicting_finals(
    twilio: Library, control: SimulatorControl, receiver: Receiver, truth: str, error_code: int | None
) -> None:
    await control.set_fault("conflicting_finals", times=1, truth=truth)
    message = await twilio.create(status_callback=receiver.url())
    await receiver.wait_for(3)
    assert receiver.statuses() == ["sent", "delivered", "undelivered"]
    fetched = await twilio.fetch(message.sid)
    assert (fetched.status, fetched.error_code) == (truth, error_code)


@pytest.mark.parametrize(("until", "statuses"), [("first", ["sent"]), ("final", ["sent", "delivered"])])
async def test_early_callbacks(
    twilio: Library, control: SimulatorControl, receiver: Receiver, until: str, statuses: list[str]
) -> None:
    await control.set_pace(1000)
    await control.set_fault("early_callbacks", times=1, until=until)
    message = await twilio.create(status_callback=receiver.url())
    assert receiver.statuses() == statuses
    assert message.status == "queued"


async def test_delay_callbacks(twilio: Library, control: SimulatorControl, receiver: Receiver) -> None:
    await control.set_fault("delay_callbacks", times=1, seconds=0.4)
    await twilio.create(status_callback=receiver.url())
    delivered, sent = await receiver.wait_for(2)
    assert (delivered.status, sent.status) == ("delivered", "sent")
    assert sent.at - delivered.at > 0.2


async def test_drop_callbacks(twilio: Library, control: SimulatorControl, receiver: Receiver) -> None:
    await control.set_fault("drop_callbacks", status="delivered")
    await twilio.create(status_callback=receiver.url())
    await reaches(control, "delivered")
    assert receiver.statuses() == ["sent"]
    assert [attempt.error for attempt in await control.callbacks()] == [None, "dropped by a fault"]


async def test_duplicate_callbacks(twilio: Library, control: SimulatorControl, receiver: Receiver) -> None:
    await control.set_fault("duplicate_callbacks", times=1, copies=2)
    await twilio.create(status_callback=receiver.url())
    await receiver.wait_for(4)
    assert receiver.statuses() == ["sent", "sent", "sent", "delivered"]
    assert all(callback.is_signed() for callback in receiver.received)


@pytest.mark.parametrize(("times", "statuses"), [(1, ["delivered", "sent"]), (None, ["sent", "delivered"])])
async def test_reorder_callbacks(
    twilio: Library, control: SimulatorControl, receiver: Receiver, times: int | None, statuses: list[str]
) -> None:
    """If all callbacks are held back, they are sent after the message's last step."""
    await control.set_fault("reorder_callbacks", times=times)
    await twilio.create(status_callback=receiver.url())
    await receiver.wait_for(2)
    assert receiver.statuses() == statuses


async def test_a_fault_for_one_number(twilio: Library, control: SimulatorControl) -> None:
    await control.set_fault("rate_limited", to=OTHER)
    await twilio.create()
    with pytest.raises(TwilioRestException):
        await twilio.create(to=OTHER)
    [fault] = await control.faults()
    assert (fault["kind"], fault["to"], fault["hits"]) == ("rate_limited", OTHER, 1)
    await control.reset_faults()
    assert await control.faults() == []


async def test_an_invalid_fault_is_rejected(control: SimulatorControl) -> None:
    with pytest.raises(ControlError, match=r"422 .*unknown fault kind.*lose_201"):
        await control.set_fault("lose_everything")
    with pytest.raises(ControlError, match=r"422 .*minutes"):
        await control.set_fault("hang", minutes=3)
    with pytest.raises(ControlError, match=r"422 .*seconds: Field required"):
        await control.set_fault("delay_callbacks")
