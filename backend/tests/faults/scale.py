"""The size of the fault tests: a short form for every test run, and a long one (`FAULTS=long`)."""

import os
import secrets
from random import Random
from typing import TypeVar

T = TypeVar("T")

IS_LONG = os.environ.get("FAULTS", "short") == "long"
SEED = os.environ.get("FAULT_SEED") or secrets.token_hex(4)
"""The random seed, printed in the summary. FAULT_SEED repeats the random choices of a run."""


def scaled(short: T, long: T) -> T:
    """The value for the form of this run."""
    return long if IS_LONG else short


def seeded_random(name: str) -> Random:
    """The random generator of one scenario."""
    return Random(f"{SEED} {name}")
