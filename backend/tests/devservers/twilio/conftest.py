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
    """A client of the control endpoint; the simulator has no faults and no messages."""
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
def impatient(simulator: Simulator, control: SimulatorControl) -> Iterator[Library]:
    """A client with a short timeout."""
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
    listening_receiver.reset()
    return listening_receiver


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite"
