"""docker-compose.yml: its schema, and the security of its services."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from mysms.core.settings import Settings
from tests.deploy.files import TOP, Data, read_yaml, schema_errors

COMPOSE = read_yaml("docker-compose.yml")
SERVICES: Data = COMPOSE["services"]
PROFILES = ("production", "simulator")


def in_profile(profile: str) -> dict[str, Data]:
    return {name: service for name, service in SERVICES.items() if profile in service["profiles"]}


def test_the_file_is_a_valid_compose_file() -> None:
    assert schema_errors("vendor.compose-spec", "docker-compose.yml") == ""


def test_each_profile_is_complete() -> None:
    """No service depends on a service of the other profile."""
    assert set(in_profile("production")) == {"secrets", "mongodb", "mongodb-setup", "api", "spa"}
    assert {name.removeprefix("simulated-") for name in in_profile("simulator")} == {
        *in_profile("production"),
        "simulator",
    }
    for profile in PROFILES:
        services = in_profile(profile)
        for service in services.values():
            assert set(service.get("depends_on", {})) <= set(services)
            assert str(service.get("network_mode", "")).removeprefix("service:") in {"", "none", *services}


def test_the_profiles_share_no_network_volume_or_secret() -> None:
    production, simulator = (in_profile(profile).values() for profile in PROFILES)
    for kind in ("networks", "volumes"):
        first, second = (
            {name_of(each) for service in half for each in service.get(kind, ())} for half in (production, simulator)
        )
        assert first | second == set(COMPOSE[kind])
        assert first
        assert not first & second
    secret = {
        name.upper()
        for name, field in Settings.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }
    simulated = SERVICES["simulated-api"]["environment"]
    assert {name: simulated[name] for name in {*secret, "MONGODB_URI", "SMTP_URL"} & set(simulated)} == {
        "JWT_SECRET": "",
        "SETUP_CODE": "",
        "MONGODB_URI": "",
        "TWILIO_AUTH_TOKEN": "simulated-auth-token",
    }
    # Values in .env take precedence over the generated files.
    assert {name for name in SERVICES["api"]["environment"] if name in {*secret, "MONGODB_URI", "SMTP_URL"}} == {
        "JWT_SECRET",
        "SETUP_CODE",
        "MONGODB_URI",
    }


def name_of(mounted: str) -> str:
    """The name of a network, or of a volume, without where it is mounted."""
    return mounted.partition(":")[0]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_minimal_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service
    assert service["read_only"] is True
    assert service["user"] in {"mongodb", "101", "10001"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r"\d+[mg]\b", service["mem_limit"])
    assert 0 < service["pids_limit"] <= 2000
    assert 0 < service["ulimits"]["nofile"] <= 64_000
    assert all("size=" in mounted for mounted in service["tmpfs"])
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_that_keeps_running_has_a_health_check(name: str) -> None:
    service = SERVICES[name]
    assert ("start_period" in service.get("healthcheck", {})) == (service["restart"] != "no")


def test_ports_are_published_on_loopback_by_default() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith(("127.0.0.1:", "${LISTEN:-127.0.0.1}:")) for port in published)
    for prefix in ("", "simulated-"):
        assert not SERVICES[f"{prefix}mongodb"].get("ports")
        assert COMPOSE["networks"][f"{prefix}data"] == {"internal": True}
        assert SERVICES[f"{prefix}mongodb"]["networks"] == [f"{prefix}data"]


def test_only_the_setup_has_the_password_of_the_administrator() -> None:
    having = {
        name
        for name, service in SERVICES.items()
        if any("mongodb-secrets" in each for each in service.get("volumes", ()))
    }
    assert having == {"secrets", "mongodb-setup", "simulated-secrets", "simulated-mongodb-setup"}
    assert not SERVICES["mongodb"].get("environment")


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
    mail = {"MAIL_FROM", "APP_URL"}
    assert mail <= production.keys()
    assert all(simulated[name] == "" for name in mail), "no mail leaves the machine"
    assert "SMTP_URL" in SERVICES["secrets"]["environment"]
    assert "SMTP_URL" not in {**simulated, **SERVICES["simulated-secrets"]["environment"]}


def test_the_simulator_and_its_api_use_the_same_account() -> None:
    options = dict(option.removeprefix("--").split("=", 1) for option in SERVICES["simulator"]["command"])
    simulated = SERVICES["simulated-api"]["environment"]
    assert simulated["TWILIO_ACCOUNT_SID"] == options["account-sid"]
    assert simulated["TWILIO_AUTH_TOKEN"] == options["auth-token"]
    assert simulated["TWILIO_FROM_NUMBER"] == options["from-number"]
    assert simulated["TWILIO_API_BASE_URL"] == f"http://127.0.0.1:{options['port']}"
    assert SERVICES["simulated-api"]["network_mode"] == "service:simulator", "it calls back on loopback only"


@pytest.mark.parametrize("prefix", ["", "simulated-"])
def test_the_api_waits_for_the_database_with_its_users(prefix: str) -> None:
    needed = SERVICES[f"{prefix}api"]["depends_on"]
    assert needed[f"{prefix}mongodb"] == {"condition": "service_healthy"}
    assert needed[f"{prefix}mongodb-setup"] == {"condition": "service_completed_successfully"}
    assert SERVICES[f"{prefix}api"]["stop_grace_period"] == "30s"
    setup = SERVICES[f"{prefix}mongodb-setup"]
    assert setup["network_mode"] == f"service:{prefix}mongodb", "it needs the loopback of the database"
    assert setup["depends_on"][f"{prefix}secrets"] == {"condition": "service_completed_successfully"}
    host = f"{prefix}mongodb:27017"
    assert setup["environment"]["MONGODB_HOST"] == SERVICES[f"{prefix}secrets"]["environment"]["MONGODB_HOST"] == host


def test_the_database_requires_a_password_and_logs_no_queries() -> None:
    (script,) = SERVICES["mongodb"]["command"]
    assert "--keyFile" in script
    assert "--slowOpSampleRate 0" in script


def run_secrets(directory: Path, **given: str) -> str:
    """Runs the script of the service, with folders in this directory instead of its volumes. Returns its output."""
    shell, options, script = SERVICES["secrets"]["command"]
    script = script.replace("$$", "$")
    for mounted, folder in FOLDERS.items():
        (directory / folder).mkdir(exist_ok=True)
        script = re.sub(rf"(?<![\w-]){mounted}(?=/)", str(directory / folder), script)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "MONGODB_HOST": SERVICES["secrets"]["environment"]["MONGODB_HOST"], **given}
    command = [shell, options, script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


FOLDERS = {"/mongodb-secrets": "database", "/secrets": "api"}


def test_secrets_are_generated_once_and_the_setup_code_is_shown(tmp_path: Path) -> None:
    def run() -> str:
        return run_secrets(tmp_path)

    def read(name: str) -> dict[str, str]:
        return {file.name: file.read_text().strip() for file in (tmp_path / name).iterdir()}

    shown = run()
    api, database = read("api"), read("database")
    assert set(api) == {"JWT_SECRET", "SETUP_CODE", "MONGODB_URI"}
    assert set(database) == {"ADMIN_PASSWORD", "PASSWORD", "tools.yaml"}
    random = [api["JWT_SECRET"], api["SETUP_CODE"], database["ADMIN_PASSWORD"], database["PASSWORD"]]
    assert all(len(secret) == 64 for secret in random)
    assert len(set(random)) == len(random)
    assert api["MONGODB_URI"] == (
        f"mongodb://mysms:{database['PASSWORD']}@mongodb:27017/mysms?authSource=admin&replicaSet=rs0"
    )
    assert (
        database["tools.yaml"] == f"uri: mongodb://admin:{database['ADMIN_PASSWORD']}@127.0.0.1:27017/?authSource=admin"
    )
    assert all(
        stat.S_IMODE(file.stat().st_mode) == 0o600
        for folder in FOLDERS.values()
        for file in (tmp_path / folder).iterdir()
    )
    assert [secret for secret in random if secret in shown] == [api["SETUP_CODE"]]
    assert run() == shown
    assert (read("api"), read("database")) == (api, database)


def test_the_uri_of_the_database_follows_its_password(tmp_path: Path) -> None:
    run_secrets(tmp_path)
    (tmp_path / "database" / "PASSWORD").write_text("another")
    run_secrets(tmp_path)
    assert "mongodb://mysms:another@" in (tmp_path / "api" / "MONGODB_URI").read_text()


def test_secrets_in_the_env_file_become_files_until_they_are_removed_from_it(tmp_path: Path) -> None:
    given = {
        name: f"a value of {name} with $, ' and %40"
        for name in SERVICES["secrets"]["environment"]
        if name != "MONGODB_HOST"
    }
    assert "TWILIO_AUTH_TOKEN" in given

    def stored() -> dict[str, str]:
        return {file.name: file.read_text() for file in (tmp_path / "api").iterdir() if file.name in given}

    shown = run_secrets(tmp_path, **given)
    assert stored() == {name: f"{value}\n" for name, value in given.items()}
    assert not [value for value in given.values() if value in shown]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "api").iterdir())
    run_secrets(tmp_path, TWILIO_AUTH_TOKEN="another", SMTP_URL="")
    assert stored() == {"TWILIO_AUTH_TOKEN": "another\n"}
    run_secrets(tmp_path)
    assert stored() == {}
    # What the operator has stored there stays.
    (tmp_path / "api" / "TWILIO_AUTH_TOKEN").write_text("by hand")
    run_secrets(tmp_path)
    assert stored() == {"TWILIO_AUTH_TOKEN": "by hand"}


def test_the_secret_of_tokens_is_rotated_as_the_documentation_says(tmp_path: Path) -> None:
    """Runs the commands as written, with a folder instead of the volume, and a `docker` that runs them here."""
    text = (TOP / "backend/docs/rotation.md").read_text().partition("## TWILIO_AUTH_TOKEN")[0]
    rotation, leak = re.findall(r"^```sh\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    steps = rotation.split("\n\n")
    docker = tmp_path / "docker"
    docker.write_text("""#!/bin/sh
[ "$2" = run ] || exit 0
while [ "$1" != secrets ]; do shift; done
shift
exec "$@"
""")
    docker.chmod(0o700)
    run_secrets(tmp_path)
    volume = tmp_path / "api"

    def run(commands: str) -> dict[str, str]:
        path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        script = re.sub(r"(?<= )/secrets", str(volume), commands)
        subprocess.run(["sh", "-euc", script], env={"PATH": path}, check=True)
        return {file.name: file.read_text() for file in volume.iterdir() if file.name.startswith("JWT")}

    (old,) = run("true").values()
    added = run(steps[0])
    new = added["JWT_SECRET_PREVIOUS"]
    assert added == {"JWT_SECRET": old, "JWT_SECRET_PREVIOUS": new}
    assert len(new.strip()) == 64
    assert run(steps[1]) == {"JWT_SECRET": new, "JWT_SECRET_PREVIOUS": old}
    assert run(steps[2]) == {"JWT_SECRET": new}
    assert run(leak) == {}
