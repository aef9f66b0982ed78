"""The parameter `list_order`, and a summary of faults and results at the end of the run."""

import os
import time
from pathlib import Path
from typing import get_args

import pytest

from devservers.twilio.ledger import ListOrder
from tests.faults.figures import TABLES
from tests.faults.scale import IS_LONG, SEED, seeded_random
from tests.support.servers import LIST_ORDER

_LONG_FORM_SECONDS = 3600
_HERE = Path(__file__).parent
_started = time.monotonic()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long form needs a longer timeout than other tests."""
    if IS_LONG:
        for item in items:
            if _HERE in item.path.parents:
                item.add_marker(pytest.mark.timeout(_LONG_FORM_SECONDS))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Twilio does not document the list's order: the long form runs all orders, the short form one per file."""
    if "list_order" in metafunc.fixturenames:
        orders = get_args(ListOrder)
        if "TWILIO_SIMULATOR_LIST_ORDER" in os.environ:
            orders = (LIST_ORDER,)
        elif not IS_LONG:
            orders = (seeded_random(f"list order of {metafunc.module.__name__}").choice(orders),)
        metafunc.parametrize("list_order", orders, indirect=True)


@pytest.fixture(scope="module")
def list_order(request: pytest.FixtureRequest) -> str:
    """The order of the provider's message list, for tests in which the list determines the outcome."""
    return str(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tables = [table for table in TABLES if table.rows]
    if not tables:
        return
    lines: list[str] = []
    for table in tables:
        lines += [*table.markdown(), ""]
    form = "long" if IS_LONG else "short"
    lines.append(f"FAULTS={form} FAULT_SEED={SEED}, {time.monotonic() - _started:.0f} s")
    terminalreporter.section("delivery under faults")
    for line in lines:
        terminalreporter.write_line(line)
    if path := os.environ.get("FAULT_FIGURES"):
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
