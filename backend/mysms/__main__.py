"""Runs the `mysms` command for `python -m mysms`."""

import sys

from mysms.cli.commands import main

sys.exit(main())
