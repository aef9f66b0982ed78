"""Sending quotas: limits on the number of messages, and the allowed destinations."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from bson import ObjectId

from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.outbox.errors import CountryNotAllowedError, GlobalDailyQuotaError, UserDailyQuotaError, UserMinuteQuotaError

_EVERYBODY = "everybody"

Consumed = Sequence[str]
"""The hits of one message, for `SendQuotas.refund`."""


class SendQuotas:
    """Enforces quotas for each user and for the whole server."""

    def __init__(
        self,
        limiter: RateLimiter,
        *,
        per_user_per_minute: int,
        per_user_per_day: int,
        per_day: int,
        allowed_number_prefixes: Collection[str],
    ) -> None:
        self._limiter = limiter
        self._quotas = {
            Limit("messages:minute", per_user_per_minute, timedelta(minutes=1)): UserMinuteQuotaError,
            Limit("messages:day", per_user_per_day, timedelta(days=1)): UserDailyQuotaError,
            Limit("messages:installation", per_day, timedelta(days=1)): GlobalDailyQuotaError,
        }
        self._allowed_countries = tuple(allowed_number_prefixes)

    async def consume(self, user_id: ObjectId, recipient_number: str) -> Consumed:
        """Counts a message. Raises CountryNotAllowedError, or the error of the quota that is used up.

        A message that one quota rejects does not count for the others. If the database fails or the process ends in
        between, it may count anyway: too few messages are better than too many.
        """
        if self._allowed_countries and not recipient_number.startswith(self._allowed_countries):
            raise CountryNotAllowedError
        try:
            return await self._limiter.hit_all(
                (limit, _EVERYBODY if error is GlobalDailyQuotaError else str(user_id))
                for limit, error in self._quotas.items()
            )
        except RateLimitedError as reached:
            raise next(
                error(reached.retry_after_seconds) for limit, error in self._quotas.items() if limit == reached.limit
            ) from reached

    async def refund(self, consumed: Consumed) -> None:
        """Takes back what was counted for a message that was certainly not stored."""
        for key in consumed:
            await self._limiter.refund(key)
