"""Logging: structured lines on standard error, ids and codes only; libraries speak at warning level."""

import logging
import os
import sys

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure() -> None:
    """Set up logging from PRO_LOG_LEVEL, as early as the command line starts; lines for machines off a terminal."""
    level = LEVELS.get(os.environ.get("PRO_LOG_LEVEL", "info").lower(), logging.INFO)
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # each part says once, and shorter, that it waits
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # asked for at every line: a stream that somebody replaced and closed since must not fail the work it tells of
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
