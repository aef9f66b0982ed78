"""Webhooks, which are status callbacks and inbound messages: parameters, signature, retries and delivery."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import parse_qs, unquote, urldefrag, urlsplit, urlunsplit

import httpx
from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
)

from devservers.twilio.account import Account
from devservers.twilio.clock import Clock
from devservers.twilio.fault import FaultContext
from devservers.twilio.fault_registry import FaultRegistry
from devservers.twilio.faults import (
    CallbackFault,
    DelayCallbacks,
    DropCallbacks,
    DuplicateCallbacks,
    ReorderCallbacks,
)
from devservers.twilio.ledger import CallbackRecord, Ledger
from devservers.twilio.messages import API_VERSION, Message, Step

SHARED_KEY_ID = "webhooks_sharedkey_00000000000000000000000000"
MAX_CONCURRENT = 50
# Twilio's reference does not specify the delay between attempts.
RETRY_DELAY_SECONDS = 0.1
MAX_TIMEOUT_MS = 15_000
DEFAULT_CONNECT_MS = 5_000
MAX_RETRIES = 5


@dataclass(frozen=True)
class RetryPolicy:
    """Twilio's connection overrides, given in the URL's fragment: `#rc=5&rp=all&ct=2000&rt=3000&tt=10000`.

    Timeouts are in seconds here and in milliseconds in the URL.
    """

    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    connect: float = DEFAULT_CONNECT_MS / 1000
    read: float = MAX_TIMEOUT_MS / 1000
    total: float = MAX_TIMEOUT_MS / 1000

    @classmethod
    def parse(cls, url: str) -> "RetryPolicy":
        overrides = {name: values[-1] for name, values in parse_qs(urldefrag(url).fragment).items()}

        def milliseconds(name: str, default: int) -> float:
            given = overrides.get(name, "")
            return min(max(int(given), 1), MAX_TIMEOUT_MS) / 1000 if given.isdecimal() else default / 1000

        count = overrides.get("rc", "")
        retry_on = frozenset(overrides.get("rp", "ct").split(",")) & {"4xx", "5xx", "ct", "rt", "all"}
        return cls(
            retries=min(int(count), MAX_RETRIES) if count.isdecimal() else 1,
            retry_on=retry_on or frozenset({"ct"}),
            connect=milliseconds("ct", DEFAULT_CONNECT_MS),
            read=milliseconds("rt", MAX_TIMEOUT_MS),
            total=milliseconds("tt", MAX_TIMEOUT_MS),
        )

    def should_retry(self, failure: str | None) -> bool:
        return failure is not None and bool({failure, "all"} & self.retry_on)


@dataclass(frozen=True)
class Callback:
    """One webhook request. Every attempt carries the same idempotency token.

    `fallback` follows if no attempt succeeds.
    """

    url: str
    params: Mapping[str, str]
    sid: str = ""
    to: str = ""
    signature: str | None = None
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    fallback: "Callback | None" = None

    @property
    def status(self) -> str:
        return self.params.get("MessageStatus") or self.params.get("SmsStatus", "")


def status_callback(message: Message, step: Step, now: float) -> Callback | None:
    """The callback for a message that reaches a status, or None for a message without a StatusCallback URL."""
    if message.status_callback is None:
        return None
    params = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": step.status,
        "SmsStatus": step.status,
        "AccountSid": message.account_sid,
        "From": message.from_number,
        "To": message.to_number,
        "ApiVersion": API_VERSION,
    }
    if step.error_code is not None:
        params["ErrorCode"] = str(step.error_code)
    if step.status in {"delivered", "undelivered"}:
        params["RawDlrDoneDate"] = datetime.fromtimestamp(now, UTC).strftime("%y%m%d%H%M")
    return Callback(message.status_callback, params, message.sid, message.requested_to)


def sign(secret: str, url: str, params: Mapping[str, str], algorithm: str = HMAC_SHA1) -> str:
    """X-Twilio-Signature."""
    return str(RequestValidator(secret).compute_signature(webhook_url(url), params, algorithm))


def signature_headers(account: Account, callback: "Callback") -> dict[str, str]:
    """The headers with which the account's webhooks are signed."""
    secret, algorithm, headers = account.auth_token, HMAC_SHA1, {}
    if account.webhook_key is not None:
        secret, algorithm = account.webhook_key, HMAC_SHA256
        headers[SIGNATURE_SETTINGS_HEADER] = f"key={SHARED_KEY_ID},algorithm={algorithm}"
    signature = callback.signature
    if signature is None:
        signature = sign(secret, callback.url, callback.params, algorithm)
    if signature:
        headers[SIGNATURE_HEADER] = signature
    return headers


