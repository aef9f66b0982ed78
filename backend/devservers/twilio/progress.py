"""The life of a message after it was accepted: one step of its plan after the other, each committed, then announced."""

import asyncio
from collections.abc import Sequence

from devservers.twilio.callbacks import Courier, status_callback
from devservers.twilio.clock import Clock
from devservers.twilio.ledger import CallbackRecord, Ledger
from devservers.twilio.messages import Message, Step

NEVER_LEFT = frozenset({"failed", "canceled", "queued", "accepted", "sending"})


class Progress:
    """`pace` stretches every delay: 1 is natural, 0 is at once."""

    def __init__(self, ledger: Ledger, courier: Courier, clock: Clock, pace: float) -> None:
        self._ledger, self._courier, self._clock, self.pace = ledger, courier, clock, pace
        self._lives: dict[str, asyncio.Task[None]] = {}

    def resume(self) -> None:
        """Go on with the messages whose progress a restart cut."""
        for sid in self._ledger.unfinished():
            self.start(sid)

    def start(self, sid: str) -> None:
        life = asyncio.create_task(self._live(sid))
        self._lives[sid] = life
        life.add_done_callback(lambda _: self._lives.pop(sid, None))

    async def stop(self) -> None:
        lives = list(self._lives.values())
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)

    async def step(self, sid: str) -> bool:
        """Take the next step of the plan at once; False if there is none."""
        message = self._ledger.find(sid)
        if message is None or not message.plan:
            return False
        step, *rest = message.plan
        message = self._reach(message, step, rest)
        if callback := status_callback(message, step, self._clock.now()):
            await self._courier.send(callback)
        if not rest:
            await self._courier.release(sid)
        return True

    async def force(self, message: Message, step: Step, *, announce: bool) -> Sequence[CallbackRecord]:
        """Make this status happen now, and nothing after it; gives the tries of its callback."""
        message = self._reach(message, step, ())
        callback = status_callback(message, step, self._clock.now()) if announce else None
        return await self._courier.deliver(callback) if callback else ()

    async def _live(self, sid: str) -> None:
        while (message := self._ledger.find(sid)) and message.plan:
            await self._clock.sleep(message.plan[0].delay * self.pace)
            await self.step(sid)

    def _reach(self, message: Message, step: Step, rest: Sequence[Step]) -> Message:
        if step.announced_only:
            return self._ledger.change(message, plan=rest)
        now = self._clock.now() + message.skew
        sent_at = message.sent_at or (None if step.status in NEVER_LEFT else now)
        return self._ledger.change(
            message, status=step.status, error_code=step.error_code, sent_at=sent_at, updated_at=now, plan=rest
        )
