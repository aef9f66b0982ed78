"""The Dockerfiles: pinned versions, users and build contexts."""

import re

import pytest

from tests.deploy.files import TOP, read_yaml

BUILT = ("backend", "frontend")


def lines_of(folder: str, instruction: str) -> list[str]:
    text = (TOP / folder / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.removeprefix(instruction).strip() for line in text.splitlines() if line.startswith(f"{instruction} ")]


@pytest.mark.parametrize("folder", BUILT)
def test_every_base_image_is_pinned_to_a_full_version(folder: str) -> None:
    stages = {line.split(" AS ")[1] for line in lines_of(folder, "FROM") if " AS " in line}
    bases = {line.split()[0] for line in lines_of(folder, "FROM")} - stages
    assert bases
    assert all(re.search(r":\d+\.\d+\.\d+", base) for base in bases), bases


def test_the_database_image_is_pinned() -> None:
    images = {
        service["image"] for service in read_yaml("docker-compose.yml")["services"].values() if "image" in service
    }
    (image,) = images
    assert re.fullmatch(r"mongo:8\.\d+\.\d+(@sha256:[0-9a-f]{64})?", image)


def test_no_image_runs_as_root() -> None:
    users = lines_of("backend", "USER")
    assert users == ["10001", "10001"]
    assert "nginx-unprivileged" in lines_of("frontend", "FROM")[-1]


@pytest.mark.parametrize("folder", BUILT)
def test_the_build_context_has_the_copied_files_and_no_secret(folder: str) -> None:
    sent = {line.removeprefix("!") for line in (TOP / folder / ".dockerignore").read_text().splitlines() if "!" in line}
    copied = {
        source.removeprefix("./")
        for line in lines_of(folder, "COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
        if source != "."
    }
    assert copied <= sent
    assert all((TOP / folder / source).exists() for source in copied)
    assert not {".env", ".data", ".git", ".venv", "node_modules"} & sent


def test_the_image_of_the_api_has_no_development_code() -> None:
    stages = {
        names[1]: (names[0], lines)
        for stage in re.split(r"^FROM ", (TOP / "backend" / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
        for names in [stage.splitlines()[0].split(" AS ")]
        for lines in [stage.splitlines()[1:]]
    }
    *_, last = stages
    base, lines = stages[last]
    copied = [line for line in (*stages[base][1], *lines) if line.startswith("COPY")]
    assert copied == ["COPY --from=dependencies /venv /venv", "COPY mysms ./mysms"]
    assert not any("dev" in line for line in stages["dependencies"][1])
