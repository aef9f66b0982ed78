"""The sessions that a process knows, and how it confirms those in use."""

import pytest
from bson import ObjectId

from mysms.changes.feed import CURRENT_WITHIN_SECONDS, ChangeFeed
from mysms.changes.log import Entry
from mysms.users.session_cache import CONFIRMED_FOR_SECONDS, SessionCache
from mysms.users.tokens import AccessClaims


class FeedReadAt(ChangeFeed):
    """A feed that has read the log at a given time."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self.read_at = 0.0

    def now(self) -> float:
        return self._clock.seconds

    def is_current_for(self, asked_at: float) -> bool:
        return asked_at - self.read_at < CURRENT_WITHIN_SECONDS


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Known:
    """A cache that knows one session."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.feed = FeedReadAt(self.clock)
        self.cache = SessionCache(self.feed, self.clock)
        self.claims = AccessClaims(ObjectId(), ObjectId())
        self.cache.add(self.claims, version=0)

    def wait(self, seconds: float) -> None:
        """Time goes by, and the log is read."""
        self.clock.seconds += seconds
        self.feed.read_at = self.clock.seconds

    @property
    def is_known(self) -> bool:
        return self.cache.has(self.claims)


@pytest.fixture
def known() -> Known:
    return Known()


def test_a_session_is_known_to_be_of_its_user_alone(known: Known) -> None:
    assert known.is_known
    assert not known.cache.has(AccessClaims(ObjectId(), known.claims.session_id))


def test_a_session_in_use_is_confirmed_before_its_confirmation_ends(known: Known) -> None:
    assert known.is_known
    assert not known.cache.list_due()
    known.wait(CONFIRMED_FOR_SECONDS - 1)
    due = known.cache.list_due()
    known.cache.confirm(due, {known.claims.session_id}, known.clock())
    known.wait(CONFIRMED_FOR_SECONDS - 1)
    assert known.is_known


def test_a_session_that_is_not_used_is_not_looked_up(known: Known) -> None:
    known.wait(CONFIRMED_FOR_SECONDS - 1)
    assert not known.cache.list_due()
    assert known.is_known


def test_a_session_that_is_gone_is_no_longer_known(known: Known) -> None:
    assert known.is_known
    known.wait(CONFIRMED_FOR_SECONDS - 1)
    known.cache.confirm(known.cache.list_due(), set(), known.clock())
    assert not known.is_known


@pytest.mark.parametrize("is_added_again", [False, True])
def test_a_session_that_ended_while_it_was_looked_up_is_not_confirmed(known: Known, is_added_again: bool) -> None:
    assert known.is_known
    known.wait(CONFIRMED_FOR_SECONDS - 1)
    due = known.cache.list_due()
    known.cache.apply(Entry(1, (), [known.claims.user_id]))
    if is_added_again:
        known.cache.add(known.claims, version=known.cache.version)
        known.wait(1)
        at = known.clock()
        known.cache.confirm(due, {known.claims.session_id}, at)
        known.wait(CONFIRMED_FOR_SECONDS - 1)
    else:
        known.cache.confirm(due, {known.claims.session_id}, known.clock())
    assert not known.is_known


def test_a_request_that_had_to_wait_is_answered_from_what_was_known_when_it_came(known: Known) -> None:
    asked_at = known.clock()
    known.clock.seconds += 2 * CURRENT_WITHIN_SECONDS
    assert not known.cache.has(known.claims)
    assert known.cache.has(known.claims, asked_at)
