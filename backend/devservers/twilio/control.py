"""A client for the control endpoint, for tests."""

import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import httpx


@dataclass(frozen=True)
class AcceptedMessage:
    """A message that the simulator accepted: the parameters of the request, and the current resource.

    Of one that a phone sent, the parameters are From, To and Body.
    """

    sid: str
    accepted_at: str
    request: Mapping[str, str]
    message: Mapping[str, Any]
    media_urls: Sequence[str]
    deleted: bool


@dataclass(frozen=True)
class CallbackAttempt:
    """One delivery attempt of a callback: the receiver's HTTP status, or an error if there is none."""

    at: str
    sid: str
    url: str
    params: Mapping[str, str]
    token: str
    attempt: int
    status_code: int | None
    error: str | None


class SimulatorControl:
    def __init__(self, base_url: str) -> None:
        # Shorter than the server's keep-alive timeout, so that no connection is closed while it is being reused.
        limits = httpx.Limits(keepalive_expiry=1)
        # The endpoint has no TLS. Otherwise each client reads all certificate authorities, which is slow.
        no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._http = httpx.AsyncClient(base_url=base_url, trust_env=False, verify=no_tls, timeout=30, limits=limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def ledger(self) -> Sequence[AcceptedMessage]:
        """All messages ever accepted, oldest first."""
        return [AcceptedMessage(**entry) for entry in (await self._call("GET", "ledger"))["messages"]]

    async def clear_ledger(self) -> None:
        """Delete all messages, callback attempts and recorded requests."""
        await self._call("DELETE", "ledger")

    async def clear_inbound(self) -> None:
        """Delete what the phones have sent: an API that starts finds it in the list."""
        await self._call("DELETE", "ledger?direction=inbound")

    async def callbacks(self, sid: str = "") -> Sequence[CallbackAttempt]:
        """The delivery attempts of callbacks, oldest first."""
        return _attempts(await self._call("GET", "callbacks", params={"sid": sid}), "callbacks")

    async def requests(self) -> Sequence[Mapping[str, Any]]:
        """The requests to the API, each with `at`, `operation`, `to`, `fault` and `status`."""
        requests: Sequence[Mapping[str, Any]] = (await self._call("GET", "requests"))["requests"]
        return requests

    async def media_fetches(self) -> Sequence[Mapping[str, Any]]:
        """What was fetched for messages: each with `message_sid`, `url`, `status`, `bytes` and `error`."""
        fetches: Sequence[Mapping[str, Any]] = (await self._call("GET", "media_fetches"))["media_fetches"]
        return fetches

    async def media_of(self, sid: str) -> bytes:
        """The content of a medium, whatever the faults."""
        response = await self._http.get(f"/_control/media/{sid}")
        return response.raise_for_status().content

    async def set_fault(
        self, kind: str, *, times: int | None = None, probability: float = 1, to: str | None = None, **parameters: Any
    ) -> Mapping[str, Any]:
        """Activate a fault. With `times=None` it stays active until the faults are reset."""
        command = {"kind": kind, "times": times, "probability": probability, "to": to, **parameters}
        return await self._call("POST", "faults", json=command)

    async def faults(self) -> Sequence[Mapping[str, Any]]:
        faults: Sequence[Mapping[str, Any]] = (await self._call("GET", "faults"))["faults"]
        return faults

    async def reset_faults(self) -> None:
        await self._call("DELETE", "faults")

    async def set_pace(self, pace: float) -> None:
        await self._call("POST", "pace", json={"pace": pace})

    async def set_credentials(self, **credentials: str | None) -> None:
        """Replace any of `auth_token`, `secondary_auth_token` and `webhook_key`; None for none."""
        await self._call("POST", "credentials", json=credentials)

    async def text(
        self,
        sender: str,
        body: str,
        *,
        to: str = "",
        num_media: int = 0,
        media: Sequence[tuple[str, bytes]] = (),
    ) -> AcceptedMessage:
        """Make a phone send a text to the account's own number, or another one. Its webhook follows.

        It comes with so many sample pictures, after these media, each of them a type and a content.
        """
        files = [{"content_type": kind, "content": b64encode(content).decode()} for kind, content in media]
        command = {"sender": sender, "body": body, "to": to, "num_media": num_media, "media": files}
        return AcceptedMessage(**await self._call("POST", "texts", json=command))

    async def set_number(self, **settings: str) -> None:
        """Set any of the fields of `NumberSettings` of the account's own number."""
        await self._call("POST", "number", json=settings)

    async def set_services(self, *services: Mapping[str, Any]) -> None:
        """Replace the account's Messaging Services, each with the fields of `MessagingService`."""
        await self._call("POST", "services", json={"services": services})

    async def set_status(
        self,
        sid: str,
        status: str,
        error_code: int | None = None,
        *,
        update_resource: bool = True,
        send_callback: bool = True,
    ) -> Sequence[CallbackAttempt]:
        """Set a message's status now, on the resource and by a callback."""
        command = {
            "status": status,
            "error_code": error_code,
            "update_resource": update_resource,
            "send_callback": send_callback,
        }
        return _attempts(await self._call("POST", f"messages/{sid}/status", json=command), "attempts")

    async def send_callback(
        self,
        url: str,
        params: Mapping[str, str],
        signature: Literal["valid", "forged", "missing"] = "valid",
        token: str | None = None,
    ) -> Sequence[CallbackAttempt]:
        command = {"url": url, "params": dict(params), "signature": signature, "token": token}
        return _attempts(await self._call("POST", "callback", json=command), "attempts")

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = await self._http.request(method, f"/_control/{path}", **request)
        if response.is_error:
            raise ControlError(f"{method} {path}: {response.status_code} {response.text}")
        body: dict[str, Any] = response.json() if response.content else {}
        return body


class ControlError(Exception):
    """The simulator rejected a command; the text gives the reason."""


def _attempts(body: Mapping[str, Any], key: str) -> Sequence[CallbackAttempt]:
    return [CallbackAttempt(**attempt) for attempt in body[key]]
