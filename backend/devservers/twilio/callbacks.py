"""Status callbacks: what they say, how they are signed, and how often they are tried."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import parse_qs, unquote, urldefrag, urlsplit, urlunsplit

import httpx
from twilio.request_validator import RequestValidator

from devservers.twilio.account import Account
from devservers.twilio.clock import Clock
from devservers.twilio.fault import Occasion
from devservers.twilio.faults import (
    CallbackFault,
    DelayCallbacks,
    DropCallbacks,
    DuplicateCallbacks,
    ReorderCallbacks,
)
from devservers.twilio.ledger import CallbackRecord, Ledger
from devservers.twilio.messages import API_VERSION, Message, Step
from devservers.twilio.switchboard import Switchboard

CONCURRENT = 50
# Twilio's reference does not say how long it waits between tries.
RETRY_PAUSE = 0.1
LONGEST_MS = 15_000
CONNECT_MS = 5_000
MOST_RETRIES = 5


@dataclass(frozen=True)
class RetryPolicy:
    """Twilio's connection overrides, which ride as the URL's fragment: `#rc=5&rp=all&ct=2000&rt=3000&tt=10000`."""

    retries: int = 1
    when: frozenset[str] = frozenset({"ct"})
    connect: float = CONNECT_MS / 1000
    read: float = LONGEST_MS / 1000
    total: float = LONGEST_MS / 1000

    @classmethod
    def of(cls, url: str) -> "RetryPolicy":
        overrides = {name: values[-1] for name, values in parse_qs(urldefrag(url).fragment).items()}

        def milliseconds(name: str, default: int) -> float:
            given = overrides.get(name, "")
            return min(max(int(given), 1), LONGEST_MS) / 1000 if given.isdecimal() else default / 1000

        count = overrides.get("rc", "")
        when = frozenset(overrides.get("rp", "ct").split(",")) & {"4xx", "5xx", "ct", "rt", "all"}
        return cls(
            retries=min(int(count), MOST_RETRIES) if count.isdecimal() else 1,
            when=when or frozenset({"ct"}),
            connect=milliseconds("ct", CONNECT_MS),
            read=milliseconds("rt", LONGEST_MS),
            total=milliseconds("tt", LONGEST_MS),
        )

    def repeats(self, failure: str | None) -> bool:
        return failure is not None and bool({failure, "all"} & self.when)


@dataclass(frozen=True)
class Callback:
    """One webhook; every try of it carries the same token."""

    url: str
    params: Mapping[str, str]
    sid: str = ""
    to: str = ""
    signature: str | None = None
    token: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def status(self) -> str:
        return self.params.get("MessageStatus", "")


def status_callback(message: Message, step: Step, now: float) -> Callback | None:
    """What Twilio posts when a message reaches a status; None if nobody asked for it."""
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
    return Callback(message.status_callback, params, message.sid, message.asked_to)


def sign(token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature."""
    return str(RequestValidator(token).compute_signature(called(url), params))


def called(url: str) -> str:
    """What is called, and signed: the URL with its query, without fragment and user info."""
    parts = urlsplit(urldefrag(url).url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def credentials(url: str) -> tuple[str, str]:
    """User and password of the URL, empty where it has none."""
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


class Courier:
    """Delivers callbacks, and lets the callback faults strike."""

    def __init__(self, account: Account, ledger: Ledger, switchboard: Switchboard, clock: Clock) -> None:
        self._account, self._ledger, self._switchboard, self._clock = account, ledger, switchboard, clock
        # Each callback gets a connection of its own: one that was kept alive can die just when it is used again.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(trust_env=False, limits=limits)
        self._slots = asyncio.Semaphore(CONCURRENT)
        self._held: defaultdict[str, list[Callback]] = defaultdict(list)
        self._late: set[asyncio.Task[Sequence[CallbackRecord]]] = set()

    async def close(self) -> None:
        await self.forget()
        await self._http.aclose()

    async def forget(self) -> None:
        """Let go of what was held back or delayed."""
        self._held.clear()
        late = list(self._late)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def send(self, callback: Callback) -> None:
        fault = self._switchboard.first(CallbackFault, Occasion(callback.to, status=callback.status))
        match fault:
            case DropCallbacks():
                self._record(callback, 0, None, "dropped by a fault")
                return
            case ReorderCallbacks():
                self._held[callback.sid].append(callback)
                return
            case DelayCallbacks():
                task = asyncio.create_task(self._later(fault.seconds, callback))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return
        await self.deliver(callback)
        if isinstance(fault, DuplicateCallbacks):
            for _ in range(fault.copies):
                await self.deliver(callback)
        await self.release(callback.sid)

    async def release(self, sid: str) -> None:
        """Send what was held back for this message."""
        for callback in self._held.pop(sid, ()):
            await self.deliver(callback)

    async def deliver(self, callback: Callback) -> Sequence[CallbackRecord]:
        """Try until it is answered or the policy says enough; every try is recorded."""
        policy = RetryPolicy.of(callback.url)
        records: list[CallbackRecord] = []
        async with self._slots:
            try:
                async with asyncio.timeout(policy.total):
                    for attempt in range(1, policy.retries + 2):
                        if attempt > 1:
                            await self._clock.sleep(RETRY_PAUSE)
                        answer, failure, problem = await self._post(callback, policy)
                        records.append(self._record(callback, attempt, answer, problem))
                        if not policy.repeats(failure):
                            break
            except TimeoutError:
                records.append(self._record(callback, len(records) + 1, None, "total time is over"))
        return records

    async def _later(self, seconds: float, callback: Callback) -> Sequence[CallbackRecord]:
        await self._clock.sleep(seconds)
        return await self.deliver(callback)

    async def _post(self, callback: Callback, policy: RetryPolicy) -> tuple[int | None, str | None, str | None]:
        """The answer's status, the kind of failure in the words of `rp`, and what went wrong."""
        signature = callback.signature
        if signature is None:
            signature = sign(self._account.auth_token, callback.url, callback.params)
        headers = {"User-Agent": "TwilioProxy/1.1", "I-Twilio-Idempotency-Token": callback.token}
        if signature:
            headers["X-Twilio-Signature"] = signature
        timeout = httpx.Timeout(policy.read, connect=policy.connect)
        try:
            post = partial(
                self._http.post, called(callback.url), data=callback.params, headers=headers, timeout=timeout
            )
            answer = await post()
            if answer.status_code == httpx.codes.UNAUTHORIZED and "WWW-Authenticate" in answer.headers:
                # Twilio names user and password only once it is asked: https://www.twilio.com/docs/usage/security
                answer = await post(auth=credentials(callback.url))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return None, "ct", repr(error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, "rt", repr(error)
        family = f"{answer.status_code // 100}xx"
        return answer.status_code, family if family in {"4xx", "5xx"} else None, None

    def _record(self, callback: Callback, attempt: int, answer: int | None, problem: str | None) -> CallbackRecord:
        record = CallbackRecord(
            self._clock.now(), callback.sid, callback.url, callback.params, callback.token, attempt, answer, problem
        )
        self._ledger.record_callback(record)
        return record
