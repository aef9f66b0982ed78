"""A client for the control endpoint, for tests that drive the simulator from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import httpx


@dataclass(frozen=True)
class Accepted:
    """A message the simulator accepted: the parameters of the create request, and the resource as it is now."""

    sid: str
    accepted_at: str
    request: Mapping[str, str]
    message: Mapping[str, Any]
    deleted: bool


@dataclass(frozen=True)
class Attempt:
    """One try of one callback; `answer` is the receiver's HTTP status, `problem` why there was none."""

    at: str
    sid: str
    url: str
    params: Mapping[str, str]
    token: str
    attempt: int
    answer: int | None
    problem: str | None


class SimulatorControl:
    def __init__(self, base_url: str) -> None:
        # Shorter than the server keeps an idle connection, which it may end just as the next request is sent.
        limits = httpx.Limits(keepalive_expiry=1)
        self._http = httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=30, limits=limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def ledger(self) -> Sequence[Accepted]:
        """Everything that was ever accepted, oldest first."""
        return [Accepted(**entry) for entry in (await self._call("GET", "ledger"))["messages"]]

    async def clear_ledger(self) -> None:
        """Forget every message, callback and request."""
        await self._call("DELETE", "ledger")

    async def callbacks(self, sid: str = "") -> Sequence[Attempt]:
        """The tries of callbacks, oldest first."""
        return _attempts(await self._call("GET", "callbacks", params={"sid": sid}), "callbacks")

    async def requests(self) -> Sequence[Mapping[str, Any]]:
        """The requests to the API: at, operation, to, fault, status."""
        requests: Sequence[Mapping[str, Any]] = (await self._call("GET", "requests"))["requests"]
        return requests

    async def set_fault(
        self, kind: str, *, times: int | None = None, probability: float = 1, to: str | None = None, **parameters: Any
    ) -> Mapping[str, Any]:
        """`times` None means until the faults are reset."""
        order = {"kind": kind, "times": times, "probability": probability, "to": to, **parameters}
        return await self._call("POST", "faults", json=order)

    async def faults(self) -> Sequence[Mapping[str, Any]]:
        faults: Sequence[Mapping[str, Any]] = (await self._call("GET", "faults"))["faults"]
        return faults

    async def reset_faults(self) -> None:
        await self._call("DELETE", "faults")

    async def set_pace(self, pace: float) -> None:
        await self._call("POST", "pace", json={"pace": pace})

    async def set_status(
        self,
        sid: str,
        status: str,
        error_code: int | None = None,
        *,
        resource: bool = True,
        announce: bool = True,
    ) -> Sequence[Attempt]:
        """Make a status happen now; with `resource=False` it is only announced."""
        order = {"status": status, "error_code": error_code, "resource": resource, "announce": announce}
        return _attempts(await self._call("POST", f"messages/{sid}/status", json=order), "attempts")

    async def send_callback(
        self,
        url: str,
        params: Mapping[str, str],
        signature: Literal["valid", "forged", "missing"] = "valid",
        token: str | None = None,
    ) -> Sequence[Attempt]:
        order = {"url": url, "params": dict(params), "signature": signature, "token": token}
        return _attempts(await self._call("POST", "callback", json=order), "attempts")

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = await self._http.request(method, f"/_control/{path}", **request)
        if answer.is_error:
            raise ControlError(f"{method} {path}: {answer.status_code} {answer.text}")
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body


class ControlError(Exception):
    """The simulator refused an order; the text says why."""


def _attempts(body: Mapping[str, Any], key: str) -> Sequence[Attempt]:
    return [Attempt(**attempt) for attempt in body[key]]
