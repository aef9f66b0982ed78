"""Whether messages go to this project's simulator, and where its page is."""

import asyncio

from mysms.core.settings import Settings
from mysms.providers.base import ProviderUnavailableError
from mysms.providers.twilio import is_simulator

_TIMEOUT_SECONDS = 1.0


class SimulatorAddress:
    """Asks the server at TWILIO_API_BASE_URL once what it is; again only as long as it does not respond."""

    def __init__(self, settings: Settings) -> None:
        # Production refuses to start with a simulator.
        self._candidate = "" if settings.environment == "production" else settings.twilio_api_base_url
        self._is_simulator: bool | None = None

    async def find(self) -> str | None:
        """Returns the origin of the simulator, which is also that of its page; None without one."""
        if not self._candidate:
            return None
        if self._is_simulator is None:
            try:
                self._is_simulator = await asyncio.to_thread(is_simulator, self._candidate, _TIMEOUT_SECONDS)
            except ProviderUnavailableError:
                return None
        return self._candidate if self._is_simulator else None
