"""mongodb-setup.js: the database gets its users, whether it is new or of an earlier version."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import BACKEND

FAKE = Path(__file__).with_name("fake_mongosh.js")
HOST = "mongodb:27017"
SECRETS = {"/secrets/ADMIN_PASSWORD": "one", "/secrets/PASSWORD": "other"}
USERS = {
    "admin": {"pwd": "one", "roles": ["root"]},
    "mysms": {"pwd": "other", "roles": [{"role": "readWrite", "db": "mysms"}]},
}


def set_up(**state: Any) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node
    given = json.dumps({"users": {}, "secrets": SECRETS, **state})
    command = [node, str(FAKE), str(BACKEND / "mongodb-setup.js"), given]
    return subprocess.run(command, env={"MONGODB_HOST": HOST}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"setName": "rs0", "host": HOST},
        {"setName": "rs0", "host": HOST, "users": {"admin": USERS["admin"]}},
        {"setName": "rs0", "host": HOST, "users": USERS},
        {"setName": "rs0", "host": HOST, "users": {**USERS, "mysms": {"pwd": "old", "roles": ["root"]}}},
    ],
    ids=["new", "of an earlier version, without users", "interrupted", "set up before", "with another password"],
)
def test_the_database_gets_its_users(state: dict[str, Any]) -> None:
    done = set_up(**state)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"users": USERS, "secrets": SECRETS, "setName": "rs0", "host": HOST}


def test_a_lost_password_of_the_administrator_is_named() -> None:
    done = set_up(setName="rs0", users={**USERS, "admin": {"pwd": "lost", "roles": ["root"]}})
    assert done.returncode != 0
    assert "another password" in done.stderr
