"""Logging: structured lines on standard error, with ids and codes only; libraries log from warning level on."""

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
REPETITIVE = ("aiokafka", "asyncio", "psycopg.pool", "uvicorn")
"""Libraries that repeat the same message many times a second: a server cannot be reached, a client sends garbage."""
REPEAT_AFTER = 10.0
"""Seconds in which each log call of a repetitive library is written once."""


def configure() -> None:
    """Set up logging from PRO_LOG_LEVEL: readable lines on a terminal, else JSON. The command line calls it first."""
    level = LEVELS.get(os.environ.get("PRO_LOG_LEVEL", "info").lower(), logging.INFO)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[library_handler(sys.stderr)])
    logging.getLogger("psycopg.pool").addFilter(_says_why_no_connection)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _renderer(sys.stderr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # looked up for every line: a stream that was replaced and closed must not make the logging code fail
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def name_part(part: str) -> None:
    """Add `part` to every line that this task, the tasks that it starts, and their libraries log."""
    structlog.contextvars.bind_contextvars(part=part)


def library_handler(stream: TextIO, now: Callable[[], float] = time.monotonic) -> logging.Handler:
    """A handler that writes the logs of libraries in the same format, with the key `logger` for the library."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(RateLimit(now))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(() if stream.isatty() else (structlog.processors.format_exc_info,)),
                _renderer(stream),
            ],
        )
    )
    return handler


def _says_why_no_connection(record: logging.LogRecord) -> bool:
    """Whether the pool says why it cannot connect; that a part waits, each part logs by itself."""
    return record.levelno > logging.WARNING or str(record.msg).startswith("error connecting")


class RateLimit(logging.Filter):
    """Limits the rate of each log call of a repetitive library, and adds how many messages were suppressed."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._last_written: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if not record.name.startswith(REPETITIVE):
            return True
        place, now = (record.name, record.lineno), self._now()
        last, suppressed = self._last_written.get(place, (-REPEAT_AFTER, 0))
        if now - last < REPEAT_AFTER:
            self._last_written[place] = last, suppressed + 1
            return False
        self._last_written[place] = now, 0
        if suppressed:
            record.msg, record.args = f"{record.getMessage()} (and {suppressed} more like it)", ()
        return True


def _renderer(stream: TextIO) -> Any:
    return structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
