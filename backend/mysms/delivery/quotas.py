"""The spend guard: how much may be sent, and to where."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from bson import ObjectId

from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.delivery.errors import CountryNotAllowedError, DayQuotaError, InstallationQuotaError, MinuteQuotaError

_EVERYBODY = "everybody"

Permit = Sequence[str]
"""What was counted for one message, for `SpendGuard.give_back`."""


class SpendGuard:
    """Permits messages, as long as there are not too many."""

    def __init__(
        self,
        limiter: RateLimiter,
        *,
        per_user_and_minute: int,
        per_user_and_day: int,
        per_day: int,
        allowed_countries: Collection[str],
    ) -> None:
        self._limiter = limiter
        self._quotas = (
            (Limit("messages:minute", per_user_and_minute, timedelta(minutes=1)), MinuteQuotaError),
            (Limit("messages:day", per_user_and_day, timedelta(days=1)), DayQuotaError),
            (Limit("messages:installation", per_day, timedelta(days=1)), InstallationQuotaError),
        )
        self._allowed_countries = tuple(allowed_countries)

    async def permit(self, user_id: ObjectId, recipient_number: str) -> Permit:
        """Counts a message. Raises CountryNotAllowedError, or the error of the quota that is used up.

        What is refused by one quota does not count for any other. If the database fails, or the process dies, in
        between, it may count all the same: rather one message less than one too many.
        """
        if self._allowed_countries and not recipient_number.startswith(self._allowed_countries):
            raise CountryNotAllowedError
        counted: list[str] = []
        for limit, error in self._quotas:
            subject = _EVERYBODY if error is InstallationQuotaError else str(user_id)
            try:
                counted.append(await self._limiter.count(limit, subject))
            except RateLimitedError as reached:
                await self.give_back(counted)
                raise error(reached.retry_after_seconds) from reached
        return counted

    async def give_back(self, permit: Permit) -> None:
        """The message was certainly not stored."""
        for key in permit:
            await self._limiter.take_back(key)
