"""The settings, and the errors that prevent a start."""

import base64
import hashlib
import os
import random
import re
import string
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from secrets import token_hex
from urllib.parse import quote

import pytest

from mysms.cli.demo import DemoSettings
from mysms.core.secret_strength import entropy, required_bits, weakness
from mysms.core.settings import RENAMED_SETTINGS, Settings, load_settings
from mysms.core.settings_sources import SettingsError, read_settings

COMPLETE = {
    "MONGODB_URI": "mongodb://localhost/mysms",
    "JWT_SECRET": token_hex(32),
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": token_hex(16),
    "TWILIO_FROM_NUMBER": "+15005550006",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Only the required settings, in a folder without a `.env`."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


STRONG = token_hex(16)
WITH_SIGNS = f"{token_hex(4)}/@ü%{token_hex(6)}"
PERCENT_ENCODED = quote(WITH_SIGNS, safe="")

PREDICTABLE = [
    "qwertyuiopasdfghjklzxcvbnm123456",
    "QWERTYUIOPasdfghjklZXCVBNM!@#$%^",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,",
    "poiuytrewqlkjhgfdsamnbvcxz098765",
    "01234567890123456789012345678901",
    "98765432109876543210987654321098",
    "abcdefghijklmnopqrstuvwxyz123456",
    "abc123def456ghi789jkl012mno345pq",
    "11223344556677889900112233445566",
    "1a2b3c4d5e6f7g8h9i0j1k2l3m4n5o6p",
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ",
    "battery-staple-battery-staple-ba",
    "abcXYZ7abcXYZ7abcXYZ7abcXYZ7abcXYZ7!",
    "mysupersecretjwtsecretkey1234567890",
    "super-secret-jwt-signing-key-2026",
    "My_Secret_Key_For_Production_2026!",
    "JwtSecretForMySmsMessengerProduct",
    "P4ssw0rdP4ssw0rd!P4ssw0rdS3cr3t123",
    "correct horse battery staple correct",
    "development-secret-do-not-use-in-production",
    "simulated-auth-token-simulated-auth",
    base64.b64encode(bytes(32)).decode(),
    base64.b64encode(bytes(range(24))).decode(),
    base64.urlsafe_b64encode(bytes(range(200, 232))).decode().rstrip("="),
    base64.b64encode(b"passwordpasswordpassword").decode(),
    base64.b64encode(b"this is a secret key for jwt").decode(),
    b"mysupersecretjwtsecretkey1234567890".hex(),
    bytes(range(32)).hex().upper(),
    "MySMS-Messenger-Acme-2026-secret-secret",
    "AcmeCorp-Billing-SMS-Gateway-Production-Key",
    "hello-from-the-acme-messenger-team-2026!",
    "Please-Do-Not-Share-This-Password",
    "Pa55w0rd-Pa55word-Passw0rd-P@ssword",
    "20261126202611272026112820261129",
    "19840217199106232003120820110430",
    "1984-02-17 1991-06-23 2003-12-08 2011-04-30",
    "17.02.1984/23.06.1991/08.12.2003",
    "2019202020212022202320242025202620272028",
    "01010110101101010110010101101001",
    base64.b64encode(b"AcmeCorp-Billing-SMS-Gateway-Production-Key").decode(),
]

_ALPHANUMERIC = string.ascii_letters + string.digits

GENERATED: dict[str, tuple[int, Callable[[Random], str]]] = {
    "openssl rand -hex 32": (32, lambda random: random.randbytes(32).hex()),
    "openssl rand -hex 16": (32, lambda random: random.randbytes(16).hex()),
    "openssl rand -hex 8": (16, lambda random: random.randbytes(8).hex()),
    "upper case": (32, lambda random: random.randbytes(16).hex().upper()),
    "openssl rand -base64 32": (32, lambda random: base64.b64encode(random.randbytes(32)).decode()),
    "openssl rand -base64 24": (32, lambda random: base64.b64encode(random.randbytes(24)).decode()),
    "token_urlsafe(32)": (32, lambda random: base64.urlsafe_b64encode(random.randbytes(32)).decode().rstrip("=")),
    "token_urlsafe(12)": (16, lambda random: base64.urlsafe_b64encode(random.randbytes(12)).decode()),
    "base32": (32, lambda random: base64.b32encode(random.randbytes(20)).decode()),
    "uuid": (32, lambda random: str(uuid.UUID(int=random.getrandbits(128), version=4))),
    "two uuids": (32, lambda random: "".join(str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in "ab")),
    "a password manager's": (32, lambda random: "".join(random.choices(string.printable[:94], k=32))),
    "letters and digits": (32, lambda random: "".join(random.choices(_ALPHANUMERIC, k=32))),
    "lower case": (32, lambda random: "".join(random.choices(string.ascii_lowercase, k=32))),
}
"""Ways of generating secrets, and the minimum length that each of them satisfies."""


def settings_errors() -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == "\n".join(refused.value.messages)
    return refused.value.messages


def test_secrets_can_be_read_from_files(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "JWT_SECRET").write_text("from a file\n")
    (folder / "TWILIO_AUTH_TOKEN").write_text("also from a file")
    environment.setenv("SECRETS_DIR", str(folder))
    environment.delenv("JWT_SECRET")
    settings = load_settings()
    assert settings.jwt_secret.get_secret_value() == "from a file"
    assert settings.twilio_auth_token.get_secret_value() == COMPLETE["TWILIO_AUTH_TOKEN"], (
        "the environment takes precedence"
    )
    environment.setenv("JWT_SECRET", "")
    assert load_settings().jwt_secret.get_secret_value() == "from a file"


def test_an_empty_secret_file_is_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SECRETS_DIR", str(tmp_path))
    environment.delenv("JWT_SECRET")
    (tmp_path / "JWT_SECRET").write_text(" \n")
    assert settings_errors() == [f"JWT_SECRET is missing: {tmp_path}/JWT_SECRET is empty."]


@pytest.mark.filterwarnings("ignore:attempted to load secret file")
def test_a_folder_in_place_of_a_secret_file_is_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Docker creates one if the file to be mounted does not exist."""
    environment.setenv("SECRETS_DIR", str(tmp_path))
    environment.delenv("JWT_SECRET")
    (tmp_path / "JWT_SECRET").mkdir()
    assert settings_errors() == [f"JWT_SECRET is missing: {tmp_path}/JWT_SECRET is not a file."]


def test_unreadable_files_are_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SECRETS_DIR", str(tmp_path))
    environment.delenv("JWT_SECRET")
    (tmp_path / "JWT_SECRET").write_bytes(b"\xff\xfehunter2")
    assert settings_errors() == ["A file in SECRETS_DIR cannot be read: it is not in UTF-8."]
    environment.setenv("JWT_SECRET", COMPLETE["JWT_SECRET"])
    environment.delenv("SECRETS_DIR")
    Path(".env").write_bytes(b"JWT_SECRET=\xff\xfehunter2")
    assert settings_errors() == ["The file .env cannot be read: it is not in UTF-8."]


def test_the_secrets_folder_must_exist(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SECRETS_DIR", str(tmp_path / "nowhere"))
    assert settings_errors() == [f"SECRETS_DIR must be a folder, and {tmp_path}/nowhere is not one."]


def test_the_required_settings_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert (settings.environment, settings.host, settings.port) == ("development", "127.0.0.1", 8000)
    assert (settings.cors_origins, settings.frontend_dist) == ((), None)
    assert settings.reconcile_after_seconds == 300


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("blank", [False, True])
def test_a_missing_setting_is_named(environment: pytest.MonkeyPatch, name: str, blank: bool) -> None:
    if blank:
        environment.setenv(name, "")
    else:
        environment.delenv(name)
    assert settings_errors() == [f"{name} is missing."]


def test_all_errors_are_reported_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        environment.delenv(name)
    environment.setenv("PORT", "0")
    sentences = settings_errors()
    assert len(sentences) == 6
    assert {f"{name} is missing." for name in COMPLETE} < set(sentences)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
        ("TWILIO_ACCOUNT_SID", "AC" + "x" * 32),
        ("TWILIO_FROM_NUMBER", "15005550006"),
        ("TWILIO_FROM_NUMBER", "+1 500 555 0006"),
        ("TWILIO_STATUS_CALLBACK_URL", "api.example.com/callback"),
        ("TWILIO_STATUS_CALLBACK_URL", "ftp://api.example.com"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://[::1"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://example.com:port/"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://u:p@ss@api.example.com/"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://u:p/ss@api.example.com/"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://u:p%40ss@api.example.com/"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://my_api.example.com/"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://straße.example.com/"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://api.example.com/a b"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://api.example.com/#section"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://api.example.com/a/../b"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://api.example.com/a/%2e%2E/b"),
        ("TWILIO_API_BASE_URL", "localhost:8027"),
        ("TWILIO_API_BASE_URL", "http://localhost:8027/twilio"),
        ("TWILIO_API_BASE_URL", "http://u:p@localhost:8027"),
        ("TWILIO_ACCOUNT_SID", "MG" + "0" * 32),
        ("TWILIO_AUTH_TOKEN", "SK" + "0" * 32),
        ("TWILIO_AUTH_TOKEN", "to ken"),
        ("TWILIO_AUTH_TOKEN", "tokén"),
        ("TWILIO_AUTH_TOKEN_PREVIOUS", "to ken"),
        ("TWILIO_WEBHOOK_KEY", "webhooks_sharedkey_01kabcdefghijklmnopqrstuvw"),
        ("TWILIO_FROM_NUMBER", "MG" + "0" * 32),
        ("TWILIO_FROM_NUMBER", "MyShop"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://a.example,https://*.example.com"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("CORS_ORIGINS", "https://a.example?query"),
        ("CORS_ORIGINS", "a.example"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "ftp://a.example"),
        ("CORS_ORIGINS", "https://me:hunter2@a.example"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "10.1.0.0/8"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("ALLOWED_NUMBER_PREFIXES", "1,44"),
        ("FRONTEND_DIST", "/nowhere"),
        ("HOST", "http://0.0.0.0"),
        ("HOST", "0.0.0.0:8000"),
        ("SENDING_ENABLED", "perhaps"),
        ("DRAIN_SECONDS", "nan"),
        ("TWILIO_MAX_CONCURRENCY", "0"),
        ("MAX_CONNECTIONS", "99"),
        ("RECONCILE_AFTER_SECONDS", "0"),
        ("SEND_TTL_SECONDS", "-1"),
    ],
)
def test_an_invalid_setting_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    (sentence,) = settings_errors()
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert "hunter2" not in sentence
    assert not re.search("Input|Value|String", sentence), "the message of a library"


@pytest.mark.parametrize(
    ("name", "value", "cause"),
    [
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32, "is the SID of an API key: use the account SID"),
        ("TWILIO_AUTH_TOKEN", "AC" + "0" * 32, "is a SID: copy the auth token"),
        ("TWILIO_FROM_NUMBER", "MG" + "0" * 32, "is the SID of a Messaging Service: use a phone number"),
        ("TWILIO_FROM_NUMBER", "+1 (415) 555-2671", "must be + followed by digits only"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://u:p@ss@h.example/", "made of letters, digits and - . _ ~ only"),
        ("TWILIO_STATUS_CALLBACK_URL", "https://my_api.example/", "a host with an underscore"),
        ("CORS_ORIGINS", "https://a.example/app", "contains https://a.example/app, which is not an origin"),
        ("TRUSTED_PROXIES", "10.0.0.1,10.1.0.0/8", "contains 10.1.0.0/8, which is neither an address nor a network"),
        ("PORT", "http", "must be a whole number"),
        ("PORT", "0", "must be at least 1"),
        ("ENVIRONMENT", "staging", "must be 'development' or 'production'"),
    ],
)
def test_an_error_states_the_cause(environment: pytest.MonkeyPatch, name: str, value: str, cause: str) -> None:
    environment.setenv(name, value)
    (sentence,) = settings_errors()
    assert cause in sentence


ALL = {
    **COMPLETE,
    "MONGODB_URI": "mongodb://user:pass@localhost/mysms",
    "ENVIRONMENT": "development",
    "HOST": "0.0.0.0",
    "PORT": "9000",
    "ALLOWED_HOSTS": "a.example,b.example",
    "CORS_ORIGINS": "https://a.example,https://b.example",
    "FRONTEND_DIST": "/tmp",
    "DOCS_ENABLED": "off",
    "LOG_FORMAT": "json",
    "METRICS_TOKEN": "metrics",
    "JWT_SECRET_PREVIOUS": "previous",
    "TWILIO_AUTH_TOKEN_PREVIOUS": "previous",
    "TWILIO_WEBHOOK_KEY": "key",
    "TWILIO_WEBHOOK_KEY_PREVIOUS": "previous",
    "DRAIN_SECONDS": "1",
    "MAX_CONNECTIONS": "101",
    "SIGNUP_MODE": "closed",
    "SETUP_CODE": "setup",
    "AUTH_ATTEMPTS_PER_MINUTE": "1",
    "LOGIN_ATTEMPTS_PER_ACCOUNT": "2",
    "TRUSTED_PROXIES": "10.0.0.0/8,::1",
    "MESSAGES_PER_USER_PER_MINUTE": "3",
    "MESSAGES_PER_USER_PER_DAY": "4",
    "MESSAGES_PER_DAY": "5",
    "ALLOWED_NUMBER_PREFIXES": "+1,+44",
    "DEFAULT_COUNTRY": "CH",
    "TWILIO_STATUS_CALLBACK_URL": "https://u:p@api.example.com/cb?a=b#rc=3",
    "TWILIO_API_BASE_URL": "http://127.0.0.1:8027",
    "SENDING_ENABLED": "off",
    "TWILIO_MAX_CONCURRENCY": "6",
    "TWILIO_TIMEOUT_SECONDS": "7",
    "RECONCILE_AFTER_SECONDS": "8",
    "ABSENCE_CONFIRMED_AFTER_SECONDS": "11",
    "SEND_TTL_SECONDS": "9",
    "CONTENT_RETENTION_DAYS": "10",
    "INBOUND_FALLBACK_EMAIL": "desk@example.com",
    "INBOUND_CATCH_UP_SECONDS": "12",
    "OPT_OUT_SCOPE": "all",
    "SMTP_URL": "smtp://user:pass@smtp.example.com:587",
    "MAIL_FROM": "mysms@example.com",
    "APP_URL": "https://sms.example.com/",
}
"""A value for every setting but SECRETS_DIR."""


@pytest.mark.parametrize("around", ["{}\n", "  {}\t", "\ufeff{}\r\n", "\u200b\u00a0{}\u200e\u2069"])
@pytest.mark.parametrize("source", ["environment", "file", "secret"])
def test_invisible_characters_around_a_value_are_removed(
    environment: pytest.MonkeyPatch, tmp_path: Path, around: str, source: str
) -> None:
    assert {*ALL, "SECRETS_DIR"} == {name.upper() for name in Settings.model_fields}
    for name, value in ALL.items():
        environment.setenv(name, value)
    expected = load_settings()
    environment.setenv("SECRETS_DIR", f" {tmp_path} ")
    for name, value in ALL.items():
        environment.delenv(name)
        if source == "environment":
            environment.setenv(name, around.format(value))
        elif source == "secret":
            (tmp_path / name).write_text(around.format(value))
    if source == "file":
        Path(".env").write_text("".join(f"{name}={around.format(value)}\n" for name, value in ALL.items()))
    found = load_settings()
    assert found.model_copy(update={"secrets_dir": None}) == expected


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("quotes", ['"{}"', " '{}'\n", "“{}”"])
def test_quotes_around_a_value_are_reported(environment: pytest.MonkeyPatch, name: str, quotes: str) -> None:
    """Docker's --env-file keeps them as part of the value."""
    environment.setenv(name, quotes.format(ALL[name]))
    assert settings_errors() == [f"{name} is in quotes, which would become part of the value: remove them."]


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u200b"])
def test_a_blank_setting_is_not_set(environment: pytest.MonkeyPatch, tmp_path: Path, blank: str) -> None:
    """A secret file or the default applies instead."""
    expected = load_settings()
    for name in ALL.keys() - COMPLETE.keys():
        environment.setenv(name, blank)
    assert load_settings() == expected
    environment.setenv("SECRETS_DIR", str(tmp_path))
    environment.setenv("JWT_SECRET", blank)
    (tmp_path / "JWT_SECRET").write_text("from a file")
    assert load_settings().jwt_secret.get_secret_value() == "from a file"
    environment.setenv("TWILIO_ACCOUNT_SID", blank)
    assert read_settings(DemoSettings, _env_file=None).twilio_account_sid is None


def test_a_byte_order_mark_is_ignored(environment: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=9001\n", encoding="utf-8-sig")
    assert load_settings().port == 9001


def test_an_invalid_port_of_the_demo_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TWILIO_SIMULATOR_PORT", "http")
    with pytest.raises(SettingsError) as refused:
        read_settings(DemoSettings, _env_file=None)
    assert refused.value.messages == ["TWILIO_SIMULATOR_PORT must be a whole number."]


@pytest.mark.parametrize(("written", "country"), [("", None), ("CH", "CH"), (" us ", "US")])
def test_the_default_country(environment: pytest.MonkeyPatch, written: str, country: str | None) -> None:
    environment.setenv("DEFAULT_COUNTRY", written)
    assert load_settings().default_country == country


@pytest.mark.parametrize("wrong", ["41", "+41", "CHE", "Switzerland", "XX"])
def test_an_invalid_default_country_is_rejected(environment: pytest.MonkeyPatch, wrong: str) -> None:
    environment.setenv("DEFAULT_COUNTRY", wrong)
    assert settings_errors() == ["DEFAULT_COUNTRY must be a two-letter country code (ISO 3166), such as CH or US."]


def test_errors_never_show_a_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ENVIRONMENT", "production")
    environment.setenv("JWT_SECRET", "hunter2")
    environment.setenv("TWILIO_ACCOUNT_SID", "hunter3")
    environment.setenv("TWILIO_AUTH_TOKEN", "hunter 4")
    environment.setenv("SETUP_CODE", "hunter5")
    environment.setenv("METRICS_TOKEN", "hunter6")
    environment.setenv("TWILIO_STATUS_CALLBACK_URL", "https://hunter7:hunter8@h_h.example/")
    environment.setenv("TWILIO_API_BASE_URL", "https://hunter9:hunter9@h.example/")
    environment.setenv("CORS_ORIGINS", "https://hunter0:hunter0@h.example/")
    environment.setenv("SMTP_URL", "smtp://hunter1:hunter1@h.example/hunter1")
    environment.setenv("APP_URL", "https://hunter1:hunter1@h.example/")
    sentences = settings_errors()
    assert len(sentences) == 10
    assert "hunter" not in " ".join(sentences)


def test_the_settings_do_not_show_their_secrets(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MONGODB_URI", "mongodb://user:hunter2@localhost/mysms")
    environment.setenv("TWILIO_STATUS_CALLBACK_URL", "https://user:hunter2@api.example.com/")
    for name, value in {**MAIL, "SMTP_URL": "smtp://user:hunter2@smtp.example.com"}.items():
        environment.setenv(name, value)
    text = repr(load_settings())
    assert COMPLETE["JWT_SECRET"] not in text
    assert "hunter2" not in text
    assert COMPLETE["TWILIO_AUTH_TOKEN"] not in text


MAIL = {name: ALL[name] for name in ("SMTP_URL", "MAIL_FROM", "APP_URL")}


@pytest.mark.parametrize("missing", MAIL)
def test_the_settings_of_mail_belong_together(environment: pytest.MonkeyPatch, missing: str) -> None:
    for name in MAIL.keys() - {missing}:
        environment.setenv(name, MAIL[name])
    assert settings_errors() == [
        f"APP_URL is needed with SMTP_URL and MAIL_FROM, which need each other. Missing: {missing}."
    ]


def test_the_address_of_the_app_is_not_enough_for_mail(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("APP_URL", MAIL["APP_URL"])
    assert load_settings().mail is None


@pytest.mark.parametrize(
    ("written", "scheme", "host", "port", "user", "password"),
    [
        ("smtp://smtp.example.com", "smtp", "smtp.example.com", 587, "", ""),
        ("SMTPS://Smtp.Example.com/", "smtps", "smtp.example.com", 465, "", ""),
        ("smtp://a%40b.example:p%3A%2F%25%23@h.example:25", "smtp", "h.example", 25, "a@b.example", "p:/%#"),
        ("smtp://[::1]:2525", "smtp", "::1", 2525, "", ""),
    ],
)
def test_the_address_of_the_mail_server(
    environment: pytest.MonkeyPatch, written: str, scheme: str, host: str, port: int, user: str, password: str
) -> None:
    for name, value in {**MAIL, "SMTP_URL": written}.items():
        environment.setenv(name, value)
    mail = load_settings().mail
    assert mail is not None
    url = mail.server
    assert (url.scheme, url.host, url.port, url.user, url.password) == (scheme, host, port, user, password)
    assert "p:/%#" not in url.address + repr(url)


@pytest.mark.parametrize(
    ("name", "value", "cause"),
    [
        ("SMTP_URL", "http://h.example", "must be a URL such as smtp://"),
        ("SMTP_URL", "smtp://h.example/path", "must be a URL such as smtp://"),
        ("SMTP_URL", "smtp://h.example:0", "must be a URL such as smtp://"),
        ("SMTP_URL", "smtp://h.example:x", "must be a URL such as smtp://"),
        ("SMTP_URL", "smtp.example.com:587", "must be a URL such as smtp://"),
        ("SMTP_URL", "smtp://u:p%0d%0aRSET@h.example", "must be a URL such as smtp://"),
        ("SMTP_URL", "smtp://a@b.example:pass@h.example", "write %40 for @"),
        ("SMTP_URL", "smtp://u:pa/ss@h.example", "%2F for /"),
        ("SMTP_URL", "smtp://u@h.example", "both a user name and a password"),
        ("MAIL_FROM", "MySMS <mysms@example.com>", "without a name"),
        ("MAIL_FROM", "mysms", "must be a mail address"),
        ("MAIL_FROM", "=?utf-8?q?x?=@example.com", "must be a mail address"),
        ("APP_URL", "sms.example.com", "must be a URL"),
        ("APP_URL", "https://sms.example.com/?a=b", "the address of the start page"),
        ("APP_URL", "https://sms.example.com/#a", "the address of the start page"),
    ],
)
def test_an_invalid_setting_of_mail_is_explained(
    environment: pytest.MonkeyPatch, name: str, value: str, cause: str
) -> None:
    for each, valid in MAIL.items():
        environment.setenv(each, valid)
    environment.setenv(name, value)
    (sentence,) = settings_errors()
    assert sentence.startswith(name)
    assert cause in sentence


@pytest.mark.parametrize(
    ("environment_name", "server", "needs_tls"),
    [
        ("development", "smtp://127.0.0.1:25", False),
        ("development", "smtp://smtp.example.com", True),
        ("production", "smtp://127.0.0.1:25", True),
    ],
)
def test_mail_needs_tls_except_on_a_developers_machine(
    environment: pytest.MonkeyPatch, environment_name: str, server: str, needs_tls: bool
) -> None:
    for name, value in {**MAIL, "SMTP_URL": server, "ENVIRONMENT": environment_name}.items():
        environment.setenv(name, value)
    mail = load_settings().mail
    assert mail is not None
    assert mail.needs_tls is needs_tls


class TestProduction:
    @pytest.fixture(autouse=True)
    def production(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("ENVIRONMENT", "production")

    def test_strong_secrets_are_enough(self) -> None:
        assert load_settings().environment == "production"

    def test_a_weak_secret_is_rejected_with_the_reason(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("JWT_SECRET", "x" * 31)
        (sentence,) = settings_errors()
        assert sentence == (
            "JWT_SECRET is too weak for production: it is shorter than 32 characters. Anyone who guesses it can "
            "sign in as any user. Generate one with: openssl rand -hex 32."
        )

    @pytest.mark.parametrize(
        ("secret", "reason"),
        [
            ("x" * 32, "it repeats itself"),
            ("battery-staple-" * 3, "it repeats itself"),
            ("changeme, for this is no secret at all", "it is a well-known placeholder"),
            ("your-256-bit-secret-goes-right-here", "it is a well-known placeholder"),
            ("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "it is a well-known placeholder"),
            (hashlib.sha256(b"password").hexdigest(), "it is a well-known placeholder"),
            ("a-string-secret-at-least-256-bits-long", "it is a well-known placeholder"),
            ("$(openssl rand -hex 32) in a file that no shell reads", "it is a well-known placeholder"),
        ],
    )
    def test_a_long_secret_can_be_weak(self, environment: pytest.MonkeyPatch, secret: str, reason: str) -> None:
        environment.setenv("JWT_SECRET", secret)
        (sentence,) = settings_errors()
        assert reason in sentence

    def test_a_very_long_secret_is_judged_too(self) -> None:
        """The time to look at all of it would grow faster than its length."""
        assert weakness(random.Random(1).randbytes(10_000).hex(), 32) == ""

    @pytest.mark.parametrize("secret", PREDICTABLE)
    def test_a_predictable_secret_is_rejected(self, environment: pytest.MonkeyPatch, secret: str) -> None:
        for name in ("JWT_SECRET", "JWT_SECRET_PREVIOUS"):
            with environment.context() as changed:
                changed.setenv(name, secret)
                (sentence,) = settings_errors()
                assert sentence.startswith(f"{name} is too weak for production: it ")

    @pytest.mark.parametrize(
        ("name", "lets_in"),
        [
            ("JWT_SECRET", "sign in as any user"),
            ("JWT_SECRET_PREVIOUS", "sign in as any user"),
            ("SETUP_CODE", "the first account"),
            ("METRICS_TOKEN", "read the metrics"),
            ("TWILIO_AUTH_TOKEN", "forge the status"),
            ("TWILIO_AUTH_TOKEN_PREVIOUS", "forge the status"),
            ("TWILIO_WEBHOOK_KEY", "forge the status"),
            ("TWILIO_WEBHOOK_KEY_PREVIOUS", "forge the status"),
        ],
    )
    @pytest.mark.parametrize("value", ["1", "a", "4711", " 4711\u200b", "1" * 15])
    def test_every_secret_must_be_strong(
        self, environment: pytest.MonkeyPatch, name: str, lets_in: str, value: str
    ) -> None:
        environment.setenv(name, value)
        (sentence,) = settings_errors()
        assert sentence.startswith(f"{name} is too weak for production: it is shorter than ")
        assert lets_in in sentence
        environment.setenv(name, "qwertyuiopasdfghjklzxcvbnm1234567890")
        (sentence,) = settings_errors()
        assert "common words, dates, sequences or repetitions" in sentence
        if name not in COMPLETE:
            environment.setenv(name, "")
            load_settings()

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"METRICS_TOKEN": STRONG, "JWT_SECRET": STRONG}, "JWT_SECRET has a value that is also in METRICS_TOKEN"),
            (
                {"METRICS_TOKEN": STRONG[:16], "JWT_SECRET": STRONG},
                "JWT_SECRET has a value that is also in METRICS_TOKEN",
            ),
            (
                {"SETUP_CODE": STRONG.upper(), "JWT_SECRET": f" {STRONG}\n"},
                "SETUP_CODE has a value that is also in JWT_SECRET",
            ),
            (
                {"JWT_SECRET_PREVIOUS": COMPLETE["JWT_SECRET"]},
                "JWT_SECRET_PREVIOUS has a value that is also in JWT_SECRET",
            ),
            (
                {"TWILIO_AUTH_TOKEN_PREVIOUS": COMPLETE["TWILIO_AUTH_TOKEN"]},
                "TWILIO_AUTH_TOKEN_PREVIOUS has a value that is also in TWILIO_AUTH_TOKEN",
            ),
            (
                {"MONGODB_URI": f"mongodb://mysms:{STRONG}@db.example/mysms", "SETUP_CODE": STRONG},
                "SETUP_CODE has a value that is also in MONGODB_URI",
            ),
            (
                {"MONGODB_URI": f"mongodb://mysms:{PERCENT_ENCODED}@db.example/mysms", "SETUP_CODE": WITH_SIGNS},
                "SETUP_CODE has a value that is also in MONGODB_URI",
            ),
            (
                {"MONGODB_URI": f"mongodb+srv://mysms:{STRONG[:12]}@db.example/mysms", "JWT_SECRET": STRONG},
                "JWT_SECRET has a value that is also in MONGODB_URI",
            ),
            (
                {**MAIL, "SMTP_URL": f"smtp://mysms:{PERCENT_ENCODED}@smtp.example.com", "SETUP_CODE": WITH_SIGNS},
                "SMTP_URL has a value that is also in SETUP_CODE",
            ),
            (
                {**MAIL, "SMTP_URL": f"smtp://mysms:{STRONG}@smtp.example.com", "TWILIO_WEBHOOK_KEY": STRONG},
                "TWILIO_WEBHOOK_KEY has a value that is also in SMTP_URL",
            ),
            (
                {
                    **MAIL,
                    "SMTP_URL": f"smtp://mysms:{PERCENT_ENCODED}@smtp.example.com",
                    "MONGODB_URI": f"mongodb://mysms:{PERCENT_ENCODED.lower()}@db.example/mysms",
                },
                "SMTP_URL has a value that is also in MONGODB_URI",
            ),
        ],
    )
    def test_two_settings_may_not_share_a_secret(
        self, environment: pytest.MonkeyPatch, changes: dict[str, str], sentence: str
    ) -> None:
        for name, value in changes.items():
            environment.setenv(name, value)
        (found,) = settings_errors()
        assert found.startswith(sentence)
        environment.setenv("ENVIRONMENT", "development")
        load_settings()

    def test_a_short_password_may_be_part_of_a_secret(self, environment: pytest.MonkeyPatch) -> None:
        """By coincidence, which says nothing about the secret."""
        for name, value in MAIL.items():
            environment.setenv(name, value)
        environment.setenv("SMTP_URL", f"smtp://mysms:{COMPLETE['JWT_SECRET'][:4]}@smtp.example.com")
        environment.setenv("MONGODB_URI", f"mongodb://mysms:{COMPLETE['JWT_SECRET'][:4]}@db.example/mysms")
        load_settings()

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.twilio.com",
            " HTTP://API.Twilio.com:80/ ",
            "http://localhost.evil.example:8027",
            "http://127.0.0.1.evil.example",
            "http://0.0.0.0:8027",
            "http://10.0.0.7:8027",
            "http://twilio:8027",
            "http://127.1:8027",
            "http://bücher.example",
        ],
    )
    def test_the_auth_token_is_not_sent_unencrypted(self, environment: pytest.MonkeyPatch, url: str) -> None:
        environment.setenv("TWILIO_API_BASE_URL", url)
        (sentence,) = settings_errors()
        assert sentence.startswith("TWILIO_API_BASE_URL must begin with https:// in production")
        for allowed in (
            "https://twilio.example",
            "http://127.0.0.1:8027",
            "http://localhost:8027",
            "http://[::1]:8027",
        ):
            environment.setenv("TWILIO_API_BASE_URL", allowed)
            assert load_settings().twilio_api_base_url == allowed
        environment.setenv("TWILIO_API_BASE_URL", url)
        environment.setenv("ENVIRONMENT", "development")
        assert load_settings().twilio_api_base_url

    @pytest.mark.parametrize(
        "origin",
        [
            "http://sms.example.com",
            "HTTP://SMS.example.com:80",
            "http://8.8.8.8",
            "http://bücher.example",
            "http://sms.example.",
        ],
    )
    def test_a_public_origin_needs_https(self, environment: pytest.MonkeyPatch, origin: str) -> None:
        environment.setenv("CORS_ORIGINS", f"https://a.example, {origin}")
        (sentence,) = settings_errors()
        assert sentence.startswith("CORS_ORIGINS contains http://")
        assert "https://a.example" not in sentence
        environment.setenv(
            "CORS_ORIGINS", "https://a.example,http://localhost:4200,http://192.168.1.5,http://nas.local"
        )
        assert len(load_settings().cors_origins) == 4

    @pytest.mark.parametrize("way", GENERATED)
    def test_a_generated_secret_is_never_rejected(self, way: str) -> None:
        minimum, generate = GENERATED[way]
        estimates = []
        for seed in range(60):
            secret = generate(Random(seed))
            assert weakness(secret, minimum) == ""
            estimates.append(entropy(secret))
        assert min(estimates) > 1.1 * required_bits(minimum)

    @pytest.mark.parametrize(
        "file", ["backend/tests/support/servers.py", "frontend/e2e/another-server.ts", "backend/mysms/cli/demo.py"]
    )
    def test_the_secrets_of_this_project_are_rejected(self, file: str) -> None:
        """Everybody can read them."""
        text = (Path(__file__).parents[3] / file).read_text()
        published = re.findall(r"""(?:JWT_SECRET|AUTH_TOKEN)["']?\s*[=:]\s*["'](.*)["'],?$""", text, re.MULTILINE)
        assert published
        assert all(weakness(secret, 16) for secret in published)

    def test_a_generated_secret_with_patterns_by_chance_is_accepted(self) -> None:
        """One of some thousand from `openssl rand -hex 8`."""
        assert weakness("b90fb9ef310a75ef", 16) == ""

    def test_a_passphrase_of_unusual_words_is_strong(self) -> None:
        assert weakness("unplowed-shrouded-crux-wobbling-fiscally-dreamt", 32) == ""

    def test_short_reconciliation_delays_are_rejected_with_the_reason(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("RECONCILE_AFTER_SECONDS", "59")
        (sentence,) = settings_errors()
        assert sentence == (
            "RECONCILE_AFTER_SECONDS must be at least 60 in production: if Twilio commits a message later than that, "
            "it would be sent twice."
        )
        environment.setenv("RECONCILE_AFTER_SECONDS", "60")
        environment.setenv("ABSENCE_CONFIRMED_AFTER_SECONDS", "299")
        (sentence,) = settings_errors()
        assert sentence == (
            "ABSENCE_CONFIRMED_AFTER_SECONDS must be at least 300 in production: Twilio's list may show a message many "
            "minutes late, and the message would be sent twice."
        )
        environment.setenv("ABSENCE_CONFIRMED_AFTER_SECONDS", "300")
        load_settings()

    def test_passwords_are_typed_on_encrypted_pages_only(self, environment: pytest.MonkeyPatch) -> None:
        for name, value in {**MAIL, "APP_URL": "http://sms.example.com"}.items():
            environment.setenv(name, value)
        (sentence,) = settings_errors()
        assert sentence.startswith("APP_URL must begin with https:// in production")


def test_development_allows_weak_secrets_and_short_delays(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JWT_SECRET", "-")
    environment.setenv("RECONCILE_AFTER_SECONDS", "1")
    assert load_settings().reconcile_after_seconds == 1


@pytest.mark.parametrize(
    ("written", "origins"),
    [
        ("https://a.example", ("https://a.example",)),
        ("https://a.example, https://b.example/ ,", ("https://a.example", "https://b.example")),
        ("HTTPS://A.Example:443,http://localhost:4200", ("https://a.example", "http://localhost:4200")),
        ("https://bücher.example", ("https://xn--bcher-kva.example",)),
        (" , ", ()),
    ],
)
def test_origins_are_normalised_as_browsers_send_them(
    environment: pytest.MonkeyPatch, written: str, origins: tuple[str, ...]
) -> None:
    environment.setenv("CORS_ORIGINS", written)
    assert load_settings().cors_origins == origins


@pytest.mark.parametrize(
    ("callback_url", "api_base_url", "expected_url"),
    [
        ("https://api.example.com/cb", "", "https://api.example.com/cb"),
        ("https://api.example.com/cb/", "", "https://api.example.com/cb"),
        ("http://127.0.0.1:8000/cb", "http://127.0.0.1:8027", "http://127.0.0.1:8000/cb"),
        # Twilio calls https URLs only.
        ("http://api.example.com/cb", "", None),
        ("", "", None),
        ("", "http://127.0.0.1:8027", None),
        # Nor can it reach private hosts: it would reject every message with error 21609.
        ("https://localhost/cb", "", None),
        ("https://10.0.0.7/cb", "", None),
        ("https://api/cb", "", None),
        ("https://api.local/cb", "", None),
        ("https://8.8.8.8/cb", "", "https://8.8.8.8/cb"),
    ],
)
def test_a_callback_url_is_used_only_if_the_provider_can_reach_it(
    environment: pytest.MonkeyPatch, callback_url: str, api_base_url: str, expected_url: str | None
) -> None:
    environment.setenv("TWILIO_STATUS_CALLBACK_URL", callback_url)
    environment.setenv("TWILIO_API_BASE_URL", api_base_url)
    url = load_settings().callback_url
    assert (url and url.address) == expected_url


@pytest.mark.parametrize(
    ("callback_url", "inbound_url"),
    [
        ("https://sms.example.com/api/twilio/status_callback", "https://sms.example.com/api/twilio/inbound"),
        (
            "https://u:p@sms.example.com/x/api/twilio/status_callback/#rc=1",
            "https://sms.example.com/x/api/twilio/inbound",
        ),
        ("https://sms.example.com", "https://sms.example.com/inbound"),
        ("", None),
    ],
)
def test_inbound_webhooks_have_an_address_beside_that_of_callbacks(
    environment: pytest.MonkeyPatch, callback_url: str, inbound_url: str | None
) -> None:
    environment.setenv("TWILIO_STATUS_CALLBACK_URL", callback_url)
    url = load_settings().inbound_url
    assert (url and url.address) == inbound_url


@pytest.mark.parametrize(
    ("callback_url", "api_base_url", "media_url"),
    [
        ("https://sms.example.com/api/twilio/status_callback", "", "https://sms.example.com/api/twilio/media"),
        ("https://u:p@sms.example.com/x/status_callback?a=b#rc=1", "", "https://sms.example.com/x/media"),
        ("http://127.0.0.1:8000/api/twilio/status_callback", "", None),
        (
            "http://127.0.0.1:8000/api/twilio/status_callback",
            "http://127.0.0.1:8027",
            "http://127.0.0.1:8000/api/twilio/media",
        ),
        ("", "", None),
    ],
)
def test_pictures_are_fetched_beside_the_callbacks_if_twilio_can_call_them(
    environment: pytest.MonkeyPatch, callback_url: str, api_base_url: str, media_url: str | None
) -> None:
    environment.setenv("TWILIO_STATUS_CALLBACK_URL", callback_url)
    environment.setenv("TWILIO_API_BASE_URL", api_base_url)
    url = load_settings().media_url
    assert (url and url.address) == media_url


def test_pictures_can_be_fetched_for_longer_than_a_message_waits(environment: pytest.MonkeyPatch) -> None:
    assert load_settings().media_lifetime == timedelta(hours=48)
    environment.setenv("SEND_TTL_SECONDS", "3600")
    assert load_settings().media_lifetime == timedelta(hours=25)


def test_the_fallback_for_inbound_messages_is_an_address(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("INBOUND_FALLBACK_EMAIL", " Desk@Example.com ")
    assert load_settings().inbound_fallback_email == "desk@example.com"
    environment.setenv("INBOUND_FALLBACK_EMAIL", "the front desk")
    with pytest.raises(SettingsError, match="INBOUND_FALLBACK_EMAIL must be the mail address of an account"):
        load_settings()


def test_settings_are_read_from_a_file_and_the_environment_takes_precedence(environment: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=9001\nHOST=0.0.0.0\nUNKNOWN=ignored\n")
    environment.setenv("PORT", "9002")
    settings = load_settings()
    assert (settings.host, settings.port) == ("0.0.0.0", 9002)


def test_the_example_names_every_setting_and_no_other() -> None:
    lines = (Path(__file__).parents[2] / ".env.example").read_text().splitlines()
    named = {
        line.removeprefix("# ").partition("=")[0] for line in lines if "=" in line.partition(" ")[0] or "=" in line
    }
    named = {name for name in named if name.isupper() and " " not in name}
    assert named == {name.upper() for name in Settings.model_fields}
    assert not os.environ.get("UNKNOWN")


def test_a_copy_of_the_example_points_nowhere(environment: pytest.MonkeyPatch) -> None:
    """`mysms serve` says what is to be filled in, and `make run` still starts its own servers."""
    for name in COMPLETE:
        environment.delenv(name)
    Path(".env").write_text((Path(__file__).parents[2] / ".env.example").read_text())
    assert settings_errors() == [f"{name} is missing." for name in COMPLETE]
    demo = read_settings(DemoSettings, _env_file=".env")
    assert (demo.mongodb_uri, demo.twilio_account_sid, demo.smtp_url, demo.jwt_secret) == (None, None, None, None)


@pytest.mark.parametrize(("old", "new"), RENAMED_SETTINGS.items())
def test_an_old_name_is_rejected_and_the_new_one_is_named(environment: pytest.MonkeyPatch, old: str, new: str) -> None:
    environment.setenv(old.upper(), "1")
    assert settings_errors() == [f"{old.upper()} is now called {new.upper()}."]
    assert new in Settings.model_fields


def test_an_old_name_is_found_in_every_source(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SIGNUP=closed\n")
    environment.chdir(tmp_path)
    assert settings_errors() == ["SIGNUP is now called SIGNUP_MODE."]
    (tmp_path / ".env").unlink()
    (tmp_path / "SENDING").write_text("off")
    environment.setenv("SECRETS_DIR", str(tmp_path))
    assert settings_errors() == ["SENDING is now called SENDING_ENABLED."]
