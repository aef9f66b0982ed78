"""`mysms doctor`: checks everything that a server needs, and shows how to fix what is wrong."""

import asyncio
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from bson import ObjectId

from mysms.attachments.links import MediaLinks
from mysms.core import database
from mysms.core.database_diagnostics import inspect_database
from mysms.core.errors import NotFoundError
from mysms.core.settings import Settings
from mysms.core.settings_sources import SettingsError
from mysms.core.timestamps import utc_now
from mysms.core.urls import Url
from mysms.inbound.recipients import Recipients
from mysms.mail.smtp import MailServerError, SmtpClient
from mysms.providers.base import ProviderUnavailableError
from mysms.providers.callback_url import url_for_twilio
from mysms.providers.diagnostics import (
    Answer,
    CallbackProbe,
    CredentialsRejectedError,
    MessagingService,
    Webhook,
    fetch_as_twilio,
    inspect_account,
    inspect_webhooks,
    set_webhook,
)
from mysms.providers.twilio import is_simulator
from mysms.users.models import User

_OLDEST_VERSION = (4, 4)
_WORST_SKEW = timedelta(seconds=2)
_ANOTHER_NUMBER = "Set TWILIO_FROM_NUMBER to one of its numbers."
_CALLBACK_PATH = "/api/twilio/status_callback"


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. `remedy` describes the fix; empty if the check passed."""

    check: str
    finding: str
    remedy: str = ""

    @property
    def line(self) -> str:
        mark = "wrong" if self.remedy else "ok"
        return f"{mark:<6} {self.check:<9} {self.finding} {self.remedy}".rstrip()


class CheckFailedError(Exception):
    """A check failed."""

    def __init__(self, finding: str, remedy: str) -> None:
        super().__init__(finding)
        self.finding = finding
        self.remedy = remedy


def settings_results(error: SettingsError) -> list[CheckResult]:
    """Returns the results for invalid settings, without which no other check can run."""
    remedy = f"it in the environment or in {Path('.env').resolve()}; .env.example describes each setting."
    return [
        CheckResult("settings", sentence, f"{'Set' if sentence.endswith('is missing.') else 'Change'} {remedy}")
        for sentence in error.messages
    ]


async def run_checks(settings: Settings, *, fix: bool = False) -> list[CheckResult]:
    """Runs all checks; returns a result for each, in the order in which to fix them.

    With `fix`, sets the webhook of the number at Twilio. Nothing else is ever changed.
    """
    return [
        CheckResult("settings", f"The settings are valid for {settings.environment}."),
        await _find("browser", check_browser, settings),
        await _find("database", lambda given: asyncio.run(check_database(given)), settings),
        await _find("twilio", check_account, settings),
        await _find("callback", check_callback, settings),
        await _find("pictures", check_pictures, settings),
        await _find("inbound", lambda given: check_inbound(given, fix=fix), settings),
        await _find("receiver", lambda given: asyncio.run(check_receiver(given)), settings),
        await _find("mail", lambda given: asyncio.run(check_mail(given)), settings),
        await _find("process", check_process, settings),
    ]


async def _find(name: str, check: Callable[[Settings], str], settings: Settings) -> CheckResult:
    """Runs a check in a thread, since it blocks on the network."""
    try:
        return CheckResult(name, await asyncio.to_thread(check, settings))
    except CheckFailedError as error:
        return CheckResult(name, error.finding, error.remedy)


def check_browser(settings: Settings) -> str:
    """Checks that the SPA can be served and may call the API. Raises CheckFailedError."""
    origins = settings.cors_origins
    insecure = [origin for origin in origins if origin.startswith("http://") and not Url.parse(origin).is_loopback]
    if insecure and settings.environment == "production":
        raise CheckFailedError(
            f"CORS_ORIGINS contains {', '.join(insecure)}: without https, others can read passwords and messages.",
            "Serve the SPA over https, and list that origin.",
        )
    if settings.frontend_dist is not None and not (settings.frontend_dist / "index.html").is_file():
        raise CheckFailedError(
            f"FRONTEND_DIST is {settings.frontend_dist}, which has no index.html.",
            "Build the SPA (npm run build), and set FRONTEND_DIST to its folder dist/frontend/browser.",
        )
    servers = [*(["this server"] if settings.frontend_dist is not None else []), *origins]
    return f"The SPA is served from {', '.join(servers) or 'the same origin, by another server'}."


async def check_database(settings: Settings) -> str:
    """Checks that the database responds, accepts writes, and has the right time. Raises CheckFailedError."""
    remedy = "Check MONGODB_URI: host, user, password (percent-encoded), and that the database allows this IP address."
    try:
        async with database.connect(settings.mongodb_uri) as client:
            report = await inspect_database(database.database_of(client))
    except database.DatabaseConfigurationError as error:
        raise CheckFailedError(str(error), remedy) from error
    except database.DatabaseUnreachableError as error:
        raise CheckFailedError(f"MongoDB does not respond ({type(error).__name__}).", remedy) from error
    except database.DatabaseError as error:
        raise CheckFailedError(f"MongoDB rejects requests (error {getattr(error, 'code', '?')}).", remedy) from error
    version = ".".join(map(str, report.version))
    if report.is_development_server and settings.environment == "production":
        raise CheckFailedError(
            "This is the development database of this project.", "Set MONGODB_URI to a MongoDB server."
        )
    if report.version < _OLDEST_VERSION:
        raise CheckFailedError(f"MongoDB is version {version}.", "Use 4.4 or newer.")
    if report.clock_skew > _WORST_SKEW:
        seconds = report.clock_skew.total_seconds()
        raise CheckFailedError(f"Its clock differs from this machine's by {seconds:.0f} s.", "Use NTP on both.")
    kind = "The development database" if report.is_development_server else f"MongoDB {version}"
    exposed = " Its connection is not encrypted." if database.unencrypted_hosts(settings.mongodb_uri) else ""
    return f"{kind} responds; a durable write took {report.milliseconds} ms.{exposed}"


def check_account(settings: Settings) -> str:
    """Checks the credentials, and that the account owns the number and can send. Raises CheckFailedError."""
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
    except CredentialsRejectedError as error:
        remedy = "Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN again from https://console.twilio.com."
        if not re.fullmatch("[0-9a-f]{32}", settings.twilio_auth_token.get_secret_value()):
            remedy += " An auth token has 32 hexadecimal digits; this one does not."
        raise CheckFailedError(str(error), remedy) from error
    except ProviderUnavailableError as error:
        cause = "TWILIO_API_BASE_URL" if settings.twilio_api_base_url else "the network route to api.twilio.com"
        raise CheckFailedError(str(error), f"Check {cause}.") from error
    if is_simulated and settings.environment == "production":
        raise CheckFailedError("This is the simulator: nothing would be sent.", "Leave TWILIO_API_BASE_URL empty.")
    if found.status != "active":
        raise CheckFailedError(f"The account is {found.status}.", "See Twilio's console for the reason.")
    if found.sends_sms is None:
        raise CheckFailedError(f"The account does not own {number}.", _ANOTHER_NUMBER)
    if not found.sends_sms:
        raise CheckFailedError(f"{number} cannot send SMS.", "Use a number that can; Twilio's console shows which.")
    trial = " It is a trial account, which can send to verified numbers only." if found.is_trial else ""
    off = "" if settings.sending_enabled else " SENDING_ENABLED is off: messages wait."
    account = "The simulated account" if is_simulated else "The account"
    text_only = "" if found.sends_mms else " It cannot send MMS: messages with pictures fail."
    return f"{account} is active, and {number} can send SMS.{text_only}{trial}{off}"


def check_callback(settings: Settings) -> str:
    """Checks that status callbacks reach the API with a valid signature. Raises CheckFailedError."""
    url = settings.twilio_status_callback_url
    if url is None:
        return "No callback URL is set: statuses are polled with backoff instead."
    if settings.callback_url is None:
        remedy = "Use https and a public host name in TWILIO_STATUS_CALLBACK_URL, or leave it empty."
        raise CheckFailedError(f"Twilio does not call {url.address}.", remedy)
    account, timeout = settings.twilio_account_sid, settings.twilio_timeout_seconds
    probes = [
        CallbackProbe(url, account, settings.twilio_auth_tokens[0], timeout),
        *(CallbackProbe(url, account, key, timeout, is_shared_key=True) for key in settings.twilio_webhook_keys[:1]),
    ]
    try:
        return [_check_round_trip(probe) for probe in probes][-1]
    except ProviderUnavailableError as error:
        remedy = "Check DNS, certificate and firewall, and that the API is running."
        raise CheckFailedError(f"{url.address}: {error}", remedy) from error


def check_pictures(settings: Settings) -> str:
    """Checks that Twilio can fetch pictures from the API, for which it has no password. Raises CheckFailedError."""
    base = settings.media_url
    if base is None:
        return "Without a public callback URL, no pictures can be sent."
    # Of a picture that does not exist, to which nobody but this API answers in this way.
    url = MediaLinks(base, settings.jwt_secrets, settings.media_lifetime).url_of(ObjectId(), utc_now())
    try:
        found = fetch_as_twilio(url, is_loopback=base.is_loopback, timeout_seconds=settings.twilio_timeout_seconds)
    except ProviderUnavailableError as error:
        remedy = "Check DNS, certificate and firewall, and that the API is running."
        raise CheckFailedError(f"{base.address}: {error}", remedy) from error
    if (found.status, found.code) == (HTTPStatus.NOT_FOUND, NotFoundError.code):
        return f"{base.address} answers as this API does, so Twilio can fetch pictures there."
    if found.status == HTTPStatus.UNAUTHORIZED:
        raise CheckFailedError(
            f"A proxy requires a user name and password below {base.address} (401), and Twilio has none for pictures.",
            f"Configure it not to require them below {base.path}/; the addresses of pictures are signed, and expire.",
        )
    raise CheckFailedError(
        f"{base.address} responds with {found.status}, and not as this API does: Twilio cannot fetch pictures.",
        f"Configure the proxy to pass GET requests below {base.path}/ on to this API unchanged; see its log, too.",
    )


def check_inbound(settings: Settings, *, fix: bool = False) -> str:
    """Checks that the number posts inbound messages to the API; sets that with `fix`. Raises CheckFailedError."""
    number, url = settings.twilio_from_number, settings.inbound_url
    if url is None or settings.callback_url is None:
        return "Without a public callback URL, inbound messages are fetched from Twilio's list only."
    account = (
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        settings.twilio_api_base_url,
        settings.twilio_timeout_seconds,
    )
    wanted = url_for_twilio(url, "")
    try:
        found = inspect_webhooks(*account, number)
        if found is None:
            raise CheckFailedError(f"The account does not own {number}.", _ANOTHER_NUMBER)
        if found.service:
            return _check_service(found.service, number, settings)
        if found.sms_application_sid:
            raise CheckFailedError(
                f"{number} has the TwiML application {found.sms_application_sid}, so Twilio ignores its webhook.",
                f"Configure {number} with a webhook in Twilio's console.",
            )
        wrong = _what_is_wrong(found.webhook, found.fallback, settings)
        if not wrong:
            return f"{number} posts inbound messages to {_address_of(found.webhook.url)}, and again if that fails."
        if not fix:
            raise CheckFailedError(
                f"{number} {wrong}.",
                "Run mysms doctor --fix, which sets the webhook and the fallback of the number at Twilio to "
                f"{url.address}#{urldefrag(wanted).fragment}. Until then, messages that do not arrive are found in "
                "Twilio's list, minutes later.",
            )
        set_webhook(*account, found.sid, wanted)
    except CredentialsRejectedError:
        return "Without valid credentials, it is unknown where Twilio posts inbound messages."
    except ProviderUnavailableError as error:
        raise CheckFailedError(str(error), "Run mysms doctor again later.") from error
    return f"{number} now posts inbound messages to {url.address}, and again if that fails."


def _check_service(service: MessagingService, number: str, settings: Settings) -> str:
    """Checks that a Messaging Service posts inbound messages to the API. Raises CheckFailedError."""
    name = f"the Messaging Service {service.name!r} ({service.sid})"
    if not service.webhook.url:
        wrong = "drops inbound messages: nobody sees them, and Twilio's list does not have them"
    else:
        wrong = _what_is_wrong(service.webhook, service.fallback, settings)
    if wrong:
        raise CheckFailedError(
            f"{number} is in {name}, which {wrong}.",
            "In Twilio's console, under Integration of that service, choose to defer to the sender's webhook, and run "
            "mysms doctor --fix; or take the number out of its sender pool.",
        )
    return f"{number} is in {name}, which posts inbound messages to {_address_of(service.webhook.url)}."


def _what_is_wrong(webhook: Webhook, fallback: Webhook, settings: Settings) -> str:
    """Says how these differ from what this API needs, without quoting what may contain a password. Empty if nothing."""
    return _difference(webhook, settings) or _difference(fallback, settings, " if its webhook fails")


def _difference(webhook: Webhook, settings: Settings, when: str = "") -> str:
    # The API takes messages also where it takes status callbacks.
    ours = [url for url in (settings.inbound_url, settings.twilio_status_callback_url) if url is not None]
    wanted = [url_for_twilio(url, "") for url in ours]
    if not webhook.url:
        return f"posts inbound messages nowhere{when}"
    if _address_of(webhook.url) not in {url.address for url in ours}:
        return f"posts inbound messages to another server, {urlsplit(webhook.url).hostname},{when}".removesuffix(",")
    if webhook.method != "POST":
        return f"requests this API with {webhook.method} instead of POST{when}"
    retries = urldefrag(wanted[0]).fragment
    address, fragment = urldefrag(webhook.url)
    # Twilio takes them in any order, and with other settings.
    if not set(retries.split("&")) <= set(fragment.split("&")):
        return f"posts inbound messages to this API without the retries (#{retries}){when}"
    if address not in {urldefrag(url).url for url in wanted}:
        return f"posts inbound messages to this API with another password or query than these settings{when}"
    return ""


def _address_of(url: str) -> str:
    """Returns a URL without user name, password, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


