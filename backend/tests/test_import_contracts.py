"""`.importlinter` names the packages that may not import a library: a new one must not be missing."""

from configparser import ConfigParser
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("contract", "allowed"),
    [
        ("fastapi", {"main", "web", "api"}),
        ("twilio", {"providers"}),
        ("smtp", {"mail"}),
        ("push", {"push"}),
    ],
)
def test_a_library_is_forbidden_in_all_packages_but_its_own(contract: str, allowed: set[str]) -> None:
    contracts = ConfigParser()
    contracts.read(BACKEND / ".importlinter")
    modules = contracts[f"importlinter:contract:{contract}"]["source_modules"].split()
    packages = {
        path.stem for path in (BACKEND / "mysms").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert {module.split(".")[1] for module in modules} | allowed >= packages - {"__init__", "__main__"}
