"""docker-compose.yml: what its schema says, and what makes the services safe to run."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import Data, complaints_by_schema, read_yaml

COMPOSE = read_yaml("docker-compose.yml")
SERVICES: Data = COMPOSE["services"]
PROFILES = ("production", "simulator")


def in_profile(profile: str) -> dict[str, Data]:
    return {name: service for name, service in SERVICES.items() if profile in service["profiles"]}


def test_it_keeps_to_the_schema_of_compose_files() -> None:
    assert complaints_by_schema("vendor.compose-spec", "docker-compose.yml") == ""


def test_each_profile_is_complete() -> None:
    """Nothing is needed from another profile, and nothing of one is in the way of the other."""
    assert set(in_profile("production")) == {"mongodb", "secrets", "api", "spa"}
    assert set(in_profile("simulator")) == {"mongodb", "secrets", "simulator", "simulated-api", "simulated-spa"}
    for profile in PROFILES:
        services = in_profile(profile)
        for service in services.values():
            assert set(service.get("depends_on", {})) <= set(services)
            assert str(service.get("network_mode", "")).removeprefix("service:") in {"", "none", *services}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_do_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service
    if name != "mongodb":
        assert service["read_only"] is True


def test_only_this_machine_reaches_what_is_published_unless_asked_otherwise() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith(("127.0.0.1:", "${LISTEN:-127.0.0.1}:")) for port in published)
    assert not SERVICES["mongodb"].get("ports")
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert SERVICES["mongodb"]["networks"] == ["data"]


def test_the_simulator_is_never_part_of_the_production() -> None:
    production = SERVICES["api"]["environment"]
    assert production["ENVIRONMENT"] == "production"
    assert production["TWILIO_API_BASE_URL"] is None
    simulated = SERVICES["simulated-api"]["environment"]
    assert simulated["ENVIRONMENT"] == "development"
    account = {name for name in production if name.startswith("TWILIO_")} - {
        "TWILIO_MAX_CONCURRENCY",
        "TWILIO_TIMEOUT_SECONDS",
    }
    assert all(simulated[name] for name in account), "nothing of a real account"
    assert simulated["MONGODB_URI"].partition("?")[0] not in production["MONGODB_URI"]


def test_the_simulator_and_its_api_know_the_same_account() -> None:
    options = dict(option.removeprefix("--").split("=", 1) for option in SERVICES["simulator"]["command"])
    simulated = SERVICES["simulated-api"]["environment"]
    assert simulated["TWILIO_ACCOUNT_SID"] == options["account-sid"]
    assert simulated["TWILIO_AUTH_TOKEN"] == options["auth-token"]
    assert simulated["TWILIO_FROM_NUMBER"] == options["from-number"]
    assert simulated["TWILIO_API_BASE_URL"] == f"http://127.0.0.1:{options['port']}"
    assert SERVICES["simulated-api"]["network_mode"] == "service:simulator", "it calls back on loopback only"


def test_what_takes_writes_is_waited_for() -> None:
    assert SERVICES["mongodb"]["command"][:2] == ["--replSet", "rs0"]
    for name in ("api", "simulated-api"):
        assert "replicaSet=rs0" in SERVICES[name]["environment"]["MONGODB_URI"]
        assert SERVICES[name]["depends_on"]["mongodb"] == {"condition": "service_healthy"}
        assert SERVICES[name]["depends_on"]["secrets"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["stop_grace_period"] == "30s"


def test_the_secrets_are_made_once_and_shown(tmp_path: Path) -> None:
    """The script of the service itself, in a folder of ours instead of its volume."""
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
