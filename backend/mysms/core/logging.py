"""Structured logging. Log lines never contain a phone number, a message text or a token.

All log lines share one pipeline and one format: text for people or JSON for programs. Lines of structlog's loggers, of
which there is one for each request, are rendered and written at once; those of the standard library's, which is slower,
pass through its handlers first.
Values that are bound to the context (`bound`), such as the request id, are part of every line logged inside it.
"""

import contextlib
import logging
import math
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["text", "json"]

_context: ContextVar[Mapping[str, object]] = ContextVar("log_context", default={})  # noqa: B039  # nobody changes it

_LOG_EVERY_SECONDS = 60.0

_NOISY_LOGGERS = ("twilio", "httpx", "pymongo")
"""Libraries that log request and response contents, including phone numbers and texts."""

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def configure_logging(log_format: LogFormat) -> None:
    """Sends all log lines of this process of level INFO and above to standard error."""
    structlog.configure(
        processors=[_complete, *_renderers(log_format)],
        logger_factory=_StandardError,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


class _StandardError(structlog.WriteLogger):
    """Writes lines, like the standard library's handler: a log that cannot be written must not make a request fail."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().msg(message)

    info = warning = error = msg


class ThrottledWarnings:
    """Logs each sentence at most once a minute, with the number of times it was given since."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._unlogged: Counter[str] = Counter()
        self._logged_at: dict[str, float] = {}

    def add(self, sentence: str) -> None:
        """Logs or counts a sentence. There must be few different ones, and none may quote a request."""
        self._unlogged[sentence] += 1
        now = self._clock()
        if now - self._logged_at.get(sentence, -math.inf) >= _LOG_EVERY_SECONDS:
            self._logged_at[sentence] = now
            self._logger.warning("%s (%d times)", sentence, self._unlogged.pop(sentence))


@contextlib.contextmanager
def bound(**values: object) -> Iterator[None]:
    """Adds these names and values to every line logged inside it."""
    token = _context.set({**_context.get(), **values})
    try:
        yield
    finally:
        _context.reset(token)


def current_request_id() -> str | None:
    """Returns the id of the request that this context handles, if there is one."""
    request_id = _context.get().get("request_id")
    return request_id if isinstance(request_id, str) else None


def describe_exception(error: BaseException) -> str:
    """Formats traceback and causes without any exception message, since a message may quote user data."""
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


def _complete(logger: WrappedLogger, level: str, line: EventDict) -> EventDict:
    """Does what `_SHARED` does, in one step: there is such a line for each request."""
    _with_context(logger, level, line)
    line["logger"], line["level"] = logger.name, level
    line["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return _with_traceback(logger, level, line)


def _with_context(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    for name, value in _context.get().items():
        line.setdefault(name, value)
    return line


def _with_traceback(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    error = _exception_of(line.pop("exc_info", None))
    if error is not None:
        line["exception"] = describe_exception(error)
    return line


def _exception_of(given: object) -> BaseException | None:
    """Resolves the values that the standard library and structlog accept as `exc_info`."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return _exception_of(given[1])
    return sys.exc_info()[1] if given is True else None


def _without_representations(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Cuts the representations of tasks and callbacks, with their arguments and results, off asyncio's messages."""
    if line.get("logger") == "asyncio":
        line["event"] = re.split(r"[\n(<]", str(line["event"]))[0].rstrip()
    return line


_SHARED: list[Processor] = [
    _with_context,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _with_traceback,
    _without_representations,
]


def _on_one_line(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Escapes control characters in the message: a library may log what a client has sent."""
    line["event"] = _CONTROL_CHARACTERS.sub(lambda match: ascii(match[0])[1:-1], str(line["event"]))
    return line


def _renderers(log_format: LogFormat) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.JSONRenderer()]
    return [_on_one_line, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
