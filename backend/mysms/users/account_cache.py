"""The accounts whose users have asked for them lately."""

from bson import ObjectId

from mysms.changes.log import Entry
from mysms.core.bounded_cache import BoundedCache
from mysms.users.schemas import AccountResponse

_CAPACITY = 20_000


class AccountCache:
    """Keeps what never changes of an account. A deletion ends the sessions first, so who has one has the account."""

    def __init__(self) -> None:
        self._accounts: BoundedCache[ObjectId, AccountResponse] = BoundedCache(_CAPACITY)

    def get(self, user_id: ObjectId) -> AccountResponse | None:
        return self._accounts.get(user_id)

    def add(self, user_id: ObjectId, account: AccountResponse) -> None:
        self._accounts.add(user_id, account)

    def apply(self, entry: Entry) -> None:
        for user_id in entry.signed_out:
            self._accounts.discard(user_id)

    def reset(self) -> None:
        self._accounts.clear()
