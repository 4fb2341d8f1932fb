"""Logging: structured lines on standard error, ids and codes only; libraries speak at warning level."""

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
LOUD = ("aiokafka",)
"""Libraries that say the same many times a second while something is away."""
ONCE_IN = 10.0
"""Seconds in which each place of a loud library speaks once."""


def configure() -> None:
    """Set up logging from PRO_LOG_LEVEL, as early as the command line starts; lines for machines off a terminal."""
    level = LEVELS.get(os.environ.get("PRO_LOG_LEVEL", "info").lower(), logging.INFO)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[of_libraries(sys.stderr)])
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # each part says once, and shorter, that it waits
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _renderer(sys.stderr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # asked for at every line: a stream that somebody replaced and closed since must not fail the work it tells of
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def of_libraries(stream: TextIO, now: Callable[[], float] = time.monotonic) -> logging.Handler:
    """What libraries say by Python's own logging, in lines of the same form, with `logger` for who says it."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(Calmed(now))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
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


class Calmed(logging.Filter):
    """Lets each place of a loud library speak once in a while, and tells how often it spoke meanwhile."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._since: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is written."""
        if not record.name.startswith(LOUD):
            return True
        place, now = (record.name, record.lineno), self._now()
        last, unsaid = self._since.get(place, (-ONCE_IN, 0))
        if now - last < ONCE_IN:
            self._since[place] = last, unsaid + 1
            return False
        self._since[place] = now, 0
        if unsaid:
            record.msg, record.args = f"{record.getMessage()} (and {unsaid} more like it)", ()
        return True


def _renderer(stream: TextIO) -> Any:
    return structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
