"""All settings, read once from the environment and a `.env` file in the working directory."""

import os
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, create_model, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from mysms.core.email_addresses import ascii_email, normalise_email
from mysms.core.logging import LogFormat
from mysms.core.phone_numbers import is_country
from mysms.core.secret_strength import contains, weakness
from mysms.core.settings_sources import SettingsError, TrimmedSettings, read_settings, trim
from mysms.core.smtp_url import SmtpUrl
from mysms.core.urls import Url

MINIMUM_RECONCILE_AFTER_SECONDS = 60
MINIMUM_ABSENCE_CONFIRMED_AFTER_SECONDS = 300

RENAMED_SETTINGS = {
    "allowed_countries": "allowed_number_prefixes",
    "attempts_per_account": "login_attempts_per_account",
    "attempts_per_minute": "auth_attempts_per_minute",
    "carrier_timeout_seconds": "twilio_timeout_seconds",
    "carrier_workers": "twilio_max_concurrency",
    "messages_per_user_and_day": "messages_per_user_per_day",
    "messages_per_user_and_minute": "messages_per_user_per_minute",
    "send_expires_after_seconds": "send_ttl_seconds",
    "sending": "sending_enabled",
    "signup": "signup_mode",
}
"""Setting names up to 0.1, and their present names."""

_GENERATE = "Generate one with: openssl rand -hex 32"
_COPY = "Copy it from https://console.twilio.com"
_COPY_KEY = "Use the secret that Twilio returned when it created the shared key"
_SECRETS = {
    "jwt_secret": (32, "can sign in as any user", _GENERATE),
    "jwt_secret_previous": (32, "can sign in as any user", _GENERATE),
    "setup_code": (16, "can create the first account", _GENERATE),
    "metrics_token": (16, "can read the metrics", _GENERATE),
    "twilio_auth_token": (16, "can forge the status of messages", _COPY),
    "twilio_auth_token_previous": (16, "can forge the status of messages", _COPY),
    "twilio_webhook_key": (16, "can forge the status of messages", _COPY_KEY),
    "twilio_webhook_key_previous": (16, "can forge the status of messages", _COPY_KEY),
}
"""The minimum length of each secret in production, what becomes possible for whoever guesses it, and the remedy."""

_SHORTEST_COMPARED = 8
"""Fewer characters may be part of another secret by coincidence."""

_WIDEST_TRUSTED_NETWORK = 7
"""The prefix length of fc00::/7, the widest private network."""
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")

SignUpMode = Literal["open", "invite", "closed"]


def _split_at_commas(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(trimmed for item in value.split(",") if (trimmed := trim(item)))


def _callback_url(value: object) -> object:
    if not isinstance(value, str):
        return value
    url = Url.parse(value)
    if "_" in url.host:
        raise ValueError("names a host with an underscore, which Twilio does not call")
    try:
        parse_qsl(url.fragment, strict_parsing=bool(url.fragment))
    except ValueError:
        raise ValueError("may contain only connection overrides such as rc=3&rp=all after the #") from None
    return url.without_trailing_slash()


def _email(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return normalise_email(value)
    except ValueError:
        raise ValueError("must be the mail address of an account") from None


def _smtp_url(value: object) -> object:
    return SmtpUrl.parse(value) if isinstance(value, str) else value


def _page_url(value: object) -> object:
    if not isinstance(value, str):
        return value
    url = Url.parse(value)
    if url.query or url.fragment or url.user_info:
        raise ValueError("must be the address of the start page, such as https://sms.example.com, and nothing more")
    return url.without_trailing_slash()


Email = Annotated[str | None, BeforeValidator(_email)]
# NoDecode, because pydantic-settings would parse these as JSON.
Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas)]
CallbackUrl = Annotated[Url | None, NoDecode, BeforeValidator(_callback_url)]
PageUrl = Annotated[Url | None, NoDecode, BeforeValidator(_page_url)]
MailServer = Annotated[SmtpUrl | None, NoDecode, BeforeValidator(_smtp_url)]