async def check_receiver(settings: Settings) -> str:
    """Checks that somebody sees messages from people to whom nobody has written. Raises CheckFailedError.

    Asks the database, not /ready, since the API may run on another machine.
    """
    try:
        async with database.connect(settings.mongodb_uri) as client:
            await database.init_documents_for_reading(database.database_of(client), [User])
            problem = await Recipients(settings.inbound_fallback_email).find_problem()
    except (database.DatabaseConfigurationError, database.DatabaseError):
        return "Without the database, it is unknown who receives messages."
    if settings.inbound_fallback_email is None:
        receiver, remedy = "The oldest account", "Sign up in the app: the first account receives them."
    else:
        receiver = "The account INBOUND_FALLBACK_EMAIL"
        remedy = "Sign up in the app with that address, or set INBOUND_FALLBACK_EMAIL to the address of an account."
    if settings.effective_signup_mode == "closed":
        remedy += " While SIGNUP_MODE is closed, only the first account can sign up, with SETUP_CODE."
    elif settings.effective_signup_mode == "invite":
        remedy += " Sign-up takes an invite code: one of mysms invite or, for the first account, SETUP_CODE."
    if problem is not None:
        raise CheckFailedError(problem, remedy)
    return f"{receiver} receives messages from people to whom nobody has written."


