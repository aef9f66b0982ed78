"""Whether messages go to the simulator, as the API tells the SPA."""

from dataclasses import dataclass
from typing import cast

import pytest

from mysms.core.settings import Settings
from mysms.outbox.simulator_address import SimulatorAddress
from tests.support.processes import free_port
from tests.support.servers import Simulator


@dataclass(frozen=True)
class _Settings:
    twilio_api_base_url: str
    environment: str = "development"


def _address(url: str, environment: str = "development") -> SimulatorAddress:
    return SimulatorAddress(cast("Settings", _Settings(url, environment)))


async def test_the_simulator_is_recognised_by_its_mark(simulator: Simulator) -> None:
    assert await _address(simulator.url).find() == simulator.url


@pytest.mark.parametrize("environment", ["development", "production"])
async def test_twilio_itself_is_not_asked(environment: str) -> None:
    assert await _address("", environment).find() is None


async def test_production_has_no_simulator(simulator: Simulator) -> None:
    assert await _address(simulator.url, "production").find() is None


async def test_without_a_response_nothing_is_known() -> None:
    assert await _address(f"http://127.0.0.1:{free_port()}").find() is None
