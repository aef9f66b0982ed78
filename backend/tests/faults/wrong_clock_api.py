"""`mysms serve` whose clock is wrong by CLOCK_ERROR_SECONDS."""

import os
import sys
from datetime import datetime, timedelta

from mysms.core import timestamps

VARIABLE = "CLOCK_ERROR_SECONDS"

_error = timedelta(seconds=float(os.environ.get(VARIABLE, "0")))
_right = timestamps.utc_now


def _wrong() -> datetime:
    return _right() + _error


def _run() -> int:
    # Before anything else imports it.
    timestamps.utc_now = _wrong
    from mysms.cli.commands import main  # noqa: PLC0415

    return main(["serve"])


if __name__ == "__main__":
    sys.exit(_run())
