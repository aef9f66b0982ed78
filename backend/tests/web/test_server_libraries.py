"""The libraries in C that make uvicorn fast: they are dependencies of the product, locked, and in use."""

import re
import sys

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mysms.web.connection_limits import LimitedProtocol
from tests.support.processes import BACKEND


@pytest.mark.parametrize("library", ["httptools", "uvloop"])
def test_they_are_locked(library: str) -> None:
    assert re.search(rf"^{library}==", (BACKEND / "requirements.lock").read_text(), re.M)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
def test_they_are_used() -> None:
    """`mysms serve` leaves the choice of the event loop to uvicorn."""
    assert issubclass(LimitedProtocol, HttpToolsProtocol)
    factory = uvicorn.Config("mysms.main:create_app_from_environment", log_config=None).get_loop_factory()
    assert factory is not None
    assert factory.__module__.startswith("uvloop")
