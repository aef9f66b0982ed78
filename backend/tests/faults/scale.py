"""How much is broken: a short form for every test run, and a long one (`FAULTS=long`)."""

import os
import secrets
from random import Random
from typing import TypeVar

T = TypeVar("T")

IS_LONG = os.environ.get("FAULTS", "short") == "long"
SEED = os.environ.get("FAULT_SEED") or secrets.token_hex(4)
"""Printed with the figures; the same seed makes the same choices again."""


def scaled(short: T, long: T) -> T:
    """The one of the two that this run uses."""
    return long if IS_LONG else short


def chance(name: str) -> Random:
    """The randomness of one scenario."""
    return Random(f"{SEED} {name}")