def check_process(settings: Settings) -> str:
    """Checks that the API on this machine, if it is running, is ready. Raises CheckFailedError."""
    url = f"http://{'[::1]' if ':' in settings.host else '127.0.0.1'}:{settings.port}/ready"
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    # No proxy, since the API is on this machine.
    http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with http.open(urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"}), timeout=10):
            return f"{url} responds that the API is ready."
    except urllib.error.HTTPError as error:
        raise CheckFailedError(f"{url}: {_reasons_of(error)}", "See the log of the API.") from error
    except OSError:
        return f"No API responds on this machine ({url}), so its readiness is unknown."


def _reasons_of(error: urllib.error.HTTPError) -> str:
    """Returns the failed checks in a response of /ready."""
    try:
        problems = json.load(error)["problems"]
        return " ".join(f"{name}: {sentence}" for name, sentence in problems.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"the response is {error.code}."


def _check_round_trip(probe: CallbackProbe) -> str:
    url = probe.url.address
    this_api = f"Set TWILIO_STATUS_CALLBACK_URL to {_CALLBACK_PATH} of this API."
    answer = probe.post_signed()
    status = answer.status
    if status == HTTPStatus.NO_CONTENT:
        if probe.post_forged().status != HTTPStatus.FORBIDDEN:
            raise CheckFailedError(f"{url} accepts forged callbacks too.", this_api)
        secrets = "TWILIO_AUTH_TOKEN or TWILIO_WEBHOOK_KEY" if probe.is_shared_key else "TWILIO_AUTH_TOKEN"
        return f"{url} accepts callbacks that Twilio signed with {secrets}, and rejects forged ones."
    if status == HTTPStatus.UNAUTHORIZED:
        raise _who_asks_for_credentials(probe, answer)
    if status == HTTPStatus.FORBIDDEN:
        if probe.post_signed_without_query().status == HTTPStatus.NO_CONTENT:
            raise CheckFailedError(f"{url}: a proxy removes the query.", "Configure it to pass the URL on unchanged.")
        secret = "TWILIO_WEBHOOK_KEY" if probe.is_shared_key else "TWILIO_AUTH_TOKEN"
        raise CheckFailedError(
            f"{url} rejects callbacks that Twilio signed with {secret}.",
            f"The API there must have the {secret} and TWILIO_STATUS_CALLBACK_URL of these settings (restart it after "
            "a change), and no proxy may change the query, the body or the headers.",
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise CheckFailedError(f"{url} redirects ({status}).", "Set TWILIO_STATUS_CALLBACK_URL to the final URL.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CheckFailedError(f"{url} has an error ({status}).", "See the log, and run mysms doctor there.")
    raise CheckFailedError(f"{url} responds with {status}.", this_api)


def _who_asks_for_credentials(probe: CallbackProbe, answer: Answer) -> CheckFailedError:
    """Explains a 401, which comes from a proxy in front of the API: the API itself requires no credentials here."""
    url = probe.url.address
    if not probe.url.user_info:
        return CheckFailedError(
            f"A proxy requires a user name and password for {url} (401).",
            "Add them to TWILIO_STATUS_CALLBACK_URL, as in https://user:password@sms.example.com/…, or configure the "
            "proxy not to require them there.",
        )
    if not answer.challenge:
        return CheckFailedError(
            f"{url} responds with 401 without a WWW-Authenticate header, which Twilio needs to send the credentials.",
            "Configure the proxy to send that header, such as: WWW-Authenticate: Basic realm=mysms",
        )
    return CheckFailedError(
        f"{url} rejects the user name and password in TWILIO_STATUS_CALLBACK_URL (401).",
        "Set both to those that the proxy expects.",
    )


async def check_mail(settings: Settings) -> str:
    """Checks that the mail server accepts the connection and the sign-in; sends nothing. Raises CheckFailedError."""
    mail = settings.mail
    if mail is None:
        return "No mail server is set: a forgotten password is replaced with `mysms reset-password`."
    try:
        await SmtpClient.of(mail).check()
    except MailServerError as error:
        remedy = "Check SMTP_URL: host and port, user name and password (percent-encoded), and smtp:// or smtps://."
        raise CheckFailedError(f"{mail.server.address}: {error}", remedy) from error
    secured = "with TLS" if mail.needs_tls or mail.server.scheme == "smtps" else "without TLS"
    return f"The mail server {mail.server.address} accepts our connection, {secured}."
