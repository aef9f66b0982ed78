"""`mysms doctor`: looks at everything that a running installation needs, and says how to mend what is wrong."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from mysms.core import database
from mysms.core.database_diagnostics import inspect_database
from mysms.core.settings import Settings
from mysms.core.settings_sources import SettingsError
from mysms.providers.base import ProviderUnavailableError
from mysms.providers.diagnostics import Answer, CallbackProbe, CredentialsRefusedError, inspect_account
from mysms.providers.twilio import is_simulator

_OLDEST_VERSION = (4, 4)
_WORST_SKEW = timedelta(seconds=2)
_CALLBACK_PATH = "/api/twilio/status_callback"


@dataclass(frozen=True)
class CheckResult:
    """What came of one check. `remedy` tells how to mend what is wrong; empty if all is well."""

    check: str
    said: str
    remedy: str = ""

    @property
    def line(self) -> str:
        mark = "wrong" if self.remedy else "ok"
        return f"{mark:<6} {self.check:<9} {self.said} {self.remedy}".rstrip()


class CheckFailedError(Exception):
    """A check has found a fault."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.said = said
        self.remedy = remedy


def settings_results(error: SettingsError) -> list[CheckResult]:
    """Without usable settings, nothing else can be looked at."""
    remedy = "Set it in the environment or in .env; .env.example explains each."
    return [CheckResult("settings", sentence, remedy) for sentence in error.messages]


async def run_checks(settings: Settings) -> list[CheckResult]:
    """One result for each check, in the order in which one would mend them."""
    return [
        CheckResult("settings", f"They are complete, for {settings.environment}."),
        await _find("browser", check_browser, settings),
        await _find("database", lambda given: asyncio.run(check_database(given)), settings),
        await _find("twilio", check_account, settings),
        await _find("callback", check_callback, settings),
    ]


async def _find(name: str, check: Callable[[Settings], str], settings: Settings) -> CheckResult:
    """In a thread: a check asks others, and waits for their answers."""
    try:
        return CheckResult(name, await asyncio.to_thread(check, settings))
    except CheckFailedError as error:
        return CheckResult(name, error.said, error.remedy)


def check_browser(settings: Settings) -> str:
    """Whether the SPA, wherever it is, may call the API. Raises CheckFailedError."""
    origins = settings.cors_origins
    insecure = [origin for origin in origins if origin.startswith("http://") and not _is_local(origin)]
    if insecure and settings.environment == "production":
        raise CheckFailedError(
            f"CORS_ORIGINS holds {', '.join(insecure)}: what is typed there can be read on the way.",
            "Serve the SPA over https, and list that origin.",
        )
    if settings.frontend_dist is not None and not (settings.frontend_dist / "index.html").is_file():
        raise CheckFailedError(
            f"FRONTEND_DIST is {settings.frontend_dist}, where no index.html is.",
            "Build the SPA (npm run build), and name its folder dist/frontend/browser.",
        )
    places = [*(["here"] if settings.frontend_dist is not None else []), *origins]
    return f"The SPA is served from {', '.join(places) or 'the origin of the API, by something else'}."


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


async def check_database(settings: Settings) -> str:
    """Whether it answers, takes writes, and has the right time. Raises CheckFailedError."""
    where = (
        "Look at MONGODB_URI: host, user, password (percent-encoded), and whether the database lets this address in."
    )
    try:
        async with database.connect(settings.mongodb_uri) as client:
            report = await inspect_database(database.database_of(client))
    except database.DatabaseConfigurationError as error:
        raise CheckFailedError(str(error), where) from error
    except database.DatabaseUnreachableError as error:
        raise CheckFailedError(f"MongoDB does not answer ({type(error).__name__}).", where) from error
    except database.DatabaseError as error:
        raise CheckFailedError(f"MongoDB answers, but refuses (error {getattr(error, 'code', '?')}).", where) from error
    version = ".".join(map(str, report.version))
    if report.is_development_server and settings.environment == "production":
        raise CheckFailedError(
            "This is the development database of this project.", "Let MONGODB_URI lead to a MongoDB."
        )
    if report.version < _OLDEST_VERSION:
        raise CheckFailedError(f"MongoDB is version {version}.", "Use 4.4 or newer.")
    if report.clock_skew > _WORST_SKEW:
        seconds = report.clock_skew.total_seconds()
        raise CheckFailedError(f"Its clock and ours are {seconds:.0f} s apart.", "Let both be set by NTP.")
    kind = "The development database" if report.is_development_server else f"MongoDB {version}"
    return f"{kind} answers, and wrote durably in {report.milliseconds} ms."


