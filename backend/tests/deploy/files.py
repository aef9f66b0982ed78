"""The deployment files, parsed."""

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

TOP = Path(__file__).resolve().parents[3]
FRONTEND = TOP / "frontend"

Data = Mapping[str, Any]


def read_yaml(name: str) -> Data:
    """Parse a file at the top of the project. A key that occurs twice is an error."""
    data: Data = YAML(typ="safe").load(TOP / name)
    return data


def read_toml(name: str) -> Data:
    return tomllib.loads((TOP / name).read_text())


def schema_errors(schema: str, name: str) -> str:
    """The violations of one of check-jsonschema's built-in schemas; empty if there are none."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, name]
    checked = subprocess.run(command, cwd=TOP, check=False, capture_output=True, text=True)
    return checked.stdout + checked.stderr if checked.returncode else ""
