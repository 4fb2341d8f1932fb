"""What a fault needs that not every machine and not every run has. Each function says what is lacking, or None."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

Need = Callable[[str], str | None]
"""Called with the broker of the run: embedded, apache, or cluster (three brokers of Apache Kafka)."""

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
"""Shifts the clock of the processes that load it."""


def nothing(kafka: str) -> str | None:  # noqa: ARG001
    """It strikes everywhere."""
    return None


def apache(kafka: str) -> str | None:
    """The embedded broker loses everything, and `up` ends with it."""
    return None if kafka != "embedded" else "KAFKA=apache or KAFKA=cluster"


def cluster(kafka: str) -> str | None:
    """Three brokers."""
    return None if kafka == "cluster" else "KAFKA=cluster"


def mounts(kafka: str) -> str | None:  # noqa: ARG001
    """A file system of its own, which can be filled."""
    return None if os.geteuid() == 0 and shutil.which("mount") else "root, to mount a file system that can be filled"


def faketime(kafka: str) -> str | None:  # noqa: ARG001
    """Clocks that can be shifted."""
    return None if FAKETIME else "libfaketime (Debian: faketime)"