def webhook_url(url: str) -> str:
    """The URL that is requested and signed: with its query, without fragment and user info."""
    parts = urlsplit(urldefrag(url).url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def credentials(url: str) -> tuple[str, str]:
    """User and password of the URL; empty strings if it has none."""
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


class CallbackSender:
    """Delivers callbacks, and applies the callback faults."""

    def __init__(self, account: Account, ledger: Ledger, registry: FaultRegistry, clock: Clock) -> None:
        self._account, self._ledger, self._registry, self._clock = account, ledger, registry, clock
        # A new connection for every callback: an idle one may be closed by the receiver at the moment it is reused.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(trust_env=False, limits=limits)
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)
        self._held_back: defaultdict[str, list[Callback]] = defaultdict(list)
        self._delayed: set[asyncio.Task[Sequence[CallbackRecord]]] = set()

    async def close(self) -> None:
        await self.cancel_pending()
        await self._http.aclose()

    async def cancel_pending(self) -> None:
        """Discard held-back and delayed callbacks."""
        self._held_back.clear()
        delayed = list(self._delayed)
        for task in delayed:
            task.cancel()
        await asyncio.gather(*delayed, return_exceptions=True)

    async def send(self, callback: Callback) -> None:
        fault = self._registry.first(CallbackFault, FaultContext(callback.to, status=callback.status))
        match fault:
            case DropCallbacks():
                self._record(callback, 0, None, "dropped by a fault")
                return
            case ReorderCallbacks():
                self._held_back[callback.sid].append(callback)
                return
            case DelayCallbacks():
                task = asyncio.create_task(self._deliver_later(fault.seconds, callback))
                self._delayed.add(task)
                task.add_done_callback(self._delayed.discard)
                return
        await self.deliver(callback)
        if isinstance(fault, DuplicateCallbacks):
            for _ in range(fault.copies):
                await self.deliver(callback)
        await self.send_held_back(callback.sid)

    async def send_held_back(self, sid: str) -> None:
        """Send the callbacks of this message that were held back."""
        for callback in self._held_back.pop(sid, ()):
            await self.deliver(callback)

    async def deliver(self, callback: Callback) -> Sequence[CallbackRecord]:
        """Attempt the callback until it succeeds or the retry policy is exhausted. Every attempt is recorded."""
        policy = RetryPolicy.parse(callback.url)
        records: list[CallbackRecord] = []
        async with self._slots:
            try:
                async with asyncio.timeout(policy.total):
                    for attempt in range(1, policy.retries + 2):
                        if attempt > 1:
                            await self._clock.sleep(RETRY_DELAY_SECONDS)
                        status_code, failure, error = await self._post(callback, policy)
                        records.append(self._record(callback, attempt, status_code, error))
                        if not policy.should_retry(failure):
                            break
            except TimeoutError:
                records.append(self._record(callback, len(records) + 1, None, "total timeout exceeded"))
        if callback.fallback is not None and not records[-1].has_succeeded:
            records += await self.deliver(callback.fallback)
        return records

    async def _deliver_later(self, seconds: float, callback: Callback) -> Sequence[CallbackRecord]:
        await self._clock.sleep(seconds)
        return await self.deliver(callback)

    async def _post(self, callback: Callback, policy: RetryPolicy) -> tuple[int | None, str | None, str | None]:
        """The response's HTTP status, the kind of failure as `rp` names it, and the error."""
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": callback.token,
            **signature_headers(self._account, callback),
        }
        timeout = httpx.Timeout(policy.read, connect=policy.connect)
        try:
            post = partial(
                self._http.post, webhook_url(callback.url), data=callback.params, headers=headers, timeout=timeout
            )
            response = await post()
            if response.status_code == httpx.codes.UNAUTHORIZED and "WWW-Authenticate" in response.headers:
                # Twilio sends credentials only after a 401 challenge: https://www.twilio.com/docs/usage/security
                response = await post(auth=credentials(callback.url))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return None, "ct", repr(error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, "rt", repr(error)
        family = f"{response.status_code // 100}xx"
        return response.status_code, family if family in {"4xx", "5xx"} else None, None

    def _record(self, callback: Callback, attempt: int, status_code: int | None, error: str | None) -> CallbackRecord:
        record = CallbackRecord(
            self._clock.now(), callback.sid, callback.url, callback.params, callback.token, attempt, status_code, error
        )
        self._ledger.record_callback(record)
        return record
