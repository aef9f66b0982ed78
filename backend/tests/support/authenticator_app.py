"""An authenticator app on the phone of a test's user."""

import asyncio
import time
from dataclasses import dataclass, field

import pyotp

from tests.support.api_user import PASSWORD, ApiUser, Json

_STEP_SECONDS = 30
_LAG_SECONDS = 10
"""The code of the previous step is not used if it may expire on its way."""


@dataclass
class AuthenticatorApp:
    secret: str
    recovery_codes: list[str] = field(default_factory=list)
    _last_step: int = 0

    async def next_code(self) -> str:
        """The oldest code that is valid and newer than all before. Every third call or so has to wait."""
        while True:
            now = time.time()
            step = max(self._last_step + 1, int((now + _LAG_SECONDS) // _STEP_SECONDS) - 1)
            if step <= now // _STEP_SECONDS + 1:
                self._last_step = step
                return self.code_of(step)
            await asyncio.sleep(1)

    def code_of(self, step: int) -> str:
        return pyotp.TOTP(self.secret).generate_otp(step)

    def wrong_code(self) -> str:
        """A code that is not valid now, or soon."""
        now = int(time.time() // _STEP_SECONDS)
        near = {self.code_of(now + distance) for distance in range(-5, 20)}
        return next(code for number in range(100) if (code := f"{number:06}") not in near)


async def begin_set_up(api_user: ApiUser, password: str = PASSWORD) -> AuthenticatorApp:
    response = await api_user.call("POST", "/users/second_factor", json={"user": {"password": password}})
    assert response.status_code == 201, response.text
    return AuthenticatorApp(response.json()["secret"])


async def enable_second_factor(api_user: ApiUser) -> AuthenticatorApp:
    app = await begin_set_up(api_user)
    response = await api_user.call("PUT", "/users/second_factor", json={"user": {"code": await app.next_code()}})
    assert response.status_code == 200, response.text
    app.recovery_codes = response.json()["recovery_codes"]
    return app


async def state_of(api_user: ApiUser) -> Json:
    response = await api_user.call("GET", "/users/second_factor")
    assert response.status_code == 200, response.text
    state: Json = response.json()
    return state
