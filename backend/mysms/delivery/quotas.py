"""The spend guard: how much may be sent, and to where."""

from collections.abc import Collection
from datetime import timedelta

from bson import ObjectId

from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.delivery.errors import CountryNotAllowedError, DayQuotaError, InstallationQuotaError, MinuteQuotaError

_EVERYBODY = "everybody"


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

    async def permit(self, user_id: ObjectId, recipient_number: str) -> None:
        """Counts a message. Raises CountryNotAllowedError, or the error of the quota that is used up."""
        if self._allowed_countries and not recipient_number.startswith(self._allowed_countries):
            raise CountryNotAllowedError
        for limit, error in self._quotas:
            try:
                await self._limiter.count(limit, _EVERYBODY if error is InstallationQuotaError else str(user_id))
            except RateLimitedError as reached:
                raise error(reached.retry_after_seconds) from reached
