"""Exports all data of a user as one JSON document, streamed page by page so that it may have any length."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, get_args

import orjson
from bson import ObjectId
from pydantic import BaseModel

from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.core.timestamps import Clock
from mysms.messages import conversations, flags, repository
from mysms.messages.encoding import READ_MARK_FIELDS, TIMELINE_FIELD, Row, detail_fields, encode, read_mark_fields
from mysms.messages.filter import MessageFilter
from mysms.messages.repository import Anchor
from mysms.messages.schemas import ExportHead
from mysms.users.accounts import AccountService
from mysms.users.client_info import ClientInfo
from mysms.users.schemas import AccountResponse
from mysms.users.sessions import SessionService
from mysms.users.tokens import AccessClaims

_LIMIT = Limit("export", 10, timedelta(hours=1))
_PAGE = 200
_EVERYTHING = MessageFilter()


class AccountExport:
    """Exports an account, its sessions, its messages with their timelines, its contacts, the opt-outs of the people in
    all of these, what is read, archived or muted, and pictures.

    `contacts` yields those of a user, batch by batch; `opt_outs` returns what is known of each of some numbers;
    `pictures` yields the items of a JSON array in pieces.
    """

    def __init__(
        self,
        contacts: Callable[[ObjectId], AsyncIterator[Sequence[Mapping[str, Any]]]],
        opt_outs: Callable[[Collection[str]], Awaitable[Mapping[str, BaseModel]]],
        pictures: Callable[[ObjectId], AsyncIterator[bytes]],
        accounts: AccountService,
        sessions: SessionService,
        limiter: RateLimiter,
        events: SecurityEvents,
        clock: Clock,
    ) -> None:
        self._contacts = contacts
        self._opt_outs = opt_outs
        self._pictures = pictures
        self._accounts = accounts
        self._sessions = sessions
        self._limiter = limiter
        self._events = events
        self._clock = clock

    async def begin(self, caller: AccessClaims, client: ClientInfo) -> AsyncIterator[bytes]:
        """Returns the document in chunks, each of which is created when it is needed.

        Raises RateLimitedError, and UnauthenticatedError if the account is gone.
        """
        user = await self._accounts.find(caller)
        with self._events.recording_rate_limits(account=user.email, address=client.address):
            await self._limiter.hit(_LIMIT, str(caller.user_id))
        head = ExportHead(
            exported_at=self._clock(),
            account=AccountResponse.of(user),
            sessions=await self._sessions.list_own(caller),
            push_subscriptions=await self._sessions.list_push_subscriptions(caller),
        )
        # Read before the response begins, so that an unavailable database gets an error and not a truncated document.
        first = await repository.list_own(caller.user_id, _EVERYTHING, limit=_PAGE, further_fields=(TIMELINE_FIELD,))
        self._events.record("account_exported", account=user.email, address=client.address)
        return self._pieces(caller.user_id, head, first)

    async def _pieces(self, user_id: ObjectId, head: ExportHead, page: list[Row]) -> AsyncIterator[bytes]:
        yield head.model_dump_json(by_alias=True).removesuffix("}").encode() + b',"messages":['
        separator = b""
        while page:
            yield separator + b",".join(encode(detail_fields(row)) for row in page)
            separator = b","
            page = await repository.list_own(
                user_id, _EVERYTHING, limit=_PAGE, before=Anchor.of(page[-1]), further_fields=(TIMELINE_FIELD,)
            )
        yield b'],"contacts":['
        separator = b""
        async for contacts in self._contacts(user_id):
            if contacts:
                yield separator + b",".join(map(orjson.dumps, contacts))
                separator = b","
        yield b'],"opt_outs":['
        separator = b""
        async for opt_outs in self._opt_outs_of_people(user_id):
            if opt_outs:
                yield separator + b",".join(each.model_dump_json().encode() for each in opt_outs)
                separator = b","
        yield b'],"read_marks":['
        separator = b""
        async for rows in conversations.batches_of_own(user_id, READ_MARK_FIELDS):
            if rows:
                yield separator + b",".join(orjson.dumps(read_mark_fields(row)) for row in rows)
                separator = b","
        yield b"]"
        for flag in get_args(flags.Flag):
            yield b',"%b_conversations":[' % flag.encode()
            separator = b""
            async for numbers in flags.batches_of_numbers(user_id, flag):
                if numbers:
                    yield separator + b",".join(map(orjson.dumps, numbers))
                    separator = b","
            yield b"]"
        yield b',"pictures":['
        async for piece in self._pictures(user_id):
            yield piece
        yield b"]}"

    async def _opt_outs_of_people(self, user_id: ObjectId) -> AsyncIterator[Collection[BaseModel]]:
        """Yields what is known of the people of conversations, and then of contacts, each spelling once."""
        seen: set[str] = set()
        async for numbers in self._batches_of_people(user_id):
            found = await self._opt_outs(numbers)
            yield [opt_out for number, opt_out in found.items() if number not in seen]
            seen.update(found)

    async def _batches_of_people(self, user_id: ObjectId) -> AsyncIterator[Collection[str]]:
        async for rows in conversations.batches_of_own(user_id, ("peer_number",)):
            yield [row["peer_number"] for row in rows]
        async for contacts in self._contacts(user_id):
            yield [contact["number"] for contact in contacts]