class _ApiSettings(TrimmedSettings):
    model_config = SettingsConfigDict(
        env_file=".env",
        # Some editors write a byte order mark, which would become part of the first name in the file.
        env_file_encoding="utf-8-sig",
        extra="ignore",
        frozen=True,
    )


_old_fields: dict[str, Any] = dict.fromkeys(RENAMED_SETTINGS, (str | None, None))
_OldSettings = create_model("_OldSettings", __base__=_ApiSettings, **_old_fields)


@dataclass(frozen=True)
class MailSettings:
    """How mails are sent, and where their links lead."""

    server: SmtpUrl
    needs_tls: bool
    """Whether nothing may be sent to the server without TLS: always, except to a developer's own machine."""
    sender: str
    app_url: Url


class Settings(_ApiSettings):
    """The variables of `.env.example`, under the same names in lower case."""

    secrets_dir: Path | None = None
    """Read from the environment only, since the other sources are read together with the files in this folder."""
    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    cors_origins: Texts = ()
    allowed_hosts: Texts = ()
    frontend_dist: Path | None = None
    docs_enabled: bool = True
    log_format: LogFormat | None = None
    metrics_token: SecretStr | None = None
    drain_seconds: float | None = Field(None, ge=0, le=60)
    max_connections: int = Field(5_000, ge=100, le=100_000)

    mongodb_uri: str = Field(repr=False)
    jwt_secret: SecretStr
    jwt_secret_previous: SecretStr | None = None

    signup_mode: SignUpMode | None = None
    setup_code: SecretStr | None = None
    auth_attempts_per_minute: int = Field(60, ge=1)
    login_attempts_per_account: int = Field(10, ge=1)
    trusted_proxies: Texts = ()

    smtp_url: MailServer = Field(None, repr=False)
    mail_from: str | None = None
    app_url: PageUrl = Field(None, validate_default=True)

    messages_per_user_per_minute: int = Field(60, ge=1)
    messages_per_user_per_day: int = Field(500, ge=1)
    messages_per_day: int = Field(2000, ge=1)
    allowed_number_prefixes: Texts = ()
    default_country: str | None = None

    twilio_account_sid: str
    twilio_auth_token: SecretStr
    twilio_auth_token_previous: SecretStr | None = None
    twilio_from_number: str
    twilio_status_callback_url: CallbackUrl = None
    twilio_webhook_key: SecretStr | None = None
    twilio_webhook_key_previous: SecretStr | None = None
    twilio_api_base_url: str = ""

    inbound_fallback_email: Email = None
    inbound_catch_up_seconds: int = Field(300, ge=1)
    opt_out_scope: Literal["sender", "all"] = "sender"

    sending_enabled: bool = True
    twilio_max_concurrency: int = Field(4, ge=1, le=64)
    twilio_timeout_seconds: float = Field(10.0, gt=0, le=60)
    reconcile_after_seconds: int = Field(300, ge=1)
    absence_confirmed_after_seconds: int = Field(900, ge=1)
    send_ttl_seconds: int = Field(24 * 3600, ge=1)
    content_retention_days: int | None = Field(None, ge=1, le=36_500)

    @field_validator("host")
    @classmethod
    def _require_host(cls, value: str) -> str:
        try:
            ip_address(value)
        except ValueError:
            if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", value):
                raise ValueError("must be an address to listen on, without a port, such as 127.0.0.1") from None
        return value

    @field_validator("cors_origins")
    @classmethod
    def _require_origins(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        origins = [_origin(item) for item in value]
        insecure = [url.origin for url in origins if url.scheme == "http" and url.is_public]
        if insecure and info.data.get("environment") == "production":
            raise ValueError(
                f"contains {', '.join(insecure)}: in production a public host needs https, since others could change "
                "the page on its way and take over the sessions"
            )
        return tuple(url.origin for url in origins)

    @field_validator("trusted_proxies")
    @classmethod
    def _require_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            try:
                network = ip_network(item)
            except ValueError:
                reason = f"contains {item}, which is neither an address nor a network such as 10.0.0.0/8"
                raise ValueError(reason) from None
            if network.prefixlen < _WIDEST_TRUSTED_NETWORK:
                raise ValueError(
                    f"contains {item}, which is so wide that strangers could claim any address: name the proxies"
                )
        return value

    @field_validator("allowed_number_prefixes")
    @classmethod
    def _require_prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"\+[1-9][0-9]{0,6}", prefix) for prefix in value):
            raise ValueError("must be prefixes such as +1,+44, separated by commas")
        return value

    @field_validator("frontend_dist")
    @classmethod
    def _require_folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"must be a folder, and {value} is not one")
        return value

    @field_validator("twilio_account_sid")
    @classmethod
    def _require_account(cls, value: str) -> str:
        if re.fullmatch("SK[0-9a-fA-F]{32}", value):
            raise ValueError("is the SID of an API key: use the account SID, which begins with AC")
        if not re.fullmatch("AC[0-9a-fA-F]{32}", value):
            raise ValueError("must be AC and 32 hexadecimal digits: copy it from https://console.twilio.com")
        return value

    @field_validator("twilio_auth_token", "twilio_auth_token_previous")
    @classmethod
    def _require_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        token = value.get_secret_value()
        if _SID.fullmatch(token):
            raise ValueError("is a SID: copy the auth token, which https://console.twilio.com shows beside it")
        if not re.fullmatch(r"[!-~]+", token):
            raise ValueError("contains white space or non-ASCII characters: copy it again, and nothing else")
        return value

    @field_validator("twilio_webhook_key", "twilio_webhook_key_previous")
    @classmethod
    def _require_shared_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and re.fullmatch("webhooks_[a-z]+_.*", value.get_secret_value()):
            raise ValueError("is the id of a shared key: use its secret, which Twilio returned when it created the key")
        return value

    @field_validator("twilio_from_number")
    @classmethod
    def _require_number(cls, value: str) -> str:
        if re.fullmatch("MG[0-9a-fA-F]{32}", value):
            raise ValueError("is the SID of a Messaging Service: use a phone number of the account")
        if not re.fullmatch(r"\+[1-9][0-9]{1,14}", value):
            raise ValueError("must be + followed by digits only, such as +14155552671")
        return value

    @field_validator("twilio_api_base_url")
    @classmethod
    def _require_server(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return value
        url = Url.parse(value)
        if not url.leads_to_origin:
            raise ValueError("must be the URL of a server without a path, such as http://127.0.0.1:8027")
        if url.scheme == "http" and not url.is_loopback and info.data.get("environment") == "production":
            raise ValueError(
                "must begin with https:// in production, unless it leads to this machine: the auth token and the "
                "messages would be sent unencrypted"
            )
        return url.origin

    @field_validator(*_SECRETS)
    @classmethod
    def _require_strength(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None or info.data.get("environment") != "production":
            return value
        secret = value.get_secret_value()
        length, consequence, remedy = _SECRETS[str(info.field_name)]
        if weak := weakness(secret, length):
            raise ValueError(f"is too weak for production: {weak}. Anyone who guesses it {consequence}. {remedy}")
        _require_own_value(secret, info)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _require_own_password(cls, value: SmtpUrl | None, info: ValidationInfo) -> SmtpUrl | None:
        if value is not None and info.data.get("environment") == "production":
            _require_own_value(value.password, info)
        return value

    @field_validator("mail_from")
    @classmethod
    def _require_mail_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            address = ascii_email(value)
        except ValueError:
            address = None
        if address is None:
            raise ValueError("must be a mail address without a name, such as mysms@example.com")
        return address

    @field_validator("app_url")
    @classmethod
    def _require_all_for_mail(cls, value: Url | None, info: ValidationInfo) -> Url | None:
        if value is not None and value.scheme != "https" and info.data.get("environment") == "production":
            raise ValueError("must begin with https:// in production, since people enter their passwords there")
        names = ("smtp_url", "mail_from")
        # A setting that is invalid itself is not in the data, and has a sentence of its own.
        mail = {name: info.data[name] for name in names if name in info.data}
        given = any(mail.values())
        missing = [name.upper() for name, found in {**mail, "app_url": value}.items() if not found]
        if given and missing:
            raise ValueError(
                f"is needed with SMTP_URL and MAIL_FROM, which need each other. Missing: {', '.join(missing)}"
            )
        return value

    @field_validator("reconcile_after_seconds", "absence_confirmed_after_seconds")
    @classmethod
    def _require_safe_wait(cls, value: int, info: ValidationInfo) -> int:
        minimum, cause = {
            "reconcile_after_seconds": (
                MINIMUM_RECONCILE_AFTER_SECONDS,
                "if Twilio commits a message later than that, it would be sent twice",
            ),
            "absence_confirmed_after_seconds": (
                MINIMUM_ABSENCE_CONFIRMED_AFTER_SECONDS,
                "Twilio's list may show a message many minutes late, and the message would be sent twice",
            ),
        }[str(info.field_name)]
        if value < minimum and info.data.get("environment") == "production":
            raise ValueError(f"must be at least {minimum} in production: {cause}")
        return value

    @field_validator("default_country")
    @classmethod
    def _require_country(cls, value: str | None) -> str | None:
        country = value and value.strip().upper()
        if country and not is_country(country):
            raise ValueError("must be a two-letter country code (ISO 3166), such as CH or US")
        return country or None

    @property
    def jwt_secrets(self) -> tuple[str, ...]:
        """The secrets that verify tokens and protect what is stored. The first makes new ones."""
        return _texts_of(self.jwt_secret, self.jwt_secret_previous)

    @property
    def twilio_auth_tokens(self) -> tuple[str, ...]:
        """The tokens that Twilio may sign webhooks with. Requests to Twilio use the first only."""
        return _texts_of(self.twilio_auth_token, self.twilio_auth_token_previous)

    @property
    def twilio_webhook_keys(self) -> tuple[str, ...]:
        """The shared keys that Twilio's Webhooks configuration may sign webhooks with."""
        return _texts_of(self.twilio_webhook_key, self.twilio_webhook_key_previous)

    @property
    def effective_signup_mode(self) -> SignUpMode:
        """The mode that is set, else open in development and invite-only in production, where messages cost money."""
        return self.signup_mode or ("invite" if self.environment == "production" else "open")

    @property
    def effective_log_format(self) -> LogFormat:
        """The format that is set. Else JSON in production, and text in development."""
        return self.log_format or ("json" if self.environment == "production" else "text")

    @property
    def effective_drain_seconds(self) -> float:
        """The time a stopping process keeps accepting requests, so that load balancers notice it is not ready."""
        if self.drain_seconds is not None:
            return self.drain_seconds
        return 5.0 if self.environment == "production" else 0.0

    @property
    def mail(self) -> MailSettings | None:
        """The settings of mail, of which all are given or none; None without a mail server."""
        if self.smtp_url is None or self.mail_from is None or self.app_url is None:
            return None
        needs_tls = self.environment == "production" or not self.smtp_url.is_loopback
        return MailSettings(self.smtp_url, needs_tls, self.mail_from, self.app_url)

    @property
    def push_contact(self) -> str:
        """The mail address of whoever runs this server, which push services want to know (RFC 8292)."""
        known = self.app_url or self.twilio_status_callback_url
        return self.mail_from or f"postmaster@{known.host if known is not None else 'localhost'}"

    @property
    def send_lease(self) -> timedelta:
        """How long a process may take to send a message, before others find out what became of it.

        Starting, connecting and waiting for the response take one timeout each at most; the fourth is a margin.
        """
        return timedelta(seconds=4 * self.twilio_timeout_seconds)

    @property
    def callback_url(self) -> Url | None:
        """The URL that the provider is to call, or None if it could not: Twilio itself calls public https URLs only."""
        url = self.twilio_status_callback_url
        return url if url and (self.twilio_api_base_url or (url.scheme == "https" and url.is_public)) else None

    @property
    def inbound_url(self) -> Url | None:
        """The URL of inbound webhooks: that of the status callbacks with another last part. None without that one."""
        url = self.twilio_status_callback_url
        return None if url is None else replace(url, path=url.path.rpartition("/")[0] + "/inbound")

    @property
    def media_url(self) -> Url | None:
        """The URL below which the provider fetches pictures: beside that of the status callbacks; None if it cannot."""
        url = self.callback_url
        return None if url is None else replace(url, path=url.path.rpartition("/")[0] + "/media")

    @property
    def media_lifetime(self) -> timedelta:
        """How long the provider can fetch a picture: longer than a message waits here or there.

        Twilio sends what it has queued within 10 hours (`ValidityPeriod`), and says not when it fetches media.
        https://www.twilio.com/docs/messaging/api/message-resource
        """
        return timedelta(seconds=self.send_ttl_seconds) + timedelta(days=1)


def _texts_of(*secrets: SecretStr | None) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() for secret in secrets if secret is not None)


def _require_own_value(secret: str, info: ValidationInfo) -> None:
    """Raises ValueError if the secret is in another setting, of those that have been validated before this one."""
    for name in ("mongodb_uri", "smtp_url", *_SECRETS):
        others = _secrets_of(info.data.get(name))
        if len(secret) >= _SHORTEST_COMPARED and any(
            contains(secret, other) or contains(other, secret) for other in others if len(other) >= _SHORTEST_COMPARED
        ):
            raise ValueError(
                f"has a value that is also in {name.upper()}: whoever learns one of them has both. Use a value for "
                "this setting only"
            )


def _secrets_of(value: object) -> tuple[str, ...]:
    """Returns the secret in the value of a setting. Of a connection string: the string, and its password."""
    if isinstance(value, SecretStr):
        return (value.get_secret_value(),)
    if isinstance(value, SmtpUrl):
        return (value.password,)
    if isinstance(value, str):
        user_info = value.partition("://")[2].partition("/")[0].rpartition("@")[0]
        return (value, unquote(value), unquote(user_info.partition(":")[2]))
    return ()


def _origin(text: str) -> Url:
    try:
        url = Url.parse(text)
    except ValueError:
        url = None
    if url is None or not url.leads_to_origin:
        # The part before an @ may be a password.
        raise ValueError(
            f"contains {text.rpartition('@')[2]}, which is not an origin: write scheme and host only, such as "
            "https://sms.example.com, without a path and without *"
        )
    return url


def load_settings(*, without_twilio: bool = False) -> Settings:
    """Loads the settings of this process; without Twilio's, for what sends nothing. Raises SettingsError.

    Settings that are not in the environment may be in files of the folder SECRETS_DIR, named like the variables, as
    containers receive secrets.
    """
    folder = trim(os.environ.get("SECRETS_DIR"))
    if folder and not Path(folder).is_dir():
        raise SettingsError([f"SECRETS_DIR must be a folder, and {folder} is not one."])
    old = read_settings(_OldSettings, _secrets_dir=folder or None).model_dump(exclude_none=True)
    if old:
        raise SettingsError([f"{name.upper()} is now called {RENAMED_SETTINGS[name].upper()}." for name in old])
    given = _no_account() if without_twilio else {}
    if not folder:
        return read_settings(Settings, **given)
    try:
        return read_settings(Settings, _secrets_dir=folder, **given)
    except SettingsError as error:
        raise SettingsError([_explain_missing_file(sentence, Path(folder)) for sentence in error.messages]) from None


def _no_account() -> dict[str, str]:
    """Returns an account of which nobody has the token, in place of the configured one."""
    return {
        "twilio_account_sid": f"AC{'0' * 32}",
        "twilio_auth_token": token_hex(16),
        "twilio_from_number": "+15005550006",
    }


def _explain_missing_file(sentence: str, folder: Path) -> str:
    """Explains why a setting is missing although there is a file for it."""
    name, _, reason = sentence.partition(" ")
    file = folder / name
    if reason != "is missing." or not file.exists():
        return sentence
    return f"{name} is missing: {file} is {'empty' if file.is_file() else 'not a file'}."
