"""Creates and deletes accounts."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from bson import ObjectId

from mysms.core.batches import BATCH
from mysms.core.database import DatabaseError
from mysms.core.errors import FieldErrors, InvalidFieldsError
from mysms.core.security_events import SecurityEvents
from mysms.core.settings import SignUpMode
from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.account_cache import AccountCache
from mysms.users.authenticator import Authenticator
from mysms.users.client_info import ClientInfo
from mysms.users.errors import SignUpClosedError
from mysms.users.lookup import find_signed_in
from mysms.users.models import User
from mysms.users.notifications import Notifications
from mysms.users.passwords import PasswordHasher
from mysms.users.reset_tokens import ResetTokens
from mysms.users.schemas import AccountResponse, Applicant, Registration, SignedInResponse
from mysms.users.sessions import SessionService
from mysms.users.sign_up import NOT_VALID, Admission, SignUpPolicy, hash_invite, new_invite
from mysms.users.tokens import AccessClaims

EMAIL_TAKEN = {"email": ["has already been taken"]}
_ERASED_AGAIN_AFTER = timedelta(minutes=10)
"""Longer than anything takes to reach the database that was begun for an account before its deletion."""


class AccountService:
    """Creates and deletes accounts.

    `erase_messages` erases the messages of an account that is deleted; it must be idempotent.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        hasher: PasswordHasher,
        sessions: SessionService,
        sign_up_policy: SignUpPolicy,
        erase_messages: Callable[[ObjectId], Awaitable[None]],
        notifications: Notifications,
        reset_tokens: ResetTokens,
        cache: AccountCache,
        events: SecurityEvents,
        clock: Clock,
    ) -> None:
        self._authenticator = authenticator
        self._hasher = hasher
        self._sessions = sessions
        self._sign_up_policy = sign_up_policy
        self._erase_messages = erase_messages
        self._notifications = notifications
        self._reset_tokens = reset_tokens
        self._cache = cache
        self._events = events
        self._clock = clock

    @property
    def sign_up_mode(self) -> SignUpMode:
        return self._sign_up_policy.mode

    async def register(self, registration: Registration, client: ClientInfo) -> SignedInResponse:
        """Creates an account and opens a session.

        Raises SignUpClosedError, and InvalidFieldsError if the email has already been taken or the code is wrong.
        """
        admission = await self._admit(registration.invite_code, client)
        user = User(
            id=admission.account_id,
            email=registration.email,
            password_hash=await self._hasher.hash(registration.password),
            created_at=self._clock(),
            known_devices=self._notifications.devices_of_new_account(admission.account_id, client),
        )
        if not await repository.insert_user(user):
            raise InvalidFieldsError(await self._reasons_not_to_insert(user, admission))
        await self._require_first_of_id(user, admission)
        # The account exists even if this fails, and a code that is left behind cannot create another one.
        with contextlib.suppress(DatabaseError):
            await self._sign_up_policy.use_up(admission)
        self._events.record("signed_up", account=user.email, address=client.address)
        return SignedInResponse.of(user, await self._sessions.open(user, client))

    async def find_sign_up_errors(self, applicant: Applicant, client: ClientInfo) -> FieldErrors:
        """Returns the errors that the database adds to those of an invalid sign-up, so that all are shown at once.

        Raises SignUpClosedError. If a code is required, only a valid one reveals that an email has been taken.
        """
        try:
            await self._admit(applicant.invite_code, client)
        except InvalidFieldsError as error:
            return error.errors
        is_taken = applicant.email is not None and await repository.find_user_by_email(applicant.email) is not None
        return EMAIL_TAKEN if is_taken else {}

    async def make_invite(self) -> str:
        """Creates an invite and returns its code, with which one person can sign up. Only its hash is stored."""
        code = new_invite()
        await repository.insert_invite(hash_invite(code), self._clock())
        self._events.record("invite_created")
        return code

    async def find(self, caller: AccessClaims) -> User:
        """Returns the caller's account. Raises UnauthenticatedError if it is gone."""
        return await find_signed_in(caller)

    async def describe(self, caller: AccessClaims) -> AccountResponse:
        """Returns the caller's account, from memory if it is known. Raises UnauthenticatedError if it is gone."""
        account = self._cache.get(caller.user_id)
        if account is None:
            account = AccountResponse.of(await self.find(caller))
            self._cache.add(caller.user_id, account)
        return account

    async def delete(self, caller: AccessClaims, password: str, client: ClientInfo) -> None:
        """Deletes the account and all its data. Raises InvalidFieldsError if the password is wrong."""
        user = await self._authenticator.confirm_password(caller, password, client, field="password")
        if not await repository.mark_deleting(user):
            # Another request renewed the hash or changed the password first: check against the present hash.
            await self.delete(caller, password, client)
            return
        self._events.record("account_deleted", account=user.email, address=client.address)
        await self._finish_deletion(caller.user_id)

    async def finish_deletions(self) -> None:
        """Completes deletions that were interrupted because a process ended or lost its database.

        Erases again what a process may have stored for a deleted account, if it ended before it saw that it is gone.

        Any number of processes may do this at once, also while another one is deleting the same account. Tries every
        account, then raises the first error.
        """
        failure: Exception | None = None
        before = self._clock() - _ERASED_AGAIN_AFTER
        steps = [partial(self._finish_deletion, each) for each in await repository.list_deleting(BATCH)]
        steps += [partial(self._erase_again, each, before) for each in await repository.list_deleted(before, BATCH)]
        for step in steps:
            try:
                await step()
            except Exception as error:  # noqa: BLE001  # one account must not block the others
                failure = failure or error
        if failure is not None:
            raise failure

    async def _admit(self, invite_code: str | None, client: ClientInfo) -> Admission:
        """Raises SignUpClosedError and InvalidFieldsError."""
        try:
            return await self._sign_up_policy.admit(invite_code)
        except (SignUpClosedError, InvalidFieldsError):
            self._events.record("sign_up_refused", address=client.address)
            raise

    async def _reasons_not_to_insert(self, user: User, admission: Admission) -> FieldErrors:
        """Returns why the database rejected an account: its email is taken, or its id, so that its code is used up."""
        holder = await repository.find_user(admission.account_id)
        if holder is None:
            return EMAIL_TAKEN
        await self._sign_up_policy.use_up(admission)
        return NOT_VALID if holder.email != user.email else {**NOT_VALID, **EMAIL_TAKEN}

    async def _require_first_of_id(self, user: User, admission: Admission) -> None:
        """Raises InvalidFieldsError, and removes the account, if an earlier one with the same invite was deleted.

        What is still under way for that one, such as its deletion in another process, must not reach this one.
        """
        # The id is recorded before the earlier account goes, so this one cannot be stored without its being seen.
        if admission.invite is not None and await repository.was_deleted(admission.account_id):
            await repository.take_back(user)
            raise InvalidFieldsError(NOT_VALID)

    async def _finish_deletion(self, user_id: ObjectId) -> None:
        """Deletes an account in idempotent steps; the account itself goes last, so an interrupted deletion is found."""
        await self._erase(user_id)
        await repository.delete_user(user_id, self._clock())

    async def _erase_again(self, user_id: ObjectId, before: datetime) -> None:
        """Erases what was stored for an account after its deletion, and forgets its id."""
        # A sign-up with the account's invite may have created an account of the same id, and ended before its check.
        if await repository.find_user(user_id) is None:
            await self._erase(user_id)
        await repository.forget_deleted(user_id, before)

    async def _erase(self, user_id: ObjectId) -> None:
        await self._sessions.end_all(user_id)
        await self._notifications.forget(user_id)
        await self._reset_tokens.forget(user_id)
        await self._erase_messages(user_id)
        await self._sign_up_policy.forget(user_id)