def check_account(settings: Settings) -> str:
    """Whether the credentials are good, and the number is ours and can send. Raises CheckFailedError."""
    number = settings.twilio_from_number
    timeout = settings.twilio_timeout_seconds
    try:
        is_simulated = bool(settings.twilio_api_base_url) and is_simulator(settings.twilio_api_base_url, timeout)
        found = inspect_account(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            settings.twilio_api_base_url,
            timeout,
            number,
        )
    except CredentialsRefusedError as error:
        remedy = "Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN anew from https://console.twilio.com."
        if not re.fullmatch("[0-9a-f]{32}", settings.twilio_auth_token.get_secret_value()):
            remedy += " A token there is 32 digits of 0-9 and a-f, and this one is something else."
        raise CheckFailedError(str(error), remedy) from error
    except ProviderUnavailableError as error:
        what = "TWILIO_API_BASE_URL" if settings.twilio_api_base_url else "this machine's way to api.twilio.com"
        raise CheckFailedError(str(error), f"Look at {what}.") from error
    if is_simulated and settings.environment == "production":
        raise CheckFailedError("This is the simulator: nothing would be sent.", "Leave TWILIO_API_BASE_URL empty.")
    if found.status != "active":
        raise CheckFailedError(f"The account is {found.status}.", "Twilio's console says why.")
    if found.sends_sms is None:
        raise CheckFailedError(f"The account does not own {number}.", "Set TWILIO_FROM_NUMBER to a number of its own.")
    if not found.sends_sms:
        raise CheckFailedError(f"{number} cannot send SMS.", "Use a number that can: Twilio's console shows which.")
    trial = " It is a trial account, which texts to verified numbers only." if found.is_trial else ""
    off = "" if settings.sending_enabled else " SENDING_ENABLED is off: messages wait."
    who = "The simulated account" if is_simulated else "The account"
    return f"{who} is active, and {number} can send SMS.{trial}{off}"


def check_callback(settings: Settings) -> str:
    """Whether what Twilio will post comes to the API as Twilio signs it. Raises CheckFailedError."""
    url = settings.twilio_status_callback_url
    if url is None:
        return "There is none: Twilio is asked for each status instead, at growing intervals."
    if settings.callback_url is None:
        remedy = "Use https and a host that the internet knows in TWILIO_STATUS_CALLBACK_URL, or leave it empty."
        raise CheckFailedError(f"Twilio does not call {url.address}.", remedy)
    probe = CallbackProbe(
        url,
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        settings.twilio_timeout_seconds,
    )
    try:
        return _check_round_trip(probe)
    except ProviderUnavailableError as error:
        remedy = "Look at DNS, certificate and firewall, and whether the API runs."
        raise CheckFailedError(f"{url.address}: {error}", remedy) from error


def _check_round_trip(probe: CallbackProbe) -> str:
    url = probe.url.address
    this_api = f"Let it lead to this API, to its path {_CALLBACK_PATH}."
    answer = probe.post_signed()
    status = answer.status
    if status == HTTPStatus.NO_CONTENT:
        if probe.post_forged().status != HTTPStatus.FORBIDDEN:
            raise CheckFailedError(f"{url} takes forged reports too.", this_api)
        return f"{url} takes what Twilio signs, and refuses what is forged."
    if status == HTTPStatus.UNAUTHORIZED:
        raise _who_asks_for_credentials(probe, answer)
    if status == HTTPStatus.FORBIDDEN:
        if probe.post_signed_without_query().status == HTTPStatus.NO_CONTENT:
            raise CheckFailedError(f"{url}: a proxy on the way drops the query.", "Let it pass the URL on as it comes.")
        raise CheckFailedError(
            f"{url} refuses what Twilio signs.",
            "The API that runs there must have the TWILIO_AUTH_TOKEN and TWILIO_STATUS_CALLBACK_URL of these settings "
            "(restart it after a change), and no proxy may rewrite the query or the body.",
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise CheckFailedError(f"{url} redirects ({status}).", "Set TWILIO_STATUS_CALLBACK_URL to where it leads.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CheckFailedError(f"{url} is in trouble ({status}).", "See the log there, and what /ready says.")
    raise CheckFailedError(f"{url} answers {status}.", this_api)


def _who_asks_for_credentials(probe: CallbackProbe, answer: Answer) -> CheckFailedError:
    """The API itself asks for none here: this is a proxy in front of it."""
    url = probe.url.address
    if not probe.url.user_info:
        return CheckFailedError(
            f"A proxy asks for a user name and a password at {url} (401).",
            "Put them into TWILIO_STATUS_CALLBACK_URL, as in https://user:password@sms.example.com/…, or let it ask "
            "for none there.",
        )
    if not answer.challenge:
        return CheckFailedError(
            f"{url} answers 401 without a WWW-Authenticate header, and Twilio names user and password only when asked.",
            "Let the proxy send that header, such as: WWW-Authenticate: Basic realm=mysms",
        )
    return CheckFailedError(
        f"{url} does not accept the user and the password of TWILIO_STATUS_CALLBACK_URL (401).",
        "Set both to what the proxy there knows.",
    )
