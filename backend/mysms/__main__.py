"""`python -m mysms` is the command `mysms`."""

import sys

from mysms.cli import main

sys.exit(main())
