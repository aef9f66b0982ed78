"""Log lines: what happened, never a phone number, a text or a token.

One pipe for our own lines and those of the libraries: readable, or JSON where programs read them. What is bound to the
context (`bound`), such as the id of a request, is in every line that is written there.
"""

import logging
import re
import sys
import traceback
from typing import Literal

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["text", "json"]

bound = bound_contextvars
"""A context manager: these names and values are in every line that is written within."""

_TALKATIVE = ("twilio", "httpx", "pymongo")
"""Libraries that log what they send and receive: phone numbers and texts among it."""


def configure_logging(log_format: LogFormat) -> None:
    """Makes all lines of this process go to the standard error output, from INFO on."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def current_request_id() -> str | None:
    """The id of the request that is being answered in this context, if there is one."""
    request_id = get_contextvars().get("request_id")
    return request_id if isinstance(request_id, str) else None


def describe_exception(error: BaseException) -> str:
    """Where it was raised and what it came from, without any message: a message may quote what somebody wrote."""
    return _describe(error, set())


def _describe(error: BaseException, seen: set[int]) -> str:
    seen.add(id(error))
    parts: list[str] = []
    origin = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if origin is not None and id(origin) not in seen:
        parts += [_describe(origin, seen), "\nand from that:\n\n"]
    parts += ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)]
    parts.append(f"{type(error).__module__}.{type(error).__qualname__}\n")
    if isinstance(error, BaseExceptionGroup):
        parts += [_describe(each, seen) for each in error.exceptions if id(each) not in seen]
    return "".join(parts)


def _with_traceback(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    error = _exception_of(line.pop("exc_info", None))
    if error is not None:
        line["exception"] = describe_exception(error)
    return line


def _exception_of(given: object) -> BaseException | None:
    """What the standard library and structlog take as `exc_info`."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return _exception_of(given[1])
    return sys.exc_info()[1] if given is True else None


def _without_representations(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """asyncio tells of tasks and callbacks with their arguments and results; what happened stands before them."""
    if line.get("logger") == "asyncio":
        line["event"] = re.split(r"[\n(<]", str(line["event"]))[0].rstrip()
    return line


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _with_traceback,
    _without_representations,
]


def _renderer(log_format: LogFormat) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
