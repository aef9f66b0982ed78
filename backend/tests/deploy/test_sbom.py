"""`make sbom`: the bills of materials have every package that is shipped."""

import json
import re
import subprocess
from typing import Any

import pytest

from tests.deploy.files import FRONTEND, TOP

DEVELOPMENT = {"name": "cdx:npm:package:development", "value": "true"}


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The bill of each part. Needs no network."""
    directory = tmp_path_factory.mktemp("sbom")
    # The virtual environment is not installed again, however old it is.
    command = ["make", "--old-file=backend/.venv/.installed", "sbom", f"SBOM_DIR={directory}"]
    made = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert f"are in {directory}/api.cdx.json and {directory}/spa.cdx.json." in made.stdout
    return {part: json.loads((directory / f"{part}.cdx.json").read_text()) for part in ("api", "spa")}


def versions_of(components: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(component["name"], component["version"]) for component in components}


def test_both_are_cyclonedx(bills: dict[str, dict[str, Any]]) -> None:
    for bill in bills.values():
        assert bill["bomFormat"] == "CycloneDX"
        assert re.fullmatch(r"1\.\d", bill["specVersion"])


def test_the_api_has_all_locked_packages(bills: dict[str, dict[str, Any]]) -> None:
    lock = (TOP / "backend" / "requirements.lock").read_text()
    locked = set(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.MULTILINE))
    assert len(locked) > 30
    assert versions_of(bills["api"]["components"]) == locked


def test_the_spa_has_all_of_its_packages_and_marks_the_tools(bills: dict[str, dict[str, Any]]) -> None:
    packages = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    shipped = json.loads((FRONTEND / "package.json").read_text())["dependencies"]
    components = bills["spa"]["components"]
    marked = [component for component in components if DEVELOPMENT not in component["properties"]]
    assert {(name, packages[f"node_modules/{name}"]["version"]) for name in shipped} <= versions_of(marked)
    assert len(marked) < len(components)


def test_the_bills_are_not_committed() -> None:
    assert "/sbom/" in (TOP / ".gitignore").read_text().splitlines()


def test_no_host_of_a_registry_is_in_the_bill_of_the_spa(bills: dict[str, dict[str, Any]]) -> None:
    """The lock file names none, so that any registry can be used."""
    assert not [component for component in bills["spa"]["components"] if component["externalReferences"]]
