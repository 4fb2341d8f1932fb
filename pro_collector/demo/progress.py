"""Shows the steps of a long start and their times on standard error."""

import sys
import time
from collections.abc import MutableMapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import structlog
from rich.console import Console
from rich.status import Status


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Continue without output when the reader has closed the pipe; Rich would end the program inside some task."""
        self.quiet = True


class Steps:
    """Shows long steps one after the other: with a spinner on a terminal, else as plain lines."""

    def __init__(self) -> None:
        self._console = _Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._status: Status | None = None
        self._step, self._since, self._day = "", 0.0, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()

    def say(self, what: str) -> None:
        """Begin a step; this ends the one before."""
        self.done()
        self._step, self._since = what, time.monotonic()
        if self._console.is_terminal:
            self._status = self._console.status(what)
            self._status.start()

    def done(self) -> None:
        """End the step and print how long it took."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._step:
            self._console.print(f"[dim]{time.monotonic() - self._since:5.1f} s[/]  {self._step}")
        self._step = ""

    def tell(self, what: str) -> None:
        """Print a line that is no step."""
        self.done()
        self._console.print(what)

    def day(self, now: datetime) -> None:
        """Show the date of the demonstration next to the current step, once a day."""
        day = f"{now:%A %d %B %Y}"
        if day != self._day and self._status is not None:
            self._status.update(f"{self._step}: {day}")
        self._day = day


def quiet_nights() -> None:
    """Suppress the nightly log line "nothing is missing": nights pass in seconds here. Missing things are logged."""
    structlog.configure(processors=[_drop_nothing_is_missing, *structlog.get_config()["processors"]])


def _drop_nothing_is_missing(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if event.get("event") == "nothing is missing":
        raise structlog.DropEvent
    return event
