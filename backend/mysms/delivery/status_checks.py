"""Asking for the statuses that no callback brought."""

from mysms.carrier.base import Carrier, CarrierMessage, CarrierUnavailableError
from mysms.delivery.outbox import Outbox
from mysms.delivery.questions import Questions
from mysms.delivery.records import StatusCheck
from mysms.delivery.rounds import Questioner
from mysms.messages.status import is_final

_MOST_PER_ROUND = 100


class StatusChecks:
    """Asks for the statuses of one line's messages, each time for the one that has been due the longest."""

    def __init__(self, outbox: Outbox, questions: Questions, carrier: Carrier, questioner: Questioner) -> None:
        self._outbox = outbox
        self._questions = questions
        self._carrier = carrier
        self._questioner = questioner

    async def run_round(self) -> None:
        """Asks for those that are due. Raises CarrierUnavailableError at the first question without an answer."""
        for _ in range(_MOST_PER_ROUND):
            check = await self._questions.claim_status_check()
            if check is None:
                return
            row = await self._ask(check)
            if row is not None:
                await self._outbox.record_answer(check.message_id, row)
            # What the operator has deleted at the carrier has no more to tell.
            await self._questions.end_check(check, is_last=row is None or is_final(row.status))

    async def _ask(self, check: StatusCheck) -> CarrierMessage | None:
        try:
            return await self._questioner.ask(self._carrier.fetch, check.sid)
        except CarrierUnavailableError:
            await self._questions.postpone_check(check)
            raise
