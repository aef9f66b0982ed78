"""Reads settings from the environment, a `.env` file and secret files; turns their errors into sentences."""

import re
from functools import partial
from typing import Any, TypeVar

import pydantic_settings
from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from mysms.core.blank import INVISIBLE

_UNSEEN = rf"[{INVISIBLE}]+"
_QUOTED = re.compile(r"""(".*"|'.*'|`.*`|“.*”|‘.*’|„.*“|«.*»)""", re.DOTALL)
_SENTENCES = {
    "missing": "is missing",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be on or off",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


class SettingsError(Exception):
    """Settings are missing or invalid; `messages` say which and why."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class TrimmedSettings(BaseSettings):
    """Settings without invisible characters at their ends. An empty value counts as not set in every source."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the library's own signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[Any, ...]:
        texts = (env_settings, dotenv_settings, file_secret_settings)
        return (init_settings, *(partial(_trimmed, source) for source in texts))

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_quotes(cls, value: object) -> object:
        if isinstance(value, str) and _QUOTED.fullmatch(value):
            raise ValueError("is in quotes, which would become part of the value: remove them")
        return value


def _trimmed(source: PydanticBaseSettingsSource) -> dict[str, Any]:
    values = {name: trim(value) for name, value in source().items()}
    return {name: value for name, value in values.items() if value}


def trim(value: str | None) -> str:
    """Removes white space and invisible characters at both ends; returns an empty string for None."""
    return re.sub(f"^{_UNSEEN}|{_UNSEEN}$", "", value or "")


SomeSettings = TypeVar("SomeSettings", bound=TrimmedSettings)


def read_settings(kind: type[SomeSettings], **options: Any) -> SomeSettings:
    """Reads settings of this kind. Raises SettingsError with one sentence for each that is missing or invalid."""
    try:
        return kind(**options)
    except ValidationError as error:
        raise SettingsError(
            [_sentence(item) for item in error.errors(include_url=False, include_input=False)]
        ) from None
    except (OSError, UnicodeError) as error:
        raise SettingsError([f"The file .env cannot be read: {_reason(error)}."]) from None
    except pydantic_settings.SettingsError as error:
        raise SettingsError([f"A file in SECRETS_DIR cannot be read: {_reason(error.__cause__)}."]) from None


def _sentence(item: Any) -> str:
    name = str(item["loc"][0]).upper()
    template = _SENTENCES.get(item["type"])
    reason = template.format(**item.get("ctx", {})) if template else item["msg"].removeprefix("Value error, ")
    return f"{name} {reason}."


def _reason(error: BaseException | None) -> str:
    """Describes an error without quoting the contents of the file."""
    if isinstance(error, OSError):
        return f"{error.strerror} ({error.filename})"
    return "it is not in UTF-8" if isinstance(error, UnicodeError) else type(error).__name__
