"""Line 10: from a status callback to the screen of a real browser, measured by Playwright."""

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.support.api_user import Json
from tests.support.processes import BACKEND

_FRONTEND = BACKEND.parent / "frontend"
_COMMAND = ("npx", "playwright", "test", "--config", "e2e/bench/playwright.config.ts", "callback-to-pixel")


class BrowserError(Exception):
    """The browser tests did not run."""


def measure() -> Json:
    """Returns milliseconds. Raises BrowserError: it needs what `make install` installs, and a browser."""
    found: Json = {}
    with tempfile.TemporaryDirectory() as directory:
        ended = subprocess.run(
            _COMMAND,
            cwd=_FRONTEND,
            env={**os.environ, "BENCH_RESULTS": directory},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise BrowserError(f"`{' '.join(_COMMAND)}` failed in {_FRONTEND}:\n{ended.stdout}{ended.stderr}")
        for way in ("stream", "poll"):
            values = json.loads((Path(directory) / f"{way}.json").read_text())
            found[way] = {"count": len(values), "median": statistics.median(values), "most": max(values)}
    return found
