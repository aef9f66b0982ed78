import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import FAST, Library, Receiver, Simulator


@pytest.fixture(scope="session")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    simulator = await Simulator.start(tmp_path_factory.mktemp("twilio") / "ledger.sqlite", "--pace", str(FAST))
    yield simulator
    assert await simulator.stop() == 0


@pytest.fixture
async def control(simulator: Simulator) -> AsyncIterator[SimulatorControl]:
    """The simulator as new: no faults, no messages."""
    async with simulator.control() as control:
        await control.reset_faults()
        await control.clear_ledger()
        await control.set_pace(FAST)
        yield control
        await control.reset_faults()


@pytest.fixture
def twilio(simulator: Simulator, control: SimulatorControl) -> Iterator[Library]:
    library = Library(simulator.url)
    yield library
    library.close()


@pytest.fixture
def hasty(simulator: Simulator, control: SimulatorControl) -> Iterator[Library]:
    """A client that soon gives up."""
    library = Library(simulator.url, timeout=0.3)
    yield library
    library.close()


@pytest.fixture(scope="session")
async def listening_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    serving = asyncio.create_task(receiver.server.serve())
    yield receiver
    receiver.server.should_exit = True
    await serving


@pytest.fixture
def receiver(listening_receiver: Receiver) -> Receiver:
    listening_receiver.forget()
    return listening_receiver


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite"
