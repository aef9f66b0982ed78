"""Every setting is declared in the deployment files."""

from secrets import token_hex

import pytest

from mysms.core.settings import RENAMED_SETTINGS, Settings
from tests.deploy.files import read_yaml

SETTINGS = {name.upper() for name in Settings.model_fields}

NOT_IN_COMPOSE = {"FRONTEND_DIST"}
"""The SPA is a separate service."""
NOT_ON_RENDER = {"ALLOWED_HOSTS", "FRONTEND_DIST", "HOST", "PORT", "SECRETS_DIR"}
"""Render routes by host names. The SPA is deployed separately; the image sets HOST and Render PORT;
secrets are environment variables."""


FILES_IN_COMPOSE = {
    "JWT_SECRET_PREVIOUS",
    "METRICS_TOKEN",
    "SMTP_URL",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_AUTH_TOKEN_PREVIOUS",
    "TWILIO_WEBHOOK_KEY",
    "TWILIO_WEBHOOK_KEY_PREVIOUS",
}
"""The service `secrets` makes files of them, so that they are in no environment of a process that keeps running."""


@pytest.mark.parametrize("service", ["api", "simulated-api"])
def test_compose_passes_every_setting(service: str) -> None:
    services = read_yaml("docker-compose.yml")["services"]
    environment = set(services[service]["environment"])
    renamed = {name.upper() for name in RENAMED_SETTINGS}
    if service == "simulated-api":
        environment.discard("TWILIO_AUTH_TOKEN")
    assert environment == (SETTINGS - NOT_IN_COMPOSE - FILES_IN_COMPOSE) | renamed
    assert set(services["secrets"]["environment"]) == {"MONGODB_HOST", *FILES_IN_COMPOSE}
    assert set(services["simulated-secrets"]["environment"]) == {"MONGODB_HOST"}


def test_render_declares_every_setting() -> None:
    (service,) = read_yaml("render.yaml")["services"]
    declared = [variable["key"] for variable in service["envVars"]]
    assert sorted(declared) == sorted(SETTINGS - NOT_ON_RENDER)


def test_the_values_for_render_are_valid_and_mostly_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    (service,) = read_yaml("render.yaml")["services"]
    given = {variable["key"]: variable["value"] for variable in service["envVars"] if "value" in variable}
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    needed = {
        "MONGODB_URI": "mongodb://localhost/mysms",
        "JWT_SECRET": token_hex(32),
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": token_hex(16),
        "TWILIO_FROM_NUMBER": "+15005550006",
        "ENVIRONMENT": "production",
    }
    for name, value in needed.items():
        monkeypatch.setenv(name, value)
    defaults = Settings(_env_file=None)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    changed = {
        name.upper()
        for name, value in Settings(_env_file=None).model_dump().items()
        if value != getattr(defaults, name)
    }
    assert changed == {"SIGNUP_MODE", "TRUSTED_PROXIES"}
    assert Settings(_env_file=None).effective_signup_mode == defaults.effective_signup_mode
