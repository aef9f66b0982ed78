"""Every setting of the product, read once from the environment (and a `.env` file in the working directory)."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mysms.core.logging import LogFormat

MINIMUM_SECRET_LENGTH = 32
MINIMUM_RECONCILE_AFTER_SECONDS = 60
MINIMUM_ABSENCE_CONFIRMED_AFTER_SECONDS = 300


SignUpMode = Literal["open", "invite", "closed"]


class SettingsError(Exception):
    """The start is refused; `sentences` say which settings are wrong and why."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(BaseSettings):
    """The variables of `.env.example`, under the same names in lower case."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    secrets_dir: Path | None = None
    """Only the environment itself can say it: the other sources are read at the same time as these files."""
    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    frontend_dist: Path | None = None
    log_format: LogFormat | None = None
    metrics_token: SecretStr | None = None
    drain_seconds: float | None = Field(None, ge=0, le=60)

    mongodb_uri: str
    jwt_secret: SecretStr

    signup: SignUpMode | None = None
    setup_code: SecretStr | None = None
    attempts_per_minute: int = Field(60, ge=1)
    attempts_per_account: int = Field(10, ge=1)
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()

    messages_per_user_and_minute: int = Field(60, ge=1)
    messages_per_user_and_day: int = Field(500, ge=1)
    messages_per_day: int = Field(2000, ge=1)
    allowed_countries: Annotated[tuple[str, ...], NoDecode] = ()

    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    twilio_auth_token: SecretStr
    twilio_from_number: str = Field(pattern=r"^\+[1-9]\d{1,14}$")
    twilio_status_callback_url: str = ""
    twilio_api_base_url: str = ""

    sending: bool = True
    carrier_workers: int = Field(4, ge=1, le=64)
    carrier_timeout_seconds: float = Field(10.0, gt=0, le=60)
    reconcile_after_seconds: int = Field(300, ge=1)
    absence_confirmed_after_seconds: int = Field(900, ge=1)
    send_expires_after_seconds: int = Field(24 * 3600, ge=1)
    content_retention_days: int | None = Field(None, ge=1, le=36_500)

    @field_validator("cors_origins", "trusted_proxies", "allowed_countries", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        return value

    @field_validator("twilio_status_callback_url", "twilio_api_base_url")
    @classmethod
    def _require_url(cls, value: str) -> str:
        try:
            url = urlsplit(value)
            good = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
        except ValueError:
            good = False
        if value and not good:
            raise ValueError("must be a URL that begins with https:// (or http://)")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _refuse_what_is_unsafe_in_production(self) -> Self:
        if self.environment != "production":
            return self
        if len(self.jwt_secret.get_secret_value()) < MINIMUM_SECRET_LENGTH:
            raise ValueError(
                f"JWT_SECRET is too weak for production: whoever guesses it is signed in as anybody. Use at least "
                f"{MINIMUM_SECRET_LENGTH} random characters, for example from: openssl rand -hex 32"
            )
        if self.reconcile_after_seconds < MINIMUM_RECONCILE_AFTER_SECONDS:
            raise ValueError(
                f"RECONCILE_AFTER_SECONDS must be at least {MINIMUM_RECONCILE_AFTER_SECONDS} in production: a message "
                "that Twilio commits later than that would be sent twice"
            )
        if self.absence_confirmed_after_seconds < MINIMUM_ABSENCE_CONFIRMED_AFTER_SECONDS:
            raise ValueError(
                f"ABSENCE_CONFIRMED_AFTER_SECONDS must be at least {MINIMUM_ABSENCE_CONFIRMED_AFTER_SECONDS} in "
                "production: Twilio's list may show a message many minutes late, and it would be sent twice"
            )
        return self

    @field_validator("allowed_countries")
    @classmethod
    def _require_prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"\+[1-9][0-9]{0,6}", prefix) for prefix in value):
            raise ValueError("must be prefixes such as +1,+44, separated by commas")
        return value

    @property
    def sign_up_mode(self) -> SignUpMode:
        """Open while one tries things out; by invitation where strangers could spend the operator's money."""
        return self.signup or ("invite" if self.environment == "production" else "open")

    @property
    def log_lines(self) -> LogFormat:
        """JSON where programs read them, text where people do."""
        return self.log_format or ("json" if self.environment == "production" else "text")

    @property
    def drains_for_seconds(self) -> float:
        """How long a process that is told to end goes on as before: load balancers take a moment to notice."""
        if self.drain_seconds is not None:
            return self.drain_seconds
        return 5.0 if self.environment == "production" else 0.0

    @property
    def callback_url(self) -> str | None:
        """The URL to ask the carrier to call, or None where it could not: Twilio itself calls public https only."""
        url = self.twilio_status_callback_url
        return url if url.startswith("https://") or (url and self.twilio_api_base_url) else None


def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError with one sentence for each that is missing or wrong.

    What the environment does not say may stand in files of the folder SECRETS_DIR, named as the variables: containers
    are given secrets so.
    """
    folder = os.environ.get("SECRETS_DIR") or None
    if folder is not None and not Path(folder).is_dir():
        raise SettingsError([f"SECRETS_DIR must be a folder, and {folder} is none."])
    try:
        return Settings(_secrets_dir=folder)
    except ValidationError as error:
        sentences = []
        for item in error.errors(include_url=False, include_input=False):
            name = str(item["loc"][0]).upper() if item["loc"] else ""
            reason = "is missing" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
            sentences.append(f"{name} {reason}".strip() + ".")
        raise SettingsError(sentences) from None
