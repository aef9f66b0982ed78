"""The workflow for those who fork the project."""

from tests.deploy.files import complaints_by_schema, read_yaml

WORKFLOW = read_yaml(".github/workflows/ci.yml")
JOBS = WORKFLOW["jobs"]


def test_it_keeps_to_the_schema_of_workflows() -> None:
    assert complaints_by_schema("vendor.github-workflows", ".github/workflows/ci.yml") == ""


def test_it_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in JOBS.values())


def test_every_supported_python_is_tested() -> None:
    (first,) = [
        step["with"]["python-version"]
        for step in JOBS["everything"]["steps"]
        if step.get("uses", "").startswith("actions/setup-python")
    ]
    assert {first, *JOBS["backend"]["strategy"]["matrix"]["python"]} == {"3.11", "3.12", "3.13"}


def test_it_uses_the_database_that_is_deployed() -> None:
    tested = JOBS["mongodb"]["services"]["mongodb"]["image"]
    assert tested == read_yaml("docker-compose.yml")["services"]["mongodb"]["image"]
