"""The GitHub workflow for forks of the project."""

from tests.deploy.files import read_yaml, schema_errors

WORKFLOW = read_yaml(".github/workflows/ci.yml")
JOBS = WORKFLOW["jobs"]


def test_the_file_is_a_valid_workflow() -> None:
    assert schema_errors("vendor.github-workflows", ".github/workflows/ci.yml") == ""


def test_the_workflow_has_read_permission_only() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in JOBS.values())


def test_every_supported_python_is_tested() -> None:
    (first,) = [
        step["with"]["python-version"]
        for step in JOBS["everything"]["steps"]
        if step.get("uses", "").startswith("actions/setup-python")
    ]
    assert {first, *JOBS["backend"]["strategy"]["matrix"]["python"]} == {"3.11", "3.12", "3.13"}


def test_the_tested_database_is_the_deployed_one() -> None:
    tested = JOBS["mongodb"]["services"]["mongodb"]["image"]
    assert tested == read_yaml("docker-compose.yml")["services"]["mongodb"]["image"]
