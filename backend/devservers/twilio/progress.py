"""Moves accepted messages through the steps of their plan. Each step is committed before its callback is sent."""

import asyncio
from collections.abc import Sequence

from devservers.twilio.callbacks import CallbackSender, status_callback
from devservers.twilio.clock import Clock
from devservers.twilio.ledger import CallbackRecord, Ledger
from devservers.twilio.messages import Message, Step
from devservers.twilio.outbound_media import MediaFailedError, MediaFetcher, NeverFetchedError

NEVER_SENT = frozenset({"failed", "canceled", "queued", "accepted", "sending"})


class Progress:
    """`pace` is a factor for every delay: 1 is realistic, 0 means no delay."""

    def __init__(
        self, ledger: Ledger, callback_sender: CallbackSender, fetcher: MediaFetcher, clock: Clock, pace: float
    ) -> None:
        self._ledger, self._callback_sender, self._clock, self.pace = ledger, callback_sender, clock, pace
        self._fetcher = fetcher
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def resume(self) -> None:
        """Continue messages that a restart interrupted."""
        for sid in self._ledger.unfinished():
            self.start(sid)

    def start(self, sid: str) -> None:
        task = asyncio.create_task(self._run(sid))
        self._tasks[sid] = task
        task.add_done_callback(lambda _: self._tasks.pop(sid, None))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def step(self, sid: str) -> bool:
        """Take the next step of the plan now, with the media of the message. Returns False if there is none."""
        message = self._ledger.find(sid)
        if message is None or not message.plan:
            return False
        step, *rest = message.plan
        try:
            await self._fetcher.fetch_missing(message)
        except MediaFailedError as failure:
            step, rest = Step("failed", 0, failure.code), []
        except NeverFetchedError:
            self._ledger.update(message, plan=())
            return False
        # The fetch took time, in which the message may have been deleted or changed.
        message = self._ledger.find(sid)
        if message is None or not message.plan:
            return False
        message = self._apply(message, step, rest)
        if callback := status_callback(message, step, self._clock.now()):
            await self._callback_sender.send(callback)
        if not rest:
            await self._callback_sender.send_held_back(sid)
        return True

    async def force(self, message: Message, step: Step, *, send_callback: bool) -> Sequence[CallbackRecord]:
        """Take this step now and drop the rest of the plan. Returns the delivery attempts of its callback."""
        message = self._apply(message, step, ())
        callback = status_callback(message, step, self._clock.now()) if send_callback else None
        return await self._callback_sender.deliver(callback) if callback else ()

    async def _run(self, sid: str) -> None:
        while (message := self._ledger.find(sid)) and message.plan:
            await self._clock.sleep(message.plan[0].delay * self.pace)
            await self.step(sid)

    def _apply(self, message: Message, step: Step, rest: Sequence[Step]) -> Message:
        if step.callback_only:
            return self._ledger.update(message, plan=rest)
        now = self._clock.now() + message.skew
        sent_at = message.sent_at or (None if step.status in NEVER_SENT else now)
        return self._ledger.update(
            message, status=step.status, error_code=step.error_code, sent_at=sent_at, updated_at=now, plan=rest
        )
