"""No request causes a server error or a response that the OpenAPI document does not contain."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.processes import Process, clean_environment
from tests.support.servers import Start

IS_LONG = os.environ.get("FUZZ") == "long"
"""Set by `make fuzz`; the short form is deterministic."""
_CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.timeout(3600 if IS_LONG else 300)
@pytest.mark.parametrize(("signed_in", "short", "long"), [("yes", 3, 600), ("no", 1, 10)])
async def test_every_response_is_documented(
    start: Start, tmp_path: Path, signed_in: str, short: int, long: int
) -> None:
    async with start() as api:
        report = tmp_path / "report.json"
        command = ["schemathesis.cli", "--no-color", "--config-file", str(_CONFIG), "run", f"{api.url}/openapi.json"]
        command += ["--max-examples", str(long if IS_LONG else short), "--report-json-path", str(report)]
        if not IS_LONG:
            command += ["--generation-deterministic", "--no-shrink"]
        environment = clean_environment(FUZZ_API_URL=api.url, FUZZ_SIGNED_IN=signed_in)
        fuzz = Process("schemathesis", command, tmp_path, environment)
        try:
            code = await fuzz.wait_for_exit(within=3500 if IS_LONG else 280)
        finally:
            fuzz.kill()
        assert code == 0, fuzz.text()
        found = json.loads(report.read_text())
        sys.stdout.write(f"\n{found['test_cases']} in {found['running_time']:.0f} s\n")
        assert found["operations"]["tested"] == found["operations"]["total"] == len(list(api.contract.operations()))
        if IS_LONG and signed_in == "yes":
            assert found["test_cases"]["generated"] >= 5_000
