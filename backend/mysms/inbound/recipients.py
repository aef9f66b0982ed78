"""Finds out for which user an inbound message is."""

from dataclasses import dataclass

from bson import ObjectId

from mysms.core.phone_numbers import spellings
from mysms.inbound.text import InboundText
from mysms.messages import repository as messages
from mysms.users import repository as users


@dataclass(frozen=True)
class Recipient:
    """A user, and the number of the conversation that the message belongs to."""

    user_id: ObjectId
    peer_number: str


class Recipients:
    """The user who last wrote to that number from that sender; else the fallback account, else the first account."""

    def __init__(self, fallback_email: str | None) -> None:
        self._fallback_email = fallback_email

    async def find(self, text: InboundText) -> Recipient | None:
        """Returns None if there is no account at all."""
        # The provider may rewrite a number, and the answer belongs to the conversation that it answers.
        written = await messages.find_last_written(text.to_number, spellings(text.from_number))
        if written is not None:
            return Recipient(written.user_id, written.peer_number)
        user_id = await self._find_fallback()
        return None if user_id is None else Recipient(user_id, text.peer_number)

    async def find_problem(self) -> str | None:
        """Says whether messages from people to whom nobody has written are seen by nobody, or by somebody else."""
        if await users.find_first_active_id() is None:
            return "There is no account yet: inbound messages wait at Twilio."
        if self._fallback_email is not None and await users.find_active_id(self._fallback_email) is None:
            return "INBOUND_FALLBACK_EMAIL is not the address of an account: the oldest account receives in its place."
        return None

    async def _find_fallback(self) -> ObjectId | None:
        user_id = None
        if self._fallback_email is not None:
            user_id = await users.find_active_id(self._fallback_email)
        return user_id or await users.find_first_active_id()
