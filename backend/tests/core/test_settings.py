"""The settings, and every sentence with which a start is refused."""

import os
from pathlib import Path

import pytest

from mysms.core.settings import Settings, SettingsError, load_settings

COMPLETE = {
    "MONGODB_URI": "mongodb://localhost/mysms",
    "JWT_SECRET": "not secret, but long enough for production",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM_NUMBER": "+15005550006",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing but what is needed, in a folder without a `.env`."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def refusals() -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == "\n".join(refused.value.sentences)
    return refused.value.sentences


def test_secrets_may_stand_in_files(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "JWT_SECRET").write_text("from a file\n")
    (folder / "TWILIO_AUTH_TOKEN").write_text("also from a file")
    environment.setenv("SECRETS_DIR", str(folder))
    environment.delenv("JWT_SECRET")
    settings = load_settings()
    assert settings.jwt_secret.get_secret_value() == "from a file"
    assert settings.twilio_auth_token.get_secret_value() == "token", "the environment comes first"
    environment.setenv("JWT_SECRET", "")
    assert load_settings().jwt_secret.get_secret_value() == "from a file"


def test_the_folder_of_secrets_must_be_there(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SECRETS_DIR", str(tmp_path / "nowhere"))
    assert refusals() == [f"SECRETS_DIR must be a folder, and {tmp_path}/nowhere is none."]


def test_what_is_needed_is_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert (settings.environment, settings.host, settings.port) == ("development", "127.0.0.1", 8000)
    assert (settings.cors_origins, settings.frontend_dist) == ((), None)
    assert settings.reconcile_after_seconds == 300


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("blank", [False, True])
def test_what_is_missing_is_named(environment: pytest.MonkeyPatch, name: str, blank: bool) -> None:
    if blank:
        environment.setenv(name, "")
    else:
        environment.delenv(name)
    assert refusals() == [f"{name} is missing."]


def test_everything_that_is_wrong_is_said_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        environment.delenv(name)
    environment.setenv("PORT", "0")
    sentences = refusals()
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
        ("TWILIO_API_BASE_URL", "localhost:8027"),
        ("CARRIER_WORKERS", "0"),
        ("RECONCILE_AFTER_SECONDS", "0"),
        ("SEND_EXPIRES_AFTER_SECONDS", "-1"),
    ],
)
def test_what_is_wrong_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    (sentence,) = refusals()
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")


def test_a_refusal_never_shows_a_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ENVIRONMENT", "production")
    environment.setenv("JWT_SECRET", "hunter2")
    environment.setenv("TWILIO_ACCOUNT_SID", "hunter3")
    assert "hunter" not in " ".join(refusals())


def test_the_settings_do_not_show_their_secrets(environment: pytest.MonkeyPatch) -> None:
    text = repr(load_settings())
    assert COMPLETE["JWT_SECRET"] not in text
    assert "'token'" not in text


class TestProduction:
    @pytest.fixture(autouse=True)
    def production(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("ENVIRONMENT", "production")

    def test_strong_secrets_are_enough(self) -> None:
        assert load_settings().environment == "production"

    def test_a_weak_secret_is_refused_with_the_reason(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("JWT_SECRET", "x" * 31)
        (sentence,) = refusals()
        assert sentence == (
            "JWT_SECRET is too weak for production: whoever guesses it is signed in as anybody. Use at least 32 random "
            "characters, for example from: openssl rand -hex 32."
        )

    def test_deciding_too_soon_is_refused_with_the_reason(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("RECONCILE_AFTER_SECONDS", "59")
        (sentence,) = refusals()
        assert sentence == (
            "RECONCILE_AFTER_SECONDS must be at least 60 in production: a message that Twilio commits later than that "
            "would be sent twice."
        )
        environment.setenv("RECONCILE_AFTER_SECONDS", "60")
        load_settings()


def test_a_development_may_be_weak_and_quick(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JWT_SECRET", "-")
    environment.setenv("RECONCILE_AFTER_SECONDS", "1")
    assert load_settings().reconcile_after_seconds == 1


@pytest.mark.parametrize(
    ("written", "origins"),
    [
        ("https://a.example", ("https://a.example",)),
        ("https://a.example, https://b.example/ ,", ("https://a.example", "https://b.example")),
        (" , ", ()),
    ],
)
def test_origins_are_split_at_commas(environment: pytest.MonkeyPatch, written: str, origins: tuple[str, ...]) -> None:
    environment.setenv("CORS_ORIGINS", written)
    assert load_settings().cors_origins == origins


@pytest.mark.parametrize(
    ("callback_url", "api_base_url", "asked_for"),
    [
        ("https://api.example.com/cb", "", "https://api.example.com/cb"),
        ("https://api.example.com/cb/", "", "https://api.example.com/cb"),
        ("http://127.0.0.1:8000/cb", "http://127.0.0.1:8027", "http://127.0.0.1:8000/cb"),
        # Twilio itself calls https only.
        ("http://api.example.com/cb", "", None),
        ("", "", None),
        ("", "http://127.0.0.1:8027", None),
    ],
)
def test_the_carrier_is_only_asked_to_call_what_it_can_reach(
    environment: pytest.MonkeyPatch, callback_url: str, api_base_url: str, asked_for: str | None
) -> None:
    environment.setenv("TWILIO_STATUS_CALLBACK_URL", callback_url)
    environment.setenv("TWILIO_API_BASE_URL", api_base_url)
    assert load_settings().callback_url == asked_for


def test_a_file_serves_as_well_and_the_environment_comes_first(environment: pytest.MonkeyPatch) -> None:
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
