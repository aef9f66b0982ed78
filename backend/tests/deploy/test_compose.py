"""docker-compose.yml: its schema, and the security of its services."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import Data, read_yaml, schema_errors

COMPOSE = read_yaml("docker-compose.yml")
SERVICES: Data = COMPOSE["services"]
PROFILES = ("production", "simulator")


def in_profile(profile: str) -> dict[str, Data]:
    return {name: service for name, service in SERVICES.items() if profile in service["profiles"]}


def test_the_file_is_a_valid_compose_file() -> None:
    assert schema_errors("vendor.compose-spec", "docker-compose.yml") == ""


def test_each_profile_is_complete() -> None:
    """No service depends on a service of the other profile."""
    assert set(in_profile("production")) == {"mongodb", "secrets", "api", "spa"}
    assert set(in_profile("simulator")) == {"mongodb", "secrets", "simulator", "simulated-api", "simulated-spa"}
    for profile in PROFILES:
        services = in_profile(profile)
        for service in services.values():
            assert set(service.get("depends_on", {})) <= set(services)
            assert str(service.get("network_mode", "")).removeprefix("service:") in {"", "none", *services}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_minimal_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service
    if name != "mongodb":
        assert service["read_only"] is True


def test_ports_are_published_on_loopback_by_default() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith(("127.0.0.1:", "${LISTEN:-127.0.0.1}:")) for port in published)
    assert not SERVICES["mongodb"].get("ports")
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert SERVICES["mongodb"]["networks"] == ["data"]


def test_production_never_uses_the_simulator() -> None:
    production = SERVICES["api"]["environment"]
    assert production["ENVIRONMENT"] == "production"
    assert production["TWILIO_API_BASE_URL"] is None
    simulated = SERVICES["simulated-api"]["environment"]
    assert simulated["ENVIRONMENT"] == "development"
    account = {name for name in production if name.startswith("TWILIO_")} - {
        "TWILIO_MAX_CONCURRENCY",
        "TWILIO_TIMEOUT_SECONDS",
    }
    assert all(simulated[name] is not None for name in account), "no setting of a real account"
    assert simulated["MONGODB_URI"].partition("?")[0] not in production["MONGODB_URI"]


def test_the_simulator_and_its_api_use_the_same_account() -> None:
    options = dict(option.removeprefix("--").split("=", 1) for option in SERVICES["simulator"]["command"])
    simulated = SERVICES["simulated-api"]["environment"]
    assert simulated["TWILIO_ACCOUNT_SID"] == options["account-sid"]
    assert simulated["TWILIO_AUTH_TOKEN"] == options["auth-token"]
    assert simulated["TWILIO_FROM_NUMBER"] == options["from-number"]
    assert simulated["TWILIO_API_BASE_URL"] == f"http://127.0.0.1:{options['port']}"
    assert SERVICES["simulated-api"]["network_mode"] == "service:simulator", "it calls back on loopback only"


def test_the_api_waits_for_the_database_and_the_secrets() -> None:
    assert SERVICES["mongodb"]["command"][:2] == ["--replSet", "rs0"]
    for name in ("api", "simulated-api"):
        assert "replicaSet=rs0" in SERVICES[name]["environment"]["MONGODB_URI"]
        assert SERVICES[name]["depends_on"]["mongodb"] == {"condition": "service_healthy"}
        assert SERVICES[name]["depends_on"]["secrets"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["stop_grace_period"] == "30s"


def test_secrets_are_generated_once_and_the_setup_code_is_shown(tmp_path: Path) -> None:
    """Runs the script of the service, with a temporary folder instead of its volume."""
    shell, options, script = SERVICES["secrets"]["command"]
    script = script.replace("$$", "$").replace("/secrets", str(tmp_path))
    python = Path(sys.executable).parent

    def run() -> str:
        environment = {"PATH": f"{python}:{os.environ['PATH']}"}
        return subprocess.run(
            [shell, options, script], env=environment, capture_output=True, text=True, check=True
        ).stdout

    shown = run()
    made = {file.name: file.read_text().strip() for file in tmp_path.iterdir()}
    assert set(made) == {"JWT_SECRET", "SETUP_CODE"}
    assert all(len(secret) == 64 for secret in made.values())
    assert len(set(made.values())) == 2
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in tmp_path.iterdir())
    assert made["SETUP_CODE"] in shown
    assert made["JWT_SECRET"] not in shown
    assert run() == shown
    assert {file.name: file.read_text().strip() for file in tmp_path.iterdir()} == made
