"""How many may do something at a time, in all and of one user, in this process."""

import contextlib
from collections import Counter
from collections.abc import Iterator

from bson import ObjectId


class Places:
    """`in_all` places, of which a user may have `of_a_user`."""

    def __init__(self, in_all: int, of_a_user: int) -> None:
        self._in_all, self._of_a_user = in_all, of_a_user
        self._taken: Counter[ObjectId] = Counter()

    def has_one_for(self, user_id: ObjectId) -> bool:
        return self._taken.total() < self._in_all and self._taken[user_id] < self._of_a_user

    @contextlib.contextmanager
    def taking(self, user_id: ObjectId) -> Iterator[None]:
        """Takes one while the context is open, after `has_one_for` has said that there is one."""
        self._taken[user_id] += 1
        try:
            yield
        finally:
            self._taken[user_id] -= 1
            # Those without any are forgotten.
            self._taken = +self._taken
