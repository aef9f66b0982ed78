"""`python -m mysms` is the command `mysms`."""

import sys

from mysms.cli.commands import main

sys.exit(main())
